//! Jobs, as runners carry them out and reviewers let them, and the runs that people cause.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DeploymentHandle, RepoHandle, RunHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::actions::{self, NewRun};
use crate::acts::{Actor, jobs};

/// A job of a run.
#[derive(Debug, Clone)]
pub struct JobHandle {
    run: RunHandle,
    name: String,
}

impl RunHandle {
    /// A job of it, by its name; it is there once it begins or comes to an environment.
    pub fn job(&self, name: &str) -> JobHandle {
        JobHandle { run: self.clone(), name: name.to_owned() }
    }
}

impl JobHandle {
    /// It names an environment and is about to begin: GitHub makes a deployment for it and reports on
    /// that from now on. Where the environment has reviewers, the job waits for them.
    pub async fn comes_to(&self, environment: &str) -> Result<DeploymentHandle, Refused> {
        let hub = &self.run.hub;
        let id = hub.with(|world| jobs::come(world, self.run.id, &self.name, environment))?;
        Ok(DeploymentHandle::new(Arc::clone(hub), id))
    }

    /// A reviewer lets it into its environment; a runner may take it up now.
    pub async fn is_approved(&self) -> Result<(), Refused> {
        self.run.hub.with(|world| jobs::review(world, self.run.id, &self.name, true))
    }

    /// A reviewer keeps it out of its environment, which is the end of its run.
    pub async fn is_rejected(&self) -> Result<(), Refused> {
        self.run.hub.with(|world| jobs::review(world, self.run.id, &self.name, false))
    }

    /// A runner takes it up, and with it the run.
    pub async fn begins(&self) -> Result<(), Refused> {
        self.run.hub.with(|world| jobs::take(world, self.run.id, &self.name))
    }

    /// It prints this into its log, a line each.
    pub async fn prints(&self, text: &str) -> Result<(), Refused> {
        self.run.hub.with(|world| jobs::print(world, self.run.id, &self.name, text))
    }

    /// It is over: `success` or `failure`. The run goes on.
    pub async fn ends(&self, conclusion: &str) -> Result<(), Refused> {
        self.run.hub.with(|world| jobs::over(world, self.run.id, &self.name, conclusion))
    }
}

impl RepoHandle {
    /// Somebody causes a run of a workflow, by its file's name; by a push to the default branch unless
    /// told otherwise.
    pub fn run_of(&self, file: &str) -> CauseRun {
        CauseRun {
            repository: self.clone(),
            file: file.to_owned(),
            branch: None,
            event: "push".to_owned(),
            by: SOMEBODY.to_owned(),
        }
    }

    /// Says whether a person has to let each job into an environment.
    pub fn review_jobs(&self, environment: &str, on: bool) {
        self.hub.with(|world| world.environment(self.id, environment).reviewed = on);
    }
}

/// A run to be caused.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct CauseRun {
    repository: RepoHandle,
    file: String,
    branch: Option<String>,
    event: String,
    by: String,
}

impl CauseRun {
    /// The branch whose tip it runs on.
    pub fn on(mut self, branch: &str) -> Self {
        self.branch = Some(branch.to_owned());
        self
    }

    /// What made it run: `push`, `schedule`, …
    pub fn event(mut self, name: &str) -> Self {
        name.clone_into(&mut self.event);
        self
    }

    async fn run(self) -> Result<RunHandle, Refused> {
        let RepoHandle { hub, id } = self.repository.clone();
        let (actor, default) = hub.with(|world| {
            let default = world.repository(id).map(|found| found.default_branch.clone());
            (Actor::person(world.person(&self.by)), default.unwrap_or_default())
        });
        let branch = self.branch.unwrap_or(default);
        let sha = self.repository.resolve(&branch).await?;
        let workflow = actions::declare(&hub, id, &self.file);
        let inputs = BTreeMap::new();
        let new = NewRun { workflow, event: self.event, branch, sha, inputs, status: "queued" };
        let run = actions::start(&hub, new, actor).await?;
        Ok(RunHandle { hub, id: run })
    }
}

by_whom!(CauseRun);
sentence!(CauseRun => RunHandle);
