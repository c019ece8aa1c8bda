//! One file of a commit: whether a pull request changes it, and what it says then.

use super::git::Call;
use super::{GitError, Repository, lines};
use crate::model::{BranchName, CommitId};

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
        let (tree, tree_before) = self.trees(head, before).await?;
        if tree == tree_before {
            return Ok(None);
        }
        // Both in one round.
        self.bring_trees(vec![tree, tree_before]).await?;
        // The folder first: where it is the same, no file is fetched.
        let folder = path.rsplit_once('/').map(|(folder, _)| folder);
        for part in folder.into_iter().chain([path]) {
            let (now, then) = (self.object_at(head, part).await?, self.object_at(before, part).await?);
            if now == then || now.is_none() {
                return Ok(None);
            }
        }
        self.file_at(head, path).await
    }

    /// What a file says at a commit; `None` where there is no such file.
    pub async fn file_at(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        match self.read_at(commit, path).await {
            Err(_) if self.lacks_files().await => Err(GitError::FilesLeftOut),
            outcome => outcome,
        }
    }

    async fn read_at(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let Some(object) = self.object_at(commit, path).await? else { return Ok(None) };
        let size = self.git.ask(Call::new("cat-file").args(["-s", &object]).fetching_files()).await?;
        if lines::text(&size).trim().parse::<usize>().map_or(true, |size| size > READ_AT_MOST) {
            return Ok(Some(vec![b' '; READ_AT_MOST]));
        }
        self.git.ask(Call::new("cat-file").args(["blob", &object]).fetching_files()).await.map(Some)
    }

    /// What is at `path` on each local branch but `without`, by its name in git; `None` where there is nothing.
    pub async fn on_every_branch(
        &self,
        path: &str,
        without: Option<&BranchName>,
    ) -> Result<Vec<(BranchName, Option<String>)>, GitError> {
        let answer =
            self.git.ask(Call::new("for-each-ref").args(["--format=%(refname)", "refs/heads"])).await?;
        let names: Vec<BranchName> = lines::text(&answer)
            .lines()
            .filter_map(|name| BranchName::new(name.strip_prefix("refs/heads/")?).ok())
            .filter(|name| Some(name) != without)
            .collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let asked = names.iter().map(|name| format!("{}:{path}", name.full_ref()));
        let call = Call::new("cat-file").arg("--batch-check=%(objectname)").input(lines::list(asked));
        let answer = self.git.ask(call).await?;
        let found = lines::text(&answer);
        let object = |line: &str| (!line.ends_with(" missing")).then(|| line.to_owned());
        Ok(names.into_iter().zip(found.lines().map(object)).collect())
    }

    /// The name of what is at `path` in a commit; `None` where nothing is. Folders that are out of reach are an error:
    /// what is in them could be anything.
    pub(super) async fn object_at(&self, commit: CommitId, path: &str) -> Result<Option<String>, GitError> {
        let call = Call::new("ls-tree").args(["-z", "--full-tree", &commit.to_string(), "--", path]);
        let answer = self.git.ask(call.fetching_files()).await?;
        let said = lines::text(&answer);
        let entry =
            said.split('\0').find_map(|entry| entry.split_once('\t').filter(|(_, name)| *name == path));
        Ok(entry.and_then(|(about, _)| about.split_whitespace().nth(2)).map(str::to_owned))
    }
}
