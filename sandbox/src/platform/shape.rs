//! What is known, in the API's JSON.

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::world::{Activity, Environment, Project, Role};

/// What is escaped in an id that is part of a path.
const OF_IDS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A moment as the API writes it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, false)
}

fn link(href: &str) -> Value {
    json!({ "href": href })
}

pub(super) fn project(url: &str, project: &Project, role: Role) -> Value {
    let endpoint = format!("{url}/api/projects/{}", project.id);
    let mut links = json!({
        "self": link(&endpoint),
        "environments": link(&format!("{endpoint}/environments")),
        "activities": link(&format!("{endpoint}/activities")),
    });
    if role == Role::Admin {
        links["integrations"] = link(&format!("{endpoint}/integrations"));
    }
    let repository = project.git_address.as_ref().map(|url| json!({ "url": url, "client_ssh_key": null }));
    json!({
        "id": project.id,
        "title": project.id,
        "default_branch": "master",
        "repository": repository,
        "region": "local",
        "status": { "code": "provisioned", "message": "ok" },
        "endpoint": endpoint,
        "uri": endpoint,
        "_links": links,
    })
}

pub(super) fn environment(url: &str, project: &Project, environment: &Environment, role: Role) -> Value {
    let own = format!("{url}/api/projects/{}/environments/{}", project.id, escaped(&environment.id));
    let mut links = json!({ "self": link(&own) });
    let is_dirty = project.is_dirty(&environment.id);
    if role >= Role::Contributor && environment.is_active && !is_dirty {
        for act in ["redeploy", "synchronize", "merge", "deactivate"] {
            links[format!("#{act}")] = link(&format!("{own}/{act}"));
        }
    }
    if role >= Role::Contributor && !environment.is_active {
        links["#activate"] = link(&format!("{own}/activate"));
    }
    let status = match (environment.is_active, is_dirty) {
        (false, _) => "inactive",
        (true, true) => "dirty",
        (true, false) => "active",
    };
    json!({
        "id": environment.id,
        "name": environment.name,
        "machine_name": environment.id,
        "title": environment.name,
        "project": project.id,
        "status": status,
        "type": if environment.id == "production" { "production" } else { "staging" },
        "parent": null,
        "is_dirty": is_dirty,
        "is_main": environment.id == "master",
        "has_code": environment.head.is_some(),
        "has_remote": project.integration.is_some(),
        "head_commit": environment.head,
        "_links": links,
    })
}

pub(super) fn activity(url: &str, project: &Project, activity: &Activity, role: Role) -> Value {
    let own = format!("{url}/api/projects/{}/activities/{}", project.id, activity.id);
    let mut links = json!({ "self": link(&own), "log": link(&format!("{own}/log")) });
    if role >= Role::Contributor && activity.can_be_cancelled() {
        links["#cancel"] = link(&format!("{own}/cancel"));
    }
    let commands: Vec<Value> = activity.commands.iter().map(command).collect();
    let (new, old) = match &activity.commits {
        Some((new, old)) => (Some(new), old.as_ref()),
        None => (None, None),
    };
    let mut parameters = json!({ "environment": activity.environment, "user": null });
    if let Some(new) = new {
        parameters["new_commit"] = json!(new);
        parameters["old_commit"] = json!(old);
    }
    let commits: Vec<Value> = new.iter().map(|sha| json!({ "sha": sha })).collect();
    let progress = if activity.state.is_over() { 100 } else { 0 };
    json!({
        "id": activity.id,
        "type": activity.kind,
        "project": project.id,
        "integration": activity.integration,
        "environments": activity.environment.iter().collect::<Vec<_>>(),
        "state": activity.state.as_str(),
        "result": activity.result,
        "failure_reason": activity.failure_reason,
        "completion_percent": progress,
        "created_at": moment(activity.created_at),
        "updated_at": moment(activity.updated_at),
        "started_at": activity.started_at.map(moment),
        "completed_at": activity.completed_at.map(moment),
        "timings": { "deploy": activity.started_at.zip(activity.completed_at).map(|(from, to)| (to - from).as_seconds_f64()) },
        "parameters": parameters,
        "commands": commands,
        "payload": { "commits": commits, "commits_count": commits.len() },
        "text": activity.kind,
        "description": activity.kind,
        "log": "",
        "_links": links,
    })
}

fn command((app, kind, exit_code): &(String, String, i32)) -> Value {
    json!({ "app": app, "type": kind, "exit_code": exit_code })
}

pub(super) fn deployment(url: &str, project: &Project, environment: &Environment) -> Option<Value> {
    let trees = environment.deployed.as_ref()?;
    let own = format!("{url}/api/projects/{}/environments/{}", project.id, escaped(&environment.id));
    let webapps: serde_json::Map<String, Value> = trees
        .iter()
        .map(|(name, tree)| {
            (name.clone(), json!({ "name": name, "tree_id": tree, "slug_id": format!("slug-{tree}") }))
        })
        .collect();
    Some(json!({
        "id": "current",
        "webapps": webapps,
        "services": {},
        "workers": {},
        "routes": {},
        "_links": { "self": link(&format!("{own}/deployments/current")) },
    }))
}

pub(super) fn integration(url: &str, project: &Project, id: &str) -> Value {
    let own = format!("{url}/api/projects/{}/integrations/{id}", project.id);
    json!({
        "id": id,
        "type": "github",
        "fetch_branches": true,
        "prune_branches": true,
        "build_pull_requests": false,
        "_links": { "self": link(&own), "#hook": link(&format!("{own}/hook")) },
    })
}

/// An id as a part of a path.
pub(super) fn escaped(id: &str) -> String {
    utf8_percent_encode(id, OF_IDS).to_string()
}
