//! The database of the server that runs with the same environment, or ran.

use super::UsageError;
use super::settings::Settings;
use crate::flow::RepositoryName;
use crate::store::{Options, RepositoryRow, RepositoryState, SqliteStore, Store};

/// The settings and the database they name.
pub(super) fn open() -> Result<(Settings, SqliteStore), UsageError> {
    let settings = Settings::read(|name| std::env::var(name).ok()).map_err(UsageError::new)?;
    let path = settings.database.clone();
    let failed = |error: &dyn std::fmt::Display| UsageError::new(format!("{}: {error}", path.display()));
    if !path.exists() {
        return Err(failed(&"no such file; set TOWPATH_DATA_DIR or DATABASE_URL as the server has them"));
    }
    let store = SqliteStore::open(&path, &Options::default()).map_err(|error| failed(&error))?;
    Ok((settings, store))
}

/// A repository by its name or number.
pub(super) async fn repository(store: &SqliteStore, wanted: &str) -> Result<RepositoryRow, UsageError> {
    let all = store.repositories(None).await.map_err(UsageError::new)?;
    let name = RepositoryName::from(wanted);
    let is_it = |row: &&RepositoryRow| name == *row.full_name.as_str() || row.id.to_string() == wanted;
    // A name that was given up may be another repository's by now.
    let active = |row: &&RepositoryRow| row.state == RepositoryState::Active;
    if let Some(row) = all.iter().filter(is_it).find(active).or_else(|| all.iter().find(is_it)) {
        return Ok(row.clone());
    }
    let mut names: Vec<&str> = all.iter().map(|row| row.full_name.as_str()).collect();
    names.sort_by(|one, other| strsim::jaro(other, wanted).total_cmp(&strsim::jaro(one, wanted)));
    names.truncate(5);
    let known = if names.is_empty() { "none yet".to_owned() } else { names.join(", ") };
    Err(UsageError::new(format!("no repository {wanted:?} is known; those that are: {known}")))
}
