//! Writing the files of one commit of a remote into a folder.

use super::git::{Call, Git, REMOTE_LIMIT};
use super::{GitError, Remote};
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

/// Writes the files of `commit` into the folder `into`, which is there and empty.
///
/// They come out as they were committed: no attribute, filter, hook or setting of the repository counts, so files
/// that git LFS keeps elsewhere stay pointers. Sub-modules are left as empty folders, and there is no `.git`. A
/// repository of its own is made beside the folder for it, which goes again.
///
/// # Errors
/// [`GitError::NoSuchCommit`] where the remote has no such commit. After an error the folder may hold some files.
pub async fn check_out(remote: &Remote, commit: CommitId, into: &Path) -> Result<(), GitError> {
    let into = std::fs::canonicalize(into).map_err(|error| GitError::io("finding a folder", error))?;
    let beside = into.parent().unwrap_or(&into);
    let directory = tempfile::Builder::new().prefix(".checkout-").tempdir_in(beside);
    let directory = directory.map_err(|error| GitError::io("making a folder", error))?;
    let place = directory.path();
    let init = Call::new("init").args(["--bare", "--quiet", "--template=", "--"]);
    Git::outside(place).ask(init.arg(place.as_os_str())).await?;
    fetch(place, remote, commit, Some(1)).await?;
    let git = Git::at(place).with_work_tree(&into);
    git.ask(Call::new("read-tree").arg(commit.to_string())).await?;
    git.ask(Call::new("checkout-index").args(["--all", "--quiet"]).within(REMOTE_LIMIT)).await.map(drop)
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
