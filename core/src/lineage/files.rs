//! Bringing the files that a question needs into a mirror that has none.
//!
//! git would fetch what it misses by itself, but one tree at a time, each over a connection of its own.
//! Asking for all of them beforehand makes one round of it. Nothing here can change an answer.

use super::git::Call;
use super::{GitError, Repository, lines};
use crate::model::{CommitId, TreeId};

impl Repository {
    /// Makes the trees of these commits be there.
    pub(super) async fn bring_trees_of(&self, commits: &[CommitId]) -> Result<(), GitError> {
        if !self.writable {
            return Ok(());
        }
        self.bring_trees(self.trees_of(commits).await?).await
    }

    /// Makes everything be there that a push of `commit` may have to send: what of its history no branch has.
    ///
    /// git would fetch the rest of the trees that it compares with as well, one at a time.
    pub(super) async fn bring_what_is_new(&self, commit: CommitId) -> Result<(), GitError> {
        if !self.writable {
            return Ok(());
        }
        let new = self.log(&[&commit.to_string(), "--not", "--branches"], &[]).await?;
        let parents = new.iter().flat_map(|commit| commit.parents.iter().copied());
        let near: Vec<CommitId> = new.iter().map(|commit| commit.id).chain(parents).collect();
        if near.is_empty() {
            return Ok(());
        }
        self.bring_trees_of(&near).await?;
        let call = Call::new("rev-list")
            .args(["--objects", "--no-object-names", "--missing=print", &commit.to_string()])
            .args(["--not", "--branches"]);
        let answer = self.git.ask(call).await?;
        let missing: Vec<String> = lines::text(&answer)
            .lines()
            .filter_map(|line| line.strip_prefix('?'))
            .map(str::to_owned)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.git.ask(fetch_named("--filter=blob:none").input(lines::list(missing))).await.map(drop)
    }

    /// Makes these files' contents be there.
    pub(super) async fn bring_contents(&self, objects: &[&str]) -> Result<(), GitError> {
        if !self.writable || objects.is_empty() {
            return Ok(());
        }
        let call = Call::new("cat-file").arg("--batch-check=%(objecttype)").input(lines::list(objects));
        let answer = self.git.ask(call).await?;
        let kinds = lines::text(&answer);
        let mut missing: Vec<&&str> = kinds
            .lines()
            .zip(objects)
            .filter(|(kind, _)| *kind != "blob")
            .map(|(_, object)| object)
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        self.git.ask(fetch_named("--filter=blob:none").input(lines::list(missing))).await.map(drop)
    }

    /// Makes these trees be there, with all below them but the files' contents.
    pub(super) async fn bring_trees(&self, mut trees: Vec<TreeId>) -> Result<(), GitError> {
        if !self.writable {
            return Ok(());
        }
        trees.sort_unstable();
        trees.dedup();
        trees.retain(|tree| !self.git.known().is_some_and(|known| known.has_tree(*tree)));
        if trees.is_empty() {
            return Ok(());
        }
        let call = Call::new("cat-file").arg("--batch-check=%(objecttype)").input(lines::list(&trees));
        let answer = self.git.ask(call).await?;
        let kinds = lines::text(&answer);
        let missing = kinds.lines().zip(&trees).filter(|(kind, _)| *kind != "tree").map(|(_, tree)| tree);
        let missing: Vec<&TreeId> = missing.collect();
        if !missing.is_empty() {
            self.fetch_trees(&lines::list(missing)).await?;
        }
        if let Some(known) = self.git.known() {
            known.note_trees(trees);
        }
        Ok(())
    }

    async fn fetch_trees(&self, missing: &str) -> Result<(), GitError> {
        let files_left_out = fetch_named("--filter=blob:none").input(missing);
        match self.git.ask(files_left_out).await {
            Err(error) if is_historic(&error) => {
                // Where files are left out git cannot be told which complaints to pass over, so they come too.
                let whole = HISTORIC.iter().fold(fetch_named("--no-filter"), |call, complaint| {
                    call.setting(&format!("fetch.fsck.{complaint}"), "ignore")
                });
                self.git.ask(whole.input(missing)).await.map(drop)
            }
            outcome => outcome.map(drop),
        }
    }
}

/// What git complains of in trees that it wrote itself once, and that means nothing to any question: modes
/// with a zero before them. All else that it finds in trees would lead a merge, or whoever checks the
/// files out, astray.
const HISTORIC: [&str; 1] = ["zeroPaddedFilemode"];

fn is_historic(error: &GitError) -> bool {
    matches!(error, GitError::Failed { stderr, .. } | GitError::Corrupt { stderr, .. }
        if HISTORIC.iter().any(|complaint| stderr.contains(&format!(": {complaint}: "))))
}

/// A fetch of trees or files by their names, which it reads as its input. What is named comes whatever the filter says.
fn fetch_named(filter: &str) -> Call {
    Call::new("fetch")
        .args(["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
        .args(["--no-recurse-submodules", "--no-write-commit-graph", filter])
        .args(["--stdin", "origin"])
        // What is here is known to lack these trees, so nothing here is worth offering.
        .setting("fetch.negotiationAlgorithm", "noop")
        .online()
}
