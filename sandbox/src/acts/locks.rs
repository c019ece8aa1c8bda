//! Locking conversations.

use serde_json::json;

use super::{issues, pulls};
use crate::Refused;
use crate::hub::Hub;
use crate::model::World;

/// The reasons that GitHub takes.
const REASONS: [&str; 4] = ["off-topic", "too heated", "resolved", "spam"];

fn tell(world: &mut World, place: (u64, u64), action: &'static str, sender: u64) {
    if world.pulls.contains_key(&place) {
        pulls::event(world, place.0, place.1, action, sender, json!({}));
    } else {
        issues::event(world, place, action, sender, json!({}));
    }
}

/// Locks a conversation, or changes the reason of the lock.
pub(crate) fn lock(hub: &Hub, place: (u64, u64), reason: Option<String>, sender: u64) -> Result<(), Refused> {
    if reason.as_ref().is_some_and(|reason| !REASONS.contains(&reason.as_str())) {
        return Err(Refused::invalid("Issue", "lock_reason", "invalid", ""));
    }
    hub.with(|world| {
        if !world.is_discussed(place.0, place.1) {
            return Err(Refused::not_found());
        }
        if world.locks.insert(place, reason).is_none() {
            tell(world, place, "locked", sender);
        }
        Ok(())
    })
}

/// Unlocks it again.
pub(crate) fn unlock(hub: &Hub, place: (u64, u64), sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        if !world.is_discussed(place.0, place.1) {
            return Err(Refused::not_found());
        }
        if world.locks.remove(&place).is_some() {
            tell(world, place, "unlocked", sender);
        }
        Ok(())
    })
}
