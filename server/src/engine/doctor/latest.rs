//! The examination that is shown on pages: one runs at a time, and a fresh one is not made again.

use super::{Doctor, Examination, Progress};
use crate::model::{SetupLine, UnixMillis};
use crate::report::GitHubCli;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long an examination counts as fresh: who asks again meanwhile is shown the same.
const FRESH: Duration = Duration::from_secs(60);

/// What was found last, and what is being looked at now.
pub struct LatestExamination {
    doctor: Arc<Doctor>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Progress>>,
    made: Option<MadeExamination>,
}

/// What was found, and when.
#[derive(Debug, Clone)]
pub struct MadeExamination {
    /// One for each thing that was looked at.
    pub lines: Arc<[SetupLine]>,
    /// When the look began.
    pub began_at: UnixMillis,
    /// How long ago that is now.
    pub age: Duration,
}

/// How the examination stands.
#[derive(Debug, Clone, Default)]
pub struct ExaminationStanding {
    /// While one runs: how many repositories are done with, and how many GitHub has listed until now.
    pub running: Option<(usize, usize)>,
    /// The last one that ended.
    pub made: Option<MadeExamination>,
}

impl LatestExamination {
    pub(in crate::engine) fn new(doctor: Doctor) -> Self {
        Self { doctor: Arc::new(doctor), state: Arc::default() }
    }

    /// Begins one, unless one runs or the last one is fresh. Must be called within a Tokio runtime.
    pub fn begin(&self) {
        let now = self.doctor.clock.now();
        let progress: Arc<Progress> = Arc::default();
        {
            let mut state = held(&self.state);
            // Of a clock that was set back, too.
            let is_fresh = |it: &MadeExamination| (it.began_at..it.began_at + FRESH).contains(&now);
            if state.running.is_some() || state.made.as_ref().is_some_and(is_fresh) {
                return;
            }
            state.running = Some(Arc::clone(&progress));
        }
        let (doctor, running) = (Arc::clone(&self.doctor), Running(Arc::clone(&self.state)));
        tokio::spawn(async move {
            let Examination { findings, .. } = Box::pin(doctor.examine(None, &progress)).await;
            let cli = doctor.api.as_ref().map(|api| GitHubCli::of(&api.base_url())).unwrap_or_default();
            let lines = findings.iter().map(|it| cli.line(it)).collect();
            let made = MadeExamination { lines, began_at: now, age: Duration::ZERO };
            held(&running.0).made = Some(made);
        });
    }

    /// How it stands now.
    pub fn standing(&self) -> ExaminationStanding {
        let (now, state) = (self.doctor.clock.now(), held(&self.state));
        let made = state.made.clone().map(|it| MadeExamination { age: now.since(it.began_at), ..it });
        ExaminationStanding { running: state.running.as_ref().map(|it| it.repositories()), made }
    }
}

fn held(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the run when it goes, also where the run came to nothing.
struct Running(Arc<Mutex<State>>);

impl Drop for Running {
    fn drop(&mut self) {
        held(&self.0).running = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::doctor::DoctorConfig;
    use crate::engine::{Clock, Deploying, MirrorBounds, Places};
    use crate::model::PromotionPath;
    use std::path::Path;
    use std::pin::Pin;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// A clock that stands until it is turned.
    #[derive(Debug)]
    struct Standing(AtomicI64);

    impl Clock for Standing {
        fn now(&self) -> UnixMillis {
            UnixMillis(self.0.load(Ordering::Relaxed))
        }

        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::pending())
        }
    }

    /// A doctor with no App to ask about.
    fn doctor(folder: &Path, clock: &Arc<Standing>) -> Doctor {
        Doctor::new(DoctorConfig {
            app: None,
            api_url: String::new(),
            call_within: Duration::from_secs(1),
            places: Places::new(folder, &folder.join("towpath.db")).unwrap(),
            path: PromotionPath::pro(),
            clock: Arc::clone(clock) as _,
            mirrors: MirrorBounds::default(),
            deploying: Deploying::default(),
        })
        .unwrap()
    }

    async fn ended(latest: &LatestExamination) -> MadeExamination {
        while latest.standing().running.is_some() {
            tokio::task::yield_now().await;
        }
        latest.standing().made.unwrap()
    }

    #[tokio::test]
    async fn what_is_fresh_is_not_looked_at_again_and_its_age_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Standing(AtomicI64::new(1_000_000)));
        let latest = LatestExamination::new(doctor(folder.path(), &clock));
        assert!(latest.standing().made.is_none() && latest.standing().running.is_none());
        latest.begin();
        assert_eq!(latest.standing().running, Some((0, 0)));
        let first = ended(&latest).await;
        assert!(first.lines.iter().any(|it| it.found.starts_with("no App is configured")), "{first:?}");

        clock.0.fetch_add(59_999, Ordering::Relaxed);
        latest.begin();
        let standing = latest.standing();
        assert_eq!((standing.running, standing.made.unwrap().age.as_secs()), (None, 59));
        clock.0.fetch_add(1, Ordering::Relaxed);
        latest.begin();
        latest.begin();
        let standing = latest.standing();
        assert!(standing.running.is_some() && standing.made.is_some(), "the last one is shown meanwhile");
        assert_eq!(ended(&latest).await.age, Duration::ZERO);
        // A clock that was set back keeps nobody from looking.
        clock.0.store(0, Ordering::Relaxed);
        latest.begin();
        assert!(latest.standing().running.is_some());
        ended(&latest).await;
    }

    #[tokio::test]
    async fn a_look_that_comes_to_nothing_keeps_nobody_from_another() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Standing(AtomicI64::new(0)));
        let latest = LatestExamination::new(doctor(folder.path(), &clock));
        held(&latest.state).running = Some(Arc::default());
        drop(Running(Arc::clone(&latest.state)));
        latest.begin();
        assert_eq!(ended(&latest).await.began_at, UnixMillis(0));
    }
}
