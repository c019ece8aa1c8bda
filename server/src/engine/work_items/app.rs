//! The App itself: deliveries that failed are asked for again, and its installations are looked over.

use crate::engine::context::EngineContext;
use crate::engine::inbox::Inbox;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, FailedDeliveryJson, InstallationJson, RegisteredAppJson};
use crate::model::{CommandGrant, InstallationId, MissingGrants, error_chain};
use crate::store::{Change, InstallationState, WorkItem};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How far back GitHub keeps deliveries that can be asked for again.
const REDELIVERABLE: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The most deliveries asked for again in one go, so that other work gets its turn between.
const REDELIVERIES_AT_ONCE: u32 = 100;
/// How long the summary of installations waits for those that do not answer.
const SUMMARY_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn run(ctx: &EngineContext, item: &WorkItem) -> Result<Vec<Change>, WorkError> {
    let mut changes = installations(ctx).await?;
    match ask_again(ctx).await {
        Ok(Redelivered::All) => {}
        Ok(Redelivered::Some) => changes.push(Change::Mark(item.clone())),
        Err(error) => return Err(WorkError { changes, ..error }),
    }
    Ok(changes)
}

/// Which of the lost deliveries were asked for.
enum Redelivered {
    All,
    /// As many as may be at once.
    Some,
}

async fn installations(ctx: &EngineContext) -> Result<Vec<Change>, WorkError> {
    let app = ctx.api.app().await?;
    ctx.note_handle(app.slug.as_deref());
    let present = ctx.api.installations().await?;
    ctx.drivers.entries.expect(present.iter().map(|it| it.id).collect());
    ctx.installation_summary.asks_for(app.grants.clone());
    ctx.installation_summary.log_missing(&missing_grants(ctx, &present).await?);
    log_summary(ctx, app, &present);
    let mut changes = Vec::new();
    // Each looks after its own account: only there it shows whether the account has come back.
    changes.extend(present.iter().map(|it| Change::Mark(WorkItem::Installation(it.id))));
    for account in ctx.store.installations().await? {
        if account.state != InstallationState::Deleted && present.iter().all(|it| it.id != account.id) {
            changes.push(Change::Mark(WorkItem::Installation(account.id)));
        }
    }
    Ok(changes)
}

/// What commands lack in each installation that may be used.
async fn missing_grants<'a>(
    ctx: &EngineContext,
    present: &'a [InstallationJson],
) -> Result<Vec<(&'a InstallationJson, MissingGrants)>, WorkError> {
    let mut all = Vec::new();
    for installation in present.iter().filter(|it| it.suspended_at.is_none()) {
        let Some(missing) = ctx.installation_summary.missing(installation) else { continue };
        let teams = missing.contains(CommandGrant::Members) && names_teams(ctx, installation.id).await?;
        all.extend(missing.that_matter(teams).map(|missing| (installation, missing)));
    }
    Ok(all)
}

/// Whether a repository's configuration names a team, of those that were read by now.
async fn names_teams(ctx: &EngineContext, id: InstallationId) -> Result<bool, WorkError> {
    for row in ctx.store.repositories(Some(id)).await? {
        let known = ctx.store.configuration(row.id).await?;
        if known.is_some_and(|known| ctx.config_of(known).path.commands.name_a_team()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Logs which App we are. Some installations may never answer: the others are logged without them.
fn log_summary(ctx: &EngineContext, app: RegisteredAppJson, installations: &[InstallationJson]) {
    if ctx.installation_summary.begin(app, installations) {
        let (ctx, clock) = (ctx.this.clone(), Arc::clone(&ctx.clock));
        tokio::spawn(async move {
            clock.sleep(SUMMARY_WITHIN).await;
            if let Some(ctx) = ctx.upgrade() {
                ctx.installation_summary.log();
            }
        });
    }
}

/// GitHub never delivers again by itself, so what failed and is not known here is asked for, the oldest
/// first. Once for each failed attempt: if the next one fails too, it is listed under a number of its own.
async fn ask_again(ctx: &EngineContext) -> Result<Redelivered, WorkError> {
    let failed = ctx.api.failed_deliveries(ctx.now() - REDELIVERABLE).await?;
    let mut asked = 0;
    for delivery in newest_attempts(failed).into_iter().rev() {
        if ctx.was_asked(delivery.id) || ctx.store.delivery(&delivery.guid).await?.is_some() {
            continue;
        }
        if asked == REDELIVERIES_AT_ONCE {
            return Ok(Redelivered::Some);
        }
        tracing::info!(delivery = %delivery.guid, event = %delivery.event, "asking for a failed delivery again");
        match ctx.api.redeliver(delivery.id).await {
            Ok(()) => ctx.tally.metrics().note_redelivery(),
            // It may have become too old meanwhile. The others are asked for all the same.
            Err(error @ (ApiError::NotFound { .. } | ApiError::Refused { .. })) => {
                tracing::warn!(delivery = %delivery.guid, error = error_chain(&error), "a failed delivery cannot be had again");
            }
            Err(error) => return Err(error.into()),
        }
        ctx.note_asked(delivery.id);
        asked += 1;
    }
    Ok(Redelivered::All)
}

/// The last attempt at each delivery that is needed. Of one that is not, nothing would ever be known here,
/// and it would be asked for at each start again.
fn newest_attempts(failed: Vec<FailedDeliveryJson>) -> Vec<FailedDeliveryJson> {
    let mut seen = HashSet::new();
    let needed = failed.into_iter().filter(|it| Inbox::may_need(&it.event, it.action.as_deref()));
    needed.filter(|it| seen.insert(it.guid.clone())).collect()
}
