//! What stands on a pull request that has changed: those stacked on it, and those that have its commits.

use super::pull::last_verdict;
use crate::engine::room::{Room, Trouble};
use crate::flow::{Cause, PullNumber, RepositoryId};
use crate::store::{Change, JudgedPull, RepositoryState, Unit};

pub(super) async fn run(room: &Room, id: RepositoryId, number: PullNumber) -> Result<Vec<Change>, Trouble> {
    let row = room.store.repository(id).await?;
    let (Some(_), Some(below)) =
        (row.filter(|row| row.state == RepositoryState::Active), room.store.pull(id, number).await?)
    else {
        return Ok(Vec::new());
    };
    let open = room.store.open_pulls(id).await?;
    let mirror = room.mirrors.of(id);
    let above = if mirror.exists() {
        mirror.repository(None).pulls_containing(&[below.pull.head_commit]).await?
    } else {
        // One that was taken away comes back with the verdicts.
        open.iter().filter(|it| it.verdict.is_some()).map(|it| it.pull.number.0).collect()
    };
    let own = below.pull.head_repository == Some(id);
    let stands_on_it = |it: &&JudgedPull| {
        it.pull.number != number
            && (above.contains(&it.pull.number.0)
                || (own && it.pull.base_branch == below.pull.head_branch)
                || names(it, number))
    };
    Ok(open.iter().filter(stands_on_it).map(|it| Change::Mark(Unit::Pull(id, it.pull.number))).collect())
}

/// Whether a verdict rests on the pull request of this number.
fn names(judged: &JudgedPull, number: PullNumber) -> bool {
    let findings = last_verdict(judged).map(|verdict| verdict.findings).unwrap_or_default();
    findings.iter().any(|finding| match &finding.cause {
        Cause::Stacked { on } => on.iter().any(|it| it.number == Some(number)),
        _ => false,
    })
}
