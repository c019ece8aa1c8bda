//! Reviews of pull requests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{AccountKind, Permission, Protection, Pull, World};

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

    /// Why a pull request lacks the approvals that its base demands; `None` if it has them. What counts is what each
    /// person who may write has said last; apps do not count.
    pub(super) fn unapproved(&self, pull: &Pull, protection: &Protection) -> Option<String> {
        let home = self.repository(pull.repository)?;
        let counts = |reviewer: u64| {
            let account = self.accounts.get(&reviewer);
            account.is_some_and(|account| account.kind == AccountKind::User)
                && self.permission_of(home, reviewer) >= Permission::Write
        };
        let reviews = self.reviews_of(pull.repository, pull.number);
        let said = reviews.filter(|review| review.verdict != ReviewVerdict::Commented);
        let last: BTreeMap<u64, ReviewVerdict> =
            said.filter(|review| counts(review.author)).map(|it| (it.author, it.verdict)).collect();
        let saying = |verdict| last.values().filter(|said| **said == verdict).count();
        match protection.approvals {
            0 => None,
            _ if saying(ReviewVerdict::ChangesRequested) > 0 => {
                Some("Changes have been requested by reviewers with write access.".to_owned())
            }
            wanted if saying(ReviewVerdict::Approved) >= wanted => None,
            1 => Some("At least 1 approving review is required by reviewers with write access.".to_owned()),
            wanted => Some(format!(
                "At least {wanted} approving reviews are required by reviewers with write access."
            )),
        }
    }
}
