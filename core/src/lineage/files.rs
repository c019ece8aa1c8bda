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
        self.git.bring(&missing).await
    }

    /// Makes these files' contents be there.
    pub(super) async fn bring_contents(&self, objects: &[&str]) -> Result<(), GitError> {
        if !self.writable || objects.is_empty() {
            return Ok(());
        }
        let call = Call::new("cat-file").arg("--batch-check=%(objecttype)").input(lines::list(objects));
        let answer = self.git.ask(call).await?;
        let kinds = lines::text(&answer);
        let missing = kinds.lines().zip(objects).filter(|(kind, _)| *kind != "blob");
        let mut missing: Vec<String> = missing.map(|(_, object)| (*object).to_owned()).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        self.git.bring(&missing).await
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
        let missing = kinds.lines().zip(&trees).filter(|(kind, _)| *kind != "tree");
        let missing: Vec<String> = missing.map(|(_, tree)| tree.to_string()).collect();
        if !missing.is_empty() {
            self.git.bring(&missing).await?;
        }
        if let Some(known) = self.git.known() {
            known.note_trees(trees);
        }
        Ok(())
    }
}
