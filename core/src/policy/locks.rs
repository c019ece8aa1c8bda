//! Locks on environments: TP402.
//!
//! A lock keeps out whatever would be merged, topics too. The copy branch has none: it follows its environment.

use super::family::{Fact, Family, PATH, Reach, Trigger};
use crate::model::{Cause, Code, Facts, Finding, Outcome, PromotionPath, Role};

/// What somebody has locked is decided by that lock alone, whatever would come in.
pub(super) const FAMILY: Family = Family {
    name: "locks",
    codes: &[Code::Locked],
    facts: &[Fact::Lock],
    altered_by: &[PATH, &[(Trigger::LockChanged, Reach::ALWAYS)]],
};

/// The finding on a pull request into an environment whose lock is in force.
pub(super) fn locked(path: &PromotionPath, facts: &Facts) -> Option<Finding> {
    let Role::Environment(base) = path.role(&facts.pull.base.branch) else { return None };
    let cause = Cause::Locked { environment: base.name.clone(), lock: facts.lock.clone()? };
    Some(Finding::new(Outcome::Wait, cause))
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use crate::model::{
        Base, BranchName, Code, CommitId, Facts, Head, History, Level, Lock, Outcome, PromotionPath,
        PullEnds, UnixMillis,
    };

    fn facts((head, base): (&str, &str), until: Option<UnixMillis>) -> Facts {
        let name = |branch| BranchName::new(branch).unwrap();
        let commit = CommitId::from_bytes([1; 20]);
        let pull = PullEnds {
            head: Head { branch: Some(name(head)), commit, fork: false },
            base: Base { branch: name(base), commit },
        };
        let (by, reason, since) = ("rita".to_owned(), "stocktaking".to_owned(), UnixMillis(5));
        let lock = Lock { id: 1, by, by_id: None, reason, since, until, while_open: None, ended: None };
        Facts { lock: Some(lock), ..Facts::new(pull, History::NotNeeded) }
    }

    #[test]
    fn a_lock_makes_whatever_would_come_in_wait_beside_all_else_that_is_found() {
        let mut path = PromotionPath::pro();
        let found = |path: &PromotionPath, ends| {
            let verdict = judge(path, &facts(ends, None));
            let codes = verdict.findings.iter().map(|it| it.cause.code().as_str()).collect::<Vec<_>>();
            (verdict.outcome(), codes.join(" "))
        };
        assert_eq!(found(&path, ("feature/x", "production")), (Outcome::Fail, "TP101 TP402".to_owned()));
        assert_eq!(found(&path, ("feature/x", "feature/y")), (Outcome::Pass, String::new()));
        assert_eq!(found(&path, ("feature/x", "master")).1, "TP107", "the copy branch has no locks");
        path.rules.set(Code::WrongBase, Level::Off);
        assert_eq!(found(&path, ("feature/x", "production")), (Outcome::Wait, "TP402".to_owned()));
        path.rules.set(Code::Locked, Level::Warn);
        assert_eq!(found(&path, ("feature/x", "production")).0, Outcome::Warn);
        path.rules.set(Code::Locked, Level::Off);
        assert_eq!(found(&path, ("feature/x", "production")), (Outcome::Pass, String::new()));
    }

    #[test]
    fn a_lock_with_an_end_passes_by_itself() {
        for (until, want) in [(None, false), (Some(UnixMillis(9)), true)] {
            let verdict = judge(&PromotionPath::pro(), &facts(("feature/x", "production"), until));
            assert_eq!(verdict.findings[1].cause.passes_by_itself(), want);
        }
    }
}
