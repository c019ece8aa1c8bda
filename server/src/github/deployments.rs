//! GitHub's Deployments and what is said of them, and the gate for jobs that wait for one.

use super::api::{Api, Call, Caller};
use super::calls::{QUERY, UserJson};
use super::error::ApiError;
use crate::model::{CommitId, InstallationId};
use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// GitHub takes no longer description of a status, in characters.
pub const DESCRIPTION_MAX: usize = 140;

/// A Deployment to be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewDeployment<'a> {
    /// The commit.
    #[serde(rename = "ref")]
    pub commit: CommitId,
    /// The environment's name.
    pub environment: &'a str,
    /// One line for people.
    pub description: &'a str,
    /// What whoever acts on it is told.
    pub payload: &'a Value,
    /// Whether it is the environment that customers see.
    pub production_environment: bool,
    /// Always `deploy`.
    task: &'static str,
    /// Never: GitHub would merge the default branch into what was tested.
    auto_merge: bool,
    /// None: the checks of the path have decided before the merge.
    required_contexts: [&'static str; 0],
}

impl<'a> NewDeployment<'a> {
    /// A Deployment of `commit` to `environment`.
    pub fn new(commit: CommitId, environment: &'a str, description: &'a str, payload: &'a Value) -> Self {
        Self {
            commit,
            environment,
            description,
            payload,
            production_environment: false,
            task: "deploy",
            auto_merge: false,
            required_contexts: [],
        }
    }
}

/// A Deployment as GitHub has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MadeDeployment {
    /// GitHub's number.
    pub id: u64,
    /// The commit.
    #[serde(default)]
    pub sha: Option<CommitId>,
    /// What whoever made it has put in: an object, or a text.
    #[serde(default)]
    pub payload: Value,
    /// The App that made it.
    #[serde(default)]
    performed_via_github_app: Option<MadeBy>,
    #[serde(default)]
    creator: Option<Creator>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct MadeBy {
    id: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Creator {
    #[serde(default)]
    login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

/// A status to be set on a Deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewStatus<'a> {
    /// `queued`, `in_progress`, `success`, `failure`, `error`, `inactive`.
    pub state: &'a str,
    /// One line, of at most [`DESCRIPTION_MAX`] characters.
    pub description: &'a str,
    /// Where the log is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_url: Option<&'a str>,
    /// Where the site is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_url: Option<&'a str>,
}

/// A status of a Deployment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SaidStatus {
    /// GitHub's number: it grows, and puts in order what was said in one second.
    #[serde(default)]
    pub id: u64,
    /// As in [`NewStatus`], or `pending`.
    pub state: String,
    /// What was said.
    #[serde(default)]
    pub description: Option<String>,
    /// Where the log is.
    #[serde(default)]
    pub log_url: Option<String>,
    /// The same in older words.
    #[serde(default)]
    pub target_url: Option<String>,
    /// Where the site is.
    #[serde(default)]
    pub environment_url: Option<String>,
    /// Who said it.
    #[serde(default)]
    pub creator: Option<UserJson>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The App that said it.
    #[serde(default)]
    performed_via_github_app: Option<MadeBy>,
}

impl SaidStatus {
    /// Whether GitHub tells by which App it was said. Not every server does.
    pub fn tells_its_app(&self) -> bool {
        self.performed_via_github_app.is_some()
    }
}

/// Whether a Deployment's payload carries this key. A key holds the name of an environment, whose spelling may change.
pub fn is_keyed(payload: &Value, key: &str) -> bool {
    payload["deploy"].as_str().is_some_and(|named| named.eq_ignore_ascii_case(key))
}

impl Api {
    /// Makes a Deployment.
    ///
    /// # Errors
    /// [`ApiError::Refused`] with 409 where GitHub does not let the commit be deployed.
    pub async fn create_deployment(
        &self,
        id: InstallationId,
        repository: &str,
        new: &NewDeployment<'_>,
    ) -> Result<u64, ApiError> {
        let path = format!("/repos/{repository}/deployments");
        let made: MadeDeployment = self.write(Caller::Installation(id), Method::POST, &path, new).await?;
        Ok(made.id)
    }

    /// The Deployment of a commit whose payload carries this key, if the App has made one.
    pub async fn find_deployment(
        &self,
        id: InstallationId,
        repository: &str,
        commit: CommitId,
        key: &str,
    ) -> Result<Option<MadeDeployment>, ApiError> {
        // Not by its environment: GitHub may have another spelling of the name than the one it was made with.
        let path = format!("/repos/{repository}/deployments?sha={commit}&task=deploy&per_page=100");
        let all = self.all_pages(Caller::Installation(id), &path, |page: Vec<MadeDeployment>| page).await?;
        Ok(all.into_iter().find(|it| self.made_it(it) && is_keyed(&it.payload, key)))
    }

    /// One Deployment.
    pub async fn deployment(
        &self,
        id: InstallationId,
        repository: &str,
        deployment: u64,
    ) -> Result<MadeDeployment, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/deployments/{deployment}")).await
    }

    /// The newest Deployments of a repository, the newest first.
    pub async fn newest_deployments(
        &self,
        id: InstallationId,
        repository: &str,
    ) -> Result<Vec<MadeDeployment>, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/deployments?per_page=30")).await
    }

    /// The newest Deployments that the App has made in a repository; those to one environment, where others have made so
    /// many that none of its own is among the newest.
    pub async fn made_deployments(
        &self,
        id: InstallationId,
        repository: &str,
        environment: &str,
    ) -> Result<Vec<MadeDeployment>, ApiError> {
        const PAGE: usize = 100;
        let path = format!("/repos/{repository}/deployments?task=deploy&per_page={PAGE}");
        let newest: Vec<MadeDeployment> = self.get(Caller::Installation(id), &path).await?;
        let is_full = newest.len() == PAGE;
        let made: Vec<_> = newest.into_iter().filter(|it| self.made_it(it)).collect();
        if !made.is_empty() || !is_full {
            return Ok(made);
        }
        let environment = utf8_percent_encode(environment, QUERY);
        let path = format!("{path}&environment={environment}");
        let newest: Vec<MadeDeployment> = self.get(Caller::Installation(id), &path).await?;
        Ok(newest.into_iter().filter(|it| self.made_it(it)).collect())
    }

    /// Whether the App may have made it itself, as far as GitHub tells.
    fn made_it(&self, made: &MadeDeployment) -> bool {
        match (&made.performed_via_github_app, &made.creator) {
            (Some(app), _) => app.id.to_string() == self.app_id(),
            // Where it does not tell the App, a person's is still none of ours.
            (None, Some(creator)) => creator.kind == "Bot",
            (None, None) => false,
        }
    }

    /// Whether somebody else than the App has said it, of this Deployment.
    pub fn was_said_by_others(&self, made: &MadeDeployment, status: &SaidStatus) -> bool {
        let same = match (&made.creator, &status.creator) {
            (Some(maker), Some(speaker)) => maker.login.eq_ignore_ascii_case(&speaker.login),
            _ => false,
        };
        // Where GitHub does not tell the App, its bot is known by what it has made.
        let by_our_bot = status.performed_via_github_app.is_none() && same && self.made_it(made);
        !self.said_it(status) && !by_our_bot
    }

    /// Says how a Deployment stands. Answers the number of what was said.
    pub async fn set_deployment_status(
        &self,
        id: InstallationId,
        repository: &str,
        deployment: u64,
        status: &NewStatus<'_>,
    ) -> Result<u64, ApiError> {
        let path = format!("/repos/{repository}/deployments/{deployment}/statuses");
        let said: SaidStatus = self.write(Caller::Installation(id), Method::POST, &path, status).await?;
        Ok(said.id)
    }

    /// What was said of a Deployment, the oldest first.
    pub async fn deployment_statuses(
        &self,
        id: InstallationId,
        repository: &str,
        deployment: u64,
    ) -> Result<Vec<SaidStatus>, ApiError> {
        let path = format!("/repos/{repository}/deployments/{deployment}/statuses?per_page=100");
        let mut all = self.all_pages(Caller::Installation(id), &path, |page: Vec<SaidStatus>| page).await?;
        all.reverse();
        Ok(all)
    }

    /// Whether the App itself said it, as far as GitHub tells.
    pub fn said_it(&self, status: &SaidStatus) -> bool {
        status.performed_via_github_app.as_ref().is_some_and(|app| app.id.to_string() == self.app_id())
    }

    /// Lets a job of a workflow run into an environment, or keeps it out, with the reason.
    pub async fn answer_gate(
        &self,
        id: InstallationId,
        repository: &str,
        run: u64,
        answer: &DeploymentProtectionAnswer<'_>,
    ) -> Result<(), ApiError> {
        let path = format!("/repos/{repository}/actions/runs/{run}/deployment_protection_rule");
        let body = serde_json::to_value(answer)
            .map_err(|error| ApiError::unreadable(format!("POST {path}"), error))?;
        let caller = Caller::Installation(id);
        self.send(Call { caller, method: Method::POST, path: &path, body: Some(body) }).await.map(drop)
    }
}

/// What a job that waits for an environment is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeploymentProtectionAnswer<'a> {
    /// The environment's name.
    pub environment_name: &'a str,
    /// `approved` or `rejected`; none where it is still to be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
    /// Why, in Markdown, at most 1,024 characters.
    pub comment: &'a str,
}
