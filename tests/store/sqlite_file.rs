//! What only a database in a file of its own can get wrong.

use crate::given::{REPOSITORY, branch, commit, delivery, guids, leased, pull_item, sqlite, sqlite_with};
use bytes::Bytes;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinSet;
use towpath::model::{PullNumber, PushedAt, TreeId};
use towpath::store::{
    Accepted, Change, DeliveryState, NewDelivery, Next, Options, SqliteStore, Store, StoreError, WorkItem,
};

const SMALL: Options = Options { max_bytes: Some(400 << 10) };

/// A delivery whose body does not compress.
fn noisy(guid: &str, bytes: u32) -> NewDelivery {
    let noise = (0..bytes / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes());
    NewDelivery { body: noise.collect::<Bytes>(), ..delivery(guid, pull_item(1), 10) }
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
    let lease = leased(store, 20).await;
    let rows = store.inbox(&pull_item(1), 100, usize::MAX).await.unwrap();
    let taken = rows.iter().map(|row| row.id).collect();
    store.commit(&lease, vec![Change::Processed(taken)], Next::Done, 20).await.unwrap();
    store.prune(1_000, 0).await.unwrap();
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
            delivery(&format!("small-{n}"), pull_item(1), 10)
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
    opened.store.accept(delivery("a", pull_item(1), 10)).await.unwrap();
    for file in std::fs::read_dir(opened.path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn closing_brings_everything_into_the_one_file() {
    let opened = sqlite().await;
    opened.store.accept(delivery("a", pull_item(1), 10)).await.unwrap();
    opened.store.close().await;
    let left = std::fs::read_dir(opened.path.parent().unwrap()).unwrap();
    assert_eq!(left.map(|file| file.unwrap().file_name()).collect::<Vec<_>>(), ["towpath.db"]);
    // After that it is shut, and closing again is no harm.
    let shut = |answer: Option<StoreError>| assert!(matches!(answer, Some(StoreError::Unavailable(_))));
    shut(opened.store.accept(delivery("b", pull_item(1), 10)).await.err());
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
        callers.spawn(async move { store.accept(delivery(&format!("d-{n}"), pull_item(1), 10)).await });
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
    server.store.accept(delivery("a", pull_item(1), 10)).await.unwrap();
    let command_line = SqliteStore::open(&server.path, &Options::default()).unwrap();
    let lease = leased(&*server.store, 10).await;
    let id = command_line.delivery("a").await.unwrap().unwrap().id;
    server.store.commit(&lease, vec![Change::Processed(vec![id])], Next::Done, 20).await.unwrap();
    assert!(command_line.replay(id, 30).await.unwrap());
    command_line.close().await;
    assert_eq!(leased(&*server.store, 30).await.item, pull_item(1));
    assert_eq!(guids(&*server.store, Some(DeliveryState::Pending)).await, ["a"]);
}

#[tokio::test]
async fn the_server_waits_for_a_short_lock_of_another_process() {
    let opened = sqlite().await;
    let other = Connection::open(&opened.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = opened.store.clone();
    let waits = tokio::spawn(async move { store.accept(delivery("a", pull_item(1), 10)).await });
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

#[tokio::test]
async fn a_file_of_version_1_is_brought_to_the_present() {
    let folder = tempfile::tempdir().unwrap();
    // Migrations never change, so this is what version 1 wrote.
    let schema = include_str!("../../src/store/migrations/0001_first.sql");
    let rows = "
        INSERT INTO units (id, key, repository, dirty, done, failures, due, error)
            VALUES (1, 'pull:42:1', 42, 3, 2, 4, 500, 'GitHub did not answer');
        INSERT INTO deliveries (id, guid, event, unit, received_at) VALUES (7, 'a', 'ping', 1, 10);
        INSERT INTO bodies (delivery, packed) VALUES (7, x'02000000207b7d');
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 1;";
    let path = file_with(folder.path(), &format!("{schema}{rows}"));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let row = store.delivery("a").await.unwrap().unwrap();
    assert_eq!(row.body.as_deref(), Some(&b"{}"[..]));
    assert_eq!(row.error.as_deref(), Some("GitHub did not answer"));
    let lease = leased(&store, 500).await;
    assert_eq!((lease.item, lease.seen, lease.failures), (pull_item(1), 3, 4));
    store.close().await;
    let version: i64 =
        Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert!(version >= 1);
}

/// Nothing is deployed only because a newer server came: where branches were then is remembered.
#[tokio::test]
async fn a_file_of_version_2_remembers_where_branches_were() {
    let folder = tempfile::tempdir().unwrap();
    let first = include_str!("../../src/store/migrations/0001_first.sql");
    let second = include_str!("../../src/store/migrations/0002_records.sql");
    let rows = "
        INSERT INTO tips (repository, branch, moved_at, place, tip, forced, source) VALUES
            (42, 'staging', 10, 0, x'0101010101010101010101010101010101010101', 0, 'backfill'),
            (42, 'staging', 20, 0, x'0202020202020202020202020202020202020202', 0, 'push'),
            (42, 'staging', 20, 1, x'0303030303030303030303030303030303030303', 0, 'push'),
            (42, 'gone', 30, 0, x'', 0, 'push');
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 2;";
    let path = file_with(folder.path(), &format!("{first}{second}{rows}"));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let baseline =
        async |name| store.environment_deploys(REPOSITORY, name, &branch(name)).await.unwrap().baseline;
    assert_eq!(baseline("staging").await, Some(commit(3)));
    assert_eq!(baseline("gone").await, None);
    assert_eq!(baseline("production").await, None);
    store.close().await;
}

/// Rows of any spelling are found afterwards, and nothing that was told is lost.
#[tokio::test]
async fn a_file_of_version_3_is_brought_to_one_spelling_of_each_environment() {
    let folder = tempfile::tempdir().unwrap();
    let schema = [
        include_str!("../../src/store/migrations/0001_first.sql"),
        include_str!("../../src/store/migrations/0002_records.sql"),
        include_str!("../../src/store/migrations/0003_deploys.sql"),
    ];
    let hold = |by: &str, lifted: &str| {
        let commit = "0".repeat(40);
        format!(
            r#"{{"from":"{commit}","to":"{commit}","by":"{by}","reason":"x","since":1,"pulls":[],"lifted":{lifted}}}"#
        )
    };
    let (lifted, in_force) = (hold("old", r#"{"at":2,"by":"op","reason":"y"}"#), hold("new", "null"));
    let rows = format!(
        "
        INSERT INTO units (id, key, repository, dirty, done, due) VALUES
            (1, 'environment:42:Staging', 42, 1, 1, 0), (2, 'environment:42:staging', 42, 1, 1, 0),
            (3, 'gate:42:7:QA', 42, 1, 1, 0), (4, 'branch:42:Staging', 42, 1, 1, 0);
        INSERT INTO deliveries (id, guid, event, unit, received_at) VALUES
            (1, 'a', 'deployment_status', 1, 10), (2, 'b', 'deployment_status', 2, 11);
        INSERT INTO verified (repository, environment, tree, head, verified_at) VALUES
            (42, 'Staging', x'0101010101010101010101010101010101010101', x'00', 1),
            (42, 'staging', x'0101010101010101010101010101010101010101', x'00', 2);
        INSERT INTO holds (repository, environment, data) VALUES
            (42, 'Staging', '{in_force}'), (42, 'staging', '{lifted}'), (42, 'QA', '{lifted}');
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 3;"
    );
    let path = file_with(folder.path(), &format!("{}{rows}", schema.concat()));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let staging = WorkItem::Environment(REPOSITORY, "staging".into());
    let told = store.inbox(&staging, 10, usize::MAX).await.unwrap();
    assert_eq!(told.iter().map(|it| it.guid.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(leased(&store, 500).await.item, staging, "what was moved is looked at");
    let by = async |name| store.hold(REPOSITORY, name).await.unwrap().map(|hold| hold.by);
    assert_eq!((by("STAGING").await, by("qa").await), (Some("new".to_owned()), Some("old".to_owned())));
    let verified = store.ledger(REPOSITORY, &[], None).await.unwrap().verified;
    assert_eq!(verified.iter().map(|it| it.environment.as_str()).collect::<Vec<_>>(), ["staging"]);
    // A branch is told apart by its capitals.
    store.mark(vec![WorkItem::Branch(REPOSITORY, branch("Staging"))], 600).await.unwrap();
    store.close().await;
    let keys: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT group_concat(key, ' ') FROM (SELECT key FROM work_items ORDER BY id)", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(keys, "environment:42:staging deployment-protection:42:7:qa branch:42:Staging");
}

/// What was verified before stays so, unless the newest deploy of the same files has failed or was taken back.
#[tokio::test]
async fn a_file_of_version_3_keeps_what_was_verified() {
    let folder = tempfile::tempdir().unwrap();
    let first = include_str!("../../src/store/migrations/0001_first.sql");
    let second = include_str!("../../src/store/migrations/0002_records.sql");
    let third = include_str!("../../src/store/migrations/0003_deploys.sql");
    let deploy = |number: u8, n: u8, state: &str| {
        let (head, tree) = (format!("{n:02x}").repeat(20), format!("{n:02x}").repeat(20));
        format!(
            "INSERT INTO deploys (repository, environment, number, head, state, slug, data) VALUES
                (42, 'staging', {number}, x'{head}', '{state}', 's', '{{\"tree\":\"{tree}\"}}');"
        )
    };
    let verified = |n: u8| {
        let name = format!("{n:02x}").repeat(20);
        format!("INSERT INTO verified VALUES (42, 'staging', x'{name}', x'{name}', 5);")
    };
    let rows = [
        [verified(1), verified(2), verified(0xab), verified(0xcd)].concat(),
        format!(
            "INSERT INTO holds VALUES (42, 'staging', '{{\"from\":\"{}\",\"lifted\":null}}');",
            "cd".repeat(20)
        ),
        [deploy(1, 1, "succeeded"), deploy(2, 1, "failed"), deploy(3, 1, "superseded")].concat(),
        [deploy(4, 0xab, "failed"), deploy(5, 0xab, "succeeded")].concat(),
        "PRAGMA application_id = 0x544f5750; PRAGMA user_version = 3;".to_owned(),
    ]
    .concat();
    let path = file_with(folder.path(), &format!("{first}{second}{third}{rows}"));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let ledger = store.ledger(REPOSITORY, &[], None).await.unwrap();
    let trees: BTreeSet<TreeId> = ledger.verified.into_iter().map(|it| it.tree).collect();
    assert_eq!(trees, BTreeSet::from([TreeId::from_bytes([2; 20]), TreeId::from_bytes([0xab; 20])]));
    let known = store.outcomes(REPOSITORY, "staging").await.unwrap();
    assert!(known.iter().all(|it| it.at == 5_000), "in milliseconds: {known:?}");
    store.close().await;
}

#[tokio::test]
async fn a_file_of_version_3_learns_of_the_operators_entries() {
    let folder = tempfile::tempdir().unwrap();
    let steps = [
        include_str!("../../src/store/migrations/0001_first.sql"),
        include_str!("../../src/store/migrations/0002_records.sql"),
        include_str!("../../src/store/migrations/0003_deploys.sql"),
    ];
    let rows = "
        INSERT INTO repositories (id, installation, full_name, clone_url, html_url, default_branch, state)
            VALUES (42, 7, 'acme/store', 'c', 'h', 'master', 'active');
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 3;";
    let path = file_with(folder.path(), &format!("{}{rows}", steps.concat()));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let known = store.repository(REPOSITORY).await.unwrap().unwrap();
    assert_eq!(known.full_name, "acme/store");
    assert_eq!(known.clone_url, "", "it may have been an event's word, so the API is asked");
    assert!(store.operator_entries().await.unwrap().is_empty());
    store.entry_seen("acme/store", REPOSITORY).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    assert_eq!(store.operator_entries().await.unwrap()["acme/store"], REPOSITORY);
    store.close().await;
}

/// What an older server kept of pull requests is in no stack, until GitHub is asked again.
#[tokio::test]
async fn a_file_of_version_10_learns_of_stacks() {
    let folder = tempfile::tempdir().unwrap();
    let steps = [
        include_str!("../../src/store/migrations/0001_first.sql"),
        include_str!("../../src/store/migrations/0002_records.sql"),
        include_str!("../../src/store/migrations/0003_deploys.sql"),
        include_str!("../../src/store/migrations/0004_new_commits.sql"),
        include_str!("../../src/store/migrations/0005_folded_names.sql"),
        include_str!("../../src/store/migrations/0006_merge_settings.sql"),
        include_str!("../../src/store/migrations/0007_cancelling.sql"),
        include_str!("../../src/store/migrations/0008_operator_entries.sql"),
        include_str!("../../src/store/migrations/0009_outcomes.sql"),
        include_str!("../../src/store/migrations/0010_deploy_activity.sql"),
    ];
    let rows = "
        INSERT INTO pulls (repository, number, state, draft, head_branch, head_commit, base_branch, author, updated_at)
            VALUES (42, 3, 'open', 0, 'staging', x'0101010101010101010101010101010101010101', 'production', 'ana', 5);
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 10;";
    let path = file_with(folder.path(), &format!("{}{rows}", steps.concat()));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let known = store.pull(REPOSITORY, PullNumber(3)).await.unwrap().unwrap().pull;
    assert_eq!((known.stack, known.updated_at), (None, 5));
    store.close().await;
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
        assert!(matches!(&error, StoreError::Unexpected(_)) && error.to_string().contains(what), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "these are notes ".repeat(1000)).unwrap();
    let error = SqliteStore::open(&path, &Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::Unexpected(_)), "{error}");
    let error = SqliteStore::open(Path::new("/nonexistent/x.db"), &Options::default()).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/x.db"), "{error}");
}

/// What an older server kept of pushes proves nothing within a second.
#[tokio::test]
async fn a_file_of_version_3_keeps_its_pushes() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = [
        include_str!("../../src/store/migrations/0001_first.sql"),
        include_str!("../../src/store/migrations/0002_records.sql"),
        include_str!("../../src/store/migrations/0003_deploys.sql"),
    ];
    let rows = "
        INSERT INTO pushes (repository, branch, head, pushed_at)
            VALUES (42, 'feature/x', x'0101010101010101010101010101010101010101', 10);
        PRAGMA application_id = 0x544f5750;
        PRAGMA user_version = 3;";
    let path = file_with(folder.path(), &format!("{}{rows}", schemas.concat()));
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let pushes = store.ledger(REPOSITORY, &[], Some(&branch("feature/x"))).await.unwrap().pushes;
    assert_eq!(pushes, [PushedAt { commit: commit(1), at: 10, is_new: false }]);
    store.close().await;
}
