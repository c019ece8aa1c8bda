//! Folders as wholes: what one holds, a copy of it, a fresh one.

use super::removal::remove;
use super::trees::{FOLDER, Found, Quit, TreeBounds, TreeError, Visitor, open_folder, walk};
use rustix::fs::{Mode, OFlags, fchmod, mkdirat, openat, symlinkat};
use sha2::{Digest as _, Sha256};
use std::ffi::{CStr, OsStr};
use std::fs::{self, DirBuilder, File, FileTimes};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::model::UnixMillis;

/// How much of a file is read or copied before it is looked whether to go on, in bytes.
const PIECE: u64 = 1 << 20;

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    /// A sum over the sorted relative paths, modes, targets of links and contents of all that is in it.
    pub(super) sha256: String,
    /// The bytes of its files.
    pub(super) bytes: u64,
}

/// Sums a folder up. Its own mode and all times are left out.
///
/// # Errors
/// Also for what is neither a file, a folder nor a symbolic link: it could not be copied.
pub(super) fn contents(root: &Path, bounds: TreeBounds, quit: &Quit) -> io::Result<Contents> {
    let mut sum = Sum { digest: Sha256::new(), bytes: 0, bounds, quit };
    walk(root, bounds, quit, &mut sum)?;
    Ok(Contents { sha256: hex::encode(sum.digest.finalize()), bytes: sum.bytes })
}

struct Sum<'a> {
    digest: Sha256,
    bytes: u64,
    bounds: TreeBounds,
    quit: &'a Quit,
}

impl Sum<'_> {
    fn add(&mut self, parts: &[&[u8]]) {
        for part in parts {
            // Lengths, so that no two folders read the same.
            self.digest.update((part.len() as u64).to_be_bytes());
            self.digest.update(part);
        }
    }
}

impl Visitor for Sum<'_> {
    fn folder(&mut self, found: &Found<'_>) -> io::Result<()> {
        self.add(&[b"folder", found.path, &found.mode.to_be_bytes()]);
        Ok(())
    }

    fn file(&mut self, found: &Found<'_>) -> io::Result<()> {
        let (mut file, mut digest) = (found.open()?, Sha256::new());
        let mut piece = vec![0; 64 << 10];
        loop {
            self.quit.check()?;
            let count = file.read(&mut piece)?;
            if count == 0 {
                break;
            }
            self.bytes += count as u64;
            // Somebody may still write to it.
            if self.bytes > self.bounds.bytes {
                return Err(TreeError::TooLarge(self.bounds.bytes).into());
            }
            digest.update(&piece[..count]);
        }
        self.add(&[b"file", found.path, &found.mode.to_be_bytes(), &digest.finalize()]);
        Ok(())
    }

    fn link(&mut self, found: &Found<'_>, target: &CStr) -> io::Result<()> {
        self.add(&[b"link", found.path, target.to_bytes()]);
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text's sum, to tell it from others.
pub(super) fn sum_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

/// Copies what is in `root` into the folder `into`, which is there: modes, links and times of files stay.
pub(super) fn copy(root: &Path, into: &Path, bounds: TreeBounds, quit: &Quit) -> io::Result<()> {
    let mut copy = Copy { into: vec![(open_folder(into)?, None)], bytes: bounds.bytes, bounds, quit };
    walk(root, bounds, quit, &mut copy)
}

struct Copy<'a> {
    /// The folders that are being filled, with the modes that they get when they are full: one may forbid that anything
    /// is written into it.
    into: Vec<(OwnedFd, Option<u32>)>,
    bytes: u64,
    bounds: TreeBounds,
    quit: &'a Quit,
}

impl Copy<'_> {
    fn here(&self) -> io::Result<&OwnedFd> {
        self.into.last().map(|(folder, _)| folder).ok_or_else(|| io::Error::other("no folder is open"))
    }
}

impl Visitor for Copy<'_> {
    fn folder(&mut self, found: &Found<'_>) -> io::Result<()> {
        mkdirat(self.here()?, found.name, Mode::RWXU)?;
        let folder = openat(self.here()?, found.name, FOLDER, Mode::empty())?;
        self.into.push((folder, Some(found.mode)));
        Ok(())
    }

    fn file(&mut self, found: &Found<'_>) -> io::Result<()> {
        let from = found.open()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut to = File::from(openat(self.here()?, found.name, flags, Mode::RUSR | Mode::WUSR)?);
        loop {
            self.quit.check()?;
            let count = io::copy(&mut (&from).take(PIECE), &mut to)?;
            if count == 0 {
                break;
            }
            let left = self.bytes.checked_sub(count);
            self.bytes = left.ok_or(TreeError::TooLarge(self.bounds.bytes))?;
        }
        fchmod(&to, Mode::from_raw_mode(found.mode))?;
        // Tools that compare times must not make anew what was made already.
        to.set_times(FileTimes::new().set_modified(from.metadata()?.modified()?))
    }

    fn link(&mut self, found: &Found<'_>, target: &CStr) -> io::Result<()> {
        Ok(symlinkat(target, self.here()?, found.name)?)
    }

    fn leave(&mut self) -> io::Result<()> {
        match self.into.pop() {
            Some((folder, Some(mode))) => Ok(fchmod(&folder, Mode::from_raw_mode(mode))?),
            _ => Ok(()),
        }
    }
}

/// Makes an empty folder that nobody else may look into, in the place of whatever is there.
pub(super) fn fresh_folder(path: &Path) -> io::Result<()> {
    remove(path)?;
    private_folder(path)
}

/// Makes a folder that nobody else may look into, with those above it, where it is not there.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The folders in `root` whose file `name` was last written to before this time; one without such a file counts by its
/// own time. None where there is no `root`.
pub(super) fn untouched_since(root: &Path, name: &str, before: UnixMillis) -> io::Result<Vec<PathBuf>> {
    let folders = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folders => folders?,
    };
    let before = SystemTime::UNIX_EPOCH + before.since(UnixMillis::default());
    let mut untouched = Vec::new();
    for folder in folders {
        let folder = folder?.path();
        let metadata = fs::metadata(folder.join(name)).or_else(|_| fs::symlink_metadata(&folder))?;
        if metadata.modified()? < before {
            untouched.push(folder);
        }
    }
    Ok(untouched)
}

/// Opens a file of ours to be read, which may have been replaced.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(TreeError::Replaced.into()) }
}

/// Makes an empty file that nobody else may read, in the place of whatever is there.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    remove(path)?;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a file so that it is there as a whole or not at all.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(OsStr::new(".new"));
    create_private(Path::new(&beside))?.write_all(content)?;
    fs::rename(&beside, path)
}
