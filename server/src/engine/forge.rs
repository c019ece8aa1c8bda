//! GitHub, and the operator's means, as drivers of deploys see them.

mod platform_push;

use super::commerce_files::application_trees;
use super::context::EngineContext;
use super::deploy_drivers::REPORTS_PATH;
use super::deployment_status::report_of;
use super::work_error::WorkError;
use crate::deploy::drivers::commerce_cloud::CloudShared;
use crate::deploy::drivers::forge::{Forge, ForgeError, GitSaid, Job, Push, Run, RunState};
use crate::deploy::drivers::programs::Commands;
use crate::deploy::drivers::webhook::{Caller, SigningKey};
use crate::deploy::drivers::{DriverError, Means};
use crate::deploy::{CloudProject, DeployReport, Endpoint};
use crate::github::{ApiError, RetryAdvice, SaidStatus, WorkflowJobJson, WorkflowRunJson};
use crate::model::{BranchName, CommitId, ForPeople, InstallationId, TreeId, UnixMillis, shared_error};
use crate::store::RepositoryRow;
use std::collections::BTreeMap;

/// GitHub and the operator's means, as drivers see them, in one repository.
#[derive(Clone, Copy)]
pub(super) struct OneRepository<'a> {
    pub(super) ctx: &'a EngineContext,
    pub(super) repository: &'a RepositoryRow,
}

impl OneRepository<'_> {
    const fn installation(&self) -> InstallationId {
        self.repository.installation
    }

    fn name(&self) -> &str {
        &self.repository.full_name
    }
}

impl<'a> Means<'a> for OneRepository<'a> {
    type Forge = Self;

    fn forge(&self) -> Self {
        *self
    }

    fn endpoint(&self, name: &str, secret: Option<&str>) -> Result<(&'a Endpoint, SigningKey), DriverError> {
        self.ctx.drivers.endpoint(self.repository, name, secret)
    }

    fn cloud_project(&self) -> Result<(&'a CloudProject, String), DriverError> {
        self.ctx.drivers.cloud_project(self.repository)
    }

    fn cloud_shared(&self) -> &'a CloudShared {
        &self.ctx.drivers.cloud
    }

    fn logs(&self) -> &'a Commands {
        &self.ctx.drivers.commands
    }

    fn caller(&self) -> &'a Caller {
        &self.ctx.drivers.caller
    }

    fn report_url(&self) -> Option<String> {
        let base = self.ctx.drivers.deploying.public_url.as_ref()?;
        Some(format!("{base}{REPORTS_PATH}"))
    }

    fn now(&self) -> UnixMillis {
        self.ctx.now()
    }
}

impl From<ApiError> for DriverError {
    fn from(error: ApiError) -> Self {
        match error.retry_advice() {
            RetryAdvice::NotBefore(at) => Self::NotBefore(at),
            RetryAdvice::TryLater | RetryAdvice::GiveUp => Self::later(error.for_people()).caused_by(error),
        }
    }
}

impl Forge for OneRepository<'_> {
    async fn said_of(&self, deployment: u64) -> Result<Vec<DeployReport>, DriverError> {
        let said = self.ctx.api.deployment_statuses(self.installation(), self.name(), deployment).await?;
        // Where GitHub does not tell the App, its own statuses are known by who has made the Deployment.
        let mut made = None;
        if !said.iter().all(SaidStatus::tells_its_app) {
            made = Some(self.ctx.api.deployment(self.installation(), self.name(), deployment).await?);
        }
        let by_others = |status: &&SaidStatus| match &made {
            Some(made) => self.ctx.api.was_said_by_others(made, status),
            None => !self.ctx.api.said_it(status),
        };
        Ok(said.iter().filter(by_others).filter_map(report_of).collect())
    }

    async fn dispatch(
        &self,
        file: &str,
        branch: &str,
        inputs: &BTreeMap<&'static str, String>,
    ) -> Result<Option<u64>, ForgeError> {
        let asked =
            self.ctx.api.dispatch_workflow(self.installation(), self.name(), (file, branch), inputs).await;
        asked.map_err(|error| match &error {
            ApiError::NotFound { .. } => ForgeError::NotFound(shared_error(error)),
            ApiError::Refused { message, .. } => {
                ForgeError::Refused { message: message.clone(), source: shared_error(error) }
            }
            ApiError::Forbidden { .. } => ForgeError::Forbidden(shared_error(error)),
            _ => ForgeError::Other(error.into()),
        })
    }

    async fn dispatched_since(&self, file: &str, since: UnixMillis) -> Result<Vec<Run>, DriverError> {
        let runs = self.ctx.api.dispatched_runs(self.installation(), self.name(), file, since).await?;
        Ok(runs.into_iter().map(run).collect())
    }

    async fn run(&self, id: u64) -> Result<Option<Run>, DriverError> {
        match self.ctx.api.workflow_run(self.installation(), self.name(), id).await {
            Ok(found) => Ok(Some(run(found))),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn cancel(&self, id: u64) -> Result<(), DriverError> {
        match self.ctx.api.cancel_run(self.installation(), self.name(), id).await {
            Ok(()) | Err(ApiError::Refused { status: 409, .. } | ApiError::NotFound { .. }) => Ok(()),
            Err(error) => {
                let words = match &error {
                    ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. } => {
                        format!("GitHub does not let the App cancel its run: {message}")
                    }
                    _ => return Err(error.into()),
                };
                Err(DriverError::refused(words).caused_by(error))
            }
        }
    }

    async fn jobs(&self, id: u64) -> Result<Vec<Job>, DriverError> {
        let asked = self.ctx.api.workflow_jobs(self.installation(), self.name(), id).await?;
        let mut jobs: Vec<Job> = asked.into_iter().map(job).collect();
        jobs.sort_by_key(|job| job.at.unwrap_or(UnixMillis::MAX));
        Ok(jobs)
    }

    async fn application_trees(&self, commit: CommitId) -> Result<BTreeMap<String, TreeId>, DriverError> {
        let found = async {
            let mirror = self.ctx.mirror(self.repository).await?;
            if mirror.exists() && matches!(mirror.repository().tree(commit).await, Ok(Some(_))) {
                return Ok(application_trees(&mirror.repository(), commit).await?);
            }
            let fetched = mirror.fetched(&[]).await?;
            Ok::<_, WorkError>(application_trees(&fetched, commit).await?)
        };
        found.await.map_err(|error| {
            DriverError::later("the files of the commit cannot be read now").caused_by(error.failure)
        })
    }

    async fn tip_of(&self, branch: &BranchName) -> Result<Option<CommitId>, DriverError> {
        let found = async {
            let fetched = self.ctx.mirror(self.repository).await?.fetched(&[]).await?;
            Ok::<_, WorkError>(fetched.branch(branch).await?)
        };
        found.await.map_err(|error| {
            DriverError::later(format!("it cannot be seen now where {branch} is")).caused_by(error.failure)
        })
    }

    async fn prepare_push(&self, push: &Push<'_>) -> Result<Result<CommitId, GitSaid>, DriverError> {
        platform_push::prepare(self.ctx, self.repository, push).await
    }

    async fn push(&self, push: &Push<'_>, commit: CommitId) -> Result<GitSaid, DriverError> {
        platform_push::push(push, commit).await
    }
}

fn state(status: Option<&str>, conclusion: Option<&str>) -> RunState {
    match (status, conclusion) {
        (Some("completed"), Some("success" | "skipped" | "neutral")) => RunState::Succeeded,
        (Some("completed"), how) => RunState::Ended(how.unwrap_or("no conclusion").to_owned()),
        (Some("in_progress"), _) => RunState::Running,
        // For somebody who approves it, as environments with reviewers ask for.
        (Some("waiting"), _) => RunState::Waiting,
        _ => RunState::Queued,
    }
}

fn run(run: WorkflowRunJson) -> Run {
    Run {
        id: run.id,
        state: match (state(run.status.as_deref(), run.conclusion.as_deref()), run.conclusion.as_deref()) {
            // Of a job that does not apply it is no failure; where the whole run did nothing, nothing was deployed.
            (RunState::Succeeded, Some(how @ ("skipped" | "neutral"))) => RunState::Ended(how.to_owned()),
            (state, _) => state,
        },
        title: run.display_title.unwrap_or_default(),
        url: run.html_url,
        changed_at: run.updated_at.into(),
        by: run.actor.map(|actor| actor.login),
    }
}

fn job(job: WorkflowJobJson) -> Job {
    let failed = |step: &&crate::github::WorkflowStepJson| step.conclusion.as_deref() == Some("failure");
    Job {
        state: state(Some(&job.status), job.conclusion.as_deref()),
        failed_step: job.steps.iter().find(failed).map(|step| step.name.clone()),
        at: job.completed_at.or(job.started_at).map(Into::into),
        name: job.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_did_nothing_has_deployed_nothing() {
        let state = |status: &str, conclusion: Option<&str>| {
            let read = serde_json::json!({
                "id": 7, "status": status, "conclusion": conclusion, "display_title": "Deploy",
                "html_url": "https://github.example/run/7", "updated_at": "2026-01-05T08:00:00Z",
                "created_at": "2026-01-05T08:00:00Z", "actor": { "login": "ana" },
            });
            run(serde_json::from_value(read).unwrap()).state
        };
        assert_eq!(state("completed", Some("success")), RunState::Succeeded);
        for nothing in ["skipped", "neutral", "cancelled", "failure", "stale"] {
            assert_eq!(state("completed", Some(nothing)), RunState::Ended(nothing.to_owned()), "{nothing}");
        }
        assert_eq!(state("waiting", None), RunState::Waiting);
        assert_eq!(state("queued", None), RunState::Queued);
    }
}
