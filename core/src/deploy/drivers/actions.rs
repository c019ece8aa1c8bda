//! A workflow of the repository, dispatched for each deploy.
//!
//! A run is known by the number that the dispatch answers. Older servers answer none: then the run is the one whose
//! title holds the deploy's key, which a workflow shows with `run-name: Deploy ${{ inputs.deploy }}`.
//! Phases are told by the jobs: one whose name begins with `build`, `deploy` or `verify` is that phase.

use super::forge::{Forge, ForgeError, Job, Run, RunState};
use super::{DeployRequest, Driver, DriverError, Means, Started, or_empty, parse_key};
use crate::deploy::{CancelAnswer, DeployReport, ReportedState};
use crate::model::{Deploy, Phase, UnixMillis};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often a run is asked about that no event speaks of.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A run is looked for from this long before its deploy was handed over: clocks differ.
const BEFORE: Duration = Duration::from_secs(120);

/// Dispatches a workflow.
#[derive(Debug)]
pub struct ActionsDriver<F> {
    /// The way to GitHub.
    pub forge: F,
    /// The workflow's file in `.github/workflows`.
    pub file: String,
}

/// See [`super::driver`].
#[expect(
    clippy::unnecessary_wraps,
    reason = "drivers are made in one way, and some need what may be missing"
)]
pub(super) fn driver<'a>(means: &impl Means<'a>, file: &str) -> Result<Arc<dyn Driver + 'a>, DriverError> {
    Ok(Arc::new(ActionsDriver { forge: means.forge(), file: file.to_owned() }))
}

/// The inputs that a workflow is given.
pub const INPUTS: [&str; 8] =
    ["deploy", "environment", "previous_sha", "reuse_slug", "rollback", "sha", "slug", "tree"];

/// What the workflow is told, under the names of [`INPUTS`]. GitHub takes no input that the workflow does not name, and older servers take ten.
fn inputs(request: &DeployRequest) -> BTreeMap<&'static str, String> {
    let deploy = &request.deploy;
    BTreeMap::from([
        ("deploy", request.key.clone()),
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
    fn refused(&self, error: ForgeError, request: &DeployRequest) -> DriverError {
        let file = &self.file;
        let words = match &error {
            ForgeError::NotFound(_) => format!(
                "there is no workflow .github/workflows/{file} on the default branch, or the App lacks actions: write"
            ),
            ForgeError::Refused { message, .. } if message.contains("workflow_dispatch") => {
                format!("{file} cannot be dispatched; add workflow_dispatch to its triggers")
            }
            ForgeError::Refused { message, .. } if message.to_lowercase().contains("unexpected inputs") => {
                let names: Vec<&str> = inputs(request).into_keys().collect();
                format!(
                    "{file} does not take what it is given; name these inputs of workflow_dispatch: {}",
                    names.join(", ")
                )
            }
            ForgeError::Refused { message, .. } => format!("GitHub does not dispatch {file}: {message}"),
            ForgeError::Forbidden(_) => {
                "the App may not dispatch workflows; accept its permission actions: write".to_owned()
            }
            ForgeError::Other(error) => return error.clone(),
        };
        DriverError::refused(words).caused_by(error)
    }

    async fn dispatched(&self, request: &DeployRequest) -> Result<Vec<Run>, DriverError> {
        let since = request.deploy.requested_at.unwrap_or(request.deploy.made_at) - BEFORE;
        self.forge.dispatched_since(&self.file, since).await
    }

    /// The run that an earlier attempt has dispatched. Where one may be it and does not say so, nothing is dispatched
    /// again: two runs would deploy the same at the same time.
    async fn dispatched_before(&self, request: &DeployRequest) -> Result<Option<Run>, DriverError> {
        let runs = self.dispatched(request).await?;
        if let Some(run) = runs.iter().find(|run| names(run, &request.key)) {
            return Ok(Some(run.clone()));
        }
        match runs.iter().find(|run| !run.title.split_whitespace().any(|word| parse_key(word).is_some())) {
            Some(run) => Err(DriverError::refused(format!(
                "GitHub's answer was lost, and {} may be this deploy's run or somebody else's; look at it, and add \
                 run-name: Deploy ${{{{ inputs.deploy }}}} to {}, by which a run is known",
                run.url, self.file
            ))),
            None => Ok(None),
        }
    }

    async fn run_of(&self, request: &DeployRequest) -> Result<Option<Run>, DriverError> {
        match request.deploy.handle.as_deref().and_then(|handle| handle.parse().ok()) {
            Some(id) => self.forge.run(id).await,
            None => Ok(self.dispatched(request).await?.into_iter().find(|run| names(run, &request.key))),
        }
    }
}

/// A run that is not found may only not be in GitHub's list yet: an error as long as that is so.
fn not_in_the_list(request: &DeployRequest) -> Result<(), DriverError> {
    request.look_again_at.map_or(Ok(()), |at| Err(DriverError::NotBefore(at)))
}

/// Whether a run's title holds the deploy's key.
fn names(run: &Run, key: &str) -> bool {
    run.title.split_whitespace().any(|word| word == key)
}

fn handed(run: &Run) -> Started {
    Started { handle: Some(run.id.to_string()), log_url: Some(run.url.clone()) }
}

#[async_trait]
impl<F: Forge> Driver for ActionsDriver<F> {
    async fn start(&self, request: &DeployRequest, again: bool) -> Result<Started, DriverError> {
        if again {
            if let Some(run) = self.dispatched_before(request).await? {
                return Ok(handed(&run));
            }
            not_in_the_list(request)?;
        }
        let dispatched = self.forge.dispatch(&self.file, request.branch.as_str(), &inputs(request)).await;
        let run = dispatched.map_err(|error| self.refused(error, request))?;
        Ok(Started { handle: run.map(|id| id.to_string()), log_url: None })
    }

    async fn poll(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, DriverError> {
        let Some(run) = self.run_of(request).await? else { return Ok(Vec::new()) };
        let jobs = match run.state {
            RunState::Queued => Vec::new(),
            _ => self.forge.jobs(run.id).await?,
        };
        Ok(reports(&run, &jobs))
    }

    fn can_cancel(&self, _: &Deploy) -> bool {
        true
    }

    async fn cancel(&self, request: &DeployRequest) -> Result<CancelAnswer, DriverError> {
        let run = match request.deploy.handle {
            Some(_) => self.run_of(request).await?,
            None => self.dispatched_before(request).await?,
        };
        if run.is_none() && request.deploy.handle.is_none() {
            not_in_the_list(request)?;
        }
        cancel(&self.forge, run).await
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(LOOK_EVERY)
    }
}

/// Has a run cancelled, which GitHub says yes to long before it has done it. A run that was never begun, or has ended,
/// is over.
pub(super) async fn cancel(forge: &impl Forge, run: Option<Run>) -> Result<CancelAnswer, DriverError> {
    match run {
        Some(run) if matches!(run.state, RunState::Queued | RunState::Waiting | RunState::Running) => {
            forge.cancel(run.id).await?;
            Ok(CancelAnswer::Told)
        }
        // How it ended is told by a look at it.
        Some(run) if run.state == RunState::Succeeded => Ok(CancelAnswer::Told),
        _ => Ok(CancelAnswer::Ended),
    }
}

/// What a run and its jobs say, in the order of time.
pub(super) fn reports(run: &Run, jobs: &[Job]) -> Vec<DeployReport> {
    let mut reports = Vec::new();
    let dressed = |mut report: DeployReport| {
        report.log_url = Some(run.url.clone());
        report.by.clone_from(&run.by);
        report
    };
    let mut last_at = UnixMillis::default();
    let mut failed = None;
    for job in jobs.iter().filter(|job| !matches!(job.state, RunState::Queued | RunState::Waiting)) {
        let Some((phase, _)) = Phase::at_the_start_of(&job.name) else { continue };
        // A report is as old as what it tells, and no older than the one before.
        let at = job.at.unwrap_or(run.changed_at).clamp(last_at, run.changed_at.max(last_at));
        last_at = at;
        let mut report = DeployReport::new(at, ReportedState::Running);
        report.phase = Some(phase);
        report.step = Some(job.name.clone());
        if let RunState::Ended(how) = &job.state {
            failed = failed.or(Some((phase, job, how)));
        }
        reports.push(dressed(report));
    }
    let at = run.changed_at.max(last_at.just_after());
    let mut last = match &run.state {
        RunState::Queued => DeployReport::new(at, ReportedState::Queued),
        RunState::Waiting => DeployReport::new(at, ReportedState::Waiting),
        RunState::Running => DeployReport::new(at, ReportedState::Running),
        RunState::Succeeded => DeployReport::new(at, ReportedState::Succeeded),
        RunState::Ended(how) => {
            let mut report = DeployReport::new(at, ReportedState::Failed);
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
    if last.phase.is_none() && matches!(last.state, ReportedState::Waiting | ReportedState::Running) {
        last.phase = reports.last().and_then(|it| it.phase);
    }
    reports.push(dressed(last));
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: RunState) -> Run {
        let (title, url) = ("Deploy 7.staging.1".to_owned(), "https://x/runs/9".to_owned());
        Run { id: 9, state, title, url, changed_at: UnixMillis(1_000), by: Some("towpath[bot]".to_owned()) }
    }

    fn job(name: &str, state: RunState, at: i64) -> Job {
        let failed_step = matches!(state, RunState::Ended(_)).then(|| "Install".to_owned());
        Job { name: name.to_owned(), state, failed_step, at: Some(UnixMillis(at)) }
    }

    #[test]
    fn a_workflow_is_told_what_it_is_said_to_be_told() {
        let request = DeployRequest {
            key: "7.staging.1".to_owned(),
            repository: "acme/store".to_owned(),
            branch: crate::model::BranchName::new("staging").unwrap(),
            clone_url: String::new(),
            build_settings: BTreeMap::new(),
            look_again_at: None,
            deploy: crate::deploy::samples::deploy(1, 1),
        };
        assert_eq!(inputs(&request).into_keys().collect::<Vec<_>>(), INPUTS);
    }

    #[test]
    fn jobs_tell_the_phases_and_the_run_tells_the_end() {
        let jobs = [
            job("Lint", RunState::Succeeded, 1),
            job("build / all", RunState::Succeeded, 5),
            job("deploy", RunState::Running, 9),
        ];
        let seen = reports(&run(RunState::Running), &jobs);
        let seen: Vec<_> = seen.iter().map(|it| (it.state, it.phase)).collect();
        assert_eq!(
            seen,
            [
                (ReportedState::Running, Some(Phase::Build)),
                (ReportedState::Running, Some(Phase::Deploy)),
                (ReportedState::Running, Some(Phase::Deploy)),
            ]
        );
        let jobs =
            [job("build", RunState::Succeeded, 5), job("deploy", RunState::Ended("failure".to_owned()), 9)];
        let seen = reports(&run(RunState::Ended("failure".to_owned())), &jobs);
        let last = seen.last().unwrap();
        assert_eq!(
            (last.state, last.phase, last.step.as_deref()),
            (ReportedState::Failed, Some(Phase::Deploy), Some("Install"))
        );
        assert_eq!(last.words.as_deref(), Some("the job deploy ended as failure"));
        assert!(seen.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }

    #[test]
    fn a_run_that_waits_for_an_approval_says_so_after_what_it_has_done() {
        let jobs = [job("build", RunState::Succeeded, 5), job("deploy", RunState::Waiting, 9)];
        let seen = reports(&run(RunState::Waiting), &jobs);
        let seen: Vec<_> = seen.iter().map(|it| (it.state, it.phase)).collect();
        let build = Some(Phase::Build);
        assert_eq!(seen, [(ReportedState::Running, build), (ReportedState::Waiting, build)]);
    }

    #[test]
    fn a_run_without_such_jobs_still_has_an_end() {
        let seen =
            reports(&run(RunState::Ended("cancelled".to_owned())), &[job("all", RunState::Succeeded, 5)]);
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].state, seen[0].phase), (ReportedState::Failed, None));
        assert_eq!(seen[0].words.as_deref(), Some("the run ended as cancelled"));
        assert_eq!(seen[0].outcome(), None, "that says nothing of the files");
    }
}
