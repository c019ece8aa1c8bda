//! Issues: those that were written as such, and those that pull requests are.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::comment::{association, lock, reactions};
use super::pull::issue_of_pull;
use super::repository::{api_url, html_url};
use super::{app, author, maybe_time, merge, node_id, nullable_user, time, user};
use crate::model::{Issue, Repository, World};

/// The issue or pull request of a number, as an issue; as webhooks carry it.
pub(crate) fn issue(world: &World, repository: &Repository, number: u64) -> Option<Value> {
    let key = (repository.id, number);
    let written = world.issues.get(&key).map(|issue| webhook_issue(world, repository, issue));
    written.or_else(|| world.pulls.get(&key).map(|pull| issue_of_pull(world, repository, pull)))
}

/// `issue`.
pub(crate) fn full_issue(world: &World, repository: &Repository, number: u64) -> Option<Value> {
    let mut shaped = issue(world, repository, number)?;
    let key = (repository.id, number);
    let pull = world.pulls.get(&key).map(|pull| pull.author);
    // A webhook names a ghost where REST names nobody.
    if let Some(id) = world.issues.get(&key).map(|issue| issue.author).or(pull) {
        shaped["user"] = author(world, id);
    }
    if let Some(subject) = world.issues.get(&key) {
        let via = subject.app.and_then(|id| world.apps.get(&id)).map(|found| app(world, found));
        let rest = json!({
            "performed_via_github_app": via,
            "closed_by": nullable_user(world, subject.closed_by),
        });
        merge(&mut shaped, rest);
    }
    Some(shaped)
}

fn webhook_issue(world: &World, repository: &Repository, subject: &Issue) -> Value {
    let api = api_url(world, repository);
    let number = subject.number;
    let url = format!("{api}/issues/{number}");
    let labels: Vec<Value> = subject.labels.iter().map(|name| label(&api, name)).collect();
    let mut shaped = json!({
        "id": subject.id,
        "node_id": node_id("Issue", subject.id),
        "number": number,
        "url": url,
        "repository_url": api,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": format!("{}/issues/{number}", html_url(world, repository)),
        "title": subject.title,
        "body": subject.body,
        "user": user(world, subject.author),
        "labels": labels,
        "state": if subject.open { "open" } else { "closed" },
        "state_reason": subject.state_reason,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": world.comments_on(subject.repository, number).len(),
        "created_at": time(subject.created_at),
        "updated_at": time(subject.updated_at),
        "closed_at": maybe_time(subject.closed_at),
        "author_association": association(world, repository, subject.author),
        "performed_via_github_app": null,
        "reactions": reactions(&url, &[]),
        "timeline_url": format!("{url}/timeline"),
    });
    merge(&mut shaped, lock(world, subject.repository, number));
    shaped
}

/// `label`. Nobody makes labels here; each name has one, with an id of its own.
fn label(api: &str, name: &str) -> Value {
    let digest = Sha256::digest(name.as_bytes());
    let id = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    json!({
        "id": id,
        "node_id": node_id("Label", id),
        "url": format!("{api}/labels/{}", percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)),
        "name": name,
        "color": "ededed",
        "default": false,
        "description": null,
    })
}
