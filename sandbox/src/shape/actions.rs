//! Workflows, their runs, their jobs.

use serde_json::{Value, json};

use super::check::pulls;
use super::repository::{api_url, html_url};
use super::{addresses, maybe_time, merge, minimal, node_id, time, user};
use crate::model::{Job, Repository, Workflow, WorkflowRun, World};

/// The workflow of a webhook.
pub(crate) fn workflow(world: &World, repository: &Repository, subject: &Workflow) -> Value {
    let html = html_url(world, repository);
    json!({
        "id": subject.id,
        "node_id": node_id("Workflow", subject.id),
        "name": subject.name(),
        "path": subject.path(),
        "state": "active",
        "created_at": time(subject.created_at),
        "updated_at": time(subject.created_at),
        "url": format!("{}/actions/workflows/{}", api_url(world, repository), subject.id),
        "html_url": format!("{html}/blob/{}/{}", repository.default_branch, subject.path()),
        "badge_url": format!("{html}/actions/workflows/{}/badge.svg", subject.file),
    })
}

/// The page of a run.
pub(crate) fn run_page(world: &World, repository: &Repository, id: u64) -> String {
    format!("{}/actions/runs/{id}", html_url(world, repository))
}

/// Where REST has a run.
pub(crate) fn run_url(world: &World, repository: &Repository, id: u64) -> String {
    format!("{}/actions/runs/{id}", api_url(world, repository))
}

/// `workflow-run`.
pub(crate) fn workflow_run(world: &World, repository: &Repository, subject: &WorkflowRun) -> Value {
    let api = api_url(world, repository);
    let url = run_url(world, repository, subject.id);
    let workflow = world.workflows.get(&subject.workflow);
    let mut shaped = json!({
        "id": subject.id,
        "node_id": node_id("WorkflowRun", subject.id),
        "name": workflow.map(Workflow::name),
        "path": workflow.map(Workflow::path),
        "display_title": workflow.map(|workflow| workflow.title(subject)),
        "head_branch": subject.branch,
        "head_sha": subject.sha,
        "head_commit": subject.head_commit,
        "run_number": subject.number,
        "run_attempt": 1,
        "event": subject.event,
        "status": subject.status,
        "conclusion": subject.conclusion,
        "workflow_id": subject.workflow,
        "check_suite_id": subject.suite,
        "check_suite_node_id": node_id("CheckSuite", subject.suite),
        "pull_requests": pulls(world, subject.repository, &subject.sha),
        "created_at": time(subject.created_at),
        "updated_at": time(subject.updated_at),
        "run_started_at": time(subject.created_at),
        "actor": user(world, subject.actor),
        "triggering_actor": user(world, subject.actor),
        "referenced_workflows": [],
        "repository": minimal(world, repository),
        "head_repository": minimal(world, repository),
        "url": url,
        "html_url": run_page(world, repository, subject.id),
        "previous_attempt_url": null,
        "check_suite_url": format!("{api}/check-suites/{}", subject.suite),
        "workflow_url": format!("{api}/actions/workflows/{}", subject.workflow),
    });
    let list = [
        ("jobs_url", "/jobs"),
        ("logs_url", "/logs"),
        ("artifacts_url", "/artifacts"),
        ("cancel_url", "/cancel"),
        ("rerun_url", "/rerun"),
    ];
    merge(&mut shaped, addresses(&url, &list));
    shaped
}

/// What a deployment's webhook says of the job that the deployment is made for: its workflow, its run,
/// and its check run.
pub(crate) fn made_for(
    world: &World,
    repository: &Repository,
    run: u64,
    job: u64,
) -> Option<(Value, Value, Value)> {
    let run = world.workflow_runs.get(&run)?;
    let job = run.jobs.iter().find(|one| one.id == job)?;
    let html = job_page(world, repository, run.id, job.id);
    let check_run = json!({
        "id": job.id,
        "name": job.name,
        "node_id": node_id("CheckRun", job.id),
        "head_sha": run.sha,
        "external_id": format!("job-{}", job.id),
        "url": format!("{}/check-runs/{}", api_url(world, repository), job.id),
        "html_url": html,
        "details_url": html,
        "status": job.status,
        "conclusion": job.conclusion,
        "started_at": time(job.started_at),
        "completed_at": maybe_time(job.completed_at),
    });
    let flow = workflow(world, repository, world.workflows.get(&run.workflow)?);
    let mut shaped = workflow_run(world, repository, run);
    // Here alone a run comes without its commit.
    merge(&mut shaped, json!({ "head_commit": null }));
    Some((flow, shaped, check_run))
}

/// The page of a job.
pub(crate) fn job_page(world: &World, repository: &Repository, run: u64, job: u64) -> String {
    format!("{}/job/{job}", run_page(world, repository, run))
}

/// `job`.
pub(crate) fn job(world: &World, repository: &Repository, run: &WorkflowRun, subject: &Job) -> Value {
    let api = api_url(world, repository);
    let workflow = world.workflows.get(&run.workflow);
    json!({
        "id": subject.id,
        "node_id": node_id("CheckRun", subject.id),
        "run_id": run.id,
        "run_url": run_url(world, repository, run.id),
        "run_attempt": 1,
        "workflow_name": workflow.map(Workflow::name),
        "head_branch": run.branch,
        "head_sha": run.sha,
        "url": format!("{api}/actions/jobs/{}", subject.id),
        "html_url": job_page(world, repository, run.id, subject.id),
        "check_run_url": format!("{api}/check-runs/{}", subject.id),
        "name": subject.name,
        "status": subject.status,
        "conclusion": subject.conclusion,
        "created_at": time(subject.started_at),
        "started_at": time(subject.started_at),
        "completed_at": maybe_time(subject.completed_at),
        "steps": [],
        "labels": ["ubuntu-latest"],
        "runner_id": null,
        "runner_name": null,
        "runner_group_id": null,
        "runner_group_name": null,
    })
}
