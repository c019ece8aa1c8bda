//! Whether a branch still has what a commit of its history has brought: or whether a later commit has taken it back.

use std::collections::HashMap;

use super::git::Call;
use super::reverts::named_in;
use super::{GitError, Repository, lines};
use crate::model::CommitId;

/// So many of a branch's newest commits that speak of a revert are read.
const READ_AT_MOST: usize = 500;

impl Repository {
    /// The commit of the branch whose tip is `tip` that says it reverts `commit`, or a merge that brought it; `None` where
    /// none does, or where that revert was itself reverted since. `commit` is part of the branch's history.
    ///
    /// Messages tell, as git and GitHub write them. What was taken back without such a word, only its files tell.
    pub async fn taken_back(&self, commit: CommitId, tip: CommitId) -> Result<Option<CommitId>, GitError> {
        let limit = format!("--max-count={READ_AT_MOST}");
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--format=%H%x00%B%x00", "--topo-order", "--fixed-strings"])
            .args(["--grep=This reverts", &limit, "--end-of-options"])
            .args([tip.to_string(), format!("^{commit}")]);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let mut fields = text.split('\0');
        // What takes what back, the newest first: so whatever takes a revert back is met before it.
        let mut undone: HashMap<CommitId, CommitId> = HashMap::new();
        while let (Some(id), Some(message)) = (fields.next(), fields.next()) {
            let by = lines::id("rev-list", id.trim())?;
            if undone.contains_key(&by) {
                continue;
            }
            for (name, _) in named_in(message) {
                let Some(of) = self.resolve(&name).await? else { continue };
                if of == commit || self.was_brought_by(commit, of).await? {
                    return Ok(Some(by));
                }
                undone.entry(of).or_insert(by);
            }
        }
        Ok(None)
    }

    /// Whether `merge` is a merge that brought `commit` to its first parent.
    async fn was_brought_by(&self, commit: CommitId, merge: CommitId) -> Result<bool, GitError> {
        let Some(found) = self.log(&["--no-walk=unsorted"], &[merge.to_string()]).await?.into_iter().next()
        else {
            return Ok(false);
        };
        match found.parents.as_slice() {
            [first, _, ..] => Ok(self.reaches(merge, commit).await? && !self.reaches(*first, commit).await?),
            _ => Ok(false),
        }
    }
}
