//! The commands that people are told to write in comments.

use super::markdown::block;
use crate::model::{Code, CommitId, command_word};

/// How commands are written in comments of one repository.
#[derive(Debug, Clone, Copy)]
pub struct CommentCommands<'a> {
    /// What stands between the slash and a command's name; empty where nothing does.
    pub prefix: &'a str,
}

impl CommentCommands<'_> {
    /// The command that takes an environment back, to this commit where one is named.
    pub fn rollback(self, environment: &str, to: Option<CommitId>) -> String {
        let to = to.map_or_else(String::new, |to| format!(" {to}"));
        self.about("rollback", environment, &format!("{to} --reason \"…\""))
    }

    /// The command that deploys the tip of an environment's branch, again too.
    pub fn deploy(self, environment: &str) -> String {
        self.about("deploy", environment, "")
    }

    /// The same, only if the branch is at this commit.
    pub fn deploy_at(self, environment: &str, tip: CommitId) -> String {
        self.about("deploy", environment, &format!(" --head {tip}"))
    }

    /// The command that ends the deploy that is running.
    pub fn cancel(self, environment: &str) -> String {
        self.about("cancel", environment, "")
    }

    /// The command that tells what runs in an environment.
    pub fn where_is(self, environment: &str) -> String {
        self.about("where", environment, "")
    }

    /// The command that promotes into an environment, from another one where several are accepted.
    pub fn promote(
        self,
        environment: &str,
        from: Option<&str>,
        merge: bool,
        head: Option<CommitId>,
    ) -> String {
        let from = from.map_or_else(String::new, |from| format!(" --from {}", command_word(from)));
        let head = head.map_or_else(String::new, |head| format!(" --head {head}"));
        self.about("promote", environment, &format!("{from}{}{head}", if merge { " --merge" } else { "" }))
    }

    /// The command that lifts a hold.
    pub fn resume(self, environment: &str) -> String {
        self.about("resume", environment, " --reason \"…\"")
    }

    /// The command that ends a lock.
    pub fn unlock(self, environment: &str) -> String {
        self.about("unlock", environment, "")
    }

    /// The command that ends what commands have frozen.
    pub fn thaw(self, environment: &str) -> String {
        self.about("thaw", environment, "")
    }

    /// The command that accepts in a role what runs in an environment.
    pub fn signoff(self, environment: &str, role: &str) -> String {
        self.about("signoff", environment, &format!(" --as {}", command_word(role)))
    }

    /// The command that says that an item is ready.
    pub fn ready(self, environment: &str, item: &str) -> String {
        self.about("ready", environment, &format!(" {} --note \"…\"", command_word(item)))
    }

    /// The command that asks for a place beside an environment.
    pub fn activate(self) -> String {
        format!("/{}activate", self.prefix)
    }

    /// The command that gives a place up, or a turn in the queue.
    pub fn deactivate(self) -> String {
        format!("/{}deactivate", self.prefix)
    }

    /// The same, with the word that the data there may go.
    pub fn deactivate_and_destroy(self) -> String {
        format!("/{}deactivate --destroy", self.prefix)
    }

    /// The command that names an acknowledged ticket.
    pub fn ticket(self) -> String {
        format!("/{}ticket ID --acknowledged TIME", self.prefix)
    }

    /// The command that cuts the branch of a hotfix, without its title.
    pub fn hotfix(self) -> String {
        format!("/{}hotfix", self.prefix)
    }

    /// The command that says that a hotfix was mended in another way in an environment.
    pub fn carried(self, environment: &str, pick: CommitId) -> String {
        let environment = command_word(environment);
        format!("/{}carried {} --in {environment} --reason \"…\"", self.prefix, pick.short())
    }

    /// The command that lets a pull request merge in spite of a finding.
    pub fn overriding(self, code: Code) -> String {
        format!("/{}override {code} --reason \"…\"", self.prefix)
    }

    fn about(self, name: &str, environment: &str, rest: &str) -> String {
        format!("/{}{name} {}{rest}", self.prefix, command_word(environment))
    }
}

/// A command to be copied into a comment.
pub(super) fn to_comment(command: &str) -> String {
    block("", command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_written_as_the_repository_has_them() {
        let commands = CommentCommands { prefix: "tp-" };
        assert_eq!(commands.deploy("North America/staging"), "/tp-deploy 'North America/staging'");
        assert_eq!(commands.resume("production"), "/tp-resume production --reason \"…\"");
        let plain = CommentCommands { prefix: "" };
        assert_eq!(plain.rollback("production", None), "/rollback production --reason \"…\"");
        assert_eq!(plain.unlock("staging"), "/unlock staging");
        assert_eq!(
            commands.promote("us prod", Some("us staging"), true, None),
            "/tp-promote 'us prod' --from 'us staging' --merge"
        );
    }
}
