//! A branch that was pushed to: the ledger learns of it, and what may be judged otherwise now is looked
//! at again.

use super::news::{News, repository_row};
use crate::engine::room::{Room, Trouble};
use crate::flow::{BranchName, CommitId, RepositoryId, Role, TipSource};
use crate::github::events::PushEvent;
use crate::store::{Change, DeliveryRow, PushRow, TipRow, Unit};

pub(super) async fn run(
    room: &Room,
    unit: &Unit,
    id: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let mut changes = news.digested(unit);
    let (pushes, all_read) = news.events::<PushEvent>(&["push"]);
    let on_path = room.flow.role(branch) != Role::Topic;
    let mut newest = room.store.newest_tip(id, branch).await?.and_then(|tip| tip.commit);
    for (delivery, push) in &pushes {
        if let Some(installation) = delivery.installation {
            changes.push(Change::Introduced(repository_row(&push.repository.repository, installation, None)));
        }
        if on_path {
            let tip = tip(id, branch, delivery, push);
            changes.extend(unheard_of(&tip, newest).map(Change::Tip));
            newest = tip.commit;
            changes.push(Change::Tip(tip));
        } else if !push.deleted {
            changes.push(Change::Push(topic_push(id, branch, delivery, push)));
        }
    }
    if !all_read {
        changes.push(Change::Mark(Unit::Repository(id)));
    }
    if on_path {
        // Whose base or head moved must be judged anew, and any topic may carry what another branch gained.
        let open = room.store.open_pulls(id).await?;
        let judged = open.into_iter().filter(|it| room.flow.role(&it.pull.base_branch) != Role::Topic);
        changes.extend(judged.map(|it| Change::Mark(Unit::Pull(id, it.pull.number))));
    }
    Ok(changes)
}

/// What the branch pointed at before a push, where nobody told of it: it belongs to its line too.
fn unheard_of(tip: &TipRow, newest: Option<CommitId>) -> Option<TipRow> {
    let before = tip.before.filter(|before| newest != Some(*before))?;
    let source = TipSource::Reconciled;
    Some(TipRow { commit: Some(before), before: None, forced: false, actor: None, source, ..tip.clone() })
}

fn tip(repository: RepositoryId, branch: &BranchName, delivery: &DeliveryRow, push: &PushEvent) -> TipRow {
    TipRow {
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

fn topic_push(
    repository: RepositoryId,
    branch: &BranchName,
    delivery: &DeliveryRow,
    push: &PushEvent,
) -> PushRow {
    PushRow { repository, branch: branch.clone(), commit: push.after, at: pushed_at(delivery, push) }
}

fn pushed_at(delivery: &DeliveryRow, push: &PushEvent) -> i64 {
    let told = push.repository.pushed_at.as_ref().and_then(serde_json::Value::as_i64);
    told.unwrap_or(delivery.received_at / 1000)
}
