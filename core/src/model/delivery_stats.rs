//! How an environment was delivered to in a time.

use super::UnixMillis;
use std::time::Duration;

/// The figures of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStats {
    /// From when on.
    pub from: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
    /// How many releases went live; rollbacks are none.
    pub releases: usize,
    /// How many were begun.
    pub begun: usize,
    /// How many of those that were begun ended badly, or were rolled back.
    pub failed: usize,
    /// From the merge of a pull request until it was live: the median over all that went live.
    pub lead_time: Option<Duration>,
    /// From a failure that was on the site until something ran well there again: the median.
    pub time_to_restore: Option<Duration>,
}
