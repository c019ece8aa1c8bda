//! Check runs and check suites.

use serde_json::{Value, json};

use super::repository::{api_url, html_url};
use super::{app, maybe_time, merge, minimal, node_id, time};
use crate::model::{App, CheckRun, CheckSuite, Pull, Repository, World};

/// `pull-request-minimal`.
fn pull_minimal(world: &World, pull: &Pull) -> Value {
    let side = |repository: Option<u64>, branch: &str, sha: &str| {
        let found = repository.and_then(|id| world.repository(id));
        let stub =
            found.map(|found| json!({ "id": found.id, "url": api_url(world, found), "name": found.name }));
        json!({ "ref": branch, "sha": sha, "repo": stub })
    };
    let home = world.repository(pull.repository).map(|found| api_url(world, found));
    json!({
        "id": pull.id,
        "number": pull.number,
        "url": format!("{}/pulls/{}", home.unwrap_or_default(), pull.number),
        "head": side(pull.head.repository, &pull.head.branch, &pull.head.sha),
        "base": side(Some(pull.repository), &pull.base_ref, &pull.base_sha),
    })
}

pub(super) fn pulls(world: &World, repository: u64, sha: &str) -> Vec<Value> {
    let found = world.pulls_at(repository, sha).into_iter();
    found.map(|pull| pull_minimal(world, pull)).collect()
}

/// `check-run`.
pub(crate) fn run(world: &World, repository: &Repository, run: &CheckRun) -> Value {
    let url = format!("{}/check-runs/{}", api_url(world, repository), run.id);
    let html = format!("{}/runs/{}", html_url(world, repository), run.id);
    json!({
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CheckRun", run.id),
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": html,
        "details_url": run.details_url.as_ref().unwrap_or(&html),
        "status": run.status,
        // GitHub's description of its answers has no word for a run that it has given up.
        "conclusion": run.conclusion.as_ref().filter(|it| *it != "stale"),
        "started_at": time(run.started_at),
        "completed_at": maybe_time(run.completed_at),
        "output": {
            "title": run.output.title,
            "summary": run.output.summary,
            "text": run.output.text,
            "annotations_count": run.output.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": { "id": run.suite },
        "app": world.apps.get(&run.app).map(|found| app(world, found)),
        "pull_requests": pulls(world, run.repository, &run.head_sha),
    })
}

/// `check-annotation`, each.
pub(crate) fn annotations(world: &World, repository: &Repository, run: &CheckRun) -> Vec<Value> {
    let blob = format!("{}/blob/{}", html_url(world, repository), run.head_sha);
    let shape = |given: &Value| {
        let mut shaped = json!({
            "start_column": null,
            "end_column": null,
            "title": null,
            "raw_details": null,
            "blob_href": format!("{blob}/{}", given["path"].as_str().unwrap_or_default()),
        });
        merge(&mut shaped, given.clone());
        shaped
    };
    run.output.annotations.iter().map(shape).collect()
}

/// The check run of a webhook, which carries its whole suite.
pub(crate) fn webhook_run(world: &World, repository: &Repository, subject: &CheckRun) -> Value {
    let mut shaped = run(world, repository, subject);
    if let Some(suite) = world.suites.get(&subject.suite) {
        shaped["check_suite"] = base_suite(world, repository, suite);
    }
    shaped
}

/// Status and conclusion of a suite from its runs.
fn state(world: &World, suite: &CheckSuite) -> (&'static str, Option<String>) {
    let runs: Vec<&CheckRun> = world.runs_of_suite(suite.id).collect();
    if runs.is_empty() {
        return ("queued", None);
    }
    if runs.iter().any(|run| run.status != "completed") {
        return ("in_progress", None);
    }
    let worst = ["failure", "timed_out", "action_required", "cancelled", "success", "neutral"];
    let found = worst
        .into_iter()
        .find(|conclusion| runs.iter().any(|run| run.conclusion.as_deref() == Some(conclusion)));
    ("completed", Some(found.unwrap_or("skipped").to_owned()))
}

fn base_suite(world: &World, repository: &Repository, suite: &CheckSuite) -> Value {
    let (status, conclusion) = state(world, suite);
    json!({
        "id": suite.id,
        "node_id": node_id("CheckSuite", suite.id),
        "head_branch": suite.head_branch,
        "head_sha": suite.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": format!("{}/check-suites/{}", api_url(world, repository), suite.id),
        "before": suite.before,
        "after": suite.head_sha,
        "pull_requests": pulls(world, suite.repository, &suite.head_sha),
        "app": world.apps.get(&suite.app).map(|found| app_of_suite(world, found)),
        "created_at": time(suite.created_at),
        "updated_at": time(suite.updated_at),
    })
}

/// The check suite of a webhook.
pub(crate) fn webhook_suite(world: &World, repository: &Repository, suite: &CheckSuite) -> Value {
    let mut shaped = base_suite(world, repository, suite);
    let rest = json!({
        "latest_check_runs_count": world.runs_of_suite(suite.id).count(),
        "check_runs_url": format!("{}/check-suites/{}/check-runs", api_url(world, repository), suite.id),
        "head_commit": suite.head_commit,
        "rerequestable": true,
        "runs_rerequestable": true,
    });
    merge(&mut shaped, rest);
    shaped
}

/// `check-suite`.
pub(crate) fn suite(world: &World, repository: &Repository, subject: &CheckSuite) -> Value {
    let mut shaped = webhook_suite(world, repository, subject);
    merge(&mut shaped, json!({ "repository": minimal(world, repository) }));
    shaped
}

/// GitHub's description of a check suite's webhook names the events that its App may ask for, and merge groups are not
/// among them.
fn app_of_suite(world: &World, found: &App) -> Value {
    let mut shaped = app(world, found);
    if let Some(events) = shaped["events"].as_array_mut() {
        events.retain(|event| event != "merge_group");
    }
    shaped
}
