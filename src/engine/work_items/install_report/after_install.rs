//! The install report as work of the server: made once a repository is covered, as long as checks do not need GitHub's
//! budget themselves.

use super::{GitSource, Look};
use crate::engine::context::EngineContext;
use crate::engine::doctor::LEFT_TO_CHECKS;
use crate::engine::mirrored::Mirrored;
use crate::engine::work_error::WorkError;
use crate::github::{Caller, RepositoryJson};
use crate::lineage::{GitError, Repository};
use crate::model::{BranchName, Found, InstallReport, InstallationId, RepositoryId, UnixMillis};
use crate::store::{Change, RepositoryRow, RepositoryState, WorkItem};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many reports are made at a time: checks come first.
pub(in crate::engine) const AT_A_TIME: usize = 2;

/// How long a report waits for its turn before it is looked at again.
const TURN: Duration = Duration::from_secs(5);

/// The longest wait for a budget: it is renewed every hour.
const BUDGET_WAIT_MAX: Duration = Duration::from_secs(60 * 60);

pub(in crate::engine::work_items) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
) -> Result<Vec<Change>, WorkError> {
    let row = ctx.store.repository(id).await?.filter(|row| row.state == RepositoryState::Active);
    let Some(row) = row else { return Ok(Vec::new()) };
    let item = WorkItem::InstallReport(id);
    if let Some(at) = renewed(ctx, row.installation) {
        return Ok(vec![Change::MarkAt(item, at)]);
    }
    let Ok(_turn) = ctx.reporting.try_acquire() else {
        return Ok(vec![Change::MarkAt(item, ctx.now() + TURN)]);
    };
    // It is read where that was not done yet.
    ctx.repository_config(&row).await?;
    let file = ctx.store.configuration(id).await?;
    let file = file.as_ref().map_or(("", ""), |file| (file.place.as_str(), file.text.as_str()));
    let mirror = ctx.mirror(&row).await?;
    let was_there = mirror.exists();
    let repository = as_json(&row);
    let look =
        Look { api: &ctx.api, installation: row.installation, repository: &repository, file, now: ctx.now() };
    let report = Box::pin(look.report(&mirror)).await?;
    if report.found == Found::NoEnvironments && !was_there {
        // What was copied to look for a path is not kept where there is none.
        drop(mirror);
        ctx.forget_mirror(id).await;
    }
    Ok(vec![Change::InstallReport(id, Some(Box::new(report)))])
}

/// When the budget of an installation is whole again, where too little of it is left now.
fn renewed(ctx: &EngineContext, installation: InstallationId) -> Option<UnixMillis> {
    let budgets = ctx.api.budgets().into_iter();
    let (_, budget) =
        budgets.into_iter().find(|(caller, _)| *caller == Caller::Installation(installation))?;
    let (now, at) = (ctx.now(), ctx.api.our_time_of(budget.renewed_at.to_millis()));
    let is_short = budget.remaining.saturating_mul(LEFT_TO_CHECKS) < budget.limit;
    is_short.then(|| at.clamp(now + TURN, now + BUDGET_WAIT_MAX))
}

fn as_json(row: &RepositoryRow) -> RepositoryJson {
    RepositoryJson {
        id: row.id,
        full_name: row.full_name.clone(),
        clone_url: row.clone_url.clone(),
        html_url: row.html_url.clone(),
        default_branch: row.default_branch.clone(),
        archived: false,
        pushed_at: None,
    }
}

/// What the first look at a repository asks for: a report, `nth` of those that the same installation asks for. Of an
/// archived one there is nothing to look at.
pub(in crate::engine::work_items) fn asked(
    ctx: &EngineContext,
    (repository, row): (&RepositoryJson, &RepositoryRow),
    nth: u32,
) -> Option<Change> {
    let after = ctx.settings.report_after?;
    let now = ctx.now();
    if row.state == RepositoryState::Active {
        return Some(Change::MarkAt(WorkItem::InstallReport(row.id), now + after + APART * nth));
    }
    let report = InstallReport {
        repository: repository.full_name.clone(),
        html_url: repository.html_url.trim_end_matches('/').to_owned(),
        default_branch: repository.default_branch.clone(),
        made_at: now,
        found: Found::Archived,
        proposed: None,
    };
    repository.archived.then(|| Change::InstallReport(row.id, Some(Box::new(report))))
}

/// How far apart the reports of one installation begin.
const APART: Duration = Duration::from_millis(200);

#[async_trait]
impl GitSource for Mirrored<'_> {
    async fn branches(&self) -> Result<BTreeSet<BranchName>, GitError> {
        Mirrored::branches(self).await
    }

    async fn fetched(&self, pulls: &[u64]) -> Result<Repository, GitError> {
        Mirrored::fetched(self, pulls).await
    }
}
