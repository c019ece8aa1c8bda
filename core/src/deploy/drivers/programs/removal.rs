//! The end of a tree of folders, however deep, long or forbidden.
//!
//! Nothing recurses, and no path is built: a folder that is not empty is lifted into the root of what is to be removed
//! before it is looked into, so nothing lies deeper than two levels when its turn comes.

use super::trees::{FOLDER, check_folder, is_itself};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, chmod, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long one removal may go on. What is left then is for the next one.
const LONGEST: Duration = Duration::from_secs(300);
/// How many names are held at once.
const NAMES: usize = 4_096;

/// Removes a folder and all in it, also where programs have forbidden that. A link in its place goes, and not what it
/// leads to. None there is no failure.
///
/// # Errors
/// If something cannot be removed, or there is more than can be removed in five minutes.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) => return gone(Err(error)),
        Ok(metadata) => metadata,
    };
    if !metadata.is_dir() {
        return gone(std::fs::remove_file(path));
    }
    if std::fs::remove_dir(path).is_ok() {
        return Ok(());
    }
    let root = opened_up(rustix::fs::CWD, path)?;
    Removal { root: root.as_fd(), number: 0, until: Instant::now() + LONGEST }.empty()?;
    gone(std::fs::remove_dir(path))
}

/// Lets us move a folder and write into it.
///
/// # Errors
/// Also if it is no folder any more.
pub(super) fn open_up(path: &Path) -> io::Result<()> {
    check_folder(path)?;
    opened_up(rustix::fs::CWD, path).map(drop)
}

fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

struct Removal<'a> {
    root: BorrowedFd<'a>,
    /// The name of the folder that was lifted last.
    number: u64,
    until: Instant,
}

impl Removal<'_> {
    fn empty(&mut self) -> io::Result<()> {
        loop {
            let names = some_names(self.root)?;
            if names.is_empty() {
                return Ok(());
            }
            let (mut removed, mut failure) = (false, None);
            for name in names {
                if Instant::now() > self.until {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "there is too much to remove"));
                }
                match self.remove(&name) {
                    Ok(()) => removed = true,
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(failure) = failure.filter(|_| !removed) {
                return Err(failure);
            }
        }
    }

    /// Removes what is in the root under this name; what is deeper than a level is lifted.
    fn remove(&mut self, name: &CStr) -> io::Result<()> {
        if removed(self.root, name)? {
            return Ok(());
        }
        let folder = opened_up(self.root, name)?;
        loop {
            let names = some_names(folder.as_fd())?;
            if names.is_empty() {
                break;
            }
            for name in names {
                if !removed(folder.as_fd(), &name)? {
                    self.lift(folder.as_fd(), &name)?;
                }
            }
        }
        unlinkat(self.root, name, AtFlags::REMOVEDIR).or_else(absent)
    }

    fn lift(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
        let mut is_open = false;
        loop {
            match renameat(folder, name, self.root, self.number.to_string()) {
                // Somebody has the name.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => self.number += 1,
                // What is moved must be writable too: it names the folder above.
                Err(Errno::ACCESS) if !is_open => {
                    opened_up(folder, name)?;
                    is_open = true;
                }
                outcome => {
                    self.number += 1;
                    return outcome.or_else(absent);
                }
            }
        }
    }
}

/// Removes what is no folder, or an empty one; answers whether it is gone.
fn removed(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<bool> {
    let stat = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(true),
        stat => stat?,
    };
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        unlinkat(folder, name, AtFlags::empty()).or_else(absent)?;
        return Ok(true);
    }
    match unlinkat(folder, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ACCESS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn absent(error: Errno) -> io::Result<()> {
    if error == Errno::NOENT { Ok(()) } else { Err(error.into()) }
}

/// Opens a folder after letting us read and write it.
fn opened_up(above: BorrowedFd<'_>, name: impl rustix::path::Arg + Copy) -> io::Result<OwnedFd> {
    let named = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let named = openat(above, name, named, Mode::empty())?;
    let mode = rustix::fs::fstat(&named)?.st_mode;
    if mode & 0o700 != 0o700 {
        // By the name of what was opened, so that no link in its place is followed.
        chmod(format!("/proc/self/fd/{}", named.as_raw_fd()), Mode::RWXU)?;
    }
    Ok(openat(above, name, FOLDER, Mode::empty())?)
}

/// Some of what is in a folder.
fn some_names(folder: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if !is_itself(entry.file_name()) {
            names.push(entry.file_name().to_owned());
        }
        if names.len() == NAMES {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    /// Folders in each other, deeper than any path is long.
    fn deep(root: &Path, levels: usize) {
        fs::create_dir_all(root).unwrap();
        let mut folder = opened_up(rustix::fs::CWD, root).unwrap();
        for level in 0..levels {
            if level % 100 == 0 {
                let file = openat(&folder, c"file", OFlags::CREATE | OFlags::WRONLY, Mode::RWXU).unwrap();
                drop(file);
            }
            rustix::fs::mkdirat(&folder, c"in", Mode::RWXU).unwrap();
            folder = openat(&folder, c"in", FOLDER, Mode::empty()).unwrap();
        }
    }

    #[test]
    fn what_is_deeper_than_any_path_goes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        deep(&root, 5_000);
        remove(&root).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_wide_forbidden_or_named_like_ours_goes_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("beside");
        fs::create_dir_all(beside.join("kept")).unwrap();
        let root = folder.path().join("root");
        for name in ["0", "1/0", "1/1/2", "2/x", "3", "many/deep/er"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("4"), "a file").unwrap();
        for number in 0..10_000 {
            fs::write(root.join("many").join(number.to_string()), "").unwrap();
        }
        symlink(&beside, root.join("link")).unwrap();
        symlink(&beside, root.join("many/deep/link")).unwrap();
        for closed in ["many/deep/er", "many/deep", "many", "1/1", "1"] {
            fs::set_permissions(root.join(closed), fs::Permissions::from_mode(0o000)).unwrap();
        }
        remove(&root).unwrap();
        assert!(!root.exists() && beside.join("kept").is_dir());
        symlink(&beside, &root).unwrap();
        remove(&root).unwrap();
        remove(&root).unwrap();
        assert!(beside.join("kept").is_dir() && fs::symlink_metadata(&root).is_err());
    }
}
