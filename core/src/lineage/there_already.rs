//! Which of a topic's own commits the base has already, because their work came in by another way meanwhile.

use std::collections::HashSet;

use super::workbench::{Change, Workbench};
use super::{GitError, Repository};
use crate::model::{Commit, CommitId, MergeOutcome, TreeId};

/// With more own commits than this nobody waits for the answer.
const ASKED_AT_MOST: usize = 64;

impl Repository {
    /// Those of `picks`, the own commits of `head` and oldest first, that picking them onto `target` would not change
    /// anything by. All of them where their work is there as a whole, as after a squash.
    ///
    /// What was taken over and reverted since is not there. A commit that was empty from the start is there only together
    /// with others. What cannot be told counts as not there.
    pub async fn there_already(
        &self,
        head: CommitId,
        target: CommitId,
        picks: &[Commit],
    ) -> Result<Vec<CommitId>, GitError> {
        if picks.is_empty() || picks.len() > ASKED_AT_MOST {
            return Ok(Vec::new());
        }
        // What has not gone on since the topic left it has nothing by another way.
        let Some(common) = self.merge_base(head, target).await?.filter(|common| *common != target) else {
            return Ok(Vec::new());
        };
        self.explained(self.found_there(head, (common, target), picks).await).await
    }

    async fn found_there(
        &self,
        head: CommitId,
        (common, target): (CommitId, CommitId),
        picks: &[Commit],
    ) -> Result<Vec<CommitId>, GitError> {
        let ids: Vec<CommitId> = picks.iter().map(|commit| commit.id).collect();
        let known = self.with_parents(target, &ids).await?;
        let start = self.trees_of(&[common]).await?;
        let all: Vec<CommitId> = known.keys().copied().chain([common]).collect();
        self.bring_trees_of(&all).await?;
        let workbench = self.workbench().await?;
        let mut changes = Vec::new();
        for pick in picks {
            changes.push((pick.id, Change::of(pick, |id| known.get(&id))?));
        }
        let tree = known.get(&target).ok_or(GitError::NoSuchCommit { commit: target })?.tree;
        if let Some(start) = start.first()
            && is_there_as_a_whole(&workbench, &changes, (*start, tree)).await?
        {
            return Ok(ids);
        }
        self.one_by_one((head, target), (picks, &changes), (&workbench, tree)).await
    }

    /// One after the other, as they would be picked. Where one conflicts, it may be there and have been changed since:
    /// then the base has it as another commit.
    async fn one_by_one(
        &self,
        (head, target): (CommitId, CommitId),
        (picks, changes): (&[Commit], &[(CommitId, Change)]),
        (workbench, mut tree): (&Workbench, TreeId),
    ) -> Result<Vec<CommitId>, GitError> {
        let mut there = Vec::new();
        let mut missing: Option<HashSet<CommitId>> = None;
        for (id, change) in changes {
            match workbench.apply(*change, tree).await? {
                MergeOutcome::Clean { tree: same } if same == tree => {
                    if !change.is_empty() {
                        there.push(*id);
                    }
                }
                MergeOutcome::Clean { tree: next } => tree = next,
                MergeOutcome::Conflicts { .. } => {
                    let missing = match &mut missing {
                        Some(known) => known,
                        none => {
                            let left = self.without_equivalents(picks.to_vec(), head, target).await;
                            none.insert(left.into_iter().map(|commit| commit.id).collect())
                        }
                    };
                    if missing.contains(id) {
                        break;
                    }
                    there.push(*id);
                }
            }
        }
        Ok(there)
    }
}

/// Whether the work of all commits together, made where the topic left the base, changes nothing any more.
async fn is_there_as_a_whole(
    workbench: &Workbench,
    changes: &[(CommitId, Change)],
    (start, target): (TreeId, TreeId),
) -> Result<bool, GitError> {
    let mut tree = start;
    for (_, change) in changes {
        match workbench.apply(*change, tree).await? {
            MergeOutcome::Clean { tree: next } => tree = next,
            MergeOutcome::Conflicts { .. } => return Ok(false),
        }
    }
    let whole = Change { before: start, after: tree };
    let merged = workbench.apply(whole, target).await?;
    Ok(!whole.is_empty() && merged == MergeOutcome::Clean { tree: target })
}
