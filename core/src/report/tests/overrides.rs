//! The words of what somebody has overridden, and of who could.

use super::super::samples::*;
use super::shown;
use crate::model::{
    Code, CommandRights, Finding, Grant, Grantee, Outcome, Overridden, PromotionPath, UnixMillis, Verdict,
};
use crate::report::{Conclusion, check, comment};

fn given() -> Overridden {
    Overridden {
        by: "rita".to_owned(),
        confirmed_by: Some("sam".to_owned()),
        reason: "only the | imprint, ask @ops".to_owned(),
        until: Some(UnixMillis(1_700_010_000_000)),
    }
}

fn overridden(given: Overridden) -> Verdict {
    Verdict { findings: vec![Finding { overridden: Some(given), ..Finding::warn(carries_staging()) }] }
}

#[test]
fn what_is_overridden_says_by_whom_why_and_until_when() {
    let text = shown(&subject("feature/x", "integration"), overridden(given()));
    let first_screen = text.split("<details>").next().unwrap();
    insta::assert_snapshot!(first_screen, @"
    success [Rebuild branch] Carries staging's history (overridden by rita)

    `rita` has overridden this: `only the | imprint, ask @ops`. `sam` has confirmed it. The override ends when the head moves, the base branch changes or something else is found, at the latest on 2023-11-15 01:00 UTC.

    3 of the 5 commits of `feature/x` are part of `staging` but never reached `integration` through a pull request. Merging this would bring them to `integration`, and the next promotion would carry them on.

    **What to do.** Put its own 2 commits onto `integration`, oldest first:

    ```sh
    git fetch origin &&
    git switch --detach refs/remotes/origin/integration &&
    git cherry-pick --keep-redundant-commits a708a824f 454021de7 &&
    git push --force-with-lease=feature/x:d93f69dd0126b5e9000000000000000000000384 origin HEAD:refs/heads/feature/x
    ```

    **Who can act.** Anyone who can push to `feature/x`.

    [TP201: what it means](https://towpath.example/findings#tp201)
    ");
}

#[test]
fn what_is_overridden_keeps_its_repair() {
    let path = PromotionPath::pro();
    let repair = |text: &str| {
        let begin = text.find("**What to do.**").unwrap_or(text.len());
        let end = text.find("**Who can act.**").or_else(|| text.find("[TP")).unwrap_or(text.len());
        text[begin.min(end)..end].to_owned()
    };
    for (head, base, of) in every_cause() {
        let Some(found) = of.findings.first().filter(|it| it.severity > Outcome::Warn) else { continue };
        if !found.cause.code().can_be_overridden() {
            continue;
        }
        let overridden = Finding { severity: Outcome::Warn, overridden: Some(given()), ..found.clone() };
        let [before, after] = [found.clone(), overridden].map(|finding| {
            let judged = [(subject(head, base), Verdict { findings: vec![finding] })];
            repair(&check(&path, &judged).summary)
        });
        assert_eq!(before, after, "{}", found.cause.code());
    }
}

#[test]
fn whoever_has_overridden_it_is_in_the_title_however_long_that_is() {
    let path = PromotionPath::pro();
    let alone = Overridden { confirmed_by: None, until: None, ..given() };
    for by in ["rita", "a-very-long-login-of-39-characters-or-so"] {
        let verdict = overridden(Overridden { by: by.to_owned(), ..alone.clone() });
        for (head, base, of) in every_cause() {
            let findings = of.findings.into_iter().map(|it| Finding {
                severity: Outcome::Warn,
                overridden: verdict.findings[0].overridden.clone(),
                ..it
            });
            let findings: Vec<_> = findings.filter(|it| !it.cause.is_note()).collect();
            if findings.is_empty() {
                continue;
            }
            let check = check(&path, &[(subject(head, base), Verdict { findings })]);
            assert!(check.title.chars().count() <= 60, "{}", check.title);
            assert!(check.title.contains("(overridden by ") && check.title.ends_with(')'), "{}", check.title);
            assert_eq!(check.conclusion, Conclusion::Success);
        }
    }
}

#[test]
fn the_comment_says_because_of_whom_it_may_merge() {
    let path = PromotionPath::pro();
    let subject = subject("feature/x", "integration");
    let earlier = (subject.clone(), verdict(Outcome::Fail, carries_staging()));
    let comment = comment(&path, &subject, &overridden(given()), Some(&earlier));
    assert!(
        comment.contains("This pull request may merge now, because `rita` has overridden TP201."),
        "{comment}"
    );
}

#[test]
fn who_may_override_is_as_the_project_has_it() {
    let mut path = PromotionPath::pro();
    path.command_prefix = "tp-".to_owned();
    path.overrides.second = true;
    path.commands = CommandRights::default();
    path.commands.set("override", Grant::Everywhere(vec![Grantee::Team("release".to_owned())]));
    let judged = [(subject("feature/x", "integration"), verdict(Outcome::Fail, carries_staging()))];
    let who = check(&path, &judged).summary;
    let who = who.lines().find(|line| line.contains("Who can act")).unwrap();
    insta::assert_snapshot!(who, @r#"**Who can act.** Anyone who can push to `feature/x`. The members of the team `release` can override it with `/tp-override TP201 --reason "…"`, and a second person confirms."#);
}

#[test]
fn every_finding_that_keeps_back_says_whether_it_can_be_overridden() {
    let path = PromotionPath::pro();
    for (head, base, verdict) in every_cause().into_iter().chain(long_ones()) {
        let code = verdict.findings.first().map(|it| it.cause.code());
        let is_of_a_pull = |code: &Code| !matches!(code, Code::CouldNotDecide | Code::CopyDiverged);
        let keeps_back = verdict.outcome() > Outcome::Warn;
        let Some(code) = code.filter(|code| keeps_back && is_of_a_pull(code)) else { continue };
        let summary = check(&path, &[(subject(head, base), verdict)]).summary;
        let can = summary.contains(&format!("`/override {code} --reason \"…\"`"));
        let cannot = summary.contains(&format!("Nobody can override {code}; "));
        assert_eq!((can, cannot), (code.can_be_overridden(), !code.can_be_overridden()), "{summary}");
    }
}
