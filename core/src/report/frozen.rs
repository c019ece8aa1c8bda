//! How long an environment is frozen, in words.

use super::stamp;
use crate::model::UnixSeconds;
use crate::model::calendar::{FreezePeriod, Zone};

/// A moment in UTC, and as the clocks of a project show it.
pub fn moment_in(zone: &Zone, at: UnixSeconds) -> String {
    stamp::utc_in(zone, at)
}

/// Until when and why, to go on behind `is frozen`.
pub fn frozen_line(zone: &Zone, period: &FreezePeriod) -> String {
    let until = period.until.map(|at| format!("until {}", moment_in(zone, at)));
    let until = until.unwrap_or_else(|| "without a known end".to_owned());
    format!("{until}: {}", period.reasons.join("; "))
}
