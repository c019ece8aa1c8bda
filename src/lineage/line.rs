//! The line of a branch as git still has it: what a ledger begins with, and what a branch has taken in.

use super::git::Call;
use super::lines::read_lines;
use super::{GitError, Repository};
use crate::flow::CommitId;

impl Repository {
    /// The first-parent chain of `tip` with each commit's time in Unix seconds, the newest first: what a
    /// branch has pointed at, as far as merges alone moved it.
    pub async fn first_parents(&self, tip: CommitId) -> Result<Vec<(CommitId, i64)>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--no-commit-header", "--format=%H %ct", "--end-of-options"])
            .arg(tip.to_string());
        let answer = self.git.ask(call).await?;
        read_lines("rev-list", &answer, |line| {
            let (commit, time) = line.split_once(' ')?;
            Some((commit.parse().ok()?, time.parse().ok()?))
        })
    }

    /// Whether `tip` reaches `commit`: whoever merged it there has nothing left to merge.
    pub async fn reaches(&self, tip: CommitId, commit: CommitId) -> Result<bool, GitError> {
        let ends = [commit.to_string(), tip.to_string()];
        let answer = self.git.run(Call::new("merge-base").args(["--is-ancestor"]).args(ends)).await?;
        match answer.status {
            1 => Ok(false),
            _ => answer.ok().map(|_| true),
        }
    }
}
