//! The configuration by which a repository is judged: read from its default branch, else from the
//! organisation's `.github` repository, else built in.

use super::context::{EngineContext, WorkError};
use crate::github::ApiError;
use crate::model::config::{Configuration, configuration_text};
use crate::model::{Cause, PromotionPath, RepositoryId, RepositoryName, Undecided};
use crate::store::{ConfigurationRow, RepositoryRow};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) use crate::model::config::{CONFIGURATION_PATH, RepositoryConfig};

/// Configurations by the text that they were made of, so that it is read once.
#[derive(Debug, Default)]
pub(super) struct ConfigCache(Mutex<HashMap<RepositoryId, (ConfigurationRow, RepositoryConfig)>>);

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
        if read.place.is_empty() {
            // Of a repository that is out of reach the file is not found either, which says nothing about it.
            self.api.repository(row.installation, row.id).await?;
        }
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
        let what = error.what.clone();
        let invalid = Some(Cause::CouldNotDecide(Undecided::GitHub { what }));
        RepositoryConfig { path: Arc::clone(&self.path), invalid }
    }

    /// Reads the configuration of a repository from GitHub.
    pub(super) async fn read_configuration(
        &self,
        row: &RepositoryRow,
        known: Option<&ConfigurationRow>,
    ) -> Result<ConfigurationRow, WorkError> {
        let own = self.file(row, &row.full_name, Some(&row.default_branch)).await?;
        let name = RepositoryName::from(&row.full_name);
        let shared = RepositoryName::shared_by(name.owner());
        if name.is_shared() {
            self.note_account_file(row, own.as_deref()).await;
        }
        let found = match own {
            Some(text) => Some((CONFIGURATION_PATH.to_owned(), text)),
            None if name.is_shared() => None,
            None => {
                let text = self.account_file(row, &shared).await?;
                text.map(|text| (format!("{CONFIGURATION_PATH} of {shared}"), text))
            }
        };
        let (place, text) = found.unwrap_or_default();
        let valid = if place.is_empty() || Configuration::read(&text).is_ok() {
            Some(text.clone())
        } else {
            known.and_then(|known| known.valid.clone())
        };
        Ok(ConfigurationRow { repository: row.id, place, text, valid, read_at: self.now() })
    }

    pub(super) async fn file(
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

    pub(super) fn config_of(&self, row: ConfigurationRow) -> RepositoryConfig {
        let mut configs = self.configs.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, config)) = configs.get(&row.repository)
            && (&known.place, &known.text, &known.valid) == (&row.place, &row.text, &row.valid)
        {
            return config.clone();
        }
        let config = made_of(&row, &self.path);
        configs.insert(row.repository, (row, config.clone()));
        config
    }
}

fn made_of(row: &ConfigurationRow, built_in: &Arc<PromotionPath>) -> RepositoryConfig {
    if row.place.is_empty() {
        return RepositoryConfig::built_in(built_in);
    }
    RepositoryConfig::of_file(&row.place, &row.text, row.valid.as_deref(), built_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: &str, text: &str, valid: Option<&str>) -> ConfigurationRow {
        let (place, text, valid) = (place.to_owned(), text.to_owned(), valid.map(str::to_owned));
        ConfigurationRow { repository: RepositoryId(1), place, text, valid, read_at: 0 }
    }

    #[test]
    fn an_invalid_file_judges_nothing_and_keeps_the_branches_of_the_last_valid_one() {
        let built_in = Arc::new(PromotionPath::pro());
        let two = "version: 1\nenvironments:\n  - name: main\n    accepts: [topics]\n  - name: live\n    accepts: [main]\n";
        let config = made_of(&row("x", two, Some(two)), &built_in);
        assert!(config.invalid.is_none() && config.path.environments.len() == 2);
        let config = made_of(&row("x", "version: 1\nenvironment: []\n", Some(two)), &built_in);
        assert_eq!(config.path.environments.len(), 2);
        let Some(Cause::ConfigurationInvalid { line, message, .. }) = config.invalid else { panic!("valid") };
        assert!(line == 2 && message.contains("environment"), "{line} {message}");
        let config = made_of(&row("x", "[]", None), &built_in);
        assert!(config.invalid.is_some() && *config.path == PromotionPath::pro());
        // Good for an earlier version: its branches wait for a check all the same.
        let old = "version: 1\nenvironments:\n  - { name: main, branch: config, accepts: [topics] }\n";
        for valid in [Some(old), Some(""), None] {
            let config = made_of(&row("x", old, valid), &built_in);
            assert!(config.invalid.is_some() && config.path.environments[0].branch.as_str() == "config");
        }
        let config = made_of(&row("", "", Some("")), &built_in);
        assert!(config.invalid.is_none() && *config.path == PromotionPath::pro());
    }
}
