use super::account_files::AccountFiles;
use super::back_off::BackOff;
use super::clock::Clock;
use super::config_cache::ConfigCache;
use super::deploy_drivers::DeployDrivers;
use super::fair_semaphore::FairSemaphore;
use super::first_looks::FirstLooks;
use super::given_numbers::GivenNumbers;
use super::installation_summary::InstallationSummary;
use super::merge_rules::MergeRules;
use super::mirrors::{MirrorBounds, Mirrors};
use super::probe::Probe;
use super::supervisor::Health;
use super::tally::Tally;
use super::work_error::WorkError;
use crate::github::{Api, ApiError};
use crate::model::{DocsUrl, PromotionPath, RepositoryId, UnixMillis};
use crate::store::{ConcurrencyLimits, JudgedPull, RepositoryRow, RepositoryState, Store, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// Gives a random number: the spread of retries is its only use.
pub type Random = Arc<dyn Fn() -> u32 + Send + Sync>;

/// The bounds of the engine's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many work items are worked on at a time.
    pub workers: usize,
    /// How many of them may belong to one repository.
    pub per_repository: u32,
    /// And how many to one installation, whether they are worked on or wait for git.
    pub per_installation: u32,
    /// How many of the workers one installation may have.
    pub workers_per_installation: usize,
    /// How many gits may talk to remotes at a time.
    pub fetches: usize,
    /// And how many of them for one installation.
    pub fetches_per_installation: usize,
    /// How long the work on one work item may take; then it is ended and counts as failed.
    pub work_within: Duration,
    /// How long no work may be taken before the engine does not count as ready. A single piece of work ends earlier,
    /// and what waits for git keeps no worker.
    pub wedged_after: Duration,
    /// How often the store is asked for work that nobody announced.
    pub poll: Duration,
    /// What happens after failures.
    pub back_off: BackOff,
    /// How late GitHub's lists may be: only then it is believed that something is not there.
    pub lists_lag: Duration,
    /// How often everything is compared with GitHub.
    pub reconcile: Duration,
    /// How long the bodies of deliveries are kept.
    pub keep_bodies: Duration,
    /// How long deliveries are remembered.
    pub keep_deliveries: Duration,
    /// How long pull requests, the pushes of their topics and the work on them are remembered after they were
    /// closed.
    pub keep_closed: Duration,
    /// How many commits of a branch's line are read into the ledger at once.
    pub backfill_step: usize,
    /// How long the logs of deploys by programs are kept after the last word in them.
    pub keep_logs: Duration,
    /// How much room mirrors may take.
    pub mirrors: MirrorBounds,
    /// How long after its first look a repository gets its install report; `None` makes none.
    pub report_after: Option<Duration>,
    /// Where what is shown is explained.
    pub docs: DocsUrl,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 16,
            // A quarter: some repositories that are slow to fetch leave room for others.
            per_repository: 4,
            per_installation: 48,
            // Half of them, and an eighth of those: one whose git is silent leaves room for others.
            workers_per_installation: 8,
            fetches: 32,
            fetches_per_installation: 4,
            // Longer than two fetches of a large repository take, one after the other.
            work_within: Duration::from_secs(60 * 60),
            wedged_after: Duration::from_secs(3 * 60),
            poll: Duration::from_secs(2),
            back_off: BackOff { first: Duration::from_secs(1), longest: 10 * MINUTE, give_up_after: 16 },
            lists_lag: Duration::from_secs(30),
            reconcile: 15 * MINUTE,
            // GitHub Enterprise Server redelivers for seven days.
            keep_bodies: 8 * DAY,
            keep_deliveries: 30 * DAY,
            keep_closed: 365 * DAY,
            backfill_step: 4_000,
            keep_logs: 90 * DAY,
            mirrors: MirrorBounds::default(),
            report_after: Some(Duration::from_secs(2)),
            docs: DocsUrl::default(),
        }
    }
}

impl Settings {
    /// Permits for those who work.
    pub(super) fn worker_permits(&self) -> FairSemaphore {
        FairSemaphore::new(self.workers, self.workers_per_installation)
    }

    /// Permits for those who ask remotes.
    pub(super) fn fetch_permits(&self) -> FairSemaphore {
        FairSemaphore::new(self.fetches, self.fetches_per_installation)
    }
}

/// What all work on work items shares.
pub(super) struct EngineContext {
    /// For work that goes on while nobody looks at its work item.
    pub(super) this: Weak<EngineContext>,
    pub(super) store: Arc<dyn Store>,
    pub(super) workers: Arc<FairSemaphore>,
    pub(super) health: Health,
    pub(super) probe: Probe,
    /// Counts what work comes to.
    pub(super) tally: Tally,
    pub(super) api: Arc<Api>,
    pub(super) mirrors: Mirrors,
    /// Whom changes have to reach besides those that the store lists.
    pub(super) first_looks: FirstLooks,
    /// By which deploys are carried out.
    pub(super) drivers: DeployDrivers,
    /// The path of those who have no configuration.
    pub(super) path: Arc<PromotionPath>,
    pub(super) configs: ConfigCache,
    pub(super) account_files: AccountFiles,
    pub(super) merge_rules: MergeRules,
    /// Which App we are, and where.
    pub(super) installation_summary: InstallationSummary,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Random,
    pub(super) settings: Settings,
    pub(super) wake: Arc<Notify>,
    /// What was compared with GitHub before this moment was compared by an earlier run.
    pub(super) started_at: UnixMillis,
    /// Failed attempts at delivery that were asked for again. Forgotten at a restart, which only means
    /// that they are asked for once more.
    pub(super) asked: Mutex<HashSet<u64>>,
    /// Which numbers deploys were given before this run, as far as it was asked.
    pub(super) given_numbers: GivenNumbers,
    /// Lets few install reports be made at a time.
    pub(super) reporting: Semaphore,
    /// The App's own handle, as GitHub told it last.
    pub(super) handle: Mutex<Option<String>>,
}

impl EngineContext {
    /// The open pull requests of a repository, for work that has those judged again which a change of its own concerns.
    pub(super) async fn open_to_tell(&self, id: RepositoryId) -> Result<Vec<JudgedPull>, StoreError> {
        self.first_looks.telling(id);
        self.store.open_pulls(id).await
    }

    /// What to do about what GitHub has not made: where it has it already, lists show it once they are not late any more.
    pub(super) fn not_made(&self, error: ApiError) -> WorkError {
        match error {
            ApiError::Exists { .. } => {
                let at = self.now() + self.settings.lists_lag;
                WorkError::not_before(at, "GitHub has it already, and does not list it yet").caused_by(error)
            }
            error => error.into(),
        }
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// The repository, where it is looked after now.
    pub(super) async fn active_repository(
        &self,
        id: RepositoryId,
    ) -> Result<Option<RepositoryRow>, StoreError> {
        Ok(self.store.repository(id).await?.filter(|row| row.state == RepositoryState::Active))
    }

    /// How many work items may be out at the same time.
    pub(super) fn limits(&self) -> ConcurrencyLimits {
        let Settings { per_repository, per_installation, .. } = self.settings;
        ConcurrencyLimits { per_repository, per_installation }
    }

    /// Since when bodies of deliveries are kept, and since when deliveries.
    pub(super) fn kept_since(&self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        (now - self.settings.keep_bodies, now - self.settings.keep_deliveries)
    }

    /// The App's own handle: comments call it by that. Its owner may change it, so each comparison with GitHub brings the
    /// present one, and no comment has to ask.
    pub(super) async fn handle(&self) -> Result<String, WorkError> {
        let known = self.handle.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(handle) = known {
            return Ok(handle);
        }
        let app = self.api.app().await?;
        Ok(self.note_handle(app.slug.as_deref()))
    }

    /// Notes the handle that GitHub has told. A server that does not tell it may have any.
    pub(super) fn note_handle(&self, slug: Option<&str>) -> String {
        let mut known = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slug) = slug {
            *known = Some(slug.to_owned());
        }
        known.get_or_insert_with(|| "towpath".to_owned()).clone()
    }

    pub(super) fn was_asked(&self, delivery: u64) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).contains(&delivery)
    }

    pub(super) fn note_asked(&self, delivery: u64) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(delivery);
    }
}
