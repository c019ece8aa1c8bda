//! Where a merged pull request has come to, told in its comment.

use crate::engine::change_status::{NotTold, change_status, is_troubled, travels};
use crate::engine::context::EngineContext;
use crate::engine::release_log::{is_release, release_log};
use crate::engine::work_error::WorkError;
use crate::model::{CommentWhen, PullNumber, RepositoryId};
use crate::report::{self, CHANGE_STATUS, CommentCommands};
use crate::store::{Change, Desired, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let pull = ctx.store.pull(id, number).await?.map(|it| it.pull);
    let (Some(row), Some(pull)) = (row, pull) else { return Ok(Vec::new()) };
    let path = ctx.repository_config(&row).await?.path;
    if !travels(&path, &pull) {
        return Ok(Vec::new());
    }
    if path.comment == CommentWhen::Never {
        return Ok(Vec::new());
    }
    let item = WorkItem::Comment(id, number);
    let known = ctx.store.effect(&item).await?;
    let store = ctx.store.as_ref();
    if known.is_none() && path.comment != CommentWhen::Always && !is_troubled(store, &path, id).await? {
        return Ok(Vec::new());
    }
    let repository = ctx.mirror(&row).await?.at_hand().await?;
    let mut places = change_status(store, &repository, &path, &pull).await?;
    let is_private = Box::pin(ctx.leave_out_logs(&row, &path, &mut places)).await;
    if known.is_none() && path.comment != CommentWhen::Always && !report::is_worth_a_comment(&places) {
        return Ok(Vec::new());
    }
    let release =
        if is_release(&path, &pull) { release_log(store, id, &path, Some(number)).await? } else { None };
    let before = known.map(|effect| effect.content).unwrap_or_default();
    let before = before.split(CHANGE_STATUS).next().unwrap_or_default().trim_end();
    let before = if before.is_empty() { report::MARKER } else { before };
    let commands = CommentCommands { prefix: &path.command_prefix };
    let content = format!("{before}\n\n{}", report::change_status(commands, &places, release.as_ref()));
    let substance = super::desired_check_run::digest(&content);
    let mut changes = vec![Change::Desire(Desired { item, content, substance, siblings: Vec::new() })];
    if let Some(is_private) = is_private {
        changes.extend(ctx.quoted_anew(&row, is_private).await?);
    }
    Ok(changes)
}

impl From<NotTold> for WorkError {
    fn from(error: NotTold) -> Self {
        match error {
            NotTold::Store(error) => error.into(),
            NotTold::Git(error) => error.into(),
        }
    }
}
