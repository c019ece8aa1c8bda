//! The right to work on a work item, and what becomes of it afterwards.

use super::WorkItem;
use crate::model::UnixMillis;

/// The right to work on a work item. A change made under it is refused once it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is being worked on.
    pub item: WorkItem,
    /// Different for each lease of the same work item: a late holder is told by it.
    pub token: i64,
    /// The state of the work item that this work covers; marks that come later make it dirty again.
    pub seen: i64,
    /// How many times in a row the work item has failed before.
    pub failures: u32,
}

/// What becomes of a work item after its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Done, unless it was marked meanwhile.
    Done,
    /// Try again, not before this moment.
    Retry {
        /// When.
        at: UnixMillis,
        /// What went wrong, for the operator.
        error: String,
    },
    /// It was asked to wait and has not failed: not before this moment.
    Wait {
        /// When.
        at: UnixMillis,
        /// Why, for the operator.
        error: String,
    },
    /// GitHub answers nobody, which is no failure of the work: not before this moment, whatever comes meanwhile, or
    /// [`super::Store::end_outage`].
    AwaitGitHub {
        /// When.
        at: UnixMillis,
        /// What was not answered, for the operator.
        error: String,
    },
    /// Given up. It stays visible, and a replay or a new mark revives it.
    Dead {
        /// What went wrong, for the operator.
        error: String,
    },
}

/// How a [`super::Store::commit`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// All changes are stored.
    Stored,
    /// The lease had ended and somebody else holds the work item: nothing was changed.
    LeaseLost,
    /// A [`super::Desired::siblings`] no longer described the stored state: nothing was changed, work it out again.
    Stale,
}
