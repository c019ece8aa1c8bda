//! What a mirror's folder looks like where git has read the refs from: as long as it looks the same, git would say the same again.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// More files than this are not looked at: git is asked, which takes no longer then.
const FILES_MOST: usize = 2_000;

/// What is seen of a file without reading it. Rot inside of it is not; a question that meets it finds out.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    number: u64,
    mode: u32,
    bytes: u64,
    /// In seconds and billionths.
    written: (i64, i64),
    changed: (i64, i64),
}

/// The files that refs are read from, and those of the objects, among which are the commits that they point at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RefFiles {
    refs: BTreeMap<PathBuf, Seen>,
    objects: BTreeMap<PathBuf, Seen>,
}

impl RefFiles {
    /// Those below a git directory; `None` where they are too many, or cannot be looked at.
    pub(super) async fn of(directory: &Path) -> Option<Self> {
        let directory = directory.to_owned();
        let looked = tokio::task::spawn_blocking(move || Self::look(&directory));
        looked.await.ok()?.ok()?
    }

    /// Whether none of them has changed or gone since, and no ref has come; objects may have.
    pub(super) async fn are_still_in(&self, directory: &Path) -> bool {
        let Some(now) = Self::of(directory).await else { return false };
        self.refs == now.refs && self.objects.iter().all(|(path, seen)| now.objects.get(path) == Some(seen))
    }

    fn look(directory: &Path) -> io::Result<Option<Self>> {
        let mut files = Self::default();
        // There a later git may keep them in a form that is not looked at here.
        if directory.join("reftable").exists() {
            return Ok(None);
        }
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
            && list(&directory.join("objects"), &mut files.objects)?;
        Ok(is_whole.then_some(files))
    }
}

fn seen(about: &Metadata) -> Seen {
    Seen {
        number: about.ino(),
        mode: about.mode(),
        bytes: about.len(),
        written: (about.mtime(), about.mtime_nsec()),
        changed: (about.ctime(), about.ctime_nsec()),
    }
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
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    fn directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["refs/heads/feature", "objects/pack", "objects/1f"] {
            fs::create_dir_all(directory.path().join(folder)).unwrap();
        }
        let objects = ["objects/pack/pack-1.pack", "objects/1f/2e"];
        for file in ["HEAD", "config", "refs/heads/main", "refs/heads/feature/a"].into_iter().chain(objects) {
            fs::write(directory.path().join(file), "1").unwrap();
        }
        directory
    }

    #[tokio::test]
    async fn whatever_changes_where_refs_and_commits_are_is_seen() {
        type Change = fn(&Path);
        let changes: [(&str, Change, bool); 11] = [
            ("nothing", |_| {}, true),
            ("a pack came", |at| fs::write(at.join("objects/pack/pack-2.pack"), "2").unwrap(), true),
            ("a pack went", |at| fs::remove_file(at.join("objects/pack/pack-1.pack")).unwrap(), false),
            ("a pack was cut off", |at| fs::write(at.join("objects/pack/pack-1.pack"), "").unwrap(), false),
            (
                "an object went that is in no pack",
                |at| fs::remove_file(at.join("objects/1f/2e")).unwrap(),
                false,
            ),
            (
                "a pack can be read no more",
                |at| {
                    let pack = at.join("objects/pack/pack-1.pack");
                    fs::set_permissions(pack, Permissions::from_mode(0o000)).unwrap();
                },
                false,
            ),
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
        let other = directory();
        fs::create_dir(other.path().join("reftable")).unwrap();
        assert_eq!(RefFiles::of(other.path()).await, None);
        let large = directory();
        for number in 0..FILES_MOST {
            fs::write(large.path().join(format!("refs/heads/{number}")), "").unwrap();
        }
        assert_eq!(RefFiles::of(large.path()).await, None);
    }
}
