//! What holds for every verdict, whatever the names in it are.

use proptest::prelude::*;

use super::samples::*;
use super::{
    CheckText, LocalCheck, MARKER, Subject, Withdrawn, check, comment, terminal, withdrawn,
    withdrawn_comment, words,
};
use crate::model::{
    BranchName, Cause, Commit, CommitId, Divergence, Outcome, PreparedRollback, PromotionPath, Repair,
    RollbackStanding, Snapshot, Undecided, UnixSeconds, UserMessage, Verdict,
};

/// Branch names as git allows them, with all that Markdown, HTML, Mermaid and a shell would trip over.
fn branch() -> impl Strategy<Value = BranchName> {
    let awkward = "[a-z0-9/`|<>'\"$;&#@!(){}%_=äß→\u{202e}\u{200b}-]{1,60}";
    prop_oneof![
        3 => awkward,
        1 => Just("```".to_owned()),
        1 => Just("--><img/src=x>@acme/everyone".to_owned()),
        1 => Just("%%{init".to_owned()),
        1 => prop::sample::select(vec!["merge", "branch", "checkout", "commit", "main", "gitGraph", "constructor"])
            .prop_map(str::to_owned),
        1 => Just("é".repeat(122)),
    ]
    .prop_filter_map("git allows it", |text| BranchName::new(text).ok())
}

fn free_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(
            "``` \n</details> @acme/everyone fixes #1 <!-- towpath:verdict --> https://evil.example | x"
                .to_owned()
        ),
        Just("x".repeat(70_000)),
    ]
}

fn commits(most: usize) -> impl Strategy<Value = Vec<Commit>> {
    (prop::collection::vec((free_text(), free_text()), 1..4), 0..most).prop_map(|(texts, number)| {
        (1..=number as u64)
            .map(|n| {
                let (subject, author) = &texts[usize::try_from(n).unwrap() % texts.len()];
                commit(n, subject, author)
            })
            .collect()
    })
}

fn cause() -> impl Strategy<Value = Cause> {
    let several = || prop::collection::vec(branch(), 0..9);
    let repair = || {
        (commits(900), 0_usize..4).prop_map(|(picks, merges_left_out)| Repair {
            picks,
            merges_left_out,
            ..Repair::default()
        })
    };
    prop_oneof![
        (prop::option::of(branch()), several())
            .prop_map(|(belongs_on, needs)| Cause::WrongBase { belongs_on, needs }),
        (several(), prop::option::of(branch()))
            .prop_map(|(needs, next)| Cause::EnvironmentSkipped { needs, next }),
        branch().prop_map(|own| Cause::ForkHead { own }),
        (branch(), prop::option::of(branch()))
            .prop_map(|(only, belongs_on)| Cause::CopyTakesOnly { only, belongs_on }),
        (branch(), branch(), any::<bool>()).prop_map(|(of, branch, current)| Cause::Snapshot(Snapshot {
            of,
            branch,
            current
        })),
        (branch(), "[a-z` ]{1,40}").prop_map(|(environment, reason)| {
            let (to, by, standing) = (id(3), "rita".to_owned(), RollbackStanding::BranchMoved);
            let environment = environment.to_string();
            Cause::PreparedRollback(PreparedRollback { environment, to, by, reason, standing })
        }),
        prop::sample::select(vec![
            Cause::HeadBehind,
            Cause::NothingToPromote,
            Cause::ReverseMerge { rejoins: None }
        ]),
        (prop::collection::vec((branch(), commits(400)), 0..5), repair()).prop_map(|(foreign, repair)| {
            {
                let first = foreign.iter().filter_map(|(_, commits): &(_, Vec<Commit>)| commits.first());
                let plain_merges = first.map(|commit| commit.id).collect();
                Cause::CarriesHistory {
                    foreign,
                    plain_merges,
                    brought: 9,
                    came_along: 7,
                    entered: Vec::new(),
                    repair,
                }
            }
        }),
        (branch(), any::<i64>()).prop_map(|(branch, at)| Cause::PointedAtTopic {
            branch,
            commit: id(5),
            at: UnixSeconds(at)
        }),
        repair().prop_map(|repair| Cause::UnrelatedHistory { repair }),
        commits(400).prop_map(|only_on_base| Cause::UntestedTree {
            only_on_base,
            divergence: Divergence::default(),
            mended: Vec::new()
        }),
        (prop::collection::vec(free_text(), 0..300), commits(300)).prop_map(|(paths, only_on_base)| {
            Cause::MergeConflicts { paths, only_on_base, divergence: Divergence::default() }
        }),
        (prop::collection::vec(branch(), 0..40), prop::option::of(branch())).prop_map(
            |(missing, start_from)| {
                Cause::CouldNotDecide(Undecided::MissingBranches { missing, start_from })
            }
        ),
        free_text()
            .prop_map(|what| Cause::CouldNotDecide(Undecided::GitHub { what: UserMessage::new(what) })),
    ]
}

fn judged() -> impl Strategy<Value = (Subject, Verdict)> {
    use Outcome::{Fail, Pass, Unknown, Wait, Warn};
    let finding = (prop::sample::select(vec![Pass, Warn, Wait, Unknown, Fail]), cause());
    (branch(), branch(), any::<bool>(), prop::collection::vec(finding, 0..4)).prop_map(
        |(head, base, fork, found)| {
            let mut subject = subject("x", "y");
            subject.pull.head.branch = Some(head);
            subject.pull.head.fork = fork;
            subject.pull.base.branch = base;
            let findings = found.into_iter().flat_map(|(severity, cause)| verdict(severity, cause).findings);
            (subject, Verdict { findings: findings.collect() })
        },
    )
}

/// The text without code blocks and inline code: what GitHub reads as Markdown. `None` if a fence stays open.
fn outside_code(markdown: &str) -> Option<String> {
    let mut outside = String::new();
    let mut fence: Option<usize> = None;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open && ticks == line.len() => fence = None,
            Some(_) => {}
            None if ticks >= 3 && !line[ticks..].contains('`') => fence = Some(ticks),
            None => {
                outside.push_str(&outside_inline_code(line)?);
                outside.push('\n');
            }
        }
    }
    fence.is_none().then_some(outside)
}

fn outside_inline_code(line: &str) -> Option<String> {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let mut at = start + ticks;
        loop {
            let next = at + rest[at..].find('`')?;
            let run = rest[next..].len() - rest[next..].trim_start_matches('`').len();
            at = next + run;
            if run == ticks {
                break;
            }
        }
        rest = &rest[at..];
    }
    outside.push_str(rest);
    Some(outside)
}

/// Nothing that others wrote is read as Markdown, and nothing is cut open.
fn is_sound(markdown: &str) -> Result<(), TestCaseError> {
    prop_assert!(markdown.len() <= 65_535, "{} bytes", markdown.len());
    let outside = outside_code(markdown);
    prop_assert!(outside.is_some(), "code stays open:\n{markdown}");
    let outside = outside.unwrap_or_default();
    prop_assert!(!outside.contains('@'), "{outside}");
    prop_assert!(!outside.contains("evil.example"), "{outside}");
    prop_assert!(!outside.contains("<img"), "{outside}");
    prop_assert_eq!(outside.matches("<!--").count(), usize::from(markdown.starts_with(MARKER)));
    prop_assert_eq!(outside.matches("<details>").count(), outside.matches("</details>").count());
    prop_assert!(!markdown.chars().any(|c| c != '\n' && super::markdown::is_deceptive(c)), "{markdown}");
    for line in outside.lines().filter(|line| line.starts_with('|')) {
        let cells = line.matches('|').count();
        prop_assert!(cells == 4 || cells == 2, "{line}");
    }
    Ok(())
}

fn keeps_to_the_api(check: &CheckText) -> Result<(), TestCaseError> {
    let title = check.title.chars().count();
    prop_assert!((1..=60).contains(&title), "{title}: {}", check.title);
    prop_assert!(check.actions.len() <= 3);
    for action in &check.actions {
        prop_assert!(action.label.chars().count() <= 20 && action.identifier.chars().count() <= 20);
        prop_assert!(action.description.chars().count() <= 40);
    }
    is_sound(&check.full_summary())?;
    is_sound(check.text.as_deref().unwrap_or_default())
}

/// Every drawing is made of these statements, with plain quoted names.
fn is_a_drawing(text: &str) -> Result<(), TestCaseError> {
    let Some(start) = text.find("```mermaid\n") else { return Ok(()) };
    let drawing = &text[start + 11..];
    let drawing = &drawing[..drawing.find("\n```").unwrap_or(drawing.len())];
    let mut lines = drawing.lines();
    let opening = lines.next().unwrap_or_default();
    let named = opening.starts_with("%%{init: {\"gitGraph\": {\"mainBranchName\": \"");
    prop_assert!(named, "{opening}");
    prop_assert_eq!(lines.next(), Some("gitGraph"));
    let mut seen = std::collections::HashSet::new();
    let mut commits = 0;
    for line in lines {
        let parts: Vec<&str> = line.split('"').collect();
        prop_assert_eq!(parts.len(), 3, "{}", line);
        prop_assert!(["  commit id: ", "  branch ", "  checkout ", "  merge "].contains(&parts[0]), "{line}");
        prop_assert!(parts[1].chars().all(|c| c.is_alphanumeric() || "._/- …".contains(c)), "{line}");
        prop_assert!(["", " type: HIGHLIGHT"].contains(&parts[2]), "{line}");
        if parts[0] == "  commit id: " || parts[0] == "  branch " {
            prop_assert!(seen.insert(line.to_owned()), "twice: {line}");
        }
        commits += usize::from(parts[0] == "  commit id: " || parts[0] == "  merge ");
    }
    prop_assert!(commits <= 12, "{commits} commits");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_text_is_sound_and_within_limits(one in judged(), two in judged(), earlier in judged()) {
        let path = PromotionPath::pro();
        let (subject, verdict) = &one;
        let alone = check(&path, std::slice::from_ref(&one));
        keeps_to_the_api(&alone)?;
        is_a_drawing(alone.text.as_deref().unwrap_or_default())?;
        keeps_to_the_api(&check(&path, &[one.clone(), two.clone()]))?;
        let now = two.0.pull.base.branch.clone();
        let number = subject.number;
        for why in [Withdrawn::Retargeted { number, now: now.clone() }, Withdrawn::OffThePath, Withdrawn::Unasked] {
            keeps_to_the_api(&withdrawn(now.as_str(), &why, UnixSeconds(0)))?;
            is_sound(&withdrawn_comment(&path, &now, &why, Some(&earlier)))?;
        }
        for earlier in [None, Some(&earlier)] {
            let comment = comment(&path, subject, verdict, earlier);
            prop_assert_eq!(comment.lines().next(), Some(MARKER));
            is_sound(&comment)?;
        }
        for remote in [None, Some("origin"), Some("it's\u{202e}")] {
            let check = LocalCheck::new(&path, &subject.pull, remote);
            let plain = terminal(&check, verdict, false);
            prop_assert!(!plain.chars().any(|c| c != '\n' && super::markdown::is_deceptive(c)), "{plain:?}");
            let of_another = ["fetch origin", "push origin", " origin HEAD", "remotes/origin/"];
            let is_asked = remote == Some("origin");
            prop_assert!(is_asked || of_another.iter().all(|it| !plain.contains(it)), "{plain}");
        }
        for finding in &verdict.findings {
            let words = words(&LocalCheck::new(&path, &subject.pull, Some("origin")), verdict, finding);
            prop_assert!(!words.title.is_empty() && !words.detail.is_empty());
        }
    }

    #[test]
    fn the_same_verdict_gives_the_same_words(one in judged(), later in 0..9_i64, tip in 1..9_u64) {
        let path = PromotionPath::pro();
        let first = check(&path, std::slice::from_ref(&one));
        prop_assert_eq!(&first, &check(&path, std::slice::from_ref(&one)));
        let mut again = one.clone();
        again.0.judged_at.0 += 1 + later * 3_600;
        if !one.1.findings.iter().any(|finding| matches!(finding.cause, Cause::MergeConflicts { .. })) {
            again.0.pull.base.commit = id::<CommitId>(tip);
        }
        let second = check(&path, &[again.clone()]);
        prop_assert!(first.says_the_same_as(&second));
        prop_assert_eq!(first.substance(), second.substance());
        prop_assert_eq!(comment(&path, &one.0, &one.1, None), comment(&path, &again.0, &again.1, None));
    }
}

#[test]
fn hundreds_of_picks_are_listed_and_thousands_are_asked_of_git() {
    let shown = |number: u64| {
        let picks = (1..=number).map(|n| commit(n, "Work", "Cleo")).collect();
        let repair = Repair { picks, merges_left_out: 0, ..Repair::default() };
        let cause = Cause::CarriesHistory {
            foreign: vec![(name("staging"), vec![commit(9_999, "Promote", "Ada")])],
            plain_merges: Vec::new(),
            brought: 5_000,
            came_along: 1,
            entered: Vec::new(),
            repair,
        };
        check(&PromotionPath::pro(), &[(subject("feature/x", "integration"), verdict(Outcome::Fail, cause))])
            .summary
    };
    let listed = shown(800);
    assert!(listed.contains(&commit(800, "", "").id.short()), "{listed}");
    assert!(!listed.contains("rev-list"), "{listed}");
    let asked = shown(5_000);
    assert!(asked.len() < 4_000, "{asked}");
    assert!(asked.contains("git rev-list --reverse --topo-order --no-merges"), "{asked}");
}

#[test]
fn texts_that_differ_in_substance_have_another_digest() {
    let path = PromotionPath::pro();
    let mut seen = std::collections::HashSet::new();
    for (head, base, verdict) in every_cause() {
        let check = check(&path, &[(subject(head, base), verdict)]);
        assert!(seen.insert(check.substance()), "{}", check.title);
    }
}
