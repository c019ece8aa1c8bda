//! Trees of folders that programs have left: walked level by level, within bounds.
//!
//! Nothing here recurses, follows a link or builds a whole path, so neither depth nor the length of a path does harm.

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a tree may hold to be summed up and copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TreeBounds {
    /// How many folders may lie in each other.
    pub(super) depth: usize,
    /// How many files, folders and links there may be.
    pub(super) entries: u64,
    /// What its files may say that they hold, in bytes. A hole counts: whoever reads it reads all of it.
    pub(super) bytes: u64,
}

/// Why a tree is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum TreeError {
    #[error("its folders lie more than {0} deep in each other")]
    TooDeep(usize),
    #[error("it holds more than {0} files and folders")]
    TooMany(u64),
    #[error("its files hold more than {0} bytes")]
    TooLarge(u64),
    #[error("{0:?} is neither a file, a folder nor a link")]
    Unusual(String),
    #[error("it was replaced by something that is no folder")]
    Replaced,
    #[error("it was stopped")]
    Stopped,
}

impl From<TreeError> for io::Error {
    fn from(error: TreeError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Ends work on a tree from outside: what takes the disk's time cannot be dropped.
#[derive(Debug, Clone, Default)]
pub(super) struct Quit(Arc<AtomicBool>);

impl Quit {
    pub(super) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once it was asked for.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(TreeError::Stopped.into()) } else { Ok(()) }
    }
}

/// Something in a tree.
pub(super) struct Found<'a> {
    /// Its path below the root.
    pub(super) path: &'a [u8],
    /// The folder it is in.
    pub(super) folder: BorrowedFd<'a>,
    /// Its name there.
    pub(super) name: &'a CStr,
    pub(super) mode: u32,
}

impl Found<'_> {
    /// Opens a file; what has become something else meanwhile is not waited for.
    pub(super) fn open(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(self.folder, self.name, flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(unusual(self.path)) }
    }
}

/// What is done with what is found. Names come in the order of their bytes, a folder before what is in it.
pub(super) trait Visitor {
    fn folder(&mut self, found: &Found<'_>) -> io::Result<()>;
    fn file(&mut self, found: &Found<'_>) -> io::Result<()>;
    fn link(&mut self, found: &Found<'_>, target: &CStr) -> io::Result<()>;
    /// All that is in the folder that was entered last was seen.
    fn leave(&mut self) -> io::Result<()>;
}

struct Level {
    folder: OwnedFd,
    /// The last one comes next.
    names: Vec<CString>,
    /// The length of its own path.
    path: usize,
}

/// Looks at all that is in a folder.
pub(super) fn walk(
    root: &Path,
    bounds: TreeBounds,
    quit: &Quit,
    visitor: &mut impl Visitor,
) -> io::Result<()> {
    let mut left = Left { entries: bounds.entries, bytes: bounds.bytes, bounds };
    let folder = open_folder(root)?;
    let names = left.names(folder.as_fd(), quit)?;
    let mut levels = vec![Level { folder, names, path: 0 }];
    let mut path = Vec::new();
    while let Some(level) = levels.last_mut() {
        quit.check()?;
        path.truncate(level.path);
        let Some(name) = level.names.pop() else {
            levels.pop();
            if !levels.is_empty() {
                visitor.leave()?;
            }
            continue;
        };
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.to_bytes());
        let stat = statat(&level.folder, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mode = stat.st_mode & 0o7777;
        let found = Found { path: &path, folder: level.folder.as_fd(), name: &name, mode };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => {
                visitor.link(&found, &readlinkat(&level.folder, &name, Vec::new())?)?;
            }
            FileType::Directory => {
                visitor.folder(&found)?;
                let folder = openat(&level.folder, &name, FOLDER, Mode::empty())?;
                let names = left.names(folder.as_fd(), quit)?;
                if levels.len() > bounds.depth {
                    return Err(TreeError::TooDeep(bounds.depth).into());
                }
                levels.push(Level { folder, names, path: path.len() });
            }
            FileType::RegularFile => {
                left.take_bytes(&stat)?;
                visitor.file(&found)?;
            }
            _ => return Err(unusual(&path)),
        }
    }
    Ok(())
}

/// What of the bounds is left.
struct Left {
    entries: u64,
    bytes: u64,
    bounds: TreeBounds,
}

impl Left {
    /// What is in a folder, the first name last. Counted as it is read, so that no list is longer than it may be.
    fn names(&mut self, folder: BorrowedFd<'_>, quit: &Quit) -> io::Result<Vec<CString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            quit.check()?;
            let entry = entry?;
            if is_itself(entry.file_name()) {
                continue;
            }
            let left = self.entries.checked_sub(1);
            self.entries = left.ok_or(TreeError::TooMany(self.bounds.entries))?;
            names.push(entry.file_name().to_owned());
        }
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(names)
    }

    fn take_bytes(&mut self, stat: &Stat) -> io::Result<()> {
        let state = u64::try_from(stat.st_size).unwrap_or(0);
        self.bytes = self.bytes.checked_sub(state).ok_or(TreeError::TooLarge(self.bounds.bytes))?;
        Ok(())
    }
}

/// How a folder is opened that may have become a link meanwhile.
pub(super) const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a folder of ours, in the place of which there may be something else by now.
pub(super) fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    match rustix::fs::open(path, FOLDER, Mode::empty()) {
        Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => Err(TreeError::Replaced.into()),
        opened => Ok(opened?),
    }
}

/// Fails if a folder of ours was replaced.
pub(super) fn check_folder(path: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() { Ok(()) } else { Err(TreeError::Replaced.into()) }
}

/// Whether a folder lists itself or the one above under this name.
pub(super) fn is_itself(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

fn unusual(path: &[u8]) -> io::Error {
    TreeError::Unusual(String::from_utf8_lossy(path).into_owned()).into()
}
