//! A branch that was pushed to: the ledger learns of it, and what may be judged otherwise now is looked
//! at again.

use super::affected_pull_requests::{Move, affected};
use super::open_promotions;
use super::pending_deliveries::PendingDeliveries;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::events::{PushEvent, WORKFLOWS};
use crate::model::config::{CONFIGURATION_PATH, RepositoryConfig};
use crate::model::{
    self, BranchName, CommitId, LedgerEntry, PullNumber, PushedAt, RepositoryId, Role, TipSource,
    UnixSeconds, error_chain, in_order,
};
use crate::store::{Change, DeliveryRow, RepositoryState, TopicMove, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let Some((row, introduced)) = pending.repository(ctx, id).await? else { return Ok(changes) };
    changes.extend(introduced);
    let (pushes, all_read) = pending.events::<PushEvent>(&["push"]);
    if row.state != RepositoryState::Active && ctx.store.configuration(id).await?.is_none() {
        // Nobody may read its file, so nobody knows what the branch is. Once it is looked after, it is looked at.
        return Ok(changes);
    }
    let config = ctx.repository_config(&row).await?;
    let on_path = config.path.role(branch) != Role::Topic;
    let mut newest = ctx.store.newest_tip(id, branch).await?.and_then(|tip| tip.commit);
    let mut moves = Vec::new();
    for (delivery, push) in &pushes {
        if on_path {
            let tip = tip(id, branch, delivery, push);
            changes.extend(unheard_of(&tip, newest).map(Change::Tip));
            newest = tip.commit;
            moves.push(Move { from: tip.before, to: tip.commit });
            changes.push(Change::Tip(tip));
        }
    }
    if !on_path {
        changes.extend(pushes_of_topic(ctx, id, branch, &pushes).await?);
    }
    let by_force = pushes.iter().any(|(_, push)| push.forced);
    if on_path && (by_force || ctx.store.effect(&WorkItem::BranchAlarm(id, branch.clone())).await?.is_some())
    {
        changes.push(Change::Mark(WorkItem::BranchRewrite(id, branch.clone())));
    }
    let rows = pushes.iter().map(|(_, push)| push);
    let mut to_default = rows.filter(|push| push.repository.default_branch == branch.as_str());
    if to_default.any(|push| push.may_touch(CONFIGURATION_PATH) || push.may_touch(WORKFLOWS)) {
        changes.push(Change::Mark(WorkItem::Configuration(id)));
    }
    // The first branch of the path makes what was passed over so far one to be looked at.
    let has_come = on_path && pushes.iter().any(|(_, push)| push.before.is_zero() && !push.deleted);
    if !all_read || (has_come && !ctx.mirrors.of(id).exists()) {
        changes.push(Change::Mark(WorkItem::Repository(id)));
    }
    changes.extend(follows(&config, id, branch));
    // One that is merged just now may be recorded meanwhile, and waits for this very push.
    if on_path || ctx.store.hotfixes(id).await?.iter().any(|it| it.branch == *branch && it.landed.is_none()) {
        changes.push(Change::Mark(WorkItem::Hotfixes(id)));
    }
    if let Role::Environment(environment) = config.path.role(branch) {
        changes.extend(open_promotions::concerned(ctx, id, (&config.path, environment)).await?);
    }
    if on_path {
        let numbers = to_judge(ctx, &config, id, branch, &moves).await?;
        changes.extend(numbers.into_iter().map(|number| Change::Mark(WorkItem::PullRequest(id, number))));
    }
    Ok(changes)
}

/// What a move of a branch asks for: its deploy, and that the copy branch is looked at.
fn follows(config: &RepositoryConfig, id: RepositoryId, branch: &BranchName) -> Vec<Change> {
    let mut changes = Vec::new();
    let copied = config.path.copy.as_ref();
    match config.path.role(branch) {
        Role::Environment(environment) => {
            changes.push(Change::Mark(WorkItem::Environment(id, (&environment.name).into())));
            if copied.is_some_and(|copy| copy.of == environment.name) {
                changes.push(Change::Mark(WorkItem::Copy(id)));
            }
        }
        Role::Copy(_) => changes.push(Change::Mark(WorkItem::Copy(id))),
        Role::Topic => {}
    }
    changes
}

/// The pull requests whose verdict can depend on the moves. Where git does not answer, all of them: each then
/// says so.
async fn to_judge(
    ctx: &EngineContext,
    config: &RepositoryConfig,
    id: RepositoryId,
    branch: &BranchName,
    moves: &[Move],
) -> Result<Vec<PullNumber>, WorkError> {
    let open = ctx.open_to_tell(id).await?;
    let Some(row) = ctx.store.repository(id).await?.filter(|_| !open.is_empty() && !moves.is_empty()) else {
        return Ok(open.into_iter().map(|it| it.pull.number).collect());
    };
    let looked = async {
        let mirror = ctx.mirror(&row).await?;
        let repository = mirror.fetched(&[]).await?;
        Ok::<_, WorkError>(affected(config, branch, moves, &open, &repository).await?)
    };
    match looked.await {
        Ok(numbers) => Ok(numbers),
        Err(error) => {
            tracing::warn!(
                error = error_chain(&error.failure),
                "it cannot be told which pull requests are affected, so all are judged"
            );
            Ok(open.into_iter().map(|it| it.pull.number).collect())
        }
    }
}

/// What the branch pointed at before a push, where nobody told of it: it belongs to its line too.
fn unheard_of(tip: &LedgerEntry, newest: Option<CommitId>) -> Option<LedgerEntry> {
    let before = tip.before.filter(|before| newest != Some(*before))?;
    let source = TipSource::Reconciled;
    Some(LedgerEntry {
        commit: Some(before),
        before: None,
        forced: false,
        actor: None,
        source,
        ..tip.clone()
    })
}

fn tip(
    repository: RepositoryId,
    branch: &BranchName,
    delivery: &DeliveryRow,
    push: &PushEvent,
) -> LedgerEntry {
    LedgerEntry {
        repository,
        branch: branch.clone(),
        commit: (!push.after.is_zero()).then_some(push.after),
        before: (!push.before.is_zero()).then_some(push.before),
        at: pushed_at(delivery, push),
        forced: push.forced,
        actor: push.sender.as_ref().map(|sender| sender.login.clone()),
        source: TipSource::Push,
    }
}

async fn pushes_of_topic(
    ctx: &EngineContext,
    repository: RepositoryId,
    branch: &BranchName,
    pushes: &[(&DeliveryRow, PushEvent)],
) -> Result<Vec<Change>, WorkError> {
    let mut known = ctx.store.topic_moves(repository, branch).await?;
    let mut changes = Vec::new();
    for (delivery, push) in pushes {
        if !push.deleted {
            changes.push(Change::Push(repository, branch.clone(), topic_push(delivery, push)));
        }
        let mut step = tip(repository, branch, delivery, push).as_move();
        if told_at(push).is_none() {
            step.at = at_the_latest(&step, &known);
        }
        known.push(step);
        let (branch, delivery) = (branch.clone(), delivery.guid.clone());
        changes.push(Change::TopicMoved(TopicMove { repository, branch, delivery, step }));
    }
    Ok(changes)
}

/// When a push that was not dated happened at the latest: before the one that begins where it ends, unless it begins where
/// the branch was last.
fn at_the_latest(step: &model::Move, known: &[model::Move]) -> UnixSeconds {
    let led_to = |next: &model::Move| known.iter().any(|it| it.after == next.before && it.at <= next.at);
    let follows = |next: &&model::Move| next.before == step.after && next.at < step.at && !led_to(next);
    let newest = in_order(known).last().map(|it| known[it.index].after);
    if newest == Some(step.before) {
        return step.at;
    }
    known.iter().filter(follows).map(|next| next.at).min().unwrap_or(step.at)
}

fn topic_push(delivery: &DeliveryRow, push: &PushEvent) -> PushedAt {
    let (commit, is_new) = (push.after, push.tip_is_new());
    PushedAt { commit, at: pushed_at(delivery, push), is_new }
}

fn pushed_at(delivery: &DeliveryRow, push: &PushEvent) -> UnixSeconds {
    told_at(push).unwrap_or_else(|| delivery.received_at.to_seconds())
}

fn told_at(push: &PushEvent) -> Option<UnixSeconds> {
    push.repository.pushed_at.as_i64().map(UnixSeconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(before: u8, after: u8, at: i64) -> model::Move {
        let commit = |seed: u8| Some(CommitId::from_bytes([seed; 20]));
        let (before, after, at) = (commit(before), commit(after), UnixSeconds(at));
        model::Move { before, after, at, source: TipSource::Push }
    }

    #[test]
    fn a_push_without_a_date_that_is_told_late_looks_no_newer_than_what_came_after_it() {
        let known = [push(8, 9, 5), push(1, 2, 10)];
        assert_eq!(at_the_latest(&push(9, 1, 100), &known), UnixSeconds(10));
        assert_eq!(at_the_latest(&push(2, 1, 100), &known), UnixSeconds(100), "it goes on from the newest");
        assert_eq!(at_the_latest(&push(9, 7, 100), &known), UnixSeconds(100), "nothing begins where it ends");
        let whole = [push(9, 1, 5), push(1, 2, 10)];
        assert_eq!(at_the_latest(&push(7, 1, 100), &whole), UnixSeconds(100), "another led there");
    }
}
