//! The commands of one comment in their order: what asks how things are is answered once what was written above it has
//! come to its end, or the answer would tell how they were before.

use super::CommentWork;
use super::check::judged_again;
use super::state::{CommandRun, Progress};
use super::table;
use crate::commands::spec::WorksOn;
use crate::engine::work_error::WorkError;
use crate::model::PullRequestState;
use crate::report::{CommandReply, CommandStatus};
use crate::store::JudgedPull;

impl CommentWork<'_> {
    /// Whether a command waits for the end of a deploy that was asked for above it, or for the verdict on what was done
    /// there.
    pub(super) async fn waits_for_what_is_above(&mut self, position: usize) -> Result<bool, WorkError> {
        let run = &self.state.runs[position];
        let Some(command) = table::named(&run.name) else { return Ok(false) };
        let asks = command.asks_how_things_are();
        let is_followed = |it: &CommandRun| matches!(it.progress, Progress::Following { .. });
        if asks && self.above(position).any(is_followed) {
            let words = "it is answered once the deploy that was asked for above it has ended.";
            let run = &mut self.state.runs[position];
            run.said = Some(CommandReply::new(CommandStatus::Waiting, "waits", words));
            run.progress = Progress::Behind;
            return Ok(true);
        }
        let is_about_pull =
            matches!(command.spec().works_on, WorksOn::OpenPullRequests | WorksOn::PullRequests);
        let judged_before = self.above(position).filter_map(|it| it.judged_before).max();
        let Some(before) = judged_before.filter(|_| asks || is_about_pull) else { return Ok(false) };
        let pull = self.ctx.store.pull(self.place.id, self.place.number).await?;
        let is_old = pull
            .is_some_and(|pull| pull.pull.state == PullRequestState::Open && pull.judged_version <= before);
        Ok(is_old && self.awaits_verdict(position))
    }

    /// The commands above one in the same comment, or in what the same edit has added.
    fn above(&self, position: usize) -> impl Iterator<Item = &CommandRun> {
        let event = self.state.runs[position].event;
        self.state.runs[..position].iter().filter(move |it| it.event == event)
    }

    /// Has the pull request judged once more because of what a command did, where another one is written below it.
    pub(super) fn ask_for_next_verdict(&mut self, position: usize, pull: Option<&JudgedPull>) {
        let event = self.state.runs[position].event;
        let is_asked = self.state.runs[position + 1..].iter().any(|it| it.event == event && !it.has_ended());
        let Some(pull) = pull.filter(|_| is_asked) else { return };
        self.state.runs[position].judged_before = Some(pull.judged_version);
        self.changes.extend(judged_again(self.place, Some(pull)));
    }
}
