//! Asynchronous merges. A request checks only the state of the pull request; the rules are checked when the merge runs.

use std::sync::Arc;

use serde_json::json;

use super::Actor;
use super::merging::{Method, Wishes, merge_pull, not_mergeable};
use super::pulls::event;
use crate::Refused;
use crate::hub::Hub;
use crate::model::{AsyncMerge, MergeAction, MergeOutcome, Pull, World};

/// GitHub's sentence when the head is not the one that was asked for.
const MOVED: &str = "Pull request head branch was modified.";

/// The options of a request.
#[derive(Debug, Clone)]
pub(crate) struct AsyncWishes {
    pub(crate) method: Option<Method>,
    pub(crate) action: MergeAction,
    /// The head that the asker has seen.
    pub(crate) sha: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Requested {
    AlreadyMerged(String),
    AlreadyEnqueued,
    NotReady(&'static str),
    /// Another request is pending, with its own options.
    Exists(String),
    Accepted(String),
}

/// Requests a merge. It runs by itself, unless the stand-in holds merges back.
pub(crate) fn request(
    hub: &Arc<Hub>,
    place: (u64, u64),
    wishes: AsyncWishes,
    actor: Actor,
) -> Result<Requested, Refused> {
    let (said, held) =
        hub.with(|world| Ok::<_, Refused>((ask(world, place, wishes, actor)?, world.holds_merges)))?;
    if let Requested::Accepted(uuid) = &said
        && !held
    {
        tokio::spawn(run(Arc::clone(hub), uuid.clone()));
    }
    Ok(said)
}

fn ask(
    world: &mut World,
    place: (u64, u64),
    wishes: AsyncWishes,
    actor: Actor,
) -> Result<Requested, Refused> {
    let pull = world.pulls.get(&place).ok_or_else(Refused::not_found)?;
    if pull.merged() {
        return Ok(Requested::AlreadyMerged(pull.merge_commit.clone().unwrap_or_default()));
    }
    if world.queued.contains(&place) {
        return Ok(Requested::AlreadyEnqueued);
    }
    let members = up_to(world, pull);
    if members.iter().any(|member| !member.open) {
        return Ok(Requested::NotReady("Pull request is closed."));
    }
    if members.iter().any(|member| member.draft) {
        return Ok(Requested::NotReady("Pull request is still a draft."));
    }
    let expected = pull.head.sha.clone();
    if wishes.sha.is_some_and(|seen| seen != expected) {
        return Ok(Requested::NotReady(MOVED));
    }
    let running = world.merges_of(place).find(|merge| merge.outcome == MergeOutcome::Pending);
    if let Some(running) = running {
        return Ok(Requested::Exists(running.uuid.clone()));
    }
    let uuid = world.next_guid();
    world.merges.push(AsyncMerge {
        uuid: uuid.clone(),
        repository: place.0,
        number: place.1,
        method: wishes.method.map(|method| method.name().to_owned()),
        action: wishes.action,
        expected,
        title: wishes.title,
        message: wishes.message,
        account: actor.account,
        app: actor.app,
        outcome: MergeOutcome::Pending,
        updated_at: world.now,
    });
    Ok(Requested::Accepted(uuid))
}

/// The pull requests that merge together: in a stack all unmerged ones up to this one, lowest first; otherwise only this one.
fn up_to<'world>(world: &'world World, pull: &'world Pull) -> Vec<&'world Pull> {
    let Some((stack, place)) = world.stack_of(pull) else {
        return vec![pull];
    };
    let members = stack.pulls.iter().take(place);
    let members = members.filter_map(|number| world.pulls.get(&(pull.repository, *number)));
    members.filter(|member| !member.merged()).collect()
}

/// Runs a pending merge and stores its outcome.
pub(crate) async fn run(hub: Arc<Hub>, uuid: String) {
    let find = |world: &mut World| world.merges.iter().find(|merge| merge.uuid == uuid).cloned();
    let Some(merge) = hub.with(find).filter(|merge| merge.outcome == MergeOutcome::Pending) else {
        return;
    };
    let outcome = match carry_out(&hub, &merge).await {
        Ok(outcome) => outcome,
        Err(refused) if refused.status == 409 => MergeOutcome::Failed(MOVED.to_owned()),
        Err(refused) => MergeOutcome::Failed(refused.message),
    };
    hub.with(|world| {
        let now = world.now;
        if let Some(merge) = world.merges.iter_mut().find(|merge| merge.uuid == uuid) {
            merge.outcome = outcome;
            merge.updated_at = now;
        }
    });
}

/// Runs all pending merges, in the order of their requests.
pub(crate) async fn run_all(hub: &Arc<Hub>) {
    let pending: Vec<String> = hub.with(|world| {
        let all = world.merges.iter().filter(|merge| merge.outcome == MergeOutcome::Pending);
        all.map(|merge| merge.uuid.clone()).collect()
    });
    for uuid in pending {
        run(Arc::clone(hub), uuid).await;
    }
}

async fn carry_out(hub: &Arc<Hub>, merge: &AsyncMerge) -> Result<MergeOutcome, Refused> {
    let place = (merge.repository, merge.number);
    let actor = Actor { account: merge.account, app: merge.app };
    let method = match merge.method.as_deref() {
        Some("squash") => Method::Squash,
        Some("rebase") => Method::Rebase,
        _ => Method::Merge,
    };
    let members = hub.with(|world| {
        let pull = world.pulls.get(&place).ok_or_else(Refused::not_found)?;
        if pull.head.sha != merge.expected {
            return Err(Refused::new(409, MOVED));
        }
        let queue = world.protection_of(pull).is_some_and(|protection| protection.queue);
        if merge.action == MergeAction::Queue || queue && merge.action == MergeAction::Default {
            enqueue(world, merge, queue)?;
            return Ok(None);
        }
        let members = up_to(world, pull);
        for member in &members {
            if member.open && member.merge_commit.is_none() {
                let sentence = "Merge conflict: the pull request could not be merged.";
                return Err(Refused::new(405, sentence));
            }
            if let Some(refused) = not_mergeable(world, member, method, actor) {
                return Err(refused);
            }
        }
        Ok(Some(members.iter().map(|member| member.number).collect::<Vec<u64>>()))
    })?;
    let Some(members) = members else {
        return Ok(MergeOutcome::Enqueued);
    };
    let mut outcome = MergeOutcome::Pending;
    for number in members {
        let mut wishes = Wishes::default();
        if number == merge.number {
            wishes.sha = Some(merge.expected.clone());
            wishes.title.clone_from(&merge.title);
            wishes.message.clone_from(&merge.message);
        }
        let merged = merge_pull(hub, place.0, number, method, wishes, actor).await?;
        outcome = MergeOutcome::Merged(merged.sha);
    }
    Ok(outcome)
}

/// Puts a pull request into the queue of its base, if the rules would let it merge.
fn enqueue(world: &mut World, merge: &AsyncMerge, queue: bool) -> Result<(), Refused> {
    let place = (merge.repository, merge.number);
    if !queue {
        return Err(Refused::new(405, "The merge queue is not enabled for this branch."));
    }
    if merge.method.is_some() || merge.title.is_some() || merge.message.is_some() {
        let sentence = "Custom merge params are not supported when merging via a merge queue";
        return Err(Refused::new(405, sentence));
    }
    let pull = world.pulls.get(&place).ok_or_else(Refused::not_found)?;
    if let Some(sentence) = world.blocked(pull) {
        return Err(Refused::new(405, sentence));
    }
    world.queued.insert(place);
    event(world, place.0, place.1, "enqueued", merge.account, json!({}));
    Ok(())
}
