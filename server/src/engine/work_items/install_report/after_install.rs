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
    let row = ctx.active_repository(id).await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let item = WorkItem::InstallReport(id);
    if let Some(at) = renewed(ctx, row.installation) {
        return Ok(vec![Change::MarkAt(item, after_those_before(at, ctx.now()))]);
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
    short_of_calls(ctx).into_iter().find(|(of, _)| *of == installation).map(|(_, at)| at)
}

/// The installations of whose budgets too little is left for reports, each with when it is whole again.
fn short_of_calls(ctx: &EngineContext) -> Vec<(InstallationId, UnixMillis)> {
    let now = ctx.now();
    let short = ctx.api.budgets().into_iter().filter_map(|(caller, budget)| {
        let Caller::Installation(installation) = caller else { return None };
        let at = ctx.api.our_time_of(budget.renewed_at.to_millis());
        let is_short = budget.remaining.saturating_mul(LEFT_TO_CHECKS) < budget.limit;
        is_short.then(|| (installation, at.clamp(now + TURN, now + BUDGET_WAIT_MAX)))
    });
    short.collect()
}

/// A moment soon after `at`: the later, the later it is now, so that those who wait for it keep their order.
fn after_those_before(at: UnixMillis, now: UnixMillis) -> UnixMillis {
    at + BUDGET_WAIT_MAX.saturating_sub(at.since(now)) / 10
}

/// When the first of the reports go on that wait for a budget, where some may.
pub(in crate::engine) fn wait_until(ctx: &EngineContext) -> Option<UnixMillis> {
    short_of_calls(ctx).into_iter().map(|(_, at)| at).min()
}

fn as_json(row: &RepositoryRow) -> RepositoryJson {
    RepositoryJson {
        id: row.id,
        full_name: row.full_name.clone(),
        clone_url: row.clone_url.clone(),
        html_url: row.html_url.clone(),
        default_branch: row.default_branch.clone(),
        archived: false,
        private: false,
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

impl GitSource for Mirrored<'_> {
    async fn branches(&self) -> Result<BTreeSet<BranchName>, GitError> {
        Mirrored::branches(self).await
    }

    async fn fetched(&self, pulls: &[u64]) -> Result<Repository, GitError> {
        Mirrored::fetched(self, pulls).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_for_a_budget_keep_their_order() {
        let at = UnixMillis(3_600_000);
        let moments: Vec<_> = (0..600).map(|nth| after_those_before(at, UnixMillis(nth * 200))).collect();
        assert!(moments.is_sorted_by(|one, other| one < other), "{moments:?}");
        assert!(moments.iter().all(|it| (at..=at + BUDGET_WAIT_MAX / 10).contains(it)));
    }
}
