//! What a ledger begins with: the line of a branch as git still has it.

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
}
