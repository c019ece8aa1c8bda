//! Calls about repositories as such.

use super::api::{Api, Caller};
use super::calls::RepositoryJson;
use super::error::ApiError;
use crate::model::{InstallationId, RepositoryId};

impl Api {
    /// The repository with this number, whatever it is called by now.
    pub async fn repository(
        &self,
        id: InstallationId,
        repository: RepositoryId,
    ) -> Result<RepositoryJson, ApiError> {
        let path = format!("/repositories/{repository}");
        let found: RepositoryJson = self.get(Caller::Installation(id), &path).await?;
        if found.id == repository {
            return Ok(found);
        }
        let what = format!("it is about repository {}", found.id);
        Err(ApiError::unreadable(format!("GET {path}"), what))
    }

    /// The repository of this name.
    pub async fn repository_named(
        &self,
        id: InstallationId,
        full_name: &str,
    ) -> Result<RepositoryJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{full_name}")).await
    }
}
