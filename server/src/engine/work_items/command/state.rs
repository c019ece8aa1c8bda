//! What is kept of a comment with commands.

use crate::commands::CommandError;
use crate::commands::grammar::Invocation;
use crate::github::ReactionContent;
use crate::model::{UnixMillis, UserId};
use crate::report::{self, CommandReply, CommandStatus};
use serde::{Deserialize, Serialize};

/// The code of an act that an edit has added, which is never carried out.
pub(super) const EDITED: &str = "edited";

/// A comment with commands, and how far each of them has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommentState {
    /// The login of who wrote it.
    pub(super) author: String,
    /// Their account; `None` where an earlier version has stored it.
    #[serde(default)]
    pub(super) author_id: Option<UserId>,
    /// When, by GitHub's clock, in whole seconds.
    pub(super) created_at: UnixMillis,
    /// Whether it is on a pull request.
    pub(super) is_pull_request: bool,
    /// GitHub's id of the delivery that brought it.
    pub(super) delivery: String,
    /// The deliveries of edits that were read.
    #[serde(default)]
    pub(super) edits: Vec<String>,
    /// Its commands, in their order; those that an edit has added at the end.
    pub(super) runs: Vec<CommandRun>,
    /// The reactions that GitHub shows, or has refused.
    #[serde(default)]
    pub(super) reactions: Vec<ReactionContent>,
    /// Whether what the comment said at first was read: an edit may be told of before.
    pub(super) creation_read: bool,
    /// Whether only a reaction answers: to strangers, and to who may only read and has asked much. `None` until it is
    /// decided.
    #[serde(default)]
    pub(super) without_words: Option<bool>,
    /// Whether it was gone before anything of it was begun.
    #[serde(default)]
    pub(super) deleted: bool,
    /// Since when GitHub has not found it, or has not let us react to it, for which it may only be late.
    #[serde(default)]
    pub(super) missed_since: Option<UnixMillis>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommandRun {
    /// Its name.
    pub(super) name: String,
    /// It on one line, as it can be written again.
    pub(super) written: String,
    /// What was read; `None` where it could not be understood.
    pub(super) invocation: Option<Invocation>,
    /// How far it has come.
    pub(super) progress: Progress,
    /// What is said of it.
    pub(super) said: Option<CommandReply>,
    /// What it is about to do, noted before it does it, in the command's own words. Killed in between, it goes on with it.
    #[serde(default)]
    pub(super) intent: Option<String>,
    /// The event of the comment that has brought it, by its number in the order in which they were read.
    #[serde(default)]
    pub(super) event: usize,
    /// The version of the verdict before it did something that may change it; `None` where nothing asks for the next one.
    #[serde(default)]
    pub(super) judged_before: Option<i64>,
}

/// How far a command has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub(super) enum Progress {
    /// It was not begun with.
    Waiting,
    /// It was not begun with, because the pull request has to be judged first.
    Unjudged {
        /// Since when.
        since: UnixMillis,
    },
    /// It asks how things are, and a deploy that was asked for above it in the comment has not ended.
    Behind,
    /// It has asked for an act that nobody has answered for.
    Asked {
        /// Since when.
        since: UnixMillis,
        /// How a deploy that comes of it is meant to end.
        goal: Goal,
    },
    /// A deploy is followed to its end.
    Following {
        /// The environment.
        environment: String,
        /// The deploy's number.
        deploy: u64,
        /// How it is meant to end.
        goal: Goal,
    },
    /// The next verdict on the pull request is waited for.
    Judging {
        /// The version of the verdict that there was.
        after: i64,
    },
    /// A second person has to confirm an override.
    Confirming {
        /// The number of the first override that waits.
        number: u64,
    },
    /// It has come to its end.
    Ended,
}

impl Progress {
    /// Whether nothing of it was begun.
    pub(super) fn is_to_begin(&self) -> bool {
        matches!(self, Self::Waiting | Self::Behind | Self::Unjudged { .. })
    }
}

/// How a deploy is meant to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Goal {
    /// Well.
    Live,
    /// Before its time.
    Cancelled,
}

impl CommandRun {
    pub(super) fn new(name: &str, written: String, invocation: Invocation) -> Self {
        Self {
            name: name.to_owned(),
            written,
            invocation: Some(invocation),
            progress: Progress::Waiting,
            said: None,
            intent: None,
            event: 0,
            judged_before: None,
        }
    }

    /// One that could not be understood.
    pub(super) fn not_understood(name: &str, error: &CommandError) -> Self {
        let mut run = Self {
            name: name.to_owned(),
            written: error.written.clone(),
            invocation: None,
            progress: Progress::Ended,
            said: None,
            intent: None,
            event: 0,
            judged_before: None,
        };
        run.end(mistake(error));
        run
    }

    pub(super) fn end(&mut self, said: CommandReply) {
        self.progress = Progress::Ended;
        self.said = Some(said);
    }

    pub(super) fn status(&self) -> Option<CommandStatus> {
        self.said.as_ref().map(|it| it.status)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.progress == Progress::Ended
    }

    /// The word by which one that has ended is counted.
    pub(super) fn result(&self) -> &'static str {
        match self.status() {
            None | Some(CommandStatus::Done | CommandStatus::Started | CommandStatus::Waiting) => "done",
            Some(CommandStatus::Refused) => "refused",
            Some(CommandStatus::Failed) => "failed",
            Some(CommandStatus::NotUnderstood) => "not_understood",
            Some(CommandStatus::Skipped) => "skipped",
        }
    }
}

impl CommentState {
    /// Adds the commands of one more event. What was answered is answered anew.
    pub(super) fn add(&mut self, runs: Vec<CommandRun>) {
        let event = self.runs.last().map_or(0, |last| last.event + 1);
        self.runs.extend(runs.into_iter().map(|run| CommandRun { event, ..run }));
        self.reactions.retain(|it| *it == ReactionContent::Eyes);
    }

    /// The reaction that tells best how it stands; none while nothing is decided.
    pub(super) fn reaction(&self) -> Option<ReactionContent> {
        let has = |status| self.runs.iter().any(|run| run.status() == Some(status));
        let goes_on = self.goes_on();
        if has(CommandStatus::Refused) || has(CommandStatus::Failed) {
            Some(ReactionContent::MinusOne)
        } else if has(CommandStatus::NotUnderstood) {
            Some(ReactionContent::Confused)
        } else if goes_on && (has(CommandStatus::Started) || has(CommandStatus::Waiting)) {
            Some(ReactionContent::Rocket)
        } else if goes_on {
            None
        } else {
            Some(ReactionContent::PlusOne)
        }
    }

    /// Whether anything of it has not come to its end.
    pub(super) fn goes_on(&self) -> bool {
        self.runs.iter().any(|run| run.progress != Progress::Ended)
    }
}

/// What is said of a command that could not be understood.
pub(super) fn mistake(error: &CommandError) -> CommandReply {
    let place = format!("line {}, column {}", error.place.line, error.place.column);
    let (message, hint) = (report::plain_text(&error.message), report::plain_text(&error.hint));
    let end = if hint.ends_with('?') { "" } else { "." };
    let outcome = format!("{message} ({place}); {hint}{end}");
    CommandReply::new(CommandStatus::NotUnderstood, error.kind.as_str(), outcome)
}

/// What is said of a command that is refused. `unchanged` says what did not happen.
pub(super) fn refused(code: &str, unchanged: &str, why: &str) -> CommandReply {
    CommandReply::new(CommandStatus::Refused, code, format!("{unchanged}. {why}"))
}
