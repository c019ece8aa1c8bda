//! A pull request, as GitHub told of it last.

use super::{
    BranchName, CommitId, MergedPull, OpenPull, Origin, PullNumber, RepositoryId, Stack, UnixMillis,
    UnixSeconds,
};

/// Whether a pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PullRequestState {
    /// It is.
    Open,
    /// Closed without merging.
    Closed,
    /// Merged.
    Merged,
}

/// What is known of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its repository.
    pub repository: RepositoryId,
    /// Its number.
    pub number: PullNumber,
    /// Whether it is open.
    pub state: PullRequestState,
    /// The head branch's name.
    pub head_branch: BranchName,
    /// The head commit.
    pub head_commit: CommitId,
    /// The repository of the head; `None` when that was deleted.
    pub head_repository: Option<RepositoryId>,
    /// The base branch's name.
    pub base_branch: BranchName,
    /// The author's login.
    pub author: String,
    /// GitHub's time of the last change, by which older news are told.
    pub updated_at: UnixMillis,
    /// What became of it, once it was merged.
    pub merged: Option<Merged>,
    /// The stack it is in.
    pub stack: Option<Stack>,
    /// What else GitHub says of it.
    pub details: PullRequestDetails,
}

/// What GitHub says of a pull request that no query looks for: in GitHub's own names, since it is read from GitHub's JSON
/// as it is and stored as JSON, so that a rule which needs one more fact adds a field here and nothing elsewhere. What
/// GitHub did not say, or an earlier version did not read, is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct PullRequestDetails {
    /// Whether it is a draft.
    pub draft: Option<bool>,
    /// Its title.
    pub title: Option<String>,
}

impl PullRequest {
    /// The pull request as people name it.
    pub fn origin(&self) -> Origin {
        Origin {
            number: Some(self.number),
            branch: self.head_branch.clone(),
            author: Some(self.author.clone()),
            fork: self.head_repository != Some(self.repository),
        }
    }

    /// The same as one that was merged, as verdicts on others need it.
    pub fn as_merged(&self) -> MergedPull {
        MergedPull {
            origin: self.origin(),
            head: self.head_commit,
            base: self.base_branch.clone(),
            method: None,
            commit: self.merged.and_then(|it| it.commit),
        }
    }

    /// The same as one that is open.
    pub fn as_open(&self) -> OpenPull {
        OpenPull { origin: self.origin(), head: self.head_commit }
    }
}

/// What became of a merged pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// When.
    pub at: UnixSeconds,
    /// What the base got: the merge commit, the squashed one, or the last of the rebased ones.
    pub commit: Option<CommitId>,
}
