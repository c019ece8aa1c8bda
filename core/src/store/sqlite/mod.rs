//! The store in one SQLite file.
//!
//! Lives here: opening and migrating the file (`schema`), the thread that writes (`writer`) and the one that moves the
//! log into the file (`checkpoint`), connections that read (`readers`), and the SQL of the operations by subject
//! (`inbox`, `work_items`, `changes`, `reads`); column spellings (`values`).
//!
//! Does not live here: the order of operations; a method is one call into a subject.
//!
//! Open first: `writer.rs`. Group commit wants exactly one thread that writes, which is why this is rusqlite and no
//! async SQL layer; everything else sees an async trait, so another database is another folder beside this one. The
//! database checks no foreign keys: the statements keep them, and each check would be a look-up for every delivery.
//!
//! Calls that arrive together share one commit. A delivery for a work item that waits already writes nothing but itself.

mod activity;
mod attestations;
mod audit;
mod backfills;
mod backup;
mod changes;
mod checkpoint;
mod checks;
mod commands;
mod deploy_tables;
mod examination;
mod failure;
mod hotfixes;
mod in_place;
mod inbox;
mod install_reports;
mod ledger;
mod locks;
mod merge_settings;
mod old_effects;
mod operator_entries;
#[cfg(test)]
mod plans;
mod promotions;
mod pruning;
mod readers;
mod reads;
mod schema;
mod statistics;
mod topic_moves;
mod values;
mod walks;
mod work_items;
mod writer;

use super::{
    Accepted, ActRow, AuditFilter, Backfill, Change, ChecksOf, Committed, ConcurrencyLimits,
    ConfigurationRow, DeliveryFilter, DeliveryId, DeliveryRow, DeployActivity, Effect, EnvironmentDeploys,
    GivenUp, Installation, JudgedPull, Lease, LedgerRows, NewDelivery, Next, OutcomeRow, RepositoryRow,
    Store, StoreError, UnixMillis, WorkItem,
};
use crate::model::{
    AuditRow, BranchName, CommitId, Deploy, Hold, InstallationId, LedgerEntry, LedgerTip, MergeMethods,
    PullNumber, PullRequest, PushedAt, RepositoryId, UnixSeconds,
};
use async_trait::async_trait;
pub use backup::{DatabaseVersion, copy_database, database_version};
pub use examination::{DatabaseState, examine};
use inbox::{Old, Packed};
use readers::Readers;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use walks::Walks;
use writer::Writer;

/// What may be set about the file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How large the database file may become, in bytes. Past it, storing answers [`StoreError::Full`]
    /// until the file is opened with a higher bound or old deliveries are pruned. The log beside the
    /// file comes on top: usually 64 MB, more under a load that never pauses. `None`: the disk's size.
    pub max_bytes: Option<u64>,
}

/// The store in one SQLite file. Several processes may have the same file open.
///
/// Calls that write and come together share one commit. To end well, call [`Store::close`]; a process
/// that is killed instead loses nothing either.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    walks: Walks,
}

impl SqliteStore {
    /// Opens the file, creates it where there is none, and brings it to the present version.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let (writer, readers) = (Writer::start(path, options)?, Readers::new(path));
        Ok(Self { writer, readers, walks: Walks::default() })
    }
}

/// Bodies from this size on are compressed on a blocking thread: it takes a good part of a millisecond.
const LARGE_BODY: usize = 256 << 10;

/// Guesses of what a job writes.
const SMALL_BYTES: usize = 1 << 10;
const CHANGE_BYTES: usize = 4 << 10;

#[async_trait]
impl Store for SqliteStore {
    async fn accept(&self, delivery: NewDelivery) -> Result<Accepted, StoreError> {
        let packed = if delivery.body.len() < LARGE_BODY {
            Packed::new(delivery)
        } else {
            tokio::task::spawn_blocking(move || Packed::new(delivery))
                .await
                .map_err(StoreError::unavailable)?
        };
        self.writer.run(packed.bytes(), move |c| inbox::accept(c, &packed)).await
    }

    async fn lease(&self, now: UnixMillis, limits: ConcurrencyLimits) -> Result<Option<Lease>, StoreError> {
        // A machine that stops forgets it, and the next start would have ended it anyhow.
        self.writer.run_unsynced(SMALL_BYTES, move |c| work_items::lease(c, now, limits)).await
    }

    async fn release(&self, lease: &Lease, now: UnixMillis) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.writer.run(SMALL_BYTES, move |c| work_items::release(c, &lease, now)).await
    }

    async fn reclaim(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.writer.run(SMALL_BYTES, move |c| work_items::reclaim(c, now)).await
    }

    async fn bring_forward(&self, now: UnixMillis, furthest: UnixMillis) -> Result<usize, StoreError> {
        self.writer.run(SMALL_BYTES, move |c| work_items::bring_forward(c, now, furthest)).await
    }

    async fn end_outage(&self, now: UnixMillis, within: Duration) -> Result<usize, StoreError> {
        self.writer.run(SMALL_BYTES, move |c| work_items::end_outage(c, now, within)).await
    }

    async fn next_due(
        &self,
        now: UnixMillis,
        limits: ConcurrencyLimits,
    ) -> Result<Option<UnixMillis>, StoreError> {
        self.readers.run(move |c| work_items::next_due(c, now, limits)).await
    }

    async fn commit(
        &self,
        lease: &Lease,
        changes: Vec<Change>,
        next: Next,
        now: UnixMillis,
    ) -> Result<Committed, StoreError> {
        let lease = lease.clone();
        let bytes = changes.len() * CHANGE_BYTES;
        self.writer.run_or_undo(bytes, move |c| changes::commit(c, &lease, &changes, &next, now)).await
    }

    async fn mark(&self, work_items: Vec<WorkItem>, now: UnixMillis) -> Result<(), StoreError> {
        let bytes = work_items.len() * SMALL_BYTES;
        self.writer
            .run(bytes, move |c| {
                work_items.iter().try_for_each(|item| work_items::mark(c, item, now).map(|_| ()))?;
                Ok(())
            })
            .await
    }

    async fn attempting(&self, lease: &Lease, now: UnixMillis) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.writer.run(SMALL_BYTES, move |c| changes::attempting(c, &lease, now)).await
    }

    async fn note(&self, lease: &Lease, changes: Vec<Change>, now: UnixMillis) -> Result<bool, StoreError> {
        let lease = lease.clone();
        let bytes = changes.len() * CHANGE_BYTES;
        self.writer.run_or_undo(bytes, move |c| changes::note(c, &lease, &changes, now)).await
    }

    async fn inbox(&self, item: &WorkItem, limit: u32, bytes: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        let item = item.clone();
        self.readers.run(move |c| inbox::inbox(c, &item, limit, bytes)).await
    }

    async fn installation(&self, id: InstallationId) -> Result<Option<Installation>, StoreError> {
        self.readers.run(move |c| reads::installation(c, id)).await
    }

    async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        self.readers.run(reads::installations).await
    }

    async fn repository(&self, id: RepositoryId) -> Result<Option<RepositoryRow>, StoreError> {
        self.readers.run(move |c| reads::repository(c, id)).await
    }

    async fn repositories(&self, of: Option<InstallationId>) -> Result<Vec<RepositoryRow>, StoreError> {
        self.readers.run(move |c| reads::repositories(c, of)).await
    }

    async fn pull(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Option<JudgedPull>, StoreError> {
        self.readers.run(move |c| reads::pull(c, repository, number)).await
    }

    async fn open_pulls(&self, repository: RepositoryId) -> Result<Vec<JudgedPull>, StoreError> {
        self.readers.run(move |c| reads::open_pulls(c, repository)).await
    }

    async fn open_pulls_alone(&self, repository: RepositoryId) -> Result<Vec<PullRequest>, StoreError> {
        self.readers.run(move |c| reads::open_pulls_alone(c, repository)).await
    }

    async fn sharing(
        &self,
        repository: RepositoryId,
        head: CommitId,
        base: &BranchName,
    ) -> Result<Vec<JudgedPull>, StoreError> {
        let base = base.clone();
        self.readers.run(move |c| reads::sharing(c, repository, head, &base)).await
    }

    async fn ledger(
        &self,
        repository: RepositoryId,
        branches: &[BranchName],
        topic: Option<&BranchName>,
    ) -> Result<LedgerRows, StoreError> {
        let (branches, topic) = (branches.to_vec(), topic.cloned());
        self.readers.run(move |c| reads::ledger(c, repository, &branches, topic.as_ref())).await
    }

    async fn configuration(&self, repository: RepositoryId) -> Result<Option<ConfigurationRow>, StoreError> {
        self.readers.run(move |c| reads::configuration(c, repository)).await
    }

    async fn first_configuration(&self, row: ConfigurationRow) -> Result<ConfigurationRow, StoreError> {
        self.writer.run(CHANGE_BYTES, move |c| changes::first_configuration(c, &row)).await
    }

    async fn merge_settings(&self, repository: RepositoryId) -> Result<Option<MergeMethods>, StoreError> {
        self.readers.run(move |c| merge_settings::known(c, repository)).await
    }

    async fn acts(&self, repository: RepositoryId, number: PullNumber) -> Result<Vec<ActRow>, StoreError> {
        self.readers.run(move |c| reads::acts(c, repository, number)).await
    }

    async fn merged_pulls(
        &self,
        repository: RepositoryId,
        limit: u32,
    ) -> Result<Vec<PullRequest>, StoreError> {
        self.readers.run(move |c| reads::merged_pulls(c, repository, limit)).await
    }

    async fn tips(
        &self,
        repository: RepositoryId,
        branch: Option<&BranchName>,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let branch = branch.cloned();
        self.readers.run(move |c| ledger::tips(c, repository, branch.as_ref())).await
    }

    async fn tips_since(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
        since: UnixSeconds,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let branch = branch.clone();
        self.readers.run(move |c| ledger::tips_since(c, repository, &branch, since)).await
    }

    async fn tips_at(
        &self,
        repository: RepositoryId,
        commits: &[CommitId],
    ) -> Result<Vec<(BranchName, LedgerTip)>, StoreError> {
        let commits = commits.to_vec();
        self.readers.run(move |c| ledger::tips_at(c, repository, &commits)).await
    }

    async fn backfill(&self, repository: RepositoryId, branch: &BranchName) -> Result<Backfill, StoreError> {
        let branch = branch.clone();
        self.readers.run(move |c| backfills::backfill(c, repository, &branch)).await
    }

    async fn pushed_at(
        &self,
        repository: RepositoryId,
        commits: &[CommitId],
    ) -> Result<Vec<(BranchName, PushedAt)>, StoreError> {
        let commits = commits.to_vec();
        self.readers.run(move |c| ledger::pushed_at(c, repository, &commits)).await
    }

    async fn pushes(&self, repository: RepositoryId) -> Result<Vec<(BranchName, PushedAt)>, StoreError> {
        self.readers.run(move |c| ledger::pushes(c, repository)).await
    }

    async fn newest_tip(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Option<LedgerEntry>, StoreError> {
        let branch = branch.clone();
        self.readers.run(move |c| reads::newest_tip(c, repository, &branch)).await
    }

    async fn environment_deploys(
        &self,
        repository: RepositoryId,
        environment: &str,
        branch: &BranchName,
    ) -> Result<EnvironmentDeploys, StoreError> {
        let (environment, branch) = (environment.to_owned(), branch.clone());
        self.readers
            .run(move |c| deploy_tables::environment_deploys(c, repository, &environment, &branch))
            .await
    }

    async fn newest_deploys(
        &self,
        repository: RepositoryId,
        environment: &str,
        limit: u32,
    ) -> Result<Vec<Deploy>, StoreError> {
        let environment = environment.to_owned();
        self.readers.run(move |c| deploy_tables::newest(c, repository, &environment, limit)).await
    }

    async fn hold(&self, repository: RepositoryId, environment: &str) -> Result<Option<Hold>, StoreError> {
        let environment = environment.to_owned();
        self.readers.run(move |c| deploy_tables::hold(c, repository, &environment)).await
    }

    async fn outcomes(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<OutcomeRow>, StoreError> {
        let environment = environment.to_owned();
        self.readers.run(move |c| deploy_tables::outcomes(c, repository, &environment)).await
    }

    async fn deploy_activity(&self, repository: RepositoryId) -> Result<DeployActivity, StoreError> {
        self.readers.run(move |c| activity::activity(c, repository)).await
    }

    async fn was_built(&self, repository: RepositoryId, slug: &str) -> Result<bool, StoreError> {
        let slug = slug.to_owned();
        self.readers.run(move |c| deploy_tables::built(c, repository, &slug)).await
    }

    async fn environments_with_open_deploys(&self) -> Result<Vec<WorkItem>, StoreError> {
        self.readers.run(deploy_tables::environments_with_open_deploys).await
    }

    async fn live_slugs(&self) -> Result<BTreeSet<String>, StoreError> {
        self.readers.run(deploy_tables::live_slugs).await
    }

    async fn operator_entries(&self) -> Result<BTreeMap<String, RepositoryId>, StoreError> {
        self.readers.run(operator_entries::entries).await
    }

    async fn entry_seen(&self, name: &str, repository: RepositoryId) -> Result<RepositoryId, StoreError> {
        let name = name.to_owned();
        self.writer.run(SMALL_BYTES, move |c| operator_entries::seen(c, &name, repository)).await
    }

    async fn entry_written(&self, name: &str, repository: RepositoryId) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.writer.run(SMALL_BYTES, move |c| operator_entries::written(c, &name, repository)).await
    }

    async fn effect(&self, item: &WorkItem) -> Result<Option<Effect>, StoreError> {
        let item = item.clone();
        self.readers.run(move |c| reads::effect(c, &item)).await
    }

    async fn checks(
        &self,
        repository: RepositoryId,
        of: ChecksOf,
    ) -> Result<Vec<(WorkItem, Effect)>, StoreError> {
        self.readers.run(move |c| checks::checks(c, repository, of)).await
    }

    async fn audit(&self, filter: AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.readers.run(move |c| audit::rows(c, filter)).await
    }

    async fn newest_audit(&self) -> Result<Option<AuditRow>, StoreError> {
        self.readers.run(audit::newest).await
    }

    async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
        let filter = filter.clone();
        self.readers.run(move |c| inbox::list(c, &filter)).await
    }

    async fn delivery(&self, id_or_guid: &str) -> Result<Option<DeliveryRow>, StoreError> {
        let id_or_guid = id_or_guid.to_owned();
        self.readers.run(move |c| inbox::find(c, &id_or_guid)).await
    }

    async fn given_up(&self, limit: u32) -> Result<Vec<GivenUp>, StoreError> {
        self.readers.run(move |c| work_items::given_up(c, limit)).await
    }

    async fn replay(&self, id: DeliveryId, now: UnixMillis) -> Result<bool, StoreError> {
        self.writer.run(SMALL_BYTES, move |c| inbox::replay(c, id, now)).await
    }

    async fn prune(&self, bodies: UnixMillis, rows: UnixMillis) -> Result<(), StoreError> {
        self.delete_old(Old::Rows, rows).await?;
        self.delete_old(Old::Bodies, bodies).await?;
        self.let_go_of_effects(rows).await
    }

    async fn prune_closed(&self, rows: UnixMillis, closed: UnixMillis) -> Result<(), StoreError> {
        self.let_go_of_closed(rows, closed).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.writer.run(SMALL_BYTES, schema::probe).await
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
