//! Locks in one line.

use super::stamp;
use crate::model::Lock;

/// Who holds a lock, why, and when it ends, as plain text.
pub fn lock_line(lock: &Lock) -> String {
    let end = match (lock.until, lock.while_open) {
        (Some(until), Some(number)) => {
            format!("until {}, or until #{number} is closed", stamp::utc(until.to_seconds()))
        }
        (Some(until), None) => format!("until {}", stamp::utc(until.to_seconds())),
        (None, Some(number)) => format!("until #{number} is closed"),
        (None, None) => "until somebody unlocks it".to_owned(),
    };
    format!("{} holds lock {}, {end}, because: {}", lock.by, lock.id, lock.reason)
}
