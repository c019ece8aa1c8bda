//! A deploy under way: its phases one after the other, what is reported of them, what is left of them.

use super::environment::{self, Secrets};
use super::log::Log;
use super::mask::Mask;
use super::removal::remove;
use super::run::Run;
use super::shared::{Checkout, CheckoutFolders, Shared};
use super::slugs::{Held, apart};
use super::step::{self, Cut, End, Job, Until};
use super::{files, group, trees};
use crate::deploy::drivers::DriverError;
use crate::deploy::operator::{Programs, Step};
use crate::deploy::{DeployReport, ReportedState};
use crate::model::{ForPeople, Phase, error_chain};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a phase may take where the operator does not say.
const PHASE_LIMIT: Duration = Duration::from_secs(30 * 60);
/// How often the files are asked for before it is given up.
const ATTEMPTS: u32 = 4;

/// Says that it is over however it ends.
struct Over(Arc<Run>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.send_replace(true);
    }
}

/// All that it takes to carry a deploy out.
pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) run: Arc<Run>,
    pub(super) programs: Programs,
    pub(super) secrets: Secrets,
    pub(super) checkout: Arc<dyn Checkout>,
    /// Whether what was deployed is only verified again.
    pub(super) only_verify: bool,
}

/// Why a deploy has failed.
struct Failure {
    phase: Phase,
    step: Option<String>,
    words: String,
}

impl Failure {
    fn new(phase: Phase, words: String) -> Self {
        Self { phase, step: None, words }
    }

    fn io(phase: Phase, what: &str, error: &io::Error) -> Self {
        tracing::warn!(error = error_chain(error), "{what}");
        Self::new(phase, format!("{what}: {}", error.for_people()))
    }
}

impl Task {
    /// Carries it out from the beginning: what an earlier attempt has left is ended and removed first.
    pub(super) async fn carry_out(self) {
        let over = Over(Arc::clone(&self.run));
        let (outcome, tail) = match self.prepare().await {
            Ok(mut log) => {
                let outcome = self.phases(&mut log).await;
                let tail = log.tail();
                match &outcome {
                    Ok(()) => log.say("succeeded").await,
                    Err(failure) => {
                        log.say(&format!("failed: {}: {}", failure.phase.as_str(), failure.words)).await;
                    }
                }
                (outcome, Some(tail))
            }
            Err(failure) => (Err(failure), None),
        };
        if let Err(error) = self.clear().await {
            tracing::warn!(error = error_chain(&error), "the folders of a deploy could not be removed");
        }
        self.conclude(outcome, tail);
        drop(over);
        (self.shared.changed)(&self.run.request);
        if let Err(error) = self.shared.tidy(&self.run).await {
            tracing::warn!(
                error = error_chain(&error),
                "slugs that are no longer needed could not be removed"
            );
        }
    }

    fn conclude(&self, outcome: Result<(), Failure>, tail: Option<String>) {
        let stopped = self.run.stop.borrow().is_some();
        match outcome {
            Ok(()) => {
                self.add(ReportedState::Succeeded, |report| {
                    report.environment_url.clone_from(&self.programs.url);
                });
            }
            // It is to be handed over again after the restart, so this is no end.
            Err(_) if stopped && self.shared.is_closing() => {}
            Err(failure) => self.add(ReportedState::Failed, |report| {
                report.phase = Some(failure.phase);
                report.step = failure.step;
                report.words = Some(failure.words);
                report.log_tail = tail.filter(|tail| !tail.is_empty());
            }),
        }
    }

    async fn prepare(&self) -> Result<Log, Failure> {
        let folder = self.folder();
        group::end_leftover(&folder, &self.home(), self.shared.bounds.grace).await;
        let mask = Mask::new(self.secrets.0.values());
        let limit = self.shared.bounds.log_bytes;
        let opened = apart(move || {
            files::private_folder(&folder)?;
            Log::open(&folder.join("log"), limit, mask)
        });
        let failed = |error| Failure::io(Phase::Build, "the deploy's folder cannot be written", &error);
        let mut log = opened.await.map_err(failed)?;
        if log.goes_on() {
            log.say("begun again").await;
        }
        self.clear().await.map_err(failed)?;
        Ok(log)
    }

    async fn phases(&self, log: &mut Log) -> Result<(), Failure> {
        self.build(log).await?;
        for (phase, steps) in [(Phase::Deploy, &self.programs.deploy), (Phase::Verify, &self.programs.verify)]
        {
            if !steps.is_empty() && (phase == Phase::Verify || !self.only_verify) {
                let mut until = self.until();
                self.steps((phase, steps), &self.copy(), log, &mut until).await?;
            }
        }
        Ok(())
    }

    /// Makes the slug be there, and a copy of it for the other phases.
    async fn build(&self, log: &mut Log) -> Result<(), Failure> {
        let phase = Phase::Build;
        self.tell(ReportedState::Running, |report| report.phase = Some(phase));
        let mut until = self.until();
        let (slugs, place, recipe) =
            (&self.shared.slugs, self.shared.place(&self.run.request), self.recipe());
        let lock = until.bound(slugs.lock(&place)).await;
        let _alone = lock.map_err(|cut| self.cut(phase, "the wait for the slug", cut))?;
        let failed = |error| Failure::io(phase, "the slug cannot be kept", &error);
        let cut = |cut| self.cut(phase, "the work on the slug", cut);
        // What was deployed is verified as it was built then, by whatever steps.
        let by = (!self.only_verify).then_some(recipe.as_str());
        let held = until.bound_work(slugs.held(&place, by, (self.shared.clock)())).await;
        let held = held.map_err(cut)?.map_err(failed)?;
        self.say_of(&held, log).await?;
        if held != Held::Sound {
            let folders = self.shared.checkout(&self.run.request.key);
            self.check_out(&folders, log, &mut until).await?;
            let built = folders.files;
            self.steps((phase, &self.programs.build), &built, log, &mut until).await?;
            let put = slugs.put(&built, &place, &recipe, (self.shared.clock)());
            until.bound_work(put).await.map_err(cut)?.map_err(failed)?;
        }
        let copy = self.copy();
        let failed = |error| Failure::io(phase, "the slug cannot be copied", &error);
        fresh(&copy).await.map_err(failed)?;
        until.bound_work(slugs.copy(&place, &copy)).await.map_err(cut)?.map_err(failed)
    }

    /// Says what is there of the slug: a failure where only that may be verified which was deployed, and it is gone.
    async fn say_of(&self, held: &Held, log: &mut Log) -> Result<(), Failure> {
        let phase = Phase::Build;
        let words = match held {
            Held::Sound => "the slug is here already; nothing is built".to_owned(),
            Held::ThrownAway(why) if self.only_verify => {
                return Err(Failure::new(phase, format!("the build that was deployed {why}")));
            }
            Held::Nothing if self.only_verify => {
                return Err(Failure::new(phase, "the build that was deployed is no longer here".to_owned()));
            }
            Held::ThrownAway(why) => format!("the slug {why}; it is built anew"),
            Held::Nothing if self.run.request.deploy.reuses_slug => {
                "the slug is no longer here; it is built anew".to_owned()
            }
            Held::Nothing => return Ok(()),
        };
        log.say(&format!("build: {words}")).await;
        self.tell(ReportedState::Running, |report| {
            (report.phase, report.words) = (Some(phase), Some(words));
        });
        Ok(())
    }

    async fn check_out(
        &self,
        folders: &CheckoutFolders,
        log: &mut Log,
        until: &mut Until,
    ) -> Result<(), Failure> {
        let phase = Phase::Build;
        let unmade = |error| Failure::io(phase, "the work tree cannot be made", &error);
        let cut = |cut| self.cut(phase, "the check-out", cut);
        log.say("build: check out").await;
        for attempt in 1.. {
            fresh(&folders.files).await.map_err(unmade)?;
            fresh(&folders.repository).await.map_err(unmade)?;
            let asked = self.checkout.check_out(&self.run.request, folders);
            match until.bound(asked).await.map_err(cut)? {
                Ok(()) => break,
                Err(error @ (DriverError::Later { .. } | DriverError::NotBefore(_)))
                    if attempt < ATTEMPTS =>
                {
                    tracing::warn!(
                        error = error_chain(&error),
                        "the commit cannot be checked out; it is tried again"
                    );
                    let why = error.for_people();
                    log.say(&format!("build: check out: {why}; it is tried again")).await;
                    until.bound(tokio::time::sleep(self.shared.bounds.retry)).await.map_err(cut)?;
                }
                Err(error) => {
                    tracing::warn!(error = error_chain(&error), "the commit cannot be checked out");
                    let why = error.for_people();
                    return Err(Failure::new(phase, format!("the commit cannot be checked out: {why}")));
                }
            }
        }
        let repository = folders.repository.clone();
        apart(move || remove(&repository)).await.map_err(unmade)
    }

    async fn steps(
        &self,
        (phase, steps): (Phase, &[Step]),
        directory: &Path,
        log: &mut Log,
        until: &mut Until,
    ) -> Result<(), Failure> {
        let (folder, home) = (self.folder(), self.home());
        fresh(&home).await.map_err(|error| Failure::io(phase, "a home cannot be made", &error))?;
        for step in steps {
            let name = step.step.as_str();
            // What was asked to end meanwhile does not begin.
            until.bound(std::future::ready(())).await.map_err(|cut| self.cut(phase, name, cut))?;
            let replaced = |error| Failure::io(phase, "the work tree cannot be used", &error);
            let place = directory.to_owned();
            apart(move || trees::check_folder(&place)).await.map_err(replaced)?;
            log.say(&format!("{}: {name}", phase.as_str())).await;
            self.tell(ReportedState::Running, |report| {
                (report.phase, report.step) = (Some(phase), Some(name.to_owned()));
            });
            let request = &self.run.request;
            let variables =
                environment::variables(request, &self.programs, &self.secrets, (phase, step), &home);
            let grace = self.shared.bounds.grace;
            let job = Job { step, directory, variables: &variables, folder: &folder, grace };
            let failure = match step::run(&job, log, until).await {
                End::Well => continue,
                End::Cut(cut) => self.cut(phase, name, cut),
                other => Failure::new(phase, words(step, other)),
            };
            return Err(Failure { step: Some(name.to_owned()), ..failure });
        }
        Ok(())
    }

    fn cut(&self, phase: Phase, what: &str, cut: Cut) -> Failure {
        match cut {
            Cut::TimeUp => Failure::new(phase, format!("{what} was ended after {}", length(self.limit()))),
            Cut::Stopped => Failure::new(phase, format!("{what} was stopped")),
        }
    }

    /// Tells the engine, later than all that was told before.
    fn tell(&self, state: ReportedState, more: impl FnOnce(&mut DeployReport)) {
        self.add(state, more);
        (self.shared.changed)(&self.run.request);
    }

    fn add(&self, state: ReportedState, more: impl FnOnce(&mut DeployReport)) {
        let mut report = DeployReport::new((self.shared.clock)(), state);
        more(&mut report);
        self.run.add(report);
    }

    /// Removes what only a deploy under way needs.
    async fn clear(&self) -> io::Result<()> {
        let CheckoutFolders { files, repository } = self.shared.checkout(&self.run.request.key);
        let folders = [files, repository, self.copy(), self.home()];
        apart(move || folders.iter().try_for_each(|folder| remove(folder))).await
    }

    fn limit(&self) -> Duration {
        self.programs.timeout.unwrap_or(PHASE_LIMIT)
    }

    fn until(&self) -> Until {
        Until { deadline: Instant::now() + self.limit(), stop: self.run.stop.subscribe() }
    }

    /// Names the steps of the build, and under which names it sees the settings: a slug of others is another.
    fn recipe(&self) -> String {
        let steps = self.programs.build.iter();
        let mut parts: Vec<String> =
            steps.map(|step| files::sum_of(step.run.iter().map(String::as_str))).collect();
        parts.extend(self.programs.allow_settings.variables(&self.run.request.build_settings));
        files::sum_of(parts.iter().map(String::as_str))
    }

    fn folder(&self) -> PathBuf {
        self.shared.folder(&self.run.request.key)
    }

    fn copy(&self) -> PathBuf {
        self.folder().join("work")
    }

    fn home(&self) -> PathBuf {
        self.shared.home(&self.run.request.key)
    }
}

async fn fresh(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    apart(move || files::fresh_folder(&folder)).await
}

fn words(step: &Step, end: End) -> String {
    let name = &step.step;
    match end {
        End::Exited(code) => format!("{name} exited with {code}"),
        End::Killed(signal) => format!("{name} was killed by signal {signal}"),
        End::NotStarted(why) => {
            let program = step.run.first().map(String::as_str).unwrap_or_default();
            format!("the program {program} cannot be started: {why}")
        }
        End::Well | End::Cut(_) => format!("{name} has ended"),
    }
}

/// A length of time for people, in its largest whole unit.
fn length(time: Duration) -> String {
    let time = time.as_millis();
    let units = [(3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let unit = units.into_iter().find(|(unit, _)| time >= *unit && time.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{time} ms"), |(unit, name)| format!("{} {name}", time / unit))
}
