//! Holds on environments: what a rollback leaves behind.

use super::{CommitId, PullNumber, RevertPull, UnixMillis};
use serde::{Deserialize, Serialize};

/// What keeps merges from undoing a rollback unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What the environment was taken back from.
    pub from: CommitId,
    /// What it was taken back to.
    pub to: CommitId,
    /// Who asked for the rollback.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// Since when.
    pub since: UnixMillis,
    /// The pull requests that were rolled back, as far as they are known.
    #[serde(default)]
    pub pulls: Vec<PullNumber>,
    /// When it was lifted, by whom and why.
    #[serde(default)]
    pub lifted: Option<Lifted>,
    /// The pull request that takes it back, where whoever deploys brings its branch and nothing older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revert: Option<RevertPull>,
}

impl Hold {
    /// A hold from now on; `None` where nothing would be taken back.
    pub fn new(
        (from, to): (CommitId, CommitId),
        (by, reason): (String, String),
        since: UnixMillis,
        pulls: Vec<PullNumber>,
    ) -> Option<Self> {
        (from != to).then_some(Self { from, to, by, reason, since, pulls, lifted: None, revert: None })
    }

    /// What takes the environment back once somebody merges it, while that is wanted.
    pub fn to_merge(&self) -> Option<&RevertPull> {
        self.revert.as_ref().filter(|it| it.merged.is_none() && self.lifted.is_none())
    }
}

/// The end of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// When.
    pub at: UnixMillis,
    /// By whom.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
}
