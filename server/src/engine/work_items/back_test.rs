//! A merged pull request, judged again as things stood when it was merged.

use super::pull_request::ends;
use crate::engine::judge;
use crate::lineage::{Ledger, Repository};
use crate::model::{PromotionPath, PullEnds, PullRequest, UnixSeconds, Verdict};
use std::time::Duration;

/// How many merged pull requests are judged again.
pub(super) const TRIED: usize = 100;

/// A merged pull request as it was the moment before.
pub(super) struct BeforeMerge {
    /// Its two ends.
    pub(super) pull: PullEnds,
    /// When it was merged.
    at: UnixSeconds,
}

impl BeforeMerge {
    /// As it was; `None` where it was not merged, or its commits are not here any more.
    pub(super) async fn of(repository: &Repository, row: &PullRequest) -> Option<Self> {
        let merged = row.merged?;
        let commit = merged.commit?;
        let parent = repository.resolve(&format!("{commit}^1")).await.ok()??;
        let missing = repository.missing(&[row.head_commit]).await.ok()?;
        let mut pull = ends(row, row.base_branch.clone());
        pull.base.commit = parent;
        missing.is_empty().then_some(Self { pull, at: merged.at })
    }

    /// The verdict that it would have got, by what `ledger` remembers of that time.
    pub(super) async fn verdict(
        &self,
        repository: &Repository,
        path: &PromotionPath,
        ledger: &Ledger,
    ) -> Verdict {
        let ledger = ledger.until(self.at - Duration::from_secs(1));
        judge::judge_as_of(repository, path, &self.pull, &ledger).await
    }
}
