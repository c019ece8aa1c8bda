//! Files that are there whole or not at all, with the rights that they should have.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Rights for the owner's eyes alone.
pub const PRIVATE: u32 = 0o600;

/// Writes a file with these rights, whatever the umask and whatever lay there: all of it or nothing.
///
/// # Errors
/// When it cannot be written. What was there before is there still.
pub fn write_whole_file(path: &Path, text: &str, rights: u32) -> io::Result<()> {
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

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("folder");
        std::fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(write_whole_file(&taken, "new", PRIVATE).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
