//! The states of a downstream environment that a topic has merged whole, to carry back what only that has.

use std::collections::{HashMap, HashSet};

use super::{BranchTip, GitError, Ledger, Repository, origins};
use crate::model::{BranchName, Commit, CommitId, MergedBack, PullEnds, TopicHistory};

/// More merges than this on a topic's own line are not looked at.
const MERGES_AT_MOST: usize = 50;

/// A downstream environment, and those that lead to it.
#[derive(Debug, Clone)]
pub struct Downstream<'a> {
    /// Its branch.
    pub tip: &'a BranchTip,
    /// The branches of the environments from which work comes down to it.
    pub upstream: Vec<&'a BranchTip>,
}

impl Repository {
    /// Which states of `downstream` a topic with this history has merged whole, and what of them the target has in no form.
    ///
    /// Only merges on the topic's own line count: what was cut from the environment did not carry anything back. A state that
    /// has nothing of its own, only what was promoted there, is not carried back either.
    pub async fn merged_back(
        &self,
        (history, pull): (&TopicHistory, &PullEnds),
        downstream: &Downstream<'_>,
        ledger: &Ledger,
    ) -> Result<Vec<MergedBack>, GitError> {
        let branch = &downstream.tip.branch;
        let states = merged_states(history, pull.head.commit, branch);
        let mut found = Vec::new();
        for state in states {
            let ends = (state, pull.base.commit);
            if let Some((carries, unrecorded)) = self.brings_back(ends, &downstream.upstream, ledger).await? {
                found.push(MergedBack { branch: branch.clone(), state, carries, unrecorded });
            }
        }
        Ok(found)
    }

    /// What merging a state of a downstream environment would bring that the other branch has in no form, and what of that no
    /// recorded pull request brought to the environment; `None` where the state has nothing of its own.
    pub async fn brings_back(
        &self,
        (state, other): (CommitId, CommitId),
        upstream: &[&BranchTip],
        ledger: &Ledger,
    ) -> Result<Option<(Vec<Commit>, Vec<Commit>)>, GitError> {
        let own = self.private((state, other), upstream, ledger).await?;
        if own.kept.is_empty() && own.repeated.is_empty() {
            return Ok(None);
        }
        let carries = self.without_equivalents(own.kept, state, other).await;
        let carries = origins::named(carries, ledger);
        let unrecorded = match ledger.merged() {
            Some(records) => self.unrecorded(&carries, records).await?,
            None => carries.clone(),
        };
        Ok(Some((carries, unrecorded)))
    }
}

/// The commits of the line of `branch` that were merged on the topic's own line, where that does not run over the branch's.
fn merged_states(history: &TopicHistory, head: CommitId, branch: &BranchName) -> Vec<CommitId> {
    let Some(line) = history.lines.iter().find(|line| line.branch == *branch) else { return Vec::new() };
    let tips = line.tips.iter().map(|tip| tip.commit);
    let of_line: HashSet<CommitId> = line.first_parents.iter().copied().chain(tips).collect();
    if of_line.is_empty() {
        return Vec::new();
    }
    let brought: HashMap<CommitId, &Commit> = history.brought.iter().map(|it| (it.id, it)).collect();
    let (mut states, mut next) = (Vec::new(), Some(head));
    while let Some(commit) = next.and_then(|id| brought.get(&id)) {
        if of_line.contains(&commit.id) {
            return Vec::new();
        }
        states.extend(commit.parents.iter().skip(1).filter(|parent| of_line.contains(parent)));
        next = commit.parents.first().copied();
    }
    states.truncate(MERGES_AT_MOST);
    states
}
