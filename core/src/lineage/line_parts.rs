//! The line of a branch in parts, the oldest first: of a long one no more is held at once than a part.

use super::git::Call;
use super::line::in_order_of_time;
use super::lines::{read_lines, seconds, text};
use super::{GitError, Repository};
use crate::model::{CommitId, UnixSeconds};

/// A part of a first-parent chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePart {
    /// Its commits, the oldest first, each with the time it came.
    pub commits: Vec<(CommitId, UnixSeconds)>,
    /// Whether the chain ends with it.
    pub is_last: bool,
}

impl Repository {
    /// The next `at_most` commits of the first-parent chain of `tip`, of which the oldest `filled` are known. Times are the
    /// commits' own dates, in order, none before `times.0` or after `times.1`.
    pub async fn line_part(
        &self,
        tip: CommitId,
        (filled, at_most): (usize, usize),
        times: (UnixSeconds, UnixSeconds),
    ) -> Result<LinePart, GitError> {
        if filled == 0 {
            // Most lines are no longer than that, and then this is all there is to ask.
            let line = self.chain(tip, 0, at_most + 1, times).await?;
            if line.len() <= at_most {
                return Ok(LinePart { commits: line, is_last: true });
            }
        }
        let call = Call::new("rev-list").args(["--first-parent", "--count", "--end-of-options"]);
        let counted = self.git.ask(call.arg(tip.to_string())).await?;
        let count: usize = text(&counted).trim().parse().unwrap_or_default();
        let left = count.saturating_sub(filled);
        let step = left.min(at_most);
        let commits = self.chain(tip, left - step, step, times).await?;
        Ok(LinePart { commits, is_last: left == step })
    }

    /// `count` commits of the chain behind the newest `skip`, the oldest first.
    async fn chain(
        &self,
        tip: CommitId,
        skip: usize,
        count: usize,
        (earliest, now): (UnixSeconds, UnixSeconds),
    ) -> Result<Vec<(CommitId, UnixSeconds)>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--no-commit-header", "--format=%H %ct"])
            .args([format!("--skip={skip}"), format!("--max-count={count}")])
            .arg("--end-of-options")
            .arg(tip.to_string());
        let mut line = read_lines("rev-list", &self.git.ask(call).await?, |line| {
            let (commit, time) = line.split_once(' ')?;
            Some((commit.parse().ok()?, seconds(time)))
        })?;
        line.reverse();
        in_order_of_time(&mut line, earliest, now);
        Ok(line)
    }
}
