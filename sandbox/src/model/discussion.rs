//! Comments on pull requests, on lines of their difference, and on issues.

use chrono::{DateTime, Utc};

use super::World;

/// A comment in the conversation of a pull request or issue, or on a line of a pull request's difference.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    pub(crate) author: u64,
    pub(crate) body: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// The app that wrote it, if one did.
    pub(crate) app: Option<u64>,
    pub(crate) reactions: Vec<Reaction>,
    /// The line it is on; `None` in the conversation.
    pub(crate) line: Option<DiffLine>,
}

/// A line of a pull request's difference that somebody comments on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiffLine {
    /// The review that the comment is part of.
    pub(crate) review: u64,
    pub(crate) path: String,
    /// In the file as the pull request has it, from 1.
    pub(crate) number: u64,
    /// Lines below the first `@@` of the file.
    pub(crate) position: u64,
    pub(crate) hunk: String,
    pub(crate) commit: String,
    pub(crate) in_reply_to: Option<u64>,
}

/// A reaction to a comment; one of each kind and person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) id: u64,
    pub(crate) author: u64,
    /// `+1`, `eyes`, …
    pub(crate) content: String,
    pub(crate) created_at: DateTime<Utc>,
}

impl World {
    /// The comments in the conversation of a pull request or issue, oldest first.
    pub(crate) fn comments_on(&self, repository: u64, number: u64) -> Vec<&Comment> {
        self.said_of(repository, number).filter(|comment| comment.line.is_none()).collect()
    }

    /// The comments on lines of a pull request, oldest first.
    pub(crate) fn line_comments_on(&self, repository: u64, number: u64) -> Vec<&Comment> {
        self.said_of(repository, number).filter(|comment| comment.line.is_some()).collect()
    }

    fn said_of(&self, repository: u64, number: u64) -> impl Iterator<Item = &Comment> {
        let all = self.comments.values();
        all.filter(move |comment| comment.repository == repository && comment.number == number)
    }
}
