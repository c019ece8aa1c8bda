//! Bringing objects by their names into a mirror, in one round and, where it is little, without a git that connects anew.

use super::git::{Call, Git};
use super::{GitError, lines};

impl Git {
    /// Brings these trees and files, and the trees below them.
    pub(super) async fn bring(&self, names: &[String]) -> Result<(), GitError> {
        if self.bring_without_git(names).await {
            return Ok(());
        }
        match self.ask(fetch_named("--filter=blob:none").input(lines::list(names))).await {
            Err(error) if is_historic(&error) => {
                // Where files are left out git cannot be told which complaints to pass over, so they come too.
                let whole = HISTORIC.iter().fold(fetch_named("--no-filter"), |call, complaint| {
                    call.setting(&format!("fetch.fsck.{complaint}"), "ignore")
                });
                self.ask(whole.input(lines::list(names))).await.map(drop)
            }
            outcome => outcome.map(drop),
        }
    }

    /// The same without a git that connects anew. Tells whether the remote sent them and all of it is good: a fetch by git is for
    /// all that is large or odd, and says what is wrong.
    async fn bring_without_git(&self, names: &[String]) -> bool {
        let Some((generation, remote)) = self.mirrored() else { return false };
        let Some(smart_http) = generation.smart_http() else { return false };
        // Apart from the future of who asks: a client's is large.
        let asking = Box::pin(smart_http.objects(remote, names));
        let pack = match generation.in_turn(asking).await {
            Some(Ok(pack)) => pack,
            Some(Err(error)) => {
                generation.note_not_brought(&error);
                return false;
            }
            None => return false,
        };
        // What is wrong with what was sent is no damage of the mirror.
        let apart = Git::at(generation.directory());
        let call = Call::new("index-pack").args(["--stdin", "--promisor", "--fsck-objects"]).input(pack);
        apart.ask(call).await.inspect_err(|error| generation.note_not_brought(error)).is_ok()
    }
}

/// What git complains of in trees that it wrote itself once, and that means nothing to any question: modes
/// with a zero before them. All else that it finds in trees would lead a merge, or whoever checks the
/// files out, astray.
const HISTORIC: [&str; 1] = ["zeroPaddedFilemode"];

fn is_historic(error: &GitError) -> bool {
    matches!(error, GitError::Failed { stderr, .. } | GitError::Corrupt { stderr, .. }
        if HISTORIC.iter().any(|complaint| stderr.contains(&format!(": {complaint}: "))))
}

/// A fetch of trees or files by their names, which it reads as its input. What is named comes whatever the filter says.
fn fetch_named(filter: &str) -> Call {
    Call::new("fetch")
        .args(["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"])
        .args(["--no-recurse-submodules", "--no-write-commit-graph", filter])
        .args(["--stdin", "origin"])
        // What is here is known to lack these trees, so nothing here is worth offering.
        .setting("fetch.negotiationAlgorithm", "noop")
        .online()
}
