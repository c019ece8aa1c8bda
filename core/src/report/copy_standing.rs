//! What is known of a copy branch that is none, beside the verdict.

use crate::model::Commit;

/// How things stand with the copy branch. From this, and the verdict, follows the one repair that every place tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CopyStanding {
    /// Why it does not follow, where somebody has to be told.
    pub problem: Option<NotCopied>,
    /// The pull request that brings the environment over, where one is open.
    pub sync: Option<u64>,
    /// The one that somebody has closed, where the environment has not moved since.
    pub closed_sync: Option<u64>,
}

/// Why the copy branch does not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCopied {
    /// It has commits of its own.
    Diverged {
        /// Those commits, the newest first.
        only_there: Vec<Commit>,
        /// What keeps people from putting it back by force.
        guard: Guard,
    },
    /// GitHub does not let the App move it.
    Refused {
        /// In GitHub's words.
        message: String,
        /// What it is that refuses.
        by: Refuser,
    },
}

/// What keeps a branch from being pushed to by force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Guard {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// Nothing.
    Nothing,
    /// Rules of rulesets, each with its ruleset: `non_fast_forward (ruleset 7 of acme/store)`.
    Rulesets(Vec<String>),
    /// A branch protection rule, the older kind.
    Classic,
}

/// What it is that refuses to let the App move the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refuser {
    /// Rules of rulesets, each with its ruleset: `pull_request (ruleset 7 of acme/store)`.
    Rulesets(Vec<String>),
    /// A branch protection rule, the older kind, which no bypass list of a ruleset lets anybody past.
    Classic,
    /// A permission that the App lacks.
    Permission {
        /// Whether it is the one to change workflows.
        workflows: bool,
    },
    /// GitHub does not tell.
    Unknown,
}
