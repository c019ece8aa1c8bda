//! The commits that a topic brings, and those of its base that they stand on, in one question.

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::lines::{self, COMMIT_FIELDS, COMMIT_FORMAT};
use super::{GitError, Repository};
use crate::model::{Commit, CommitId, PullEnds};

/// The fields of a commit, and the sign that tells the base's apart.
const FIELDS: usize = COMMIT_FIELDS + 1;

/// What a topic brings.
#[derive(Debug, Default)]
pub(super) struct TopicRange {
    /// The commits that the head reaches and the base does not, children before parents.
    pub(super) brought: Vec<Commit>,
    /// The commits of the base's that those stand on.
    pub(super) boundary: Vec<Commit>,
}

impl TopicRange {
    /// The brought commits' ids.
    pub(super) fn ids(&self) -> HashSet<CommitId> {
        self.brought.iter().map(|commit| commit.id).collect()
    }

    /// A commit of the range, or one that it stands on.
    pub(super) fn get(&self, id: CommitId) -> Option<&Commit> {
        self.brought.iter().chain(&self.boundary).find(|commit| commit.id == id)
    }

    /// The head and its first parents, the newest first, down to the first commit of the base's.
    pub(super) fn first_parents(&self, head: CommitId) -> Vec<&Commit> {
        let by_id: HashMap<CommitId, &Commit> =
            self.brought.iter().chain(&self.boundary).map(|commit| (commit.id, commit)).collect();
        let in_base: HashSet<CommitId> = self.boundary.iter().map(|commit| commit.id).collect();
        let mut chain: Vec<&Commit> = Vec::new();
        let mut next = by_id.get(&head).copied();
        while let Some(commit) = next {
            chain.push(commit);
            let parent = commit.parents.first().filter(|_| !in_base.contains(&commit.id));
            next = parent.and_then(|id| by_id.get(id)).copied();
        }
        chain
    }
}

impl Repository {
    /// What `pull` brings.
    pub(super) async fn topic_range(&self, pull: &PullEnds) -> Result<TopicRange, GitError> {
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--topo-order", "--boundary"])
            .arg(format!("{COMMIT_FORMAT}%m%x00"))
            .args(["--end-of-options", &pull.head.commit.to_string(), &format!("^{}", pull.base.commit)]);
        read(&self.git.ask(call).await?)
    }
}

fn read(answer: &[u8]) -> Result<TopicRange, GitError> {
    let mut fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    // What follows the last NUL is the last line break.
    fields.pop();
    if !fields.len().is_multiple_of(FIELDS) {
        return Err(lines::unreadable("rev-list", "a record is cut off"));
    }
    let mut range = TopicRange::default();
    for record in fields.chunks_exact(FIELDS) {
        let commit = lines::read_commit(&record[..COMMIT_FIELDS])?;
        let side = if record[COMMIT_FIELDS] == b"-" { &mut range.boundary } else { &mut range.brought };
        side.push(commit);
    }
    Ok(range)
}
