//! What is on disk, behind one trait of the operations that the engine needs.
//!
//! Lives here: the [`Store`] trait, its rows and errors; one folder for each database that carries it; the migrations.
//! `engine` works with it; `cli` and `demo` open it.
//!
//! Does not live here: decisions. The engine works out a list of [`Change`]s; the store applies all of them or none,
//! and only while the lease they were worked out under still holds.
//!
//! Open first: this file, for the trait; then `work_item.rs`, the kinds of work; then `sqlite/mod.rs`.
//!
//! A lease has no time limit. One server has the database to itself, and knows by its tasks who works; times in the
//! database would be those of a clock that may jump.
//!
//! What is closed for a year is deleted: pull requests, but for the last 2,000 merged ones of a repository, the pushes
//! of their topics, comments with commands that have come to their end, and work that was given up. Work that rests goes after a month. The ledger, deploys and their
//! outcomes, holds, locks, orders and acts are never deleted: they are the record of who did what. Overrides go with their
//! pull request. One row remains for each repository and account.
//!
//! # Promises, and the tests that hold them
//!
//! - A delivery that was answered 202 is never lost: `a_delivery_that_was_answered_is_never_lost`,
//!   `killed_again_and_again_in_a_burst_it_comes_to_the_end`,
//!   `a_database_that_is_deleted_is_saved_and_the_next_start_goes_on_with_it`.
//! - Two servers never share a database: `a_second_server_on_the_same_data_is_refused_and_harms_nothing`.
//! - After a lost or restored database no check is made and no deploy starts a second time, and no number is given
//!   twice: `a_lost_database_makes_no_second_check`,
//!   `a_restored_database_makes_nothing_again_and_gives_no_number_twice`, `a_lost_database_makes_no_second_comment`.
//! - What is stored and what is read for one verdict is bounded:
//!   `what_is_closed_for_long_is_forgotten_with_its_pushes`,
//!   `work_that_rests_for_long_is_forgotten_and_can_be_marked_again`, `where_asks_git_once_however_much_has_happened`.
//! - Others on the machine see nothing of it: `the_data_folder_is_closed_to_others_whatever_the_umask`.

mod active_place_store;
mod attestation_store;
mod command_store;
mod deploy_rows;
mod error;
mod hotfix_store;
mod install_report_store;
mod lease;
mod lock_store;
mod promotion_store;
mod quoted_log_store;
mod rows;
mod sqlite;
mod statistics;
mod work_item;

pub use active_place_store::ActivePlaceStore;
pub use attestation_store::{ATTESTATIONS_MAX, AttestationStore, UNCOUNTED_MAX};
pub use command_store::CommandStore;
pub use deploy_rows::{
    ActOutcome, CommandOrigin, CommandRow, DeployActivity, EnvironmentDeploys, OutcomeRow, RequestedAct,
    RequestedActId, RequestedActRow, command_key,
};
pub use error::StoreError;
pub use hotfix_store::{HOTFIXES_LOOKED_THROUGH, HOTFIXES_MAX, HotfixStore};
pub use install_report_store::{InstallReportStore, InstallReports};
pub use lease::{Committed, Lease, Next};
pub use lock_store::{GivenOverrides, LockStore, OverridesLeft};
pub use promotion_store::{PromotionStore, RequestedMerge};
pub use quoted_log_store::QuotedLogStore;
pub use rows::{
    Accepted, ActRow, AuditFilter, Backfill, ChecksOf, ConcurrencyLimits, ConfigurationRow, DeliveryFilter,
    DeliveryId, DeliveryRow, DeliveryState, Desired, Effect, GivenUp, Installation, InstallationState,
    JudgedPull, LedgerRows, NewDelivery, RepositoryRow, RepositoryState, TopicMove,
};
pub use sqlite::{DatabaseState, DatabaseVersion, Options, SqliteStore};
pub use sqlite::{copy_database, database_version, examine};
pub use statistics::{Statistics, StatisticsStore};
pub use work_item::{InvalidWorkItem, WorkItem};

use crate::model::{
    ActivePlaces, Attestation, AuditEntry, AuditRow, BranchName, CommitId, Deploy, EnvironmentName, Hold,
    Hotfix, InstallReport, InstallationId, LedgerEntry, LedgerTip, Lock, ManualFreeze, Mended, MergeMethods,
    Override, PullNumber, PullRequest, PushedAt, RepositoryId, StartingPoint, UnixMillis, UnixSeconds,
    Withdrawal,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One effect of a piece of work. A list of them is applied as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These deliveries are processed.
    Processed(Vec<DeliveryId>),
    /// What is known of an account with the App installed.
    Installation(Installation),
    /// What is known of a repository.
    Repository(RepositoryRow),
    /// A repository as an event has it, which may be old: ignored when the repository is known.
    Introduced(RepositoryRow),
    /// What is known of a pull request; ignored when what is stored is newer by `updated_at`.
    Pull(PullRequest),
    /// A pull request was judged. Raises its judged version.
    Judged {
        /// Which repository.
        repository: RepositoryId,
        /// Which pull request.
        number: PullNumber,
        /// The head commit that was judged.
        head: CommitId,
        /// The base branch it was judged against.
        base: BranchName,
        /// The verdict as JSON.
        verdict: String,
        /// When.
        at: UnixMillis,
    },
    /// The check on this commit for this branch says of a pull request what its installation does not grant; ignored when
    /// another one has said so.
    GrantsNoted(RepositoryId, PullNumber, CommitId, BranchName),
    /// A pull request is judged no more: it goes to a branch on no path. Raises its judged version.
    Unjudged(RepositoryId, PullNumber),
    /// An environment branch pointed at a commit. Known entries (same branch, commit, `at`) stay.
    Tip(LedgerEntry),
    /// The line of a branch is read into the ledger: which commit's line, how many of it are there by now, and the date of the
    /// newest; `None` once all of it is there.
    Backfilled(RepositoryId, BranchName, Option<(CommitId, u64, UnixSeconds)>),
    /// A topic was pushed at a commit. The earliest time is kept.
    Push(RepositoryId, BranchName, PushedAt),
    /// A topic was pushed, as a delivery tells. Each push by itself, the newest of each branch.
    TopicMoved(TopicMove),
    /// How a deploy of certain files has ended; ignored when what is stored of them is newer.
    Outcome(OutcomeRow),
    /// How a repository's own settings let pull requests be merged, and when that was seen; ignored when what is
    /// stored was seen later.
    MergeSettings(RepositoryId, MergeMethods, UnixMillis),
    /// Whether a repository is private, as a comment is worded that quotes a log, or would.
    Visibility(RepositoryId, bool),
    /// The configuration of a repository was read.
    Configuration(ConfigurationRow),
    /// A person did something by a button; the same on the same head replaces what was refused before.
    Act(ActRow),
    /// What was found of a repository at the installation; `None` lets go of it.
    InstallReport(RepositoryId, Option<Box<InstallReport>>),
    /// Somebody made Towpath do something, or was refused: appended to the audit log.
    Audit(Box<AuditEntry>),
    /// A deploy as it is now. It replaces what is known of the one of its environment and number.
    Deploy(RepositoryId, Box<Deploy>),
    /// What was seen of those who deploy a repository, joined to what is known.
    DeployActivity(RepositoryId, DeployActivity),
    /// The workflow that was found to run on a repository's Deployments, if one was, and the folder looked in, by its name.
    DeployWorkflow(RepositoryId, Option<String>, String),
    /// The environment's newest hold, in force or lifted.
    Hold(RepositoryId, String, Hold),
    /// A lock as it is now. It replaces what is known of the one of its environment and number. Marks [`WorkItem::Lock`].
    Lock(RepositoryId, EnvironmentName, Lock),
    /// A freeze by a command as it is now, in place of what is known of it. Marks [`WorkItem::Freeze`].
    Freeze(RepositoryId, EnvironmentName, Box<ManualFreeze>),
    /// The places beside an environment, and who waits for one, as they are now.
    ActivePlaces(RepositoryId, EnvironmentName, Box<ActivePlaces>),
    /// An override as it is now. It replaces what is known of the one of its pull request and number. Marks the pull request.
    Override(RepositoryId, PullNumber, Override),
    /// The override of this number on a pull request is over since then, for good.
    OverrideEnded(RepositoryId, PullNumber, u64, UnixMillis),
    /// Somebody vouches for something; what the same command has given before stays as it is.
    Attest(RepositoryId, EnvironmentName, Box<Attestation>),
    /// What this command has vouched for in an environment is taken back, unless it was before.
    Withdraw(RepositoryId, EnvironmentName, String, Withdrawal),
    /// A hotfix that may not be known yet: one that is stays as it is. Marks [`WorkItem::Hotfixes`].
    HotfixRecorded(RepositoryId, Box<Hotfix>),
    /// A hotfix as it is now, but for what people say of how it was mended.
    Hotfix(RepositoryId, Box<Hotfix>),
    /// Somebody says that the hotfix of this key was mended in another way. Marks [`WorkItem::Hotfixes`].
    HotfixMended(RepositoryId, String, Box<Mended>),
    /// From where on moves of an environment's branch ask for deploys.
    StartingPoint(RepositoryId, EnvironmentName, StartingPoint),
    /// A command asks for an act: kept, and its work item marked, unless that was done before.
    RequestAct(Box<RequestedActRow>),
    /// What can be told of an act while it goes on.
    RequestedActProgress(RequestedActId, String),
    /// A requested act was taken up, with what came of it.
    RequestedActDone(RequestedActId, ActOutcome),
    /// A merge that a requested act has asked GitHub for, or is about to.
    RequestedMerge(RequestedActId, RequestedMerge),
    /// A comment with commands, as far as they have come.
    Command(Box<CommandRow>),
    /// GitHub should show this. Marks the effect's work item when the substance differs from the stored one.
    Desire(Desired),
    /// GitHub shows what was desired with this substance, under this id.
    Applied {
        /// The effect's work item.
        item: WorkItem,
        /// GitHub's id of the check run or comment.
        github_id: u64,
        /// The substance that was sent.
        substance: String,
    },
    /// What GitHub showed is gone there, or so it says: the next attempt looks for it and makes it anew.
    Vanished(WorkItem),
    /// GitHub has refused to make this effect, so there is nothing to look for before it is made.
    NotMade(WorkItem),
    /// What GitHub shows of this effect may be wrong: where it is desired it is sent again, also with the same substance.
    Resend(WorkItem),
    /// The same for what is about to be desired anew: only that sends it, so that nothing older is sent before.
    Outdated(WorkItem),
    /// Something has to be looked at (again).
    Mark(WorkItem),
    /// Something has to be looked at, and may wait until this moment.
    MarkAt(WorkItem, UnixMillis),
}

/// The operations the engine needs. Every method is one transaction.
#[async_trait]
pub trait Store:
    ActivePlaceStore
    + AttestationStore
    + CommandStore
    + HotfixStore
    + InstallReportStore
    + LockStore
    + PromotionStore
    + QuotedLogStore
    + StatisticsStore
    + Send
    + Sync
    + std::fmt::Debug
{
    /// Stores a delivery and marks its work item, durably before it returns. Calls that come together may
    /// share one commit. A known id with the same body changes nothing, except that a work item that was
    /// given up is revived; with another body it is refused.
    async fn accept(&self, delivery: NewDelivery) -> Result<Accepted, StoreError>;

    /// Takes the work item that has waited longest among those that are dirty, due and free, and are not more
    /// at once than `limits` let them be.
    ///
    /// A lease has no time of its own, since only one server has the database open: whoever gave it out
    /// ends it when its holder is gone. So no clock that jumps ends or prolongs one. It need not outlive the machine.
    async fn lease(&self, now: UnixMillis, limits: ConcurrencyLimits) -> Result<Option<Lease>, StoreError>;

    /// Ends a lease whose holder is gone, which counts as a failure; `false` when it was over before.
    async fn release(&self, lease: &Lease, now: UnixMillis) -> Result<bool, StoreError>;

    /// Ends every lease, as [`Store::release`] does each: of a former process, or of holders that are known to be gone.
    async fn reclaim(&self, now: UnixMillis) -> Result<(), StoreError>;

    /// What waits for a moment past `furthest` waits no more: the clock was set back. Answers how many
    /// work items that were.
    async fn bring_forward(&self, now: UnixMillis, furthest: UnixMillis) -> Result<usize, StoreError>;

    /// Has all work that waits for GitHub ([`Next::AwaitGitHub`]) tried again, spread over `within`. Answers how many work items
    /// waited for longer.
    async fn end_outage(&self, now: UnixMillis, within: Duration) -> Result<usize, StoreError>;

    /// The next moment at which something can be leased without anybody's doing: `now` when a
    /// [`Store::lease`] would find something, else that of a retry. Work items that only wait for their
    /// repository's or installation's turn do not count: whoever settles one of its work items asks again.
    async fn next_due(
        &self,
        now: UnixMillis,
        limits: ConcurrencyLimits,
    ) -> Result<Option<UnixMillis>, StoreError>;

    /// Applies all changes and settles the work item, or changes nothing.
    async fn commit(
        &self,
        lease: &Lease,
        changes: Vec<Change>,
        next: Next,
        now: UnixMillis,
    ) -> Result<Committed, StoreError>;

    /// Marks work items as dirty from outside of any work: timers, start-up, the operator.
    async fn mark(&self, work_items: Vec<WorkItem>, now: UnixMillis) -> Result<(), StoreError>;

    /// Notes durably that GitHub is about to be asked to create what the lease's effect desires.
    /// From then on it is looked for before it is created, and `now` tells for how long in vain. `false`
    /// when the lease was lost.
    async fn attempting(&self, lease: &Lease, now: UnixMillis) -> Result<bool, StoreError>;

    /// Applies changes in the middle of a piece of work, durably: what must be known before something is
    /// begun that must not be begun twice. `false`, and nothing changed, when the lease was lost.
    async fn note(&self, lease: &Lease, changes: Vec<Change>, now: UnixMillis) -> Result<bool, StoreError>;

    /// The deliveries of a work item that are not processed yet, in order of arrival: at most `limit`, and
    /// none after the one with which their bodies come to `bytes`.
    async fn inbox(&self, item: &WorkItem, limit: u32, bytes: usize) -> Result<Vec<DeliveryRow>, StoreError>;

    /// One account.
    async fn installation(&self, id: InstallationId) -> Result<Option<Installation>, StoreError>;

    /// Every account.
    async fn installations(&self) -> Result<Vec<Installation>, StoreError>;

    /// One repository.
    async fn repository(&self, id: RepositoryId) -> Result<Option<RepositoryRow>, StoreError>;

    /// Every repository, or those of one installation.
    async fn repositories(&self, of: Option<InstallationId>) -> Result<Vec<RepositoryRow>, StoreError>;

    /// One pull request with its last verdict.
    async fn pull(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Option<JudgedPull>, StoreError>;

    /// Every open pull request of a repository.
    async fn open_pulls(&self, repository: RepositoryId) -> Result<Vec<JudgedPull>, StoreError>;

    /// The same without their verdicts, which are long.
    async fn open_pulls_alone(&self, repository: RepositoryId) -> Result<Vec<PullRequest>, StoreError>;

    /// The open pull requests that have this head and base and were judged so, by number: they share a check.
    async fn sharing(
        &self,
        repository: RepositoryId,
        head: CommitId,
        base: &BranchName,
    ) -> Result<Vec<JudgedPull>, StoreError>;

    /// The tip ledger of a repository as a verdict needs it: the newest tips of `branches`, the pushes of `topic`, what was
    /// merged last and how deploys have ended lately. However long the history is, no more than some thousands of each.
    async fn ledger(
        &self,
        repository: RepositoryId,
        branches: &[BranchName],
        topic: Option<&BranchName>,
    ) -> Result<LedgerRows, StoreError>;

    /// The configuration of a repository as it was last read; `None` before that.
    async fn configuration(&self, repository: RepositoryId) -> Result<Option<ConfigurationRow>, StoreError>;

    /// Keeps the configuration of a repository as it was read for the first time, unless one is kept already; answers
    /// the one that is.
    async fn first_configuration(&self, row: ConfigurationRow) -> Result<ConfigurationRow, StoreError>;

    /// How a repository's own settings let pull requests be merged, where GitHub has told.
    async fn merge_settings(&self, repository: RepositoryId) -> Result<Option<MergeMethods>, StoreError>;

    /// What people did by buttons on a pull request, the oldest first.
    async fn acts(&self, repository: RepositoryId, number: PullNumber) -> Result<Vec<ActRow>, StoreError>;

    /// The last pull requests of a repository that were merged, the newest first.
    async fn merged_pulls(
        &self,
        repository: RepositoryId,
        limit: u32,
    ) -> Result<Vec<PullRequest>, StoreError>;

    /// Every ledger entry of a repository, by branch and in order of time; of this branch alone where one is named.
    async fn tips(
        &self,
        repository: RepositoryId,
        branch: Option<&BranchName>,
    ) -> Result<Vec<LedgerEntry>, StoreError>;

    /// Where a branch was seen to be moved since a moment, in order; the newest ones if there are many.
    async fn tips_since(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
        since: UnixSeconds,
    ) -> Result<Vec<LedgerEntry>, StoreError>;

    /// Which branches were seen to be moved to any of these commits, and when.
    async fn tips_at(
        &self,
        repository: RepositoryId,
        commits: &[CommitId],
    ) -> Result<Vec<(BranchName, LedgerTip)>, StoreError>;

    /// How far the line of a branch was read into the ledger.
    async fn backfill(&self, repository: RepositoryId, branch: &BranchName) -> Result<Backfill, StoreError>;

    /// Which topics were pushed at any of these commits, and when.
    async fn pushed_at(
        &self,
        repository: RepositoryId,
        commits: &[CommitId],
    ) -> Result<Vec<(BranchName, PushedAt)>, StoreError>;

    /// Every push of a topic that is known of a repository, by branch and in order of time.
    async fn pushes(&self, repository: RepositoryId) -> Result<Vec<(BranchName, PushedAt)>, StoreError>;

    /// The newest ledger entry of a branch.
    async fn newest_tip(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Option<LedgerEntry>, StoreError>;

    /// What the next deploy of an environment depends on; `branch` is the environment's.
    async fn environment_deploys(
        &self,
        repository: RepositoryId,
        environment: &str,
        branch: &BranchName,
    ) -> Result<EnvironmentDeploys, StoreError>;

    /// The newest deploys of an environment, the newest first.
    async fn newest_deploys(
        &self,
        repository: RepositoryId,
        environment: &str,
        limit: u32,
    ) -> Result<Vec<Deploy>, StoreError>;

    /// The newest hold on an environment, in force or lifted.
    async fn hold(&self, repository: RepositoryId, environment: &str) -> Result<Option<Hold>, StoreError>;

    /// How deploys to an environment have ended, for each tree by the newest word on it.
    async fn outcomes(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<OutcomeRow>, StoreError>;

    /// What was seen of those who deploy a repository.
    async fn deploy_activity(&self, repository: RepositoryId) -> Result<DeployActivity, StoreError>;

    /// Whether a deploy with this slug has ended well in the repository.
    async fn was_built(&self, repository: RepositoryId, slug: &str) -> Result<bool, StoreError>;

    /// The environments with deploys that have not come to an end, as work items.
    async fn environments_with_open_deploys(&self) -> Result<Vec<WorkItem>, StoreError>;

    /// The slugs of what runs in each environment, and of what ran there before.
    async fn live_slugs(&self) -> Result<BTreeSet<String>, StoreError>;

    /// Which repository each entry of the operator's file is for, by the entry's name in small letters. An entry that is
    /// not in the file any more stays.
    async fn operator_entries(&self) -> Result<BTreeMap<String, RepositoryId>, StoreError>;

    /// Remembers that an entry is for this repository, unless it is for another one already; answers for which it is.
    async fn entry_seen(&self, name: &str, repository: RepositoryId) -> Result<RepositoryId, StoreError>;

    /// Remembers that an entry is for this repository from now on: the operator says so.
    async fn entry_written(&self, name: &str, repository: RepositoryId) -> Result<(), StoreError>;

    /// What GitHub should show for this effect's work item, and what is known of what it shows.
    async fn effect(&self, item: &WorkItem) -> Result<Option<Effect>, StoreError>;

    /// The check runs that GitHub should show on a commit, or those of one kind, the newest of each kind first.
    async fn checks(
        &self,
        repository: RepositoryId,
        of: ChecksOf,
    ) -> Result<Vec<(WorkItem, Effect)>, StoreError>;

    /// The audit log, or those entries of it that are asked for, in the order in which they were written.
    async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditRow>, StoreError>;

    /// The newest entry of the audit log.
    async fn newest_audit(&self) -> Result<Option<AuditRow>, StoreError>;

    /// The operator's view of the inbox, newest first.
    async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError>;

    /// One delivery by its row id or GUID.
    async fn delivery(&self, id_or_guid: &str) -> Result<Option<DeliveryRow>, StoreError>;

    /// Work items that were given up, at most `limit`. Not each has a delivery that says so: what GitHub should
    /// show has none.
    async fn given_up(&self, limit: u32) -> Result<Vec<GivenUp>, StoreError>;

    /// Takes a delivery in again: it counts as not yet processed, and its work item is marked and revived.
    /// `false` when there is no such delivery or its body has been dropped.
    async fn replay(&self, id: DeliveryId, now: UnixMillis) -> Result<bool, StoreError>;

    /// Drops the bodies of processed deliveries received before `bodies`, and forgets those received
    /// before `rows`. Deliveries that are not processed stay. So do effects that are yet to be shown or belong
    /// to an open pull request; others that have rested since `rows` are forgotten.
    async fn prune(&self, bodies: UnixMillis, rows: UnixMillis) -> Result<(), StoreError>;

    /// Forgets what is closed for long, a bounded part of each table at each call: pull requests that were closed or merged
    /// before `closed`, but for the last merged ones of each repository; pushes of topics that only such pull requests
    /// had; work items that rest since `rows`, and those that were given up before `closed` with what waits for them.
    async fn prune_closed(&self, rows: UnixMillis, closed: UnixMillis) -> Result<(), StoreError>;

    /// Answers when the database can be written: the readiness probe.
    async fn ready(&self) -> Result<(), StoreError>;
    /// Finishes what has begun, brings the log into the database file and closes it.
    async fn close(&self);
}
