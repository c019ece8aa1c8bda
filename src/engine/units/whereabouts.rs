//! Where a merged pull request has come to, told in its comment.

use crate::engine::context::{EngineContext, WorkError};
use crate::engine::whereabouts::{is_troubled, travels, whereabouts};
use crate::model::{CommentWhen, PullNumber, RepositoryId};
use crate::report::{self, WHEREABOUTS};
use crate::store::{Change, Desired, RepositoryState, Unit};

pub(super) async fn run(
    context: &EngineContext,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let row = context.store.repository(id).await?.filter(|row| row.state == RepositoryState::Active);
    let pull = context.store.pull(id, number).await?.map(|it| it.pull);
    let (Some(row), Some(pull)) = (row, pull) else { return Ok(Vec::new()) };
    let path = context.repository_config(&row).await?.path;
    if !travels(&path, &pull) {
        return Ok(Vec::new());
    }
    if path.comment == CommentWhen::Never {
        return Ok(Vec::new());
    }
    let unit = Unit::Comment(id, number);
    let known = context.store.effect(&unit).await?;
    let store = context.store.as_ref();
    if known.is_none() && path.comment != CommentWhen::Always && !is_troubled(store, &path, id).await? {
        return Ok(Vec::new());
    }
    let mirror = context.mirror(&row).await?;
    let repository = if mirror.exists() && !mirror.is_suspect() {
        mirror.repository()
    } else {
        mirror.fetched(&[]).await?
    };
    let places = whereabouts(store, &repository, &path, &pull).await;
    let places = places.map_err(|error| WorkError::later(error.to_string()))?;
    if known.is_none() && path.comment != CommentWhen::Always && !report::is_worth_a_comment(&places) {
        return Ok(Vec::new());
    }
    let before = known.map(|effect| effect.content).unwrap_or_default();
    let before = before.split(WHEREABOUTS).next().unwrap_or_default().trim_end();
    let before = if before.is_empty() { report::MARKER } else { before };
    let content = format!("{before}\n\n{}", report::whereabouts(&row.full_name, &places));
    let substance = super::pull::digest(&content);
    Ok(vec![Change::Desire(Desired { unit, content, substance, siblings: Vec::new() })])
}
