//! Files that former versions have left: each is brought to the present, and nothing in it is lost.

use crate::given::{REPOSITORY, branch, commit, leased, pull_item};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use towpath::model::{
    EnvironmentName, PullNumber, PullRequestState, PushedAt, TreeId, UnixMillis, UnixSeconds,
};
use towpath::store::{ConcurrencyLimits, Options, SqliteStore, Store, WorkItem};

/// Migrations never change: the first `n` of them are what version `n` wrote.
const MIGRATIONS: [&str; 29] = [
    include_str!("../../core/src/store/migrations/0001_first.sql"),
    include_str!("../../core/src/store/migrations/0002_records.sql"),
    include_str!("../../core/src/store/migrations/0003_deploys.sql"),
    include_str!("../../core/src/store/migrations/0004_new_commits.sql"),
    include_str!("../../core/src/store/migrations/0005_folded_names.sql"),
    include_str!("../../core/src/store/migrations/0006_merge_settings.sql"),
    include_str!("../../core/src/store/migrations/0007_cancelling.sql"),
    include_str!("../../core/src/store/migrations/0008_operator_entries.sql"),
    include_str!("../../core/src/store/migrations/0009_outcomes.sql"),
    include_str!("../../core/src/store/migrations/0010_deploy_activity.sql"),
    include_str!("../../core/src/store/migrations/0011_clone_urls.sql"),
    include_str!("../../core/src/store/migrations/0012_bounds.sql"),
    include_str!("../../core/src/store/migrations/0013_stacks.sql"),
    include_str!("../../core/src/store/migrations/0014_starting_points.sql"),
    include_str!("../../core/src/store/migrations/0015_plain_names.sql"),
    include_str!("../../core/src/store/migrations/0016_details.sql"),
    include_str!("../../core/src/store/migrations/0017_audit.sql"),
    include_str!("../../core/src/store/migrations/0018_commands.sql"),
    include_str!("../../core/src/store/migrations/0019_locks_and_overrides.sql"),
    include_str!("../../core/src/store/migrations/0020_promotions.sql"),
    include_str!("../../core/src/store/migrations/0021_grants.sql"),
    include_str!("../../core/src/store/migrations/0022_topic_moves.sql"),
    include_str!("../../core/src/store/migrations/0023_install_reports.sql"),
    include_str!("../../core/src/store/migrations/0024_attestations.sql"),
    include_str!("../../core/src/store/migrations/0025_freezes.sql"),
    include_str!("../../core/src/store/migrations/0026_hotfixes.sql"),
    include_str!("../../core/src/store/migrations/0027_active_places.sql"),
    include_str!("../../core/src/store/migrations/0028_visibility.sql"),
    include_str!("../../core/src/store/migrations/0029_outages.sql"),
];

/// The last version whose tables have the names that the rows here use.
const LAST_WITH_FIRST_NAMES: usize = 14;

/// What every version could hold, by the names that the first ones had for it.
const ROWS: &str = "
    INSERT INTO units (id, key, repository, dirty, due) VALUES
        (1, 'pull:42:1', 42, 1, 1), (2, 'proposal:42:1', 42, 1, 2), (3, 'gate:42:7:qa', 42, 1, 3),
        (4, 'whereabouts:42:1', 42, 1, 4), (5, 'runs:42', 42, 1, 5),
        (6, 'group:42:0101010101010101010101010101010101010101:staging', 42, 1, 6),
        (7, 'comment:42:1', 42, 1, 7);
    INSERT INTO deliveries (id, guid, event, unit, received_at, digested) VALUES
        (7, 'waiting', 'ping', 1, 10, 0), (8, 'done', 'ping', 1, 10, 1);
    INSERT INTO bodies (delivery, packed) VALUES (7, x'02000000207b7d');
    INSERT INTO effects (unit, content, substance, shown, github_id) VALUES (7, 'words', 'now', 'before', 9);
    INSERT INTO accounts (id, login, state) VALUES (5, 'acme', 'active');
    INSERT INTO pulls (repository, number, state, draft, head_branch, head_commit, base_branch, author, updated_at)
        VALUES (42, 1, 'open', 0, 'topic', x'0101010101010101010101010101010101010101', 'staging', 'ana', 5);";

const DEPLOY_ROWS: &str = "
    INSERT INTO orders (repository, environment, data, made_at)
        VALUES (42, 'staging', '{\"what\":\"lift-hold\",\"by\":\"op\",\"reason\":\"well\"}', 7);";

/// A file as that version left it, with these rows. Those of the last versions got theirs when they were older.
fn file_of(version: usize, folder: &Path, rows: &str) -> PathBuf {
    let path = folder.join(format!("{version}.db"));
    let connection = Connection::open(&path).unwrap();
    let (before, since) = MIGRATIONS[..version].split_at(version.min(LAST_WITH_FIRST_NAMES));
    let marks = [rows, "PRAGMA application_id = 0x544f5750;"];
    for step in before.iter().copied().chain(marks).chain(since.iter().copied()) {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    path
}

#[test]
fn every_migration_is_among_these_and_in_the_notes_on_upgrading() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notes = std::fs::read_to_string(folder.join("docs/upgrading.md")).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("core/src/store/migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(notes.contains(&format!("| `{name}` | ")), "docs/upgrading.md says nothing of {name}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(MIGRATIONS.contains(&text.as_str()), "{name} is not tried here");
        seen += 1;
    }
    assert_eq!(seen, MIGRATIONS.len());
}

#[tokio::test]
async fn each_former_version_is_brought_to_the_present_with_all_that_it_held() {
    let folder = tempfile::tempdir().unwrap();
    for version in 1..=MIGRATIONS.len() {
        let rows = [ROWS, if version >= 3 { DEPLOY_ROWS } else { "" }].concat();
        let store = SqliteStore::open(&file_of(version, folder.path(), &rows), &Options::default()).unwrap();
        let head = "0101010101010101010101010101010101010101".parse().unwrap();
        let number = PullNumber(1);
        let wanted = [
            WorkItem::PullRequest(REPOSITORY, number),
            WorkItem::ConfigPreview(REPOSITORY, number),
            WorkItem::DeploymentProtection(REPOSITORY, 7, EnvironmentName::from("qa")),
            WorkItem::ChangeStatus(REPOSITORY, number),
            WorkItem::WorkflowRuns(REPOSITORY),
            WorkItem::MergeGroup(REPOSITORY, head, branch("staging")),
            WorkItem::Comment(REPOSITORY, number),
        ];
        for item in &wanted {
            let lease = store.lease(UnixMillis(100), ConcurrencyLimits::NONE).await.unwrap();
            assert_eq!(lease.map(|it| it.item).as_ref(), Some(item), "of version {version}");
        }
        let pending = store.inbox(&wanted[0], 10, 1_000).await.unwrap();
        assert_eq!(pending.iter().map(|it| it.guid.as_str()).collect::<Vec<_>>(), ["waiting"]);
        let effect = store.effect(&wanted[6]).await.unwrap().unwrap();
        assert_eq!((effect.applied.as_deref(), effect.github_id), (Some("before"), Some(9)));
        assert_eq!(store.installations().await.unwrap().len(), 1);
        let pull = store.pull(REPOSITORY, number).await.unwrap().unwrap();
        assert_eq!((pull.pull.state, pull.pull.author.as_str()), (PullRequestState::Open, "ana"));
        if version >= 3 {
            let known = store.environment_deploys(REPOSITORY, "staging", &branch("staging")).await.unwrap();
            assert_eq!(known.requested_acts.len(), 1, "of version {version}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_file_of_version_1_is_brought_to_the_present() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "
        INSERT INTO units (id, key, repository, dirty, done, failures, due, error)
            VALUES (1, 'pull:42:1', 42, 3, 2, 4, 500, 'GitHub did not answer');
        INSERT INTO deliveries (id, guid, event, unit, received_at) VALUES (7, 'a', 'ping', 1, 10);
        INSERT INTO bodies (delivery, packed) VALUES (7, x'02000000207b7d');";
    let path = file_of(1, folder.path(), rows);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let row = store.delivery("a").await.unwrap().unwrap();
    assert_eq!(row.body.as_deref(), Some(&b"{}"[..]));
    assert_eq!(row.error.as_deref(), Some("GitHub did not answer"));
    let lease = leased(&store, UnixMillis(500)).await;
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
    let rows = "
        INSERT INTO tips (repository, branch, moved_at, place, tip, forced, source) VALUES
            (42, 'staging', 10, 0, x'0101010101010101010101010101010101010101', 0, 'backfill'),
            (42, 'staging', 20, 0, x'0202020202020202020202020202020202020202', 0, 'push'),
            (42, 'staging', 20, 1, x'0303030303030303030303030303030303030303', 0, 'push'),
            (42, 'gone', 30, 0, x'', 0, 'push');";
    let path = file_of(2, folder.path(), rows);
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
            (42, 'Staging', '{in_force}'), (42, 'staging', '{lifted}'), (42, 'QA', '{lifted}');"
    );
    let path = file_of(3, folder.path(), &rows);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let staging = WorkItem::Environment(REPOSITORY, "staging".into());
    let told = store.inbox(&staging, 10, usize::MAX).await.unwrap();
    assert_eq!(told.iter().map(|it| it.guid.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(leased(&store, UnixMillis(500)).await.item, staging, "what was moved is looked at");
    let by = async |name| store.hold(REPOSITORY, name).await.unwrap().map(|hold| hold.by);
    assert_eq!((by("STAGING").await, by("qa").await), (Some("new".to_owned()), Some("old".to_owned())));
    let verified = store.ledger(REPOSITORY, &[], None).await.unwrap().verified;
    assert_eq!(verified.iter().map(|it| it.environment.as_str()).collect::<Vec<_>>(), ["staging"]);
    // A branch is told apart by its capitals.
    store.mark(vec![WorkItem::Branch(REPOSITORY, branch("Staging"))], UnixMillis(600)).await.unwrap();
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
    ]
    .concat();
    let path = file_of(3, folder.path(), &rows);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let ledger = store.ledger(REPOSITORY, &[], None).await.unwrap();
    let trees: BTreeSet<TreeId> = ledger.verified.into_iter().map(|it| it.tree).collect();
    assert_eq!(trees, BTreeSet::from([TreeId::from_bytes([2; 20]), TreeId::from_bytes([0xab; 20])]));
    let known = store.outcomes(REPOSITORY, "staging").await.unwrap();
    assert!(known.iter().all(|it| it.at == UnixMillis(5_000)), "{known:?}");
    store.close().await;
}

#[tokio::test]
async fn a_file_of_version_3_learns_of_the_operators_entries() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "
        INSERT INTO repositories (id, installation, full_name, clone_url, html_url, default_branch, state)
            VALUES (42, 7, 'acme/store', 'c', 'h', 'master', 'active');";
    let path = file_of(3, folder.path(), rows);
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
    let rows = "
        INSERT INTO pulls (repository, number, state, draft, head_branch, head_commit, base_branch, author, updated_at)
            VALUES (42, 3, 'open', 1, 'staging', x'0101010101010101010101010101010101010101', 'production', 'ana', 5);";
    let path = file_of(10, folder.path(), rows);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let known = store.pull(REPOSITORY, PullNumber(3)).await.unwrap().unwrap().pull;
    assert_eq!((known.stack, known.updated_at), (None, UnixMillis(5)));
    assert_eq!(known.details.draft, Some(true));
    store.close().await;
}

/// What an older server kept of pushes proves nothing within a second.
#[tokio::test]
async fn a_file_of_version_3_keeps_its_pushes() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "
        INSERT INTO pushes (repository, branch, head, pushed_at)
            VALUES (42, 'feature/x', x'0101010101010101010101010101010101010101', 10);";
    let path = file_of(3, folder.path(), rows);
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let pushes = store.ledger(REPOSITORY, &[], Some(&branch("feature/x"))).await.unwrap().pushes;
    assert_eq!(pushes, [PushedAt { commit: commit(1), at: UnixSeconds(10), is_new: false }]);
    store.close().await;
}
