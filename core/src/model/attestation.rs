//! What people vouch for: that they have accepted what runs in an environment, that an item is ready, that a ticket was
//! acknowledged.

use super::{CommitId, PullNumber, TreeId, UnixMillis, UserId, UserKey};
use serde::{Deserialize, Serialize};

/// What somebody has vouched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// The command that gave it, by its comment and its place there, or what the operator's act is known by: what it gives,
    /// it gives once.
    pub command: String,
    /// What is vouched for.
    pub what: Attested,
    /// The commit that it was said of.
    pub commit: CommitId,
    /// Its files: other files are another matter.
    pub tree: TreeId,
    /// The login of whoever said it, or the name that the operator gave.
    pub by: String,
    /// Their account; `None` for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// What they have added, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was said.
    pub at: UnixMillis,
    /// Who has taken it back, and when, if somebody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// A thing that can be vouched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Attested {
    /// That whoever has this role accepts what runs in the environment.
    SignOff {
        /// The role, such as `admin`.
        role: String,
        /// The environments that asked for the role when it was given, and hear whoever has given it; empty for all, as
        /// earlier versions stored it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<String>,
    },
    /// GitHub's own approving review of a promotion, of the commit that was its head.
    Approval {
        /// The promotion.
        number: PullNumber,
        /// The environment that it goes into: its roles are meant, and another one's of the same name are others.
        to: String,
        /// GitHub's number of the review.
        review: u64,
        /// The roles in which it is a sign-off.
        roles: Vec<String>,
        /// Why it is none, where it is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_counted: Option<WhyNoSignOff>,
    },
    /// That an item of the environment's list is ready.
    Ready {
        /// The item.
        item: String,
    },
    /// That the platform's support has acknowledged a ticket on what a pull request changes.
    Ticket {
        /// What the ticket is called there.
        ticket: String,
        /// The pull request.
        number: PullNumber,
        /// The earliest moment at which the change may be merged.
        earliest: UnixMillis,
    },
}

/// Why an approving review is no sign-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNoSignOff {
    /// Whoever gave it may not sign off in any of the roles.
    MissingRight,
    /// They have made one of the changes, and others have to accept it.
    OwnChange,
    /// The files were not live on the environment when it was given.
    NotLive,
}

/// Who has taken back what was vouched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: UnixMillis,
    /// The login of who did.
    pub by: String,
}

impl Attestation {
    /// Whoever said it.
    pub fn giver(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// The roles in which it is a sign-off.
    pub fn roles(&self) -> &[String] {
        match &self.what {
            Attested::SignOff { role, .. } => std::slice::from_ref(role),
            Attested::Approval { roles, .. } => roles,
            _ => &[],
        }
    }

    /// Whether it is a sign-off in this role.
    pub fn signs_off(&self, role: &str) -> bool {
        self.roles().iter().any(|it| it == role)
    }

    /// The item, where it says that one is ready.
    pub fn item(&self) -> Option<&str> {
        match &self.what {
            Attested::Ready { item } => Some(item),
            _ => None,
        }
    }
}
