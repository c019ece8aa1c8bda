//! Asynchronous merges: accepted at once, made later.

use chrono::{DateTime, TimeDelta, Utc};

use super::World;

/// How long GitHub keeps the result of a merge.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// An asynchronous merge of a pull request.
#[derive(Debug, Clone)]
pub(crate) struct AsyncMerge {
    pub(crate) uuid: String,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    /// `merge`, `squash` or `rebase`, if the request chose one.
    pub(crate) method: Option<String>,
    pub(crate) action: MergeAction,
    /// The head at the time of the request; no other one is merged.
    pub(crate) expected: String,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) account: u64,
    pub(crate) app: Option<u64>,
    pub(crate) outcome: MergeOutcome,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Whether a pull request merges directly or through a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeAction {
    /// Through the queue, if the base has one.
    Default,
    Direct,
    Queue,
}

impl MergeAction {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Direct => "direct_merge",
            Self::Queue => "merge_queue",
        }
    }
}

/// What became of an asynchronous merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MergeOutcome {
    Pending,
    /// The commit that the base points at since.
    Merged(String),
    Enqueued,
    /// GitHub's sentence.
    Failed(String),
}

impl World {
    /// An asynchronous merge of a pull request; `None` once GitHub has forgotten it.
    pub(crate) fn async_merge(&self, place: (u64, u64), uuid: &str) -> Option<&AsyncMerge> {
        let kept = |merge: &&AsyncMerge| self.now - merge.updated_at < KEPT;
        self.merges_of(place).find(|merge| merge.uuid == uuid).filter(kept)
    }

    /// The asynchronous merges of a pull request, oldest first.
    pub(crate) fn merges_of(&self, (repository, number): (u64, u64)) -> impl Iterator<Item = &AsyncMerge> {
        self.merges.iter().filter(move |merge| merge.repository == repository && merge.number == number)
    }
}
