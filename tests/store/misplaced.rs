//! A database whose files are deleted or replaced while they are open: noticed before anything more is said to be
//! stored, and what they held is saved.

use crate::given::{Opened, delivery, guids, pull_item, sqlite};
use std::path::{Path, PathBuf};
use towpath::model::{UnixMillis, error_chain};
use towpath::store::{Options, SqliteStore, Store, StoreError};

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

async fn stored(store: &dyn Store, guid: &str) {
    let answer = store.accept(delivery(guid, pull_item(1), UnixMillis(10))).await;
    assert!(answer.unwrap().is_new());
}

/// Nothing is stored any more, and why is said in the same words each time.
async fn lost(opened: &Opened) -> String {
    let error = opened.store.accept(delivery("late", pull_item(1), UnixMillis(20))).await.unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
    for again in [opened.store.ready().await, opened.store.mark(vec![pull_item(1)], UnixMillis(30)).await] {
        assert_eq!(error_chain(&again.unwrap_err()), error_chain(&error));
    }
    opened.store.close().await;
    error_chain(&error)
}

async fn all_of(path: &Path) -> Vec<String> {
    let store = SqliteStore::open(path, &Options::default()).unwrap();
    let mut found = guids(&store, None).await;
    found.retain(|guid| guid != "late");
    found.sort();
    store.close().await;
    found
}

#[tokio::test]
async fn what_a_deleted_database_held_is_at_its_place_again() {
    for endings in [&[""][..], &["", "-wal", "-shm"], &["", "-shm"]] {
        let opened = sqlite().await;
        for guid in ["a", "b"] {
            stored(&*opened.store, guid).await;
        }
        for ending in endings {
            std::fs::remove_file(beside(&opened.path, ending)).unwrap();
        }
        let why = lost(&opened).await;
        assert!(
            why.ends_with("was deleted while the server ran; what it held is at its place again"),
            "{why}"
        );
        assert_eq!(all_of(&opened.path).await, ["a", "b"]);
    }
}

#[tokio::test]
async fn another_file_in_its_place_is_left_alone_and_what_was_stored_is_beside_it() {
    let other = sqlite().await;
    stored(&*other.store, "other").await;
    other.store.close().await;
    let opened = sqlite().await;
    stored(&*opened.store, "a").await;
    std::fs::rename(&other.path, &opened.path).unwrap();
    let before = std::fs::read(&opened.path).unwrap();
    let why = lost(&opened).await;
    assert!(why.contains("was replaced by another file while the server ran"), "{why}");
    assert_eq!(std::fs::read(&opened.path).unwrap(), before);
    assert_eq!(all_of(&opened.path).await, ["other"], "nothing of the old one is read into it");
    assert_eq!(all_of(&beside(&opened.path, ".replaced")).await, ["a"]);
}

#[tokio::test]
async fn what_a_deleted_log_held_is_in_the_file() {
    let opened = sqlite().await;
    stored(&*opened.store, "a").await;
    std::fs::remove_file(beside(&opened.path, "-wal")).unwrap();
    let why = lost(&opened).await;
    assert!(why.contains("-wal was deleted while the server ran"), "{why}");
    assert_eq!(all_of(&opened.path).await, ["a"]);
}

#[tokio::test]
async fn a_database_that_is_found_by_a_link_is_in_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("there")).unwrap();
    std::os::unix::fs::symlink("there", folder.path().join("link")).unwrap();
    let path = folder.path().join("link/towpath.db");
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    stored(&store, "a").await;
    stored(&store, "b").await;
    store.close().await;
}
