//! Workflows that are dispatched, and their runs.

use super::api::{Api, Call, Caller};
use super::calls::{QUERY, UserJson};
use super::error::ApiError;
use crate::model::{InstallationId, UnixMillis};
use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowRunJson {
    /// GitHub's number.
    pub id: u64,
    /// `queued`, `in_progress`, `completed`, and words for what it waits for.
    #[serde(default)]
    pub status: Option<String>,
    /// `success`, `failure`, `cancelled` and the like, once it is completed.
    #[serde(default)]
    pub conclusion: Option<String>,
    /// The line by which people see it: it can hold an input.
    #[serde(default)]
    pub display_title: Option<String>,
    /// Where people see it.
    pub html_url: String,
    /// When its present attempt began.
    #[serde(default)]
    pub run_started_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who or what started it.
    #[serde(default)]
    pub actor: Option<UserJson>,
}

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowJobJson {
    /// GitHub's number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// As in [`WorkflowRunJson`].
    pub status: String,
    /// As in [`WorkflowRunJson`].
    #[serde(default)]
    pub conclusion: Option<String>,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Its steps.
    #[serde(default)]
    pub steps: Vec<WorkflowStepJson>,
}

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowStepJson {
    /// Its name.
    pub name: String,
    /// As in [`WorkflowRunJson`].
    #[serde(default)]
    pub conclusion: Option<String>,
}

#[derive(Serialize)]
struct Dispatch<'a> {
    #[serde(rename = "ref")]
    branch: &'a str,
    inputs: &'a BTreeMap<&'static str, String>,
    return_run_details: bool,
}

#[derive(Deserialize)]
struct Dispatched {
    workflow_run_id: u64,
}

impl Api {
    /// Dispatches a workflow on a branch. Answers its run, where the server tells it.
    pub async fn dispatch_workflow(
        &self,
        id: InstallationId,
        repository: &str,
        (file, branch): (&str, &str),
        inputs: &BTreeMap<&'static str, String>,
    ) -> Result<Option<u64>, ApiError> {
        let path =
            format!("/repos/{repository}/actions/workflows/{}/dispatches", utf8_percent_encode(file, QUERY));
        let body = serde_json::to_value(Dispatch { branch, inputs, return_run_details: true })
            .map_err(|error| ApiError::unreadable(format!("POST {path}"), error))?;
        let call =
            Call { caller: Caller::Installation(id), method: Method::POST, path: &path, body: Some(body) };
        let answer = self.send(call).await?;
        // Older servers answer without a body.
        Ok(answer.read::<Dispatched>().ok().map(|it| it.workflow_run_id))
    }

    /// The runs of a workflow that were dispatched since a moment, the newest first.
    pub async fn dispatched_runs(
        &self,
        id: InstallationId,
        repository: &str,
        file: &str,
        since: UnixMillis,
    ) -> Result<Vec<WorkflowRunJson>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            workflow_runs: Vec<WorkflowRunJson>,
        }
        let since = format!(">={}", since.to_date().unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ"));
        let path = format!(
            "/repos/{repository}/actions/workflows/{}/runs?event=workflow_dispatch&created={}&per_page=100",
            utf8_percent_encode(file, QUERY),
            utf8_percent_encode(&since, QUERY)
        );
        let page: Page = self.get(Caller::Installation(id), &path).await?;
        Ok(page.workflow_runs)
    }

    /// A run.
    pub async fn workflow_run(
        &self,
        id: InstallationId,
        repository: &str,
        run: u64,
    ) -> Result<WorkflowRunJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/actions/runs/{run}")).await
    }

    /// Has a run end as soon as it can.
    ///
    /// # Errors
    /// [`ApiError::Refused`] with 409 where it has ended already.
    pub async fn cancel_run(&self, id: InstallationId, repository: &str, run: u64) -> Result<(), ApiError> {
        let path = format!("/repos/{repository}/actions/runs/{run}/cancel");
        let call = Call { caller: Caller::Installation(id), method: Method::POST, path: &path, body: None };
        self.send(call).await.map(drop)
    }

    /// The jobs of a run's last attempt.
    pub async fn workflow_jobs(
        &self,
        id: InstallationId,
        repository: &str,
        run: u64,
    ) -> Result<Vec<WorkflowJobJson>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            jobs: Vec<WorkflowJobJson>,
        }
        let path = format!("/repos/{repository}/actions/runs/{run}/jobs?per_page=100");
        let page: Page = self.get(Caller::Installation(id), &path).await?;
        Ok(page.jobs)
    }
}
