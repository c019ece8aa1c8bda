//! Keeps the loops of the engine running: one that ends or panics is begun anew, with a bound. Past it the engine has
//! failed, and whoever runs the process ends it with an error.

use crate::model::{ErrorContext, SharedError, error_chain, shared_error};
use crate::store::StoreError;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How a loop is begun anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restarts {
    /// So often, within `window`.
    times: usize,
    window: Duration,
    /// How long is waited before each.
    pause: Duration,
}

impl Default for Restarts {
    fn default() -> Self {
        Self { times: 5, window: Duration::from_secs(60 * 60), pause: Duration::from_secs(1) }
    }
}

/// Why the engine cannot go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineFailure {
    /// The store lost its files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of it ends again and again.
    #[error("{name} has ended again and again")]
    Ends {
        /// Which part.
        name: &'static str,
        /// What stopped it the last time, if it did not end by itself.
        source: Option<SharedError>,
    },
}

/// How the engine is.
#[derive(Debug)]
pub(super) struct Health {
    failure: watch::Sender<Option<EngineFailure>>,
    /// When the store was last asked for work and answered, whether there was some or not.
    taken: Mutex<Instant>,
}

impl Default for Health {
    fn default() -> Self {
        Self { failure: watch::Sender::default(), taken: Mutex::new(Instant::now()) }
    }
}

impl Health {
    /// The engine cannot go on. What is said first stays.
    pub(super) fn fail(&self, why: impl Into<EngineFailure>) {
        let why = why.into();
        self.failure.send_if_modified(|known| {
            let is_new = known.is_none();
            if is_new {
                tracing::error!(error = error_chain(&why), "the engine cannot go on");
                *known = Some(why);
            }
            is_new
        });
    }

    /// Why it cannot go on, if it cannot.
    pub(super) fn failure(&self) -> Option<EngineFailure> {
        self.failure.borrow().clone()
    }

    /// Ends when it cannot go on.
    pub(super) async fn failed(&self) -> EngineFailure {
        let mut failure = self.failure.subscribe();
        let failed = failure.wait_for(Option::is_some).await.ok().and_then(|it| it.clone());
        match failed {
            Some(failed) => failed,
            None => std::future::pending().await,
        }
    }

    /// Work was taken just now, or there was none.
    pub(super) fn note_taken(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// For how long no work could be taken.
    pub(super) fn idle_for(&self) -> Duration {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Whether the engine is to stop. One that is dropped stops too.
pub(super) fn is_over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Ends when the engine is to stop.
pub(super) async fn over(stop: &mut watch::Receiver<bool>) {
    // An error means that it was dropped.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Runs a loop until the engine stops. `begin` begins it, and may be called again.
pub(super) async fn keep_running<F>(
    name: &'static str,
    begin: impl Fn() -> F,
    (health, limits): (&Health, Restarts),
    mut stop: watch::Receiver<bool>,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut restarts = VecDeque::new();
    loop {
        let ended = run_alone(begin()).await;
        if is_over(&stop) || health.failure().is_some() {
            return;
        }
        let bug = ended.err();
        let now = Instant::now();
        restarts.retain(|at: &Instant| now.duration_since(*at) < limits.window);
        if restarts.len() >= limits.times {
            let source = bug.map(shared_error);
            health.fail(EngineFailure::Ends { name, source });
            return;
        }
        restarts.push_back(now);
        let error = bug.as_ref().map(|bug| error_chain(bug));
        tracing::error!(error, "{name} has ended, and is begun anew");
        tokio::select! {
            () = tokio::time::sleep(limits.pause) => {}
            () = over(&mut stop) => return,
        }
    }
}

/// Runs something that is done once. A bug in it is told.
pub(super) async fn run_once(name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    if let Err(bug) = run_alone(work).await {
        tracing::error!(error = error_chain(&bug), "{name} has come to no end");
    }
}

/// Runs something in a task of its own, so that a panic stays there. It goes along with whoever waits for it.
async fn run_alone(work: impl Future<Output = ()> + Send + 'static) -> Result<(), ErrorContext> {
    struct AbortOnDrop(JoinHandle<()>);
    impl Drop for AbortOnDrop {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = AbortOnDrop(tokio::spawn(work));
    (&mut task.0).await.map_err(|error| ErrorContext::new("a bug stopped it", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn limits(window: u64) -> Restarts {
        let (window, pause) = (Duration::from_millis(window), Duration::from_millis(1));
        Restarts { times: 5, window, pause }
    }

    #[tokio::test]
    async fn a_loop_that_ends_or_panics_is_begun_anew_but_not_for_ever() {
        for panics in [false, true] {
            let begun = Arc::new(AtomicUsize::new(0));
            let (_stop, stopped) = watch::channel(false);
            let health = Health::default();
            let new_loop = || {
                let begun = Arc::clone(&begun);
                async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    assert!(!panics, "a bug");
                }
            };
            keep_running("the loop", new_loop, (&health, limits(600_000)), stopped).await;
            assert_eq!(begun.load(Ordering::SeqCst), 6);
            let why = error_chain(&health.failed().await);
            assert!(why.starts_with("the loop has ended again and again"), "{why}");
            assert_eq!(why.contains("a bug"), panics, "{why}");
        }
    }

    #[tokio::test]
    async fn a_loop_that_ends_now_and_then_is_no_failure() {
        let begun = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = watch::channel(false);
        let health = Health::default();
        let new_loop = || {
            let begun = Arc::clone(&begun);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                begun.fetch_add(1, Ordering::SeqCst);
            }
        };
        let many = async {
            while begun.load(Ordering::SeqCst) < 12 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stop.send_replace(true);
        };
        tokio::join!(keep_running("the loop", new_loop, (&health, limits(10)), stopped), many);
        assert!(health.failure().is_none());
    }

    #[tokio::test]
    async fn what_was_said_first_stays() {
        let health = Health::default();
        health.fail(StoreError::Full);
        health.fail(StoreError::unavailable("it is closed"));
        assert!(matches!(health.failed().await, EngineFailure::Store(StoreError::Full)));
    }
}
