//! What a pull request has given its base, as it can be picked elsewhere.

use super::{GitError, Repository};
use crate::model::{Commit, CommitId};

/// The commits that merging a pull request has given its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// What would be picked elsewhere, oldest first: each commit by itself, or the merge as one where merges are among what
    /// it brought, since what those hold stands nowhere else.
    pub picks: Vec<CommitId>,
    /// Whether it is the merge as one: git picks it with `-m 1`.
    pub as_one: bool,
    /// All that it brought, merges too, the newest first.
    pub brought: Vec<CommitId>,
}

impl Landed {
    fn alone(made: CommitId, as_one: bool, brought: Vec<CommitId>) -> Self {
        Self { picks: vec![made], as_one, brought }
    }
}

impl Repository {
    /// What a pull request gave its base when the base came to point at `made`: the merge commit, the squashed one, the last
    /// of the rebased ones, or its head by a fast-forward. `before` is where the base was, if that is known; only where it
    /// is not a merge it is looked at. If it is not known, `head` tells what was rebased. At most `at_most` commits, and one more where there are more.
    pub async fn landed(
        &self,
        made: CommitId,
        (head, before): (CommitId, Option<CommitId>),
        at_most: usize,
    ) -> Result<Landed, GitError> {
        if !self.missing(&[made]).await?.is_empty() {
            return Err(GitError::NoSuchCommit { commit: made });
        }
        let found = self.log(&["--no-walk=unsorted"], &[made.to_string()]).await?;
        let parents = found.first().map(|commit| commit.parents.as_slice()).unwrap_or_default();
        let is_merge = parents.len() > 1;
        let before = if is_merge { parents.first().copied() } else { self.is_before(before, made).await? };
        let before = match before {
            None => self.before_rebased(head, made).await?,
            known => known,
        };
        let Some(before) = before else { return Ok(Landed::alone(made, false, vec![made])) };
        let limit = format!("--max-count={}", at_most.saturating_add(2));
        let range = [made.to_string(), format!("^{before}")];
        let mut found = self.log(&["--topo-order", &limit], &range).await?;
        let mut brought: Vec<CommitId> = found.iter().map(|commit| commit.id).collect();
        brought.truncate(at_most.saturating_add(1));
        found.retain(|commit| !is_merge || commit.id != made);
        if found.iter().any(Commit::is_merge) {
            return Ok(Landed::alone(made, is_merge, brought));
        }
        found.truncate(at_most.saturating_add(1));
        let picks = found.iter().rev().map(|commit| commit.id).collect();
        Ok(Landed { picks, as_one: false, brought })
    }

    /// The commit, where it is a former state of what `made` has come of.
    async fn is_before(
        &self,
        before: Option<CommitId>,
        made: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let Some(before) = before.filter(|before| *before != made) else { return Ok(None) };
        let is_there = self.missing(&[before]).await?.is_empty();
        Ok((is_there && self.reaches(made, before).await?).then_some(before))
    }
}
