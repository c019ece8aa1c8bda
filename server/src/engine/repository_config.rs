//! The configuration by which a repository is judged: read from its default branch, else from the
//! organisation's `.github` repository, else built in.

use super::context::EngineContext;
use super::work_error::WorkError;
use crate::github::ApiError;
use crate::model::config::{CONFIGURATION_PATH, Configuration, RepositoryConfig, configuration_text};
use crate::model::{Cause, ForPeople, RepositoryName, Undecided, error_chain};
use crate::store::{ConfigurationRow, RepositoryRow};
use std::sync::Arc;

impl EngineContext {
    /// The rules of a repository: nobody asks for them in another way. Where its file was never read, it is read now
    /// and kept before anybody goes by it.
    ///
    /// # Errors
    /// While the file could not be read once. By the built-in path nothing is begun, moved or let in until then: the
    /// file may say otherwise.
    pub(super) async fn repository_config(&self, row: &RepositoryRow) -> Result<RepositoryConfig, WorkError> {
        if let Some(known) = self.store.configuration(row.id).await? {
            return Ok(self.config_of(known));
        }
        let read = Box::pin(self.read_configuration(row, None)).await?;
        self.first_config(read).await
    }

    /// Keeps what was read for the first time. Others may have read it meanwhile: all go by what was kept first, until it
    /// is read again.
    pub(super) async fn first_config(&self, read: ConfigurationRow) -> Result<RepositoryConfig, WorkError> {
        let kept = self.store.first_configuration(read).await?;
        Ok(self.config_of(kept))
    }

    /// What a check goes by while the rules cannot be read: nothing is decided, and it says why.
    pub(super) fn unread(&self, error: &WorkError) -> RepositoryConfig {
        tracing::warn!(error = error_chain(&error.failure), "the configuration cannot be read");
        let what = error.failure.for_people();
        let invalid = Some(Cause::CouldNotDecide(Undecided::GitHub { what }));
        RepositoryConfig { path: Arc::clone(&self.path), invalid, is_guess: true }
    }

    /// Reads the configuration of a repository from GitHub.
    ///
    /// # Errors
    /// Also where a file that was there is not found, and neither is the repository.
    pub(super) async fn read_configuration(
        &self,
        row: &RepositoryRow,
        known: Option<&ConfigurationRow>,
    ) -> Result<ConfigurationRow, WorkError> {
        let mut found = self.file_that_counts(row).await?;
        let may_be_elsewhere = known.is_none_or(|known| !known.place.is_empty() && known.place != found.0);
        if may_be_elsewhere && found.0 != CONFIGURATION_PATH {
            // Of a repository that is out of reach, or has another default branch by now, the file is not found either.
            let now = self.api.repository(row.installation, row.id).await?;
            if (&now.full_name, &now.default_branch) != (&row.full_name, &row.default_branch) {
                let (full_name, default_branch) = (now.full_name, now.default_branch);
                let row = RepositoryRow { full_name, default_branch, ..row.clone() };
                found = self.file_that_counts(&row).await?;
            }
        }
        let (place, text) = found;
        if RepositoryName::from(&row.full_name).is_shared() {
            let own = (!place.is_empty()).then_some(text.as_str());
            self.account_files.note(row, own, self.now()).await;
        }
        let valid = if place.is_empty() || Configuration::read(&text).is_ok() {
            Some(text.clone())
        } else {
            known.and_then(|known| known.valid.clone())
        };
        Ok(ConfigurationRow { repository: row.id, place, text, valid, read_at: self.now() })
    }

    /// The repository's own file, else the account's, with the place that it has; nothing at no place where there is none.
    async fn file_that_counts(&self, row: &RepositoryRow) -> Result<(String, String), WorkError> {
        if let Some(text) = self.file(row, &row.full_name, Some(&row.default_branch)).await? {
            return Ok((CONFIGURATION_PATH.to_owned(), text));
        }
        let name = RepositoryName::from(&row.full_name);
        if name.is_shared() {
            return Ok(<_>::default());
        }
        let shared = RepositoryName::shared_by(name.owner());
        let text = self.account_file(row, &shared).await?;
        Ok(text.map(|text| (format!("{CONFIGURATION_PATH} of {shared}"), text)).unwrap_or_default())
    }

    async fn file(
        &self,
        row: &RepositoryRow,
        repository: &str,
        branch: Option<&str>,
    ) -> Result<Option<String>, WorkError> {
        match self.api.file(row.installation, repository, CONFIGURATION_PATH, branch).await {
            Ok(bytes) => Ok(Some(configuration_text(bytes))),
            // Another repository may not be covered by the installation, or not exist.
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(ApiError::Forbidden { .. }) if !RepositoryName::are_alike(repository, &row.full_name) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The account's file, for those without one of their own.
    async fn account_file(
        &self,
        row: &RepositoryRow,
        shared: &RepositoryName,
    ) -> Result<Option<String>, WorkError> {
        let ask = Box::pin(self.file(row, shared.as_str(), None));
        self.account_files.get((row.installation, shared), self.now(), ask).await
    }

    /// The configuration that a stored file describes.
    pub(super) fn config_of(&self, row: ConfigurationRow) -> RepositoryConfig {
        self.configs.get(row, &self.path)
    }
}
