use super::WorkItem;
use crate::model::{
    BranchName, CommitId, InstallationId, LedgerTip, MissingGrants, Move, PullNumber, PullRequest, PushedAt,
    RepositoryId, UnixMillis, UnixSeconds, VerifiedTree,
};
use bytes::Bytes;
use std::collections::BTreeSet;

/// The row number of a delivery: it grows in order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub i64);

/// A verified webhook call that is to be kept.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// GitHub's id of the delivery; a redelivery carries the same.
    pub guid: String,
    /// The kind of event, as in `X-GitHub-Event`.
    pub event: String,
    /// What happened, where the event says so.
    pub action: Option<String>,
    /// The installation it came through.
    pub installation: Option<InstallationId>,
    /// The body as JSON text, not compressed.
    pub body: Bytes,
    /// What has to be looked at because of it.
    pub item: WorkItem,
    /// When it came.
    pub received_at: UnixMillis,
}

/// What [`super::Store::accept`] made of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk, and its work item is to be looked at.
    Stored,
    /// It is on disk, and its work item was to be looked at already, no later than because of it: nobody need be told.
    Joined,
    /// It was there already, with the same body.
    Repeated,
    /// Its id was there already with another body: refused.
    Conflicting,
}

impl Accepted {
    /// Whether it was not known before.
    pub fn is_new(self) -> bool {
        matches!(self, Self::Stored | Self::Joined)
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Stored, not yet processed.
    Pending,
    /// Taken in.
    Done,
    /// Its work item was given up before it was processed.
    Dead,
}

/// A work item that was given up, until it is marked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// The work item.
    pub item: WorkItem,
    /// Why.
    pub error: Option<String>,
}

/// A stored delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRow {
    /// Its row number.
    pub id: DeliveryId,
    /// GitHub's id.
    pub guid: String,
    /// The kind of event.
    pub event: String,
    /// What happened, where the event says so.
    pub action: Option<String>,
    /// The installation it came through.
    pub installation: Option<InstallationId>,
    /// What is looked at because of it.
    pub item: WorkItem,
    /// When it came.
    pub received_at: UnixMillis,
    /// How far it has come.
    pub state: DeliveryState,
    /// Why its work item last failed, while it is not processed.
    pub error: Option<String>,
    /// The body as JSON text; `None` once it was dropped for age, and in listings.
    pub body: Option<Bytes>,
}

/// Which entries of the audit log are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this repository; of all where there is none.
    pub repository: Option<RepositoryId>,
    /// Of a repository those since this moment.
    pub since: UnixMillis,
}

/// Which deliveries to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// At most this many.
    pub limit: u32,
}

/// Whether an installation may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstallationState {
    /// It may.
    Active,
    /// Its owner has suspended it.
    Suspended,
    /// It was removed.
    Deleted,
}

/// An account with the App installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The installation's number.
    pub id: InstallationId,
    /// The account's login.
    pub login: String,
    /// Whether it may be used.
    pub state: InstallationState,
    /// What commands need that it does not grant.
    pub missing: Option<MissingGrants>,
    /// Its page, where its account accepts what the App asks for; empty where GitHub has not told.
    pub html_url: String,
}

/// Whether a repository is to be looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RepositoryState {
    /// It is.
    Active,
    /// It was taken out of the installation, deleted or archived.
    Gone,
}

/// What is known of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRow {
    /// GitHub's number.
    pub id: RepositoryId,
    /// The installation that covers it.
    pub installation: InstallationId,
    /// `owner/name`, as last seen.
    pub full_name: String,
    /// Where git fetches it from, as the API has answered; empty where it has to be asked.
    pub clone_url: String,
    /// Where people look at it.
    pub html_url: String,
    /// Its default branch.
    pub default_branch: String,
    /// Whether it is to be looked after.
    pub state: RepositoryState,
    /// When refs and pull requests were last compared with GitHub. Storing `None` keeps what is known.
    pub reconciled_at: Option<UnixMillis>,
}

/// The configuration by which a repository is judged, as it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationRow {
    /// The repository.
    pub repository: RepositoryId,
    /// Where the file is, as people name it; empty where there is none.
    pub place: String,
    /// Its text.
    pub text: String,
    /// The last text that could be used.
    pub valid: Option<String>,
    /// When it was read.
    pub read_at: UnixMillis,
}

/// Something that a person did by a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActRow {
    /// The repository.
    pub repository: RepositoryId,
    /// The pull request.
    pub number: PullNumber,
    /// The head commit that was seen.
    pub head: CommitId,
    /// What was asked for: `retarget`, `rebuild`.
    pub what: String,
    /// The login of who asked.
    pub who: String,
    /// When.
    pub at: UnixMillis,
    /// What came of it, in words for people.
    pub outcome: String,
    /// Whether it was carried out; what was refused may be asked for again.
    pub done: bool,
}

/// A pull request with its last verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPull {
    /// The pull request.
    pub pull: PullRequest,
    /// The head commit of the last verdict.
    pub judged_head: Option<CommitId>,
    /// The base branch of the last verdict.
    pub judged_base: Option<BranchName>,
    /// The last verdict as JSON.
    pub verdict: Option<String>,
    /// When it was made.
    pub judged_at: Option<UnixMillis>,
    /// How many verdicts there have been: it grows with each.
    pub judged_version: i64,
    /// The check, by its commit and branch, that says of this pull request what its installation does not grant.
    pub grants_noted: Option<(CommitId, BranchName)>,
}

/// How far the line of a branch was read into the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Nothing of it.
    NotBegun,
    /// Some of it.
    UnderWay {
        /// The commit whose line it is.
        tip: CommitId,
        /// How many of its commits are there, the oldest first.
        filled: u64,
        /// The date of the newest of them.
        newest: UnixSeconds,
    },
    /// All of it.
    Done,
}

/// A push of a topic, as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMove {
    /// Where.
    pub repository: RepositoryId,
    /// Of which branch.
    pub branch: BranchName,
    /// GitHub's id of the delivery that tells of it: what it tells counts once.
    pub delivery: String,
    /// From where to where, and when.
    pub step: Move,
}

/// The part of the ledger that one verdict needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerRows {
    /// Tips by branch, in order of time.
    pub tips: Vec<(BranchName, LedgerTip)>,
    /// The topic's pushes, in order of time.
    pub pushes: Vec<PushedAt>,
    /// The pull requests that are open, by number.
    pub open: Vec<PullRequest>,
    /// The last pull requests that were merged, the oldest first.
    pub merged: Vec<PullRequest>,
    /// What was deployed where, and well by the newest word on it.
    pub verified: Vec<VerifiedTree>,
    /// The environments of which anybody has ever said how a deploy ended.
    pub reported: BTreeSet<String>,
}

/// What GitHub should show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The effect's work item: a check or a comment.
    pub item: WorkItem,
    /// What to show, as the engine wrote it.
    pub content: String,
    /// What of it matters: with an equal substance nothing is sent.
    pub substance: String,
    /// For a check: the other open pull requests that share it, with their judged versions, as they
    /// were when the content was worded. See [`super::Committed::Stale`].
    pub siblings: Vec<(PullNumber, i64)>,
}

/// A desired effect and what is known of GitHub's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What to show.
    pub content: String,
    /// What of it matters.
    pub substance: String,
    /// The substance GitHub shows, as far as known.
    pub applied: Option<String>,
    /// GitHub's id of the check run or comment.
    pub github_id: Option<u64>,
    /// When creating it was last begun, if it ever was: then it is looked for before it is created.
    pub attempted: Option<UnixMillis>,
}

/// Which check runs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksOf {
    /// All on this commit.
    Commit(CommitId),
    /// Those on the copy branch.
    Copy,
    /// Those on what pull requests would make of the configuration.
    Configuration,
}

/// How many work items may be out at once, so that one busy repository or installation leaves room for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConcurrencyLimits {
    /// Of one repository.
    pub per_repository: u32,
    /// Of all repositories of one installation.
    pub per_installation: u32,
}

impl ConcurrencyLimits {
    /// No bound at all.
    pub const NONE: Self = Self::of_repository(u32::MAX);

    /// A bound for each repository alone.
    pub const fn of_repository(per_repository: u32) -> Self {
        Self { per_repository, per_installation: u32::MAX }
    }
}
