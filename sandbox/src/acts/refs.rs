//! Moving refs, and everything that follows from it: `push`, `create` and `delete` events, check
//! suites, pull requests that are updated, closed or found to be merged.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::following::{self, Merging};
use crate::Refused;
use crate::git::CommitInfo;
use crate::hub::Hub;
use crate::model::{AccountKind, Level, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// GitHub lists no more commits than this in one push.
const PUSH_COMMITS: &str = "--max-count=2048";

/// GitHub sends no events about more tags than this in one push.
const MOST_TAGS: usize = 3;

/// One ref's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefChange {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// Sets (or deletes) refs on behalf of somebody. The caller holds the repository's lock.
pub(crate) async fn move_refs(
    hub: &Arc<Hub>,
    repository: u64,
    refs: Vec<(String, Option<String>)>,
    sender: u64,
    merging: Option<Merging>,
) -> Result<(), Refused> {
    let changes: Vec<RefChange> = hub
        .with(|world| {
            let known = &world.repository(repository)?.refs;
            let changes = refs.iter().map(|(name, after)| RefChange {
                name: name.clone(),
                before: known.get(name).cloned(),
                after: after.clone(),
            });
            Some(changes.filter(|change| change.before != change.after).collect())
        })
        .ok_or_else(Refused::not_found)?;
    if changes.is_empty() {
        return Ok(());
    }
    let wanted: Vec<_> = changes.iter().map(|change| (change.name.clone(), change.after.clone())).collect();
    hub.git.update_refs(repository, &wanted).await?;
    follow(hub, repository, changes, sender, merging).await
}

/// Takes over what git itself has done to its refs, after a push over HTTP. The caller holds the
/// repository's lock.
pub(crate) async fn notice(hub: &Arc<Hub>, repository: u64, sender: u64) -> Result<(), Refused> {
    let now = hub.git.refs(repository).await?;
    let changes = hub.with(|world| {
        let before = world.repository(repository).map(|found| found.refs.clone()).unwrap_or_default();
        let mut changes = Vec::new();
        for (name, sha) in &now {
            if before.get(name) != Some(sha) {
                let (before, after) = (before.get(name).cloned(), Some(sha.clone()));
                changes.push(RefChange { name: name.clone(), before, after });
            }
        }
        for (name, sha) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
            let before = Some(sha.clone());
            changes.push(RefChange { name: name.clone(), before, after: None });
        }
        changes
    });
    follow(hub, repository, changes, sender, None).await
}

async fn follow(
    hub: &Arc<Hub>,
    repository: u64,
    changes: Vec<RefChange>,
    sender: u64,
    merging: Option<Merging>,
) -> Result<(), Refused> {
    // Like GitHub, says nothing of tags when there are too many of them in one push.
    let tag = |change: &RefChange| change.name.starts_with("refs/tags/");
    let silent = changes.iter().filter(|change| tag(change)).count() > MOST_TAGS;
    // Describing a push costs several runs of git; before an app is installed nobody would hear it.
    let heard = hub.with(|world| {
        let found = world.repository(repository);
        let mut all = world.installations.values();
        found.is_some_and(|found| all.any(|installation| installation.covers(found)))
    });
    for change in &changes {
        if !heard || silent && tag(change) {
            hub.with(|world| note(world, repository, change));
            continue;
        }
        let push = describe(hub, repository, change).await?;
        hub.with(|world| announce(world, repository, change, &push, sender));
    }
    for change in &changes {
        let Some(branch) = change.name.strip_prefix("refs/heads/") else {
            continue;
        };
        following::head_moved(hub, repository, branch, change.after.as_deref(), sender).await?;
    }
    for change in &changes {
        let Some(branch) = change.name.strip_prefix("refs/heads/") else {
            continue;
        };
        following::base_moved(hub, repository, branch, change.after.as_deref(), sender, merging).await?;
    }
    Ok(())
}

/// What git knows about a push.
#[derive(Debug, Default)]
struct Push {
    commits: Vec<CommitInfo>,
    head: Option<CommitInfo>,
    forced: bool,
    /// Those of the commits that no other branch has, nor had when they were pushed to it.
    distinct: BTreeSet<String>,
}

async fn describe(hub: &Hub, repository: u64, change: &RefChange) -> Result<Push, Refused> {
    let Some(after) = &change.after else {
        return Ok(Push::default());
    };
    let mut push = Push::default();
    let others: Vec<String> = hub.with(|world| {
        let known = world.repository(repository).map(|found| &found.refs);
        let heads = known.into_iter().flatten();
        heads
            .filter(|(name, _)| name.starts_with("refs/heads/") && **name != change.name)
            .map(|(_, sha)| sha.clone())
            .collect()
    });
    if let Some(before) = &change.before {
        push.forced = !hub.git.contains(repository, after, before).await?;
        let range = format!("{before}..{after}");
        push.commits = hub.git.commits(repository, &[PUSH_COMMITS, &range]).await?;
        if !push.commits.is_empty() {
            let elsewhere = [others, vec![before.clone()]].concat();
            push.distinct = hub.git.only_from(repository, after, &elsewhere, PUSH_COMMITS).await?;
        }
    } else if change.name.starts_with("refs/heads/") {
        // A new branch brings what no other branch has.
        let others: Vec<String> = others.iter().map(|sha| format!("^{sha}")).collect();
        let new = [PUSH_COMMITS, after].into_iter().chain(others.iter().map(String::as_str));
        push.commits = hub.git.commits(repository, &new.collect::<Vec<_>>()).await?;
        push.distinct = push.commits.iter().map(|info| info.sha.clone()).collect();
    }
    // Last, since it mostly is one of those.
    push.head = hub.git.commit_info(repository, after).await?;
    Ok(push)
}

/// Takes a change over into the model.
fn note(world: &mut World, repository: u64, change: &RefChange) {
    let now = world.now;
    let Some(found) = world.repositories.get_mut(&repository) else {
        return;
    };
    found.pushed_at = now;
    match &change.after {
        Some(sha) => found.refs.insert(change.name.clone(), sha.clone()),
        None => found.refs.remove(&change.name),
    };
}

fn announce(world: &mut World, repository: u64, change: &RefChange, push: &Push, sender: u64) {
    note(world, repository, change);
    let branch = change.name.strip_prefix("refs/heads/");
    if branch.is_none() && !change.name.starts_with("refs/tags/") {
        return;
    }
    let fields = push_fields(world, repository, change, push, sender);
    let scope = Scope::Repository(repository);
    world.emit(&Event { name: "push", action: None, scope, sender, fields });
    created_or_deleted(world, repository, change, sender);
    if let (Some(branch), Some(head)) = (branch, &push.head) {
        request_suites(world, repository, branch, change, head, sender);
    }
}

fn push_fields(world: &World, repository: u64, change: &RefChange, push: &Push, sender: u64) -> Value {
    let Some(found) = world.repository(repository) else {
        return json!({});
    };
    let before = change.before.as_deref().unwrap_or(ZERO);
    let after = change.after.as_deref().unwrap_or(ZERO);
    let html = format!("{}/{}", world.urls.html, world.full_name(found));
    let short = |sha: &str| sha.chars().take(12).collect::<String>();
    let compare = match (&change.before, &change.after) {
        (Some(_), Some(_)) => format!("{html}/compare/{}...{}", short(before), short(after)),
        (None, _) => format!("{html}/compare/{}", change.name.trim_start_matches("refs/heads/")),
        (_, None) => format!("{html}/compare/{}...{}", short(before), short(ZERO)),
    };
    let twin = found.refs.iter().find(|(name, sha)| {
        change.before.is_none() && **name != change.name && name.starts_with("refs/heads/") && *sha == after
    });
    let shaped =
        |info: &CommitInfo| shape::push_commit(world, found, info, push.distinct.contains(&info.sha));
    let commits: Vec<Value> = push.commits.iter().map(shaped).collect();
    let login = world.login(sender);
    json!({
        "ref": change.name,
        "before": before,
        "after": after,
        "created": change.before.is_none(),
        "deleted": change.after.is_none(),
        "forced": push.forced,
        "base_ref": twin.map(|(name, _)| name),
        "compare": compare,
        "commits": commits,
        // Of a push that brings nothing GitHub calls the head distinct all the same.
        "head_commit": push.head.as_ref().map(|info| {
            let distinct = push.commits.is_empty() || push.distinct.contains(&info.sha);
            shape::push_commit(world, found, info, distinct)
        }),
        "pusher": { "name": login, "email": format!("{login}@example.com") },
    })
}

fn created_or_deleted(world: &mut World, repository: u64, change: &RefChange, sender: u64) {
    let (kind, name) = match change.name.strip_prefix("refs/heads/") {
        Some(branch) => ("branch", branch),
        None => ("tag", change.name.trim_start_matches("refs/tags/")),
    };
    let master = world.repository(repository).map(|found| found.default_branch.clone());
    let description = world.repository(repository).and_then(|found| found.description.clone());
    let pusher = if world.accounts.get(&sender).is_some_and(|who| who.kind == AccountKind::Bot) {
        "integration"
    } else {
        "user"
    };
    let scope = Scope::Repository(repository);
    if change.before.is_none() {
        let fields = json!({
            "ref": name, "ref_type": kind, "master_branch": master,
            "description": description, "pusher_type": pusher,
        });
        world.emit(&Event { name: "create", action: None, scope, sender, fields });
    }
    if change.after.is_none() {
        let fields = json!({ "ref": name, "ref_type": kind, "pusher_type": pusher });
        world.emit(&Event { name: "delete", action: None, scope, sender, fields });
    }
}

/// Asks every app that may write checks to check the new tip.
fn request_suites(
    world: &mut World,
    repository: u64,
    branch: &str,
    change: &RefChange,
    head: &CommitInfo,
    sender: u64,
) {
    let Some(found) = world.repository(repository) else {
        return;
    };
    let apps: Vec<u64> = world
        .installations
        .values()
        .filter(|installation| installation.covers(found))
        .filter(|installation| installation.suspended_at.is_none())
        .filter(|installation| installation.grants("checks", Level::Write))
        .map(|installation| installation.app)
        .collect();
    for app in apps {
        let suites = world.suites.len();
        let suite = world.ensure_suite(
            repository,
            app,
            &head.sha,
            Some(branch.to_owned()),
            change.before.clone(),
            shape::simple_commit(head),
        );
        // A commit that has a suite already is not asked about again.
        if world.suites.len() > suites {
            super::checks::suite_event(world, suite, "requested", sender);
        }
    }
}
