//! What nobody counts as it happens: measured when somebody asks.

use std::time::Duration;

/// How many installations have a series of their own: those with the least budget left.
pub const INSTALLATIONS_SHOWN: usize = 50;

/// The work items that are not done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Those that could be taken now.
    pub due: u64,
    /// Those that wait for a moment to come.
    pub later: u64,
    /// Those that are worked on.
    pub leased: u64,
    /// Those that were given up.
    pub given_up: u64,
    /// For how long the one that has waited longest could have been taken.
    pub age: Duration,
}

/// How many requests GitHub still takes from somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The installation's number; `None` for the App itself.
    pub installation: Option<u64>,
    /// How many requests are left before the budget is renewed.
    pub remaining: u64,
}

/// A disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Disk {
    /// What can still be written, in bytes.
    pub free: u64,
    /// What it holds in all, in bytes.
    pub size: u64,
}

/// All that is measured when somebody asks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Whether deliveries can be stored and are worked on.
    pub ready: bool,
    /// How long ago the engine last asked for work and was answered.
    pub heartbeat_age: Duration,
    /// How long ago GitHub's last webhook came, or the server was started where none is known.
    pub last_webhook_age: Duration,
    /// The word for whether GitHub accepts our credentials, and all words that there are.
    pub access: (&'static str, &'static [&'static str]),
    /// The work items that are not done.
    pub queue: Queue,
    /// What is left of the budgets that GitHub has told of.
    pub budgets: Vec<Budget>,
    /// How many accounts have the App installed.
    pub installations: u64,
    /// How many repositories the App can see.
    pub repositories: u64,
    /// How many mirrors there are.
    pub mirrors: u64,
    /// What they take, in bytes.
    pub mirror_bytes: u64,
    /// What they may take, in bytes.
    pub mirror_bytes_max: u64,
    /// What the database takes with the log beside it, in bytes.
    pub database_bytes: u64,
    /// The disk of the data folder, where that can be told.
    pub disk: Option<Disk>,
}
