//! A workflow of the repository, dispatched for each deploy.
//!
//! A run is known by the number that the dispatch answers. Older servers answer none: then the run is the one whose
//! title holds the deploy's key, which a workflow shows with `run-name: Deploy ${{ inputs.deploy }}`.
//! Phases are told by the jobs: one whose name begins with `build`, `deploy` or `verify` is that phase.

use super::forge::{Forge, ForgeError, Job, Run, Stands};
use super::{Driver, DriverError, Handed, Order, or_empty, parse_key};
use crate::deploy::{CancelAnswer, Report, Says};
use crate::model::{Deploy, Millis, Phase};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// How often a run is asked about that no event speaks of.
const LOOK_EVERY: Millis = 60_000;
/// A run is looked for from this long before its deploy was handed over: clocks differ.
const BEFORE: Millis = 120_000;

/// Dispatches a workflow.
#[derive(Debug)]
pub struct ActionsDriver<F> {
    /// The way to GitHub.
    pub forge: F,
    /// The workflow's file in `.github/workflows`.
    pub file: String,
}

/// What the workflow is told. GitHub takes no input that the workflow does not name, and older servers take ten.
fn inputs(order: &Order) -> BTreeMap<&'static str, String> {
    let deploy = &order.deploy;
    BTreeMap::from([
        ("deploy", order.key.clone()),
        ("environment", deploy.environment.clone()),
        ("sha", deploy.commit.to_string()),
        ("tree", deploy.tree.to_string()),
        ("previous_sha", or_empty(deploy.previous)),
        ("slug", deploy.slug.clone()),
        ("reuse_slug", deploy.reuses_slug.to_string()),
        ("rollback", deploy.is_rollback().to_string()),
    ])
}

impl<F: Forge> ActionsDriver<F> {
    fn refused(&self, error: ForgeError, order: &Order) -> DriverError {
        let file = &self.file;
        match error {
            ForgeError::NotFound => DriverError::Refused(format!(
                "there is no workflow .github/workflows/{file} on the default branch, or the App lacks actions: write"
            )),
            ForgeError::Refused(words) if words.contains("workflow_dispatch") => DriverError::Refused(
                format!("{file} cannot be dispatched; add workflow_dispatch to its triggers"),
            ),
            ForgeError::Refused(words) if words.to_lowercase().contains("unexpected inputs") => {
                let names: Vec<&str> = inputs(order).into_keys().collect();
                DriverError::Refused(format!(
                    "{file} does not take what it is given; name these inputs of workflow_dispatch: {}",
                    names.join(", ")
                ))
            }
            ForgeError::Refused(words) => {
                DriverError::Refused(format!("GitHub does not dispatch {file}: {words}"))
            }
            ForgeError::Forbidden(_) => DriverError::Refused(
                "the App may not dispatch workflows; accept its permission actions: write".to_owned(),
            ),
            ForgeError::Other(error) => error,
        }
    }

    async fn dispatched(&self, order: &Order) -> Result<Vec<Run>, DriverError> {
        let since = order.deploy.requested_at.unwrap_or(order.deploy.made_at) - BEFORE;
        self.forge.dispatched_since(&self.file, since).await
    }

    /// The run that an earlier attempt has dispatched. Where one may be it and does not say so, nothing is dispatched
    /// again: two runs would deploy the same at the same time.
    async fn dispatched_before(&self, order: &Order) -> Result<Option<Run>, DriverError> {
        let runs = self.dispatched(order).await?;
        if let Some(run) = runs.iter().find(|run| names(run, &order.key)) {
            return Ok(Some(run.clone()));
        }
        match runs.iter().find(|run| !run.title.split_whitespace().any(|word| parse_key(word).is_some())) {
            Some(run) => Err(DriverError::Refused(format!(
                "GitHub's answer was lost, and {} may be this deploy's run or somebody else's; look at it, and add \
                 run-name: Deploy ${{{{ inputs.deploy }}}} to {}, by which a run is known",
                run.url, self.file
            ))),
            None => Ok(None),
        }
    }

    async fn run_of(&self, order: &Order) -> Result<Option<Run>, DriverError> {
        match order.deploy.handle.as_deref().and_then(|handle| handle.parse().ok()) {
            Some(id) => self.forge.run(id).await,
            None => Ok(self.dispatched(order).await?.into_iter().find(|run| names(run, &order.key))),
        }
    }
}

/// A run that is not found may only not be in GitHub's list yet: an error as long as that is so.
fn not_in_the_list(order: &Order) -> Result<(), DriverError> {
    order.look_again_at.map_or(Ok(()), |at| Err(DriverError::NotBefore(at)))
}

/// Whether a run's title holds the deploy's key.
fn names(run: &Run, key: &str) -> bool {
    run.title.split_whitespace().any(|word| word == key)
}

fn handed(run: &Run) -> Handed {
    Handed { handle: Some(run.id.to_string()), log_url: Some(run.url.clone()) }
}

#[async_trait]
impl<F: Forge> Driver for ActionsDriver<F> {
    async fn hand_over(&self, order: &Order, again: bool) -> Result<Handed, DriverError> {
        if again {
            if let Some(run) = self.dispatched_before(order).await? {
                return Ok(handed(&run));
            }
            not_in_the_list(order)?;
        }
        let dispatched = self.forge.dispatch(&self.file, order.branch.as_str(), &inputs(order)).await;
        let run = dispatched.map_err(|error| self.refused(error, order))?;
        Ok(Handed { handle: run.map(|id| id.to_string()), log_url: None })
    }

    async fn look(&self, order: &Order) -> Result<Vec<Report>, DriverError> {
        let Some(run) = self.run_of(order).await? else { return Ok(Vec::new()) };
        let jobs = match run.stands {
            Stands::Queued => Vec::new(),
            _ => self.forge.jobs(run.id).await?,
        };
        Ok(reports(&run, &jobs))
    }

    fn can_cancel(&self, _: &Deploy) -> bool {
        true
    }

    async fn cancel(&self, order: &Order) -> Result<CancelAnswer, DriverError> {
        let run = match order.deploy.handle {
            Some(_) => self.run_of(order).await?,
            None => self.dispatched_before(order).await?,
        };
        if run.is_none() && order.deploy.handle.is_none() {
            not_in_the_list(order)?;
        }
        cancel(&self.forge, run).await
    }

    fn look_every(&self) -> Option<Millis> {
        Some(LOOK_EVERY)
    }
}

/// Has a run cancelled, which GitHub says yes to long before it has done it. A run that was never begun, or has ended,
/// is over.
pub(super) async fn cancel(forge: &impl Forge, run: Option<Run>) -> Result<CancelAnswer, DriverError> {
    match run {
        Some(run) if matches!(run.stands, Stands::Queued | Stands::Waiting | Stands::Running) => {
            forge.cancel(run.id).await?;
            Ok(CancelAnswer::Told)
        }
        // How it ended is told by a look at it.
        Some(run) if run.stands == Stands::Succeeded => Ok(CancelAnswer::Told),
        _ => Ok(CancelAnswer::Ended),
    }
}

/// What a run and its jobs say, in the order of time.
pub(super) fn reports(run: &Run, jobs: &[Job]) -> Vec<Report> {
    let mut reports = Vec::new();
    let dressed = |mut report: Report| {
        report.log_url = Some(run.url.clone());
        report.by.clone_from(&run.by);
        report
    };
    let mut last_at = 0;
    let mut failed = None;
    for job in jobs.iter().filter(|job| !matches!(job.stands, Stands::Queued | Stands::Waiting)) {
        let Some((phase, _)) = Phase::at_the_start_of(&job.name) else { continue };
        // A report is as old as what it tells, and no older than the one before.
        let at = job.at.unwrap_or(run.changed_at).clamp(last_at, run.changed_at.max(last_at));
        last_at = at;
        let mut report = Report::new(at, Says::Running);
        report.phase = Some(phase);
        report.step = Some(job.name.clone());
        if let Stands::Ended(how) = &job.stands {
            failed = failed.or(Some((phase, job, how)));
        }
        reports.push(dressed(report));
    }
    let at = run.changed_at.max(last_at + 1);
    let mut last = match &run.stands {
        Stands::Queued => Report::new(at, Says::Queued),
        Stands::Waiting => Report::new(at, Says::Waiting),
        Stands::Running => Report::new(at, Says::Running),
        Stands::Succeeded => Report::new(at, Says::Succeeded),
        Stands::Ended(how) => {
            let mut report = Report::new(at, Says::Failed);
            report.cancelled = how == "cancelled";
            report.phase = failed.map(|(phase, ..)| phase);
            report.step = failed.and_then(|(_, job, _)| job.failed_step.clone());
            report.words = Some(match failed {
                Some((_, job, how)) => format!("the job {} ended as {how}", job.name),
                None => format!("the run ended as {how}"),
            });
            report
        }
    };
    if last.phase.is_none() && matches!(last.says, Says::Waiting | Says::Running) {
        last.phase = reports.last().and_then(|it| it.phase);
    }
    reports.push(dressed(last));
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stands: Stands) -> Run {
        let (title, url) = ("Deploy 7.staging.1".to_owned(), "https://x/runs/9".to_owned());
        Run { id: 9, stands, title, url, changed_at: 1_000, by: Some("towpath[bot]".to_owned()) }
    }

    fn job(name: &str, stands: Stands, at: Millis) -> Job {
        let failed_step = matches!(stands, Stands::Ended(_)).then(|| "Install".to_owned());
        Job { name: name.to_owned(), stands, failed_step, at: Some(at) }
    }

    #[test]
    fn jobs_tell_the_phases_and_the_run_tells_the_end() {
        let jobs = [
            job("Lint", Stands::Succeeded, 1),
            job("build / all", Stands::Succeeded, 5),
            job("deploy", Stands::Running, 9),
        ];
        let seen = reports(&run(Stands::Running), &jobs);
        let seen: Vec<_> = seen.iter().map(|it| (it.says, it.phase)).collect();
        assert_eq!(
            seen,
            [
                (Says::Running, Some(Phase::Build)),
                (Says::Running, Some(Phase::Deploy)),
                (Says::Running, Some(Phase::Deploy)),
            ]
        );
        let jobs =
            [job("build", Stands::Succeeded, 5), job("deploy", Stands::Ended("failure".to_owned()), 9)];
        let seen = reports(&run(Stands::Ended("failure".to_owned())), &jobs);
        let last = seen.last().unwrap();
        assert_eq!(
            (last.says, last.phase, last.step.as_deref()),
            (Says::Failed, Some(Phase::Deploy), Some("Install"))
        );
        assert_eq!(last.words.as_deref(), Some("the job deploy ended as failure"));
        assert!(seen.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }

    #[test]
    fn a_run_that_waits_for_an_approval_says_so_after_what_it_has_done() {
        let jobs = [job("build", Stands::Succeeded, 5), job("deploy", Stands::Waiting, 9)];
        let seen = reports(&run(Stands::Waiting), &jobs);
        let seen: Vec<_> = seen.iter().map(|it| (it.says, it.phase)).collect();
        let build = Some(Phase::Build);
        assert_eq!(seen, [(Says::Running, build), (Says::Waiting, build)]);
    }

    #[test]
    fn a_run_without_such_jobs_still_has_an_end() {
        let seen = reports(&run(Stands::Ended("cancelled".to_owned())), &[job("all", Stands::Succeeded, 5)]);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].says, seen[0].phase), (Says::Failed, None));
        assert_eq!(seen[0].words.as_deref(), Some("the run ended as cancelled"));
        assert_eq!(seen[0].outcome(), None, "that says nothing of the files");
    }
}
