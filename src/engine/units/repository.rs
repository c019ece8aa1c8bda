//! A repository as a whole: what is stored is compared with what GitHub has, so that a lost event is
//! made good; and people's requests to judge a commit again.

use super::news::{News, pull_row, repository_row};
use super::pull::left;
use crate::engine::room::{Room, Trouble};
use crate::flow::{BranchName, CommitId, Millis, PullNumber, RepositoryId, Role, TipSource};
use crate::github::events::{RecheckEvent, RepositoryEvent};
use crate::lineage::Repository;
use crate::store::{Change, JudgedPull, RepositoryRow, RepositoryState, TipRow, Unit};
use std::collections::HashMap;

/// How often a repository is compared with GitHub when nothing else calls for it, in milliseconds.
pub(super) const RECONCILE_EVERY: Millis = 60 * 60_000;

pub(super) async fn run(room: &Room, unit: &Unit, id: RepositoryId) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let mut changes = news.digested(unit);
    let known = room.store.repository(id).await?;
    let Some(row) = newest(&news, known) else { return Ok(changes) };
    if row.state == RepositoryState::Active {
        let open = room.store.open_pulls(id).await?;
        changes.extend(asked_again(&news, id, &open));
        let recent = row.reconciled_at.is_some_and(|at| at + RECONCILE_EVERY > room.now());
        if news.deliveries.is_empty() || !recent {
            let reconciled_at = Some(room.now());
            changes.extend(reconcile(room, &row, open).await?);
            changes.push(Change::Repository(RepositoryRow { reconciled_at, ..row }));
            return Ok(changes);
        }
    }
    changes.push(Change::Repository(row));
    Ok(changes)
}

/// The repository after the last event that tells of it.
fn newest(news: &News, known: Option<RepositoryRow>) -> Option<RepositoryRow> {
    let (events, _) = news.events::<RepositoryEvent>(&["repository"]);
    events.into_iter().fold(known, |known, (delivery, event)| {
        let installation = delivery.installation.or(known.as_ref().map(|row| row.installation))?;
        let reconciled_at = known.and_then(|row| row.reconciled_at);
        let mut row = repository_row(&event.repository, installation, reconciled_at);
        if event.action == "deleted" {
            row.state = RepositoryState::Gone;
        }
        Some(row)
    })
}

/// Somebody pressed "Re-run" or our button: GitHub has reset what it shows, so it is sent again even if
/// the verdict stays.
fn asked_again(news: &News, id: RepositoryId, open: &[JudgedPull]) -> Vec<Change> {
    let (events, _) = news.events::<RecheckEvent>(&["check_run", "check_suite"]);
    let heads = events.iter().filter_map(|(_, event)| event.check_run.or(event.check_suite));
    let heads: Vec<CommitId> = heads.map(|it| it.head_sha).collect();
    let meant = open.iter().map(|it| &it.pull).filter(|pull| heads.contains(&pull.head_commit));
    meant
        .flat_map(|pull| {
            let check = Unit::Check(id, pull.head_commit, pull.base_branch.clone());
            [Change::Resend(check), Change::Mark(Unit::Pull(id, pull.number))]
        })
        .collect()
}

async fn reconcile(room: &Room, row: &RepositoryRow, open: Vec<JudgedPull>) -> Result<Vec<Change>, Trouble> {
    let mut changes = pulls(room, row, open).await?;
    let remote = room.remote(row).await?;
    let mirror = room.mirrors.of(row.id);
    mirror.fetch(&remote, &[]).await.map_err(|error| Trouble::later(error.to_string()))?;
    let repository = mirror.repository(Some(remote));
    let mut moved = false;
    for branch in room.flow.judged_branches() {
        let tips = tips(room, row.id, branch, &repository).await?;
        moved |= !tips.is_empty();
        changes.extend(tips);
    }
    if moved {
        let open = changes.iter().filter_map(|change| match change {
            Change::Pull(pull) if room.flow.role(&pull.base_branch) != Role::Topic => Some(pull.number),
            _ => None,
        });
        let marks: Vec<_> = open.map(|number| Change::Mark(Unit::Pull(row.id, number))).collect();
        changes.extend(marks);
    }
    Ok(changes)
}

/// Compares the open pull requests with those that GitHub names; what differs is judged anew.
async fn pulls(room: &Room, row: &RepositoryRow, open: Vec<JudgedPull>) -> Result<Vec<Change>, Trouble> {
    let mut known: HashMap<PullNumber, JudgedPull> =
        open.into_iter().map(|it| (it.pull.number, it)).collect();
    let mut changes = Vec::new();
    for pull in room.api.open_pulls(row.installation, &row.full_name).await? {
        let pull = pull_row(&pull, row.id)?;
        let judged = known.remove(&pull.number);
        let as_judged = judged.is_some_and(|it| {
            it.judged_head == Some(pull.head_commit) && it.judged_base.as_ref() == Some(&pull.base_branch)
        });
        if !as_judged && room.flow.role(&pull.base_branch) != Role::Topic {
            changes.push(Change::Mark(Unit::Pull(row.id, pull.number)));
        }
        changes.push(Change::Pull(pull));
    }
    // Those that GitHub no longer names were closed meanwhile: each is asked about by itself.
    for (number, before) in known {
        let pull = room.api.pull(row.installation, &row.full_name, number).await?;
        let pull = pull_row(&pull, row.id)?;
        changes.extend(left(room, &before, &pull).await?);
        changes.push(Change::Pull(pull));
    }
    Ok(changes)
}

/// The ledger entries that a branch lacks: all of its line when nothing is known yet, its present tip
/// when a push was missed.
async fn tips(
    room: &Room,
    id: RepositoryId,
    branch: &BranchName,
    repository: &Repository,
) -> Result<Vec<Change>, Trouble> {
    let asking = |error: crate::lineage::GitError| Trouble::later(error.to_string());
    let present = repository.branch(branch).await.map_err(asking)?;
    let newest = room.store.newest_tip(id, branch).await?;
    let entry = |commit, before, at, source| {
        Change::Tip(TipRow {
            repository: id,
            branch: branch.clone(),
            commit,
            before,
            at,
            forced: false,
            actor: None,
            source,
        })
    };
    match (newest, present) {
        (None, None) => Ok(Vec::new()),
        (None, Some(present)) => {
            let line = repository.first_parents(present, room.now() / 1000).await.map_err(asking)?;
            Ok(line
                .into_iter()
                .map(|(commit, at)| entry(Some(commit), None, at, TipSource::Backfill))
                .collect())
        }
        (Some(newest), present) if newest.commit == present => Ok(Vec::new()),
        (Some(newest), present) => {
            Ok(vec![entry(present, newest.commit, room.now() / 1000, TipSource::Reconciled)])
        }
    }
}
