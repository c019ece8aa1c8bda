//! Runs of workflows and their jobs, from being taken up to their end.

use serde_json::json;

use super::Actor;
use super::deploys::{self, NewStatus};
use crate::Refused;
use crate::model::{AccountKind, Job, WorkflowRun, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// Who makes the deployments of jobs, and reports on them.
const ACTIONS: &str = "github-actions[bot]";

/// Whose the deployments of jobs are.
pub(super) fn bot(world: &mut World) -> Actor {
    Actor::person(world.ensure_account(ACTIONS, AccountKind::Bot))
}

/// Tells of a run.
pub(super) fn event(world: &mut World, run: u64, action: &'static str) {
    let Some(found) = world.workflow_runs.get(&run) else {
        return;
    };
    let (repository, sender) = (found.repository, found.actor);
    let (Some(home), Some(workflow)) = (world.repository(repository), world.workflows.get(&found.workflow))
    else {
        return;
    };
    let fields = json!({
        "workflow": shape::workflow(world, home, workflow),
        "workflow_run": shape::workflow_run(world, home, found),
    });
    let scope = Scope::Repository(repository);
    world.emit(&Event { name: "workflow_run", action: Some(action), scope, sender, fields });
}

/// The run, if it is not over yet.
pub(super) fn going(world: &mut World, run: u64) -> Result<&mut WorkflowRun, Refused> {
    let now = world.now;
    let found = world.workflow_runs.get_mut(&run).ok_or_else(Refused::not_found)?;
    if found.status == "completed" {
        return Err(Refused::new(409, "The workflow run is completed already."));
    }
    found.updated_at = now;
    Ok(found)
}

/// A runner takes a run up.
pub(crate) fn begin(world: &mut World, run: u64) -> Result<(), Refused> {
    let found = going(world, run)?;
    let mut open = found.jobs.iter().filter(|job| job.conclusion.is_none()).peekable();
    if open.peek().is_some() && open.all(|job| job.status == "waiting") {
        return Err(Refused::new(409, "The workflow run waits for a review."));
    }
    if found.status != "in_progress" {
        "in_progress".clone_into(&mut found.status);
        event(world, run, "in_progress");
    }
    Ok(())
}

/// A job of a run that is not over yet.
pub(super) fn job(world: &mut World, run: u64, id: u64) -> Result<&mut Job, Refused> {
    going(world, run)?.jobs.iter_mut().find(|job| job.id == id).ok_or_else(Refused::not_found)
}

/// A run is over, and with it each job that was not.
pub(crate) fn end(world: &mut World, run: u64, conclusion: &str) -> Result<(), Refused> {
    let open = going(world, run)?.jobs.iter().filter(|job| job.conclusion.is_none());
    let open: Vec<u64> = open.map(|job| job.id).collect();
    for job in open {
        finish(world, run, job, conclusion)?;
    }
    let found = going(world, run)?;
    "completed".clone_into(&mut found.status);
    found.conclusion = Some(conclusion.to_owned());
    (found.cancelled, found.cancel_due) = (false, None);
    event(world, run, "completed");
    Ok(())
}

/// A job is over, and so is its deployment.
pub(super) fn finish(world: &mut World, run: u64, id: u64, conclusion: &str) -> Result<(), Refused> {
    let now = world.now;
    let found = job(world, run, id)?;
    "completed".clone_into(&mut found.status);
    found.conclusion = Some(conclusion.to_owned());
    found.completed_at = Some(now);
    let state = match conclusion {
        "success" => "success",
        "cancelled" => "error",
        _ => "failure",
    };
    tell(world, run, id, state)
}

/// Reports on the deployment of a job, if it has one.
pub(super) fn tell(world: &mut World, run: u64, id: u64, state: &str) -> Result<(), Refused> {
    let Some(deployment) = job(world, run, id)?.deployment else {
        return Ok(());
    };
    let found = going(world, run)?;
    let (repository, sender) = (found.repository, found.actor);
    let home = world.repository(repository).ok_or_else(Refused::not_found)?;
    let log_url = shape::job_page(world, home, run, id);
    let creator = bot(world);
    let new = NewStatus { state: state.to_owned(), log_url, ..NewStatus::default() };
    deploys::tell(world, deployment, new, creator, sender).map(drop)
}
