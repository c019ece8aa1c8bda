//! Check runs and suites.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::commits::resolve;
use super::paging::page;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::checks::{self, RunChange};
use crate::model::{CheckRun, Level, RunAction};
use crate::shape;

const READ: [(&str, Level); 1] = [("checks", Level::Read)];
const WRITE: [(&str, Level); 1] = [("checks", Level::Write)];

/// GitHub's limits, in bytes and pieces.
const LONGEST_TEXT: usize = 65_535;
const MOST_ANNOTATIONS: usize = 50;
const MOST_ACTIONS: usize = 3;

fn shaped(call: &Call, repository: u64, id: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, found| {
        let run = world.runs.get(&id).filter(|run| run.repository == repository)?;
        Some(shape::run(world, found, run))
    })
}

/// `GET /repos/{owner}/{repo}/commits/{ref}/check-runs`: newest first.
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let sha = resolve(&call, id, call.param("sha")).await?;
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let app = asked("app_id").and_then(|text| text.parse::<u64>().ok());
    let wanted = |run: &&CheckRun| {
        asked("check_name").is_none_or(|name| run.name == name)
            && asked("status").is_none_or(|status| run.status == status)
            && app.is_none_or(|app| run.app == app)
    };
    let every = asked("filter") == Some("all");
    let all = call.shaped(id, |world, found| {
        let shape = |run: &CheckRun| shape::run(world, found, run);
        let of_commit = |run: &&CheckRun| run.repository == id && run.head_sha == sha;
        let wanted = |run: &&CheckRun| wanted(run) && world.is_listed(run.started_at);
        Some(if every {
            world.runs.values().rev().filter(of_commit).filter(wanted).map(shape).collect()
        } else {
            world.current_runs(id, &sha).filter(wanted).map(shape).collect::<Vec<Value>>()
        })
    })?;
    let page = page(&call, all);
    let body = json!({ "total_count": page.total, "check_runs": page.items });
    Ok(Reply { status: 200, body: Some(body), link: page.link, raw: None })
}

/// `GET /repos/{owner}/{repo}/check-runs/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    shaped(&call, id, call.number("id")?).map(Reply::ok)
}

/// `GET /repos/{owner}/{repo}/check-runs/{id}/annotations`
pub(crate) async fn annotations(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("id")?;
    let all = call.shaped(id, |world, found| {
        let run = world.runs.get(&number).filter(|run| run.repository == id)?;
        Some(shape::annotations(world, found, run))
    })?;
    let page = page(&call, all);
    Ok(Reply { status: 200, body: Some(Value::Array(page.items)), link: page.link, raw: None })
}

/// `GET /repos/{owner}/{repo}/check-suites/{id}`
pub(crate) async fn suite(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let number = call.number("id")?;
    call.shaped(id, |world, found| {
        let suite = world.suites.get(&number).filter(|suite| suite.repository == id)?;
        Some(shape::suite(world, found, suite))
    })
    .map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/check-runs`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let mut change = change(&call)?;
    change.name = Some(call.needed("name")?);
    let sha = call.needed("head_sha")?;
    let sha = resolve(&call, id, &sha).await?;
    let app = call.actor()?.app.ok_or_else(Refused::forbidden)?;
    let run = checks::create(&call.hub, id, app, &sha, change).await?;
    shaped(&call, id, run).map(Reply::created)
}

/// `PATCH /repos/{owner}/{repo}/check-runs/{id}`
pub(crate) async fn update(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let run = call.number("id")?;
    shaped(&call, id, run)?;
    let app = call.actor()?.app;
    let owner = call.hub.with(|world| world.runs.get(&run).map(|run| run.app));
    if owner != app {
        let sentence = format!(
            "Invalid app_id `{}` - check run can only be modified by the GitHub App that created it.",
            app.unwrap_or_default()
        );
        return Err(Refused::new(403, sentence));
    }
    checks::update(&call.hub, run, change(&call)?);
    shaped(&call, id, run).map(Reply::ok)
}

fn moment(call: &Call, name: &str) -> Result<Option<DateTime<Utc>>, Refused> {
    let Some(text) = call.text(name)? else {
        return Ok(None);
    };
    let parsed = DateTime::parse_from_rfc3339(&text);
    let parsed = parsed.map_err(|_| Refused::unprocessable(format!("{text} is not a valid date-time.")))?;
    Ok(Some(parsed.to_utc()))
}

fn one_of(name: &str, value: Option<String>, words: &[&str]) -> Result<Option<String>, Refused> {
    match value {
        Some(value) if !words.contains(&value.as_str()) => {
            let list = words.join(", ");
            Err(Refused::unprocessable(format!("For '{name}', {value} is not a member of [{list}].")))
        }
        value => Ok(value),
    }
}

/// What the body says about a run, held against GitHub's limits.
fn change(call: &Call) -> Result<RunChange, Refused> {
    let conclusions =
        ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];
    let mut change = RunChange {
        name: call.text("name")?,
        details_url: call.text("details_url")?,
        external_id: call.text("external_id")?,
        status: one_of("status", call.text("status")?, &["queued", "in_progress", "completed"])?,
        conclusion: one_of("conclusion", call.text("conclusion")?, &conclusions)?,
        started_at: moment(call, "started_at")?,
        completed_at: moment(call, "completed_at")?,
        ..RunChange::default()
    };
    if change.status.as_deref() == Some("completed") && change.conclusion.is_none() {
        return Err(Refused::unprocessable("Missing conclusion: a completed check run needs one."));
    }
    let body = call.body()?;
    output(&body["output"], &mut change)?;
    change.actions = actions(&body["actions"])?;
    Ok(change)
}

fn output(output: &Value, change: &mut RunChange) -> Result<(), Refused> {
    if output.is_null() {
        return Ok(());
    }
    let text = |name: &str| output[name].as_str().map(str::to_owned);
    change.title = text("title");
    change.summary = text("summary");
    change.text = text("text");
    if change.title.is_none() && output.get("title").is_some() || change.summary.is_none() {
        return Err(Refused::unprocessable("\"title\" and \"summary\" must be supplied with output."));
    }
    for (name, value) in [("summary", &change.summary), ("text", &change.text)] {
        if value.as_ref().is_some_and(|value| value.len() > LONGEST_TEXT) {
            let sentence = format!("{name} exceeds a maximum bytesize of {LONGEST_TEXT}");
            return Err(Refused::invalid("CheckRun", name, "custom", &sentence));
        }
    }
    change.annotations = output["annotations"].as_array().cloned().unwrap_or_default();
    if change.annotations.len() > MOST_ANNOTATIONS {
        let sentence = format!("No more than {MOST_ANNOTATIONS} annotations may be sent at once.");
        return Err(Refused::unprocessable(sentence));
    }
    Ok(())
}

fn actions(list: &Value) -> Result<Option<Vec<RunAction>>, Refused> {
    let Some(list) = list.as_array() else {
        return Ok(None);
    };
    if list.len() > MOST_ACTIONS {
        let sentence =
            format!("No more than {MOST_ACTIONS} items are allowed; {} were supplied.", list.len());
        return Err(Refused::unprocessable(sentence));
    }
    let read = |action: &Value| {
        let text = |name: &str, longest: usize| {
            let value = action[name].as_str();
            let value =
                value.ok_or_else(|| Refused::unprocessable(format!("\"{name}\" wasn't supplied.")))?;
            if value.chars().count() > longest {
                let sentence = format!("Only {longest} characters are allowed for \"{name}\".");
                return Err(Refused::unprocessable(sentence));
            }
            Ok(value.to_owned())
        };
        Ok(RunAction {
            label: text("label", 20)?,
            description: text("description", 40)?,
            identifier: text("identifier", 20)?,
        })
    };
    list.iter().map(read).collect::<Result<Vec<_>, Refused>>().map(Some)
}
