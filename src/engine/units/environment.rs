//! An environment whose deploys GitHub reports: what was deployed there is remembered by its files.

use super::news::{News, repository_row};
use crate::engine::room::{Room, Trouble};
use crate::flow::{CommitId, RepositoryId, TreeId};
use crate::github::events::DeploymentStatusEvent;
use crate::store::{Change, RepositoryRow, RepositoryState, Unit, VerifiedRow};

pub(super) async fn run(
    room: &Room,
    unit: &Unit,
    id: RepositoryId,
    name: &str,
) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let mut changes = news.digested(unit);
    let (events, _) = news.events::<DeploymentStatusEvent>(&["deployment_status"]);
    let mut known = room.store.repository(id).await?;
    for (delivery, event) in &events {
        if let (None, Some(installation)) = (&known, delivery.installation) {
            let row = repository_row(&event.repository, installation, None);
            changes.push(Change::Introduced(row.clone()));
            known = Some(row);
        }
    }
    let Some(repository) = known.filter(|row| row.state == RepositoryState::Active) else {
        return Ok(changes);
    };
    let before = changes.len();
    for (_, event) in events.iter().filter(|(_, event)| event.deployment_status.state == "success") {
        let commit = event.deployment.sha;
        let Some(tree) = tree_of(room, &repository, commit).await? else {
            tracing::warn!(environment = name, %commit, "what was deployed is in no branch and is passed over");
            continue;
        };
        let at = event.deployment_status.created_at.timestamp();
        changes.push(Change::Verified(VerifiedRow {
            repository: id,
            environment: name.to_owned(),
            tree,
            commit,
            at,
        }));
    }
    if changes.len() > before {
        changes.extend(waiting(room, id, name).await?);
    }
    Ok(changes)
}

/// The promotions from this environment, which may wait for the deploy.
async fn waiting(room: &Room, id: RepositoryId, name: &str) -> Result<Vec<Change>, Trouble> {
    let book = room.rulebook(id).await?;
    let Some(environment) = book.flow.environment(name) else { return Ok(Vec::new()) };
    let open = room.store.open_pulls(id).await?.into_iter();
    let from_it = open.filter(|it| it.pull.head_branch == environment.branch);
    Ok(from_it.map(|it| Change::Mark(Unit::Pull(id, it.pull.number))).collect())
}

/// The files of a commit; `None` if the repository does not have it.
async fn tree_of(room: &Room, row: &RepositoryRow, commit: CommitId) -> Result<Option<TreeId>, Trouble> {
    let mirror = room.mirror(row).await?;
    if mirror.exists()
        && let Ok(Some(tree)) = mirror.repository().tree(commit).await
    {
        return Ok(Some(tree));
    }
    Ok(mirror.fetched(&[]).await?.tree(commit).await?)
}
