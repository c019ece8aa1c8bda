//! The line of a branch as it was before anybody told of its moves, read into the ledger part by part: a long one neither
//! holds a transaction nor is held as a whole.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::Repository;
use crate::model::{BranchName, CommitId, LedgerEntry, RepositoryId, TipSource, UnixSeconds};
use crate::store::{Backfill, Change, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
    branch: &BranchName,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let Backfill::UnderWay { tip, filled, newest } = ctx.store.backfill(id, branch).await? else {
        return Ok(Vec::new());
    };
    let mirror = ctx.mirror(&row).await?;
    let repository = if mirror.exists() && !mirror.is_suspect() {
        mirror.repository()
    } else {
        mirror.fetched(&[]).await?
    };
    let reached = Reached { tip, filled, newest };
    if filled > 0 && !repository.missing(&[tip]).await?.is_empty() {
        // It was taken off the branch before all of it was read, and is nowhere any more: the line is another one.
        let Some(tip) = repository.branch(branch).await? else {
            return Ok(vec![Change::Backfilled(id, branch.clone(), None)]);
        };
        return part(ctx, (id, branch), &repository, Reached::nothing(tip)).await;
    }
    part(ctx, (id, branch), &repository, reached).await
}

/// Begins with the line of a branch of which nothing is known yet; goes on with one that is long.
pub(super) async fn begin(
    ctx: &EngineContext,
    (id, branch): (RepositoryId, &BranchName),
    repository: &Repository,
    present: Option<CommitId>,
) -> Result<Vec<Change>, WorkError> {
    match (ctx.store.backfill(id, branch).await?, present) {
        (Backfill::NotBegun, Some(tip)) => part(ctx, (id, branch), repository, Reached::nothing(tip)).await,
        (Backfill::UnderWay { .. }, _) => Ok(vec![Change::Mark(WorkItem::Backfill(id, branch.clone()))]),
        (Backfill::NotBegun, None) | (Backfill::Done, _) => Ok(Vec::new()),
    }
}

/// How far it was read.
struct Reached {
    tip: CommitId,
    filled: u64,
    newest: UnixSeconds,
}

impl Reached {
    fn nothing(tip: CommitId) -> Self {
        Self { tip, filled: 0, newest: UnixSeconds::MIN }
    }
}

async fn part(
    ctx: &EngineContext,
    (id, branch): (RepositoryId, &BranchName),
    repository: &Repository,
    Reached { tip, filled, newest }: Reached,
) -> Result<Vec<Change>, WorkError> {
    let now = ctx.now().to_seconds();
    let known = usize::try_from(filled).unwrap_or(usize::MAX);
    let part = repository.line_part(tip, (known, ctx.settings.backfill_step), (newest, now)).await?;
    let entry = |commit, at| {
        let source = TipSource::Backfill;
        let (branch, actor, commit) = (branch.clone(), None, Some(commit));
        Change::Tip(LedgerEntry {
            repository: id,
            branch,
            commit,
            before: None,
            at,
            forced: false,
            actor,
            source,
        })
    };
    let is_short = filled == 0 && part.is_last;
    // The tip of a long line is there from the beginning on: until all is read the branch must not seem to be elsewhere.
    let commits = part.commits.iter().filter(|(commit, _)| is_short || *commit != tip);
    let mut changes: Vec<Change> = commits.map(|(commit, at)| entry(*commit, *at)).collect();
    if is_short {
        return Ok(changes);
    }
    if filled == 0 {
        changes.push(entry(tip, now));
    }
    let last = part.commits.last().filter(|_| !part.is_last);
    let reached = last.map(|(_, at)| (tip, filled + part.commits.len() as u64, *at));
    if reached.is_some() {
        changes.push(Change::Mark(WorkItem::Backfill(id, branch.clone())));
    }
    changes.push(Change::Backfilled(id, branch.clone(), reached));
    Ok(changes)
}
