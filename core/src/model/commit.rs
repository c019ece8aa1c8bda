use super::{CommitId, Origin, TreeId, UnixSeconds};

/// One commit, as far as verdicts and their words need it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Commit {
    /// Its name.
    pub id: CommitId,
    /// Its files.
    pub tree: TreeId,
    /// Its parents, the first one first.
    pub parents: Vec<CommitId>,
    /// The first line of its message.
    pub subject: String,
    /// The author's name.
    pub author: String,
    /// When it was committed.
    pub committed_at: UnixSeconds,
    /// Whether it was made on GitHub's pages, by a button, and not on somebody's machine.
    #[serde(default)]
    pub made_by_github: bool,
    /// The pull request that brought it to where it was found, where that is known.
    #[serde(default)]
    pub origin: Option<Origin>,
}

impl Commit {
    /// Whether it joins two or more lines of history.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}
