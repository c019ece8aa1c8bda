//! A look at the file from outside, which changes nothing in it: not even its version.

use super::schema;
use crate::store::{StoreError, UnixMillis};
use std::path::Path;

/// How the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseState {
    /// What SQLite finds wrong with it, ten things at most.
    pub damage: Vec<String>,
    /// How many work items are due.
    pub waiting: u64,
    /// Since when the one has been due that waits for longest.
    pub oldest: Option<UnixMillis>,
    /// How many work items were given up.
    pub given_up: u64,
}

/// Looks at the database, whether a server has it open or not.
///
/// # Errors
/// When it cannot be read, or is none of ours.
pub fn examine(path: &Path, now: UnixMillis) -> Result<DatabaseState, StoreError> {
    let connection = schema::open_to_read(path)?;
    schema::version_of(&*connection.unchecked_transaction()?)?;
    let said: Vec<String> = connection
        .prepare("PRAGMA quick_check(10)")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let damage = if said == ["ok"] { Vec::new() } else { said };
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let (waiting, oldest) = connection.query_row(
        "SELECT count(*), min(due) FROM work_items WHERE dirty > done AND dead = 0 AND due <= ?1",
        [now],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let given_up = connection.query_row(
        "SELECT count(*) FROM work_items WHERE dirty > done AND dead = 1",
        [],
        |row| row.get(0),
    )?;
    Ok(DatabaseState { damage, waiting: count(waiting), oldest, given_up: count(given_up) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Options, SqliteStore, Store as _, WorkItem};

    #[tokio::test]
    async fn it_tells_what_waits_and_what_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("towpath.db");
        let store = SqliteStore::open(&path, &Options::default()).unwrap();
        let at = UnixMillis(1_000);
        store.mark(vec![WorkItem::App], at).await.unwrap();
        let waits = DatabaseState { damage: Vec::new(), waiting: 1, oldest: Some(at), given_up: 0 };
        assert_eq!(examine(&path, UnixMillis(5_000)).unwrap(), waits);
        assert_eq!(examine(&path, UnixMillis(999)).unwrap().waiting, 0, "it is not due yet");
        store.close().await;

        let bytes = std::fs::read(&path).unwrap();
        // The header, the table of tables, and a page that a tree begins with.
        for at in [0, 4096, 4096 * 3] {
            let mut broken = bytes.clone();
            for byte in broken.iter_mut().skip(at).take(600) {
                *byte = 0xa5;
            }
            std::fs::write(&path, &broken).unwrap();
            let found = examine(&path, UnixMillis(5_000));
            assert!(found.is_err() || found.is_ok_and(|it| !it.damage.is_empty()), "damage at {at}");
        }
        std::fs::write(&path, "no database").unwrap();
        assert!(examine(&path, at).is_err());
    }
}
