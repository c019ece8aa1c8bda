//! Files that former versions have left: each is brought to the present, and nothing in it is lost.

use crate::given::{REPOSITORY, branch};
use rusqlite::Connection;
use towpath::model::{EnvironmentName, PullNumber, PullRequestState};
use towpath::store::{ConcurrencyLimits, Options, SqliteStore, Store, WorkItem};

/// Migrations never change: the first `n` of them are what version `n` wrote.
const MIGRATIONS: [&str; 15] = [
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
    include_str!("../../src/store/migrations/0011_clone_urls.sql"),
    include_str!("../../src/store/migrations/0012_bounds.sql"),
    include_str!("../../src/store/migrations/0013_stacks.sql"),
    include_str!("../../src/store/migrations/0014_starting_points.sql"),
    include_str!("../../src/store/migrations/0015_plain_names.sql"),
];

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
        VALUES (42, 1, 'open', 0, 'topic', x'0101010101010101010101010101010101010101', 'staging', 'ana', 5);
    PRAGMA application_id = 0x544f5750;";

const DEPLOY_ROWS: &str = "
    INSERT INTO orders (repository, environment, data, made_at)
        VALUES (42, 'staging', '{\"what\":\"lift-hold\",\"by\":\"op\",\"reason\":\"well\"}', 7);";

fn file_of(version: usize, folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join(format!("{version}.db"));
    let connection = Connection::open(&path).unwrap();
    for migration in &MIGRATIONS[..version] {
        connection.execute_batch(migration).unwrap();
    }
    connection.execute_batch(ROWS).unwrap();
    if version >= 3 {
        connection.execute_batch(DEPLOY_ROWS).unwrap();
    }
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    path
}

#[tokio::test]
async fn each_former_version_is_brought_to_the_present_with_all_that_it_held() {
    let folder = tempfile::tempdir().unwrap();
    for version in 1..MIGRATIONS.len() {
        let store = SqliteStore::open(&file_of(version, folder.path()), &Options::default()).unwrap();
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
            let lease = store.lease(100, ConcurrencyLimits::NONE).await.unwrap();
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
