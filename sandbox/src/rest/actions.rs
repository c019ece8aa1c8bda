//! Workflows: dispatched, and what became of their runs.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::paging::page;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::{actions, gates, jobs};
use crate::model::{Level, Review, Workflow, WorkflowRun};
use crate::shape;

const READ: [(&str, Level); 1] = [("actions", Level::Read)];
const WRITE: [(&str, Level); 1] = [("actions", Level::Write)];

fn workflow(call: &Call, repository: u64) -> Result<Workflow, Refused> {
    call.shaped(repository, |world, _| world.workflow(repository, call.param("workflow")).cloned())
}

/// `POST /repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches`
pub(crate) async fn dispatch(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let workflow = workflow(&call, id)?;
    let git_ref = call.needed("ref")?;
    let run = actions::dispatch(&call.hub, workflow.id, &git_ref, inputs(&call)?, call.actor()?).await?;
    let details = call.body()?["return_run_details"] == json!(true);
    if !details || call.hub.with(|world| world.hides_runs) {
        return Ok(Reply::empty());
    }
    call.shaped(id, |world, found| {
        Some(json!({
            "workflow_run_id": run,
            "run_url": shape::run_url(world, found, run),
            "html_url": shape::run_page(world, found, run),
        }))
    })
    .map(Reply::ok)
}

fn inputs(call: &Call) -> Result<BTreeMap<String, String>, Refused> {
    match &call.body()?["inputs"] {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(given) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Ok(given.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        }
        other => Err(Refused::unprocessable(format!("For 'inputs', {other} is not an object."))),
    }
}

/// `GET /repos/{owner}/{repo}/actions/workflows/{workflow}/runs`: newest first.
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let workflow = workflow(&call, id)?;
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let wanted = |run: &&WorkflowRun| {
        let stands = |word: &str| run.status == word || run.conclusion.as_deref() == Some(word);
        run.workflow == workflow.id
            && asked("event").is_none_or(|event| run.event == event)
            && asked("branch").is_none_or(|branch| run.branch == branch)
            && asked("head_sha").is_none_or(|sha| run.sha == sha)
            && asked("status").is_none_or(stands)
            && asked("created").is_none_or(|range| within(range, run.created_at))
    };
    let all = call.shaped(id, |world, found| {
        let listed = world.workflow_runs.values().rev().filter(wanted);
        let listed = listed.filter(|run| world.is_listed(run.created_at));
        Some(listed.map(|run| shape::workflow_run(world, found, run)).collect())
    })?;
    let page = page(&call, all);
    let body = json!({ "total_count": page.total, "workflow_runs": page.items });
    Ok(Reply { status: 200, body: Some(body), link: page.link, raw: None })
}

/// The first second of a moment or day, and the first one after it.
fn span(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        let start = moment.to_utc();
        return Some((start, start + TimeDelta::seconds(1)));
    }
    let day: NaiveDate = text.parse().ok()?;
    let start = day.and_hms_opt(0, 0, 0)?.and_utc();
    Some((start, start + TimeDelta::days(1)))
}

/// Whether a moment is in a range as searches have it: `>=A`, `<A`, `A..B`, `A..*`, `A`. A range that
/// cannot be read excludes nothing.
fn within(range: &str, moment: DateTime<Utc>) -> bool {
    if let Some((from, to)) = range.split_once("..") {
        return span(from).is_none_or(|(start, _)| moment >= start)
            && span(to).is_none_or(|(_, end)| moment < end);
    }
    let signs = [">=", "<=", ">", "<", ""];
    let Some((sign, text)) = signs.iter().find_map(|sign| Some((*sign, range.strip_prefix(sign)?))) else {
        return true;
    };
    let Some((start, end)) = span(text) else {
        return true;
    };
    match sign {
        ">=" => moment >= start,
        "<=" => moment < end,
        ">" => moment >= end,
        "<" => moment < start,
        _ => start <= moment && moment < end,
    }
}

/// `GET /repos/{owner}/{repo}/actions/runs/{run}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("run")?;
    call.shaped(id, |world, found| {
        let run = world.workflow_runs.get(&number).filter(|run| run.repository == id)?;
        Some(shape::workflow_run(world, found, run))
    })
    .map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/actions/runs/{run}/cancel`: it is taken, and comes about later.
pub(crate) async fn cancel(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let number = call.number("run")?;
    call.shaped(id, |world, _| {
        world.workflow_runs.get(&number).filter(|run| run.repository == id).map(drop)
    })?;
    actions::cancel(&call.hub, number)?;
    Ok(Reply::accepted())
}

/// `GET /repos/{owner}/{repo}/actions/runs/{run}/jobs`
pub(crate) async fn list_jobs(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("run")?;
    let all = call.shaped(id, |world, found| {
        let run = world.workflow_runs.get(&number).filter(|run| run.repository == id)?;
        Some(run.jobs.iter().map(|job| shape::job(world, found, run, job)).collect())
    })?;
    let page = page(&call, all);
    let body = json!({ "total_count": page.total, "jobs": page.items });
    Ok(Reply { status: 200, body: Some(body), link: page.link, raw: None })
}

/// `GET /repos/{owner}/{repo}/actions/jobs/{job}/logs`: the log lies elsewhere.
pub(crate) async fn job_log(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("job")?;
    let address = call.hub.with(|world| jobs::log_address(world, id, number))?;
    Err(Refused { location: Some(address), ..Refused::new(302, "Found") })
}

/// `POST /repos/{owner}/{repo}/actions/runs/{run}/deployment_protection_rule`: needs two permissions.
pub(crate) async fn review(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    call.repository(&[("deployments", Level::Write)])?;
    let state = call.text("state")?;
    if state.as_deref().is_some_and(|state| !matches!(state, "approved" | "rejected")) {
        return Err(Refused::unprocessable("For 'state', it is not a member of [approved, rejected]."));
    }
    let comment = if state.is_some() { call.text("comment")? } else { Some(call.needed("comment")?) };
    let app = call.actor()?.app.ok_or_else(Refused::forbidden)?;
    let environment = call.needed("environment_name")?;
    let review = Review { app, environment, state, comment: comment.unwrap_or_default() };
    gates::review(&call.hub, id, call.number("run")?, review)?;
    Ok(Reply::empty())
}
