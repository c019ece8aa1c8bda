//! Where pure meets I/O: the inbox, work items, leases, effects, the clock.
//!
//! Lives here: receiving deliveries ([`Inbox`]), the loop that leases work items and works on them (`work`), one file
//! for each kind of work item in `work_items`, what all work shares in memory (`context`), regular comparison with
//! GitHub, and the one retry policy (`back_off`). Only this room calls GitHub and writes decisions.
//!
//! Does not live here: rules (`policy`), words (`report`), questions to git (`lineage`), HTTP (`web`).
//!
//! Open first: `work.rs`, the loop; then `work_items/mod.rs`, the kinds of work; then `judge.rs`, from a pull request
//! to its verdict.
//!
//! # When things fail
//!
//! A work item that fails is tried again after a wait that doubles from one second to ten minutes, spread at random. A
//! new event or the Re-check button brings the next try forward to a second, but not while GitHub answers nobody. After sixteen failures in a row, about an
//! hour, it is given up: visible in `towpath deliveries list --state dead`, and revived by a replay, a redelivery, the
//! next event, or the hourly comparison of its repository with GitHub. A panic ends the work on one work item and
//! nothing else. A loop of the engine that ends or panics is started again, five times an hour at most; then the
//! process ends with an error (`supervisor`).
//!
//! A lease has no time of its own, so no clock that jumps ends or prolongs it. It ends with its work, after an hour at
//! the latest, or with the process. If the work left no result, that counts as a failure; a late result is refused by
//! the lease's token. Nothing waits for more than two hours without being looked at: a longer wait comes from a clock
//! that has been set back since, and is due now. A rate limit pauses whom it was set for, the App or one installation.
//!
//! Nothing counts as stored before the database's files were seen in their place after the commit. If they are not
//! there, what they held is saved and the process ends. A full disk costs mirrors, builds that run nowhere, and old
//! bodies of deliveries.
//!
//! While GitHub or git does not answer, the check says so (TP901, `action_required`) and is judged again. Nothing
//! unknown ever passes. GitHub's lists lag behind: "not found" is believed only after a second look 5 s and a third
//! one 30 s later.
//!
//! An error keeps its sources. For the log, [`crate::model::error_chain()`] gives it with all of them in one line, and
//! `work_span` names the work that the line comes from. For people, `user_messages` makes a
//! [`crate::model::UserMessage`] of it, so that the one text is never taken for the other.
//!
//! # Promises, and the tests that hold them
//!
//! - Killed at any instant, the server goes on where it was: `killed_at_any_request_it_ends_as_if_undisturbed`,
//!   `killed_again_and_again_in_a_burst_it_comes_to_the_end`.
//! - A bug in a loop, a clock that jumps or a full disk stops no work in silence:
//!   `a_loop_that_meets_a_bug_is_begun_anew`, `an_engine_whose_loops_always_meet_bugs_says_that_it_cannot_go_on`,
//!   `a_server_that_takes_no_work_is_not_ready`, `a_clock_that_jumps_ends_no_work_that_is_under_way`,
//!   `a_clock_that_stood_a_day_ahead_keeps_nothing_waiting`,
//!   `a_start_without_room_makes_some_of_the_mirrors_and_goes_on`.
//! - A delivery acts once, however often it comes and in whatever order; what is made is looked for before it is made
//!   again: `webhooks_that_come_twice_late_or_shuffled_end_the_same`,
//!   `a_check_whose_answer_was_lost_is_found_and_not_made_twice`,
//!   `what_a_late_list_does_not_show_yet_is_not_made_again`, `late_lists_make_no_second_deployment_and_no_second_run`,
//!   `a_lost_database_makes_no_second_comment`.
//! - Missed deliveries are made good: `what_happened_while_the_server_was_down_is_made_good`,
//!   `a_webhook_that_github_never_sent_is_made_good_by_looking`,
//!   `what_was_given_up_during_an_outage_is_made_good_by_the_next_comparison`.
//! - Unknown is never a pass, and a required check is never absent:
//!   `while_git_does_not_answer_the_check_says_so_and_heals`,
//!   `an_installation_while_git_does_not_answer_says_so_on_every_pull_request`.
//! - A verdict that nobody asks for any more is taken back as cancelled, and not while somebody needs it:
//!   `an_environment_that_leaves_the_file_takes_its_verdicts_along`,
//!   `nothing_is_taken_back_while_another_pull_request_with_this_head_needs_it`.
//! - Each press on each check is seen: `every_press_on_every_check_is_seen`,
//!   `a_merge_group_is_judged_again_against_what_it_was_put_on`.
//! - One bad delivery or repository stops no other: `a_poisoned_delivery_is_listed_as_dead_and_stops_no_other`,
//!   `a_repository_that_always_fails_holds_no_other_up`, `forty_silent_repositories_keep_no_other_tenant_waiting`.
//! - Work is serial for one pull request or branch, parallel across them: `many_workers_never_share_a_work_item`.
//! - Nothing is ordered, moved or let in by rules that nobody has read:
//!   `while_the_file_cannot_be_read_nothing_begins_moves_or_is_let_in`,
//!   `a_merge_right_after_the_first_start_goes_by_the_file`,
//!   `after_a_lost_database_nothing_begins_before_the_file_was_read`.
//! - What GitHub shows of a deploy ends with the truth: `a_deployer_that_is_faster_than_queued_has_the_last_word`,
//!   `a_status_that_github_refuses_keeps_no_later_one_away`.
//! - A line of the log names the work item, repository, pull request and delivery that it is about:
//!   `a_line_of_work_names_work_item_repository_pull_request_and_delivery`.
//! - An order of the operator is stored whole or not at all: `a_rollback_is_kept_whole_or_not_at_all`.
//! - Coming into the configuration begins nothing, and leaving it leaves nothing open:
//!   `an_environment_that_leaves_the_file_and_comes_back_is_deployed_at_its_next_merge`,
//!   `what_is_under_way_in_an_environment_that_leaves_the_file_is_seen_to_its_end`.
//! - No promotion is merged out of a stack, and a branch that a stack has rewritten is noticed:
//!   `promotions_in_a_stack_fail_under_the_trunks_check_and_their_own_until_it_is_taken_apart`,
//!   `a_stack_that_was_taken_apart_or_made_unheard_is_noticed_by_the_regular_look`,
//!   `an_environments_branch_that_was_rewritten_is_told_with_the_way_back`.
//! - The copy branch is never moved by force: `a_push_to_master_raises_one_issue_that_is_closed_once_it_is_repaired`,
//!   `where_protection_keeps_master_the_missing_bypass_is_named`.
//! - A repository without environments costs next to nothing, and is noticed when it gets one:
//!   `a_repository_off_the_path_costs_next_to_nothing`,
//!   `a_repository_that_comes_onto_the_path_is_looked_at_as_one_that_was_always_there`.
//! - No fork's code becomes a branch here: `nothing_of_a_fork_is_made_a_branch_here`.
//! - A long line is read into the ledger in parts, and deploys nothing:
//!   `a_long_line_is_read_in_parts_and_deploys_nothing`.

mod account_files;
mod audit_log;
mod back_off;
mod cached;
mod change_status;
mod choose_driver;
mod clock;
mod commerce_files;
mod commit_lookup;
mod config_cache;
mod context;
mod deploy_drivers;
mod deploy_logs;
mod deploy_reports;
mod deployment_status;
pub mod doctor;
mod dormancy;
mod environment_status;
mod fair_semaphore;
mod first_looks;
mod forge;
mod frozen_path;
mod full_disk;
mod github_access;
mod given_numbers;
mod inbox;
mod installation_summary;
pub mod judge;
mod late_lists;
mod merge_rules;
mod mirrored;
mod mirrors;
mod monitor;
mod not_decided;
mod open;
mod operator_entries;
mod probe;
mod readiness;
mod received;
mod registration;
mod release_log;
mod repository_config;
mod supervisor;
mod tally;
mod user_messages;
mod whole_file;
mod work;
mod work_error;
mod work_items;
mod work_span;

pub use crate::{github::Access, store::InstallReports};
pub use back_off::BackOff;
pub use change_status::{NotTold, change_status, commit_status, mirror_of, owed_hotfixes};
pub use clock::{Clock, SystemClock};
pub use commerce_files::{CommerceProject, DeployRecords, commerce_tree, holds_commerce_project, read_log};
pub use commit_lookup::commits_that_begin;
pub use context::{Random, Settings};
pub use deploy_drivers::{Deploying, LOGS_PATH, REPORTS_PATH, Variables};
pub use deploy_logs::{DeployPage, LogView, Logs};
pub use deploy_reports::{REPORT_MAX, Reports};
pub use environment_status::environment_status;
pub use inbox::{Inbox, Reception, WebhookSeen};
pub use mirrors::MirrorBounds;
pub use monitor::{Monitor, StatusReport};
pub use open::{CALL_WITHIN, Config, OpenError, PlaceFault, Places, PlacesLock, system_random};
pub use probe::NotReady;
pub use received::{Received, Refusal};
pub use registration::{
    ExchangeError, KEY_LASTS, REGISTER_AGAIN, RandomBytes, RegisteredApp, SetupAddress, SetupKey,
    fingerprint, register, system_random_bytes,
};
pub use release_log::release_log;
pub use supervisor::EngineFailure;
pub use whole_file::{PRIVATE, give_to_owner_of_folder, write_whole_file};
pub use work_items::command::{act_names, command_documentation};
pub use work_items::install_report::{NoReport, Reporter, ReporterConfig};

use crate::github::{Api, ApiError, Secret};
use crate::metrics::Metrics;
use crate::model::{PromotionPath, RepositoryId, error_chain};
use crate::store::{RepositoryState, Store, StoreError, WorkItem};
use audit_log::StatedAuditHash;
use context::EngineContext;
use deploy_drivers::{DeployDrivers, commands};
use doctor::{Doctor, LatestExamination};
use mirrors::Mirrors;
use monitor::LastWebhook;
use operator_entries::Entries;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use supervisor::{Health, Restarts, is_over, keep_running, over, run_once};
use tally::Tally;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

/// What the engine is made of.
struct Parts {
    locks: PlacesLock,
    store: Arc<dyn Store>,
    api: Arc<Api>,
    data_dir: PathBuf,
    database: PathBuf,
    metrics: Arc<Metrics>,
    path: PromotionPath,
    secrets: Vec<Secret>,
    app_id: u64,
    clock: Arc<dyn Clock>,
    random: Random,
    settings: Settings,
    deploying: Deploying,
}

/// The running engine.
pub struct Engine {
    inbox: Inbox,
    reports: Reports,
    logs: Logs,
    monitor: Monitor,
    examination: LatestExamination,
    metrics: Arc<Metrics>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Held as long as the engine runs.
    _locks: PlacesLock,
}

impl Engine {
    /// Starts the work: what was left undone goes on, and everything is compared with GitHub once.
    async fn start(parts: Parts) -> Result<Self, StoreError> {
        let now = parts.clock.now();
        let examination = LatestExamination::new(Doctor::of_server(&parts));
        let wake = Arc::new(Notify::new());
        let slug_bytes = parts.deploying.slug_bytes;
        let entries = Entries::open(parts.deploying.operator.clone(), &*parts.store).await?;
        let drivers = DeployDrivers::new(
            parts.deploying,
            entries,
            parts.secrets.first().cloned(),
            (&parts.data_dir, commands(&parts.data_dir, &parts.store, &parts.clock, (&wake, slug_bytes))),
        )
        .await;
        let last_webhook: Arc<LastWebhook> = Arc::default();
        let inbox = Inbox::new(
            parts.secrets.into(),
            parts.app_id,
            Arc::clone(&parts.store),
            Arc::clone(&wake),
            (Arc::clone(&parts.metrics), Arc::clone(&last_webhook)),
        );
        let ctx = Arc::new_cyclic(|this| EngineContext {
            this: Weak::clone(this),
            store: Arc::clone(&parts.store),
            workers: Arc::new(parts.settings.worker_permits()),
            health: Health::default(),
            probe: probe::Probe::default(),
            tally: Tally::new(Arc::clone(&parts.metrics), now),
            api: parts.api,
            mirrors: Mirrors::new(
                parts.data_dir.join("mirrors"),
                parts.settings.mirrors,
                parts.settings.fetch_permits(),
                Arc::clone(&parts.clock),
            ),
            first_looks: first_looks::FirstLooks::default(),
            drivers,
            path: Arc::new(parts.path),
            configs: config_cache::ConfigCache::default(),
            account_files: account_files::AccountFiles::default(),
            merge_rules: merge_rules::MergeRules::default(),
            installation_summary: installation_summary::InstallationSummary::default(),
            clock: Arc::clone(&parts.clock),
            random: parts.random,
            settings: parts.settings,
            started_at: now,
            wake,
            asked: Mutex::default(),
            given_numbers: given_numbers::GivenNumbers::default(),
            reporting: Semaphore::new(work_items::install_report::AT_A_TIME),
            handle: Mutex::default(),
        });
        ctx.drivers.commands.set_live(parts.store.live_slugs().await?);
        if let Err(StoreError::Full) = parts.store.ready().await {
            work::make_room(&ctx).await;
        }
        // It looks over the installations, and these over the repositories.
        parts.store.mark(vec![WorkItem::App], now).await?;
        // What was under way goes on at once, without waiting for the clock.
        parts.store.mark(parts.store.environments_with_open_deploys().await?, now).await?;
        let repositories = parts.store.repositories(None).await?;
        ctx.mirrors.load(&repositories.iter().map(|it| it.id).collect());
        let (stop, stopped) = watch::channel(false);
        let tasks = loops(&ctx, &stopped);
        let reports = Reports(Arc::clone(&ctx));
        let logs = Logs::new(Arc::clone(&reports.0));
        let monitor = Monitor::new(Arc::clone(&reports.0), last_webhook, parts.database);
        Ok(Self {
            inbox,
            reports,
            logs,
            monitor,
            examination,
            metrics: parts.metrics,
            store: parts.store,
            clock: parts.clock,
            stop,
            tasks,
            _locks: parts.locks,
        })
    }

    /// The way in for webhooks.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// The way in for those who carry deploys out.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// The logs of deploys.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// How it is, for those who watch it.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// What is right and wrong with how it is set up, for pages.
    pub fn examination(&self) -> &LatestExamination {
        &self.examination
    }

    /// Where what happens is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What tells the engine's time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether deliveries can be stored and are worked on.
    pub async fn ready(&self) -> Result<(), NotReady> {
        readiness::ready(&self.logs.ctx).await
    }

    /// Ends when the engine cannot go on. Whoever runs the process then ends it with an error: the next start takes
    /// everything up again.
    pub async fn failed(&self) -> EngineFailure {
        self.logs.ctx.health.failed().await
    }

    /// Whether GitHub accepts our credentials, as far as that is known now: nothing is asked for it.
    pub fn access(&self) -> Access {
        self.logs.ctx.api.access()
    }

    /// Why GitHub does not accept our credentials, or cannot be asked, and what to do; empty where it does.
    pub fn why_no_access(&self) -> String {
        github_access::why_now(&self.logs.ctx.api)
    }

    /// What has come in at the webhook's address since the start, as far as it shows whether GitHub reaches it.
    pub fn webhook_seen(&self) -> WebhookSeen {
        self.inbox.seen()
    }

    /// How GitHub's newest ping was answered, by its status; 0 where it came to nobody, `None` where GitHub tells of none.
    pub async fn last_ping(&self) -> Option<u16> {
        match self.logs.ctx.api.last_ping().await {
            Ok(ping) => ping.map(|it| it.status_code),
            Err(error) => {
                tracing::debug!(error = error_chain(&error), "GitHub does not tell of its ping");
                None
            }
        }
    }

    /// Has GitHub send its ping again.
    ///
    /// # Errors
    /// When there is none, or GitHub does not.
    pub async fn ping_again(&self) -> Result<(), ApiError> {
        let api = &self.logs.ctx.api;
        match api.last_ping().await? {
            Some(ping) => api.redeliver(ping.id).await,
            None => Err(ApiError::NotFound { call: "the ping".to_owned() }),
        }
    }

    /// How many repositories the App is installed on.
    pub async fn repositories_covered(&self) -> usize {
        let all = self.store.repositories(None).await.unwrap_or_default();
        all.iter().filter(|row| row.state == RepositoryState::Active).count()
    }

    /// The install reports, at most so many, and how many there are.
    pub async fn install_reports(&self, limit: u32) -> InstallReports {
        self.store.install_reports(limit).await.unwrap_or_default()
    }

    /// For how long install reports wait for GitHub's calls, of which checks need the last ones, where some may.
    pub fn reports_wait(&self) -> Option<Duration> {
        work_items::install_report::wait_until(&self.logs.ctx).map(|at| at.since(self.clock.now()))
    }

    /// Has the configuration of an install report proposed, by one pull request in that repository.
    ///
    /// # Errors
    /// When the request could not be stored.
    pub async fn propose_configuration(&self, id: RepositoryId) -> Result<(), StoreError> {
        self.store.mark(vec![WorkItem::ProposeConfiguration(id)], self.clock.now()).await?;
        self.logs.ctx.wake.notify_one();
        Ok(())
    }

    /// The page of the pull request that was judged first, once one was.
    pub async fn first_verdict(&self) -> Option<String> {
        let (repository, number) = self.store.first_verdict().await.ok().flatten()?;
        let row = self.store.repository(repository).await.ok().flatten()?;
        Some(format!("{}/pull/{number}", row.html_url))
    }

    /// Takes no new work and lets what has begun end, for at most `within`; what is cut off then is
    /// taken up again by the next start. Closes the store.
    pub async fn stop(self, within: Duration) {
        self.stop.send_replace(true);
        // Half of it, so that their ends can still be stored.
        self.logs.ctx.drivers.commands.shutdown(within / 2).await;
        let aborts: Vec<_> = self.tasks.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for task in self.tasks {
                if let Err(error) = task.await {
                    tracing::error!(error = error_chain(&error), "a part of the engine did not stop well");
                }
            }
        };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("work was cut off; the next start takes it up again");
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        self.store.close().await;
    }
}

/// All that goes on by itself while the engine runs.
fn loops(ctx: &Arc<EngineContext>, stopped: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let kept = |name, begin: fn(Arc<EngineContext>, watch::Receiver<bool>) -> Loop| {
        let (ctx, stopped) = (Arc::clone(ctx), stopped.clone());
        tokio::spawn(async move {
            let again = || begin(Arc::clone(&ctx), stopped.clone());
            keep_running(name, again, (&ctx.health, Restarts::default()), stopped.clone()).await;
        })
    };
    let (mirrors, entries) = (Arc::clone(ctx), Arc::clone(ctx));
    let told = stopped.clone();
    vec![
        kept("the loop that takes work", |ctx, stop| Box::pin(work::run(ctx, stop))),
        kept("the clock of regular work", |ctx, stop| Box::pin(keep_time(ctx, stop))),
        kept("the watch on GitHub's answers", |ctx, stop| Box::pin(github_access::watch(ctx, stop))),
        tokio::spawn(run_once("measuring the mirrors", async move { mirrors.mirrors.measure().await })),
        tokio::spawn(run_once("looking for the operator's entries", async move {
            entries.drivers.entries.tell_at_start(&*entries.clock, told).await;
        })),
    ]
}

type Loop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Marks the App for its regular look at GitHub, drops what is too old, and states the audit log's newest hash.
async fn keep_time(ctx: Arc<EngineContext>, mut stop: watch::Receiver<bool>) {
    let mut audit = StatedAuditHash::default();
    while !is_over(&stop) {
        let now = ctx.now();
        audit.state(&ctx, now).await;
        tokio::select! {
            () = ctx.clock.sleep(ctx.settings.reconcile) => {}
            () = over(&mut stop) => return,
        }
        let now = ctx.now();
        let (bodies, rows) = ctx.kept_since(now);
        if let Err(error) = ctx.store.prune(bodies, rows).await {
            tracing::error!(error = error_chain(&error), "old deliveries could not be dropped");
        }
        if let Err(error) = ctx.store.prune_closed(rows, now - ctx.settings.keep_closed).await {
            tracing::error!(error = error_chain(&error), "what is closed for long could not be dropped");
        }
        if let Err(error) = ctx.drivers.commands.drop_logs(now - ctx.settings.keep_logs).await {
            tracing::error!(error = error_chain(&error), "old logs of deploys could not be dropped");
        }
        match ctx.store.mark(vec![WorkItem::App], now).await {
            Ok(()) => ctx.wake.notify_one(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "the regular look at GitHub could not be marked"
                );
            }
        }
    }
}
