//! What happens to pull requests on their way out: merge groups and deploys.

use std::sync::Arc;

use super::{CheckHandle, DeploymentHandle, PullHandle, RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::deploys::{self, NewDeployment, NewStatus};
use crate::acts::queue::{self, MergeGroup};

impl RepoHandle {
    /// Somebody deploys a branch to [`ReportDeploy::to`], and says how it went: well, unless told otherwise.
    pub fn deploy(&self, branch: &str) -> ReportDeploy {
        ReportDeploy {
            repository: self.clone(),
            branch: branch.to_owned(),
            environment: branch.to_owned(),
            state: "success".to_owned(),
            workflow: None,
            by: SOMEBODY.to_owned(),
        }
    }

    /// A merge queue puts pull requests together, on top of a branch, and asks for checks of the result.
    pub fn merge_group<'a>(&self, base: &str, pulls: impl IntoIterator<Item = &'a PullHandle>) -> FormGroup {
        FormGroup {
            repository: self.clone(),
            base: base.to_owned(),
            numbers: pulls.into_iter().map(PullHandle::number).collect(),
            by: SOMEBODY.to_owned(),
        }
    }

    /// The newest check of this name on a commit.
    pub fn check_on(&self, commit: &str, name: &str) -> Option<CheckHandle> {
        let id = self.hub.with(|world| {
            let own = world.runs.values().filter(|run| run.repository == self.id);
            own.filter(|run| run.head_sha == commit && run.name == name).map(|run| run.id).max()
        });
        id.map(|id| CheckHandle::new(Arc::clone(&self.hub), id))
    }
}

/// A deploy to report on.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct ReportDeploy {
    repository: RepoHandle,
    branch: String,
    environment: String,
    state: String,
    workflow: Option<String>,
    by: String,
}

impl ReportDeploy {
    /// It is a job of this workflow that names the environment, if only for its secrets.
    pub fn by_job_of(mut self, file: &str) -> Self {
        self.workflow = Some(file.to_owned());
        self
    }

    /// The environment; called like the branch otherwise.
    pub fn to(mut self, environment: &str) -> Self {
        environment.clone_into(&mut self.environment);
        self
    }

    /// How it went: `failure`, `in_progress` and the like.
    pub fn ends(mut self, state: &str) -> Self {
        state.clone_into(&mut self.state);
        self
    }

    async fn run(self) -> Result<DeploymentHandle, Refused> {
        if let Some(file) = &self.workflow {
            let run = self.repository.run_of(file).on(&self.branch).by(&self.by).await?;
            let job = run.job("job");
            let deployment = job.comes_to(&self.environment).await?;
            match self.state.as_str() {
                "in_progress" => job.begins().await?,
                conclusion => job.ends(conclusion).await?,
            }
            return Ok(deployment);
        }
        let sha = self.repository.tip(&self.branch).ok_or_else(Refused::not_found)?;
        let sender = self.repository.hub.with(|world| world.person(&self.by));
        let (hub, actor) = (self.repository.hub, Actor::person(sender));
        let new = NewDeployment::new(&sha, &self.branch, &self.environment);
        let id = deploys::create(&hub, self.repository.id, new, actor)?;
        deploys::report(&hub, id, NewStatus { state: self.state, ..NewStatus::default() }, actor)?;
        Ok(DeploymentHandle::new(hub, id))
    }
}

/// A merge group to be formed.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct FormGroup {
    repository: RepoHandle,
    base: String,
    numbers: Vec<u64>,
    by: String,
}

impl FormGroup {
    async fn run(self) -> Result<MergeGroup, Refused> {
        let sender = self.repository.hub.with(|world| world.person(&self.by));
        queue::group(&self.repository.hub, self.repository.id, &self.base, &self.numbers, sender).await
    }
}

by_whom!(ReportDeploy, FormGroup);
sentence!(ReportDeploy => DeploymentHandle, FormGroup => MergeGroup);
