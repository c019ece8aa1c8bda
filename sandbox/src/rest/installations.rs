//! Installations and their tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::paging::{array, page};
use super::{Answer, Call, Reply};
use crate::Refused;
use crate::model::{Installation, Level, World};
use crate::shape;

fn own(world: &World, app: u64, id: u64) -> Result<&Installation, Refused> {
    let found = world.installations.get(&id).filter(|found| found.app == app);
    found.ok_or_else(Refused::not_found)
}

/// `GET /app/installations`
pub(crate) async fn list(call: Call) -> Answer {
    let app = call.app()?;
    let all = call.hub.with(|world| {
        let own = world.installations.values().filter(|found| found.app == app);
        own.map(|found| shape::installation(world, found)).collect()
    });
    Ok(array(&call, all))
}

/// `GET /app/installations/{id}`
pub(crate) async fn show(call: Call) -> Answer {
    let (app, id) = (call.app()?, call.number("id")?);
    call.hub.with(|world| Ok(Reply::ok(shape::installation(world, own(world, app, id)?))))
}

/// `GET /repos/{owner}/{repo}/installation`
pub(crate) async fn of_repository(call: Call) -> Answer {
    let app = call.app()?;
    call.hub.with(|world| {
        let found = world
            .repository_named(call.param("owner"), call.param("repo"))
            .and_then(|found| world.installation_on(app, found.id))
            .ok_or_else(Refused::not_found)?;
        Ok(Reply::ok(shape::installation(world, found)))
    })
}

/// `POST /app/installations/{id}/access_tokens`
pub(crate) async fn issue_token(call: Call) -> Answer {
    let (app, id) = (call.app()?, call.number("id")?);
    let body = call.body()?;
    call.hub.with(|world| {
        let installation = own(world, app, id)?;
        if installation.suspended_at.is_some() {
            return Err(Refused::new(403, "This installation has been suspended"));
        }
        let repositories = narrowed(world, installation, body)?;
        let permissions = lowered(installation, &body["permissions"])?;
        let token = world.issue_token(id, repositories, permissions);
        Ok(Reply::created(shape::token(world, &token)))
    })
}

/// The repositories the token should reach, if fewer than the installation's.
fn narrowed(
    world: &World,
    installation: &Installation,
    body: &Value,
) -> Result<Option<BTreeSet<u64>>, Refused> {
    let refused = || {
        let sentence = "There is at least one repository that does not exist or is not accessible to the parent installation.";
        Refused::new(422, sentence)
    };
    let covered = || world.repositories.values().filter(|found| installation.covers(found));
    let mut chosen = BTreeSet::new();
    for name in body["repositories"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let found = covered().find(|found| found.name.eq_ignore_ascii_case(name));
        chosen.insert(found.ok_or_else(refused)?.id);
    }
    for id in body["repository_ids"].as_array().into_iter().flatten() {
        let found = covered().find(|found| Some(found.id) == id.as_u64());
        chosen.insert(found.ok_or_else(refused)?.id);
    }
    if chosen.len() > 500 {
        return Err(Refused::unprocessable("No more than 500 repositories may be named."));
    }
    Ok((!chosen.is_empty()).then_some(chosen))
}

/// The permissions the token should hold, none higher than the installation's.
fn lowered(installation: &Installation, asked: &Value) -> Result<BTreeMap<String, String>, Refused> {
    let Some(asked) = asked.as_object().filter(|asked| !asked.is_empty()) else {
        return Ok(installation.permissions.clone());
    };
    let mut permissions = BTreeMap::from([("metadata".to_owned(), "read".to_owned())]);
    for (name, level) in asked {
        let word = level.as_str().unwrap_or_default();
        let granted = Level::parse(word).is_some_and(|level| installation.grants(name, level));
        if !granted {
            let sentence = "The permissions requested are not granted to this installation.";
            return Err(Refused::new(422, sentence));
        }
        permissions.insert(name.clone(), word.to_owned());
    }
    Ok(permissions)
}

/// `GET /installation/repositories`
pub(crate) async fn repositories(call: Call) -> Answer {
    let token = call.token()?.clone();
    let (all, selection) = call.hub.with(|world| {
        let listed = world.reachable(&token).into_iter();
        let all: Vec<Value> = listed.map(|found| shape::minimal(world, found)).collect();
        let chosen = world.installations.get(&token.installation);
        let chosen = chosen.is_some_and(|found| found.repositories.is_some());
        (all, if chosen { "selected" } else { "all" })
    });
    let page = page(&call, all);
    let body = json!({
        "total_count": page.total,
        "repository_selection": selection,
        "repositories": page.items,
    });
    Ok(Reply { status: 200, body: Some(body), link: page.link, raw: None })
}
