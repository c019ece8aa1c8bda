//! The database of the server that runs with the same environment, or ran.

use super::{UsageError, process_variables, settings};
use crate::engine::Places;
use crate::model::config::RepositoryConfig;
use crate::model::{Environment, ForPeople, PromotionPath, RepositoryName};
use crate::store::{Options, RepositoryRow, RepositoryState, SqliteStore, Store};
use std::sync::Arc;

/// Where the server keeps things, and its database. Nothing else of its settings is looked at: who asks here need not
/// have its key.
pub(super) fn open() -> Result<(Places, SqliteStore), UsageError> {
    let places = settings::places(&process_variables::of_process)?;
    let path = places.database.clone();
    let failed = |error: &dyn std::fmt::Display| UsageError::new(format!("{}: {error}", path.display()));
    if !path.exists() {
        return Err(failed(&"no such file; set TOWPATH_DATA_DIR or DATABASE_URL as the server has them"));
    }
    let store = SqliteStore::open(&path, &Options::default()).map_err(|error| failed(&error.for_people()))?;
    Ok((places, store))
}

/// A repository by its name or number.
pub(super) async fn repository(store: &SqliteStore, wanted: &str) -> Result<RepositoryRow, UsageError> {
    let all = store.repositories(None).await?;
    named(&all, wanted).cloned().map_err(UsageError::new)
}

fn named<'a>(all: &'a [RepositoryRow], wanted: &str) -> Result<&'a RepositoryRow, String> {
    let name = RepositoryName::from(wanted);
    let is_it = |row: &&RepositoryRow| name == *row.full_name.as_str() || row.id.to_string() == wanted;
    // A name that was given up may be another repository's by now.
    let is_active = |row: &&RepositoryRow| row.state == RepositoryState::Active;
    let active: Vec<&RepositoryRow> = all.iter().filter(is_it).filter(is_active).collect();
    if let [one, other, ..] = active[..] {
        return Err(format!(
            "two repositories are known as {wanted}, since one has taken the name of the other: say which by its number, {} \
             or {}",
            one.id, other.id
        ));
    }
    if let Some(row) = active.first().copied().or_else(|| all.iter().find(is_it)) {
        return Ok(row);
    }
    let mut names: Vec<&str> = all.iter().map(|row| row.full_name.as_str()).collect();
    names.sort_by(|one, other| strsim::jaro(other, wanted).total_cmp(&strsim::jaro(one, wanted)));
    names.truncate(5);
    let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    Err(format!("no repository {wanted:?} is known; those that are: {known}"))
}

/// The path by which the server judges the repository.
pub(super) async fn path_of(store: &SqliteStore, row: &RepositoryRow) -> Result<PromotionPath, UsageError> {
    let known = store.configuration(row.id).await?;
    let Some(known) = known else {
        return Err(UsageError::new(format!(
            "the server could not read the configuration of {} yet; ask again once it has",
            row.full_name
        )));
    };
    let built_in = Arc::new(PromotionPath::pro());
    let config = if known.place.is_empty() {
        RepositoryConfig::built_in(&built_in)
    } else {
        RepositoryConfig::of_file(&known.place, &known.text, known.valid.as_deref(), &built_in)
    };
    Ok(PromotionPath::clone(&config.path))
}

/// An environment of the path by its name.
pub(super) fn environment<'a>(path: &'a PromotionPath, name: &str) -> Result<&'a Environment, UsageError> {
    let known: Vec<&str> = path.environments.iter().map(|it| it.name.as_str()).collect();
    path.environment(name).ok_or_else(|| {
        UsageError::new(format!(
            "--environment: there is no {name:?}; the environments are {}",
            known.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{InstallationId, RepositoryId};

    fn row(id: u64, name: &str, state: RepositoryState) -> RepositoryRow {
        RepositoryRow {
            id: RepositoryId(id),
            installation: InstallationId(1),
            full_name: name.to_owned(),
            clone_url: String::new(),
            html_url: String::new(),
            default_branch: "master".to_owned(),
            state,
            reconciled_at: None,
        }
    }

    #[test]
    fn a_name_that_two_repositories_have_is_not_guessed_at() {
        let (active, gone) = (RepositoryState::Active, RepositoryState::Gone);
        let all = [row(7, "acme/store", active), row(8, "Acme/Store", active), row(9, "acme/old", gone)];
        let error = named(&all, "acme/store").unwrap_err();
        assert!(error.contains("two repositories") && error.contains("7 or 8"), "{error}");
        assert_eq!(named(&all, "8").unwrap().id, RepositoryId(8));
        assert_eq!(named(&all, "acme/OLD").unwrap().id, RepositoryId(9));
        let all = [row(7, "acme/store", gone), row(8, "acme/store", active)];
        assert_eq!(named(&all, "acme/store").unwrap().id, RepositoryId(8));
        assert!(named(&all, "acme/other").unwrap_err().contains("no repository"));
    }
}
