//! Which verdicts another configuration can change.
//!
//! A verdict on a topic rests on what its base takes, on which other branches are judged, and on how much each
//! code counts. One between environments rests on all of the path. Where nothing was found, softer or harder
//! rules find nothing either, unless a rule was off before.

use super::pull_request::{aim, last_verdict};
use crate::model::{BranchName, Code, Level, Outcome, PromotionPath, Role};
use crate::store::{JudgedPull, PullRow};
use std::collections::BTreeSet;

/// The open pull requests that have to be judged again where `before` gave way to `now`.
pub(super) fn reconfigured<'a>(
    before: &PromotionPath,
    now: &PromotionPath,
    open: &'a [JudgedPull],
) -> impl Iterator<Item = &'a JudgedPull> {
    let rows: Vec<PullRow> = open.iter().map(|it| it.pull.clone()).collect();
    let same_branches = self::judged(before) == self::judged(now) && before.copy == now.copy;
    let switched_on = Code::ALL
        .iter()
        .any(|code| before.rules.level(*code) == Level::Off && now.rules.level(*code) != Level::Off);
    let same_rules = before.rules == now.rules;
    let (before, now) = (before.clone(), now.clone());
    open.iter().filter(move |judged| {
        let pull = &judged.pull;
        let aims = [&before, &now].map(|path| aim(path, pull, &rows));
        let [Some(aimed), Some(now_aimed)] = &aims else { return aims[0] != aims[1] };
        let snapshot = last_verdict(judged).is_some_and(|verdict| verdict.snapshot().is_some());
        let between_environments =
            snapshot || [&before, &now].iter().any(|path| path.role(&pull.head_branch) != Role::Topic);
        if aimed != now_aimed
            || between_environments
            || !same_branches
            || !takes_the_same(&before, &now, aimed)
        {
            return true;
        }
        let clean = last_verdict(judged).is_some_and(|verdict| {
            verdict.findings.is_empty() && judged.judged_head == Some(pull.head_commit)
        });
        let unknown = last_verdict(judged).is_none_or(|verdict| verdict.outcome() == Outcome::Unknown);
        unknown || (!same_rules && (!clean || switched_on))
    })
}

pub(super) fn judged(path: &PromotionPath) -> BTreeSet<&BranchName> {
    path.judged_branches().collect()
}

/// Whether a branch takes the same work in both, and sends the rest to the same place.
fn takes_the_same(before: &PromotionPath, now: &PromotionPath, branch: &BranchName) -> bool {
    let taken = |path: &PromotionPath| match path.role(branch) {
        Role::Environment(environment) => Some(environment.accepts.clone()),
        Role::Copy(_) | Role::Topic => None,
    };
    let all = |path: &PromotionPath| -> Vec<_> {
        path.environments.iter().map(|it| (it.branch.clone(), it.accepts.clone())).collect()
    };
    // Where it goes instead is part of a refusal, and that is found by the whole path.
    taken(before) == taken(now) && all(before) == all(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cause, CommitId, Finding, PullNumber, RepositoryId, Requires, Tested, Verdict};
    use crate::store::PullState;

    fn open(number: u64, head: &str, base: &str, findings: Vec<Finding>) -> JudgedPull {
        let commit = CommitId::from_bytes([1; 20]);
        let name = |branch| BranchName::new(branch).unwrap();
        JudgedPull {
            pull: PullRow {
                repository: RepositoryId(1),
                number: PullNumber(number),
                state: PullState::Open,
                draft: false,
                head_branch: name(head),
                head_commit: commit,
                head_repository: Some(RepositoryId(1)),
                base_branch: name(base),
                author: String::new(),
                updated_at: 0,
                merged: None,
                stack: None,
            },
            judged_head: Some(commit),
            judged_base: Some(name(base)),
            verdict: Some(serde_json::to_string(&Verdict { findings }).unwrap()),
            judged_at: Some(0),
            judged_version: 1,
        }
    }

    fn again(change: impl Fn(&mut PromotionPath), was: impl Fn(&mut PromotionPath)) -> Vec<u64> {
        let (mut before, mut now) = (PromotionPath::pro(), PromotionPath::pro());
        was(&mut before);
        change(&mut now);
        let all = [
            open(1, "clean", "integration", Vec::new()),
            open(2, "found", "integration", vec![Finding::warn(Cause::HeadBehind)]),
            open(3, "staging", "production", Vec::new()),
            open(4, "elsewhere", "feature/x", Vec::new()),
        ];
        reconfigured(&before, &now, &all).map(|it| it.pull.number.0).collect()
    }

    #[test]
    fn only_what_can_change_is_judged_again() {
        let nothing = |_: &mut PromotionPath| {};
        let soften = |path: &mut PromotionPath| path.rules.set(Code::CarriesHistory, Level::Warn);
        let off = |path: &mut PromotionPath| path.rules.set(Code::CarriesHistory, Level::Off);
        let asks =
            |path: &mut PromotionPath| path.environments[2].requires = Requires { tested: Tested::Asked };
        let without_copy = |path: &mut PromotionPath| path.copy = None;
        assert_eq!(again(soften, nothing), [2, 3]);
        assert_eq!(again(nothing, off), [1, 2, 3]);
        assert_eq!(again(asks, nothing), [3]);
        assert_eq!(again(without_copy, nothing), [1, 2, 3]);
    }
}
