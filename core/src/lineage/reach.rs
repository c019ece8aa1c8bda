//! What new history is about: its lowest commits, and the pull requests and branches that have any of them.

use std::collections::HashSet;

use super::git::Call;
use super::{GitError, Repository, lines};
use crate::model::{BranchName, CommitId};

/// With more new commits than this it is quicker to look at everything.
const LOOKED_AT: usize = 20_000;

/// More lowest commits than this are not asked about one by one.
const ROOTS_AT_MOST: usize = 500;

impl Repository {
    /// Of the commits that `tips` reach and `without` do not, those without a parent among them: whoever has
    /// any of the commits has one of these. `None` where there are too many to be worth it.
    pub async fn roots(
        &self,
        tips: &[CommitId],
        without: &[CommitId],
    ) -> Result<Option<Vec<CommitId>>, GitError> {
        let excluded = lines::list(without.iter().map(|id| format!("^{id}")));
        let input = lines::list(tips) + &excluded;
        let limit = format!("--max-count={}", LOOKED_AT + 1);
        let call = Call::new("rev-list").args(["--ignore-missing", "--parents", &limit, "--stdin"]);
        let listed = lines::ids_with_parents("rev-list", &self.git.ask(call.input(input)).await?)?;
        if listed.len() > LOOKED_AT {
            return Ok(None);
        }
        let ids: HashSet<CommitId> = listed.iter().map(|(id, _)| *id).collect();
        let lowest = |(_, parents): &&(CommitId, Vec<CommitId>)| parents.iter().all(|it| !ids.contains(it));
        let roots: Vec<CommitId> = listed.iter().filter(lowest).map(|(id, _)| *id).collect();
        Ok((roots.len() <= ROOTS_AT_MOST).then_some(roots))
    }

    /// The numbers of the pull requests here whose heads contain any of `commits`. Nobody contains what is
    /// not here.
    pub async fn pulls_containing(&self, commits: &[CommitId]) -> Result<Vec<u64>, GitError> {
        let missing = self.missing(commits).await?;
        let commits: Vec<&CommitId> = commits.iter().filter(|id| !missing.contains(id)).collect();
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::new("for-each-ref")
            .arg("--format=%(refname)")
            .args(commits.iter().map(|id| format!("--contains={id}")))
            .arg("refs/pull/*/head")
            .until_refs_move();
        let answer = self.git.ask(call).await?;
        let number = |name: &str| name.strip_prefix("refs/pull/")?.strip_suffix("/head")?.parse().ok();
        Ok(lines::text(&answer).lines().filter_map(number).collect())
    }

    /// The commits that branches below this folder point at, without their order.
    pub async fn heads_below(&self, folder: &str) -> Result<Vec<CommitId>, GitError> {
        let call =
            Call::new("for-each-ref").args(["--format=%(objectname)", &format!("refs/heads/{folder}")]);
        let answer = self.git.ask(call.until_refs_move()).await?;
        Ok(lines::text(&answer).lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// The branches that point at any of these commits, each with the commit.
    pub async fn branches_at(&self, commits: &[CommitId]) -> Result<Vec<(CommitId, BranchName)>, GitError> {
        let missing = self.missing(commits).await?;
        let commits: Vec<&CommitId> = commits.iter().filter(|id| !missing.contains(id)).collect();
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::new("for-each-ref")
            .arg("--format=%(objectname) %(refname)")
            .args(commits.iter().map(|id| format!("--points-at={id}")))
            .arg("refs/heads")
            .until_refs_move();
        let answer = self.git.ask(call).await?;
        let branch = |line: &str| {
            let (commit, name) = line.split_once(' ')?;
            Some((commit.parse().ok()?, BranchName::new(name.strip_prefix("refs/heads/")?).ok()?))
        };
        Ok(lines::text(&answer).lines().filter_map(branch).collect())
    }
}
