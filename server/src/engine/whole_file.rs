//! Files that are there whole or not at all, with the rights that they should have.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

/// Rights for the owner's eyes alone.
pub const PRIVATE: u32 = 0o600;

/// Writes a file with these rights, whatever the umask and whatever lay there: all of it or nothing.
///
/// # Errors
/// When it cannot be written. What was there before is there still.
pub fn write_whole_file(path: &Path, text: &str, rights: u32) -> io::Result<()> {
    write_whole(path, text, rights, |_| Ok(()))
}

/// Writes a file for the eyes of whoever its folder belongs to, which need not be us: root makes things for a server that
/// runs as another user.
///
/// # Errors
/// When it cannot be written, or would belong to somebody else than its folder. What was there before is there still.
pub(super) fn write_for_owner_of_folder(path: &Path, text: &str) -> io::Result<()> {
    write_whole(path, text, PRIVATE, |file| give_to_owner_of(folder_of(path), file))
}

/// Gives a file to whoever its folder belongs to.
///
/// # Errors
/// When it is a link, or belongs to somebody else and only root could give it away.
pub fn give_to_owner_of_folder(path: &Path) -> io::Result<()> {
    give_to_owner_of(folder_of(path), &open_no_link(path, OFlags::RDONLY)?)
}

/// Opens a file of ours, closed to others where it is made. The owner of the folder may have put a link to a file of root's in
/// its place, which is not followed.
pub(super) fn open_no_link(path: &Path, how: OFlags) -> io::Result<File> {
    let flags = how | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

/// Gives an open file to whoever a folder belongs to.
///
/// # Errors
/// When it belongs to somebody else and only root could give it away, or has another name elsewhere.
pub(super) fn give_to_owner_of(folder: &Path, file: &File) -> io::Result<()> {
    let (folder, of_file) = (std::fs::metadata(folder)?, file.metadata()?);
    if folder.uid() == of_file.uid() {
        return Ok(());
    }
    if of_file.nlink() > 1 {
        return Err(io::Error::other("it has another name elsewhere, so it is given to nobody"));
    }
    fchown(file, Some(folder.uid()), Some(folder.gid())).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "its folder belongs to another user, number {0}, who could not read it; run this as that user (sudo -u '#{0}' …) \
                 or as root",
                folder.uid()
            ),
        ),
        _ => error,
    })
}

/// The folder that a file is in, also of a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_whole(
    path: &Path,
    text: &str,
    rights: u32,
    given: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    // One that was cut off before may lie there, with other rights.
    match std::fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(rights).open(beside)?;
        file.set_permissions(Permissions::from_mode(rights))?;
        given(&file)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    })();
    if written.is_err() {
        // What could not be written whole may hold parts of a secret.
        let _ = std::fs::remove_file(beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_rights_are_those_that_it_should_have_whatever_lay_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (lay_there, rights) in [(false, PRIVATE), (true, PRIVATE), (true, 0o755)] {
            if lay_there {
                std::fs::write(&path, "old").unwrap();
                std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
                std::fs::write(folder.path().join("file.new"), "cut off").unwrap();
            }
            write_whole_file(&path, "new", rights).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, rights);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    /// Somebody who is not root.
    const SOMEBODY: u32 = 65_534;

    #[test]
    fn what_a_link_leads_to_is_given_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let roots = tempfile::NamedTempFile::new().unwrap();
        let owner = |path: &Path| std::fs::metadata(path).unwrap().uid();
        let before = owner(roots.path());
        let _ = std::os::unix::fs::chown(folder.path(), Some(SOMEBODY), Some(SOMEBODY));
        let [link, name] = ["link", "name"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(roots.path(), &link).unwrap();
        assert!(give_to_owner_of_folder(&link).is_err());
        assert!(open_no_link(&link, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC).is_err());
        // Where it can be made at all: the two folders may be on different disks.
        if std::fs::hard_link(roots.path(), &name).is_ok() {
            let given = give_to_owner_of_folder(&name);
            assert!(given.is_err() || owner(folder.path()) == before);
        }
        assert_eq!(owner(roots.path()), before);
    }

    #[test]
    fn what_is_made_for_the_owner_of_a_folder_is_theirs_or_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let uid = |path: &Path| std::fs::metadata(path).unwrap().uid();
        // Only root can give a folder away; for everybody else it is their own.
        let is_given = std::os::unix::fs::chown(folder.path(), Some(SOMEBODY), Some(SOMEBODY)).is_ok();
        write_for_owner_of_folder(&path, "new").unwrap();
        assert_eq!(uid(&path), if is_given { SOMEBODY } else { uid(folder.path()) });
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, PRIVATE);
        assert_eq!(folder_of(Path::new("file")), Path::new("."));
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("folder");
        std::fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(write_whole_file(&taken, "new", PRIVATE).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
