//! Bounds on what is done at the same time, in all and for one installation: one that is in trouble leaves room for
//! the others.
//!
//! Two things are bounded so: the workers, and the gits that talk to a remote. Work that waits for a git holds no
//! worker meanwhile, see [`aside`].

use crate::model::InstallationId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits that all installations share.
#[derive(Debug)]
pub(super) struct FairSemaphore {
    all: Arc<Semaphore>,
    /// How many of them one installation may hold.
    each: usize,
    of: Mutex<HashMap<InstallationId, Arc<Semaphore>>>,
}

/// A permit that is held until this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    _of_all: Option<OwnedSemaphorePermit>,
    _of_installation: Option<OwnedSemaphorePermit>,
}

impl FairSemaphore {
    pub(super) fn new(all: usize, each: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all.max(1))), each: each.max(1), of: Mutex::default() }
    }

    /// Waits for a permit, before it is known who is going to have it.
    pub(super) async fn take_any(&self) -> Permit {
        Permit { _of_installation: None, ..self.take(None).await }
    }

    /// Makes such a permit one of an installation's; where it has as many as it may, that is waited for without any.
    async fn give(&self, permit: Permit, of: Option<InstallationId>) -> Permit {
        let Some(id) = of else { return permit };
        if let Ok(own) = self.of(id).try_acquire_owned() {
            return Permit { _of_installation: Some(own), ..permit };
        }
        drop(permit);
        self.take(of).await
    }

    /// Waits for a permit. Work of no installation has no other bound than that of all.
    pub(super) async fn take(&self, of: Option<InstallationId>) -> Permit {
        // In this order: who waits for others of its own installation keeps no permit from the rest.
        let own = match of {
            Some(id) => self.of(id).acquire_owned().await.ok(),
            None => None,
        };
        // It is never closed, so there always is one.
        let of_all = Arc::clone(&self.all).acquire_owned().await.ok();
        Permit { _of_all: of_all, _of_installation: own }
    }

    fn of(&self, id: InstallationId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(of.entry(id).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

/// The worker that a piece of work has, or has put aside.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    workers: Arc<FairSemaphore>,
    of: Option<InstallationId>,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug)]
struct Held {
    permit: Option<Permit>,
    /// How many waits it is put aside for: a piece of work may do several things at the same time.
    waits: usize,
}

tokio::task_local! {
    static WORKER: Worker;
}

impl Worker {
    /// One for work of an installation, where one of all is free.
    pub(super) async fn new(workers: &Arc<FairSemaphore>, free: Permit, of: Option<InstallationId>) -> Self {
        let permit = workers.give(free, of).await;
        let held = Held { permit: Some(permit), waits: 0 };
        Self { workers: Arc::clone(workers), of, held: Arc::new(Mutex::new(held)) }
    }

    /// Does a piece of work, in which [`aside`] can give the worker away for a while.
    pub(super) async fn does<T>(self, work: impl Future<Output = T>) -> T {
        WORKER.scope(self, work).await
    }

    /// A wait begins.
    fn put_aside(&self) -> Waiting<'_> {
        let mut held = self.held();
        held.waits += 1;
        held.permit = None;
        Waiting(self)
    }

    /// Takes one up again where nothing is waited for any more.
    async fn take_up(&self) {
        let goes_on = |held: &Held| held.waits == 0 && held.permit.is_none();
        if !goes_on(&self.held()) {
            return;
        }
        let permit = self.workers.take(self.of).await;
        let mut held = self.held();
        // Another wait may have begun, or ended, meanwhile.
        if goes_on(&held) {
            held.permit = Some(permit);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait without a worker. It may be dropped before it has ended.
struct Waiting<'a>(&'a Worker);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.held().waits -= 1;
    }
}

/// Waits for something without keeping the worker, and goes on once one is free again.
pub(super) async fn aside<T>(waiting: impl Future<Output = T>) -> T {
    let Ok(worker) = WORKER.try_with(Worker::clone) else { return waiting.await };
    let aside = worker.put_aside();
    let came = waiting.await;
    drop(aside);
    worker.take_up().await;
    came
}

/// The installation of the work that is done here, where it is known.
pub(super) fn installation_at_work() -> Option<InstallationId> {
    WORKER.try_with(|worker| worker.of).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::task::yield_now;

    /// Lets everything come as far as it can.
    async fn come_to_rest() {
        for _ in 0..20 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_installation_leaves_permits_for_others() {
        let semaphore = Arc::new(FairSemaphore::new(4, 2));
        let waiting: Vec<_> = (0..9)
            .map(|_| {
                let semaphore = Arc::clone(&semaphore);
                tokio::spawn(async move {
                    let _permit = semaphore.take(Some(InstallationId(1))).await;
                    pending::<()>().await;
                })
            })
            .collect();
        come_to_rest().await;
        let other = semaphore.take(Some(InstallationId(2))).await;
        let of_nobody = semaphore.take(None).await;
        drop((other, of_nobody));
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test]
    async fn what_waits_holds_no_worker() {
        let workers = Arc::new(FairSemaphore::new(1, 1));
        let worker = Worker::new(&workers, workers.take_any().await, Some(InstallationId(1))).await;
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let work = tokio::spawn(worker.does(async { aside(async { drop(ended.await) }).await }));
        come_to_rest().await;
        let other = workers.take(Some(InstallationId(1))).await;
        end.send(()).unwrap();
        come_to_rest().await;
        assert!(!work.is_finished(), "it goes on once a worker is free");
        drop(other);
        work.await.unwrap();
        workers.take(Some(InstallationId(1))).await;
    }

    #[tokio::test]
    async fn who_waits_for_two_things_at_once_takes_one_worker_up() {
        let workers = Arc::new(FairSemaphore::new(1, 1));
        let worker = Worker::new(&workers, workers.take_any().await, Some(InstallationId(1))).await;
        let [(one, one_ended), (other, other_ended)] =
            [(); 2].map(|()| tokio::sync::oneshot::channel::<()>());
        let work = tokio::spawn(worker.does(async {
            let wait =
                async |ended: tokio::sync::oneshot::Receiver<()>| aside(async { drop(ended.await) }).await;
            tokio::join!(wait(one_ended), wait(other_ended));
            pending::<()>().await;
        }));
        one.send(()).unwrap();
        come_to_rest().await;
        let taken = workers.take_any().await;
        other.send(()).unwrap();
        come_to_rest().await;
        drop(taken);
        come_to_rest().await;
        let next = tokio::spawn(async move { workers.take_any().await });
        come_to_rest().await;
        assert!(!next.is_finished(), "it goes on, and so it has the worker");
        work.abort();
        next.await.unwrap();
    }

    #[tokio::test]
    async fn who_has_as_many_as_it_may_waits_for_one_without_keeping_any() {
        let workers = Arc::new(FairSemaphore::new(2, 1));
        let first = Worker::new(&workers, workers.take_any().await, Some(InstallationId(1))).await;
        let second = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { Worker::new(&workers, workers.take_any().await, Some(InstallationId(1))).await }
        });
        come_to_rest().await;
        let other = Worker::new(&workers, workers.take_any().await, Some(InstallationId(2))).await;
        drop((first, other));
        second.await.unwrap();
    }

    #[tokio::test]
    async fn whoever_has_no_worker_just_waits() {
        assert_eq!(aside(async { 7 }).await, 7);
    }
}
