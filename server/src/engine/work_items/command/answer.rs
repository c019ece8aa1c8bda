//! What a comment shows of its commands: reactions, and one reply.

use super::state::{CommandRun, Progress};
use super::table;
use super::{CommentWork, PATIENCE, Place};
use crate::commands::spec::Kind;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_check_run::digest;
use crate::github::{ApiError, ReactionContent, RetryAdvice};
use crate::model::{UnixMillis, error_chain};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, Desired, WorkItem};

/// GitHub is late with a new comment by less than with its lists: by this part of that.
const LATE_BY: u32 = 6;

/// Whether a comment is there that was not found.
enum Presence {
    There,
    Gone,
    /// GitHub may be late.
    Unsure,
}

impl CommentWork<'_> {
    /// Shows that the comment was seen, before anything else is asked of GitHub. Where GitHub does not take that now, what
    /// comes of the commands tells as much; only whether the comment is there has to be known before anything is begun.
    /// Answers whether it is.
    pub(super) async fn acknowledge(&mut self) -> Result<bool, WorkError> {
        if self.state.deleted || self.state.reactions.contains(&ReactionContent::Eyes) {
            return Ok(true);
        }
        match self.react(&ReactionContent::Eyes).await {
            Ok(()) => self.state.missed_since = None,
            Err(ApiError::NotFound { .. }) => match self.presence().await? {
                Presence::Unsure => return Ok(false),
                Presence::There => {}
                // Its author has thought better of it.
                Presence::Gone => self.forget(),
            },
            Err(error) => tracing::debug!(error = error_chain(&error), "a comment cannot be reacted to"),
        }
        self.state.reactions.push(ReactionContent::Eyes);
        Ok(true)
    }

    /// Whether a comment that was not found is there. A new one is not known everywhere at once: it is asked for a moment
    /// later, and by itself.
    async fn presence(&mut self) -> Result<Presence, WorkError> {
        if self.is_first_miss() {
            return Ok(Presence::Unsure);
        }
        let (api, row) = (&self.ctx.api, self.repository);
        let is_there = api.has_comment(row.installation, &row.full_name, self.place.comment).await?;
        if is_there {
            self.state.missed_since = None;
        }
        Ok(if is_there { Presence::There } else { Presence::Gone })
    }

    /// Whether it is too early to believe GitHub, which is asked once more then.
    fn is_first_miss(&mut self) -> bool {
        let (now, late) = (self.ctx.now(), self.ctx.settings.lists_lag / LATE_BY);
        let since = *self.state.missed_since.get_or_insert(now);
        let is_first = now < since + late;
        if is_first {
            self.changes.push(Change::MarkAt(self.item(), since + late));
        }
        is_first
    }

    pub(super) fn forget(&mut self) {
        self.state.deleted = true;
        for run in self.state.runs.iter_mut().filter(|run| run.progress.is_to_begin()) {
            run.progress = Progress::Ended;
        }
    }

    async fn react(&self, reaction: &ReactionContent) -> Result<(), ApiError> {
        let (api, row) = (&self.ctx.api, self.repository);
        api.react(row.installation, &row.full_name, self.place.comment, reaction).await
    }

    /// Reacts and replies as things stand.
    pub(super) async fn answer(&mut self) -> Result<(), WorkError> {
        self.reply();
        if let Some(since) = self.waits_since() {
            let at = (since + PATIENCE).max(self.ctx.now().just_after());
            self.changes.push(Change::MarkAt(self.item(), at));
        }
        let Some(reaction) = self.state.reaction() else { return Ok(()) };
        if self.state.reactions.contains(&reaction) {
            return Ok(());
        }
        let error = match self.react(&reaction).await {
            Ok(()) => {
                self.state.missed_since = None;
                self.state.reactions.push(reaction);
                return Ok(());
            }
            Err(error) => error,
        };
        let is_final = match &error {
            ApiError::NotFound { .. } => match self.presence().await? {
                Presence::Unsure => return Ok(()),
                Presence::There => false,
                Presence::Gone => true,
            },
            // A locked conversation takes none, and a token that is new only seems to have no right.
            ApiError::Forbidden { .. } if self.is_first_miss() => return Ok(()),
            ApiError::Forbidden { .. } => true,
            error => error.retry_advice() == RetryAdvice::GiveUp,
        };
        if !is_final {
            return Err(error.into());
        }
        tracing::info!(error = error_chain(&error), "GitHub takes no reaction to a comment");
        self.state.reactions.push(reaction);
        Ok(())
    }

    /// Since when something is waited for of which nothing is said so far. Whether it is late was decided before, and the
    /// clock may have gone on since: asked anew here, it could be neither late nor waited for.
    fn waits_since(&self) -> Option<UnixMillis> {
        let silent = self.state.runs.iter().filter(|run| run.said.is_none());
        let since = silent.filter_map(|run| match run.progress {
            Progress::Asked { since, .. } | Progress::Unjudged { since } => Some(since),
            _ => None,
        });
        since.min()
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
