//! Opening, editing, closing pull requests, and keeping `refs/pull/N/*` as git and GitHub have it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Actor;
use crate::Refused;
use crate::git::{Signature, Stats, Tree};
use crate::hub::Hub;
use crate::model::{Kind, Pull, PullHead, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// A pull request to be opened.
#[derive(Debug, Clone)]
pub(crate) struct NewPull {
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) head_repository: u64,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) draft: bool,
}

/// Sends a `pull_request` event about the present state.
pub(crate) fn event(
    world: &mut World,
    repository: u64,
    number: u64,
    action: &'static str,
    sender: u64,
    extra: Value,
) {
    let (Some(home), Some(pull)) = (world.repository(repository), world.pulls.get(&(repository, number)))
    else {
        return;
    };
    let mut shaped = shape::pull(world, home, pull);
    if pull.open {
        // GitHub has not worked it out yet when it sends the event.
        let unknown = json!({
            "mergeable": null, "rebaseable": null, "mergeable_state": "unknown",
        });
        shape::merge(&mut shaped, unknown);
    }
    let mut fields = json!({ "number": number, "pull_request": shaped });
    shape::merge(&mut fields, extra);
    let scope = Scope::Repository(repository);
    world.emit(&Event { name: "pull_request", action: Some(action), scope, sender, fields });
}

/// Opens a pull request; answers its number.
pub(crate) async fn open(
    hub: &Arc<Hub>,
    repository: u64,
    new: NewPull,
    actor: Actor,
) -> Result<u64, Refused> {
    let _guard = hub.lock(repository).await;
    let (head_sha, base_sha) = hub.with(|world| openable(world, repository, &new))?;
    if new.head_repository != repository {
        hub.git.fetch_commit(repository, new.head_repository, &head_sha).await?;
    }
    if hub.git.contains(repository, &base_sha, &head_sha).await? {
        let sentence = format!("No commits between {} and {}", new.base, new.head);
        return Err(Refused::invalid("PullRequest", "base", "custom", &sentence));
    }
    let number = hub.with(|world| add(world, repository, new, (head_sha, base_sha), actor));
    refresh(hub, repository, number).await?;
    hub.with(|world| {
        event(world, repository, number, "opened", actor.account, json!({}));
    });
    Ok(number)
}

/// Writes the pull request down, before its test merge is known; answers its number.
fn add(
    world: &mut World,
    repository: u64,
    new: NewPull,
    (head_sha, base_sha): (String, String),
    actor: Actor,
) -> u64 {
    let number = world.next_number(repository);
    let id = world.next(Kind::Pull);
    let now = world.now;
    let owner = world.repositories.get(&new.head_repository).map_or(0, |found| found.owner);
    let pull = Pull {
        id,
        number,
        repository,
        title: new.title,
        body: new.body,
        open: true,
        draft: new.draft,
        head: PullHead { branch: new.head, sha: head_sha, repository: Some(new.head_repository), owner },
        base_ref: new.base,
        base_sha,
        author: actor.account,
        created_at: now,
        updated_at: now,
        closed_at: None,
        merged_at: None,
        merged_by: None,
        merge_commit: None,
        stats: Stats::default(),
    };
    world.pulls.insert((repository, number), pull);
    number
}

/// Checks that a pull request may be opened; answers the tips of head and base.
fn openable(world: &World, repository: u64, new: &NewPull) -> Result<(String, String), Refused> {
    let tip = |id: u64, branch: &str| {
        let found = world.repository(id).and_then(|found| found.branch(branch));
        found.map(str::to_owned)
    };
    let invalid = |field| Refused::invalid("PullRequest", field, "invalid", "");
    let head = tip(new.head_repository, &new.head).ok_or_else(|| invalid("head"))?;
    let base = tip(repository, &new.base).ok_or_else(|| invalid("base"))?;
    let same = world.pulls.values().any(|pull| {
        pull.open
            && pull.repository == repository
            && pull.base_ref == new.base
            && pull.head.branch == new.head
            && pull.head.repository == Some(new.head_repository)
    });
    if same {
        let owner = world.repositories.get(&new.head_repository).map_or(0, |found| found.owner);
        let sentence = format!("A pull request already exists for {}:{}.", world.login(owner), new.head);
        return Err(Refused::invalid("PullRequest", "", "custom", &sentence));
    }
    Ok((head, base))
}

/// Recomputes the pull request's refs, its test merge and its size. The caller holds the lock of
/// the base repository.
pub(crate) async fn refresh(hub: &Arc<Hub>, repository: u64, number: u64) -> Result<(), Refused> {
    let Some((pull, base, had_merge)) = hub.with(|world| {
        let pull = world.pulls.get(&(repository, number))?.clone();
        let home = world.repository(repository)?;
        let base = home.branch(&pull.base_ref).map(str::to_owned);
        let had_merge = home.refs.contains_key(&format!("refs/pull/{number}/merge"));
        Some((pull, base, had_merge))
    }) else {
        return Ok(());
    };
    let head = &pull.head.sha;
    if let Some(fork) = pull.head.repository.filter(|fork| *fork != repository) {
        hub.git.fetch_commit(repository, fork, head).await?;
    }
    let mut refs = vec![(format!("refs/pull/{number}/head"), Some(head.clone()))];
    let mut stats = pull.stats;
    let mut merge = None;
    if let Some(base) = &base {
        stats = hub.git.stats(repository, base, head).await?;
        if let Tree::Clean(tree) = hub.git.merge_trees(repository, None, base, head).await? {
            // A fixed date: the test merge of the same two commits is always the same commit.
            let signature = Signature::github(1_767_600_000);
            let message = format!("Merge {head} into {base}");
            let parents = [base.as_str(), head.as_str()];
            let sha =
                hub.git.commit_tree(repository, &tree, &parents, &message, &signature, &signature).await?;
            merge = Some(sha);
        }
    }
    if merge.is_some() || had_merge {
        refs.push((format!("refs/pull/{number}/merge"), merge.clone()));
    }
    hub.git.update_refs(repository, &refs).await?;
    hub.with(|world| {
        if let Some(home) = world.repositories.get_mut(&repository) {
            for (name, sha) in refs {
                match sha {
                    Some(sha) => home.refs.insert(name, sha),
                    None => home.refs.remove(&name),
                };
            }
        }
        if let Some(pull) = world.pulls.get_mut(&(repository, number)) {
            pull.merge_commit = merge;
            pull.stats = stats;
        }
    });
    Ok(())
}

/// Takes a pull request out of the merge queue, if it is in one.
pub(super) fn leave_queue(world: &mut World, place: (u64, u64), reason: &str, sender: u64) {
    if world.queued.remove(&place) {
        event(world, place.0, place.1, "dequeued", sender, json!({ "reason": reason }));
    }
}

/// Closes without merging.
pub(crate) fn close(hub: &Hub, repository: u64, number: u64, sender: u64) {
    hub.with(|world| {
        let now = world.now;
        let Some(pull) = world.pulls.get_mut(&(repository, number)) else {
            return;
        };
        if !pull.open {
            return;
        }
        pull.open = false;
        pull.closed_at = Some(now);
        pull.updated_at = now;
        leave_queue(world, (repository, number), "MANUAL", sender);
        event(world, repository, number, "closed", sender, json!({}));
    });
}

/// Opens a closed pull request again.
pub(crate) async fn reopen(hub: &Arc<Hub>, repository: u64, number: u64, sender: u64) -> Result<(), Refused> {
    let _guard = hub.lock(repository).await;
    let invalid = |sentence: &str| Refused::invalid("PullRequest", "state", "custom", sentence);
    hub.with(|world| {
        let pull = world.pulls.get(&(repository, number)).ok_or_else(Refused::not_found)?;
        if pull.merged() {
            return Err(invalid("state cannot be changed. The pull request cannot be reopened."));
        }
        let tip = |id: Option<u64>, branch: &str| {
            let found = id.and_then(|id| world.repository(id));
            found.and_then(|found| found.branch(branch)).map(str::to_owned)
        };
        let head = tip(pull.head.repository, &pull.head.branch)
            .ok_or_else(|| invalid("state cannot be changed. The head branch has been deleted."))?;
        let base = tip(Some(repository), &pull.base_ref)
            .ok_or_else(|| invalid("state cannot be changed. The base branch has been deleted."))?;
        let now = world.now;
        if let Some(pull) = world.pulls.get_mut(&(repository, number)) {
            pull.open = true;
            pull.closed_at = None;
            pull.updated_at = now;
            pull.head.sha = head;
            pull.base_sha = base;
        }
        Ok(())
    })?;
    refresh(hub, repository, number).await?;
    hub.with(|world| event(world, repository, number, "reopened", sender, json!({})));
    Ok(())
}

/// Gives a pull request another base.
pub(crate) async fn retarget(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    base: &str,
    sender: u64,
) -> Result<(), Refused> {
    let _guard = hub.lock(repository).await;
    let closed = hub.with(|world| world.pulls.get(&(repository, number)).is_none_or(|pull| !pull.open));
    if closed {
        let sentence = "Cannot change the base branch of a closed pull request.";
        return Err(Refused::invalid("PullRequest", "base", "custom", sentence));
    }
    retarget_locked(hub, repository, number, base, sender).await
}

pub(super) async fn retarget_locked(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    base: &str,
    sender: u64,
) -> Result<(), Refused> {
    let tip = hub.with(|world| world.repository(repository)?.branch(base).map(str::to_owned));
    let Some(tip) = tip else {
        return Err(Refused::invalid("PullRequest", "base", "invalid", ""));
    };
    let head = hub.with(|world| world.pulls.get(&(repository, number)).map(|pull| pull.head.sha.clone()));
    if hub.git.contains(repository, &tip, &head.unwrap_or_default()).await? {
        let sentence = format!("There are no new commits between base branch '{base}' and the head branch");
        return Err(Refused::invalid("PullRequest", "base", "custom", &sentence));
    }
    let old = hub.with(|world| {
        let now = world.now;
        let pull = world.pulls.get_mut(&(repository, number))?;
        pull.updated_at = now;
        let sha = std::mem::replace(&mut pull.base_sha, tip);
        Some((std::mem::replace(&mut pull.base_ref, base.to_owned()), sha))
    });
    refresh(hub, repository, number).await?;
    let Some((from_ref, from_sha)) = old else {
        return Ok(());
    };
    if from_ref != base {
        let changes = json!({ "base": { "ref": { "from": from_ref }, "sha": { "from": from_sha } } });
        hub.with(|world| {
            event(world, repository, number, "edited", sender, json!({ "changes": changes }));
        });
    }
    Ok(())
}

/// Changes title or body.
pub(crate) fn edit(
    hub: &Hub,
    repository: u64,
    number: u64,
    title: Option<String>,
    body: Option<String>,
    sender: u64,
) {
    hub.with(|world| {
        let now = world.now;
        let Some(pull) = world.pulls.get_mut(&(repository, number)) else {
            return;
        };
        let mut changes = json!({});
        if let Some(title) = title.filter(|title| *title != pull.title) {
            let from = std::mem::replace(&mut pull.title, title);
            changes["title"] = json!({ "from": from });
        }
        if let Some(body) = body.filter(|body| Some(body) != pull.body.as_ref()) {
            let from = pull.body.replace(body).unwrap_or_default();
            changes["body"] = json!({ "from": from });
        }
        if changes.as_object().is_some_and(|changes| !changes.is_empty()) {
            pull.updated_at = now;
            event(world, repository, number, "edited", sender, json!({ "changes": changes }));
        }
    });
}

/// Makes a draft ready for review, or a ready one a draft.
pub(crate) fn set_draft(hub: &Hub, repository: u64, number: u64, draft: bool, sender: u64) {
    hub.with(|world| {
        let now = world.now;
        let Some(pull) = world.pulls.get_mut(&(repository, number)) else {
            return;
        };
        if pull.draft != draft {
            pull.draft = draft;
            pull.updated_at = now;
            let action = if draft { "converted_to_draft" } else { "ready_for_review" };
            event(world, repository, number, action, sender, json!({}));
        }
    });
}
