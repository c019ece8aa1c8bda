//! Workflows and their runs.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::World;

/// A workflow on the default branch.
#[derive(Debug, Clone)]
pub(crate) struct Workflow {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    /// The file's name, without its folder.
    pub(crate) file: String,
    /// The inputs it takes.
    pub(crate) inputs: Vec<String>,
    /// Whether it can be dispatched.
    pub(crate) dispatch: bool,
    /// The input whose value its runs are called by.
    pub(crate) echoes: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

/// A run of a workflow.
#[derive(Debug, Clone)]
pub(crate) struct WorkflowRun {
    pub(crate) id: u64,
    pub(crate) repository: u64,
    pub(crate) workflow: u64,
    /// Its number among the runs of its workflow, from 1.
    pub(crate) number: u64,
    pub(crate) suite: u64,
    /// `workflow_dispatch`, `push`, …
    pub(crate) event: String,
    pub(crate) branch: String,
    pub(crate) sha: String,
    pub(crate) head_commit: Value,
    pub(crate) inputs: BTreeMap<String, String>,
    /// `queued`, `waiting`, `in_progress` or `completed`.
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) actor: u64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) jobs: Vec<Job>,
    /// Somebody asked to have it cancelled, and it is not over yet.
    pub(crate) cancelled: bool,
    /// When its cancelling takes effect by itself.
    pub(crate) cancel_due: Option<DateTime<Utc>>,
    /// The deployment a job of it waits with.
    pub(crate) waits: Option<u64>,
    /// What apps said about the waiting job, oldest first.
    pub(crate) reviews: Vec<Review>,
}

/// What happens when somebody asks to cancel a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelling {
    /// The run is over before the answer is there.
    AtOnce,
    /// It is taken, and carried out after that time by the stand-in's clock.
    After(TimeDelta),
    /// It is taken, and carried out when somebody says so ([`crate::RunHandle::stops`]), if ever.
    OnDemand,
    /// It is refused with 403.
    Refused,
}

/// A job of a run.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// `queued`, `waiting`, `in_progress` or `completed`.
    pub(crate) status: String,
    pub(crate) conclusion: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    /// The deployment that was made because it names an environment.
    pub(crate) deployment: Option<u64>,
    /// What it has printed.
    pub(crate) log: String,
}

/// An address of the storage for logs: whoever has it may read, for a minute.
#[derive(Debug, Clone)]
pub(crate) struct LogAddress {
    pub(crate) run: u64,
    pub(crate) job: u64,
    pub(crate) ends_at: DateTime<Utc>,
}

/// What an app said about a job that waits for an environment.
#[derive(Debug, Clone)]
pub(crate) struct Review {
    pub(crate) app: u64,
    pub(crate) environment: String,
    /// `approved`, `rejected`, or nothing but a comment.
    pub(crate) state: Option<String>,
    pub(crate) comment: String,
}

impl Workflow {
    /// Where its file lies.
    pub(crate) fn path(&self) -> String {
        format!(".github/workflows/{}", self.file)
    }

    /// Its name: that of its file without the ending.
    pub(crate) fn name(&self) -> &str {
        self.file.rsplit_once('.').map_or(self.file.as_str(), |(name, _)| name)
    }

    /// What a run of it is called by.
    pub(crate) fn title<'a>(&'a self, run: &'a WorkflowRun) -> &'a str {
        let echoed = self.echoes.as_ref().and_then(|input| run.inputs.get(input));
        echoed.map_or_else(|| self.name(), String::as_str)
    }
}

impl World {
    /// A job of a repository, with its run.
    pub(crate) fn job(&self, repository: u64, id: u64) -> Option<(&WorkflowRun, &Job)> {
        let own = self.workflow_runs.values().filter(|run| run.repository == repository);
        own.flat_map(|run| run.jobs.iter().map(move |job| (run, job))).find(|(_, job)| job.id == id)
    }

    /// A repository's workflow by its file's name or its id.
    pub(crate) fn workflow(&self, repository: u64, name: &str) -> Option<&Workflow> {
        let mut own = self.workflows.values().filter(|workflow| workflow.repository == repository);
        own.find(|workflow| workflow.file == name || workflow.id.to_string() == name)
    }
}
