//! `/check`: another look, answered with the verdict that comes of it.

use super::call::{Call, Command, Step};
use super::state::Progress;
use super::{CommentWork, Place};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::last_verdict;
use crate::model::{Outcome, PullRequestState};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, JudgedPull, WorkItem};

const SPEC: Spec = Spec {
    name: "check",
    summary: "judges the pull request once more",
    example: "",
    kind: Kind::Read,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[],
    flags: &[],
    right: DefaultRight::READ,
    unchanged: "nothing was judged",
};

pub(super) struct Check;

impl Command for Check {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, _call: &Call<'_>) -> Result<Step, WorkError> {
        Ok(Step::Judge)
    }
}

impl CommentWork<'_> {
    /// Whether the pull request was judged since.
    pub(super) async fn look_for_verdict(&mut self, position: usize, after: i64) -> Result<(), WorkError> {
        let pull = self.ctx.store.pull(self.place.id, self.place.number).await?;
        let said = match pull {
            Some(pull) if pull.pull.state != PullRequestState::Open => {
                CommandReply::new(CommandStatus::Done, "closed", "the pull request is closed.")
            }
            Some(pull) if pull.judged_version > after => verdict_in_words(&pull),
            Some(_) => return Ok(()),
            None => CommandReply::new(CommandStatus::Done, "not_judged", "Towpath does not judge it."),
        };
        self.state.runs[position].progress = Progress::Ended;
        self.state.runs[position].said = Some(said);
        Ok(())
    }
}

/// The last verdict in one sentence; the check says the rest.
pub(super) fn verdict_in_words(pull: &JudgedPull) -> CommandReply {
    let Some(verdict) = last_verdict(pull) else {
        let words = "it goes to no environment, so Towpath does not judge it.";
        return CommandReply::new(CommandStatus::Done, "not_judged", words);
    };
    let outcome = match verdict.outcome() {
        Outcome::Pass => "the check passes.",
        Outcome::Warn => "the check passes, with a warning.",
        Outcome::Wait => "the check waits.",
        Outcome::Unknown => "Towpath could not decide; it tries again by itself.",
        Outcome::Fail => "the check fails.",
    };
    let codes: Vec<&str> = verdict.findings.iter().map(|it| it.cause.code().as_str()).collect();
    let base = pull.judged_base.as_ref().map(|base| report::sentence("For %, ", &[base.as_str()]));
    let mut words = base.unwrap_or_default() + outcome;
    if !codes.is_empty() {
        words = format!("{words} It found {}.", codes.join(", "));
    }
    CommandReply::new(CommandStatus::Done, "done", words).commits(pull.judged_head, None)
}

/// What has a pull request judged once more.
pub(super) fn judged_again(place: Place, pull: Option<&JudgedPull>) -> Vec<Change> {
    let mark = Change::Mark(WorkItem::PullRequest(place.id, place.number));
    let check = pull.and_then(|it| {
        let (head, base) = (it.judged_head?, it.judged_base.clone()?);
        Some(Change::Outdated(WorkItem::Check(place.id, head, base)))
    });
    check.into_iter().chain([mark]).collect()
}
