//! That an override makes the finding that it was given for count for less, and changes nothing else.

use super::families::{facts, path};
use super::{id, name};
use crate::model::{Code, Facts, Finding, Level, Outcome, Override, PromotionPath, UnixMillis, Verdict};
use crate::policy::judge;
use proptest::prelude::*;

fn given(facts: &Facts, finding: &Finding) -> Override {
    Override {
        id: 1,
        code: finding.cause.code(),
        head: facts.pull.head.commit,
        base: facts.pull.base.branch.clone(),
        evidence: finding.cause.evidence(),
        by: "rita".to_owned(),
        by_id: None,
        reason: "a typo".to_owned(),
        at: UnixMillis(5),
        until: None,
        confirmed_by: None,
        confirmed_by_id: None,
        needs_second: false,
        command: None,
        ended: None,
    }
}

/// The findings apart from notes, which depend on whether the pull request may merge.
fn reasons(verdict: &Verdict) -> Vec<Finding> {
    verdict.findings.iter().filter(|it| !it.cause.is_note()).cloned().collect()
}

fn judged(path: &PromotionPath, facts: &Facts, overrides: Vec<Override>) -> Verdict {
    judge(path, &Facts { overrides, ..facts.clone() })
}

proptest! {
    #[test]
    fn an_override_changes_the_finding_it_was_given_for_and_nothing_else(path in path(), facts in facts()) {
        let before = reasons(&judge(&path, &facts));
        for finding in &before {
            let after = reasons(&judged(&path, &facts, vec![given(&facts, finding)]));
            prop_assert_eq!(after.len(), before.len());
            let keeps_back = matches!(finding.severity, Outcome::Fail | Outcome::Wait);
            for one in &before {
                let counts_less = one == finding && keeps_back && one.cause.code().can_be_overridden();
                let now = after.iter().find(|it| it.cause == one.cause).unwrap();
                if counts_less {
                    let by = now.overridden.as_ref().map(|it| it.by.as_str());
                    prop_assert_eq!((now.severity, now.level, by), (Outcome::Warn, one.level, Some("rita")));
                } else {
                    prop_assert_eq!(now, one);
                }
            }
        }
    }

    #[test]
    fn an_override_of_anything_else_changes_nothing(
        path in path(), facts in facts(), what in 0..4_u8, code in 0..Code::ALL.len(),
    ) {
        let before = judge(&path, &facts);
        for finding in &before.findings {
            let mut other = given(&facts, finding);
            match what {
                0 => other.code = Code::ALL[code],
                1 => other.head = id(77),
                2 => other.base = name("elsewhere"),
                _ => other.evidence = "0".repeat(64),
            }
            if other.code != finding.cause.code() || what > 0 {
                prop_assert_eq!(&judged(&path, &facts, vec![other]), &before);
            }
        }
    }
}

#[test]
fn a_softened_rule_stays_as_the_project_has_it() {
    let mut path = PromotionPath::pro();
    let facts = Facts::new(super::pull("feature/x", "production", false), crate::model::History::NotNeeded);
    let finding = judge(&path, &facts).findings.remove(0);
    for level in [Level::Warn, Level::Observe, Level::Off] {
        path.rules.set(Code::WrongBase, level);
        let overridden = judged(&path, &facts, vec![given(&facts, &finding)]);
        assert_eq!(overridden, judge(&path, &facts), "{level:?}");
    }
}

#[test]
fn the_newest_override_is_told_and_comes_before_warnings() {
    let path = PromotionPath::pro();
    let facts = Facts::new(super::pull("feature/x", "production", false), crate::model::History::NotNeeded);
    let first = given(&facts, &judge(&path, &facts).findings[0]);
    let second = Override { by: "sam".to_owned(), ..first.clone() };
    let verdict = judged(&path, &facts, vec![first, second]);
    assert_eq!(verdict.outcome(), Outcome::Warn);
    assert_eq!(verdict.findings[0].overridden.as_ref().unwrap().by, "sam");
    let mut findings = vec![Finding::warn(crate::model::Cause::HeadBehind), verdict.findings[0].clone()];
    findings[0].cause = crate::model::Cause::ReverseMerge { rejoins: None };
    let late = crate::model::Cause::ChangesNothing { brings: 1 };
    findings[1].cause = late.clone();
    crate::policy::sort(&mut findings);
    assert_eq!(findings[0].cause, late, "though its code is a later one");
}
