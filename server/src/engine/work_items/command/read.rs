//! What events tell of a comment: its commands as it was written, and those that an edit has added.

use super::state::{CommandRun, CommentState, EDITED, refused};
use super::table;
use crate::commands::CommandError;
use crate::commands::grammar::{Dialect, Invocation, added_by_edit, parse};
use crate::commands::spec::Kind;
use crate::github::comment_events::CommentEvent;

/// How many edits of one comment are read.
const EDITS_MAX: usize = 20;

/// The comment after an event; `None` where it holds no command.
pub(super) fn read(
    before: Option<CommentState>,
    event: &CommentEvent,
    delivery: &str,
    dialect: &Dialect<'_>,
) -> Option<CommentState> {
    let text = event.comment.body.as_deref().unwrap_or_default();
    // Nobody may act for an account that is gone, and what an App writes, be it in somebody's name, is nobody's word.
    let author = event.comment.user.as_ref().filter(|user| user.kind != "Bot");
    let author = author.filter(|_| event.comment.performed_via_github_app.is_none())?;
    if event.action == "edited" {
        // Who edits somebody else's comment gives no command by it.
        let is_own = event.sender.login.eq_ignore_ascii_case(&author.login);
        let former = event.changes.as_ref().and_then(|changes| changes.body.as_ref());
        return match former.filter(|_| is_own) {
            Some(former) => edited(before, event, (&former.from, text), delivery, dialect),
            None => before,
        };
    }
    if before.as_ref().is_some_and(|it| it.creation_read) {
        return before;
    }
    let runs: Vec<CommandRun> =
        parse(text, dialect).into_iter().map(|command| run_of(command, dialect)).collect();
    if runs.is_empty() {
        return before;
    }
    let mut state = before.unwrap_or_else(|| begun(event));
    state.creation_read = true;
    delivery.clone_into(&mut state.delivery);
    state.add(runs);
    Some(state)
}

fn begun(event: &CommentEvent) -> CommentState {
    CommentState {
        author: event.comment.user.as_ref().map_or_else(|| "ghost".to_owned(), |user| user.login.clone()),
        author_id: event.comment.user.as_ref().and_then(|user| user.id),
        created_at: event.comment.created_at.into(),
        is_pull_request: event.place().is_some_and(|(_, is_pull_request)| is_pull_request),
        delivery: String::new(),
        edits: Vec::new(),
        runs: Vec::new(),
        reactions: Vec::new(),
        creation_read: false,
        without_words: None,
        deleted: false,
        missed_since: None,
    }
}

fn run_of(command: Result<Invocation, CommandError>, dialect: &Dialect<'_>) -> CommandRun {
    match command {
        Ok(invocation) => {
            let name = invocation.name.clone();
            CommandRun::new(&name, invocation.print(dialect), invocation)
        }
        Err(error) => CommandRun::not_understood("unknown", &error),
    }
}

/// An edit asks what it has added, and acts on nothing: a comment that was read says what its author has seen when they
/// wrote it.
fn edited(
    before: Option<CommentState>,
    event: &CommentEvent,
    (former, text): (&str, &str),
    delivery: &str,
    dialect: &Dialect<'_>,
) -> Option<CommentState> {
    let was_read = |state: &CommentState| {
        state.edits.len() >= EDITS_MAX || state.edits.iter().any(|edit| edit == delivery)
    };
    if before.as_ref().is_some_and(was_read) {
        return before;
    }
    let added: Vec<CommandRun> =
        added_by_edit(former, text, dialect).into_iter().map(|it| added_run(it, dialect)).collect();
    if added.is_empty() {
        return before;
    }
    let mut state = before.unwrap_or_else(|| CommentState { delivery: delivery.to_owned(), ..begun(event) });
    state.edits.push(delivery.to_owned());
    state.add(added);
    Some(state)
}

fn added_run(invocation: Invocation, dialect: &Dialect<'_>) -> CommandRun {
    let name = invocation.name.clone();
    let mut run = CommandRun::new(&name, invocation.print(dialect), invocation);
    if let Some(spec) =
        table::named(&name).map(super::call::AnyCommand::spec).filter(|spec| spec.kind == Kind::Act)
    {
        let why = "An edit gives no commands that act; write a new comment.";
        run.said = Some(refused(EDITED, spec.unchanged, why));
    }
    run
}
