//! The words of deployment protection: answers to a job that waits for an environment.

use super::advice::CommentCommands;
use super::markdown::code;
use crate::model::{CommitId, Hold, UserMessage};

/// GitHub takes no longer comment, in characters.
const COMMENT_MAX: usize = 1_024;

/// A job that waits to be let into an environment.
#[derive(Debug, Clone, Copy)]
pub struct WaitingJob<'a> {
    /// How commands are written in the repository's comments.
    pub commands: CommentCommands<'a>,
    /// The environment's name.
    pub environment: &'a str,
    /// Its branch.
    pub branch: &'a str,
    /// What the job would deploy.
    pub commit: Option<CommitId>,
}

/// What there is to say at the gate.
#[derive(Debug, Clone, Copy)]
pub enum ProtectionWords<'a> {
    /// It may go in.
    Open,
    /// The environment is held after a rollback.
    Held(&'a Hold),
    /// The branch has gone on.
    Older {
        /// Where it is.
        tip: CommitId,
        /// What a rollback would bring back, where it would not be refused.
        roll_back_to: Option<CommitId>,
    },
    /// The branch does not contain it.
    OffPath,
    /// It is the branch's own environment, and this is the deploy that Towpath made for whoever has the place.
    OpenBeside,
    /// It is the branch's own environment, and this is no deploy of Towpath's that is under way there.
    NotOurs {
        /// Whether the branch has the place.
        is_held: bool,
    },
    /// The path has no such environment; these are the ones it has.
    NoEnvironment(&'a [&'a str]),
    /// The configuration at this place cannot be used.
    Unreadable(&'a str),
    /// The event does not say what would be deployed.
    NoCommit,
    /// git or GitHub did not answer.
    Undecided(&'a UserMessage),
}

/// The comment that GitHub shows with the answer, in Markdown.
pub fn deployment_protection(job: &WaitingJob<'_>, said: ProtectionWords<'_>) -> String {
    let WaitingJob { commands, environment, branch, commit } = *job;
    let (name, branch) = (code(environment), code(branch));
    let what = commit.map_or_else(|| "It".to_owned(), |commit| code(&commit.short()));
    let text = match said {
        ProtectionWords::Open => format!("{what} is the tip of {branch}, so it may go to {name}."),
        ProtectionWords::Held(hold) => format!(
            "{name} was rolled back to {} by {} and is held: {}. Until the hold is lifted, only that commit may go there. \
             The comment {} lifts it.",
            code(&hold.to.short()),
            code(&hold.by),
            code(&hold.reason),
            code(&commands.resume(environment))
        ),
        ProtectionWords::Older { tip, roll_back_to } => {
            let back = roll_back_to.map(|to| {
                let command = code(&commands.rollback(environment, None));
                format!(" To bring back the last good release, {}, comment {command}.", code(&to.short()))
            });
            format!(
                "{what} is older than {branch}, which is at {}. Run the job for that commit.{}",
                code(&tip.short()),
                back.unwrap_or_default()
            )
        }
        ProtectionWords::OffPath => format!(
            "{what} is not on {branch}. Merge it into {branch} through a pull request first, and run the job for the merge \
             commit."
        ),
        ProtectionWords::OpenBeside => {
            format!("Towpath deploys {what} of {branch} to {name}, so it may go there.")
        }
        ProtectionWords::NotOurs { is_held: true } => format!(
            "{name} is the place of {branch}, and Towpath has no deploy of {what} under way there. Each push to {branch} makes one; \
             the comment {} on its pull request has the last one tried again.",
            code(&commands.activate())
        ),
        ProtectionWords::NotOurs { is_held: false } => format!(
            "{branch} has no place, so nothing goes to {name}. The comment {} on its pull request asks for one.",
            code(&commands.activate())
        ),
        ProtectionWords::NoEnvironment(known) => {
            let known: Vec<String> = known.iter().map(|it| code(it)).collect();
            format!(
                "The configuration has no environment {name}; it has {}. Add it to `.github/towpath.yml`, or remove this \
                 rule from the environment.",
                known.join(", ")
            )
        }
        ProtectionWords::Unreadable(place) => format!(
            "{} cannot be read, so Towpath does not know what may go to {name}. `towpath config check` names the mistake; \
             run the job again once it is fixed.",
            code(place)
        ),
        ProtectionWords::NoCommit => {
            "GitHub does not tell which commit the job would deploy, so Towpath keeps it out.".to_owned()
        }
        ProtectionWords::Undecided(why) => {
            format!("Towpath could not decide yet, and tries again: {}", code(why.as_str()))
        }
    };
    text.chars().take(COMMENT_MAX).collect()
}
