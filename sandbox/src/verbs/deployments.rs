//! Deployments, as people see them and as a deployer reports on them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::deploys::{self, NewStatus};
use crate::hub::Hub;
use crate::model::Deployment;

/// A deployment.
#[derive(Debug, Clone)]
pub struct DeploymentHandle {
    hub: Arc<Hub>,
    id: u64,
}

/// A status of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusState {
    /// Its id.
    pub id: u64,
    /// `queued`, `in_progress`, `success`, …
    pub state: String,
    /// The environment it names.
    pub environment: String,
    /// What was said with it; may be empty.
    pub description: String,
    /// Where the log is; may be empty.
    pub log_url: String,
    /// Where the environment is; may be empty.
    pub environment_url: String,
    /// Login of the person or bot that reported it.
    pub creator: String,
    /// When it was reported.
    pub created_at: DateTime<Utc>,
}

impl DeploymentHandle {
    pub(crate) const fn new(hub: Arc<Hub>, id: u64) -> Self {
        Self { hub, id }
    }

    fn read<T: Default>(&self, look: impl FnOnce(&Deployment) -> T) -> T {
        self.hub.with(|world| world.deployments.get(&self.id).map(look).unwrap_or_default())
    }

    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The commit that is deployed.
    pub fn sha(&self) -> String {
        self.read(|found| found.sha.clone())
    }

    /// The branch, tag or SHA that was asked for.
    pub fn git_ref(&self) -> String {
        self.read(|found| found.git_ref.clone())
    }

    /// Where it is deployed to.
    pub fn environment(&self) -> String {
        self.read(|found| found.environment.clone())
    }

    /// What its maker said of it.
    pub fn description(&self) -> Option<String> {
        self.read(|found| found.description.clone())
    }

    /// Its task, mostly `deploy`.
    pub fn task(&self) -> String {
        self.read(|found| found.task.clone())
    }

    /// What its maker gave along, an object or a string.
    pub fn payload(&self) -> Value {
        self.read(|found| found.payload.clone())
    }

    /// Login of the person or bot that made it.
    pub fn creator_login(&self) -> String {
        let creator = self.read(|found| found.creator);
        self.hub.with(|world| world.login(creator))
    }

    /// What was reported last.
    pub fn state(&self) -> Option<String> {
        self.read(|found| found.state().map(str::to_owned))
    }

    /// What was reported of it, oldest first.
    pub fn statuses(&self) -> Vec<StatusState> {
        self.hub.with(|world| {
            let found = world.deployments.get(&self.id).into_iter();
            let all = found.flat_map(|found| &found.statuses);
            all.map(|status| StatusState {
                id: status.id,
                state: status.state.clone(),
                environment: status.environment.clone(),
                description: status.description.clone(),
                log_url: status.log_url.clone(),
                environment_url: status.environment_url.clone(),
                creator: world.login(status.creator),
                created_at: status.created_at,
            })
            .collect()
        })
    }

    /// How long ago it was made.
    pub fn age(&self) -> TimeDelta {
        self.hub.with(|world| {
            let made = world.deployments.get(&self.id).map(|found| found.created_at);
            made.map_or_else(TimeDelta::zero, |made| world.now - made)
        })
    }

    /// Somebody reports how it goes: `in_progress`, `success`, `failure`, …
    pub fn status(&self, state: &str) -> ReportStatus {
        ReportStatus {
            deployment: self.clone(),
            new: NewStatus { state: state.to_owned(), ..NewStatus::default() },
            by: SOMEBODY.to_owned(),
        }
    }
}

impl RepoHandle {
    /// All deployments, oldest first.
    pub fn deployments(&self) -> Vec<DeploymentHandle> {
        let ids: Vec<u64> =
            self.hub.with(|world| world.deployments_of(self.id).map(|found| found.id).collect());
        ids.into_iter().map(|id| DeploymentHandle::new(Arc::clone(&self.hub), id)).collect()
    }
}

/// A status to be reported.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct ReportStatus {
    deployment: DeploymentHandle,
    new: NewStatus,
    by: String,
}

impl ReportStatus {
    /// Says more; up to 140 characters.
    pub fn description(mut self, text: &str) -> Self {
        text.clone_into(&mut self.new.description);
        self
    }

    /// Where the log is.
    pub fn log_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.new.log_url);
        self
    }

    /// Where the environment is.
    pub fn environment_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.new.environment_url);
        self
    }

    /// Leaves earlier deployments to the same environment as they are.
    pub const fn keeping_others(mut self) -> Self {
        self.new.keep_others = true;
        self
    }

    async fn run(self) -> Result<(), Refused> {
        let hub = &self.deployment.hub;
        let sender = hub.with(|world| world.person(&self.by));
        deploys::report(hub, self.deployment.id, self.new, Actor::person(sender)).map(drop)
    }
}

by_whom!(ReportStatus);
sentence!(ReportStatus => ());
