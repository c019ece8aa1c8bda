//! What becomes of pull requests when their branches move.

use std::sync::Arc;

use serde_json::json;

use super::pulls::{close, event, leave_queue, refresh, retarget_locked};
use super::reviews;
use crate::Refused;
use crate::hub::Hub;
use crate::model::World;

/// A merge through a pull request that is under way while its base moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merging {
    pub(crate) number: u64,
}

/// A head branch moved (or went): its open pull requests follow.
pub(crate) async fn head_moved(
    hub: &Arc<Hub>,
    repository: u64,
    branch: &str,
    after: Option<&str>,
    sender: u64,
) -> Result<(), Refused> {
    for (base, number) in hub.with(|world| world.pulls_from(repository, branch)) {
        // A fork's lock is always taken before its parent's, never the other way round.
        let guard = if base == repository { None } else { Some(hub.lock(base).await) };
        let Some(after) = after else {
            close(hub, base, number, sender);
            continue;
        };
        let Some(before) = hub.with(|world| retip(world, base, number, after)) else {
            continue;
        };
        refresh(hub, base, number).await?;
        let extra = json!({ "before": before, "after": after });
        hub.with(|world| {
            leave_queue(world, (base, number), "UNKNOWN_REMOVAL_REASON", sender);
            event(world, base, number, "synchronize", sender, extra);
            reviews::dismiss_stale(world, (base, number), sender);
        });
        drop(guard);
    }
    Ok(())
}

/// Gives a pull request its new head; answers the old one.
fn retip(world: &mut World, repository: u64, number: u64, after: &str) -> Option<String> {
    let now = world.now;
    let base = world.pulls.get(&(repository, number))?.base_ref.clone();
    let base = world.repository(repository)?.branch(&base).map(str::to_owned);
    let pull = world.pulls.get_mut(&(repository, number))?;
    if let Some(base) = base {
        pull.base_sha = base;
    }
    pull.updated_at = now;
    Some(std::mem::replace(&mut pull.head.sha, after.to_owned()))
}

/// A base branch moved (or went): its open pull requests are merged by it, or merge differently
/// from now on.
pub(crate) async fn base_moved(
    hub: &Arc<Hub>,
    repository: u64,
    branch: &str,
    after: Option<&str>,
    sender: u64,
    merging: Option<Merging>,
) -> Result<(), Refused> {
    for number in hub.with(|world| world.pulls_into(repository, branch)) {
        let Some(after) = after else {
            base_gone(hub, repository, number, branch, sender).await?;
            continue;
        };
        let head = hub.with(|world| world.pulls.get(&(repository, number)).map(|pull| pull.head.sha.clone()));
        let Some(head) = head else {
            continue;
        };
        let chosen = merging.is_some_and(|merging| merging.number == number);
        if chosen || hub.git.contains(repository, after, &head).await? {
            hub.with(|world| mark_merged(world, repository, number, after, sender));
        } else {
            refresh(hub, repository, number).await?;
        }
    }
    Ok(())
}

fn mark_merged(world: &mut World, repository: u64, number: u64, merge: &str, sender: u64) {
    let now = world.now;
    if let Some(pull) = world.pulls.get_mut(&(repository, number)) {
        pull.open = false;
        pull.merged_at = Some(now);
        pull.closed_at = Some(now);
        pull.updated_at = now;
        pull.merged_by = Some(sender);
        pull.merge_commit = Some(merge.to_owned());
    }
    leave_queue(world, (repository, number), "MERGE", sender);
    event(world, repository, number, "closed", sender, json!({}));
}

/// The base branch was deleted. If it had itself been merged by a pull request, GitHub points the
/// ones that were stacked on it at that one's base; otherwise it closes them.
async fn base_gone(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    branch: &str,
    sender: u64,
) -> Result<(), Refused> {
    let next = hub.with(|world| {
        let merged = world.pulls.values().rev().find(|pull| {
            pull.repository == repository
                && pull.merged()
                && pull.head.branch == branch
                && pull.head.repository == Some(repository)
        });
        merged.map(|pull| pull.base_ref.clone())
    });
    if let Some(base) = next {
        return retarget_locked(hub, repository, number, &base, sender).await;
    }
    close(hub, repository, number, sender);
    Ok(())
}
