//! The pull request that takes an environment back where its deploys come by its branch alone.

use super::{BranchName, CommitId, PullNumber, TreeId};
use serde::{Deserialize, Serialize};

/// What was prepared to take an environment back by a merge: one commit on top of its branch with the old files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertPull {
    /// The branch that the commit has, or was about to get.
    pub branch: BranchName,
    /// Where the environment's branch was: what the commit stands on.
    pub onto: CommitId,
    /// The files that the environment gets back.
    pub tree: TreeId,
    /// Its number, once it is open.
    #[serde(default)]
    pub number: Option<PullNumber>,
    /// The one that it was prepared in place of, while that has to be closed.
    #[serde(default)]
    pub instead_of: Option<PullNumber>,
    /// What the environment's branch got by it, once it was merged.
    #[serde(default)]
    pub merged: Option<CommitId>,
}

impl RevertPull {
    /// One that is about to be made.
    pub fn new(branch: BranchName, onto: CommitId, tree: TreeId) -> Self {
        Self { branch, onto, tree, number: None, instead_of: None, merged: None }
    }

    /// Whether a commit is the one that was prepared, whoever has made it: these files, in one step from there.
    pub fn is_commit(&self, tree: TreeId, parents: &[CommitId]) -> bool {
        tree == self.tree && parents == [self.onto]
    }
}

/// A pull request that was prepared to take its base back, as it is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedRollback {
    /// The environment's name.
    pub environment: String,
    /// What it goes back to.
    pub to: CommitId,
    /// Who asked for it.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// Whether it can be merged.
    pub standing: RollbackStanding,
}

/// Whether a prepared pull request still does what it was prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RollbackStanding {
    /// Merging it gives the environment the old files.
    Ready,
    /// The environment's branch has moved on: merging it would give other files.
    BranchMoved,
    /// The hold was lifted: nobody wants the environment taken back any more.
    HoldLifted,
}
