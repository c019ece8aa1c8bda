//! Deployments and their statuses.

use serde_json::{Value, json};

use super::commits::resolve;
use super::paging::array;
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::acts::deploys::{self, NewDeployment, NewStatus};
use crate::model::{Deployment, Level};
use crate::shape;

const READ: [(&str, Level); 1] = [("deployments", Level::Read)];
const WRITE: [(&str, Level); 1] = [("deployments", Level::Write)];

/// The deployment of the path, if it is one of the repository.
fn known(call: &Call, repository: u64) -> Result<u64, Refused> {
    let id = call.number("id")?;
    let found = call.shaped(repository, |world, _| {
        Some(world.deployments.get(&id).is_some_and(|found| found.repository == repository))
    })?;
    if found { Ok(id) } else { Err(Refused::not_found()) }
}

fn shaped(call: &Call, repository: u64, id: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, home| Some(shape::deployment(world, home, world.deployments.get(&id)?)))
}

/// `GET /repos/{owner}/{repo}/deployments`: newest first.
pub(crate) async fn list(call: Call) -> Answer {
    let id = call.repository(&READ)?;
    let asked = |name: &str| call.query.get(name).map(String::as_str).filter(|word| *word != "none");
    let wanted = |found: &&Deployment| {
        asked("sha").is_none_or(|sha| found.sha == sha)
            && asked("ref").is_none_or(|name| found.git_ref == name)
            && asked("task").is_none_or(|task| found.task == task)
            && asked("environment").is_none_or(|environment| found.goes_to(environment))
    };
    let all = call.shaped(id, |world, home| {
        let listed = world.deployments_of(id).rev().filter(wanted);
        let listed = listed.filter(|found| world.is_listed(found.created_at));
        Some(listed.map(|found| shape::deployment(world, home, found)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/deployments/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let repository = call.repository(&READ)?;
    let id = known(&call, repository)?;
    shaped(&call, repository, id).map(Reply::ok)
}

/// `POST /repos/{owner}/{repo}/deployments`
pub(crate) async fn create(call: Call) -> Answer {
    let id = call.repository(&WRITE)?;
    let git_ref = call.needed("ref")?;
    let sha = resolve(&call, id, &git_ref).await;
    let sha = sha.map_err(|_| Refused::new(422, format!("No ref found for: {git_ref}")))?;
    let new = new(&call, &sha, &git_ref)?;
    let contexts = contexts(&call)?;
    let actor = call.actor()?;
    if call.body()?["auto_merge"].as_bool().unwrap_or(true) {
        let merged = deploys::auto_merge(&call.hub, id, &git_ref, &sha, actor.account).await?;
        if let Some(message) = merged {
            let body = Some(json!({ "message": message }));
            return Ok(Reply { status: 202, body, link: None, raw: None });
        }
    }
    deploys::insist(&call.hub, id, &sha, &git_ref, contexts.as_deref())?;
    let deployment = deploys::create(&call.hub, id, new, actor)?;
    shaped(&call, id, deployment).map(Reply::created)
}

fn new(call: &Call, sha: &str, git_ref: &str) -> Result<NewDeployment, Refused> {
    let body = call.body()?;
    let environment = call.text("environment")?.unwrap_or_else(|| "production".to_owned());
    let mut new = NewDeployment::new(sha, git_ref, &environment);
    if let Some(task) = call.text("task")? {
        new.task = task;
    }
    match &body["payload"] {
        Value::Null => {}
        payload @ (Value::Object(_) | Value::String(_)) => new.payload = payload.clone(),
        other => {
            let sentence = format!("For 'payload', {other} is not an object or a string.");
            return Err(Refused::unprocessable(sentence));
        }
    }
    new.description = call.text("description")?;
    new.transient = body["transient_environment"].as_bool().unwrap_or(false);
    new.production = body["production_environment"].as_bool();
    Ok(new)
}

fn contexts(call: &Call) -> Result<Option<Vec<String>>, Refused> {
    match &call.body()?["required_contexts"] {
        Value::Null => Ok(None),
        Value::Array(names) => Ok(Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())),
        other => Err(Refused::unprocessable(format!("For 'required_contexts', {other} is not an array."))),
    }
}

/// `GET /repos/{owner}/{repo}/deployments/{id}/statuses`: newest first.
pub(crate) async fn statuses(call: Call) -> Answer {
    let repository = call.repository(&READ)?;
    let id = known(&call, repository)?;
    let all = call.shaped(repository, |world, home| {
        let all = world.deployments.get(&id)?.statuses.iter().rev();
        // That a job waits for its reviewers is told by webhooks alone: the description of this list has no such state.
        let listed = all.filter(|status| status.state != "waiting");
        Some(listed.map(|status| shape::deployment_status(world, home, id, status)).collect())
    })?;
    Ok(array(&call, all))
}

/// `GET /repos/{owner}/{repo}/deployments/{id}/statuses/{status}`
pub(crate) async fn status(call: Call) -> Answer {
    let repository = call.repository(&READ)?;
    let (id, number) = (known(&call, repository)?, call.number("status")?);
    shaped_status(&call, repository, id, number).map(Reply::ok)
}

fn shaped_status(call: &Call, repository: u64, id: u64, number: u64) -> Result<Value, Refused> {
    call.shaped(repository, |world, home| {
        let status = world.deployments.get(&id)?.statuses.iter().find(|status| status.id == number)?;
        Some(shape::deployment_status(world, home, id, status))
    })
}

/// `POST /repos/{owner}/{repo}/deployments/{id}/statuses`
pub(crate) async fn report(call: Call) -> Answer {
    let repository = call.repository(&WRITE)?;
    let id = known(&call, repository)?;
    let log_url = call.text("log_url")?.filter(|url| !url.is_empty());
    let new = NewStatus {
        state: call.needed("state")?,
        description: call.text("description")?.unwrap_or_default(),
        log_url: log_url.or(call.text("target_url")?).unwrap_or_default(),
        environment_url: call.text("environment_url")?.unwrap_or_default(),
        environment: call.text("environment")?,
        keep_others: call.body()?["auto_inactive"] == json!(false),
    };
    let status = deploys::report(&call.hub, id, new, call.actor()?)?;
    shaped_status(&call, repository, id, status).map(Reply::created)
}
