//! Where merges are computed and commits are written.

use std::sync::Arc;

use tempfile::TempDir;

use super::git::{Call, EMPTY_TREE, Git};
use super::{GitError, Repository, lines};
use crate::model::{Commit, CommitId, MergeOutcome, TreeId};

/// A place to write objects in that may read all of a repository's.
///
/// A mirror is its own workbench: it is ours, its settings are ours, and the files it lacks come from its
/// remote. For a person's clone it is a new repository that goes when the last copy of this goes. It leaves
/// nothing behind in the clone, and no setting or attribute of the clone names a merge driver to run or
/// changes what comes out.
#[derive(Debug, Clone)]
pub(super) struct Workbench {
    pub(super) git: Git,
    /// Keeps the new repository on disk.
    _directory: Option<Arc<TempDir>>,
}

/// What a commit changes: from one tree to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// The tree it started from: its first parent's, or the empty one.
    pub(super) before: TreeId,
    /// Its own tree.
    pub(super) after: TreeId,
}

impl Change {
    /// Of a commit whose parents are among `known`. A merge counts as its difference from its first parent.
    pub(super) fn of<'a>(
        commit: &Commit,
        mut known: impl FnMut(CommitId) -> Option<&'a Commit>,
    ) -> Result<Self, GitError> {
        let before = match commit.parents.first() {
            None => lines::id("rev-list", EMPTY_TREE)?,
            Some(parent) => match known(*parent) {
                Some(parent) => parent.tree,
                None => return Err(GitError::NoSuchCommit { commit: *parent }),
            },
        };
        Ok(Self { before, after: commit.tree })
    }

    /// Whether it changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.before == self.after
    }
}

impl Repository {
    /// A workbench on this repository's objects.
    pub(super) async fn workbench(&self) -> Result<Workbench, GitError> {
        if self.writable {
            return Ok(Workbench { git: self.git.clone(), _directory: None });
        }
        let directory = tempfile::tempdir().map_err(|error| GitError::io("making a directory", error))?;
        let place = directory.path();
        let init = Call::new("init").args(["--bare", "--quiet", "--template=", "--"]);
        Git::outside(place).ask(init.arg(place.as_os_str())).await?;
        let git = Git::at(place).with_objects_of(&self.objects());
        Ok(Workbench { git, _directory: Some(Arc::new(directory)) })
    }

    /// What came of work on a workbench. A clone that was made without all files is not damaged, though git
    /// says the same of it: nobody fetches for a person what they left out.
    pub(super) async fn explained<T>(&self, outcome: Result<T, GitError>) -> Result<T, GitError> {
        match outcome {
            Err(GitError::Corrupt { .. }) if self.lacks_files().await => Err(GitError::FilesLeftOut),
            outcome => outcome,
        }
    }

    /// Whether it is a clone that was made without all files.
    pub(super) async fn lacks_files(&self) -> bool {
        !self.writable && self.is_partial().await
    }

    async fn is_partial(&self) -> bool {
        let call =
            Call::new("config").args(["--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$"]);
        self.git.ask(call).await.is_ok_and(|answer| !answer.is_empty())
    }
}

impl Workbench {
    /// What merging two commits would produce, from their own common ancestors.
    pub(super) async fn merge(&self, ours: &str, theirs: &str) -> Result<MergeOutcome, GitError> {
        self.merge_tree(&[], ours, theirs).await
    }

    /// What applying `change` to the tree `onto` would produce.
    pub(super) async fn apply(&self, change: Change, onto: TreeId) -> Result<MergeOutcome, GitError> {
        if change.before == onto {
            return Ok(MergeOutcome::Clean { tree: change.after });
        }
        let base = format!("--merge-base={}", change.before);
        self.merge_tree(&[&base], &onto.to_string(), &change.after.to_string()).await
    }

    async fn merge_tree(&self, options: &[&str], ours: &str, theirs: &str) -> Result<MergeOutcome, GitError> {
        let call = Call::new("merge-tree")
            .args(["--write-tree", "--name-only", "--no-messages", "-z"])
            .args(options)
            .args(["--end-of-options", ours, theirs])
            .fetching_files();
        let answer = self.git.run(call).await?;
        if !matches!(answer.status, 0 | 1) {
            return Err(answer.into_error());
        }
        let said = lines::text(&answer.stdout);
        let mut parts = said.split('\0');
        let tree = lines::id("merge-tree", parts.next().unwrap_or_default())?;
        if answer.status == 0 {
            return Ok(MergeOutcome::Clean { tree });
        }
        let mut paths: Vec<String> = parts.filter(|path| !path.is_empty()).map(str::to_owned).collect();
        paths.sort();
        paths.dedup();
        Ok(MergeOutcome::Conflicts { paths })
    }

    /// Writes a commit, byte for byte, and returns its id.
    ///
    /// git's own check is passed over: what it complains of in commits are names and dates of authors that
    /// old importers and clocks got wrong, and those stay as they are.
    pub(super) async fn write_commit<T: std::str::FromStr>(&self, content: Vec<u8>) -> Result<T, GitError> {
        write_commit(&self.git, content).await
    }
}

/// See [`Workbench::write_commit`].
pub(super) async fn write_commit<T: std::str::FromStr>(git: &Git, content: Vec<u8>) -> Result<T, GitError> {
    let call = Call::new("hash-object").args(["-t", "commit", "-w", "--literally", "--stdin"]);
    let answer = git.ask(call.input(content)).await?;
    lines::id("hash-object", lines::text(&answer).trim())
}
