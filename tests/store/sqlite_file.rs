//! What only a database in a file of its own can get wrong.

use crate::given::{delivery, guids, leased, pull_item, sqlite, sqlite_with};
use bytes::Bytes;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinSet;
use towpath::model::{UnixMillis, error_chain};
use towpath::store::{
    Accepted, Change, DeliveryState, NewDelivery, Next, Options, SqliteStore, Store, StoreError,
};

const SMALL: Options = Options { max_bytes: Some(464 << 10) };

/// A delivery whose body does not compress.
fn noisy(guid: &str, bytes: u32) -> NewDelivery {
    let noise = (0..bytes / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes());
    NewDelivery { body: noise.collect::<Bytes>(), ..delivery(guid, pull_item(1), UnixMillis(10)) }
}

/// Stores until there is no room, and gives the number that found some.
async fn fill(store: &dyn Store) -> usize {
    for n in 0..100 {
        match store.accept(noisy(&format!("fill-{n}"), 30_000)).await {
            Ok(answer) => assert!(answer.is_new()),
            Err(StoreError::Full) => return n,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the bound was not held");
}

#[tokio::test]
async fn a_full_store_says_so_and_works_again_after_pruning() {
    let opened = sqlite_with(&SMALL);
    let store = &*opened.store;
    let stored = fill(store).await;
    assert!(stored > 5, "{stored}");
    assert!(matches!(store.accept(noisy("more", 30_000)).await, Err(StoreError::Full)));
    // What was stored before is whole, and what needs no room still works.
    assert_eq!(guids(store, None).await.len(), stored);
    let lease = leased(store, UnixMillis(20)).await;
    let rows = store.inbox(&pull_item(1), 100, usize::MAX).await.unwrap();
    let taken = rows.iter().map(|row| row.id).collect();
    store.commit(&lease, vec![Change::Processed(taken)], Next::Done, UnixMillis(20)).await.unwrap();
    store.prune(UnixMillis(1_000), UnixMillis(0)).await.unwrap();
    assert!(store.accept(noisy("more", 30_000)).await.unwrap().is_new());
    store.ready().await.unwrap();
}

#[tokio::test]
async fn a_full_store_works_again_with_a_higher_bound() {
    let opened = sqlite_with(&SMALL);
    let stored = fill(&*opened.store).await;
    // Small ones may still find a place on a page; after them not even the probe does.
    let mut small = 0;
    while opened.store.accept(noisy(&format!("small-{small}"), 1_000)).await.is_ok() {
        small += 1;
    }
    assert!(matches!(opened.store.ready().await, Err(StoreError::Full)));
    let opened = opened.reopened(&Options { max_bytes: Some(4 << 20) }).await;
    assert!(opened.store.accept(noisy("more", 30_000)).await.unwrap().is_new());
    opened.store.ready().await.unwrap();
    assert_eq!(guids(&*opened.store, None).await.len(), stored + small + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_finds_no_room_does_not_take_the_others_of_its_commit_along() {
    let opened = sqlite_with(&SMALL);
    // Held up by another process, the store has all of them waiting for its next commit.
    let other = Connection::open(&opened.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut callers = JoinSet::new();
    for n in 0..40 {
        let store = opened.store.clone();
        // Every other one is larger than the whole file may be.
        let new = if n % 2 == 0 {
            delivery(&format!("small-{n}"), pull_item(1), UnixMillis(10))
        } else {
            noisy(&format!("large-{n}"), 500_000)
        };
        callers.spawn(async move { (n % 2 == 0, store.accept(new).await) });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.execute_batch("COMMIT").unwrap();
    for (small, answer) in callers.join_all().await {
        match answer {
            Ok(answer) => assert!(small && answer.is_new()),
            Err(error) => assert!(!small && matches!(error, StoreError::Full), "{error}"),
        }
    }
    assert_eq!(guids(&*opened.store, None).await.len(), 20);
}

#[tokio::test]
async fn nobody_else_can_read_the_files() {
    let opened = sqlite().await;
    opened.store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    for file in std::fs::read_dir(opened.path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn closing_brings_everything_into_the_one_file() {
    let opened = sqlite().await;
    opened.store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    opened.store.close().await;
    let left = std::fs::read_dir(opened.path.parent().unwrap()).unwrap();
    assert_eq!(left.map(|file| file.unwrap().file_name()).collect::<Vec<_>>(), ["towpath.db"]);
    // After that it is shut, and closing again is no harm.
    let shut = |answer: Option<StoreError>| assert!(matches!(answer, Some(StoreError::Unavailable(_))));
    shut(opened.store.accept(delivery("b", pull_item(1), UnixMillis(10))).await.err());
    shut(opened.store.delivery("a").await.err());
    opened.store.close().await;
    let opened = opened.reopened(&Options::default()).await;
    assert_eq!(guids(&*opened.store, None).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_over_before_closing_is_still_done() {
    let opened = sqlite().await;
    let mut callers = JoinSet::new();
    for n in 0..50 {
        let store = opened.store.clone();
        callers.spawn(async move {
            store.accept(delivery(&format!("d-{n}"), pull_item(1), UnixMillis(10))).await
        });
    }
    tokio::task::yield_now().await;
    opened.store.close().await;
    let answers = callers.join_all().await;
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    let opened = opened.reopened(&Options::default()).await;
    assert_eq!(guids(&*opened.store, None).await.len(), stored);
}

#[tokio::test]
async fn an_idle_store_moves_its_log_into_the_file() {
    let opened = sqlite().await;
    for n in 0..20 {
        opened.store.accept(noisy(&format!("d-{n}"), 50_000)).await.unwrap();
    }
    let watcher = Connection::open(&opened.path).unwrap();
    for _ in 0..200 {
        let state = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (pages, moved) = watcher.query_row("PRAGMA wal_checkpoint(NOOP)", [], state).unwrap();
        assert!(pages > 0);
        if pages == moved {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the log was left as it was");
}

#[tokio::test]
async fn the_server_and_the_command_line_share_the_file() {
    let server = sqlite().await;
    server.store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    let command_line = SqliteStore::open(&server.path, &Options::default()).unwrap();
    let lease = leased(&*server.store, UnixMillis(10)).await;
    let id = command_line.delivery("a").await.unwrap().unwrap().id;
    server.store.commit(&lease, vec![Change::Processed(vec![id])], Next::Done, UnixMillis(20)).await.unwrap();
    assert!(command_line.replay(id, UnixMillis(30)).await.unwrap());
    command_line.close().await;
    assert_eq!(leased(&*server.store, UnixMillis(30)).await.item, pull_item(1));
    assert_eq!(guids(&*server.store, Some(DeliveryState::Pending)).await, ["a"]);
}

#[tokio::test]
async fn the_server_waits_for_a_short_lock_of_another_process() {
    let opened = sqlite().await;
    let other = Connection::open(&opened.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = opened.store.clone();
    let waits = tokio::spawn(async move { store.accept(delivery("a", pull_item(1), UnixMillis(10))).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waits.is_finished());
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), Accepted::Stored);
}

/// A file as it lies on an operator's disk, made without the store.
fn file_with(folder: &Path, sql: &str) -> PathBuf {
    let path = folder.join("towpath.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    for (what, sql) in [
        ("version 99", "CREATE TABLE t (a); PRAGMA application_id = 0x544f5750; PRAGMA user_version = 99"),
        ("another program", "CREATE TABLE theirs (a)"),
        ("another program", "PRAGMA application_id = 7; CREATE TABLE theirs (a)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = file_with(folder.path(), sql);
        let before = std::fs::read(&path).unwrap();
        let error = SqliteStore::open(&path, &Options::default()).unwrap_err();
        assert!(matches!(&error, StoreError::Unexpected(_)) && error_chain(&error).contains(what), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes ".repeat(1000)).unwrap();
    let error = SqliteStore::open(&path, &Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::Unexpected(_)), "{error}");
    let error = SqliteStore::open(Path::new("/nonexistent/x.db"), &Options::default()).unwrap_err();
    assert!(error_chain(&error).contains("/nonexistent/x.db"), "{error}");
}
