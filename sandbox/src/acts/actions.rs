//! Workflows: declared, dispatched, run.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::json;

use super::Actor;
use super::runs::{end, event, going};
use crate::Refused;
use crate::hub::Hub;
use crate::model::{Cancelling, Kind, Workflow, WorkflowRun, World};
use crate::shape;

/// How often the clock is looked at while a run is being cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// The workflow of a file, made if there is none yet; answers its id.
pub(crate) fn declare(hub: &Hub, repository: u64, file: &str) -> u64 {
    hub.with(|world| {
        if let Some(known) = world.workflow(repository, file) {
            return known.id;
        }
        let id = world.next(Kind::Workflow);
        let workflow = Workflow {
            id,
            repository,
            file: file.to_owned(),
            inputs: Vec::new(),
            dispatch: true,
            echoes: None,
            created_at: world.now,
        };
        world.workflows.insert(id, workflow);
        id
    })
}

/// A run to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewRun {
    pub(crate) workflow: u64,
    pub(crate) event: String,
    /// The branch's or tag's short name.
    pub(crate) branch: String,
    pub(crate) sha: String,
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) status: &'static str,
}

/// Somebody asks for a run of a workflow; answers its id.
pub(crate) async fn dispatch(
    hub: &Hub,
    workflow: u64,
    git_ref: &str,
    inputs: BTreeMap<String, String>,
    actor: Actor,
) -> Result<u64, Refused> {
    let new = hub.with(|world| {
        let found = world.workflows.get(&workflow).ok_or_else(Refused::not_found)?;
        let home = world.repository(found.repository).ok_or_else(Refused::not_found)?;
        let short = ["refs/heads/", "refs/tags/"].iter().find_map(|start| git_ref.strip_prefix(start));
        let branch = short.unwrap_or(git_ref).to_owned();
        let places = ["refs/heads/", "refs/tags/"];
        let sha = places.iter().find_map(|place| home.refs.get(&format!("{place}{branch}")));
        let sha = sha.ok_or_else(|| Refused::new(422, format!("No ref found for: {git_ref}")))?;
        if !found.dispatch {
            return Err(Refused::new(422, "Workflow does not have 'workflow_dispatch' trigger"));
        }
        let odd: Vec<&String> = inputs.keys().filter(|name| !found.inputs.contains(name)).collect();
        if !odd.is_empty() {
            return Err(Refused::new(422, format!("Unexpected inputs provided: {}", json!(odd))));
        }
        let event = "workflow_dispatch".to_owned();
        Ok(NewRun { workflow, event, branch, sha: sha.clone(), inputs, status: "queued" })
    })?;
    start(hub, new, actor).await
}

/// Makes a run; answers its id.
pub(crate) async fn start(hub: &Hub, new: NewRun, actor: Actor) -> Result<u64, Refused> {
    let repository = hub.with(|world| world.workflows.get(&new.workflow).map(|found| found.repository));
    let repository = repository.ok_or_else(Refused::not_found)?;
    let info = hub.git.commit_info(repository, &new.sha).await?.ok_or_else(Refused::not_found)?;
    Ok(hub.with(|world| {
        let (id, suite, now) = (world.next(Kind::WorkflowRun), world.next(Kind::CheckSuite), world.now);
        let earlier = world.workflow_runs.values().filter(|run| run.workflow == new.workflow).count();
        let run = WorkflowRun {
            id,
            repository,
            workflow: new.workflow,
            number: earlier as u64 + 1,
            suite,
            event: new.event,
            branch: new.branch,
            sha: new.sha,
            head_commit: shape::simple_commit(&info),
            inputs: new.inputs,
            status: new.status.to_owned(),
            conclusion: None,
            actor: actor.account,
            created_at: now,
            updated_at: now,
            jobs: Vec::new(),
            cancelled: false,
            cancel_due: None,
            waits: None,
            reviews: Vec::new(),
        };
        world.workflow_runs.insert(id, run);
        event(world, id, "requested");
        id
    }))
}

/// Somebody asks to have a run cancelled; the world says what happens then.
pub(crate) fn cancel(hub: &Arc<Hub>, run: u64) -> Result<(), Refused> {
    let due = hub.with(|world| {
        let (now, cancelling) = (world.now, world.cancelling);
        let over = |_| Refused::new(409, "Cannot cancel a workflow run that is completed.");
        let found = going(world, run).map_err(over)?;
        match cancelling {
            Cancelling::Refused => return Err(Refused::forbidden()),
            Cancelling::AtOnce => {
                end(world, run, "cancelled")?;
                return Ok(false);
            }
            Cancelling::After(time) => {
                // Asked again, it ends no later.
                found.cancel_due.get_or_insert(now + time);
            }
            Cancelling::OnDemand => {}
        }
        found.cancelled = true;
        Ok(found.cancel_due.is_some())
    })?;
    if due {
        tokio::spawn(watch(Arc::downgrade(hub), run));
    }
    Ok(())
}

/// Looks at the clock until a run is over, so that it ends though nobody asks for it.
async fn watch(hub: Weak<Hub>, run: u64) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(hub) = hub.upgrade() else {
            return;
        };
        let found =
            hub.with(|world| world.workflow_runs.get(&run).is_some_and(|run| run.cancel_due.is_some()));
        if !found {
            return;
        }
    }
}

/// Ends the runs whose cancelling is due.
pub(crate) fn carry_out_due(world: &mut World) {
    let now = world.now;
    super::checks::give_up_stale(world);
    let due = world.workflow_runs.values().filter(|run| run.cancel_due.is_some_and(|due| due <= now));
    let due: Vec<u64> = due.map(|run| run.id).collect();
    for run in due {
        // One that ended by itself meanwhile is not due any more.
        let _ = end(world, run, "cancelled");
    }
}

/// The cancelling that somebody asked for takes effect.
pub(crate) fn stop(world: &mut World, run: u64) -> Result<(), Refused> {
    if !going(world, run)?.cancelled {
        return Err(Refused::new(409, "Nobody asked to have the workflow run cancelled."));
    }
    end(world, run, "cancelled")
}
