//! What merging a downstream environment whole into a topic upstream would carry back, and which topics have done so.

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::{BranchTip, GitError, Ledger, Repository, lines, origins};
use crate::model::{BranchName, Commit, CommitId, MergedBack, PullEnds, TopicHistory};

/// More merges than this on a topic's own line are not looked at.
const MERGES_AT_MOST: usize = 50;
/// More commits of one pull request than this are not told apart from what else is there.
const BROUGHT_AT_MOST: usize = 1_000;

/// A downstream environment, and those that lead to it.
#[derive(Debug, Clone)]
pub struct Downstream<'a> {
    /// Its branch.
    pub tip: &'a BranchTip,
    /// The branches of the environments from which work comes down to it.
    pub upstream: Vec<&'a BranchTip>,
}

/// What merging a state of a downstream environment would bring another branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BringsBack {
    /// The commits that the branch has in no form, merges left out; newest first.
    pub carries: Vec<Commit>,
    /// What no pull request into the environment is known to have brought: those of `carries`, and merges that hold a change
    /// of their own.
    pub unrecorded: Vec<Commit>,
}

impl Repository {
    /// Which states of `downstream` a topic with this history has merged whole, and what of them the target has in no form.
    ///
    /// Only merges on the topic's own line count: what was cut from the environment did not carry anything back. A state that
    /// the environment was moved away from, or that has nothing of its own, only what was promoted there, is not carried back
    /// either.
    pub async fn merged_back(
        &self,
        (history, pull): (&TopicHistory, &PullEnds),
        downstream: &Downstream<'_>,
        ledger: &Ledger,
    ) -> Result<Vec<MergedBack>, GitError> {
        let branch = &downstream.tip.branch;
        let mut found = Vec::new();
        for state in merged_states(history, pull.head.commit, branch) {
            if !self.reaches(downstream.tip.commit, state).await? {
                continue;
            }
            let ends = (state, pull.base.commit);
            if let Some(BringsBack { carries, unrecorded }) =
                self.brings_back(ends, downstream, ledger).await?
            {
                found.push(MergedBack { branch: branch.clone(), state, carries, unrecorded });
            }
        }
        Ok(found)
    }

    /// What merging a state of `downstream` would bring to `other`; `None` where the state has nothing of its own.
    pub async fn brings_back(
        &self,
        (state, other): (CommitId, CommitId),
        downstream: &Downstream<'_>,
        ledger: &Ledger,
    ) -> Result<Option<BringsBack>, GitError> {
        let own = self.private((state, other), &downstream.upstream, ledger).await?;
        let merges = self.private_merges(state, other).await?;
        let plain = self.plain_merges(&merges.iter().collect::<Vec<_>>()).await?;
        let edited: Vec<Commit> = merges.into_iter().filter(|it| !plain.contains(&it.id)).collect();
        if own.kept.is_empty() && own.repeated.is_empty() && edited.is_empty() {
            return Ok(None);
        }
        let carries = self.without_equivalents(own.kept, state, other).await;
        let carries = origins::named(carries, ledger);
        let (recorded, made) = self.recorded_on(&downstream.tip.branch, (state, other), ledger).await?;
        let within = |it: &Commit| recorded.contains(&it.id) && !made.contains(&it.id);
        let mut unrecorded: Vec<Commit> =
            carries.iter().filter(|it| !recorded.contains(&it.id)).cloned().collect();
        unrecorded.extend(edited.into_iter().filter(|it| !within(it)));
        Ok(Some(BringsBack { carries, unrecorded }))
    }

    /// The first commit by which a branch has got a commit of a downstream one that is at `downstream`: a topic's merge of it,
    /// as a rule. `None` where the downstream branch has all of that.
    pub async fn taken_over_by(
        &self,
        commit: CommitId,
        (tip, downstream): (CommitId, CommitId),
    ) -> Result<Option<CommitId>, GitError> {
        let call =
            Call::new("rev-list").args(["--topo-order", "--reverse", "--ancestry-path", "--end-of-options"]);
        let range = [tip.to_string(), format!("^{commit}"), format!("^{downstream}")];
        Ok(lines::ids("rev-list", &self.git.ask(call.args(range)).await?)?.first().copied())
    }

    /// The merges that a state has and the other branch has not, newest first.
    async fn private_merges(&self, state: CommitId, other: CommitId) -> Result<Vec<Commit>, GitError> {
        self.log(&["--topo-order", "--merges"], &[state.to_string(), format!("^{other}")]).await
    }

    /// The commits that recorded pull requests have brought to a branch between two of its states, and those of them that the
    /// branch was pointed at by that.
    async fn recorded_on(
        &self,
        branch: &BranchName,
        (state, other): (CommitId, CommitId),
        ledger: &Ledger,
    ) -> Result<(HashSet<CommitId>, HashSet<CommitId>), GitError> {
        let call = Call::new("rev-list").args(["--first-parent", "--end-of-options"]);
        let answer = self.git.ask(call.args([state.to_string(), format!("^{other}")])).await?;
        let line: HashSet<CommitId> = lines::ids("rev-list", &answer)?.into_iter().collect();
        let (mut recorded, mut made) = (HashSet::new(), HashSet::new());
        let records = ledger.merged().unwrap_or_default().iter().filter(|it| it.base == *branch);
        for record in records {
            let Some(commit) = record.commit.filter(|commit| line.contains(commit)) else { continue };
            let landed = self.landed(commit, (record.head, None), BROUGHT_AT_MOST).await?;
            made.insert(commit);
            recorded.insert(commit);
            recorded.extend(landed.brought);
        }
        Ok((recorded, made))
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
