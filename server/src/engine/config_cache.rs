//! Configurations, each made of its text once.

use crate::model::config::RepositoryConfig;
use crate::model::{PromotionPath, RepositoryId};
use crate::store::ConfigurationRow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Configurations by the text that they were made of, so that it is read once.
#[derive(Debug, Default)]
pub(super) struct ConfigCache(Mutex<HashMap<RepositoryId, (ConfigurationRow, RepositoryConfig)>>);

impl ConfigCache {
    /// The configuration of a repository; `built_in` stands for a file that there is none of.
    pub(super) fn get(&self, row: ConfigurationRow, built_in: &Arc<PromotionPath>) -> RepositoryConfig {
        let mut configs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, config)) = configs.get(&row.repository)
            && (&known.place, &known.text, &known.valid) == (&row.place, &row.text, &row.valid)
        {
            return config.clone();
        }
        let config = made_of(&row, built_in);
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
    use crate::model::{Cause, UnixMillis};

    fn row(place: &str, text: &str, valid: Option<&str>) -> ConfigurationRow {
        let (place, text, valid) = (place.to_owned(), text.to_owned(), valid.map(str::to_owned));
        ConfigurationRow { repository: RepositoryId(1), place, text, valid, read_at: UnixMillis(0) }
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
        assert!(config.invalid.is_some() && config.is_guess && *config.path == PromotionPath::pro());
        assert!(!made_of(&row("x", "[]", Some("")), &built_in).is_guess, "there was no file before");
        assert!(!made_of(&row("x", "[]", Some(two)), &built_in).is_guess);
        assert!(
            made_of(&row("x", "[]", Some("{}")), &built_in).is_guess,
            "what an earlier version took is lost"
        );
        // Good for an earlier version: its branches wait for a check all the same.
        let old = "version: 1\nenvironments:\n  - { name: main, branch: config, accepts: [topics] }\n";
        for valid in [Some(old), Some(""), None] {
            let config = made_of(&row("x", old, valid), &built_in);
            assert!(config.invalid.is_some() && config.path.environments[0].branch.as_str() == "config");
            assert!(!config.is_guess);
        }
        let config = made_of(&row("", "", Some("")), &built_in);
        assert!(config.invalid.is_none() && *config.path == PromotionPath::pro());
    }
}
