//! Who is judged again once somebody has vouched for something in an environment, or has taken it back.

use super::pull_request::reach;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{PromotionPath, RepositoryId, Role};
use crate::policy::{Reach, Trigger};
use crate::store::{Change, WorkItem};

/// Marks the open pull requests whose verdict may rest on it: those into the environment, and out of it.
pub(super) async fn judged_again(
    ctx: &EngineContext,
    path: &PromotionPath,
    id: RepositoryId,
    environment: &str,
) -> Result<Vec<Change>, WorkError> {
    let is_it = |branch| matches!(path.role(branch), Role::Environment(it) if it.is_called(environment));
    let open = ctx.open_to_tell(id).await?;
    let rests = open.iter().filter(|it| {
        let Some(base) = &it.judged_base else { return false };
        let between = is_it(base) || is_it(&it.pull.base_branch) || is_it(&it.pull.head_branch);
        between && reach(path, it, base, |_| Trigger::AttestationChanged) != Reach::NEVER
    });
    Ok(rests.map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number))).collect())
}
