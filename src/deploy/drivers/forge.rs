//! GitHub, as drivers see it.

use super::DriverError;
use crate::deploy::DeployReport;
use crate::model::{CommitId, SharedError, TreeId, UnixMillis};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// What drivers need of GitHub, in one repository.
#[async_trait]
pub trait Forge: Send + Sync {
    /// What was said of a Deployment by others than the App, the oldest first.
    async fn said_of(&self, deployment: u64) -> Result<Vec<DeployReport>, DriverError>;

    /// Dispatches a workflow on a branch. Answers its run where the server tells it.
    ///
    /// # Errors
    /// [`ForgeError`] tells what cannot be done from what may be tried again.
    async fn dispatch(
        &self,
        file: &str,
        branch: &str,
        inputs: &BTreeMap<&'static str, String>,
    ) -> Result<Option<u64>, ForgeError>;

    /// The runs of a workflow that were dispatched since a moment, the newest first.
    async fn dispatched_since(&self, file: &str, since: UnixMillis) -> Result<Vec<Run>, DriverError>;

    /// One run; `None` where there is none any more, which only happens once it has ended.
    async fn run(&self, run: u64) -> Result<Option<Run>, DriverError>;

    /// Asks to have a run end, which takes a while. One that has ended already is none to complain of.
    ///
    /// # Errors
    /// [`DriverError::Refused`] where GitHub does not let the App do it.
    async fn cancel(&self, run: u64) -> Result<(), DriverError>;

    /// The jobs of a run, in the order in which they began.
    async fn jobs(&self, run: u64) -> Result<Vec<Job>, DriverError>;

    /// git's trees of the folders of the applications that a commit of a Commerce project describes, by their names.
    async fn application_trees(&self, commit: CommitId) -> Result<BTreeMap<String, TreeId>, DriverError>;
}

/// Why GitHub did not dispatch a workflow.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ForgeError {
    /// There is no such workflow, or the App may not see it.
    #[error("there is no such workflow")]
    NotFound(#[source] SharedError),
    /// GitHub does not take it.
    #[error("GitHub does not dispatch the workflow")]
    Refused {
        /// GitHub's words.
        message: String,
        /// Its answer.
        source: SharedError,
    },
    /// The App may not.
    #[error("the App may not dispatch workflows")]
    Forbidden(#[source] SharedError),
    /// Something else.
    #[error(transparent)]
    Other(#[from] DriverError),
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// GitHub's number.
    pub id: u64,
    /// How it stands.
    pub state: RunState,
    /// The line by which people see it.
    pub title: String,
    /// Where people see it.
    pub url: String,
    /// When it last changed.
    pub changed_at: UnixMillis,
    /// Who or what started it.
    pub by: Option<String>,
}

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: RunState,
    /// The step that failed.
    pub failed_step: Option<String>,
    /// When it began, or ended if it has.
    pub at: Option<UnixMillis>,
}

/// How a run or a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Nothing has begun.
    Queued,
    /// It waits for somebody's approval.
    Waiting,
    /// It is under way.
    Running,
    /// It has ended well, or there was nothing to do.
    Succeeded,
    /// It has ended otherwise, in GitHub's word for how: `failure`, `cancelled`.
    Ended(String),
}
