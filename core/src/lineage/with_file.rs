//! A commit that adds a file, or has the files of another one: written beside what is there, with no work tree and no
//! index.

use super::git::Call;
use super::{Committer, GitError, Repository, lines};
use crate::model::{CommitId, TreeId};

/// What a folder holds: the line of each entry by `git ls-tree`, which is what `git mktree` takes. Names may be any bytes.
type Entries = Vec<Vec<u8>>;

impl Repository {
    /// The commit that puts a file at `path`, at the top or in a folder there, on top of `target`. A file that is there is
    /// replaced; all else stays.
    ///
    /// In a mirror the objects are written into it, the two folders are fetched where they are missing, and
    /// [`Repository::push_new_branch`] gives the result a name. The same arguments give the same commit.
    pub async fn with_file(
        &self,
        target: CommitId,
        path: &str,
        content: &[u8],
        (message, committer): (&str, &Committer),
    ) -> Result<CommitId, GitError> {
        let top = self.entries(&format!("{target}^{{tree}}")).await?;
        let blob = self.git.ask(Call::new("hash-object").args(["-w", "--stdin"]).input(content)).await?;
        let file = format!("100644 blob {}", lines::text(&blob).trim());
        let top = match path.split_once('/') {
            None => replaced(top, path, &file),
            Some((folder, name)) => {
                let is_folder = |entry: &Vec<u8>| {
                    name_of(entry) == folder.as_bytes() && entry.starts_with(b"040000 tree ")
                };
                // A file or a link of that name gives way.
                let inside = if top.iter().any(is_folder) {
                    self.entries(&format!("{target}:{folder}")).await?
                } else {
                    Entries::new()
                };
                let inside = self.tree_of(replaced(inside, name, &file)).await?;
                replaced(top, folder, &format!("040000 tree {inside}"))
            }
        };
        let whole = self.tree_of(top).await?;
        self.with_tree(target, whole, (message, committer)).await
    }

    /// The commit on top of `target` that has exactly these files.
    ///
    /// In a mirror it is written into it, and [`Repository::push_new_branch`] gives it a name. The same arguments give the
    /// same commit.
    pub async fn with_tree(
        &self,
        target: CommitId,
        tree: TreeId,
        (message, committer): (&str, &Committer),
    ) -> Result<CommitId, GitError> {
        let said = committer.signature();
        let commit = format!("tree {tree}\nparent {target}\nauthor {said}\ncommitter {said}\n\n{message}\n");
        self.workbench().await?.write_commit(commit.into_bytes()).await
    }

    async fn entries(&self, tree: &str) -> Result<Entries, GitError> {
        let call = Call::new("ls-tree").args(["-z", "--end-of-options", tree]).fetching_files();
        let answer = self.git.ask(call).await?;
        Ok(answer.split(|byte| *byte == 0).filter(|it| !it.is_empty()).map(<[u8]>::to_vec).collect())
    }

    async fn tree_of(&self, entries: Entries) -> Result<TreeId, GitError> {
        // The files themselves need not be here.
        let call = Call::new("mktree").args(["-z", "--missing"]);
        let input: Vec<u8> = entries.into_iter().flat_map(|entry| entry.into_iter().chain([0])).collect();
        lines::id("mktree", lines::text(&self.git.ask(call.input(input)).await?).trim())
    }
}

fn name_of(entry: &[u8]) -> &[u8] {
    entry.iter().position(|byte| *byte == b'\t').map_or(&[], |at| &entry[at + 1..])
}

fn replaced(mut entries: Entries, name: &str, by: &str) -> Entries {
    entries.retain(|entry| name_of(entry) != name.as_bytes());
    entries.push(format!("{by}\t{name}").into_bytes());
    entries
}
