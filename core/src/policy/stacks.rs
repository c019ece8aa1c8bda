//! Promotions in GitHub's stacks: TP108.
//!
//! Every member of a stack obeys the trunk's rules, and one button rebases all heads and pushes them by force. So no
//! branch of the path may be a head in one, and no promotion a member. While two promotions are only a chain, which
//! GitHub's pages offer to make a stack, there is a note and no more.

use super::family::{Fact, Family, PATH, Reach, Trigger};
use super::source::Route;
use crate::model::{Cause, Code, Finding, Level, Outcome, PromotionPath, StackFacts, StackMember};

/// Stacks are made of pull requests alone. How a stack's findings count can bring others back that they stood for.
pub(super) const FAMILY: Family = Family {
    name: "stacks",
    codes: &[Code::PromotionInStack],
    facts: &[Fact::Stacks],
    altered_by: &[PATH, &[(Trigger::StackChanged, Reach::ALWAYS)]],
};

/// The finding on a pull request in a stack that must not be one.
pub(super) fn in_stack(facts: &StackFacts, route: &Route) -> Option<Finding> {
    let StackMember { stack, heads, .. } = facts.member.as_ref()?;
    let must_not_be = !heads.is_empty() || *route == Route::Promotion;
    let cause =
        Cause::PromotionInStack { number: stack.number, trunk: stack.trunk.clone(), heads: heads.clone() };
    must_not_be.then(|| Finding::fail(cause))
}

/// Whether the finding is the only one: judged for a trunk that the pull request does not go into itself, the two
/// branches have nothing to do with each other, and advice about them would mislead. Where the rule was softened, that
/// they may not meet is all that keeps them apart.
pub(super) fn stands_alone(
    path: &PromotionPath,
    facts: &StackFacts,
    base: &crate::model::BranchName,
) -> bool {
    let elsewhere = facts.member.as_ref().is_some_and(|member| member.goes_into != *base);
    elsewhere && path.rules.level(Code::PromotionInStack) == Level::Enforce
}

/// The note on a promotion that may merge.
pub(super) fn may_be_stacked(
    path: &PromotionPath,
    facts: &StackFacts,
    findings: &[Finding],
) -> Option<Finding> {
    let merges = findings.iter().all(|finding| finding.severity <= Outcome::Warn);
    let wanted = path.rules.level(Code::PromotionInStack) != Level::Off;
    let offered = wanted && merges && facts.member.is_none() && !facts.chained_with.is_empty();
    offered.then(|| Finding::pass(Cause::MayBeStacked { with: facts.chained_with.clone() }))
}

#[cfg(test)]
mod tests {
    use crate::model::{
        Base, BranchName, Code, CommitId, Facts, Head, History, Level, Origin, Outcome, PromotionPath,
        PullEnds, PullNumber, Stack, StackFacts, StackMember, Verdict,
    };
    use crate::policy::judge;

    fn name(branch: &str) -> BranchName {
        BranchName::new(branch).unwrap()
    }

    fn judged(path: &PromotionPath, (head, base): (&str, &str), stacks: StackFacts) -> Verdict {
        let commit = CommitId::from_bytes([1; 20]);
        let pull = PullEnds {
            head: Head { branch: Some(name(head)), commit, fork: false },
            base: Base { branch: name(base), commit },
        };
        judge(path, &Facts { stacks, ..Facts::new(pull, History::NotNeeded) })
    }

    fn member(goes_into: &str, heads: &[&str]) -> StackFacts {
        let stack = Stack { number: Some(7), trunk: name("production") };
        let heads = heads.iter().map(|head| name(head)).collect();
        let member = Some(StackMember { stack, heads, goes_into: name(goes_into) });
        StackFacts { member, chained_with: Vec::new() }
    }

    fn codes(verdict: &Verdict) -> Vec<&'static str> {
        verdict.findings.iter().map(|finding| finding.cause.code().as_str()).collect()
    }

    /// Judged for production, which is the trunk.
    #[test]
    fn a_stack_that_would_rewrite_a_branch_of_the_path_fails_and_says_nothing_else() {
        let mut path = PromotionPath::pro();
        for (head, goes_into, heads, want) in [
            // For another branch than its own: that the two may not meet is no advice.
            ("integration", "staging", &["integration"][..], &["TP108"][..]),
            ("feature/x", "integration", &["integration"], &["TP108"]),
            ("feature/x", "feature/y", &["staging"], &["TP108"]),
            // For its own branch: all that is found.
            ("feature/x", "production", &["staging"], &["TP101", "TP108"]),
            ("integration", "production", &["integration"], &["TP102", "TP108"]),
            // A stack of topics is nobody's trouble.
            ("feature/x", "feature/y", &[], &["TP101"]),
        ] {
            let verdict = judged(&path, (head, "production"), member(goes_into, heads));
            assert_eq!(codes(&verdict), want, "{head} → {goes_into}, {heads:?}");
            assert_eq!(verdict.outcome(), Outcome::Fail);
        }
        // A softened rule lets nothing merge that may not meet.
        for (level, want) in [(Level::Warn, &["TP102", "TP108"][..]), (Level::Off, &["TP102"])] {
            path.rules.set(Code::PromotionInStack, level);
            let verdict = judged(&path, ("integration", "production"), member("staging", &["integration"]));
            assert_eq!((codes(&verdict).as_slice(), verdict.outcome()), (want, Outcome::Fail), "{level:?}");
        }
    }

    #[test]
    fn a_promotion_in_a_stack_fails_though_its_head_is_a_throw_away_branch() {
        // A snapshot is judged as the environment's own branch; what the stack would rewrite is another one.
        let in_stack = super::in_stack(&member("production", &[]), &super::Route::Promotion);
        assert_eq!(in_stack.unwrap().severity, Outcome::Fail);
        assert!(super::in_stack(&member("production", &[]), &super::Route::Topic).is_none());
        assert!(super::in_stack(&StackFacts::default(), &super::Route::Promotion).is_none());
    }

    #[test]
    fn a_chain_is_noted_only_where_it_may_merge() {
        let origin =
            Origin { number: Some(PullNumber(3)), branch: name("staging"), author: None, fork: false };
        let chain = StackFacts { member: None, chained_with: vec![origin] };
        let path = PromotionPath::pro();
        let note = |path: &PromotionPath, findings: &[_]| super::may_be_stacked(path, &chain, findings);
        let found = note(&path, &[]).unwrap();
        assert!(found.cause.is_note() && found.severity == Outcome::Pass);
        let refused = judged(&path, ("integration", "production"), chain.clone());
        assert_eq!(codes(&refused), ["TP102"]);
        let mut off = PromotionPath::pro();
        off.rules.set(Code::PromotionInStack, Level::Off);
        assert!(note(&off, &[]).is_none());
    }
}
