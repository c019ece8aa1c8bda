//! The parts of commands that depend on where they are run: in anybody's clone, or in this one, whose remote may have
//! another name, or which may have none.

use super::super::advice::CommentCommands;
use super::super::shell;
use super::Scene;

/// What stands in commands for the remote that is the fork: in a clone nobody can know it.
pub(in super::super) const FORK: &str = "FORK";

/// The command that brings every branch that a remote has, with these options of `git fetch`.
pub fn fetch_every_branch(remote: &str, options: &str) -> String {
    let all = shell::quote(&format!("+refs/heads/*:refs/remotes/{remote}/*"));
    let words = ["git fetch", options, &shell::quote(remote), &all];
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

impl Scene<'_> {
    /// How commands are written in comments.
    pub(super) fn comment_commands(&self) -> CommentCommands<'_> {
        CommentCommands { prefix: &self.path.command_prefix }
    }

    /// Brings what the remote has, where there is one.
    pub(super) fn fetch(&self) -> Option<String> {
        self.remote.map(|remote| format!("git fetch {}", shell::quote(remote)))
    }

    /// Brings every branch that the remote has, also where this is a clone of one branch alone, which would fetch no other.
    pub(super) fn fetch_all(&self, options: &str) -> Option<String> {
        self.remote.map(|remote| fetch_every_branch(remote, options))
    }

    /// A branch of the repository by its whole name: a tag could have the short one.
    pub(super) fn full_ref(&self, branch: &str) -> String {
        let branch = shell::quote(branch);
        match self.remote {
            Some(remote) => format!("refs/remotes/{}/{branch}", shell::quote(remote)),
            None => format!("refs/heads/{branch}"),
        }
    }

    /// A push, where there is a remote. What it says is quoted already.
    pub(in super::super) fn push(&self, options: &str, refspec: &str) -> Option<String> {
        let remote = shell::quote(self.remote?);
        Some(match options {
            "" => format!("git push {remote} {refspec}"),
            options => format!("git push {options} {remote} {refspec}"),
        })
    }
}
