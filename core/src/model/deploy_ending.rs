//! How deploys end otherwise than well.

use super::time::as_millis;
use super::{CommitId, Phase, UnixMillis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a deploy ended without success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Ending {
    /// Whoever carried it out says that it failed.
    Failed {
        /// In which phase, where that was told.
        phase: Option<Phase>,
        /// In their words.
        #[serde(default)]
        words: Option<String>,
    },
    /// Nobody took it up in time.
    NotPickedUp {
        /// How long was waited.
        #[serde(with = "as_millis")]
        within: Duration,
    },
    /// Nobody took it up, and nobody ever meant to.
    NobodyDeploys,
    /// It was taken up and has not ended in time.
    Stuck {
        /// In which phase it was last seen.
        phase: Option<Phase>,
        /// How long was waited.
        #[serde(with = "as_millis")]
        within: Duration,
    },
    /// It could not be handed over.
    NotHandedOver {
        /// What stood in the way, and what to do, in words of ours.
        words: String,
        /// The last lines of what the other side has said of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        log_tail: Option<String>,
    },
    /// A newer commit goes instead.
    Superseded {
        /// The number of its deploy.
        by: u64,
    },
    /// The environment runs something newer.
    OlderThanLive {
        /// What it runs.
        live: CommitId,
    },
    /// The branch no longer has the commit: it was forced elsewhere or deleted.
    OffBranch,
    /// Its environment was taken out of the configuration before its turn came.
    OffPath,
    /// Its branch has given its place beside an environment up.
    PlaceFreed,
    /// The server ended again and again while its programs ran.
    CutOff {
        /// In which phase it was last seen.
        phase: Option<Phase>,
        /// How often it was begun.
        times: u32,
    },
    /// A rollback has ended it.
    Cancelled {
        /// The number of the rollback's deploy.
        by: u64,
        /// In which phase it was last seen.
        phase: Option<Phase>,
    },
    /// Somebody has ended it.
    CancelledByPerson {
        /// Who.
        by: String,
        /// In which phase it was last seen.
        phase: Option<Phase>,
    },
}

/// How a deploy is ended before its own end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Since when.
    pub since: UnixMillis,
    /// Why. This is how the deploy has ended once that is confirmed.
    pub why: Ending,
    /// Whether whoever carries it out has been told and has said yes.
    #[serde(default)]
    pub told: bool,
    /// What came of it.
    #[serde(default)]
    pub end: Option<CancelEnd>,
}

/// What came of cancelling a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum CancelEnd {
    /// Nothing of it runs any more.
    Confirmed,
    /// Nobody has confirmed its end: it may still run.
    Unconfirmed {
        /// Why not, in words for people.
        words: String,
    },
}
