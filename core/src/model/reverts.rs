use super::{Commit, CommitId, Origin};

/// A commit of a topic that takes work of others back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Revert {
    /// The commit.
    pub by: Commit,
    /// What it takes back: a commit, or a merge with all that it brought.
    pub of: CommitId,
    /// The commits of that work, newest first.
    pub commits: Vec<Commit>,
    /// The pull requests that brought the work or would bring it, as far as they are known.
    pub pulls: Vec<Origin>,
    /// What becomes of the work where the topic is merged.
    pub effect: RevertEffect,
}

/// What becomes of work that a topic takes back, once the topic is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevertEffect {
    /// Nothing: the base keeps it, or never had it and does not count it as merged.
    Nothing,
    /// The base has it and loses it.
    TakenFromBase,
    /// The base does not have it, and counts it as merged without having it.
    NeverArrives,
}
