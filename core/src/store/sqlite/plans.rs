//! How SQLite goes about the questions that are asked all the time: by index, never by walking a table.

use super::{
    Options, activity, attestations, audit, changes, checks, commands, deploy_tables, hotfixes, inbox,
    install_reports, ledger, locks, old_effects, promotions, reads, schema, topic_moves, walks, work_items,
};
use rusqlite::Connection;

/// The plan's steps, one a line. Parameters are left unbound: plans do not depend on their values.
fn plan(database: &Connection, sql: &str) -> String {
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
    steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
}

#[test]
fn the_hot_statements_never_walk_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let database = schema::open_to_write(&folder.path().join("plans.db"), &Options::default()).unwrap();
    for (sql, index) in [
        (work_items::LEASE, "work_items_due (due<?)"),
        (work_items::NEXT, "work_items_due (due<?)"),
        (work_items::NEXT_DUE, "work_items_due (due>?)"),
        (work_items::BRING_FORWARD, "work_items_due (due>?)"),
        (work_items::END_OUTAGE, "work_items_due (due>?)"),
        (work_items::HELD, "sqlite_autoindex_work_items_1 (key=?)"),
        (inbox::INBOX, "deliveries_inbox (work_item=?)"),
        (inbox::JOIN, "sqlite_autoindex_work_items_1 (key=?)"),
        (inbox::BY_GUID, "sqlite_autoindex_deliveries_1 (guid=?)"),
        (inbox::BY_ID, "PRIMARY KEY (rowid=?)"),
        (inbox::LIST_WAITING, "deliveries_inbox"),
        (reads::PULL, "sqlite_autoindex_pull_requests_1 (repository=? AND number=?)"),
        (reads::OPEN_PULLS, "pull_requests_open (repository=?)"),
        (reads::OPEN, "pull_requests_open (repository=?)"),
        (reads::SHARING, "pull_requests_sharing (repository=? AND judged_head=? AND judged_base=?)"),
        (reads::SHARING_VERSIONS, "pull_requests_sharing (repository=? AND judged_head=? AND judged_base=?)"),
        (reads::TIPS, "PRIMARY KEY (repository=? AND branch=?)"),
        (reads::NEWEST_TIPS, "PRIMARY KEY (repository=? AND branch=?)"),
        (reads::PUSHES, "PRIMARY KEY (repository=? AND branch=?)"),
        (ledger::PUSHED_AT, "pushes_head (repository=? AND head=?)"),
        (reads::MERGED, "pull_requests_merged (repository=?)"),
        (reads::OUTCOMES, "outcomes_newest (repository=?)"),
        (reads::SIGNED_OFF, "attestations_in_force (repository=? AND environment=?)"),
        (reads::REPORTED, "PRIMARY KEY (repository=? AND environment>?)"),
        (ledger::TIPS_SINCE, "PRIMARY KEY (repository=? AND branch=? AND moved_at>?)"),
        (ledger::TIPS_AT, "tips_moved (repository=? AND tip=?)"),
        (inbox::OLD_BODIES, "PRIMARY KEY (rowid>?)"),
        (inbox::OLD_ROWS, "PRIMARY KEY (rowid>?)"),
        (old_effects::RESTING, "PRIMARY KEY (rowid>?)"),
        (old_effects::WITH_HEAD, "pull_requests_open (repository=?)"),
        (walks::RESTING_UNITS, "PRIMARY KEY (rowid>?)"),
        (walks::CLOSED_PULLS, "PRIMARY KEY (rowid>?)"),
        (walks::CLOSED_PULLS, "pull_requests_merged (repository=? AND merged_at>?)"),
        (walks::OLD_PUSHES, "PRIMARY KEY ((repository,branch,head)>(?,?,?))"),
        (walks::OLD_COMMANDS, "PRIMARY KEY ((repository,number,comment)>(?,?,?))"),
        (walks::OLD_PUSHES, "pull_requests_head (repository=? AND head_branch=?)"),
        (walks::DROP_WORK_ITEM, "deliveries_inbox (work_item=?)"),
        (audit::NEWEST, "PRIMARY KEY (rowid=?)"),
        (audit::OF_REPOSITORY, "audit_repository (repository=? AND at>?)"),
        (activity::ACTIVITY, "PRIMARY KEY (rowid=?)"),
        (deploy_tables::OUTCOMES, "PRIMARY KEY (repository=? AND environment=?)"),
        (reads::EFFECT, "sqlite_autoindex_work_items_1 (key=?)"),
        (checks::CHECKS, "sqlite_autoindex_work_items_1 (key>? AND key<?)"),
        (reads::REPOSITORIES_OF, "repositories_installation (installation=?)"),
        (deploy_tables::NEWEST, "PRIMARY KEY (repository=? AND environment=?)"),
        (deploy_tables::OPEN, "deploys_open (repository=? AND environment=?)"),
        (deploy_tables::LIVE, "deploys_live (repository=? AND environment=?)"),
        (deploy_tables::BUILT, "deploys_slug (repository=? AND slug=?)"),
        (deploy_tables::active_places::ONE, "PRIMARY KEY (repository=? AND environment=?)"),
        (deploy_tables::active_places::ALL, "PRIMARY KEY (repository=?)"),
        (deploy_tables::quoted_logs::DEPLOYS, "PRIMARY KEY (repository=?)"),
        (deploy_tables::quoted_logs::KNOWN, "PRIMARY KEY (rowid=?)"),
        (deploy_tables::STARTED, "PRIMARY KEY (repository=? AND environment=?)"),
        (locks::LOCK, "PRIMARY KEY (repository=? AND environment=?)"),
        (locks::FREEZES, "PRIMARY KEY (repository=?)"),
        (locks::WHILE_OPEN, "locks_while_open (repository=? AND while_open=?)"),
        (locks::OVERRIDES, "PRIMARY KEY (repository=? AND number=?)"),
        (locks::GIVEN_SINCE, "overrides_given (repository=? AND given_at>?)"),
        (walks::DROP_OVERRIDES, "PRIMARY KEY (repository=? AND number=?)"),
        (hotfixes::OPEN, "hotfixes_open (repository=?)"),
        (hotfixes::WITH_COMMIT, "PRIMARY KEY (repository=?)"),
        (attestations::IN_FORCE, "attestations_in_force (repository=? AND environment=?)"),
        (attestations::UNCOUNTED, "attestations_in_force (repository=? AND environment=?)"),
        (attestations::ONE, "PRIMARY KEY (repository=? AND environment=? AND command=?)"),
        (install_reports::ONE, "PRIMARY KEY (rowid=?)"),
        (promotions::MERGE, "PRIMARY KEY (rowid=?)"),
        (deploy_tables::REQUESTED_ACTS, "requested_acts_open (repository=? AND environment=?)"),
        (deploy_tables::ACT_OF_COMMAND, "requested_acts_of_command (repository=? AND key=?)"),
        (commands::ONE, "PRIMARY KEY (repository=? AND number=? AND comment=?)"),
        (commands::OPEN, "commands_open (repository=?)"),
        (commands::WRITTEN, "commands_written (repository=? AND author=? AND created_at>?)"),
        (commands::REPLIED, "commands_replied (repository=? AND author=? AND replied_at>?)"),
        (topic_moves::OF_BRANCH, "sqlite_autoindex_topic_moves_1 (repository=? AND branch=?)"),
        (topic_moves::DROP_SURPLUS, "sqlite_autoindex_topic_moves_1 (repository=? AND branch=?)"),
        (changes::TIP, "PRIMARY KEY (repository=? AND branch=? AND moved_at=?)"),
        (changes::STANDING, "sqlite_autoindex_work_items_1 (key=?)"),
    ] {
        let plan = plan(&database, sql);
        assert!(plan.contains(index), "{sql}\n{plan}");
        // A walk over a table's whole index of waiting rows is as long as the answer, and one over the list
        // that was asked for as long as the question, so they may be.
        let walks = plan.lines().filter(|step| step.starts_with("SCAN"));
        let walks = walks.filter(|step| !step.contains("deliveries_inbox") && !step.contains("json_each"));
        // Nor is one over what was found just before.
        let found = ["SCAN CONSTANT ROW", "SCAN reported", "SCAN e", "SCAN b"];
        let is_of_found = |step: &str| found.contains(&step) || step.starts_with("SCAN (subquery");
        let walks: Vec<_> = walks.filter(|step| !is_of_found(step)).collect();
        assert!(walks.is_empty(), "{sql}\n{plan}");
    }
}

#[test]
fn what_is_ordered_comes_from_the_index_in_that_order() {
    let folder = tempfile::tempdir().unwrap();
    let database = schema::open_to_write(&folder.path().join("plans.db"), &Options::default()).unwrap();
    for sql in [
        work_items::NEXT,
        work_items::LEASE,
        inbox::INBOX,
        inbox::LIST_ALL,
        inbox::LIST_DIGESTED,
        reads::OPEN_PULLS,
        reads::SHARING,
        reads::TIPS,
        reads::NEWEST_TIPS,
        reads::OUTCOMES,
        ledger::TIPS_SINCE,
        inbox::OLD_ROWS,
        attestations::IN_FORCE,
        attestations::UNCOUNTED,
        walks::RESTING_UNITS,
        walks::CLOSED_PULLS,
        walks::OLD_PUSHES,
        walks::OLD_COMMANDS,
    ] {
        let plan = plan(&database, sql);
        assert!(!plan.contains("FOR ORDER BY"), "{sql}\n{plan}");
    }
}
