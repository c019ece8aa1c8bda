//! Runs of workflows that have changed: whose deploy it is has to be looked up.

use super::pending_deliveries::PendingDeliveries;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::events::WorkflowRunEvent;
use crate::model::{DriverSettings, RepositoryId, active_environment};
use crate::store::{Change, WorkItem};
use std::collections::BTreeSet;

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let (events, _) = pending.events::<WorkflowRunEvent>(&["workflow_run"]);
    let runs: BTreeSet<String> = events.iter().map(|(_, event)| event.workflow_run.id.to_string()).collect();
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(changes) };
    let path = ctx.repository_config(&row).await?.path;
    let mut names: Vec<String> = path.environments.iter().map(|it| it.name.clone()).collect();
    for (environment, places) in ctx.store.all_active_places(id).await? {
        names.extend(places.taken.iter().map(|it| active_environment(environment.as_str(), &it.branch)));
    }
    for name in &names {
        let newest = ctx.store.newest_deploys(id, name, 5).await?;
        // The configuration may say something else by now.
        let concerned = newest.iter().any(|deploy| match (&deploy.driver_settings, &deploy.handle) {
            (Some(DriverSettings::Actions { .. } | DriverSettings::Deployment), Some(handle)) => {
                runs.contains(handle)
            }
            // An older server did not tell its run: it may be any.
            (Some(DriverSettings::Actions { .. }), None) => deploy.state.is_under_way(),
            _ => false,
        });
        if concerned {
            changes.push(Change::Mark(WorkItem::Environment(id, name.as_str().into())));
        }
    }
    Ok(changes)
}
