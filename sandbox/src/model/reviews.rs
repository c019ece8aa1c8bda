//! Reviews of pull requests.

use chrono::{DateTime, Utc};

use super::World;

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewVerdict {
    /// It may merge.
    Approved,
    /// It must not merge as it is.
    ChangesRequested,
    /// Neither.
    Commented,
    /// It was one of the first two, and counts no more.
    Dismissed,
}

impl ReviewVerdict {
    /// The word for it in webhooks; REST writes it in capitals.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
            Self::Commented => "commented",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A review of a pull request.
#[derive(Debug, Clone)]
pub(crate) struct PullReview {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) number: u64,
    pub(crate) author: u64,
    pub(crate) verdict: ReviewVerdict,
    /// May be empty.
    pub(crate) body: String,
    /// The head that was looked at.
    pub(crate) commit: String,
    pub(crate) submitted_at: DateTime<Utc>,
}

impl World {
    /// The reviews of a pull request, oldest first.
    pub(crate) fn reviews_of(&self, repository: u64, number: u64) -> impl Iterator<Item = &PullReview> {
        let all = self.reviews.values();
        all.filter(move |review| review.repository == repository && review.number == number)
    }
}
