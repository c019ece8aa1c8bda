//! `issue_comment`, `pull_request_review_comment` and `pull_request_review`: what people write.

use crate::model::{CommentKey, PullNumber, UserId};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What somebody has written, or has changed of it.
#[derive(Debug, Deserialize)]
pub struct CommentEvent {
    /// `created` or `submitted`, or `edited`.
    pub action: String,
    /// The conversation, of a pull request or an issue.
    #[serde(default)]
    pub issue: Option<ConversationJson>,
    /// The pull request, where the comment is a review or part of one.
    #[serde(default)]
    pub pull_request: Option<ConversationJson>,
    /// The comment, or the review.
    #[serde(alias = "review")]
    pub comment: CommentJson,
    /// What it said before an edit.
    #[serde(default)]
    pub changes: Option<CommentChanges>,
    /// Who did it.
    pub sender: AuthorJson,
}

/// Where it was written.
#[derive(Debug, Deserialize)]
pub struct ConversationJson {
    /// The number of the pull request or issue.
    pub number: PullNumber,
    /// Of an issue: there where it is a pull request.
    #[serde(default)]
    pub pull_request: Option<IgnoredAny>,
}

/// A comment or a review.
#[derive(Debug, Deserialize)]
pub struct CommentJson {
    /// GitHub's number, one of its kind of comment.
    pub id: u64,
    /// Its Markdown.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it; `None` where the account was deleted.
    #[serde(default)]
    pub user: Option<AuthorJson>,
    /// When, in whole seconds.
    #[serde(alias = "submitted_at")]
    pub created_at: DateTime<Utc>,
    /// The App that wrote it, or through which somebody did.
    #[serde(default)]
    pub performed_via_github_app: Option<IgnoredAny>,
}

/// Somebody, with what kind of account it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuthorJson {
    /// The login.
    pub login: String,
    /// GitHub's number of the account.
    #[serde(default)]
    pub id: Option<UserId>,
    /// `User`, `Bot`, `Organization`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// What an edit has changed.
#[derive(Debug, Deserialize)]
pub struct CommentChanges {
    /// The text, where that was.
    #[serde(default)]
    pub body: Option<FormerText>,
}

/// The text before an edit.
#[derive(Debug, Deserialize)]
pub struct FormerText {
    /// The text.
    pub from: String,
}

impl CommentEvent {
    /// The comment, where `event` is the name of one of these events.
    pub fn key(&self, event: &str) -> Option<CommentKey> {
        key_of(event, self.comment.id)
    }

    /// The number of the pull request or issue that it is on, and whether it is a pull request.
    pub fn place(&self) -> Option<(PullNumber, bool)> {
        match (&self.issue, &self.pull_request) {
            (Some(issue), _) => Some((issue.number, issue.pull_request.is_some())),
            (None, Some(pull)) => Some((pull.number, true)),
            (None, None) => None,
        }
    }
}

/// The comment with this number, where `event` is the name of one of these events.
pub(crate) fn key_of(event: &str, id: u64) -> Option<CommentKey> {
    match event {
        "issue_comment" => Some(CommentKey::Conversation(id)),
        "pull_request_review_comment" => Some(CommentKey::Line(id)),
        "pull_request_review" => Some(CommentKey::Review(id)),
        _ => None,
    }
}
