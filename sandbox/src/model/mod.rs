//! What the stand-in knows, without HTTP: accounts, repositories, pull requests, comments, checks, apps,
//! installations, tokens and the log of deliveries.
//!
//! Everything here is pure and quick: [`World`] lives behind one mutex that is never held across a git call or an
//! `.await`. Does not live here: axum, processes, sockets.

mod accounts;
mod actions;
mod apps;
mod checks;
mod deployments;
mod discussion;
mod environments;
mod issues;
mod merges;
mod parcel;
mod protection;
mod pulls;
mod repositories;
mod reviews;
mod stacks;
mod teams;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use accounts::Account;
pub use accounts::{AccountKind, Permission};
pub use actions::Cancelling;
pub(crate) use actions::{Job, LogAddress, Review, Workflow, WorkflowRun};
pub(crate) use apps::{App, Conversion, Delivery, Hook, Installation, Level, Token, Usage};
pub(crate) use checks::{CheckOutput, CheckRun, CheckSuite, RunAction};
pub(crate) use deployments::{Deployment, DeploymentStatus};
pub(crate) use discussion::{Comment, DiffLine, Reaction};
pub(crate) use environments::{Environment, folded};
pub(crate) use issues::Issue;
pub(crate) use merges::{AsyncMerge, MergeAction, MergeOutcome};
pub(crate) use parcel::Parcel;
pub use protection::BypassMode;
pub(crate) use protection::{Bypass, BypassActor, Protection, ProtectionKind, RequiredCheck};
pub(crate) use pulls::{Pull, PullHead};
pub(crate) use repositories::Repository;
pub(crate) use reviews::PullReview;
pub use reviews::ReviewVerdict;
pub(crate) use stacks::Stack;
pub(crate) use teams::{Membership, Team};

/// The addresses the stand-in puts into its answers.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    /// Root of pages and git, without a trailing slash.
    pub(crate) html: String,
    /// Root of REST, without a trailing slash.
    pub(crate) api: String,
}

/// Everything the stand-in knows at one moment.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) urls: Urls,
    pub(crate) now: DateTime<Utc>,
    pub(crate) accounts: BTreeMap<u64, Account>,
    pub(crate) teams: BTreeMap<u64, Team>,
    pub(crate) repositories: BTreeMap<u64, Repository>,
    pub(crate) pulls: BTreeMap<(u64, u64), Pull>,
    /// Pull requests in the merge queue of their base, by repository and number.
    pub(crate) queued: BTreeSet<(u64, u64)>,
    /// In the order of their requests.
    pub(crate) merges: Vec<AsyncMerge>,
    /// Asynchronous merges wait until they are released.
    pub(crate) holds_merges: bool,
    /// By repository and number.
    pub(crate) stacks: BTreeMap<(u64, u64), Stack>,
    pub(crate) issues: BTreeMap<(u64, u64), Issue>,
    pub(crate) comments: BTreeMap<u64, Comment>,
    pub(crate) reviews: BTreeMap<u64, PullReview>,
    /// The conversations that are locked, by repository and number, and why.
    pub(crate) locks: BTreeMap<(u64, u64), Option<String>>,
    pub(crate) suites: BTreeMap<u64, CheckSuite>,
    pub(crate) runs: BTreeMap<u64, CheckRun>,
    /// When it was last looked for check runs that are incomplete for too long.
    pub(crate) checks_looked_at: DateTime<Utc>,
    pub(crate) deployments: BTreeMap<u64, Deployment>,
    /// By repository and folded name.
    pub(crate) environments: BTreeMap<(u64, String), Environment>,
    pub(crate) workflows: BTreeMap<u64, Workflow>,
    pub(crate) workflow_runs: BTreeMap<u64, WorkflowRun>,
    /// Who dispatches a workflow is not told of the run.
    pub(crate) hides_runs: bool,
    /// Addresses of the storage for logs that were handed out.
    pub(crate) log_addresses: BTreeMap<String, LogAddress>,
    pub(crate) cancelling: Cancelling,
    /// How long after it was made a thing is listed.
    pub(crate) lists_lag: TimeDelta,
    pub(crate) apps: BTreeMap<u64, App>,
    /// By the code that a manifest was turned into.
    pub(crate) conversions: BTreeMap<String, Conversion>,
    pub(crate) installations: BTreeMap<u64, Installation>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) deliveries: BTreeMap<u64, Delivery>,
    pub(crate) usage: BTreeMap<String, Usage>,
    pub(crate) former_names: BTreeMap<String, u64>,
    /// What stands in the field of a new comment on the pages.
    pub(crate) comment_hint: String,
    /// Webhooks that this change caused, rendered at the moment of the change.
    pub(crate) outbox: Vec<Parcel>,
    counters: BTreeMap<Kind, u64>,
}

/// The kinds of things that are numbered, each on its own, so that no test can mix them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Account = 100,
    App = 4_000,
    Team = 6_000,
    Installation = 50_000,
    Hook = 60_000,
    Repository = 700_000,
    Ruleset = 750_000,
    Pull = 8_000_000,
    Issue = 8_500_000,
    Stack = 8_800_000,
    Comment = 9_000_000,
    LineComment = 9_200_000,
    PullReview = 9_500_000,
    Reaction = 10_000_000,
    CheckSuite = 20_000_000,
    CheckRun = 30_000_000,
    Deployment = 90_000_000,
    DeploymentStatus = 95_000_000,
    Workflow = 150_000_000,
    WorkflowRun = 250_000_000,
    WorkflowJob = 350_000_000,
    Delivery = 400_000_000,
    Token = 1,
    Guid = 2,
    Request = 3,
    Secret = 4,
}

impl World {
    /// An empty world.
    pub(crate) fn new(urls: Urls, now: DateTime<Utc>) -> Self {
        Self {
            urls,
            now,
            accounts: BTreeMap::new(),
            teams: BTreeMap::new(),
            repositories: BTreeMap::new(),
            pulls: BTreeMap::new(),
            queued: BTreeSet::new(),
            merges: Vec::new(),
            holds_merges: false,
            stacks: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
            reviews: BTreeMap::new(),
            locks: BTreeMap::new(),
            suites: BTreeMap::new(),
            runs: BTreeMap::new(),
            checks_looked_at: now,
            deployments: BTreeMap::new(),
            environments: BTreeMap::new(),
            workflows: BTreeMap::new(),
            workflow_runs: BTreeMap::new(),
            hides_runs: false,
            log_addresses: BTreeMap::new(),
            cancelling: Cancelling::AtOnce,
            lists_lag: TimeDelta::zero(),
            apps: BTreeMap::new(),
            conversions: BTreeMap::new(),
            installations: BTreeMap::new(),
            tokens: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            usage: BTreeMap::new(),
            former_names: BTreeMap::new(),
            comment_hint: String::new(),
            outbox: Vec::new(),
            counters: BTreeMap::new(),
        }
    }

    /// Whether lists show by now what was made at a moment.
    pub(crate) fn is_listed(&self, made: DateTime<Utc>) -> bool {
        self.now - made >= self.lists_lag
    }

    /// The next id of a kind; the same acts give the same ids in every run.
    pub(crate) fn next(&mut self, kind: Kind) -> u64 {
        let counter = self.counters.entry(kind).or_insert(kind as u64);
        *counter += 1;
        *counter
    }
}
