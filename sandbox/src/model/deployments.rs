//! Deployments, and what was reported of them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{World, folded};

/// That a commit goes to an environment.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) sha: String,
    /// The branch, tag or SHA that was asked for.
    pub(crate) git_ref: String,
    pub(crate) task: String,
    /// An object or a string, as it was given.
    pub(crate) payload: Value,
    /// The environment; a status may change it.
    pub(crate) environment: String,
    pub(crate) original_environment: String,
    pub(crate) description: Option<String>,
    pub(crate) creator: u64,
    /// The app that made it, if one did.
    pub(crate) app: Option<u64>,
    /// The run and its job that GitHub made it for, if a job's environment was the reason.
    pub(crate) job: Option<(u64, u64)>,
    pub(crate) transient: bool,
    pub(crate) production: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// Oldest first.
    pub(crate) statuses: Vec<DeploymentStatus>,
}

/// How a deployment goes, as somebody reported it.
#[derive(Debug, Clone)]
pub(crate) struct DeploymentStatus {
    pub(crate) id: u64,
    pub(crate) state: String,
    pub(crate) environment: String,
    pub(crate) description: String,
    pub(crate) log_url: String,
    pub(crate) environment_url: String,
    pub(crate) creator: u64,
    pub(crate) app: Option<u64>,
    pub(crate) created_at: DateTime<Utc>,
}

impl Deployment {
    /// What was reported last.
    pub(crate) fn state(&self) -> Option<&str> {
        self.statuses.last().map(|status| status.state.as_str())
    }

    /// Whether it goes to that environment, however that is spelled.
    pub(crate) fn goes_to(&self, environment: &str) -> bool {
        folded(&self.environment) == folded(environment)
    }
}

impl World {
    /// The deployments of a repository, oldest first.
    pub(crate) fn deployments_of(&self, repository: u64) -> impl DoubleEndedIterator<Item = &Deployment> {
        self.deployments.values().filter(move |deployment| deployment.repository == repository)
    }
}
