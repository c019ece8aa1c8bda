//! The App itself: deliveries that failed are asked for again, and its installations are looked over.

use crate::engine::inbox::Inbox;
use crate::engine::room::{Room, Trouble};
use crate::github::FailedDelivery;
use crate::store::{AccountState, Change, Unit};
use std::collections::HashSet;

/// How far back GitHub keeps deliveries that can be asked for again, in days.
const REDELIVERABLE_DAYS: i64 = 3;
/// The most deliveries asked for again in one go; the rest comes with the next look.
const REDELIVERIES_AT_ONCE: u32 = 100;

pub(super) async fn run(room: &Room) -> Result<Vec<Change>, Trouble> {
    let mut changes = installations(room).await?;
    ask_again(room).await?;
    changes.sort_by_key(|change| matches!(change, Change::Mark(_)));
    Ok(changes)
}

async fn installations(room: &Room) -> Result<Vec<Change>, Trouble> {
    let present = room.api.installations().await?;
    let mut changes = Vec::new();
    // Each looks after its own account: only there it shows whether the account has come back.
    changes.extend(present.iter().map(|it| Change::Mark(Unit::Installation(it.id))));
    for account in room.store.accounts().await? {
        if account.state != AccountState::Deleted && present.iter().all(|it| it.id != account.id) {
            changes.push(Change::Mark(Unit::Installation(account.id)));
        }
    }
    Ok(changes)
}

/// GitHub never delivers again by itself, so what failed and is not known here is asked for. Once for
/// each failed attempt: if the next one fails too, it is listed under a number of its own.
async fn ask_again(room: &Room) -> Result<(), Trouble> {
    let now = chrono::DateTime::from_timestamp_millis(room.now()).unwrap_or_default();
    let failed = room.api.failed_deliveries(now - chrono::Duration::days(REDELIVERABLE_DAYS)).await?;
    let (mut seen, mut asked) = (HashSet::new(), 0);
    // The newest attempt of each delivery comes first.
    // What is not needed is never known here either, and would be asked for at each start again.
    let needed = |it: &FailedDelivery| Inbox::may_need(&it.event, it.action.as_deref());
    for delivery in failed.into_iter().filter(needed) {
        let newest = seen.insert(delivery.guid.clone());
        if !newest || room.was_asked(delivery.id) || room.store.delivery(&delivery.guid).await?.is_some() {
            continue;
        }
        if asked == REDELIVERIES_AT_ONCE {
            tracing::warn!("more deliveries failed than are asked for at once; the rest follows");
            break;
        }
        tracing::info!(guid = %delivery.guid, event = %delivery.event, "asking for a failed delivery again");
        room.api.redeliver(delivery.id).await?;
        room.note_asked(delivery.id);
        asked += 1;
    }
    Ok(())
}
