use crate::model::{CommitId, ForPeople, SharedError, UserMessage, shared_error};
use std::error::Error;
use std::time::Duration;

/// Why git gave no answer. The texts hold no token, no credential, no environment.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GitError {
    /// The program is not installed or not on the `PATH`.
    #[error("the program git was not found in any folder of PATH; install it, or add its folder")]
    NotFound,
    /// The program lacks what is asked of it.
    #[error("{program} is too old: it says {found:?}, and {least} or later is needed")]
    TooOld {
        /// Where it is.
        program: String,
        /// What it says of itself.
        found: String,
        /// What is needed.
        least: String,
    },
    /// The directory is no git repository.
    #[error("there is no git repository at {place}")]
    NotARepository {
        /// The directory.
        place: String,
    },
    /// It took longer than it may.
    #[error("git {what} took longer than {} seconds", limit.as_secs())]
    Timeout {
        /// Which git command.
        what: &'static str,
        /// How long it may take.
        limit: Duration,
    },
    /// It said more than it may.
    #[error("git {what} answered with more than {limit} bytes")]
    TooMuch {
        /// Which git command.
        what: &'static str,
        /// How many bytes are taken.
        limit: usize,
    },
    /// It was refused the memory that it needed.
    #[error("git {what} needed more than the {} MiB of memory that it may take on this machine", bound >> 20)]
    OutOfMemory {
        /// Which git command.
        what: &'static str,
        /// How much it may take, in bytes.
        bound: u64,
    },
    /// It ended with an error.
    #[error("git {what} failed: {stderr}")]
    Failed {
        /// Which git command.
        what: &'static str,
        /// Its exit status, if it was not killed.
        status: Option<i32>,
        /// What it said, shortened and without credentials.
        stderr: String,
    },
    /// Objects or refs of the repository are damaged or a killed process left a lock behind.
    #[error("the repository is damaged, as git {what} says: {stderr}")]
    Corrupt {
        /// Which git command.
        what: &'static str,
        /// What it said, shortened and without credentials.
        stderr: String,
    },
    /// Its answer could not be read.
    #[error("the answer of git {what} could not be read: {why}")]
    Unreadable {
        /// Which git command.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A commit that was asked about is not there.
    #[error("there is no commit {commit} in the repository; fetch it, or name another")]
    NoSuchCommit {
        /// The commit.
        commit: CommitId,
    },
    /// A commit has more files than may be written.
    #[error("{commit} holds {what}, which is more than may be checked out")]
    TooManyFiles {
        /// The commit.
        commit: CommitId,
        /// How much it holds at least.
        what: String,
    },
    /// History is cut off, so no set of commits can be trusted.
    #[error("the clone is shallow: its history is cut off; run git fetch --unshallow")]
    Shallow,
    /// The clone was made without all files, and one that is needed is not here.
    #[error("the clone has not all files; run git fetch --refetch --no-filter")]
    FilesLeftOut,
    /// A file or process could not be handled.
    #[error("{what} failed")]
    Io {
        /// What was tried, as in "making a folder".
        what: &'static str,
        /// What the system said.
        source: SharedError,
    },
}

/// What git says when the remote does not take who we say we are: it would ask the person at the terminal.
const SIGNS_OF_REFUSAL: [&str; 3] =
    ["Authentication failed", "could not read Username", "could not read Password"];

/// What git says when files of the repository itself are broken, as opposed to the network or the remote.
const SIGNS_OF_DAMAGE: [&str; 17] = [
    ".lock': File exists",
    "Could not read ",
    "bad config",
    "bad object",
    "bad tree object",
    "broken link",
    "cannot read",
    "corrupt",
    "could not read",
    "does not point to a valid object",
    "inflate",
    "loose object",
    "missing object",
    "not a git repository",
    "packfile",
    "pack has",
    "unable to read",
];

/// What git says when a ref is no more as it was when the command began; the last two since version 2.50.
///
/// Source: `refs/files-backend.c` and `refs.c` of git.
const SIGNS_OF_MOVED_REFS: [&str; 6] = [
    " but expected ",
    ": reference already exists",
    ": reference is missing",
    ": unable to resolve reference",
    "incorrect old value provided",
    ": reference does not exist",
];

impl GitError {
    /// The error for a git command that ended with `status`, having said `stderr`.
    pub(super) fn failed(what: &'static str, status: Option<i32>, stderr: String) -> Self {
        if Self::is_said_of_damage(&stderr) {
            return Self::Corrupt { what, stderr };
        }
        Self::Failed { what, status, stderr }
    }

    /// Whether these words of git's are about files of the repository itself.
    pub(super) fn is_said_of_damage(stderr: &str) -> bool {
        // Reading from the network fails in words of its own, and says nothing about files here.
        let of_the_remote = stderr.contains("remote") && !stderr.contains(".lock'");
        let refused =
            SIGNS_OF_REFUSAL.iter().any(|sign| stderr.contains(sign)) || Self::is_said_of_bad_objects(stderr);
        !of_the_remote && !refused && SIGNS_OF_DAMAGE.iter().any(|sign| stderr.contains(sign))
    }

    fn is_said_of_bad_objects(stderr: &str) -> bool {
        stderr.contains("fsck error")
    }

    /// Whether it is about objects that git will never take: as they are they would lead it astray, and they stay as
    /// they are.
    fn is_of_bad_objects(&self) -> bool {
        match self {
            Self::Failed { stderr, .. } | Self::Corrupt { stderr, .. } => {
                Self::is_said_of_bad_objects(stderr)
            }
            _ => false,
        }
    }

    /// Whether the same question may have an answer later: not where what is asked about is too large for this machine, or is
    /// what git never takes.
    pub fn may_pass(&self) -> bool {
        let is_too_large =
            matches!(self, Self::OutOfMemory { .. } | Self::TooMuch { .. } | Self::TooManyFiles { .. });
        !is_too_large && !self.is_of_bad_objects()
    }

    /// Whether it is the repository itself that is broken, not the way to it.
    pub(super) fn is_of_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::NotARepository { .. })
    }

    /// Whether another git wrote the same refs meanwhile, so that the same command may do now.
    pub(super) fn is_of_moved_refs(&self) -> bool {
        let is_broken = |said: &str| said.contains(": reference broken");
        let moved =
            |said: &str| !is_broken(said) && SIGNS_OF_MOVED_REFS.iter().any(|sign| said.contains(sign));
        matches!(self, Self::Failed { stderr, .. } if moved(stderr))
    }

    /// Whether the disk has no room for what was to be written.
    pub fn is_of_room(&self) -> bool {
        // The last one is how git tells that a limit of the size of files has ended a part of it.
        const SIGNS: [&str; 4] =
            ["No space left on device", "Disk quota exceeded", "File too large", "died of signal 25"];
        let said_in = |said: &str| SIGNS.iter().any(|sign| said.contains(sign));
        match self {
            Self::Failed { stderr, .. } | Self::Corrupt { stderr, .. } => said_in(stderr),
            Self::Io { source, .. } => said_in(&source.to_string()),
            _ => false,
        }
    }

    pub(super) fn io(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Io { what, source: shared_error(source) }
    }
}

impl ForPeople for GitError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Io { what, source } => UserMessage::new(format!("{what}: {}", source.for_people())),
            itself => UserMessage::new(itself.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_git_never_takes_are_no_damage() {
        let said = "error: object 8c1f0b2de: hasDotgit: contains '.git'\nfatal: fsck error in packed object\n\
                    fatal: could not read the packfile";
        let error = GitError::failed("fetch", Some(128), said.to_owned());
        assert!(!error.is_of_damage(), "making the mirror again would not help");
        assert!(error.is_of_bad_objects());
        let other = GitError::failed("fetch", Some(128), "fatal: the packfile is corrupt".to_owned());
        assert!(other.is_of_damage() && !other.is_of_bad_objects());
    }

    #[test]
    fn refs_that_another_git_moved_are_told_from_broken_ones() {
        let moved = |stderr: &str| GitError::failed("fetch", Some(1), stderr.to_owned()).is_of_moved_refs();
        assert!(moved("error: cannot lock ref 'refs/heads/a': is at 1f but expected 2e"));
        assert!(moved("error: cannot lock ref 'refs/heads/a': unable to resolve reference 'refs/heads/a'"));
        assert!(moved("error: fetching ref refs/heads/a failed: incorrect old value provided"));
        assert!(!moved("cannot lock ref 'HEAD': unable to resolve reference 'HEAD': reference broken"));
        assert!(!moved(
            "cannot lock ref 'refs/heads/a': Unable to create '/r/refs/heads/a.lock': File exists."
        ));
    }

    #[test]
    fn a_git_that_a_limit_has_ended_lacks_room() {
        let said = "error: index-pack died of signal 25\nfatal: fetch-pack: invalid index-pack output";
        assert!(GitError::failed("fetch", Some(128), said.to_owned()).is_of_room());
    }

    #[test]
    fn a_remote_that_refuses_us_is_no_damage() {
        let said = |stderr: &str| GitError::failed("fetch", Some(128), stderr.to_owned()).is_of_damage();
        assert!(!said("fatal: could not read Username for 'https://github.com': terminal prompts disabled"));
        assert!(!said("fatal: Authentication failed for 'https://github.com/acme/store.git/'"));
        assert!(said("error: could not read 08d12e6b76c84d11"));
        assert!(said("error: Could not read 08d12e6b76c84d11 fatal: failure to merge"));
        assert!(said("fatal: loose object 08d12e6b (stored in objects/08/d12e6b) is corrupt"));
    }
}
