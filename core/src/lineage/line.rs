//! The line of a branch as git still has it: what a ledger begins with, and what was merged into a branch.

use super::git::Call;
use super::lines::{ids_with_parents, read_lines, seconds};
use super::{GitError, Repository};
use crate::model::{CommitId, UnixSeconds};

impl Repository {
    /// The first-parent chain of `tip`, the oldest commit first, each with the time it came:
    /// what a branch has pointed at, as far as merges alone moved it. Times are the commits' own dates, in
    /// order and none after `now`.
    pub async fn first_parents(
        &self,
        tip: CommitId,
        now: UnixSeconds,
    ) -> Result<Vec<(CommitId, UnixSeconds)>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--no-commit-header", "--format=%H %ct", "--end-of-options"])
            .arg(tip.to_string());
        let answer = self.git.ask(call).await?;
        let mut line = read_lines("rev-list", &answer, |line| {
            let (commit, time) = line.split_once(' ')?;
            Some((commit.parse().ok()?, seconds(time)))
        })?;
        line.reverse();
        in_order_of_time(&mut line, UnixSeconds::MIN, now);
        Ok(line)
    }

    /// The newest commits of the first-parent chain of `tip`, the newest first, each with its parents.
    pub async fn newest_of_line(
        &self,
        tip: CommitId,
        at_most: usize,
    ) -> Result<Vec<(CommitId, Vec<CommitId>)>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--parents", &format!("--max-count={at_most}"), "--end-of-options"])
            .arg(tip.to_string());
        ids_with_parents("rev-list", &self.git.ask(call).await?)
    }

    /// Whether `tip` reaches `commit`: whoever merged it there has nothing left to merge.
    pub async fn reaches(&self, tip: CommitId, commit: CommitId) -> Result<bool, GitError> {
        if let Some(known) = self.git.known().and_then(|known| known.reaches(tip, commit)) {
            return Ok(known);
        }
        let ends = [commit.to_string(), tip.to_string()];
        let answer = self.git.run(Call::new("merge-base").args(["--is-ancestor"]).args(ends)).await?;
        let is_sure = answer.said.is_empty();
        let reaches = match answer.status {
            1 => false,
            _ => answer.ok().map(|_| true)?,
        };
        self.note_reaches((tip, commit), reaches, is_sure);
        Ok(reaches)
    }

    /// Keeps whether the first reaches the second, as an answer told to which git had nothing to add.
    pub(super) fn note_reaches(&self, ends: (CommitId, CommitId), reaches: bool, is_sure: bool) {
        if let Some(known) = self.git.known().filter(|_| is_sure) {
            known.note_reaches(ends.0, ends.1, reaches);
        }
    }

    /// How many commits lead from `base` to `tip`; `None` where one of them is not here, or the way does not lead there.
    pub async fn distance(&self, base: CommitId, tip: CommitId) -> Result<Option<usize>, GitError> {
        if !self.missing(&[base, tip]).await?.is_empty() || !self.reaches(tip, base).await? {
            return Ok(None);
        }
        self.count_brought(tip, base).await.map(Some)
    }
}

/// Makes dates fit the order, the oldest first, and end by `now`. Dates are what somebody's clock said: one
/// that is ahead would make its commit the newest for ever, one behind would put it before its parent.
pub(super) fn in_order_of_time(
    line: &mut [(CommitId, UnixSeconds)],
    mut earliest: UnixSeconds,
    now: UnixSeconds,
) {
    for (_, at) in line {
        *at = (*at).min(now).max(earliest);
        earliest = *at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(dates: &[i64], now: i64) -> Vec<i64> {
        let commit = CommitId::from_bytes([1; 20]);
        let mut line: Vec<_> = dates.iter().map(|at| (commit, UnixSeconds(*at))).collect();
        in_order_of_time(&mut line, UnixSeconds::MIN, UnixSeconds(now));
        line.into_iter().map(|(_, at)| at.0).collect()
    }

    #[test]
    fn no_commit_comes_after_now_or_before_its_parent() {
        assert_eq!(times(&[1, 5, 9], 20), [1, 5, 9]);
        assert_eq!(times(&[1, 99, 5, 9], 20), [1, 20, 20, 20]);
        assert_eq!(times(&[7, 3, 3, 8], 20), [7, 7, 7, 8]);
        assert_eq!(times(&[-4, i64::MAX, i64::MIN], 20), [-4, 20, 20]);
        assert_eq!(times(&[], 20), [0_i64; 0]);
    }
}
