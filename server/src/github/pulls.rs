//! Calls about pull requests: what there is, and who may change them.

use super::api::{Api, Caller};
use super::calls::{PullJson, QUERY};
use super::error::ApiError;
use crate::model::{BranchName, CommitId, InstallationId, PullNumber, UserId};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

/// A pull request that is to be opened.
#[derive(Debug, Clone, Serialize)]
pub struct NewPull<'a> {
    /// What would be merged.
    pub head: &'a BranchName,
    /// Where it would go.
    pub base: &'a BranchName,
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
}

/// What somebody may do in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CollaboratorJson {
    /// `admin`, `write`, `read` or `none`. Who may maintain is told as `write`, who may triage as `read`.
    pub permission: String,
    /// The role's own name, which may be one that the organisation has made.
    #[serde(default)]
    pub role_name: Option<String>,
    /// Who it is.
    #[serde(default)]
    pub user: Option<CollaboratorUserJson>,
}

/// Somebody, with their permissions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CollaboratorUserJson {
    /// GitHub's number of the account.
    #[serde(default)]
    pub id: Option<UserId>,
    /// What they may do, one by one: it tells what an organisation's own role is worth.
    #[serde(default)]
    pub permissions: Option<PermissionsJson>,
}

/// What somebody may do, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "GitHub answers five of them")]
#[serde(default)]
pub struct PermissionsJson {
    /// Whether they have the rights of an administrator.
    pub admin: bool,
    /// Whether they may do what a maintainer may.
    pub maintain: bool,
    /// Whether they may push.
    pub push: bool,
    /// Whether they may label and close.
    pub triage: bool,
    /// Whether they may read.
    pub pull: bool,
}

impl CollaboratorJson {
    /// Whether they may write to it.
    pub fn may_write(&self) -> bool {
        matches!(self.permission.as_str(), "admin" | "write")
    }

    /// The role as people call it.
    pub fn role(&self) -> &str {
        self.role_name.as_deref().unwrap_or(&self.permission)
    }
}

/// What GitHub says where there is a pull request between the two branches. Source: its answer 422 to `POST
/// /repos/{owner}/{repo}/pulls`, in `errors[].message`.
const EXISTS: &str = "A pull request already exists for";

impl Api {
    /// The open pull requests of a repository.
    pub async fn open_pulls(&self, id: InstallationId, repository: &str) -> Result<Vec<PullJson>, ApiError> {
        let path = format!("/repos/{repository}/pulls?state=open&per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Vec<PullJson>| page).await
    }

    /// The closed pull requests of a repository that changed last, at most a hundred; the newest first.
    pub async fn last_closed_pulls(
        &self,
        id: InstallationId,
        repository: &str,
    ) -> Result<Vec<PullJson>, ApiError> {
        self.closed_pulls(id, repository, 1).await
    }

    /// The closed pull requests of a repository, those first that changed last: a page of them, from 1. One that holds fewer
    /// than a hundred is the last one.
    pub async fn closed_pulls(
        &self,
        id: InstallationId,
        repository: &str,
        page: usize,
    ) -> Result<Vec<PullJson>, ApiError> {
        let path = format!(
            "/repos/{repository}/pulls?state=closed&sort=updated&direction=desc&per_page=100&page={page}"
        );
        self.get(Caller::Installation(id), &path).await
    }

    /// The pull requests that have to do with a commit.
    pub async fn pulls_of_commit(
        &self,
        id: InstallationId,
        repository: &str,
        commit: CommitId,
    ) -> Result<Vec<PullJson>, ApiError> {
        self.get(
            Caller::Installation(id),
            &format!("/repos/{repository}/commits/{commit}/pulls?per_page=100"),
        )
        .await
    }

    /// One pull request.
    pub async fn pull(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
    ) -> Result<PullJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/pulls/{number}")).await
    }

    /// What somebody may do in a repository; `None` where GitHub knows nobody of this name there.
    pub async fn collaborator(
        &self,
        id: InstallationId,
        repository: &str,
        login: &str,
    ) -> Result<Option<CollaboratorJson>, ApiError> {
        let login = utf8_percent_encode(login, QUERY);
        let path = format!("/repos/{repository}/collaborators/{login}/permission");
        match self.get(Caller::Installation(id), &path).await {
            Ok(found) => Ok(Some(found)),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a pull request to another base.
    pub async fn retarget(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
        base: &BranchName,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Update<'a> {
            base: &'a BranchName,
        }
        let path = format!("/repos/{repository}/pulls/{number}");
        let _: PullJson =
            self.write(Caller::Installation(id), Method::PATCH, &path, &Update { base }).await?;
        Ok(())
    }

    /// Opens a pull request between two branches of a repository, unless there is one already; the answer is
    /// its number.
    pub async fn open_pull(
        &self,
        id: InstallationId,
        repository: &str,
        new: &NewPull<'_>,
    ) -> Result<PullNumber, ApiError> {
        if let Some(known) = self.open_pull_between(id, repository, (new.head, new.base)).await? {
            return Ok(known.number);
        }
        Ok(self.create_pull(id, repository, new).await?.number)
    }

    /// Opens a pull request between two branches of a repository.
    ///
    /// # Errors
    /// [`ApiError::Exists`] where there is one: the answer to its opening was lost, and lists are late. They show it to
    /// whoever tries again.
    pub async fn create_pull(
        &self,
        id: InstallationId,
        repository: &str,
        new: &NewPull<'_>,
    ) -> Result<PullJson, ApiError> {
        let path = format!("/repos/{repository}/pulls");
        let made = self.write(Caller::Installation(id), Method::POST, &path, new).await;
        made.map_err(|error| match error {
            ApiError::Refused { call, status: 422, message } if message.contains(EXISTS) => {
                ApiError::Exists { call }
            }
            error => error,
        })
    }

    /// Closes a pull request without merging it.
    pub async fn close_pull(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Update {
            state: &'static str,
        }
        let path = format!("/repos/{repository}/pulls/{number}");
        let update = Update { state: "closed" };
        let _: PullJson = self.write(Caller::Installation(id), Method::PATCH, &path, &update).await?;
        Ok(())
    }

    /// Makes the text of a pull request this one.
    pub async fn update_pull_body(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
        body: &str,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Update<'a> {
            body: &'a str,
        }
        let path = format!("/repos/{repository}/pulls/{number}");
        let _: PullJson =
            self.write(Caller::Installation(id), Method::PATCH, &path, &Update { body }).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::stacks::{StackBase, StackJson};

    #[test]
    fn a_stack_is_read_where_there_is_one_and_not_missed_where_there_is_none() {
        let pull = |stack: &str| {
            let end = r#"{"ref":"a","sha":"0101010101010101010101010101010101010101","repo":null}"#;
            let json = format!(
                r#"{{"number":3,"state":"open","user":null,"updated_at":"2026-11-01T00:00:00Z","head":{end},"base":{end}{stack}}}"#
            );
            serde_json::from_str::<PullJson>(&json).unwrap().stack
        };
        // An older server says nothing, a newer one that there is none.
        assert_eq!(pull(""), None);
        assert_eq!(pull(r#","stack":null"#), None);
        let base = StackBase { branch: "main".to_owned() };
        let whole = r#","stack":{"id":5,"number":7,"size":2,"position":1,"base":{"ref":"main","sha":"x"}}"#;
        assert_eq!(pull(whole), Some(StackJson { number: Some(7), base: base.clone() }));
        // All but the base may be left out.
        assert_eq!(pull(r#","stack":{"base":{"ref":"main"}}"#), Some(StackJson { number: None, base }));
    }
}
