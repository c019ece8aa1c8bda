//! What people see without scrolling, and the comment that leads there.

use super::super::check::accounts;
use super::super::dress::paragraphs;
use super::super::samples::*;
use super::super::shell::script;
use super::super::words::Scene;
use super::super::{
    Aftermath, CopyStanding, MARKER, NotCopied, Refuser, Subject, Withdrawn, aftermath, check, check_of_copy,
    comment, withdrawn_comment,
};
use crate::model::{Outcome, PromotionPath, Verdict};

/// As many lines of a check as GitHub shows without scrolling, in about 600 pixels.
const SCREEN: usize = 25;

/// Characters that fit into a line there.
const WIDTH: usize = 100;

/// Lines that a comment may have.
const DIGEST: usize = 12;

fn all() -> impl Iterator<Item = (Subject, Verdict)> {
    let in_this_repository = every_cause().into_iter().chain(long_ones());
    in_this_repository.flat_map(|(head, base, verdict)| {
        let here = subject(head, base);
        let mut in_a_fork = here.clone();
        in_a_fork.pull.head.fork = true;
        // What comes from a fork is a topic.
        let is_topic = head.starts_with("feature/") || head.starts_with("hotfix/");
        let in_a_fork = is_topic.then(|| (in_a_fork, verdict.clone()));
        std::iter::once((here, verdict)).chain(in_a_fork)
    })
}

/// How many lines GitHub makes of this Markdown: long ones wrap, code scrolls and has a border, blocks stand apart.
fn rendered_lines(markdown: &str) -> usize {
    let mut in_code = false;
    let lines = markdown.lines().map(|line| {
        if line.starts_with("```") {
            in_code = !in_code;
            return usize::from(in_code);
        }
        if in_code { 1 } else { visible(line).div_ceil(WIDTH).max(1) }
    });
    lines.sum()
}

/// The characters of a line that are seen: no marks, no addresses of links.
fn visible(line: &str) -> usize {
    let mut seen = 0;
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("](") {
        seen += before.chars().count();
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    seen += rest.chars().count();
    seen - line.chars().filter(|it| "`*[".contains(*it)).count()
}

fn first_screen(summary: &str) -> &str {
    summary.split("<details>").next().unwrap_or_default()
}

#[test]
fn lines_are_counted_as_they_are_seen() {
    assert_eq!(rendered_lines("one\n\ntwo"), 3);
    assert_eq!(rendered_lines(&"x".repeat(WIDTH + 1)), 2);
    assert_eq!(rendered_lines(&format!("```sh\n{}\n```", "x".repeat(WIDTH + 1))), 2);
    assert_eq!(visible("**a** `b` [c](https://towpath.example/findings)!"), "a b c!".len());
}

#[test]
fn the_first_screen_says_what_is_wrong_how_to_repair_it_and_who_can() {
    let path = PromotionPath::pro();
    let mut repairs = 0;
    for (subject, verdict) in all() {
        let shown = check(&path, &[(subject.clone(), verdict.clone())]);
        let screen = first_screen(&shown.summary);
        let lines = rendered_lines(screen);
        assert!(lines <= SCREEN, "{lines} lines of {}:\n{screen}", shown.title);
        assert!(
            !screen.lines().any(|line| line.starts_with('|')),
            "a table comes before the fold:\n{screen}"
        );
        if verdict.outcome() <= Outcome::Warn {
            continue;
        }
        let said = &accounts(&Scene::of(&path, &subject), &verdict)[0];
        let sentences = paragraphs(&said.detail);
        assert!((1..=3).contains(&sentences.len()), "{sentences:#?}");
        for sentence in sentences {
            assert!(screen.contains(&sentence), "{sentence:?} is not in\n{screen}");
        }
        let repair = said.repair.as_ref().unwrap_or_else(|| panic!("no way out of {}", shown.title));
        assert!(screen.contains(&format!("**What to do.** {}", repair.lead.markdown())), "{screen}");
        if !repair.commands.is_empty() {
            repairs += 1;
            assert!(screen.contains(&format!("```sh\n{}\n```", script(&repair.commands))), "{screen}");
        }
        assert!(screen.contains("**Who can act.** "), "{screen}");
    }
    assert!(repairs > 20, "{repairs}");
}

#[test]
fn the_first_screen_of_a_copy_that_is_refused_says_the_same() {
    let refusers = [
        Refuser::Classic,
        Refuser::Permission { workflows: true },
        Refuser::Unknown,
        Refuser::Rulesets(vec!["a".to_owned()]),
    ];
    for by in refusers {
        let problem = Some(NotCopied::Refused { message: "Changes must be made otherwise.".to_owned(), by });
        let standing = CopyStanding { problem, ..CopyStanding::default() };
        let subject = subject("production", "master");
        let shown = check_of_copy(&PromotionPath::pro(), &subject, &Verdict::default(), &standing);
        let screen = first_screen(&shown.summary);
        assert!(rendered_lines(screen) <= SCREEN, "{screen}");
        assert!(screen.contains("**What to do.** ") && screen.contains("**Who can act.** "), "{screen}");
    }
}

#[test]
fn a_comment_is_a_digest_that_leads_to_the_check_and_repeats_nothing() {
    let path = PromotionPath::pro();
    let failures: Vec<_> = all().filter(|(_, verdict)| verdict.outcome() > Outcome::Warn).collect();
    for (place, (subject, verdict)) in all().enumerate() {
        let summary = check(&path, &[(subject.clone(), verdict.clone())]).summary;
        for earlier in [None, Some(&failures[place % failures.len()])] {
            let said = comment(&path, &subject, &verdict, earlier);
            assert!(said.lines().count() <= DIGEST, "{said}");
            assert!(said.starts_with(MARKER), "{said}");
            assert!(said.contains("(https://github.com/acme/store/pull/12/checks)"), "{said}");
            assert!(!said.contains("```") && !said.contains("<details>") && !said.contains("\n|"), "{said}");
            for line in summary.lines().filter(|line| line.len() > 20) {
                assert!(!said.contains(line), "{line:?} is in both:\n{said}");
            }
        }
    }
}

#[test]
fn a_comment_that_says_all_there_can_be_keeps_to_its_lines() {
    let many: Vec<_> = every_cause().into_iter().flat_map(|(_, _, verdict)| verdict.findings).collect();
    let subject = subject("feature/x", "integration");
    let earlier = (subject.clone(), Verdict { findings: many.clone() });
    let now =
        Verdict { findings: many.into_iter().filter(|it| it.severity <= Outcome::Warn).skip(1).collect() };
    let said = comment(&PromotionPath::pro(), &subject, &now, Some(&earlier));
    assert!(said.lines().count() <= DIGEST, "{said}");
    assert!(said.contains("- … and ") && said.contains("Also found: "), "{said}");
    let gone = withdrawn_comment(
        &PromotionPath::pro(),
        &name("integration"),
        &Withdrawn::OffThePath,
        Some(&earlier),
    );
    assert!(gone.lines().count() <= DIGEST && gone.contains("- … and "), "{gone}");
}

#[test]
fn the_comment_on_a_merged_promotion_is_as_short() {
    for (differs, cut) in [(true, false), (false, true), (true, true)] {
        let subject = subject("staging", "production");
        let said = aftermath(&PromotionPath::pro(), &subject, &Aftermath { differs, cut });
        assert!(said.lines().count() <= DIGEST, "{said}");
        assert_eq!(said.contains("git diff"), differs, "{said}");
        assert_eq!(said.contains("gh pr create"), cut, "{said}");
    }
}
