//! What people write: which comment may hold a command, and which review says yes or no.

use crate::engine::received::Refusal;
use crate::github::comment_events::key_of;
use crate::github::events::{Author, Envelope};
use crate::model::{CommentKey, PullNumber};

/// The comment that an event tells of, where it may hold a command of somebody's. What bots write holds none: most
/// comments end here.
pub(super) fn comment_with_command(
    event: &str,
    envelope: &Envelope<'_>,
) -> Result<Option<(PullNumber, CommentKey)>, Refusal> {
    let lacks = |what: &str| Refusal::Malformed(format!("the {event} event has no {what}"));
    let written = envelope.comment.as_ref().or(envelope.review.as_ref());
    let written = written.ok_or_else(|| lacks("comment.id"))?;
    let is_bot = |author: Option<&Author<'_>>| author.is_some_and(|it| it.kind.as_deref() == Some("Bot"));
    // In whose name an App writes is no sign that they know of it.
    let is_by_app = written.performed_via_github_app.is_some() || is_bot(written.user.as_ref());
    let is_dismissed = envelope.action.as_deref() == Some("dismissed");
    if is_dismissed || !written.may_hold_command() || is_by_app || is_bot(envelope.sender.as_ref()) {
        return Ok(None);
    }
    let place = envelope.issue.or(envelope.pull_request).ok_or_else(|| lacks("issue.number"))?;
    Ok(key_of(event, written.id).map(|comment| (place.number, comment)))
}

/// The pull request that somebody has said yes or no to, or has said so no longer. Where the review holds a command as
/// well, its work item has this one marked.
pub(super) fn reviewed(event: &str, envelope: &Envelope<'_>) -> Result<Option<PullNumber>, Refusal> {
    let Some(review) = envelope.review.as_ref().filter(|_| event == "pull_request_review") else {
        return Ok(None);
    };
    let says = ["approved", "changes_requested", "dismissed"];
    if envelope.action.as_deref() == Some("edited")
        || !review.state.as_deref().is_some_and(|it| says.contains(&it))
    {
        return Ok(None);
    }
    let lacks = || Refusal::Malformed(format!("the {event} event has no pull_request.number"));
    Ok(Some(envelope.pull_request.ok_or_else(lacks)?.number))
}
