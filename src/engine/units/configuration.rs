//! The configuration of a repository: read again, and what it changes is judged again.

use super::reconfigured::{judged, reconfigured};
use super::withdrawal::checks;
use crate::engine::room::{Room, Trouble};
use crate::flow::{CommitId, PullNumber, RepositoryId, RepositoryName};
use crate::store::{Change, ChecksOf, RepositoryRow, RepositoryState, Unit};

pub(super) async fn run(room: &Room, id: RepositoryId) -> Result<Vec<Change>, Trouble> {
    let row = room.store.repository(id).await?;
    let Some(row) = row.filter(|row| row.state == RepositoryState::Active) else { return Ok(Vec::new()) };
    read_again(room, &row).await
}

/// Where nobody deploys, or a workflow alone tells that somebody does, it is looked for.
async fn somebody_may_deploy_now(room: &Room, row: &RepositoryRow) -> Result<Vec<Change>, Trouble> {
    let known = room.store.deploy_activity(row.id).await?;
    if known.dormant_at.is_none() || known.reported_at.is_some() || known.taken_up_at.is_some() {
        return Ok(Vec::new());
    }
    let Some(found) = room.look_for_workflow(row, &known).await? else { return Ok(Vec::new()) };
    let flow = room.rulebook(row.id).await?.flow;
    let environments = flow.environments.iter().map(|it| Unit::Environment(row.id, (&it.name).into()));
    let marks = environments.chain([Unit::Copy(row.id)]).map(Change::Mark);
    Ok(std::iter::once(found).chain(marks).collect())
}

/// Reads the configuration. Where it means something else than before, every open pull request is judged
/// again, and the branches that it names are compared with the ledger.
pub(super) async fn read_again(room: &Room, row: &RepositoryRow) -> Result<Vec<Change>, Trouble> {
    let known = room.store.configuration(row.id).await?;
    let read = room.read_configuration(row, known.as_ref()).await?;
    let before = known.is_some().then_some(room.rulebook(row.id).await?);
    let as_before = known.is_some_and(|known| known.place == read.place && known.text == read.text);
    let mut changes = somebody_may_deploy_now(room, row).await?;
    if as_before {
        return Ok(changes);
    }
    let now = room.book_of(read.clone());
    if RepositoryName::from(&row.full_name).is_shared() {
        // It counts for all those of the account that have none of their own.
        let others = room.judged_by_another(row, &read).await?;
        changes.extend(others.iter().map(|it| Change::Mark(Unit::Configuration(it.id))));
    }
    changes.push(Change::Configuration(read));
    // A merge may have waited for the file to be mended, or for somebody to be named who deploys it.
    let environments = now.flow.environments.iter().map(|it| Unit::Environment(row.id, (&it.name).into()));
    changes.extend(environments.chain([Unit::Copy(row.id)]).map(Change::Mark));
    let open = room.store.open_pulls(row.id).await?;
    let again: Vec<PullNumber> = match before {
        Some(before) if before.invalid.is_none() && now.invalid.is_none() => {
            if judged(&before.flow) != judged(&now.flow) {
                // The ledger of a branch that was not judged before is filled in.
                changes.push(Change::Mark(Unit::Repository(row.id)));
            }
            reconfigured(&before.flow, &now.flow, &open).map(|it| it.pull.number).collect()
        }
        _ => {
            changes.push(Change::Mark(Unit::Repository(row.id)));
            open.iter().map(|it| it.pull.number).collect()
        }
    };
    changes.extend(again.into_iter().map(|number| Change::Mark(Unit::Pull(row.id, number))));
    // What others propose is compared with the file that holds.
    let proposed: Vec<CommitId> = checks(room, row.id, ChecksOf::Configuration)
        .await?
        .iter()
        .filter(|check| !check.is_withdrawn())
        .map(|check| check.body.head_sha)
        .collect();
    let proposals = open.iter().filter(|it| proposed.contains(&it.pull.head_commit));
    changes.extend(proposals.map(|it| Change::Mark(Unit::Proposal(row.id, it.pull.number))));
    Ok(changes)
}
