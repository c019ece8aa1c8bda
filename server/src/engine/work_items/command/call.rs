//! What a command is, what it is given, and what comes of it.

use super::people::Asker;
use super::state::{Goal, refused};
use crate::commands::grammar::{Dialect, Invocation};
use crate::commands::rights::Need;
use crate::commands::spec::{Arguments, Kind, LocalMoment, NamedPlace, Spec, Until};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::not_done::NotDone;
use crate::engine::work_items::pull_request_acts::{Done, PullRequestActs};
use crate::model::{
    BranchName, Environment, PromotionPath, PullNumber, PullRequestState, UnixMillis, UnixSeconds,
    active_environment, capitalized,
};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, JudgedPull, RepositoryRow, RequestedAct};
use std::pin::Pin;

/// A command: what it says of itself, and what it does.
pub(super) trait Command: Sync {
    /// What it says of itself.
    fn spec(&self) -> &'static Spec;

    /// Carries it out. Whoever gives it has the right. It may be called again until what comes of it is stored, so what it
    /// does by itself comes to the same when it is done twice.
    fn run(&self, call: &Call<'_>) -> impl Future<Output = Result<Step, WorkError>> + Send;

    /// Which right it takes this time, where that is not the one that its name and its environment give.
    fn need(&self, _call: &Call<'_>) -> Option<Need> {
        None
    }

    /// Whether it may change the verdict on the pull request that it is written on.
    fn may_change_verdict(&self) -> bool {
        false
    }

    /// Whether its answer depends on how things are.
    fn asks_how_things_are(&self) -> bool {
        self.spec().kind == Kind::Read
    }
}

/// A command that is being carried out.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<Step, WorkError>> + Send + 'a>>;

/// Any [`Command`], as the table holds it.
pub(super) trait AnyCommand: Sync {
    /// [`Command::spec`].
    fn spec(&self) -> &'static Spec;

    /// [`Command::run`].
    fn run<'a>(&'a self, call: &'a Call<'_>) -> Running<'a>;

    /// [`Command::need`].
    fn need(&self, call: &Call<'_>) -> Option<Need>;

    /// [`Command::may_change_verdict`].
    fn may_change_verdict(&self) -> bool;

    /// [`Command::asks_how_things_are`].
    fn asks_how_things_are(&self) -> bool;
}

impl<C: Command> AnyCommand for C {
    fn spec(&self) -> &'static Spec {
        Command::spec(self)
    }

    fn run<'a>(&'a self, call: &'a Call<'_>) -> Running<'a> {
        Box::pin(Command::run(self, call))
    }

    fn need(&self, call: &Call<'_>) -> Option<Need> {
        Command::need(self, call)
    }

    fn may_change_verdict(&self) -> bool {
        Command::may_change_verdict(self)
    }

    fn asks_how_things_are(&self) -> bool {
        Command::asks_how_things_are(self)
    }
}

/// One command in a comment, with all that it can ask.
pub(super) struct Call<'a> {
    pub(super) ctx: &'a EngineContext,
    pub(super) repository: &'a RepositoryRow,
    pub(super) path: &'a PromotionPath,
    /// How commands are written here.
    pub(super) dialect: &'a Dialect<'a>,
    /// What every command says of itself.
    pub(super) specs: &'a [Spec],
    /// Who gives it.
    pub(super) asker: &'a Asker<'a>,
    /// The pull request or issue.
    pub(super) number: PullNumber,
    /// Whether it is a pull request.
    pub(super) is_pull_request: bool,
    /// The pull request as it is known; `None` on an issue, and where nothing is known of it.
    pub(super) pull: Option<&'a JudgedPull>,
    /// When the comment was written.
    pub(super) seen_at: UnixMillis,
    /// Which command it is, by its comment and its place there.
    pub(super) key: &'a str,
    /// GitHub's id of the delivery that brought it.
    pub(super) delivery: &'a str,
    pub(super) spec: &'static Spec,
    pub(super) invocation: &'a Invocation,
    pub(super) arguments: &'a Arguments,
    /// What it is about to do, once it has said so by [`Step::Intend`].
    pub(super) intent: Option<Intent<'a>>,
    /// The environment that it names.
    pub(super) environment: Option<&'a Environment>,
}

/// What a command is about to do, and is on record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent<'a> {
    /// In the command's own words.
    pub(super) what: &'a str,
    /// Whether it may be done by now: the server has ended since it was noted, or GitHub's answer was lost.
    pub(super) may_be_done: bool,
}

/// What came of a command.
pub(super) enum Step {
    /// It has come to its end, with what is to be stored.
    Ended(CommandReply, Vec<Change>),
    /// It was only asked something, and nothing was done.
    Answered(CommandReply),
    /// It asks for an act on an environment.
    Ask {
        /// The environment's name.
        environment: String,
        /// What it asks for.
        act: RequestedAct,
        /// How a deploy that comes of it is meant to end.
        goal: Goal,
    },
    /// It is about to do this, in words of its own, and is called again once that is noted: what GitHub shows afterwards
    /// cannot be told from what was there before.
    Intend(String),
    /// It waits for the next verdict on the pull request.
    Judge,
    /// It cannot be begun before the pull request is judged as it is now.
    AwaitVerdict,
    /// It waits until a second person has confirmed an override.
    Confirm {
        /// The override's number.
        number: u64,
        /// What is said meanwhile.
        said: CommandReply,
        /// What is to be stored.
        changes: Vec<Change>,
    },
}

impl Step {
    pub(super) fn said(said: CommandReply) -> Self {
        Self::Ended(said, Vec::new())
    }
}

impl<'a> Call<'a> {
    /// What can be done to the pull request.
    pub(super) fn acts(&self) -> Result<PullRequestActs<'_>, WorkError> {
        let pull =
            self.pull.ok_or_else(|| WorkError::give_up("the command was begun without a pull request"))?;
        Ok(PullRequestActs { ctx: self.ctx, repository: self.repository, pull, who: self.asker.login })
    }

    /// What is said of something that was done to the pull request, with what is `next` then, or that was refused.
    pub(super) fn came_of(&self, outcome: Result<Done, NotDone>, next: &str) -> Result<Step, WorkError> {
        match outcome {
            Ok(words) => {
                let words = format!("{}.", report::plain_text(&words));
                let said = CommandReply::new(CommandStatus::Done, "done", words);
                let head = self.pull.map(|it| it.pull.head_commit);
                Ok(Step::said(said.commits(head, None).next(next)))
            }
            Err(NotDone::Refused(why)) => {
                let why = format!("{}.", capitalized(&report::plain_text(why.as_str())));
                Ok(Step::said(refused("refused", self.spec.unchanged, &why)))
            }
            Err(NotDone::WorkError(error)) => Err(error),
        }
    }

    /// The environment that the command has to name.
    pub(super) fn named_environment(&self) -> Result<&'a Environment, WorkError> {
        self.environment.ok_or_else(|| WorkError::give_up("the command was bound without its environment"))
    }

    /// The branch's own environment that the command names, if it names one.
    pub(super) fn named_place(&self) -> Option<(String, BranchName)> {
        let NamedPlace { environment, branch } = self.arguments.place(self.path).ok().flatten()?;
        branch.map(|branch| (active_environment(&environment.name, &branch), branch))
    }

    /// Why, where the command says.
    pub(super) fn reason(&self) -> Option<String> {
        self.arguments.reason().map(str::to_owned)
    }

    /// The command with other arguments, as it can be written in a comment.
    pub(super) fn written_with(&self, flag: &str, value: &str) -> String {
        self.invocation.clone().with_flag(flag, value).print(self.dialect)
    }

    /// The command as it was written.
    pub(super) fn written(&self) -> String {
        self.invocation.print(self.dialect)
    }

    /// When what it begins ends by itself, if it does.
    #[expect(clippy::result_large_err, reason = "it is said at once, and nothing carries it far")]
    pub(super) fn until(&self) -> Result<Option<UnixMillis>, CommandReply> {
        let now = self.ctx.now();
        let until = match self.arguments.until() {
            None => return Ok(None),
            Some(Until::After(after)) => now + after,
            Some(Until::At(at)) => at.to_millis(),
            Some(Until::Local(at)) => self.local_moment(at).to_millis(),
        };
        if until <= now {
            let why = "The time at which it was to end is over.";
            return Err(refused("past", self.spec.unchanged, why));
        }
        Ok(Some(until))
    }

    /// A moment by the project's clocks; the later one where they show it twice, so that what it ends is not shorter than was
    /// meant.
    pub(super) fn local_moment(&self, at: LocalMoment) -> UnixSeconds {
        self.path.calendar.zone.moment(at.as_str()).map_or(UnixSeconds(0), |span| span.until)
    }

    /// Why it cannot be about a pull request that is open.
    pub(super) fn is_not_open(&self) -> Option<CommandReply> {
        let is_open = self.pull.is_some_and(|it| it.pull.state == PullRequestState::Open);
        let why =
            if self.pull.is_some() { "The pull request is closed." } else { "This is no pull request." };
        (!is_open).then(|| refused("not_open", self.spec.unchanged, why))
    }

    /// How another command is written here.
    pub(super) fn command(&self, rest: &str) -> String {
        format!("/{}{rest}", self.dialect.prefix)
    }
}

/// The environment that a pull request goes into.
pub(super) fn environment_of<'p>(
    pull: Option<&JudgedPull>,
    path: &'p PromotionPath,
) -> Option<&'p Environment> {
    let base = pull.map(|it| it.judged_base.as_ref().unwrap_or(&it.pull.base_branch));
    path.environments.iter().find(|it| Some(&it.branch) == base)
}
