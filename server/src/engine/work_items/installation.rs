//! An account with the App installed: whether it may be used, and which repositories it covers.

use super::install_report;
use super::pending_deliveries::{PendingDeliveries, repository_row};
use super::repository::RECONCILE_EVERY;
use crate::engine::context::EngineContext;
use crate::engine::installation_summary::Coverage;
use crate::engine::work_error::WorkError;
use crate::github::ApiError;
use crate::model::InstallationId;
use crate::store::{
    Change, DeliveryRow, Installation, InstallationState, RepositoryRow, RepositoryState, WorkItem,
};
use std::collections::HashMap;
use std::time::Duration;

/// How far apart the comparisons of an installation's repositories begin.
const COMPARISONS_APART: Duration = Duration::from_millis(200);

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: InstallationId,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let granted = |it: &DeliveryRow| it.action.as_deref() == Some("new_permissions_accepted");
    let has_new_rights = pending.deliveries.iter().any(granted);
    if has_new_rights {
        ctx.api.forget_tokens(id).await;
    }
    let known = ctx.store.repositories(Some(id)).await?;
    match ctx.api.installation(id).await {
        Ok(installation) => {
            let suspended = installation.suspended_at.is_some();
            let state = if suspended { InstallationState::Suspended } else { InstallationState::Active };
            let missing = ctx.installation_summary.missing(&installation);
            let before = ctx.store.installation(id).await?;
            if missing.is_none() && before.as_ref().is_some_and(|before| before.missing.is_some()) {
                tracing::info!(installation = %id, "the account has accepted all that commands need");
            }
            let login = installation.account.map(|account| account.login).unwrap_or_default();
            let html_url = installation.html_url;
            changes.push(Change::Installation(Installation { id, login, state, missing, html_url }));
            if suspended {
                ctx.installation_summary.covers(id, Some(Coverage::Suspended));
            } else {
                // While it was suspended GitHub told nothing and kept nothing that could be asked for.
                let came_back = before.is_some_and(|before| before.state != InstallationState::Active);
                // What was refused for want of a right goes on.
                let came_back = came_back || has_new_rights;
                changes.extend(covered(ctx, id, known, came_back).await?);
            }
        }
        Err(ApiError::NotFound { .. }) => {
            let before = ctx.store.installation(id).await?;
            let (login, html_url) = before.map(|it| (it.login, it.html_url)).unwrap_or_default();
            let state = InstallationState::Deleted;
            changes.push(Change::Installation(Installation { id, login, state, missing: None, html_url }));
            changes.extend(gone(ctx, known).await);
            ctx.installation_summary.covers(id, None);
        }
        Err(error) => return Err(error.into()),
    }
    ctx.drivers.entries.looked_over(id);
    Ok(changes)
}

/// Compares the repositories that GitHub names with those that are known.
async fn covered(
    ctx: &EngineContext,
    id: InstallationId,
    known: Vec<RepositoryRow>,
    came_back: bool,
) -> Result<Vec<Change>, WorkError> {
    let mut known: HashMap<_, _> = known.into_iter().map(|row| (row.id, row)).collect();
    let (mut changes, mut marked) = (Vec::new(), 0);
    let mut covered = ctx.api.repositories(id).await?;
    // What people work on just now comes first.
    covered.sort_by_key(|it| std::cmp::Reverse(it.pushed_at));
    let mut new = 0;
    ctx.installation_summary.covers(id, Some(Coverage::Repositories(covered.len())));
    for repository in covered {
        let before = known.remove(&repository.id);
        let reconciled_at = before.as_ref().and_then(|row| row.reconciled_at);
        let row = repository_row(&repository, id, reconciled_at);
        ctx.drivers.entries.note_listed(&*ctx.store, &row).await?;
        // An archived one is never compared.
        let is_new = if repository.archived { before.is_none() } else { reconciled_at.is_none() };
        if is_new && let Some(report) = install_report::asked(ctx, (&repository, &row), new) {
            // Of an archived one there is nothing to wait for.
            new += u32::from(matches!(report, Change::MarkAt(..)));
            changes.push(report);
        }
        let came_back = came_back || before.is_some_and(|row| row.state == RepositoryState::Gone);
        let now = ctx.now();
        // Of a clock that has been set back, too.
        let since_start = ctx.started_at..=now;
        let due = reconciled_at.is_none_or(|at| !since_start.contains(&at) || at + RECONCILE_EVERY <= now);
        if row.state == RepositoryState::Active && (came_back || due) {
            // One after the other: what people wait for comes between.
            changes.push(Change::MarkAt(WorkItem::Repository(row.id), now + COMPARISONS_APART * marked));
            marked += 1;
        }
        changes.push(Change::Repository(row));
    }
    changes.extend(gone(ctx, known.into_values()).await);
    Ok(changes)
}

/// Lets go of repositories that are covered no more.
async fn gone(ctx: &EngineContext, rows: impl IntoIterator<Item = RepositoryRow>) -> Vec<Change> {
    let mut changes = Vec::new();
    for row in rows {
        changes.push(Change::InstallReport(row.id, None));
        if row.state != RepositoryState::Active {
            continue;
        }
        ctx.forget_mirror(row.id).await;
        changes.push(Change::Repository(RepositoryRow { state: RepositoryState::Gone, ..row }));
    }
    changes
}
