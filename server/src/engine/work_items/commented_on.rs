//! The commits of the pull request that a command was written on.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{CommitId, PullNumber, RepositoryId};
use crate::store::JudgedPull;

/// Where the two ends of a pull request are, as far as that is known; nothing for an issue.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CommentedOn {
    /// The head.
    pub(super) head: Option<CommitId>,
    /// The tip of its base branch.
    pub(super) base: Option<CommitId>,
}

impl CommentedOn {
    /// Those of the pull request of this number.
    pub(super) async fn at(
        ctx: &EngineContext,
        id: RepositoryId,
        number: PullNumber,
    ) -> Result<Self, WorkError> {
        match ctx.store.pull(id, number).await? {
            Some(pull) => Self::of(ctx, &pull).await,
            None => Ok(Self::default()),
        }
    }

    /// Those of this pull request.
    pub(super) async fn of(ctx: &EngineContext, pull: &JudgedPull) -> Result<Self, WorkError> {
        let base = pull.judged_base.as_ref().unwrap_or(&pull.pull.base_branch);
        let tip = ctx.store.newest_tip(pull.pull.repository, base).await?;
        Ok(Self { head: Some(pull.pull.head_commit), base: tip.and_then(|tip| tip.commit) })
    }
}
