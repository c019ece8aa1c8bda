//! One file of a commit: whether a pull request changes it, and what it says then.

use super::git::Call;
use super::{GitError, Repository, lines};
use crate::flow::CommitId;

/// More of a file than this is not read, in bytes.
const READ_AT_MOST: usize = 1 << 20;

impl Repository {
    /// What `head` makes of the file at `path` since it left `base`: `None` if it leaves the file as it was, or
    /// takes it away. Trees that are missing are fetched, where the repository has a remote.
    pub async fn changed_file(
        &self,
        head: CommitId,
        base: CommitId,
        path: &str,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let Some(before) = self.merge_base(head, base).await? else { return Ok(None) };
        // The folder first: where it is the same, nothing more is fetched.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for part in [folder, path] {
            let (now, then) = (self.object_at(head, part).await?, self.object_at(before, part).await?);
            if now == then || now.is_none() {
                return Ok(None);
            }
        }
        self.file_at(head, path).await
    }

    /// What a file says at a commit; `None` where there is no such file.
    async fn file_at(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let Some(object) = self.object_at(commit, path).await? else { return Ok(None) };
        let size = self.git.ask(Call::new("cat-file").args(["-s", &object]).fetching_files()).await?;
        if lines::text(&size).trim().parse::<usize>().map_or(true, |size| size > READ_AT_MOST) {
            return Ok(Some(vec![b' '; READ_AT_MOST]));
        }
        self.git.ask(Call::new("cat-file").args(["blob", &object]).fetching_files()).await.map(Some)
    }

    /// The name of what is at `path` in a commit.
    async fn object_at(&self, commit: CommitId, path: &str) -> Result<Option<String>, GitError> {
        let wanted = format!("{commit}:{path}");
        let call = Call::new("rev-parse").args(["--verify", "--quiet", "--end-of-options", &wanted]);
        let answer = self.git.run(call.fetching_files()).await?;
        if answer.status != 0 {
            return Ok(None);
        }
        Ok(Some(lines::text(&answer.stdout).trim().to_owned()))
    }
}
