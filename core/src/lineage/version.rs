//! Whether the git that is installed can do what is asked of it.

use std::path::Path;

use super::GitError;
use super::git::{Call, Git};
use super::lines::text;
use super::program::program;

/// The oldest git that can do all that is asked of it: it takes attributes from a tree (`GIT_ATTR_SOURCE`), without
/// which a file in a repository could name a program to run.
const LEAST: Version = Version { major: 2, minor: 41 };

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
