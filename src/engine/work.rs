//! The loop: leases units, has them worked on, settles them.

use super::room::{Room, Trouble};
use super::units;
use crate::github::Remedy;
use crate::store::{Change, Committed, Lease, Next, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many times work is repeated at once because what it relied on changed while it was done.
const REPEATS: u32 = 5;
/// Over how long those are spread who waited for calls to be welcome again, in milliseconds.
const WELCOME_SPREAD: i64 = 3_000;
/// How long to wait after the store failed, in milliseconds.
const STORE_PAUSE: i64 = 1_000;

/// Runs until `stop` turns true, then lets what has begun come to its end.
pub(super) async fn run(room: Arc<Room>, mut stop: watch::Receiver<bool>) {
    let mut under_way = JoinSet::new();
    while !*stop.borrow() {
        if under_way.len() >= room.settings.workers {
            tokio::select! {
                _ = under_way.join_next() => {}
                _ = stop.changed() => {}
            }
            continue;
        }
        // The wake-up is asked for before the store, so that work announced in between is not slept over.
        let woken = room.wake.notified();
        let now = room.now();
        match room.store.lease(now, now + room.settings.lease, room.settings.per_repository).await {
            Ok(Some(lease)) => {
                under_way.spawn(work(Arc::clone(&room), lease));
            }
            Ok(None) => {
                let until = next_look(&room, now).await;
                tokio::select! {
                    () = woken => {}
                    () = room.clock.sleep_until(until) => {}
                    Some(_) = under_way.join_next() => {}
                    _ = stop.changed() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "no work could be taken from the store");
                room.clock.sleep_until(now + STORE_PAUSE).await;
            }
        }
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
}

async fn next_look(room: &Room, now: i64) -> i64 {
    let latest = now + room.settings.poll;
    match room.store.next_due(now, room.settings.per_repository).await {
        Ok(due) => due.map_or(latest, |due| due.min(latest)),
        Err(_) => now + STORE_PAUSE,
    }
}

/// Works on one unit to its end: done, to be tried later, or given up.
#[tracing::instrument(name = "work", skip_all, fields(unit = %lease.unit))]
async fn work(room: Arc<Room>, lease: Lease) {
    if lease.failures >= room.settings.back_off.give_up_after {
        // Only attempts that ended without a word come so far: this one may be what ended the process.
        let error = "the work on it has ended without a result again and again".to_owned();
        tracing::error!(error, "given up; a replay or a new event revives it");
        if let Err(error) = room.store.commit(&lease, Vec::new(), Next::Dead { error }, room.now()).await {
            tracing::error!(%error, "the unit could not be settled; its lease will end by itself");
        }
        return;
    }
    for _ in 0..REPEATS {
        let (changes, next) = attempt(&room, &lease).await;
        match room.store.commit(&lease, changes, next, room.now()).await {
            Ok(Committed::Stored) => {
                room.wake.notify_one();
                return;
            }
            Ok(Committed::Stale) => tracing::debug!("what this relied on has changed: once more"),
            Ok(Committed::LeaseLost) => {
                tracing::warn!("the lease was lost: somebody else has this unit now");
                return;
            }
            Err(error) => {
                settle_after_store_error(&room, &lease, &error).await;
                return;
            }
        }
    }
    let next = next_after(&room, &lease, "what it relied on kept changing".to_owned(), Remedy::TryLater);
    if let Err(error) = room.store.commit(&lease, Vec::new(), next, room.now()).await {
        tracing::error!(%error, "the unit could not be settled; its lease will end by itself");
    }
}

/// A decision that cannot be stored must not keep its unit leased in silence. Where even this cannot be
/// stored the lease ends by itself.
async fn settle_after_store_error(room: &Room, lease: &Lease, error: &StoreError) {
    tracing::error!(%error, "a decision could not be stored");
    let next = next_after(room, lease, error.to_string(), Remedy::TryLater);
    if let Err(error) = room.store.commit(lease, Vec::new(), next, room.now()).await {
        tracing::error!(%error, "the unit could not be settled; its lease will end by itself");
    }
}

/// Runs the unit's work in a task of its own, so that a panic in it stays there, and prolongs the
/// lease meanwhile.
async fn attempt(room: &Arc<Room>, lease: &Lease) -> (Vec<Change>, Next) {
    let task = tokio::spawn({
        let (room, lease) = (Arc::clone(room), lease.clone());
        async move { units::run(&room, &lease).await }
    });
    let mut task = AbortOnDrop(task);
    let third = Duration::from_millis(u64::try_from(room.settings.lease / 3).unwrap_or(1));
    let ended = loop {
        match tokio::time::timeout(third, &mut task.0).await {
            Ok(ended) => break ended,
            Err(_) => match room.store.extend(lease, room.now() + room.settings.lease).await {
                Ok(true) => {}
                Ok(false) => return (Vec::new(), Next::Done),
                Err(error) => tracing::error!(%error, "a lease could not be prolonged"),
            },
        }
    };
    match ended {
        Ok(Ok(changes)) => (changes, Next::Done),
        Ok(Err(Trouble { what, remedy, changes })) => {
            let next = next_after(room, lease, what, remedy);
            (changes, next)
        }
        Err(panic) => {
            let what = format!("a bug stopped this work: {panic}");
            (Vec::new(), next_after(room, lease, what, Remedy::TryLater))
        }
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn next_after(room: &Room, lease: &Lease, error: String, remedy: Remedy) -> Next {
    let failures = lease.failures + 1;
    let wait = room.settings.back_off.wait(failures, (room.random)());
    match (remedy, wait) {
        (Remedy::GiveUp, _) | (Remedy::TryLater, None) => {
            tracing::error!(failures, error, "given up; a replay or a new event revives it");
            Next::Dead { error }
        }
        (Remedy::TryLater, Some(wait)) => {
            tracing::warn!(failures, error, wait_ms = wait, "to be tried again");
            Next::Retry { at: room.now() + wait, error }
        }
        (Remedy::NotBefore(at), _) => {
            tracing::warn!(error, "to be tried when calls are welcome again");
            // Apart from each other, so that they do not use the next window up at once.
            let at = at + i64::from((room.random)()) * WELCOME_SPREAD / i64::from(u32::MAX);
            Next::Wait { at, error }
        }
    }
}
