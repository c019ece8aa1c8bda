//! Pull requests and deploys that are over or under way, as far as verdicts on others need them.

use super::{BranchName, CommitId, PullNumber, TreeId};

/// How a pull request was merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MergeMethod {
    /// By a merge commit.
    Merge,
    /// As one new commit.
    Squash,
    /// As new commits, one for each of its own.
    Rebase,
    /// By moving the base along.
    #[serde(rename = "ff")]
    FastForward,
}

impl MergeMethod {
    /// Whether the base got new commits instead of those of the pull request.
    pub fn makes_copies(self) -> bool {
        matches!(self, Self::Squash | Self::Rebase)
    }
}

/// The pull request that a commit came with, as people name it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// Its number, where it is known.
    pub number: Option<PullNumber>,
    /// Its branch.
    pub branch: BranchName,
    /// The login of its author, where it is known.
    pub author: Option<String>,
    /// Whether the branch is another repository's.
    #[serde(default)]
    pub fork: bool,
}

impl Origin {
    /// Whether it was made from the branch of this name in the repository itself.
    pub fn is_of(&self, own_branch: Option<&BranchName>) -> bool {
        !self.fork && own_branch == Some(&self.branch)
    }
}

/// A pull request that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedPull {
    /// Which one.
    pub origin: Origin,
    /// Its last commit.
    pub head: CommitId,
    /// The branch it was merged into.
    pub base: BranchName,
    /// How; `None` where only the commit tells.
    pub method: Option<MergeMethod>,
    /// The commit that the base got by it, where it is known: the merge commit, the squashed one, or the
    /// last of the rebased ones.
    pub commit: Option<CommitId>,
}

/// A pull request that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPull {
    /// Which one.
    pub origin: Origin,
    /// Its last commit.
    pub head: CommitId,
}

/// Files that an environment was deployed with, and accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTree {
    /// The environment's name.
    pub environment: String,
    /// The files.
    pub tree: TreeId,
}

/// How a deploy of certain files has ended, by the newest word on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeployOutcome {
    /// Well, by whoever carried it out.
    Success,
    /// Well, but for something that comes after the deploy: a person has to look at it.
    Degraded,
    /// Badly, by whoever carried it out.
    Failure,
    /// A rollback has taken it back.
    RolledBack,
}

/// The ways in which a pull request may be merged into a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeMethods {
    /// By a merge commit.
    pub merge: bool,
    /// As one new commit.
    pub squash: bool,
    /// As new commits, one for each of its own.
    pub rebase: bool,
    /// What says so.
    pub from: MethodsFrom,
}

/// What says how pull requests may be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodsFrom {
    /// Rules that hold for the branch.
    Rules,
    /// The repository's own settings, which hold for every branch: no rule says anything.
    Settings,
}
