//! Comments whose commands go on, to be looked at when what they wait for may have come.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{PullNumber, RepositoryId};
use crate::store::{Change, WorkItem};

/// Marks the comments whose commands go on: what one of them waits for may have come. Of a pull request those on it.
pub(super) async fn marked(
    ctx: &EngineContext,
    id: RepositoryId,
    of: Option<PullNumber>,
) -> Result<Vec<Change>, WorkError> {
    let open = ctx.store.open_commands(id).await?;
    let meant = open.into_iter().filter(|(number, _)| of.is_none_or(|of| of == *number));
    Ok(meant.map(|(number, comment)| Change::Mark(WorkItem::Command(id, number, comment))).collect())
}
