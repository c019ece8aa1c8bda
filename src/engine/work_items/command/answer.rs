//! What a comment shows of its commands: reactions, and one reply.

use super::state::{CommandRun, Progress};
use super::table;
use super::{CommentWork, PATIENCE, Place};
use crate::commands::spec::Kind;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_check_run::digest;
use crate::github::{ApiError, Reaction};
use crate::model::error_chain;
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, Desired, WorkItem};

impl CommentWork<'_> {
    /// Shows that the comment was seen, before anything else is asked of GitHub. Nothing waits for it: where GitHub does
    /// not take it now, what comes of the commands tells as much.
    pub(super) async fn acknowledge(&mut self) {
        if self.state.deleted || self.state.reactions.contains(&Reaction::Eyes) {
            return;
        }
        self.state.reactions.push(Reaction::Eyes);
        match self.react(Reaction::Eyes).await {
            Ok(()) => {}
            // It was deleted before anything of it was begun: its author has thought better of it.
            Err(ApiError::NotFound { .. }) => self.forget(),
            Err(error) => tracing::debug!(error = error_chain(&error), "a comment cannot be reacted to"),
        }
    }

    pub(super) fn forget(&mut self) {
        self.state.deleted = true;
        for run in self.state.runs.iter_mut().filter(|run| run.progress.is_to_begin()) {
            run.progress = Progress::Ended;
        }
    }

    async fn react(&self, reaction: Reaction) -> Result<(), ApiError> {
        let (api, row) = (&self.ctx.api, self.repository);
        api.react(row.installation, &row.full_name, self.place.comment, reaction).await
    }

    /// Reacts and replies as things stand.
    pub(super) async fn answer(&mut self) -> Result<(), WorkError> {
        self.reply();
        if self.waits_for_an_act() {
            self.changes.push(Change::MarkAt(self.item(), self.ctx.now() + PATIENCE));
        }
        let Some(reaction) = self.state.reaction() else { return Ok(()) };
        if self.state.reactions.contains(&reaction) {
            return Ok(());
        }
        match self.react(reaction).await {
            Ok(()) => {}
            Err(
                error @ (ApiError::Forbidden { .. } | ApiError::NotFound { .. } | ApiError::Refused { .. }),
            ) => {
                tracing::info!(error = error_chain(&error), "GitHub takes no reaction to a comment");
            }
            Err(error) => return Err(error.into()),
        }
        self.state.reactions.push(reaction);
        Ok(())
    }

    fn waits_for_an_act(&self) -> bool {
        let asks = |it: &Progress| matches!(it, Progress::Asked { since, .. } | Progress::Unjudged { since } if self.ctx.now().since(*since) < PATIENCE);
        // Where something is said by now, there is nothing to be said of its being late.
        self.state.runs.iter().any(|run| run.said.is_none() && asks(&run.progress))
    }

    /// The one reply, once there is something to say of each command that was begun.
    fn reply(&mut self) {
        let runs = &self.state.runs;
        let is_due = !runs.iter().any(|run| run.progress != Progress::Ended && run.said.is_none());
        if self.state.without_words.unwrap_or(true) || !is_due {
            return;
        }
        let told: Vec<_> =
            runs.iter().filter_map(|run| Some((run, with_next(run, run.said.clone()?)))).collect();
        if told.is_empty() {
            return;
        }
        let said: Vec<_> =
            told.iter().map(|(run, said)| (run.name.as_str(), run.written.as_str(), said)).collect();
        let Place { id, number, comment } = self.place;
        let content = report::reply(comment, &said);
        let substance = digest(&content);
        let item = WorkItem::Reply(id, number, comment);
        self.changes.push(Change::Desire(Desired { item, content, substance, siblings: Vec::new() }));
        self.replied_at = self.replied_at.or_else(|| Some(self.ctx.now()));
    }
}

/// What is said of a command, with what follows; of an answer nothing does.
fn with_next(run: &CommandRun, said: CommandReply) -> CommandReply {
    let is_answer = table::named(&run.name).is_some_and(|it| it.spec().kind == Kind::Read)
        && said.status == CommandStatus::Done;
    if is_answer || said.next.is_some() {
        return said;
    }
    let next = said.status.what_follows();
    said.next(next)
}
