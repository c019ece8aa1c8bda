//! Comments on pull requests and issues.

use chrono::{DateTime, Utc};

use super::World;

/// A comment in the conversation of a pull request or issue.
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
    /// The comments of a pull request or issue, oldest first.
    pub(crate) fn comments_on(&self, repository: u64, number: u64) -> Vec<&Comment> {
        self.comments
            .values()
            .filter(|comment| comment.repository == repository && comment.number == number)
            .collect()
    }
}
