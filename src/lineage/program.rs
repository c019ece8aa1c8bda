//! The git that is installed: where it is, and whether it can do what is asked of it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::GitError;
use super::git::{Call, Git};
use super::lines::text;

/// The oldest git that can do all that is asked of it: it takes attributes from a tree (`GIT_ATTR_SOURCE`), without
/// which a file in a repository could name a program to run.
const LEAST: Version = Version { major: 2, minor: 41 };

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

/// Looks whether there is a git that is new enough, so that this is said before anything else is.
///
/// # Errors
/// [`GitError::NotFound`] or [`GitError::TooOld`].
pub async fn require_git() -> Result<(), GitError> {
    let said = Git::inside(Path::new("/")).ask(Call::new("version")).await?;
    let said = text(&said).trim().to_owned();
    match Version::read(&said) {
        Some(version) if version >= LEAST => Ok(()),
        Some(_) => Err(GitError::TooOld {
            program: program().display().to_string(),
            found: said,
            least: LEAST.to_string(),
        }),
        None => Err(GitError::Unreadable { what: "version", why: format!("{said:?} names no version") }),
    }
}

/// What counts of a version of git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads what `git version` says. What comes behind the second number differs from one maker to the next.
    fn read(said: &str) -> Option<Self> {
        let mut numbers = said.strip_prefix("git version ")?.split(|at: char| !at.is_ascii_digit());
        let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(Self { major, minor })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn is_program(place: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    place.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_whoever_made_them() {
        let version = |major, minor| Some(Version { major, minor });
        for (said, read) in [
            ("git version 2.47.3", version(2, 47)),
            ("git version 2.39.5 (Apple Git-154)", version(2, 39)),
            ("git version 2.41.0.windows.1", version(2, 41)),
            ("git version 2.52.GIT", version(2, 52)),
            ("git version next", None),
            ("hello", None),
        ] {
            assert_eq!(Version::read(said), read, "{said}");
        }
        assert!(version(2, 9) < Some(LEAST) && version(3, 0) > Some(LEAST));
    }
}
