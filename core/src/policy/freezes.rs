//! Freezes, and times outside of an environment's windows: TP401.
//!
//! Whatever would be merged waits, topics too, as with a lock; the copy branch follows its environment and is never
//! frozen. When something would be merged comes in as an instant: the same instant gives the same answer.

use super::family::{ConfigKey, Fact, Family, PATH, Reach, Trigger};
use super::source::{Route, route};
use crate::model::calendar::{FreezePeriod, Incoming};
use crate::model::{
    Cause, Code, Facts, Finding, Level, Outcome, PromotionPath, PullEnds, PullNumber, Role, UnixSeconds,
};

/// The calendar decides, whatever would come in. That time goes by is no change that anybody tells: whoever judges looks
/// again at [`next_freeze_change`].
pub(super) const FAMILY: Family = Family {
    name: "freezes",
    codes: &[Code::Frozen],
    facts: &[Fact::Freeze],
    altered_by: &[PATH, &[(Trigger::ConfigChanged(ConfigKey::Calendar), Reach::ALWAYS)]],
};

/// How long the base's environment is frozen for a pull request, where it is at this instant.
pub fn freeze_on(
    path: &PromotionPath,
    pull: &PullEnds,
    number: Option<PullNumber>,
    at: UnixSeconds,
) -> Option<FreezePeriod> {
    let Role::Environment(base) = path.role(&pull.base.branch) else { return None };
    let incoming = Incoming { number, is_hotfix: is_hotfix(path, pull) };
    path.calendar.frozen_at(&base.name, at, incoming)
}

/// When that may be otherwise next; `None` where it stays as it is, or nobody looks for it.
pub fn next_freeze_change(path: &PromotionPath, pull: &PullEnds, at: UnixSeconds) -> Option<UnixSeconds> {
    let Role::Environment(base) = path.role(&pull.base.branch) else { return None };
    let is_off = path.rules.level(Code::Frozen) == Level::Off;
    path.calendar.next_change_after(&base.name, at).filter(|_| !is_off)
}

/// Whether a pull request is a hotfix: a topic for an environment that takes no other topics than hotfixes.
pub fn is_hotfix(path: &PromotionPath, pull: &PullEnds) -> bool {
    let Role::Environment(base) = path.role(&pull.base.branch) else { return false };
    base.takes_hotfixes_alone() && route(path, pull) == Route::Topic
}

/// The finding on a pull request into an environment that is frozen.
pub(super) fn frozen(path: &PromotionPath, facts: &Facts) -> Option<Finding> {
    let Role::Environment(base) = path.role(&facts.pull.base.branch) else { return None };
    let FreezePeriod { from, until, reasons } = facts.freeze.clone()?;
    let cause = Cause::Frozen { environment: base.name.clone(), since: from, until, reasons };
    Some(Finding::new(Outcome::Wait, cause))
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::*;
    use crate::model::calendar::{Freeze, FreezeTime, Scope, Span};
    use crate::model::{Base, BranchName, CommitId, Head, History, Source};

    fn pull(head: &str, base: &str) -> PullEnds {
        let name = |branch| BranchName::new(branch).unwrap();
        let commit = CommitId::from_bytes([1; 20]);
        PullEnds {
            head: Head { branch: Some(name(head)), commit, fork: false },
            base: Base { branch: name(base), commit },
        }
    }

    /// The built-in path, frozen from the tenth second to the twentieth.
    fn frozen_path(scope: Scope) -> PromotionPath {
        let when = FreezeTime::Once(Span { from: UnixSeconds(10), until: UnixSeconds(20) });
        let mut path = PromotionPath::pro();
        path.calendar.freezes.push(Freeze { when, reason: "stocktaking".to_owned(), scope });
        path
    }

    fn found(path: &PromotionPath, (head, base): (&str, &str), at: i64) -> (Outcome, String) {
        let pull = pull(head, base);
        let freeze = freeze_on(path, &pull, Some(PullNumber(3)), UnixSeconds(at));
        let verdict = judge(path, &Facts { freeze, ..Facts::new(pull, History::NotNeeded) });
        let codes = verdict.findings.iter().map(|it| it.cause.code().as_str()).collect::<Vec<_>>();
        (verdict.outcome(), codes.join(" "))
    }

    #[test]
    fn a_freeze_makes_whatever_would_come_in_wait_beside_all_else_that_is_found() {
        let mut path = frozen_path(Scope::default());
        let ends = ("feature/x", "production");
        assert_eq!(found(&path, ends, 10), (Outcome::Fail, "TP101 TP401".to_owned()));
        assert_eq!([9, 20].map(|at| found(&path, ends, at).1), ["TP101", "TP101"]);
        assert_eq!(found(&path, ("integration", "production"), 10).1, "TP102 TP401");
        assert_eq!(found(&path, ("feature/x", "feature/y"), 10), (Outcome::Pass, String::new()));
        assert_eq!(found(&path, ("feature/x", "master"), 10).1, "TP107", "the copy branch is never frozen");
        path.rules.set(Code::WrongBase, Level::Off);
        assert_eq!(found(&path, ends, 10), (Outcome::Wait, "TP401".to_owned()));
        let change =
            |path: &PromotionPath, at| next_freeze_change(path, &pull(ends.0, ends.1), UnixSeconds(at));
        assert_eq!([9, 10, 20].map(|at| change(&path, at).map(|it| it.0)), [Some(10), Some(20), None]);
        path.rules.set(Code::Frozen, Level::Warn);
        assert_eq!(found(&path, ends, 10).0, Outcome::Warn);
        path.rules.set(Code::Frozen, Level::Off);
        assert_eq!(found(&path, ends, 10), (Outcome::Pass, String::new()));
        assert_eq!(change(&path, 9), None, "nobody looks for it");
    }

    #[test]
    fn hotfixes_and_what_is_named_go_in_where_the_freeze_lets_them() {
        let scope = Scope { hotfixes: true, ..Scope::default() };
        let mut path = frozen_path(scope.clone());
        path.environments[2].accepts.push(Source::Hotfixes);
        let codes = |path: &PromotionPath, head| {
            let freeze = freeze_on(path, &pull(head, "production"), Some(PullNumber(3)), UnixSeconds(10));
            freeze.is_some()
        };
        assert!(!codes(&path, "hotfix/x"));
        assert!(codes(&path, "staging"), "a promotion is no hotfix");
        path.environments[2].accepts.push(Source::Topics);
        assert!(codes(&path, "hotfix/x"), "where all topics are taken nothing tells a hotfix from them");
        let named = Scope { allow: [PullNumber(3)].into(), ..Scope::default() };
        assert!(!codes(&frozen_path(named), "staging"));
        let other = Scope { allow: [PullNumber(4)].into(), ..Scope::default() };
        assert!(codes(&frozen_path(other), "staging"));
    }

    #[test]
    fn a_freeze_whose_end_is_known_passes_by_itself() {
        for (until, want) in [(None, false), (Some(UnixSeconds(9)), true)] {
            let freeze = Some(FreezePeriod { from: None, until, reasons: vec!["x".to_owned()] });
            let facts = Facts { freeze, ..Facts::new(pull("feature/x", "production"), History::NotNeeded) };
            let verdict = judge(&PromotionPath::pro(), &facts);
            assert_eq!(verdict.findings[1].cause.passes_by_itself(), want);
        }
    }
}
