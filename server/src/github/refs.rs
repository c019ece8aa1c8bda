//! Branches that the App moves, and the issue that it raises.

use super::api::{Api, Caller};
use super::branches::IN_PATH;
use super::error::ApiError;
use crate::model::{BranchName, CommitId, InstallationId, PullNumber};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: CommitId,
}

#[derive(Deserialize)]
struct Issue {
    number: PullNumber,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    performed_via_github_app: Option<App>,
}

#[derive(Deserialize)]
struct App {
    id: u64,
}

#[derive(Serialize)]
struct NewIssue<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Serialize)]
struct Edited<'a> {
    title: &'a str,
    body: &'a str,
    state: &'a str,
}

impl Api {
    /// The commit that a branch points at, as GitHub has it this moment; `None` where there is no such branch.
    pub async fn branch_tip(
        &self,
        id: InstallationId,
        repository: &str,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ApiError> {
        let name = utf8_percent_encode(branch.as_str(), IN_PATH);
        let path = format!("/repos/{repository}/git/ref/heads/{name}");
        match self.get::<Ref>(Caller::Installation(id), &path).await {
            Ok(found) => Ok(Some(found.object.sha)),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves a branch along to a commit that contains its tip. Never by force: where the tip is not contained GitHub
    /// refuses with 422.
    pub async fn fast_forward(
        &self,
        id: InstallationId,
        repository: &str,
        branch: &BranchName,
        to: CommitId,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Move {
            sha: CommitId,
            force: bool,
        }
        let name = utf8_percent_encode(branch.as_str(), IN_PATH);
        let path = format!("/repos/{repository}/git/refs/heads/{name}");
        let body = Move { sha: to, force: false };
        let _: Ref = self.write(Caller::Installation(id), Method::PATCH, &path, &body).await?;
        Ok(())
    }

    /// The App's own open issue whose body holds `marker`.
    pub async fn find_issue(
        &self,
        id: InstallationId,
        repository: &str,
        marker: &str,
    ) -> Result<Option<PullNumber>, ApiError> {
        let path = format!("/repos/{repository}/issues?state=open&per_page=100");
        let issues = self.all_pages(Caller::Installation(id), &path, |page: Vec<Issue>| page).await?;
        let ours = |issue: &&Issue| {
            issue.performed_via_github_app.as_ref().is_some_and(|app| app.id.to_string() == self.app_id())
                && issue.body.as_deref().is_some_and(|body| body.contains(marker))
        };
        Ok(issues.iter().find(ours).map(|issue| issue.number))
    }

    /// Raises an issue.
    pub async fn create_issue(
        &self,
        id: InstallationId,
        repository: &str,
        (title, body): (&str, &str),
    ) -> Result<PullNumber, ApiError> {
        let path = format!("/repos/{repository}/issues");
        let made: Issue =
            self.write(Caller::Installation(id), Method::POST, &path, &NewIssue { title, body }).await?;
        Ok(made.number)
    }

    /// Makes an issue say this, open or closed.
    pub async fn update_issue(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
        (title, body, open): (&str, &str, bool),
    ) -> Result<(), ApiError> {
        let path = format!("/repos/{repository}/issues/{number}");
        let edited = Edited { title, body, state: if open { "open" } else { "closed" } };
        let _: Issue = self.write(Caller::Installation(id), Method::PATCH, &path, &edited).await?;
        Ok(())
    }
}
