//! The loop: leases work items, has them worked on, settles them.

use super::context::EngineContext;
use super::fair_semaphore::{Permit, Worker};
use super::first_looks::at_work;
use super::full_disk;
use super::github_access::outage_wait;
use super::supervisor::{is_over, over};
use super::tally::Tallied;
use super::work_error::WorkError;
use super::{work_items, work_span};
use crate::github::RetryAdvice;
use crate::model::{ErrorContext, InstallationId, UnixMillis, error_chain};
use crate::store::{Change, Committed, Lease, Next, StoreError, WorkItem};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

/// How many times work is repeated at once because what it relied on changed while it was done.
const REPEATS: u32 = 5;
/// Over how long those are spread who waited for calls to be welcome again; after a short wait less.
const WELCOME_SPREAD: Duration = Duration::from_secs(3);
/// How long to wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// No wait is longer: past the longest that GitHub's rate limits ask for, and any back-off. What is to
/// be looked at later than that is looked at once more in between.
const FURTHEST: Duration = Duration::from_secs(2 * 60 * 60);
/// How often is looked for what waits for longer than that.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// And so often in the minute after the clock was set back.
const SWEEP_AFTER_SET_BACK: Duration = Duration::from_secs(1);
/// How often room is looked for while the disk is full.
const MAKE_ROOM_EVERY: Duration = Duration::from_secs(10);
/// How far the clock may be set back before that is looked for at once.
const SET_BACK: Duration = Duration::from_secs(1);

/// Runs until `stop` turns true, then lets what has begun come to its end.
pub(super) async fn run(ctx: Arc<EngineContext>, mut stop: watch::Receiver<bool>) {
    let mut store = StoreWords::default();
    // Nobody works yet: whoever held a lease was of a former process, or went with a former run of this loop.
    while let Err(error) = ctx.store.reclaim(ctx.now()).await {
        store.failed(&ctx, &error);
        if ctx.health.failure().is_some() {
            return;
        }
        tokio::select! {
            () = ctx.clock.sleep(STORE_PAUSE) => {}
            () = over(&mut stop) => return,
        }
    }
    let (mut crew, mut sweep) = (Crew::new(&ctx, stop.clone()), Sweep::default());
    while !is_over(&stop) && ctx.health.failure().is_none() {
        let free = tokio::select! {
            free = ctx.workers.take_any() => free,
            () = crew.one_ends() => continue,
            () = over(&mut stop) => break,
        };
        // The wake-up is asked for before the store, so that work announced in between is not slept over.
        let woken = ctx.wake.notified();
        let now = ctx.now();
        let taken = match sweep.look(&ctx, now).await {
            Ok(()) => ctx.store.lease(now, ctx.limits()).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok(Some(lease)) => {
                store.answered(&ctx);
                crew.begin(lease, free);
            }
            Ok(None) => {
                store.answered(&ctx);
                drop(free);
                let next_look = next_look(&ctx, now).await;
                tokio::select! {
                    () = woken => {}
                    () = ctx.clock.sleep(next_look) => {}
                    () = crew.one_ends() => {}
                    () = over(&mut stop) => {}
                }
            }
            Err(error) => {
                store.failed(&ctx, &error);
                drop(free);
                if matches!(error, StoreError::Full) && store.may_make_room() {
                    make_room(&ctx).await;
                }
                ctx.clock.sleep(STORE_PAUSE).await;
            }
        }
        crew.see_to_ends();
    }
    while !crew.is_empty() {
        crew.one_ends().await;
    }
}

/// A disk that is full lets nothing be stored: a mirror goes, where that can help, and when there are none, builds that run
/// nowhere. Where the room is the database's own, old bodies make some.
pub(super) async fn make_room(ctx: &EngineContext) {
    let folder = ctx.mirrors.folder().to_owned();
    let has_room = tokio::task::spawn_blocking(move || full_disk::has_room(&folder)).await.unwrap_or(true);
    if !has_room {
        if ctx.mirrors.give_way() {
            return;
        }
        if let Err(error) = ctx.drivers.commands.give_way().await {
            tracing::warn!(
                error = error_chain(&error),
                "builds that run nowhere could not be removed to make room"
            );
        }
    }
    let (bodies, rows) = ctx.kept_since(ctx.now());
    if let Err(error) = ctx.store.prune(bodies, rows).await {
        tracing::debug!(error = error_chain(&error), "old deliveries make no room");
    }
}

/// How long until there is something to be done, as far as is known now.
async fn next_look(ctx: &EngineContext, now: UnixMillis) -> Duration {
    match ctx.store.next_due(now, ctx.limits()).await {
        Ok(due) => due.map_or(ctx.settings.poll, |due| due.since(now).min(ctx.settings.poll)),
        Err(_) => STORE_PAUSE,
    }
}

/// What is said of the store: once while it fails in the same way.
#[derive(Default)]
struct StoreWords {
    said: Option<String>,
    made_room: Option<Instant>,
}

impl StoreWords {
    fn answered(&mut self, ctx: &EngineContext) {
        ctx.health.note_taken();
        if self.said.take().is_some() {
            tracing::info!("work can be taken from the store again");
        }
    }

    /// Room is not looked for all the time: where there is none, looking makes none.
    fn may_make_room(&mut self) -> bool {
        let may = self.made_room.is_none_or(|at| at.elapsed() >= MAKE_ROOM_EVERY);
        if may {
            self.made_room = Some(Instant::now());
        }
        may
    }

    fn failed(&mut self, ctx: &EngineContext, error: &StoreError) {
        if let StoreError::Replaced { .. } = error {
            ctx.health.fail(error.clone());
        }
        let chain = error_chain(error);
        if self.said.as_ref() != Some(&chain) {
            tracing::error!(error = chain, "no work could be taken from the store");
            self.said = Some(chain);
        }
    }
}

/// Looks for what waits for a moment that nobody would have set by the present clock: it stood ahead for a while.
#[derive(Default)]
struct Sweep {
    swept: Option<Instant>,
    /// What the clock said when it was last asked: it may have been set ahead since the last sweep.
    clock: Option<(UnixMillis, Instant)>,
    /// When it was last seen to be set back. Work that was begun before that may still note a moment of then.
    set_back: Option<Instant>,
}

impl Sweep {
    async fn look(&mut self, ctx: &EngineContext, now: UnixMillis) -> Result<(), StoreError> {
        let was_set_back = self.clock.is_some_and(|(at, asked)| now < at + asked.elapsed() - SET_BACK);
        self.clock = Some((now, Instant::now()));
        if was_set_back {
            self.set_back = self.clock.map(|(_, asked)| asked);
        }
        let lately = self.set_back.is_some_and(|at| at.elapsed() < SWEEP_EVERY);
        let every = if lately { SWEEP_AFTER_SET_BACK } else { SWEEP_EVERY };
        if !was_set_back && self.swept.is_some_and(|at| at.elapsed() < every) {
            return Ok(());
        }
        let forward = ctx.store.bring_forward(now, now + FURTHEST).await?;
        if forward > 0 {
            tracing::warn!(
                work_items = forward,
                "the clock was set back; what waits for long past it is due now"
            );
        }
        self.swept = Some(Instant::now());
        Ok(())
    }
}

/// Those who work, with the lease of each. When this is dropped, they end.
struct Crew {
    ctx: Arc<EngineContext>,
    stop: watch::Receiver<bool>,
    tasks: JoinSet<Settled>,
    leases: HashMap<Id, Lease>,
}

/// Whether the work item was given back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    /// The store did not take it.
    No,
}

impl Crew {
    fn new(ctx: &Arc<EngineContext>, stop: watch::Receiver<bool>) -> Self {
        Self { ctx: Arc::clone(ctx), stop, tasks: JoinSet::new(), leases: HashMap::new() }
    }

    fn begin(&mut self, lease: Lease, free: Permit) {
        let work = work(Arc::clone(&self.ctx), lease.clone(), (free, self.stop.clone()));
        let task = self.tasks.spawn(work.instrument(work_span::of(&lease.item)));
        self.leases.insert(task.id(), lease);
    }

    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits for the next one to end; for ever where nobody works.
    async fn one_ends(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.ended(ended),
            None => std::future::pending().await,
        }
    }

    fn see_to_ends(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(ended);
        }
    }

    /// A lease whose holder is gone is ended, or its work item would never be looked at again.
    fn ended(&mut self, ended: Result<(Id, Settled), tokio::task::JoinError>) {
        let (id, settled) = ended.unwrap_or_else(|error| {
            let span = self.leases.get(&error.id()).map(|lease| work_span::of(&lease.item));
            let _entered = span.as_ref().map(Span::enter);
            tracing::error!(error = error_chain(&error), "a bug stopped the work on a work item");
            (error.id(), Settled::No)
        });
        let Some(lease) = self.leases.remove(&id).filter(|_| settled == Settled::No) else { return };
        self.tasks.spawn(release(Arc::clone(&self.ctx), lease, self.stop.clone()));
    }
}

/// Ends a lease once the store takes it. What a stop cuts off is made good by the next start.
async fn release(ctx: Arc<EngineContext>, lease: Lease, mut stop: watch::Receiver<bool>) -> Settled {
    while !is_over(&stop) && ctx.health.failure().is_none() {
        tokio::select! {
            () = ctx.clock.sleep(STORE_PAUSE) => {}
            () = over(&mut stop) => {}
        }
        if ctx.store.release(&lease, ctx.now()).await.is_ok() {
            ctx.wake.notify_one();
            break;
        }
    }
    Settled::Yes
}

/// Works on one work item to its end: done, to be tried later, or given up.
async fn work(
    ctx: Arc<EngineContext>,
    lease: Lease,
    (free, stop): (Permit, watch::Receiver<bool>),
) -> Settled {
    if lease.failures >= ctx.settings.back_off.give_up_after {
        // Only attempts that ended without a word come so far: this one may be what ended the process.
        let error = "the work on it has ended without a result again and again".to_owned();
        tracing::error!(error, "given up; a replay or a new event revives it");
        return settle(&ctx, &lease, Next::Dead { error }).await;
    }
    if let Some(put_off) = put_off(&ctx, &lease) {
        return settle(&ctx, &lease, put_off).await;
    }
    let worker = Worker::new(&ctx.workers, free, installation_of(&ctx, &lease.item).await).await;
    if is_over(&stop) {
        // It has waited for others of its installation until now.
        let error = "the server was stopped before it was begun".to_owned();
        return settle(&ctx, &lease, Next::Wait { at: ctx.now(), error }).await;
    }
    // It may have waited for a worker since before the outage.
    if let Some(put_off) = put_off(&ctx, &lease) {
        return settle(&ctx, &lease, put_off).await;
    }
    if let Some(guid) = ctx.tally.origin(&lease.item) {
        work_span::note_origin(&guid);
    }
    let settled = attempts(&ctx, &lease, &worker).await;
    have_looked_at_again(&ctx, ctx.first_looks.over(&lease.item)).await;
    settled
}

/// Has those looked at again whom a change did not reach that is kept by now.
async fn have_looked_at_again(ctx: &EngineContext, missed: Vec<WorkItem>) {
    if missed.is_empty() {
        return;
    }
    match ctx.store.mark(missed, ctx.now()).await {
        Ok(()) => ctx.wake.notify_one(),
        // The regular look comes to them.
        Err(error) => tracing::warn!(error = error_chain(&error), "work could not be asked for"),
    }
}

/// Works until what came of it is kept, or the work item is put off.
async fn attempts(ctx: &Arc<EngineContext>, lease: &Lease, worker: &Worker) -> Settled {
    for _ in 0..REPEATS {
        let began = Instant::now();
        let (changes, next) = attempt(ctx, lease, worker).await;
        let (mut changes, next) = within_reach(changes, next, ctx.now() + FURTHEST);
        changes.extend(ctx.first_looks.missed(&lease.item).into_iter().map(Change::Mark));
        let tallied = Tallied::of(&lease.item, &changes, &next, began.elapsed());
        match ctx.store.commit(lease, changes, next, ctx.now()).await {
            Ok(Committed::Stored) => {
                ctx.tally.note_stored(tallied, ctx.now());
                ctx.wake.notify_one();
                return Settled::Yes;
            }
            Ok(Committed::Stale) => tracing::debug!("what this relied on has changed: once more"),
            Ok(Committed::LeaseLost) => {
                ctx.tally.note_lost(&tallied);
                tracing::warn!("the lease was lost: somebody else has this work item now");
                return Settled::Yes;
            }
            Err(error) => {
                // A decision that cannot be stored must not keep its work item leased in silence.
                ctx.tally.note_lost(&tallied);
                tracing::error!(error = error_chain(&error), "a decision could not be stored");
                let next = next_after(ctx, lease, error_chain(&error), RetryAdvice::TryLater);
                return settle(ctx, lease, next).await;
            }
        }
    }
    let next = next_after(ctx, lease, "what it relied on kept changing".to_owned(), RetryAdvice::TryLater);
    settle(ctx, lease, next).await
}

/// What becomes of work that would be done in vain, because GitHub answers nobody.
fn put_off(ctx: &EngineContext, lease: &Lease) -> Option<Next> {
    let wait = outage_wait(ctx).filter(|_| work_items::is_vain_without_github(&lease.item))?;
    let error = "GitHub answers nobody; it is begun when GitHub is back".to_owned();
    Some(Next::AwaitGitHub { at: ctx.now() + wait, error })
}

async fn settle(ctx: &EngineContext, lease: &Lease, next: Next) -> Settled {
    match ctx.store.commit(lease, Vec::new(), next, ctx.now()).await {
        Ok(_) => {
            ctx.wake.notify_one();
            Settled::Yes
        }
        Err(error) => {
            tracing::debug!(error = error_chain(&error), "the work item could not be given back yet");
            Settled::No
        }
    }
}

/// Whose share of the workers a work item takes. Has the log name its repository.
async fn installation_of(ctx: &EngineContext, item: &WorkItem) -> Option<InstallationId> {
    if let WorkItem::Installation(id) = item {
        return Some(*id);
    }
    let row = ctx.store.repository(item.repository()?).await.ok().flatten()?;
    work_span::note_repository(&row.full_name);
    Some(row.installation)
}

/// Nothing is put off for longer than a clock may be wrong without being noticed: it is looked at once more then.
fn within_reach(mut changes: Vec<Change>, next: Next, furthest: UnixMillis) -> (Vec<Change>, Next) {
    for change in &mut changes {
        if let Change::MarkAt(_, at) = change {
            *at = (*at).min(furthest);
        }
    }
    let next = match next {
        Next::Retry { at, error } => Next::Retry { at: at.min(furthest), error },
        Next::Wait { at, error } => Next::Wait { at: at.min(furthest), error },
        Next::AwaitGitHub { at, error } => Next::AwaitGitHub { at: at.min(furthest), error },
        next => next,
    };
    (changes, next)
}

/// Runs the work item's work in a task of its own, so that a panic in it stays there, and no longer than it may take.
async fn attempt(ctx: &Arc<EngineContext>, lease: &Lease, worker: &Worker) -> (Vec<Change>, Next) {
    let work = worker.clone().does({
        let (ctx, lease) = (Arc::clone(ctx), lease.clone());
        async move { Box::pin(at_work(lease.item.clone(), work_items::run(&ctx, &lease))).await }
    });
    let mut task = AbortOnDrop(tokio::spawn(work.in_current_span()));
    let within = ctx.settings.work_within;
    let failed = |what: String| (Vec::new(), next_after(ctx, lease, what, RetryAdvice::TryLater));
    match tokio::time::timeout(within, &mut task.0).await {
        Ok(Ok(Ok(changes))) => (changes, Next::Done),
        Ok(Ok(Err(WorkError { failure, retry_advice, changes }))) => {
            let error = error_chain(&failure);
            match outage_wait(ctx).filter(|_| failure.is_no_answer()) {
                Some(wait) => {
                    tracing::info!(error, "to be tried when GitHub is back");
                    (changes, Next::AwaitGitHub { at: ctx.now() + wait, error })
                }
                None => (changes, next_after(ctx, lease, error, retry_advice)),
            }
        }
        Ok(Err(panic)) => failed(error_chain(&ErrorContext::new("a bug stopped this work", panic))),
        Err(_) => failed(format!("the work took longer than {} s and was ended", within.as_secs())),
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn next_after(ctx: &EngineContext, lease: &Lease, error: String, retry_advice: RetryAdvice) -> Next {
    let failures = lease.failures + 1;
    let wait = ctx.settings.back_off.wait(failures, (ctx.random)());
    match (retry_advice, wait) {
        (RetryAdvice::GiveUp, _) | (RetryAdvice::TryLater, None) => {
            tracing::error!(failures, error, "given up; a replay or a new event revives it");
            Next::Dead { error }
        }
        (RetryAdvice::TryLater, Some(wait)) => {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(failures, error, wait_ms, "to be tried again");
            Next::Retry { at: ctx.now() + wait, error }
        }
        (RetryAdvice::NotBefore(at), _) => {
            tracing::warn!(error, "to be tried when it is welcome again");
            // Apart from each other, so that they do not use the next window up at once.
            let spread = (at.since(ctx.now()) / 10).min(WELCOME_SPREAD);
            let at = at + spread * (ctx.random)() / u32::MAX;
            Next::Wait { at, error }
        }
    }
}
