//! What the ledger remembers: where branches of the path have pointed, and what topics were pushed at.

use super::{BranchName, CommitId, Move, PushedAt, RepositoryId, TipSource, UnixSeconds};

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

/// A push of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPush {
    /// Its repository.
    pub repository: RepositoryId,
    /// The topic.
    pub branch: BranchName,
    /// What it was pushed at.
    pub commit: CommitId,
    /// When.
    pub at: UnixSeconds,
    /// Whether nobody had pushed the commit before.
    pub is_new: bool,
}

impl TopicPush {
    /// The same, as the ledger has it.
    pub const fn as_pushed(&self) -> PushedAt {
        PushedAt { commit: self.commit, at: self.at, is_new: self.is_new }
    }
}
