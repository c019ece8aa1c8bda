//! What git is asked to do for a mirror.

use crate::lineage::generation::Generation;
use crate::lineage::git::{Call, Git, REMOTE_LIMIT};
use crate::lineage::ref_files::RefFiles;
use crate::lineage::{GitError, Remote, lines};
use crate::model::{CommitId, error_chain};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Each fetch that brings something leaves a pack behind; past this many, looking an object up gets slow.
const PACKS_AT_MOST: usize = 50;

/// How often a fetch is tried that another git gets in the way of: one server leaves one behind, which ends.
const TRIES: u32 = 3;

/// What stands in a mirror's own configuration besides what git writes there: by these it fetches commits without files, and
/// checks the files it is given.
const SETTINGS: &str = "\
[core]
\trepositoryFormatVersion = 1
[extensions]
\tpartialClone = origin
[remote \"origin\"]
\tpromisor = true
\tpartialCloneFilter = tree:0
[transfer]
\tfsckObjects = true
[fetch]
\twriteCommitGraph = true
";

/// An empty bare repository that fetches as [`SETTINGS`] say.
pub(super) async fn initialize(directory: &Path) -> Result<(), GitError> {
    // Before it is a repository, git has to be told by its argument, not by its directory.
    let outside = Git::inside(directory);
    let place = directory.as_os_str();
    outside.ask(Call::new("init").args(["--bare", "--quiet", "--template=", "--"]).arg(place)).await?;
    // Written at once: to git each of them would be a process of its own. Of two the last counts.
    let configuration = directory.join("config");
    let written = async {
        let before = tokio::fs::read_to_string(&configuration).await?;
        tokio::fs::write(&configuration, before + SETTINGS).await
    };
    written.await.map_err(|error| GitError::io("configuring a mirror", error))
}

/// How the names of the refs begin that are fetched.
pub(super) fn prefixes(pulls: &BTreeSet<u64>) -> Vec<String> {
    let pulls = pulls.iter().map(|number| format!("refs/pull/{number}/"));
    std::iter::once("refs/heads/".to_owned()).chain(pulls).collect()
}

/// The refs that are there of those that would be fetched, as the disk has them. Each one's commit is read, so that git says
/// where one is lost; what is learnt so is not asked again.
pub(super) async fn refs_in(
    generation: &Arc<Generation>,
    pulls: &BTreeSet<u64>,
) -> Result<BTreeMap<String, CommitId>, GitError> {
    let known = generation.known();
    let (as_of, prefixes) = (known.refs_as_of(), prefixes(pulls));
    let format = "--format=%(refname) %(objectname) %(tree)";
    let call = Call::new("for-each-ref").arg(format).args(&prefixes);
    let files = RefFiles::of(generation.directory()).await;
    let listed = lines::read_refs_with_trees(&Git::of_mirror(generation).ask(call).await?)?;
    let refs: BTreeMap<String, CommitId> = listed.iter().map(|it| (it.name.clone(), it.commit)).collect();
    if !generation.is_suspect() {
        known.note_commits(listed.iter().map(|it| it.commit));
        known.note_trees_of(listed.iter().map(|it| (it.commit, it.tree)));
        known.note_all_refs(as_of, prefixes, &refs, files);
    }
    Ok(refs)
}

/// Brings all branches and the refs of `pulls`.
///
/// A server that was killed has left its git behind, which may write the same refs until it ends: what that comes in the way of
/// is tried again.
pub(super) async fn fetch_into(
    directory: &Path,
    remote: &Remote,
    pulls: &BTreeSet<u64>,
) -> Result<(), GitError> {
    for _ in 1..TRIES {
        match fetch_once(directory, remote, pulls).await {
            Err(error) if error.is_of_moved_refs() => {
                tracing::warn!(
                    error = error_chain(&error),
                    "another git writes here too; the fetch is tried again"
                );
            }
            outcome => return outcome,
        }
    }
    fetch_once(directory, remote, pulls).await
}

async fn fetch_once(directory: &Path, remote: &Remote, pulls: &BTreeSet<u64>) -> Result<(), GitError> {
    let git = Git::at(directory).with_remote(remote.clone());
    // Patterns: one that matches nothing is no failure, and what is gone on the remote goes here too.
    let wanted = lines::list(prefixes(pulls).iter().map(|prefix| format!("+{prefix}*:{prefix}*")));
    let call = Call::new("fetch")
        .args(["--quiet", "--prune", "--no-tags", "--filter=tree:0", "--no-write-fetch-head"])
        .args(["--no-auto-maintenance", "--no-recurse-submodules", "--stdin", "origin"])
        // What git complains of in commits are names and dates that old importers and clocks got wrong.
        // They do no harm, but one in the history would keep the whole repository from being judged, and
        // where files are left out git cannot be told which complaints to pass over.
        .setting("fetch.fsckObjects", "false")
        .input(wanted)
        .online();
    git.ask(call).await.map(drop)
}

/// Takes in what a remote has told without a git: a pack with the commits that were missing, and where its refs are that have
/// moved or come since they were as in `here`.
///
/// Nothing is taken away here: that something is gone, a fetch by git says a second time.
pub(super) async fn take_in(
    directory: &Path,
    pack: Option<Vec<u8>>,
    here: &BTreeMap<String, CommitId>,
    there: &BTreeMap<String, CommitId>,
) -> Result<(), GitError> {
    let git = Git::at(directory);
    if let Some(pack) = pack {
        // As git itself keeps what comes from such a remote: what it leads to and is not here may be asked for.
        git.ask(Call::new("index-pack").args(["--stdin", "--promisor"]).input(pack)).await?;
    }
    let moves = there.iter().filter_map(|(name, at)| match here.get(name) {
        Some(before) => (before != at).then(|| format!("update {name} {at} {before}")),
        None => Some(format!("create {name} {at}")),
    });
    // Each moves from where it was seen, all or none, and only to a commit that is here.
    let words = format!("start\n{}prepare\ncommit\n", lines::list(moves));
    git.ask(Call::new("update-ref").arg("--stdin").input(words)).await.map(drop)
}

/// The pull requests whose refs are there, as far as the names of refs can still be read.
pub(super) async fn pulls_in(directory: &Path) -> BTreeSet<u64> {
    let call = Call::new("for-each-ref").args(["--format=%(refname)", "refs/pull/"]);
    let names = Git::at(directory).ask(call).await.unwrap_or_default();
    let names = String::from_utf8_lossy(&names);
    names.lines().filter_map(|name| name.split('/').nth(2)?.parse().ok()).collect()
}

/// Whether every branch's commit can be read.
pub(super) async fn is_readable(directory: &Path) -> bool {
    Git::at(directory).ask(Call::new("for-each-ref").arg("--format=%(tree)")).await.is_ok()
}

/// Whether all of history can be walked and every pack is as it was written. Takes seconds where there are
/// many commits.
pub(super) async fn is_sound(directory: &Path) -> bool {
    let git = Git::at(directory);
    // The commit graph would answer for commits that are lost.
    let walk = Call::new("rev-list").args(["--quiet", "--all"]).setting("core.commitGraph", "false");
    let walk = walk.within(REMOTE_LIMIT);
    // One that is too large to be walked here is no better when it is made again.
    let is_walked = git.ask(walk).await.map_or_else(|error| !error.may_pass(), |_| true);
    if !is_readable(directory).await || !is_walked {
        return false;
    }
    let Ok(entries) = std::fs::read_dir(directory.join("objects/pack")) else { return false };
    let indices = entries.flatten().map(|entry| entry.path());
    let indices = indices.filter(|path| path.extension().is_some_and(|ending| ending == "idx"));
    let verify = Call::new("verify-pack").arg("--").args(indices.map(std::path::PathBuf::into_os_string));
    git.ask(verify.within(REMOTE_LIMIT)).await.is_ok()
}

/// Makes one pack of many. A failure costs speed only.
pub(super) async fn tidy(generation: &Generation) {
    if generation.packs() <= PACKS_AT_MOST {
        return;
    }
    // What nothing leads to may go.
    generation.known().forget();
    let git = Git::at(generation.directory());
    let repack = Call::new("repack").args(["-a", "-d", "-q", "--no-write-bitmap-index"]);
    // What came without a fetch by git is in no commit graph yet.
    let graph = Call::new("commit-graph").args(["write", "--reachable", "--split", "--no-progress"]);
    for call in [repack, graph] {
        if let Err(error) = git.ask(call.within(REMOTE_LIMIT)).await {
            tracing::warn!(error = error_chain(&error), "the packs of a mirror could not be put in order");
        }
    }
    generation.known().forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With its sum at the end, as git writes it.
    const EMPTY_PACK: &[u8] =
        b"PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82;\xd8\xa8\xea\xb5\x10\xadj\xc7\\\x82<\xfd>\xd3\x1e";

    #[tokio::test]
    async fn no_ref_moves_to_a_commit_that_was_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let mirror = folder.path().join("mirror");
        std::fs::create_dir(&mirror).unwrap();
        initialize(&mirror).await.unwrap();
        let there = BTreeMap::from([("refs/heads/main".to_owned(), "1".repeat(40).parse().unwrap())]);
        let taken = take_in(&mirror, Some(EMPTY_PACK.to_vec()), &BTreeMap::new(), &there).await;
        assert!(matches!(taken, Err(GitError::Failed { what: "update-ref", .. })), "{taken:?}");
        let cut = EMPTY_PACK[..EMPTY_PACK.len() - 1].to_vec();
        let taken = take_in(&mirror, Some(cut), &BTreeMap::new(), &there).await;
        assert!(matches!(taken, Err(GitError::Failed { what: "index-pack", .. })), "{taken:?}");
        assert!(pulls_in(&mirror).await.is_empty());
    }
}
