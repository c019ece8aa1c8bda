//! What the ledger remembers: where branches of the path have pointed.

use super::{BranchName, CommitId, Move, RepositoryId, TipSource, UnixSeconds};

/// An entry of the tip ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its repository.
    pub repository: RepositoryId,
    /// The environment's or copy branch.
    pub branch: BranchName,
    /// What it pointed at; `None` when it was deleted.
    pub commit: Option<CommitId>,
    /// What it pointed at before, where that is known.
    pub before: Option<CommitId>,
    /// When.
    pub at: UnixSeconds,
    /// Whether it was moved by force.
    pub forced: bool,
    /// Who moved it.
    pub actor: Option<String>,
    /// How it is known.
    pub source: TipSource,
}

impl LedgerEntry {
    /// The same as a move, to be put into order with others.
    pub const fn as_move(&self) -> Move {
        Move { before: self.before, after: self.commit, at: self.at, source: self.source }
    }
}
