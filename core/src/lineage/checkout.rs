//! Writing the files of one commit of a remote into a folder.

use super::git::{Call, Git, REMOTE_LIMIT};
use super::{GitError, Remote, lines};
use crate::model::CommitId;
use std::path::Path;

/// What git complains of in commits and trees that old importers and clocks got wrong. It does no harm to the
/// files, and would keep a repository from being deployed at all.
const PASSED_OVER: [&str; 10] = [
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badName",
    "badTimezone",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
];

/// Where the files of a commit go, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub struct CheckOut<'a> {
    /// The folder for them, which is there and empty.
    pub into: &'a Path,
    /// An empty folder for the repository that is made for it. Whoever has named it removes it.
    pub repository: &'a Path,
    /// How many files and links there may be.
    pub files_most: u64,
    /// What all of them together may hold, in bytes.
    pub bytes_most: u64,
}

/// Writes the files of `commit` into a folder.
///
/// They come out as they were committed: no attribute, filter, hook or setting of the repository counts, so files
/// that git LFS keeps elsewhere stay pointers. Sub-modules are left as empty folders, and there is no `.git`.
///
/// # Errors
/// [`GitError::NoSuchCommit`] where the remote has no such commit, [`GitError::TooManyFiles`] where there are more files than
/// may be; nothing is written then. After another error the folder may hold some files.
pub async fn check_out(remote: &Remote, commit: CommitId, out: CheckOut<'_>) -> Result<(), GitError> {
    let whole = |path| std::fs::canonicalize(path).map_err(|error| GitError::io("finding a folder", error));
    let (into, place) = (whole(out.into)?, whole(out.repository)?);
    let init = Call::new("init").args(["--bare", "--quiet", "--template=", "--"]);
    Git::outside(&place).ask(init.arg(place.as_os_str())).await?;
    fetch(&place, remote, commit, Some(1)).await?;
    let git = Git::at(&place).with_work_tree(&into);
    weigh(&git, commit, &out).await?;
    git.ask(Call::new("read-tree").arg(commit.to_string())).await?;
    git.ask(Call::new("checkout-index").args(["--all", "--quiet"]).within(REMOTE_LIMIT)).await.map(drop)
}

/// How long a line with the size of a file can be, in bytes.
const LONGEST_SIZE: usize = 21;

/// Fails where a commit has more files than may be: one of a few kilobytes can name the same file a thousand million times.
async fn weigh(git: &Git, commit: CommitId, out: &CheckOut<'_>) -> Result<(), GitError> {
    let too_many = |what| Err(GitError::TooManyFiles { commit, what });
    let more_files = || format!("more than {} files", out.files_most);
    let call = Call::new("ls-tree").args(["-r", "--format=%(objectsize)"]).arg(commit.to_string());
    let most = usize::try_from(out.files_most).unwrap_or(usize::MAX).saturating_mul(LONGEST_SIZE);
    let answer = match git.ask(call.answered_within(most)).await {
        Err(GitError::TooMuch { .. }) => return too_many(more_files()),
        answer => answer?,
    };
    let (mut files, mut bytes) = (0, 0_u64);
    for line in lines::text(&answer).lines() {
        files += 1;
        // A sub-module has none.
        bytes = bytes.saturating_add(line.parse().unwrap_or(0));
    }
    if files > out.files_most {
        return too_many(more_files());
    }
    if bytes > out.bytes_most {
        return too_many(format!("files of more than {} bytes together", out.bytes_most));
    }
    Ok(())
}

/// Fetches a commit with its files into the repository at `place`: so many commits deep, or all that is behind it.
pub(super) async fn fetch(
    place: &Path,
    remote: &Remote,
    commit: CommitId,
    depth: Option<usize>,
) -> Result<(), GitError> {
    let call = Call::new("fetch")
        .args(depth.map(|depth| format!("--depth={depth}")))
        .args(["--quiet", "--no-tags", "--no-write-fetch-head"])
        .args(["--no-auto-maintenance", "--no-recurse-submodules", "origin"])
        .arg(commit.to_string())
        .setting("fetch.fsckObjects", "true")
        .online();
    let call = PASSED_OVER
        .iter()
        .fold(call, |call, complaint| call.setting(&format!("fetch.fsck.{complaint}"), "ignore"));
    match Git::at(place).with_remote(remote.clone()).ask(call).await {
        Err(GitError::Failed { stderr, .. }) if stderr.contains("not our ref") => {
            Err(GitError::NoSuchCommit { commit })
        }
        outcome => outcome.map(drop),
    }
}
