//! What a mirror's folder looks like where git has read the refs from: as long as it looks the same, git would say the same again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// More files than this are not looked at: git is asked, which takes no longer then.
const FILES_MOST: usize = 2_000;

/// What is seen of a file without reading it: its number, its size and when it was written.
type Seen = (u64, u64, Option<SystemTime>);

/// The files that refs are read from, and those of the packs, which hold the commits that they point at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RefFiles {
    refs: BTreeMap<PathBuf, Seen>,
    packs: BTreeMap<PathBuf, Seen>,
}

impl RefFiles {
    /// Those below a git directory; `None` where they are too many, or cannot be looked at.
    pub(super) async fn of(directory: &Path) -> Option<Self> {
        let directory = directory.to_owned();
        let looked = tokio::task::spawn_blocking(move || Self::look(&directory));
        looked.await.ok()?.ok()?
    }

    /// Whether none of them has changed or gone since, and no ref has come; packs may have.
    pub(super) async fn are_still_in(&self, directory: &Path) -> bool {
        let Some(now) = Self::of(directory).await else { return false };
        self.refs == now.refs && self.packs.iter().all(|(path, seen)| now.packs.get(path) == Some(seen))
    }

    fn look(directory: &Path) -> io::Result<Option<Self>> {
        let mut files = Self::default();
        for name in ["HEAD", "config", "packed-refs"] {
            let path = directory.join(name);
            match fs::metadata(&path) {
                Ok(about) => drop(files.refs.insert(path, seen(&about))),
                // All may be loose.
                Err(error) if name == "packed-refs" && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let is_whole = list(&directory.join("refs"), &mut files.refs)?
            && list(&directory.join("objects/pack"), &mut files.packs)?;
        Ok(is_whole.then_some(files))
    }
}

fn seen(about: &Metadata) -> Seen {
    (about.ino(), about.len(), about.modified().ok())
}

/// Adds the files below a folder, unless they become too many.
fn list(folder: &Path, files: &mut BTreeMap<PathBuf, Seen>) -> io::Result<bool> {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                waiting.push(entry.path());
            } else {
                files.insert(entry.path(), seen(&about));
            }
            if files.len() + waiting.len() > FILES_MOST {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["refs/heads/feature", "objects/pack"] {
            fs::create_dir_all(directory.path().join(folder)).unwrap();
        }
        for file in ["HEAD", "config", "refs/heads/main", "refs/heads/feature/a", "objects/pack/pack-1.pack"]
        {
            fs::write(directory.path().join(file), "1").unwrap();
        }
        directory
    }

    #[tokio::test]
    async fn whatever_changes_where_refs_and_commits_are_is_seen() {
        type Change = fn(&Path);
        let changes: [(&str, Change, bool); 9] = [
            ("nothing", |_| {}, true),
            ("a pack came", |at| fs::write(at.join("objects/pack/pack-2.pack"), "2").unwrap(), true),
            ("a pack went", |at| fs::remove_file(at.join("objects/pack/pack-1.pack")).unwrap(), false),
            ("a pack was cut off", |at| fs::write(at.join("objects/pack/pack-1.pack"), "").unwrap(), false),
            ("a ref came", |at| fs::write(at.join("refs/heads/new"), "1").unwrap(), false),
            ("a ref went", |at| fs::remove_file(at.join("refs/heads/feature/a")).unwrap(), false),
            ("refs were packed", |at| fs::write(at.join("packed-refs"), "1").unwrap(), false),
            ("a lock came", |at| fs::write(at.join("refs/heads/main.lock"), "").unwrap(), false),
            (
                "a ref moved within one tick of the clock",
                |at| {
                    let (moved, before) = (at.join("refs/heads/main"), at.join("refs/heads/main.lock"));
                    let written = fs::metadata(&moved).unwrap().modified().unwrap();
                    fs::write(&before, "2").unwrap();
                    fs::File::options().write(true).open(&before).unwrap().set_modified(written).unwrap();
                    fs::rename(before, moved).unwrap();
                },
                false,
            ),
        ];
        for (what, change, is_same) in changes {
            let directory = directory();
            let before = RefFiles::of(directory.path()).await.unwrap();
            change(directory.path());
            assert_eq!(before.are_still_in(directory.path()).await, is_same, "{what}");
        }
    }

    #[tokio::test]
    async fn what_is_damaged_or_very_large_is_left_to_git() {
        let damaged = directory();
        fs::remove_file(damaged.path().join("HEAD")).unwrap();
        assert_eq!(RefFiles::of(damaged.path()).await, None);
        let large = directory();
        for number in 0..FILES_MOST {
            fs::write(large.path().join(format!("refs/heads/{number}")), "").unwrap();
        }
        assert_eq!(RefFiles::of(large.path()).await, None);
    }
}
