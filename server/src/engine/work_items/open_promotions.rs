//! Whose manifest may read otherwise now: the open pull requests that promote an environment and have one.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Environment, PromotionPath, PullRequest, PullRequestState, RepositoryId, Role};
use crate::store::{Change, WorkItem};

/// The two environments between which a pull request promotes, the source first; `None` where it does not.
pub(super) fn promotes<'p>(
    path: &'p PromotionPath,
    pull: &PullRequest,
) -> Option<(&'p Environment, &'p Environment)> {
    let Role::Environment(target) = path.role(&pull.base_branch) else { return None };
    let Role::Environment(source) = path.role(&pull.head_branch) else { return None };
    let is_own = pull.head_repository == Some(pull.repository);
    (is_own && target.accepts_environment(&source.name)).then_some((source, target))
}

/// Marks the promotions with a manifest among the open pull requests that come from an environment or go there.
pub(super) async fn concerned(
    ctx: &EngineContext,
    id: RepositoryId,
    (path, environment): (&PromotionPath, &Environment),
) -> Result<Vec<Change>, WorkError> {
    let mut changes = Vec::new();
    for pull in ctx.store.open_pulls_alone(id).await? {
        let is_an_end = [&pull.head_branch, &pull.base_branch].contains(&&environment.branch);
        if is_an_end {
            changes.extend(marked(ctx, path, &pull).await?);
        }
    }
    Ok(changes)
}

/// Marks the promotion that a pull request is, where it has a manifest; also once it is closed, since who has asked for it
/// may wait for that.
pub(super) async fn marked(
    ctx: &EngineContext,
    path: &PromotionPath,
    pull: &PullRequest,
) -> Result<Option<Change>, WorkError> {
    let Some((_, target)) = promotes(path, pull) else { return Ok(None) };
    let item = WorkItem::Manifest(pull.repository, pull.number);
    if pull.state == PullRequestState::Open && ctx.store.effect(&item).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(Change::Mark(WorkItem::Promotion(pull.repository, (&target.name).into()))))
}
