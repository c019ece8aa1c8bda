//! Pull requests that Towpath has prepared to take an environment back: TP111.
//!
//! Such a one is no promotion and no topic: it gives the environment files that ran well there before. So what keeps
//! others out, a hold, a lock or a freeze, does not keep it out, and no path is asked of it. What its files are still
//! tells what a shop would lose, as a warning. Whether it is the one that was prepared is known by what is on record of
//! the hold; anything else on a branch of that name is judged as any topic. One that does no longer what it was prepared
//! for fails, whatever the rules and people say, and is judged as any topic besides.

use super::family::{ANY_MOVE, Fact, Family, PATH, Reach, Trigger};
use super::source::may_be_rollback;
use crate::model::{Cause, Code, Facts, Finding, Outcome, PromotionPath, RollbackStanding};

/// Whether it can still be merged changes with the base and with the hold.
pub(super) const FAMILY: Family = Family {
    name: "rollbacks",
    codes: &[Code::PreparedRollback],
    facts: &[Fact::Deploys],
    altered_by: &[ANY_MOVE, PATH, &[(Trigger::DeployChanged, Reach::ALWAYS)]],
};

/// What a pull request is that was prepared to take its base back, and whether it still does that; `None` of any other.
pub(super) fn prepared(path: &PromotionPath, facts: &Facts) -> Option<Finding> {
    let prepared = facts.deploys.rollback.clone().filter(|_| may_be_rollback(path, &facts.pull))?;
    let severity = match prepared.standing {
        RollbackStanding::Ready => Outcome::Pass,
        RollbackStanding::BranchMoved | RollbackStanding::HoldLifted => Outcome::Fail,
    };
    Some(Finding::new(severity, Cause::PreparedRollback(prepared)))
}

/// What its files would do to a shop keeps nobody from going back.
pub(super) fn softened(in_files: Vec<Finding>) -> impl Iterator<Item = Finding> {
    in_files.into_iter().map(|it| Finding { severity: it.severity.min(Outcome::Warn), ..it })
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::super::tests::{brings_nothing, id, pull};
    use crate::model::calendar::FreezePeriod;
    use crate::model::{
        Code, CommerceSettings, DeployFacts, Facts, FileFinding, History, Level, Outcome, PreparedRollback,
        PromotionPath, RollbackStanding, Source,
    };

    const HEAD: &str = "towpath/rollback/production-1";

    fn facts(standing: RollbackStanding) -> Facts {
        let rollback = Some(PreparedRollback {
            environment: "production".to_owned(),
            to: id(1),
            by: "rita".to_owned(),
            reason: "broken".to_owned(),
            standing,
        });
        let freeze = Some(FreezePeriod { from: None, until: None, reasons: vec!["audit".to_owned()] });
        let deploys = DeployFacts { rollback, ..DeployFacts::default() };
        Facts { deploys, freeze, ..Facts::new(pull(HEAD, "production", false), History::NotNeeded) }
    }

    fn told(path: &PromotionPath, facts: &Facts) -> (Outcome, String) {
        let verdict = judge(path, facts);
        let codes = verdict.findings.iter().map(|it| it.cause.code().as_str()).collect::<Vec<_>>();
        (verdict.outcome(), codes.join(" "))
    }

    #[test]
    fn what_was_prepared_goes_in_past_hold_and_freeze_while_it_gives_the_old_files() {
        let mut path = PromotionPath::pro();
        let ready = facts(RollbackStanding::Ready);
        assert_eq!(told(&path, &ready), (Outcome::Pass, "TP111".to_owned()));
        let mut hotfixes = path.clone();
        hotfixes.environments[2].accepts.push(Source::Hotfixes);
        let as_hotfix = Facts { history: History::Topic(brings_nothing()), ..ready.clone() };
        assert_eq!(told(&hotfixes, &as_hotfix), (Outcome::Pass, "TP111".to_owned()));
        path.rules.set(Code::PreparedRollback, Level::Off);
        assert_eq!(told(&path, &ready), (Outcome::Fail, "TP101 TP401".to_owned()), "a branch like any other");
    }

    #[test]
    fn what_is_out_of_date_or_unwanted_is_let_past_nothing_by_no_rule_and_no_override() {
        for standing in [RollbackStanding::BranchMoved, RollbackStanding::HoldLifted] {
            for level in [Level::Enforce, Level::Warn, Level::Observe] {
                let mut path = PromotionPath::pro();
                path.rules.set(Code::PreparedRollback, level);
                let facts = facts(standing);
                assert_eq!(told(&path, &facts), (Outcome::Fail, "TP111 TP101 TP401".to_owned()), "{level:?}");
                path.environments[2].accepts.push(Source::Hotfixes);
                let as_hotfix = Facts { history: History::Topic(brings_nothing()), freeze: None, ..facts };
                let (outcome, codes) = told(&path, &as_hotfix);
                assert!(outcome == Outcome::Fail && codes.starts_with("TP111"), "{level:?}: {codes}");
            }
        }
        assert!(!Code::PreparedRollback.can_be_overridden());
    }

    #[test]
    fn any_other_branch_is_judged_as_before() {
        let path = PromotionPath::pro();
        let ready = facts(RollbackStanding::Ready);
        for pull in [pull("x", "production", false), pull(HEAD, "production", true)] {
            assert_eq!(told(&path, &Facts { pull, ..ready.clone() }).1, "TP101 TP401");
        }
        let unknown = Facts { deploys: DeployFacts::default(), ..ready };
        assert_eq!(told(&path, &unknown).1, "TP101 TP401");
    }

    #[test]
    fn what_a_shop_would_lose_by_it_is_told_and_keeps_nobody_from_going_back() {
        let mut path = PromotionPath::pro();
        path.commerce = Some(CommerceSettings::built_in(&path.environments));
        let (title, detail, remedy) = Default::default();
        let (code, severity, level, place) = (Code::WebsiteDeleted, Outcome::Fail, Level::Enforce, None);
        let files = vec![FileFinding { code, severity, level, place, title, detail, remedy }];
        let facts = Facts { files, ..facts(RollbackStanding::Ready) };
        assert_eq!(told(&path, &facts), (Outcome::Warn, "TP701 TP111".to_owned()));
    }
}
