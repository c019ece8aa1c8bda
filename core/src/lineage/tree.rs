//! The files of a commit: all of their paths, and the contents of those that somebody wants.

use super::git::Call;
use super::lines::{self, unreadable};
use super::{GitError, Repository};
use crate::model::{CommitId, EntryKind, TreeEntry, TreeId};

/// How much git is asked for at once, in bytes: an answer has to stay well below what is taken of one.
const BATCH_BYTES: u64 = 24 << 20;

/// What an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Only how many bytes it has, where they are more than were wanted.
    Size(u64),
}

impl Repository {
    /// Every path of a commit, in git's order.
    pub async fn tree_entries(&self, commit: CommitId) -> Result<Vec<TreeEntry>, GitError> {
        self.paths_of(&commit.to_string()).await
    }

    /// git's tree of a folder of a commit, named without slashes at its ends; of all of it where the name is empty. `None`
    /// where there is no such folder.
    pub async fn folder_tree(&self, commit: CommitId, folder: &str) -> Result<Option<TreeId>, GitError> {
        if folder.is_empty() {
            return self.tree(commit).await;
        }
        let object = self.object_at(commit, folder).await?;
        let unreadable = |_| unreadable("rev-parse", "a folder has no id of a tree");
        object.map(|id| id.parse().map_err(unreadable)).transpose()
    }

    /// What each of these objects holds, in their order, up to `bytes_max` bytes; of longer ones the size.
    pub async fn contents(&self, objects: &[&str], bytes_max: u64) -> Result<Vec<FileContent>, GitError> {
        match self.read_contents(objects, bytes_max).await {
            Err(_) if self.lacks_files().await => Err(GitError::FilesLeftOut),
            outcome => outcome,
        }
    }

    async fn read_contents(&self, objects: &[&str], bytes_max: u64) -> Result<Vec<FileContent>, GitError> {
        self.bring_contents(objects).await?;
        let mut contents = Vec::with_capacity(objects.len());
        let mut batch: Vec<&str> = Vec::new();
        let mut weight = 0;
        let sizes = self.sizes(objects).await?;
        // What is read is put in the places that were kept for it.
        let mut places = Vec::new();
        for (object, size) in objects.iter().zip(&sizes) {
            contents.push(FileContent::Size(*size));
            if *size > bytes_max {
                continue;
            }
            if weight + size > BATCH_BYTES && !batch.is_empty() {
                self.fill(&mut contents, &batch, &places).await?;
                (weight, batch, places) = (0, Vec::new(), Vec::new());
            }
            weight += size;
            batch.push(object);
            places.push(contents.len() - 1);
        }
        self.fill(&mut contents, &batch, &places).await?;
        Ok(contents)
    }

    /// The size of each object, in bytes.
    async fn sizes(&self, objects: &[&str]) -> Result<Vec<u64>, GitError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::new("cat-file").arg("--batch-check=%(objectsize)").input(lines::list(objects));
        let answer = self.git.ask(call.fetching_files()).await?;
        let sizes = lines::read_lines("cat-file", &answer, |line| line.parse().ok())?;
        if sizes.len() == objects.len() { Ok(sizes) } else { Err(unreadable("cat-file", "too few sizes")) }
    }

    /// Reads objects into their places.
    async fn fill(
        &self,
        contents: &mut [FileContent],
        objects: &[&str],
        places: &[usize],
    ) -> Result<(), GitError> {
        if objects.is_empty() {
            return Ok(());
        }
        let call = Call::new("cat-file").arg("--batch=%(objectsize)").input(lines::list(objects));
        let answer = self.git.ask(call.fetching_files()).await?;
        let mut rest = answer.as_slice();
        for place in places {
            let (bytes, after) =
                next(rest).ok_or_else(|| unreadable("cat-file", "no size before an object"))?;
            contents[*place] = FileContent::Bytes(bytes.to_vec());
            rest = after;
        }
        Ok(())
    }

    /// The names of all branches, here and on the remote that counts, each once.
    pub async fn branch_names(&self) -> Result<Vec<String>, GitError> {
        let remote = self.tracked_remote().map(|remote| format!("refs/remotes/{remote}/"));
        let folders = ["refs/heads/"].into_iter().chain(remote.as_deref());
        let call = Call::new("for-each-ref").arg("--format=%(refname)").args(folders);
        let answer = self.git.ask(call).await?;
        let mut names: Vec<String> = lines::text(&answer)
            .lines()
            .filter_map(|name| {
                name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix(remote.as_deref()?))
            })
            .filter(|name| *name != "HEAD")
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

/// All paths, as git lists them.
pub(super) fn entries(answer: &[u8]) -> Result<Vec<TreeEntry>, GitError> {
    let entries = answer.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
    entries.map(|bytes| entry(&lines::text(bytes))).collect()
}

/// One path, as git lists it: mode, kind and object, a tab, the path.
fn entry(said: &str) -> Result<TreeEntry, GitError> {
    let wrong = || unreadable("ls-tree", said);
    let (about, path) = said.split_once('\t').ok_or_else(wrong)?;
    let mut words = about.split(' ');
    let (mode, object) = (words.next(), words.nth(1).ok_or_else(wrong)?);
    let kind = match mode {
        Some("120000") => EntryKind::Link,
        Some("160000") => EntryKind::Submodule,
        _ => EntryKind::File,
    };
    Ok(TreeEntry { path: path.to_owned(), object: object.to_owned(), kind })
}

/// The first object of a batch, and what comes after it.
fn next(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let size: usize = std::str::from_utf8(&answer[..end]).ok()?.parse().ok()?;
    let rest = answer.get(end + 1..)?;
    // Each object ends with a line break of its own.
    Some((rest.get(..size)?, rest.get(size + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_what_they_are() {
        let read = |said: &str| entry(said).map(|it| (it.path, it.object, it.kind)).ok();
        let file = ("a b\tc".to_owned(), "12ab".to_owned(), EntryKind::File);
        assert_eq!(read("100644 blob 12ab\ta b\tc"), Some(file));
        assert_eq!(read("120000 blob 12ab\ta").unwrap().2, EntryKind::Link);
        assert_eq!(read("160000 commit 12ab\ta").unwrap().2, EntryKind::Submodule);
        assert_eq!((read(""), read("100644 blob")), (None, None));
    }

    #[test]
    fn a_batch_is_taken_apart_by_its_sizes() {
        let (first, rest) = next(b"3\na\nb\n0\n\n").unwrap();
        assert_eq!((first, next(rest)), (&b"a\nb"[..], Some((&b""[..], &b""[..]))));
        assert_eq!((next(b"9\nabc\n"), next(b"x missing\n"), next(b"")), (None, None, None));
    }
}
