//! What runs in an environment, since when, and what is to come.

use super::dormancy::is_dormant;
use super::frozen_path::with_manual_freezes;
use crate::deploy::DeployQueue;
use crate::model::calendar::{FreezePeriod, Incoming};
use crate::model::{Deploy, DeployState, Environment, Hotfix, PromotionPath, RepositoryId, UnixMillis};
use crate::report::EnvironmentStatus;
use crate::store::{Store, StoreError};

/// How things stand in an environment of a repository, by what the server has stored.
pub async fn environment_status(
    store: &dyn Store,
    id: RepositoryId,
    path: &PromotionPath,
    environment: &Environment,
    now: UnixMillis,
) -> Result<EnvironmentStatus, StoreError> {
    let known = store.environment_deploys(id, &environment.name, &environment.branch).await?;
    let queue = DeployQueue::new(known.deploys, known.hold, known.baseline);
    let lock = store.lock(id, &environment.name).await?;
    let tip = store.newest_tip(id, &environment.branch).await?;
    let open = queue.deploys().iter().filter(|it| it.state.is_open());
    Ok(EnvironmentStatus {
        environment: environment.clone(),
        tip: tip.and_then(|tip| tip.commit),
        live: queue.live().cloned(),
        since: since(&queue),
        failed: failed(&queue).cloned(),
        open: open.map(|it| (it.clone(), queue.waits_for(it.number))).collect(),
        hold: queue.hold().cloned(),
        lock: lock.filter(|lock| lock.is_in_force(now)),
        freeze: frozen(store, id, path, environment, now).await?,
        places: store.active_places(id, &environment.name).await?,
        zone: path.calendar.zone.clone(),
        hotfixes: hotfixes(store, id, environment).await?,
        now,
        nobody_deploys: is_dormant(&store.deploy_activity(id).await?, path),
    })
}

/// The hotfixes that went in there, or that it owes, and that are not home.
async fn hotfixes(
    store: &dyn Store,
    id: RepositoryId,
    environment: &Environment,
) -> Result<Vec<Hotfix>, StoreError> {
    let mut all = store.hotfixes(id).await?;
    let concerns = |it: &Hotfix| {
        environment.is_called(&it.environment) || it.owed_on().iter().any(|name| environment.is_called(name))
    };
    all.retain(concerns);
    Ok(all)
}

/// How long nothing comes in there, by the calendar and by commands, where that is so now.
async fn frozen(
    store: &dyn Store,
    id: RepositoryId,
    path: &PromotionPath,
    environment: &Environment,
    now: UnixMillis,
) -> Result<Option<FreezePeriod>, StoreError> {
    let path = with_manual_freezes(store, path, id, now).await?;
    Ok(path.calendar.frozen_at(&environment.name, now.to_seconds(), Incoming::default()))
}

/// Since when what runs there runs: a commit that was deployed again ran all the while.
fn since(queue: &DeployQueue) -> Option<UnixMillis> {
    let live = queue.live()?;
    let well = queue.deploys().iter().rev().filter(|it| it.state == DeployState::Succeeded);
    well.take_while(|it| it.commit == live.commit).last().and_then(|first| first.ended_at)
}

/// The newest that was begun, if it came after what runs and ended badly.
fn failed(queue: &DeployQueue) -> Option<&Deploy> {
    let ended = queue.deploys().iter().rev().find(|it| it.was_begun() && !it.state.is_open())?;
    (ended.state != DeployState::Succeeded).then_some(ended)
}
