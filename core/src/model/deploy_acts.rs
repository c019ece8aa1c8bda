//! What is answered to who asks for a deploy or a rollback: why not, or what it waits for.

use super::{CommitId, UnixMillis};

/// Why there is no rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackRefusal {
    /// No deploy ended well before.
    NothingBefore,
    /// No deploy of the named commit has ended well.
    NeverRan(CommitId),
    /// The named commit is what runs.
    IsLive(CommitId),
    /// It is on its way already.
    UnderWay {
        /// The number of its deploy.
        number: u64,
        /// What it goes back to.
        to: CommitId,
    },
    /// It was done: the environment is held, and what it was taken back to ended well.
    Held {
        /// What it was taken back to.
        at: CommitId,
        /// What ended well before that.
        before: Option<CommitId>,
    },
    /// The newest deploy failed before it touched the site: there is nothing of it to take back.
    Untouched {
        /// Its number.
        number: u64,
        /// What runs.
        live: CommitId,
        /// What ended well before that.
        before: Option<CommitId>,
    },
}

/// Why the branch's tip is not deployed though the operator asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeployRefusal {
    /// The environment is held.
    Held,
    /// Its deploy has not come to an end.
    IsOpen {
        /// The number of that deploy.
        number: u64,
    },
    /// It is what runs.
    IsLive {
        /// The number of its deploy.
        number: u64,
    },
    /// It was tried and ended badly.
    WasTried {
        /// The number of that deploy.
        number: u64,
    },
    /// It ran and was taken back.
    WasTakenBack {
        /// The number of its deploy.
        number: u64,
    },
}

/// What a deploy waits for that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// Nothing: its turn has come.
    Nothing,
    /// The end of another one.
    End {
        /// Its number.
        number: u64,
        /// What it brings.
        commit: CommitId,
    },
    /// That another one is known to have ended which is being ended.
    Cancelling {
        /// Its number.
        number: u64,
        /// What it brings.
        commit: CommitId,
        /// Since when it is being ended.
        since: UnixMillis,
    },
    /// That another one is known to have ended which may still run.
    Unconfirmed {
        /// Its number.
        number: u64,
        /// What it brings.
        commit: CommitId,
    },
    /// That the hold is lifted.
    Hold,
}
