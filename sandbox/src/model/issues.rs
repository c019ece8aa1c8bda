//! Issues that are not pull requests; both share their numbers.

use chrono::{DateTime, Utc};

use super::World;

/// An issue.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) number: u64,
    pub(crate) repository: u64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) open: bool,
    /// `completed`, `not_planned`, `reopened` or `duplicate`.
    pub(crate) state_reason: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) author: u64,
    /// The app that wrote it, if one did.
    pub(crate) app: Option<u64>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) closed_at: Option<DateTime<Utc>>,
    pub(crate) closed_by: Option<u64>,
}

impl World {
    /// Whether a number is that of an issue or a pull request, which can be commented on alike.
    pub(crate) fn is_discussed(&self, repository: u64, number: u64) -> bool {
        let key = (repository, number);
        self.issues.contains_key(&key) || self.pulls.contains_key(&key)
    }

    /// The issues of a repository, oldest first.
    pub(crate) fn issues_of(&self, repository: u64) -> impl DoubleEndedIterator<Item = &Issue> {
        self.issues.range((repository, 0)..=(repository, u64::MAX)).map(|(_, issue)| issue)
    }
}
