//! Where the git is that is installed.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// git, by its whole path where it is found: given only a name and an environment of its own for it, the
/// system copies all of this process's memory maps for each start, which takes most of a verdict's time.
pub(super) fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&folders).map(|folder| whole(&folder.join("git")));
        places.find(|place| is_program(place)).unwrap_or_else(|| PathBuf::from("git"))
    });
    &PROGRAM
}

/// The same place, named so that it does not depend on where a process runs.
pub(super) fn whole(path: &Path) -> PathBuf {
    // It fails where this process runs in a folder that is gone, and then nothing is found by a relative path.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_program(place: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    place.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
