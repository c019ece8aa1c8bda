//! Keeps the loops of the engine running: one that ends or panics is begun anew, with a bound. Past it the engine has
//! failed, and whoever runs the process ends it with an error.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
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

/// Why the engine cannot go on. The words are for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EngineFailure(pub(super) String);

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
    pub(super) fn fail(&self, why: impl Into<String>) {
        let why = EngineFailure(why.into());
        self.failure.send_if_modified(|known| {
            let is_new = known.is_none();
            if is_new {
                tracing::error!(%why, "the engine cannot go on");
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
        let how = ended.err().unwrap_or_else(|| "it ended by itself".to_owned());
        let now = Instant::now();
        restarts.retain(|at: &Instant| now.duration_since(*at) < limits.window);
        if restarts.len() >= limits.times {
            health.fail(format!("{name} has ended again and again; the last time: {how}"));
            return;
        }
        restarts.push_back(now);
        tracing::error!(how, "{name} has ended, and is begun anew");
        tokio::select! {
            () = tokio::time::sleep(limits.pause) => {}
            () = over(&mut stop) => return,
        }
    }
}

/// Runs something that is done once. A bug in it is told.
pub(super) async fn run_once(name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    if let Err(how) = run_alone(work).await {
        tracing::error!(how, "{name} has come to no end");
    }
}

/// Runs something in a task of its own, so that a panic stays there. It goes along with whoever waits for it.
async fn run_alone(work: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
    struct AbortOnDrop(JoinHandle<()>);
    impl Drop for AbortOnDrop {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = AbortOnDrop(tokio::spawn(work));
    (&mut task.0).await.map_err(|error| format!("a bug stopped it: {error}"))
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
            let why = health.failed().await.to_string();
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
        assert_eq!(health.failure(), None);
    }

    #[tokio::test]
    async fn what_was_said_first_stays() {
        let health = Health::default();
        health.fail("the database is gone");
        health.fail("nothing can be stored");
        assert_eq!(health.failed().await.to_string(), "the database is gone");
    }
}
