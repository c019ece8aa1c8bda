//! Folders as wholes: what one holds, a copy of it, its end.

use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, FileTimes, Metadata, Permissions};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::flow::Millis;

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
pub(super) fn contents(root: &Path) -> io::Result<Contents> {
    let mut digest = Sha256::new();
    let mut bytes = 0;
    let mut add = |part: &[u8]| {
        // Lengths, so that no two folders read the same.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    };
    let mut sums = Vec::new();
    for (path, metadata) in entries(root)? {
        let inside = path.strip_prefix(root).unwrap_or(&path).as_os_str().as_bytes();
        let mode = (metadata.permissions().mode() & 0o7777).to_be_bytes();
        let kind = metadata.file_type();
        sums.clear();
        if kind.is_symlink() {
            sums.extend_from_slice(fs::read_link(&path)?.as_os_str().as_bytes());
            [b"link".as_slice(), inside, &sums].into_iter().for_each(&mut add);
        } else if kind.is_dir() {
            [b"folder".as_slice(), inside, &mode].into_iter().for_each(&mut add);
        } else if kind.is_file() {
            bytes += sum_of_file(&path, &mut sums)?;
            [b"file".as_slice(), inside, &mode, &sums].into_iter().for_each(&mut add);
        } else {
            let what = format!("{} is neither a file, a folder nor a link", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }
    Ok(Contents { sha256: hex(&digest.finalize()), bytes })
}

/// A text's sum, to tell it from others.
pub(super) fn sum_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

/// Copies what is in `root` into the folder `into`, which is there: modes, links and times of files stay.
pub(super) fn copy(root: &Path, into: &Path) -> io::Result<()> {
    let mut folders: Vec<(PathBuf, Permissions)> = Vec::new();
    for (path, metadata) in entries(root)? {
        let target = into.join(path.strip_prefix(root).unwrap_or(&path));
        let kind = metadata.file_type();
        if kind.is_symlink() {
            symlink(fs::read_link(&path)?, &target)?;
        } else if kind.is_dir() {
            private_folder(&target)?;
            folders.push((target, metadata.permissions()));
        } else {
            fs::copy(&path, &target)?;
            // Tools that compare times must not make anew what was made already.
            File::open(&target)?.set_times(FileTimes::new().set_modified(metadata.modified()?))?;
        }
    }
    // Only now: a folder may forbid that anything is written into it.
    folders.into_iter().rev().try_for_each(|(folder, permissions)| fs::set_permissions(folder, permissions))
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

/// Removes a folder and all in it, also where programs have forbidden that. None there is no failure.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let gone = |outcome: io::Result<()>| match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    };
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_dir()) {
        return gone(fs::remove_file(path));
    }
    if gone(fs::remove_dir_all(path)).is_ok() {
        return Ok(());
    }
    open_up(path)?;
    gone(fs::remove_dir_all(path))
}

/// The folders in `root` whose file `name` was last written to before this time; one without such a file counts by its
/// own time. None where there is no `root`.
pub(super) fn untouched_since(root: &Path, name: &str, before: Millis) -> io::Result<Vec<PathBuf>> {
    let folders = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folders => folders?,
    };
    let before = SystemTime::UNIX_EPOCH + Duration::from_millis(before.try_into().unwrap_or(0));
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

/// Writes a file so that it is there as a whole or not at all.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(OsStr::new(".new"));
    fs::write(&beside, content)?;
    fs::rename(&beside, path)
}

/// Lets us write into a folder and all below it.
fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// All that is below a folder, sorted, each folder before what is in it.
fn entries(root: &Path) -> io::Result<Vec<(PathBuf, Metadata)>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            found.push((path, metadata));
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

fn sum_of_file(path: &Path, into: &mut Vec<u8>) -> io::Result<u64> {
    let (mut file, mut digest, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            into.extend_from_slice(&digest.finalize());
            return Ok(bytes);
        }
        bytes += count as u64;
        digest.update(&piece[..count]);
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
