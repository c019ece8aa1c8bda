//! Who carries the deploys of an environment out, made of what the project asks for and the operator allows.

use super::context::EngineContext;
use super::entries::{Entries, NOT_CONFIRMED, Standing};
use crate::deploy::drivers::forge::{Forge, ForgeError, Job, Run, RunState};
use crate::deploy::drivers::programs::{Checkout, Commands, ProgramDriver};
use crate::deploy::drivers::webhook::{Caller, SigningKey, SystemResolver};
use crate::deploy::drivers::{self, DeployRequest, Driver, DriverError, Means};
use crate::deploy::operator::{Allowed, Operator};
use crate::deploy::{DeployReport, Endpoint};
use crate::github::{ApiError, RetryAdvice, SaidStatus, Secret, WorkflowJob, WorkflowRun};
use crate::lineage::{self, GitError};
use crate::model::{DriverSettings, Environment, InstallationId, Millis, RepositoryId};
use crate::store::RepositoryRow;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Where people and programs call back, behind the server's own address.
pub const REPORTS_PATH: &str = "/webhooks/deploys";

/// Where the logs of deploys by programs are shown.
pub const LOGS_PATH: &str = "/deploys";

/// How long one call to an address of the operator's may take.
const CALL_WITHIN: Duration = Duration::from_secs(10);

/// Looks up a variable of the server's environment.
pub type Variables = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the operator allows and holds for deploys.
#[derive(Clone)]
pub struct Deploying {
    /// What is allowed for each repository.
    pub operator: Operator,
    /// Where the server is reached from outside, without a slash at its end.
    pub public_url: Option<String>,
    /// Where secrets are looked up that lie in the environment.
    pub variables: Variables,
    /// What all builds that are kept may take, in bytes; `None` for 10 GB.
    pub slug_bytes: Option<u64>,
}

impl Default for Deploying {
    fn default() -> Self {
        Self {
            operator: Operator::default(),
            public_url: None,
            variables: Arc::new(|_| None),
            slug_bytes: None,
        }
    }
}

impl std::fmt::Debug for Deploying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deploying").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// The means of the drivers, for as long as the server runs.
pub(super) struct DeployDrivers {
    pub(super) deploying: Deploying,
    /// Which repository each entry of the operator's file is for.
    pub(super) entries: Entries,
    caller: Caller,
    /// Marks the addresses of logs.
    secret: Option<Secret>,
    /// The operator's own programs.
    pub(super) commands: Commands,
}

impl DeployDrivers {
    pub(super) fn new(
        deploying: Deploying,
        entries: Entries,
        secret: Option<Secret>,
        commands: Commands,
    ) -> Self {
        Self {
            deploying,
            entries,
            caller: Caller::new(Arc::new(SystemResolver), CALL_WITHIN),
            secret,
            commands,
        }
    }

    /// Where the log of a deploy by programs is shown: to whoever was given the address. `None` where the server's own
    /// address is not known.
    pub(super) fn log_url(&self, key: &str) -> Option<String> {
        let base = self.deploying.public_url.as_ref()?;
        Some(format!("{base}{LOGS_PATH}/{key}/{}", self.secret.as_ref()?.mark(key)))
    }

    fn secret(&self, allowed: &Allowed, name: &str) -> Result<String, String> {
        let place = allowed.secrets.get(name);
        let place =
            place.ok_or_else(|| format!("the operator holds no secret {name:?} for this repository"))?;
        place.read(|variable| (self.deploying.variables)(variable))
    }
}

impl EngineContext {
    /// Whether the operator's file has programs for this environment. Also where they are another repository's: this one
    /// gets none, but is not deployed by other means instead.
    pub(super) fn has_programs(&self, repository: &RepositoryRow, environment: &Environment) -> bool {
        match self.drivers.entries.standing(repository) {
            Standing::Unnamed => false,
            Standing::Holds(_, entry) | Standing::Unsettled(_, entry) | Standing::Refused(_, entry) => {
                entry.programs(&environment.name).is_some()
            }
        }
    }

    fn allowed(&self, repository: &RepositoryRow) -> Result<Option<&Allowed>, String> {
        match self.drivers.entries.standing(repository) {
            Standing::Unnamed => Ok(None),
            Standing::Holds(_, entry) => Ok(Some(entry)),
            Standing::Unsettled(..) | Standing::Refused(..) => Err(NOT_CONFIRMED.to_owned()),
        }
    }

    /// The operator's programs for an environment.
    ///
    /// # Errors
    /// In words for people: what is missing, and who can add it.
    pub(super) fn programs_driver<'a>(
        &'a self,
        repository: &'a RepositoryRow,
        environment: &Environment,
    ) -> Result<Arc<dyn Driver + 'a>, String> {
        let name = &environment.name;
        let driver = self.allowed(repository)?.and_then(|it| self.programs(it, repository, environment));
        let driver =
            driver.ok_or_else(|| format!("the operator of Towpath has no programs for {name:?} any more"))?;
        Ok(Arc::new(driver))
    }

    /// Who carries deploys out where the repository says it.
    ///
    /// # Errors
    /// In words for people: what is missing, and who can add it.
    pub(super) fn driver<'a>(
        &'a self,
        repository: &'a RepositoryRow,
        settings: &DriverSettings,
    ) -> Result<Arc<dyn Driver + 'a>, String> {
        drivers::driver(settings, &OneRepository { ctx: self, repository })
    }

    /// The operator's programs for an environment, where there are any.
    fn programs(
        &self,
        allowed: &Allowed,
        repository: &RepositoryRow,
        environment: &Environment,
    ) -> Option<ProgramDriver> {
        let programs = allowed.programs(&environment.name)?;
        let (places, variables) = (allowed.secrets.clone(), Arc::clone(&self.drivers.deploying.variables));
        let named = programs.secrets.clone();
        let secrets = Arc::new(move || {
            let read = |name: &String| match places.get(name) {
                Some(place) => place.read(|variable| variables(variable)),
                None => Err(format!("the operator holds no secret {name:?} for this repository")),
            };
            named.iter().map(|(variable, name)| Ok((variable.clone(), read(name)?))).collect()
        });
        let files = Arc::new(Files { ctx: self.this.clone(), repository: repository.id });
        Some(self.drivers.commands.driver(programs, secrets, files))
    }

    /// The build steps of the operator's programs, and under which names they see the repository's settings, as a slug's
    /// name knows them.
    pub(super) fn build_steps(
        &self,
        repository: &RepositoryRow,
        environment: &Environment,
    ) -> Option<String> {
        let programs = self.drivers.entries.allowed(repository)?.programs(&environment.name)?;
        let steps: Vec<_> = programs.build.iter().map(|step| &step.run).collect();
        let settings = &environment.deploy.build_settings;
        if settings.is_empty() {
            return serde_json::to_string(&steps).ok();
        }
        serde_json::to_string(&(steps, programs.allow_settings.variables(settings))).ok()
    }

    /// An address that the operator allows, and what signs what is sent there.
    pub(super) fn endpoint(
        &self,
        repository: &RepositoryRow,
        name: &str,
        secret: Option<&str>,
    ) -> Result<(&Endpoint, SigningKey), String> {
        let found = self.allowed(repository)?.and_then(|it| Some((it, it.endpoints.get(name)?)));
        let (allowed, endpoint) = found.ok_or_else(|| {
            format!("the operator of Towpath allows no address {name:?} for this repository")
        })?;
        let secret = secret.or(endpoint.secret.as_deref()).unwrap_or(name);
        let text = self.drivers.secret(allowed, secret)?;
        let key =
            SigningKey::read(&text).map_err(|error| format!("the secret {secret:?} cannot sign: {error}"))?;
        Ok((endpoint, key))
    }
}

/// The files of commits, for programs.
struct Files {
    ctx: Weak<EngineContext>,
    repository: RepositoryId,
}

#[async_trait]
impl Checkout for Files {
    async fn check_out(&self, order: &DeployRequest, into: &Path) -> Result<(), DriverError> {
        let ctx = self.ctx.upgrade().ok_or_else(|| DriverError::Later("the server ends".to_owned()))?;
        // As it is now: it may have been renamed since the deploy began.
        let repository = ctx.store.repository(self.repository).await;
        let repository = repository.map_err(|error| DriverError::Later(error.to_string()))?;
        let repository = repository
            .ok_or_else(|| DriverError::Later("the repository is not known any more".to_owned()))?;
        let token = ctx.api.git_token(repository.installation).await;
        let token = token.map_err(|error| in_drivers_words(&error))?;
        let remote = ctx.remote(&repository, &token).await;
        let remote = remote.map_err(|error| in_drivers_words(&error))?;
        match lineage::check_out(&remote, order.deploy.commit, into).await {
            Ok(()) => Ok(()),
            Err(error @ GitError::NoSuchCommit { .. }) => Err(DriverError::Refused(error.to_string())),
            Err(error) => {
                // A token that is refused looks like any other failure of git's.
                ctx.api.forget_git_token(repository.installation).await;
                Err(DriverError::Later(error.to_string()))
            }
        }
    }
}

/// The logs of deploys by programs.
#[derive(Clone)]
pub struct Logs(pub(super) Arc<EngineContext>);

impl Logs {
    /// The log of a deploy, if the mark is the one that its address was given.
    pub async fn open(&self, key: &str, mark: &str) -> Option<File> {
        let drivers = &self.0.drivers;
        if !drivers.secret.as_ref()?.has_marked(key, mark) {
            return None;
        }
        drivers.commands.open_log(key).await.ok()
    }
}

/// GitHub and the operator's means, as drivers see them, in one repository.
#[derive(Clone, Copy)]
struct OneRepository<'a> {
    ctx: &'a EngineContext,
    repository: &'a RepositoryRow,
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

    fn endpoint(&self, name: &str, secret: Option<&str>) -> Result<(&'a Endpoint, SigningKey), String> {
        self.ctx.endpoint(self.repository, name, secret)
    }

    fn caller(&self) -> &'a Caller {
        &self.ctx.drivers.caller
    }

    fn report_url(&self) -> Option<String> {
        let base = self.ctx.drivers.deploying.public_url.as_ref()?;
        Some(format!("{base}{REPORTS_PATH}"))
    }

    fn now(&self) -> Millis {
        self.ctx.now()
    }
}

fn in_drivers_words(error: &ApiError) -> DriverError {
    match error.retry_advice() {
        RetryAdvice::NotBefore(at) => DriverError::NotBefore(at),
        RetryAdvice::TryLater | RetryAdvice::GiveUp => DriverError::Later(error.to_string()),
    }
}

#[async_trait]
impl Forge for OneRepository<'_> {
    async fn said_of(&self, deployment: u64) -> Result<Vec<DeployReport>, DriverError> {
        let said = self.ctx.api.deployment_statuses(self.installation(), self.name(), deployment).await;
        let said = said.map_err(|error| in_drivers_words(&error))?;
        // Where GitHub does not tell the App, its own statuses are known by who has made the Deployment.
        let mut made = None;
        if !said.iter().all(SaidStatus::tells_its_app) {
            let asked = self.ctx.api.deployment(self.installation(), self.name(), deployment).await;
            made = Some(asked.map_err(|error| in_drivers_words(&error))?);
        }
        let by_others = |status: &&SaidStatus| match &made {
            Some(made) => self.ctx.api.was_said_by_others(made, status),
            None => !self.ctx.api.said_it(status),
        };
        Ok(said.iter().filter(by_others).filter_map(super::work_items::report_of).collect())
    }

    async fn dispatch(
        &self,
        file: &str,
        branch: &str,
        inputs: &BTreeMap<&'static str, String>,
    ) -> Result<Option<u64>, ForgeError> {
        let asked =
            self.ctx.api.dispatch_workflow(self.installation(), self.name(), (file, branch), inputs).await;
        asked.map_err(|error| match error {
            ApiError::NotFound { .. } => ForgeError::NotFound,
            ApiError::Refused { message, .. } => ForgeError::Refused(message),
            ApiError::Forbidden { message, .. } => ForgeError::Forbidden(message),
            other => ForgeError::Other(in_drivers_words(&other)),
        })
    }

    async fn dispatched_since(&self, file: &str, since: Millis) -> Result<Vec<Run>, DriverError> {
        let since = chrono::DateTime::from_timestamp_millis(since).unwrap_or_default();
        let runs = self.ctx.api.dispatched_runs(self.installation(), self.name(), file, since).await;
        Ok(runs.map_err(|error| in_drivers_words(&error))?.into_iter().map(run).collect())
    }

    async fn run(&self, id: u64) -> Result<Option<Run>, DriverError> {
        match self.ctx.api.workflow_run(self.installation(), self.name(), id).await {
            Ok(found) => Ok(Some(run(found))),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(in_drivers_words(&error)),
        }
    }

    async fn cancel(&self, id: u64) -> Result<(), DriverError> {
        match self.ctx.api.cancel_run(self.installation(), self.name(), id).await {
            Ok(()) | Err(ApiError::Refused { status: 409, .. } | ApiError::NotFound { .. }) => Ok(()),
            Err(ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. }) => {
                Err(DriverError::Refused(format!("GitHub does not let the App cancel its run: {message}")))
            }
            Err(error) => Err(in_drivers_words(&error)),
        }
    }

    async fn jobs(&self, id: u64) -> Result<Vec<Job>, DriverError> {
        let asked = self.ctx.api.workflow_jobs(self.installation(), self.name(), id).await;
        let mut jobs: Vec<Job> =
            asked.map_err(|error| in_drivers_words(&error))?.into_iter().map(job).collect();
        jobs.sort_by_key(|job| job.at.unwrap_or(Millis::MAX));
        Ok(jobs)
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

fn run(run: WorkflowRun) -> Run {
    Run {
        id: run.id,
        state: match (state(run.status.as_deref(), run.conclusion.as_deref()), run.conclusion.as_deref()) {
            // Of a job that does not apply it is no failure; where the whole run did nothing, nothing was deployed.
            (RunState::Succeeded, Some(how @ ("skipped" | "neutral"))) => RunState::Ended(how.to_owned()),
            (state, _) => state,
        },
        title: run.display_title.unwrap_or_default(),
        url: run.html_url,
        changed_at: run.updated_at.timestamp_millis(),
        by: run.actor.map(|actor| actor.login),
    }
}

fn job(job: WorkflowJob) -> Job {
    let failed = |step: &&crate::github::WorkflowStep| step.conclusion.as_deref() == Some("failure");
    Job {
        state: state(Some(&job.status), job.conclusion.as_deref()),
        failed_step: job.steps.iter().find(failed).map(|step| step.name.clone()),
        at: job.completed_at.or(job.started_at).map(|at| at.timestamp_millis()),
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
