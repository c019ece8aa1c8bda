//! Which verdicts another configuration can change.
//!
//! Each family of rules says which parts of the configuration can alter its verdicts ([`policy::Family`]), and how much
//! each kind of finding counts is known by its code.

use super::aim::aim;
use super::pull_request::{last_verdict, reach};
use crate::model::{BranchName, Outcome, PromotionPath, PullRequest};
use crate::policy;
use crate::store::JudgedPull;
use std::collections::BTreeSet;

/// The open pull requests that have to be judged again where `before` gave way to `now`.
pub(super) fn reconfigured<'a>(
    before: &PromotionPath,
    now: &PromotionPath,
    open: &'a [JudgedPull],
) -> impl Iterator<Item = &'a JudgedPull> {
    let rows: Vec<PullRequest> = open.iter().map(|it| it.pull.clone()).collect();
    let triggers = policy::config_changes(before, now);
    // What a check tells people to write, and who may.
    let words = |path: &PromotionPath| {
        (path.command_prefix.clone(), path.commands.clone(), path.overrides, path.calendar.zone.clone())
    };
    let reworded = words(before) != words(now);
    let (before, now) = (before.clone(), now.clone());
    open.iter().filter(move |judged| {
        let pull = &judged.pull;
        let aims = [&before, &now].map(|path| aim(path, pull, &rows));
        let [Some(aimed), Some(now_aimed)] = &aims else { return aims[0] != aims[1] };
        if aimed != now_aimed {
            return true;
        }
        let verdict = last_verdict(judged).filter(|_| judged.judged_head == Some(pull.head_commit));
        let Some(verdict) = verdict.filter(|it| it.outcome() != Outcome::Unknown) else { return true };
        (reworded && !verdict.findings.is_empty())
            || triggers.iter().any(|trigger| {
                // By the former path other families may have judged it.
                let reach = [&before, &now].map(|path| reach(path, judged, aimed, |_| *trigger));
                reach[0].and(reach[1]).alters(!verdict.findings.is_empty())
            })
    })
}

pub(super) fn judged(path: &PromotionPath) -> BTreeSet<&BranchName> {
    path.judged_branches().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Cause, Code, CommitId, Finding, Level, PullNumber, PullRequestDetails, PullRequestState,
        RepositoryId, Requires, Tested, UnixMillis, Verdict,
    };

    fn open(number: u64, head: &str, base: &str, findings: Vec<Finding>) -> JudgedPull {
        let commit = CommitId::from_bytes([1; 20]);
        let name = |branch| BranchName::new(branch).unwrap();
        JudgedPull {
            pull: PullRequest {
                repository: RepositoryId(1),
                number: PullNumber(number),
                state: PullRequestState::Open,
                head_branch: name(head),
                head_commit: commit,
                head_repository: Some(RepositoryId(1)),
                base_branch: name(base),
                author: String::new(),
                updated_at: UnixMillis(0),
                merged: None,
                stack: None,
                details: PullRequestDetails::default(),
            },
            judged_head: Some(commit),
            judged_base: Some(name(base)),
            verdict: Some(serde_json::to_string(&Verdict { findings }).unwrap()),
            judged_at: Some(UnixMillis(0)),
            judged_version: 1,
            grants_noted: None,
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
        let asks = |path: &mut PromotionPath| {
            path.environments[2].requires = Requires { tested: Tested::Asked, ..Requires::default() }
        };
        let without_copy = |path: &mut PromotionPath| path.copy = None;
        assert_eq!(again(soften, nothing), [2]);
        assert_eq!(again(nothing, off), [1, 2]);
        assert_eq!(again(asks, nothing), [3]);
        assert_eq!(again(without_copy, nothing), [1, 2, 3]);
    }
}
