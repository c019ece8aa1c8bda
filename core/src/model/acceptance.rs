//! What is known of who has accepted a promotion, and what is still open.

use super::{UnixMillis, UnixSeconds, WhyNoSignOff};
use serde::{Deserialize, Serialize};

/// What people have said about a promotion, as far as the environment that it goes to asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcceptanceFacts {
    /// Each role that has to sign off, in the order of the configuration.
    pub signoffs: Vec<SignOffState>,
    /// Each item that has to be ready, in the order of the configuration.
    pub readiness: Vec<ReadinessState>,
    /// What takes a ticket; `None` where nothing does.
    pub ticket: Option<TicketState>,
    /// How long its files have been live where they come from; `None` where nobody asks.
    pub soak: Option<SoakState>,
}

/// Whether somebody has signed off in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOffState {
    /// The role.
    pub role: String,
    /// Who has signed off these very files.
    pub given_by: Option<String>,
    /// The last sign-off of other files, where these have none.
    #[serde(default)]
    pub former: Option<FormerSignOff>,
    /// Who has approved these very files in a review that is no sign-off, and why it is none; where nobody has signed off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_counted: Vec<(String, WhyNoSignOff)>,
}

/// A sign-off of other files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSignOff {
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: UnixMillis,
    /// The files that have changed since; sorted.
    pub paths: Vec<String>,
}

/// Whether an item is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadinessState {
    /// What it is called in commands.
    pub item: String,
    /// What has to be done.
    pub description: String,
    /// Who has said that it is ready, when, and what they added.
    pub said: Option<SaidReady>,
    /// Why it is open; `None` where it is ready.
    pub open: Option<WhyOpen>,
}

/// That somebody has said that an item is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidReady {
    /// Who.
    pub by: String,
    /// When.
    pub at: UnixMillis,
    /// What they have added.
    pub note: Option<String>,
}

/// Why an item is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum WhyOpen {
    /// Nobody has said that it is ready.
    NeverSaid,
    /// What was said counts no longer.
    Expired {
        /// Since when.
        since: UnixMillis,
    },
    /// Files of it have changed since.
    Changed {
        /// Which; sorted.
        paths: Vec<String>,
    },
}

/// What is known of a ticket that a change takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// The files that take it; sorted.
    pub paths: Vec<String>,
    /// What the ticket is called, and the earliest moment at which the change may be merged; `None` where none was named.
    pub acknowledged: Option<(String, UnixMillis)>,
    /// Whether that moment has come.
    pub is_due: bool,
}

/// How long files have been live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoakState {
    /// How long they have been, in seconds.
    pub seconds: u64,
    /// When it is long enough, where they are live now; `None` where they are not.
    pub until: Option<UnixSeconds>,
    /// Whether it is.
    pub is_over: bool,
}
