//! Whether the copy branch is a copy.

use super::snapshots::Sorted;
use super::{BranchTip, GitError, Ledger, Repository, origins};
use crate::model::{CommitId, CopyHistory, IgnoredPaths, LedgerTip, TipSource, TreeId, UnixSeconds};

/// How many earlier states of the environment are compared file by file. More would take long and tell
/// little: a copy so old is better made anew than explained.
const COMPARED_AT_MOST: usize = 200;

/// What is asked about the copy branch.
#[derive(Debug, Clone, Copy)]
pub struct CopyQuestion<'a> {
    /// The copy branch.
    pub copy: &'a BranchTip,
    /// The environment that it copies.
    pub original: &'a BranchTip,
    /// The environments that lead to that one.
    pub upstream: &'a [&'a BranchTip],
    /// The paths whose differences count for nothing.
    pub ignored: &'a IgnoredPaths,
    /// What git forgets.
    pub ledger: &'a Ledger,
}

impl Repository {
    /// The history that the copy branch is judged by.
    pub async fn copy(&self, question: CopyQuestion<'_>) -> Result<CopyHistory, GitError> {
        self.explained(self.compared(question).await).await
    }

    async fn compared(&self, question: CopyQuestion<'_>) -> Result<CopyHistory, GitError> {
        let (copy, original) = (question.copy.commit, question.original.commit);
        let (copy_tree, original_tree) = self.trees(copy, original).await?;
        let mut history = CopyHistory {
            copy,
            original,
            differences: self.counted_differences(copy_tree, original_tree, question.ignored).await?,
            contained: copy == original || self.reaches(original, copy).await?,
            earlier: None,
            behind: 0,
            only_on_copy: Vec::new(),
        };
        if history.differences.is_empty() {
            return Ok(history);
        }
        history.behind = self.first_parent_trees(original, copy).await?.len();
        if !history.contained {
            history.earlier = self.earlier_state(copy_tree, question).await?;
        }
        if !history.contained && history.earlier.is_none() {
            let Sorted { kept, .. } =
                self.private((copy, original), question.upstream, question.ledger).await?;
            let kept = self.without_equivalents(kept, copy, original).await;
            history.only_on_copy = origins::named(kept, question.ledger);
        }
        Ok(history)
    }

    async fn counted_differences(
        &self,
        one: TreeId,
        other: TreeId,
        ignored: &IgnoredPaths,
    ) -> Result<Vec<String>, GitError> {
        if one == other {
            return Ok(Vec::new());
        }
        let mut paths = self.differing_paths(one, other).await?;
        paths.retain(|path| !ignored.holds(path));
        Ok(paths)
    }

    /// The newest earlier tip of the environment that had these files.
    async fn earlier_state(
        &self,
        tree: TreeId,
        question: CopyQuestion<'_>,
    ) -> Result<Option<LedgerTip>, GitError> {
        let states = self.states(question).await?;
        if let Some((tip, _)) = states.iter().find(|(_, state)| *state == tree) {
            return Ok(Some(*tip));
        }
        self.bring_trees(states.iter().take(COMPARED_AT_MOST).map(|(_, state)| *state).collect()).await?;
        let mut last = None;
        for (tip, state) in states.into_iter().take(COMPARED_AT_MOST) {
            if last == Some(state) {
                continue;
            }
            last = Some(state);
            if self.counted_differences(tree, state, question.ignored).await?.is_empty() {
                return Ok(Some(tip));
            }
        }
        Ok(None)
    }

    /// What the environment has pointed at, the newest first: by the ledger and by its first-parent chain.
    async fn states(&self, question: CopyQuestion<'_>) -> Result<Vec<(LedgerTip, TreeId)>, GitError> {
        let tip = question.original;
        let mut tips: Vec<LedgerTip> = question.ledger.tips(&tip.branch).to_vec();
        let line = self.first_parents(tip.commit, UnixSeconds::MAX).await?;
        let source = TipSource::Backfill;
        let known: std::collections::HashSet<CommitId> = tips.iter().map(|tip| tip.commit).collect();
        let unknown = line.into_iter().filter(|(commit, _)| !known.contains(commit));
        tips.extend(unknown.map(|(commit, at)| LedgerTip { commit, at, source }));
        tips.sort_by_key(|tip| tip.at);
        let missing = self.missing(&tips.iter().map(|tip| tip.commit).collect::<Vec<_>>()).await?;
        tips.retain(|tip| !missing.contains(&tip.commit));
        let trees = self.trees_of(&tips.iter().map(|tip| tip.commit).collect::<Vec<_>>()).await?;
        Ok(tips.into_iter().zip(trees).rev().collect())
    }
}
