//! An environment and its deploys: what is reported, what its branch asks for, whose turn it is, what GitHub shows.
//!
//! Races, and how they end: this one work item handles all deploys of an environment, so two never begin at once. What
//! must not begin twice is noted before it begins; after a restart a note without an end is looked for first. Events
//! only say that something has changed, and may come twice, late, or never.
//!
//! A superseded deploy has no Deployment, since making one is the order to deploy for whoever acts on Deployments.
//! Deploys that wait are shown in the comment and by `towpath where`.
//!
//! The order of the work is in this file: `reports.rs` reads what was said, `want.rs` what the branch asks for,
//! `requested_acts.rs` what the operator asks for (`revert.rs` a rollback by a merge), `start.rs` and `announce.rs` begin one,
//! `poll.rs` and `cancel.rs` follow and end it, `read_logs.rs` reads why it failed, `suspects.rs` says who may have brought
//! that, `aftercare.rs` looks at what runs again, `show.rs` has GitHub show it.

mod active;
mod aftercare;
mod announce;
mod cancel;
mod dormant;
mod foreign;
mod freezes;
mod left;
mod locks;
mod numbers;
mod outcomes;
mod poll;
mod read_logs;
mod reports;
mod requested_acts;
mod revert;
mod show;
mod start;
mod suspects;
mod want;

use super::merge_group::queued;
use super::open_promotions;
use super::pending_deliveries::PendingDeliveries;
use super::pull_request::{last_verdict, reach};
use super::reviews;
use super::waiting_commands;
use crate::deploy::drivers::webhook::CallBack;
use crate::deploy::drivers::{DeployRequest, Driver, DriverError, key};
use crate::deploy::slug::BuildSettings;
use crate::deploy::{DeployQueue, Limits};
use crate::engine::context::EngineContext;
use crate::engine::deploy_reports;
use crate::engine::late_lists::{is_to_come, look_again};
use crate::engine::work_error::WorkError;
use crate::github::events::DeploymentStatusEvent;
use crate::model::{
    BranchName, CommitId, Deploy, DeployState, DriverSettings, Environment, EnvironmentName, Lock,
    ManualFreeze, PromotionPath, PullNumber, RepositoryId, TreeId, UnixMillis, error_chain,
};
use crate::policy::{Reach, Trigger};
use crate::store::{
    Change, DeployActivity, Lease, OutcomeRow, RepositoryRow, RepositoryState, RequestedAct, WorkItem,
};
use active::{BranchEnvironment, branch_environment, start_of};
use left::left_environment;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
    name: &EnvironmentName,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, &lease.item).await?;
    let (events, _) = pending.events::<DeploymentStatusEvent>(&["deployment_status"]);
    let (called_back, _) = pending.events::<CallBack>(&[deploy_reports::EVENT]);
    let mut changes = Vec::new();
    let (known, introduced) = pending.repository(ctx, id).await?.unzip();
    changes.extend(introduced.flatten());
    let Some(repository) = known.filter(|row| row.state == RepositoryState::Active) else {
        changes.extend(pending.processed(&lease.item));
        return Ok(changes);
    };
    ctx.drivers.entries.require_settled(&repository)?;
    let config = ctx.repository_config(&repository).await?;
    let path = config.path;
    let named = path.environment(name.as_str());
    let of_branch = if named.is_some() { None } else { branch_environment(ctx, id, &path, name).await? };
    let own = of_branch.as_ref().map(|it| &it.environment);
    let left = if named.or(own).is_some() { None } else { left_environment(ctx, &repository, name).await? };
    let Some(environment) = named.or(own).or(left.as_ref()) else {
        // Deploys to what is no environment of the path say nothing about a change's way, but that there is somebody
        // who deploys.
        let events: Vec<_> = events.into_iter().map(|(_, event)| event).collect();
        changes.extend(dormant::spoken_elsewhere(ctx, &repository, &path, &events).await?);
        changes.extend(pending.processed(&lease.item));
        return Ok(changes);
    };
    let environment_deploys =
        ctx.store.environment_deploys(id, &environment.name, &environment.branch).await?;
    let queue =
        DeployQueue::new(environment_deploys.deploys, environment_deploys.hold, environment_deploys.baseline)
            .since(start_of(of_branch.as_ref()).or(environment_deploys.start));
    let live = queue.live().map(|it| it.number);
    let is_held = of_branch.as_ref().is_some_and(|it| it.held().is_some());
    let (is_readable, is_named) = (config.invalid.is_none(), named.is_some() || is_held);
    let site = EnvironmentContext {
        ctx,
        lease,
        repository: &repository,
        path: &path,
        environment,
        of_branch: of_branch.as_ref(),
        is_readable,
        is_named,
    };
    let activity = ctx.store.deploy_activity(id).await?;
    let mut work = EnvironmentWork {
        site,
        queue,
        changes,
        live_before: live,
        others_wait: false,
        outcomes: Vec::new(),
        activity,
        lock: ctx.store.lock(id, &environment.name).await?,
        freezes: known_freezes(ctx, id, &environment.name).await?,
        frozen_until: None,
        check_at: None,
        logs_read: BTreeSet::new(),
        log_at: None,
        in_a_comment: false,
    };
    work.take_in_called_back(&called_back);
    let was_read =
        work.end_what_is_over().await.and(work.read(&events).await).and(work.forget_closed().await);
    // By all that is known; and by what is known, where not all could be read.
    let mut outcome = work.take_orders(environment_deploys.requested_acts).await.and(was_read);
    if outcome.is_ok() {
        work.changes.extend(pending.processed(&lease.item));
        outcome = work.go_on(&pending).await;
    }
    let changes = work.all_to_keep().await;
    match (outcome, changes) {
        (Ok(()), Ok(mut changes)) => {
            changes.extend(
                work.next_look().map(|at| Change::MarkAt(lease.item.clone(), at.max(ctx.now().just_after()))),
            );
            Ok(changes)
        }
        (Ok(()), Err(error)) => Err(error),
        // When to look again is said by the failure, not by what would have been next.
        (Err(error), changes) => Err(WorkError { changes: changes.unwrap_or_default(), ..error }),
    }
}

/// Those whose verdict rests on deploys of this environment: what they wait for may have changed.
async fn waiting(
    ctx: &EngineContext,
    id: RepositoryId,
    (path, branch): (&PromotionPath, &BranchName),
) -> Result<Vec<Change>, WorkError> {
    let open = ctx.open_to_tell(id).await?;
    let concerned = open.iter().filter(|judged| {
        let pull = &judged.pull;
        let base = judged.judged_base.as_ref().unwrap_or(&pull.base_branch);
        let snapshot = last_verdict(judged).and_then(|it| it.snapshot().map(|it| it.of.clone()));
        let is_an_end = [Some(&pull.head_branch), snapshot.as_ref(), Some(base), Some(&pull.base_branch)];
        is_an_end.contains(&Some(branch))
            && reach(path, judged, base, |_| Trigger::DeployChanged) != Reach::NEVER
    });
    let pulls = concerned.map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number)));
    Ok(pulls.chain(queued(ctx, id, branch).await?).collect())
}

async fn known_freezes(
    ctx: &EngineContext,
    id: RepositoryId,
    name: &str,
) -> Result<Vec<ManualFreeze>, WorkError> {
    let all = ctx.store.freezes(id).await?.into_iter();
    Ok(all
        .filter(|(of, _)| EnvironmentName::are_alike(of.as_str(), name))
        .map(|(_, freeze)| freeze)
        .collect())
}

/// The driver that runs the operator's programs.
const COMMAND: &str = Deploy::BY_PROGRAMS;

/// Where the work is done.
#[derive(Clone, Copy)]
struct EnvironmentContext<'a> {
    ctx: &'a EngineContext,
    lease: &'a Lease,
    repository: &'a RepositoryRow,
    path: &'a PromotionPath,
    environment: &'a Environment,
    /// Of a branch's own environment: beside which one it is, and by which place.
    of_branch: Option<&'a BranchEnvironment<'a>>,
    /// Whether the configuration can be read. While it cannot, nothing new is begun.
    is_readable: bool,
    /// Whether the configuration still names the environment, or the branch still has its place.
    is_named: bool,
}

/// One look at an environment.
struct EnvironmentWork<'a> {
    site: EnvironmentContext<'a>,
    queue: DeployQueue,
    changes: Vec<Change>,
    live_before: Option<u64>,
    /// Whether promotions from here or into here may be judged otherwise now.
    others_wait: bool,
    /// What was heard of how deploys have ended, to be kept.
    outcomes: Vec<OutcomeRow>,
    /// What was seen of those who deploy in this repository.
    activity: DeployActivity,
    /// The newest lock, in force or over.
    lock: Option<Lock>,
    /// The freezes by commands that nobody has ended.
    freezes: Vec<ManualFreeze>,
    /// When what waits for the end of a freeze is looked at again.
    frozen_until: Option<UnixMillis>,
    /// When the verify step of what runs is looked at again.
    check_at: Option<UnixMillis>,
    /// The failed deploys whose logs were read in this look.
    logs_read: BTreeSet<u64>,
    /// When a log that is not there yet is looked for again.
    log_at: Option<UnixMillis>,
    /// Whether a comment asks for the act at hand: what is advised are commands for comments then.
    in_a_comment: bool,
}

impl<'a> EnvironmentContext<'a> {
    fn limits(&self) -> Limits {
        let settings = &self.environment.deploy;
        let (pick_up, whole) = (settings.pick_up_within, settings.timeout);
        Limits { pick_up, whole, cancel: settings.cancel_within }
    }

    fn key(&self, number: u64) -> String {
        key(self.repository.id.0, &self.environment.name, number)
    }

    fn request(&self, deploy: &Deploy) -> DeployRequest {
        DeployRequest {
            key: self.key(deploy.number),
            repository: self.repository.full_name.clone(),
            branch: self.environment.branch.clone(),
            clone_url: self.repository.clone_url.clone(),
            build_settings: self.environment.deploy.build_settings.clone(),
            look_again_at: self.look_again_at(deploy),
            deploy: deploy.clone(),
        }
    }

    /// When what was begun for a deploy is to be looked for again, where it may not be in GitHub's lists yet.
    fn look_again_at(&self, deploy: &Deploy) -> Option<UnixMillis> {
        let (begun, now) = (deploy.requested_at?, self.ctx.now());
        // By a clock that was set back since, nothing is known of how long ago that was.
        look_again(begun.min(now), now, self.ctx.settings.lists_lag)
    }

    /// Who carries a deploy out.
    fn driver_of(self, deploy: &Deploy) -> Result<Arc<dyn Driver + 'a>, DriverError> {
        if deploy.driver == COMMAND {
            return self
                .ctx
                .programs_driver(self.repository, self.of_branch.map_or(self.environment, |it| it.beside));
        }
        let settings = deploy.driver_settings.as_ref().unwrap_or(&self.environment.deploy.driver);
        self.ctx.driver(self.repository, settings)
    }

    /// All by which a build may come out differently: what it can see, and by which steps it is made.
    fn slug_settings(&self) -> BuildSettings {
        let mut settings = self.environment.deploy.build_settings.clone();
        let steps = self.ctx.drivers.build_steps(self.repository, self.carrier());
        // No setting has such a name.
        settings.extend(steps.map(|steps| ("(steps)".to_owned(), steps)));
        settings
    }

    /// The files of a commit; `None` if the repository does not have it.
    async fn tree_of(&self, commit: CommitId) -> Result<Option<TreeId>, WorkError> {
        let mirror = self.ctx.mirror(self.repository).await?;
        if mirror.exists()
            && let Ok(Some(tree)) = mirror.repository().tree(commit).await
        {
            return Ok(Some(tree));
        }
        Ok(mirror.fetched(&[]).await?.tree(commit).await?)
    }
}

impl EnvironmentWork<'_> {
    /// What follows once all news are read.
    async fn go_on(&mut self, pending: &PendingDeliveries) -> Result<(), WorkError> {
        self.end_what_waits();
        // What fails here must not keep what hangs from being ended, nor what is known from being shown.
        let wanted = if self.may_begin() { self.want().await } else { Ok(()) };
        let wanted = wanted.and(self.name_late_merges().await);
        let mut looked = self.poll(!pending.deliveries.is_empty()).await;
        let mut ended = self.see_cancelling_through().await;
        let mut handed = Ok(());
        // Whoever listens to it may still stop. Where GitHub does not take it now, it is shown with all the rest.
        if let Err(error) = self.show_what_may_still_run().await {
            tracing::debug!(
                error = error_chain(&error.failure),
                "GitHub does not show yet what may still run"
            );
        }
        // A rollback goes whatever keeps the branch from being asked.
        let may_go = wanted.is_ok() || self.rollback_waits();
        if may_go {
            handed = Box::pin(self.hand_over_next()).await;
        }
        let sure = self.be_sure_of_nobody().await;
        if sure.is_ok() && self.expire().await {
            looked = Ok(());
            ended = self.see_cancelling_through().await;
            if may_go {
                handed = Box::pin(self.hand_over_next()).await;
            }
        }
        Box::pin(self.read_logs()).await;
        self.show().await?;
        self.delete_old().await?;
        let cared = self.look_after().await;
        wanted.and(handed).and(looked).and(ended).and(sure).and(cared)
    }

    fn rollback_waits(&self) -> bool {
        let next = self.queue.next_in_line().and_then(|number| self.queue.get(number));
        next.is_some_and(Deploy::is_rollback)
    }

    /// Whether anything new may be begun: somebody deploys here, and it can be read who.
    fn may_begin(&self) -> bool {
        self.site.is_named && self.site.is_readable && self.is_deployed() && !self.is_dormant()
    }

    fn is_deployed(&self) -> bool {
        let site = &self.site;
        site.environment.deploy.driver != DriverSettings::None
            || site.ctx.drivers.has_programs(site.repository, site.carrier())
    }

    /// Keeps what has changed, in the middle of the work.
    async fn note(&mut self) -> Result<(), WorkError> {
        let kept = self.all_to_keep().await?;
        let EnvironmentContext { ctx, lease, .. } = self.site;
        if !ctx.store.note(lease, kept, ctx.now()).await? {
            return Err(WorkError::later("the lease was lost in the middle of a deploy"));
        }
        // Only now: what the store did not take is kept with whatever is kept next.
        self.changes.clear();
        self.outcomes.clear();
        Ok(())
    }

    /// All that has changed so far, and what follows from it: whoever keeps the one keeps the other, or a restart in
    /// between would forget what follows.
    async fn all_to_keep(&mut self) -> Result<Vec<Change>, WorkError> {
        Box::pin(self.read_logs()).await;
        Box::pin(self.name_suspects()).await;
        let EnvironmentContext { ctx, repository, path, environment, .. } = self.site;
        let id = repository.id;
        let mut kept = self.changes.clone();
        kept.extend(self.queue.changed().map(|deploy| Change::Deploy(id, Box::new(deploy.clone()))));
        kept.extend(self.outcomes_to_keep().await?);
        kept.extend(self.places_to_look_at());
        let mut concerned: BTreeSet<PullNumber> = BTreeSet::new();
        if self.queue.come_further().next().is_some() {
            // Who asked for a deploy follows it.
            kept.extend(waiting_commands::marked(ctx, id, None).await?);
            kept.extend(self.of_asked_for_copy().await?);
        }
        let of_path = self.queue.come_further().filter(|_| self.site.of_branch.is_none());
        for deploy in of_path {
            concerned.extend(deploy.pulls.iter().chain(&deploy.takes_back).copied());
            self.others_wait = true;
            if deploy.may_still_run() {
                // They are told what they wait for.
                let waiting = self.queue.deploys().iter().filter(|it| it.state == DeployState::Waiting);
                concerned.extend(waiting.flat_map(|it| it.pulls.iter().copied()));
            }
        }
        let told = self.queue.told_otherwise().filter(|_| self.site.of_branch.is_none());
        concerned.extend(told.flat_map(|it| it.pulls.iter().chain(&it.takes_back)).copied());
        kept.extend(self.of_what_is_live(&mut concerned));
        kept.extend(concerned.into_iter().map(|number| Change::Mark(WorkItem::ChangeStatus(id, number))));
        if self.others_wait {
            kept.extend(open_promotions::concerned(ctx, id, (path, environment)).await?);
            kept.extend(waiting(ctx, id, (path, &environment.branch)).await?);
        }
        if self.is_another_live() {
            let open = ctx.store.open_pulls(id).await?;
            kept.extend(reviews::to_read_out_of(path, &environment.branch, &open));
        }
        Ok(kept)
    }

    /// The look at the copy branch that somebody has asked for, where the deploy has ended that it waits for.
    async fn of_asked_for_copy(&self) -> Result<Option<Change>, WorkError> {
        let (ctx, id) = (self.site.ctx, self.site.repository.id);
        if self.queue.come_further().all(|deploy| deploy.state.is_open()) {
            return Ok(None);
        }
        let acts = ctx.store.open_acts(id, &self.site.environment.name).await?;
        let is_waited_for = acts.iter().any(|act| matches!(act.act, RequestedAct::Sync { .. }));
        Ok(is_waited_for.then_some(Change::Mark(WorkItem::Copy(id))))
    }

    /// Whether something else is live than before, on the environment itself.
    fn is_another_live(&self) -> bool {
        let live = self.queue.live().map(|it| it.number);
        live.is_some() && live != self.live_before && self.site.of_branch.is_none()
    }

    /// What follows where something else is live than before.
    fn of_what_is_live(&self, concerned: &mut BTreeSet<PullNumber>) -> Vec<Change> {
        let EnvironmentContext { repository, path, environment, .. } = self.site;
        if !self.is_another_live() {
            return Vec::new();
        }
        // What was live until now is somewhere else now.
        let before = self.queue.deploys().iter().filter(|it| Some(it.number) == self.live_before);
        concerned.extend(before.flat_map(|it| it.pulls.iter().copied()));
        let mut changes = Vec::new();
        if path.copy.as_ref().is_some_and(|copy| copy.of == environment.name) {
            changes.push(Change::Mark(WorkItem::Copy(repository.id)));
        }
        changes
    }

    fn next_look(&self) -> Option<UnixMillis> {
        let expiry = self.queue.next_expiry(self.site.limits());
        let asked = self.queue.under_way().filter(|it| it.state != DeployState::Cancelling);
        let asked = asked.and_then(|deploy| {
            let every = self.site.driver_of(deploy).ok()?.poll_every()?;
            Some(self.site.ctx.now() + every)
        });
        expiry
            .into_iter()
            .chain(asked)
            .chain(self.next_look_for_an_end())
            .chain(self.frozen_until)
            .chain(self.check_at)
            .chain(self.log_at)
            .min()
    }

    /// What was begun for a deploy, and is not found, may only not be in GitHub's lists yet: an error as long as that is
    /// so. After that it is noted that it is begun once more.
    async fn begin_once_more(&mut self, deploy: &Deploy) -> Result<(), WorkError> {
        self.note_begun(deploy).await?;
        match self.site.look_again_at(deploy) {
            Some(at) => {
                let what = "GitHub's answer was lost, and its lists may not show yet what was made; it is looked for again";
                Err(WorkError::not_before(at, what))
            }
            None => Ok(()),
        }
    }

    /// Notes when a deploy is begun once more, unless it is too early for that.
    async fn note_begun(&mut self, deploy: &Deploy) -> Result<(), WorkError> {
        let now = self.site.ctx.now();
        let cannot_be_counted = deploy.requested_at.is_some_and(|at| is_to_come(at, now));
        if self.site.look_again_at(deploy).is_some() && !cannot_be_counted {
            return Ok(());
        }
        if let Some(deploy) = self.queue.get_mut(deploy.number) {
            deploy.requested_at = Some(now);
        }
        self.note().await
    }

    fn under_way(&self) -> Option<Deploy> {
        self.queue.under_way().cloned()
    }

    fn newest_state(&self, number: u64) -> Option<DeployState> {
        self.queue.get(number).map(|it| it.state)
    }
}
