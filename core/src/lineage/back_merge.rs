//! What a downstream environment would carry back upstream.

use super::promotion::PromotionQuestion;
use super::snapshots::Sorted;
use super::{BranchTip, GitError, Ledger, Repository, origins};
use crate::model::{BackMergeHistory, Commit, CommitId, MergeMethod, MergeOutcome, MergedPull, error_chain};

/// More squashed pull requests than this are not tried on each commit.
const TRIED_AT_MOST: usize = 20;

impl Repository {
    /// The history a back-merge is judged by.
    pub async fn back_merge(&self, question: PromotionQuestion<'_>) -> Result<BackMergeHistory, GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let (carries, merge_base) = tokio::join!(
            self.carries((head, base), question.upstream, question.ledger),
            self.merge_base(head, base)
        );
        let ((carries, snapshots), merge_base) = (carries?, merge_base?);
        let carries = origins::named(carries, question.ledger);
        let unrecorded = match question.ledger.merged() {
            Some(records) => Some(self.unrecorded(&carries, records).await?),
            None => None,
        };
        let conflicts = match merge_base {
            Some(common) if common != base && common != head => self.conflicts(question, common).await,
            _ => Vec::new(),
        };
        let rejoins = snapshots.into_iter().next();
        Ok(BackMergeHistory { related: merge_base.is_some(), carries, unrecorded, rejoins, conflicts })
    }

    /// What `downstream` would carry back to `other`, and the promotions that it repeats.
    pub(super) async fn carries(
        &self,
        (downstream, other): (CommitId, CommitId),
        upstream: &[&BranchTip],
        ledger: &Ledger,
    ) -> Result<(Vec<Commit>, Vec<Commit>), GitError> {
        let Sorted { kept, snapshots, .. } = self.private((downstream, other), upstream, ledger).await?;
        Ok((self.without_equivalents(kept, downstream, other).await, snapshots))
    }

    /// The paths in conflict. Only a warning hangs on them, and GitHub merges no conflict; so files that are
    /// out of reach keep nobody waiting.
    async fn conflicts(&self, question: PromotionQuestion<'_>, common: CommitId) -> Vec<String> {
        let pull = question.pull;
        match self.merge(pull.head.commit, pull.base.commit, common).await.map(|merged| merged.outcome) {
            Ok(MergeOutcome::Clean { .. }) => Vec::new(),
            Ok(MergeOutcome::Conflicts { paths }) => paths,
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "a merge upstream could not be tried");
                Vec::new()
            }
        }
    }

    /// Those of `carries` that no recorded pull request brought. Of a squashed one whose commit was not
    /// recorded, the commit is known by what it did: merging the pull request's head into its parent gives
    /// its files.
    async fn unrecorded(&self, carries: &[Commit], records: &[MergedPull]) -> Result<Vec<Commit>, GitError> {
        let squashed: Vec<_> = records
            .iter()
            .filter(|it| it.method == Some(MergeMethod::Squash) && it.commit.is_none())
            .take(TRIED_AT_MOST)
            .collect();
        let mut unrecorded = Vec::new();
        for commit in carries.iter().filter(|commit| commit.origin.is_none()) {
            if !self.is_squash_of_any(commit, &squashed).await? {
                unrecorded.push(commit.clone());
            }
        }
        Ok(unrecorded)
    }

    async fn is_squash_of_any(&self, commit: &Commit, squashed: &[&MergedPull]) -> Result<bool, GitError> {
        let Some(parent) = commit.parents.first().copied() else { return Ok(false) };
        for pull in squashed {
            if !self.missing(&[pull.head]).await?.is_empty() {
                continue;
            }
            let Some(common) = self.merge_base(pull.head, parent).await? else { continue };
            let merged = self.merge(pull.head, parent, common).await?;
            if merged.outcome == (MergeOutcome::Clean { tree: commit.tree }) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
