//! What pull requests there were between two branches of one repository.

use super::api::{Api, Caller};
use super::calls::{PullJson, QUERY};
use super::error::ApiError;
use crate::model::{BranchName, InstallationId};
use percent_encoding::utf8_percent_encode;

impl Api {
    /// The newest pull requests from one branch of a repository into another one, open or not, the newest first.
    pub async fn pulls_between(
        &self,
        id: InstallationId,
        repository: &str,
        (head, base): (&BranchName, &BranchName),
    ) -> Result<Vec<PullJson>, ApiError> {
        let owner = repository.split('/').next().unwrap_or_default();
        let named = format!("{owner}:{head}");
        let named = utf8_percent_encode(&named, QUERY);
        let base = utf8_percent_encode(base.as_str(), QUERY);
        let path = format!(
            "/repos/{repository}/pulls?state=all&head={named}&base={base}&sort=created&direction=desc&per_page=30"
        );
        let found: Vec<PullJson> = self.get(Caller::Installation(id), &path).await?;
        Ok(found.into_iter().filter(|it| it.head.branch == head.as_str()).collect())
    }

    /// The open pull request from one branch of a repository into another one, if there is one.
    pub async fn open_pull_between(
        &self,
        id: InstallationId,
        repository: &str,
        (head, base): (&BranchName, &BranchName),
    ) -> Result<Option<PullJson>, ApiError> {
        let owner = repository.split('/').next().unwrap_or_default();
        let named = format!("{owner}:{head}");
        let named = utf8_percent_encode(&named, QUERY);
        let into = utf8_percent_encode(base.as_str(), QUERY);
        let path = format!("/repos/{repository}/pulls?state=open&head={named}&base={into}&per_page=100");
        let known: Vec<PullJson> = self.get(Caller::Installation(id), &path).await?;
        Ok(known.into_iter().find(|it| it.head.branch == head.as_str()))
    }
}
