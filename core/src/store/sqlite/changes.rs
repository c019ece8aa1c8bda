//! Applying what a piece of work has come to, all of it or nothing.

use super::values::Tip;
use super::work_items::{self, WorkItemId};
use super::writer::Outcome;
use super::{
    activity, attestations, audit, backfills, commands, deploy_tables, hotfixes, inbox, install_reports,
    locks, merge_settings, promotions, reads, topic_moves,
};
use crate::model::{
    BranchName, CommitId, EnvironmentName, LedgerEntry, PullNumber, PullRequest, PushedAt, RepositoryId,
    UnixMillis,
};
use crate::store::{
    Change, Committed, ConfigurationRow, Desired, Installation, Lease, Next, RepositoryRow, StoreError,
    WorkItem,
};
use rusqlite::{Connection, OptionalExtension, named_params};
use std::collections::BTreeSet;

const INSTALLATION: &str = "
    INSERT INTO installations (id, login, state, missing_grants, html_url)
    VALUES (:id, :login, :state, :missing, :html_url)
    ON CONFLICT (id) DO UPDATE SET login = excluded.login, state = excluded.state,
        missing_grants = excluded.missing_grants, html_url = excluded.html_url";

macro_rules! insert_repository {
    ($on_conflict:literal) => {
        concat!(
            "INSERT INTO repositories
                (id, installation, full_name, clone_url, html_url, default_branch, state, reconciled_at)
            VALUES (:id, :installation, :full_name, :clone_url, :html_url, :default_branch, :state,
                :reconciled_at)
            ON CONFLICT (id) DO ",
            $on_conflict
        )
    };
}

const REPOSITORY: &str = insert_repository!(
    "UPDATE SET
        installation = excluded.installation, full_name = excluded.full_name,
        clone_url = excluded.clone_url, html_url = excluded.html_url,
        default_branch = excluded.default_branch, state = excluded.state,
        reconciled_at = coalesce(excluded.reconciled_at, repositories.reconciled_at)"
);

const INTRODUCED: &str = insert_repository!("NOTHING");

const PULL: &str = "
    INSERT INTO pull_requests (repository, number, state, head_branch, head_commit, head_repository,
        base_branch, author, updated_at, merged_at, merge_commit, stack, details)
    VALUES (:repository, :number, :state, :head_branch, :head_commit, :head_repository,
        :base_branch, :author, :updated_at, :merged_at, :merge_commit, :stack, :details)
    ON CONFLICT (repository, number) DO UPDATE SET
        state = excluded.state, head_branch = excluded.head_branch,
        head_commit = excluded.head_commit, head_repository = excluded.head_repository,
        base_branch = excluded.base_branch, author = excluded.author, updated_at = excluded.updated_at,
        merged_at = excluded.merged_at, merge_commit = excluded.merge_commit, stack = excluded.stack,
        details = excluded.details
    WHERE excluded.updated_at >= pull_requests.updated_at";

const JUDGED: &str = "
    UPDATE pull_requests SET judged_head = :head, judged_base = :base, verdict = :verdict, judged_at = :at,
        judged_version = judged_version + 1
    WHERE repository = :repository AND number = :number";

const UNJUDGED: &str = "
    UPDATE pull_requests SET judged_head = NULL, judged_base = NULL, verdict = NULL, judged_at = NULL,
        judged_version = judged_version + 1
    WHERE repository = :repository AND number = :number";

const GRANTS_NOTED: &str = "
    UPDATE pull_requests SET noted_head = :head, noted_base = :base
    WHERE repository = :repository AND number = :number AND noted_head IS NULL";

pub(super) const TIP: &str = "
    INSERT INTO tips (repository, branch, moved_at, place, tip, previous, forced, actor, source)
    SELECT :repository, :branch, :at,
        (SELECT coalesce(max(place) + 1, 0) FROM tips
            WHERE repository = :repository AND branch = :branch AND moved_at = :at),
        :tip, :previous, :forced, :actor, :source
    WHERE NOT EXISTS (SELECT 1 FROM tips
        WHERE repository = :repository AND branch = :branch AND moved_at = :at AND tip = :tip
            AND previous IS :previous AND source = :source)";

const PUSH: &str = "
    INSERT INTO pushes (repository, branch, head, pushed_at, is_new)
    VALUES (:repository, :branch, :head, :at, :is_new)
    ON CONFLICT (repository, branch, head) DO UPDATE SET
        pushed_at = min(pushes.pushed_at, excluded.pushed_at), is_new = max(pushes.is_new, excluded.is_new)
    WHERE excluded.pushed_at < pushes.pushed_at OR excluded.is_new > pushes.is_new";

/// Of two at the same place in time, which should not be, the one that verifies nothing stays.
const OUTCOME: &str = "
    INSERT INTO outcomes (repository, environment, tree, head, said_at, place, outcome)
    VALUES (:repository, :environment, :tree, :head, :at, :place, :outcome)
    ON CONFLICT (repository, environment, tree) DO UPDATE SET head = excluded.head,
        said_at = excluded.said_at, place = excluded.place, outcome = excluded.outcome
    WHERE (excluded.said_at, excluded.place) > (outcomes.said_at, outcomes.place)
        OR ((excluded.said_at, excluded.place) = (outcomes.said_at, outcomes.place)
            AND outcomes.outcome = 'success')";

const CONFIGURATION: &str = "
    INSERT INTO configurations (repository, place, text, valid, read_at)
    VALUES (:repository, :place, :text, :valid, :read_at)
    ON CONFLICT (repository) DO UPDATE SET place = excluded.place, text = excluded.text,
        valid = excluded.valid, read_at = excluded.read_at";

const ACT: &str = "
    INSERT INTO acts (repository, number, head, what, who, at, outcome, done)
    VALUES (:repository, :number, :head, :what, :who, :at, :outcome, :done)
    ON CONFLICT (repository, number, head, what) DO UPDATE SET who = excluded.who, at = excluded.at,
        outcome = excluded.outcome, done = excluded.done
    WHERE acts.done = 0";

/// What is stored of an effect: whether it would change, and whether GitHub gets to show it without
/// another mark, because it does already or because work on it is to come.
pub(super) const STANDING: &str = "
    SELECT u.id, e.substance = :substance,
        e.applied IS NOT DISTINCT FROM e.substance OR (u.dirty > u.done AND u.dead = 0)
    FROM work_items u JOIN effects e ON e.work_item = u.id WHERE u.key = :key";

const DESIRE: &str = "
    INSERT INTO effects (work_item, content, substance) VALUES (:work_item, :content, :substance)
    ON CONFLICT (work_item) DO UPDATE SET content = excluded.content, substance = excluded.substance";

const APPLIED: &str = "
    UPDATE effects SET github_id = :github_id, applied = :substance, attempted = max(attempted, 1)
    WHERE work_item = (SELECT id FROM work_items WHERE key = :key)";

const VANISHED: &str = "
    UPDATE effects SET github_id = NULL, applied = NULL, attempted = max(attempted, 1)
    WHERE work_item = (SELECT id FROM work_items WHERE key = :key)";

const NOT_MADE: &str = "
    UPDATE effects SET attempted = 0 WHERE work_item = (SELECT id FROM work_items WHERE key = :key)";

const RESEND: &str = "
    UPDATE effects SET applied = NULL WHERE work_item = (SELECT id FROM work_items WHERE key = :key)";

/// A moment, and 1 where an earlier version noted no more than that it was attempted: that is long ago.
const ATTEMPTING: &str = "UPDATE effects SET attempted = max(:now, 1) WHERE work_item = :work_item";

/// Applies all changes and settles the work item.
pub(super) fn commit(
    connection: &Connection,
    lease: &Lease,
    changes: &[Change],
    next: &Next,
    now: UnixMillis,
) -> Result<Outcome<Committed>, StoreError> {
    let Some(item) = work_items::held(connection, lease)? else {
        return Ok(Outcome::Undo(Committed::LeaseLost));
    };
    for change in changes {
        apply(connection, change, now)?;
    }
    if !siblings_are_as_assumed(connection, changes)? {
        return Ok(Outcome::Undo(Committed::Stale));
    }
    work_items::settle(connection, item, lease.seen, next, now).map(Outcome::Keep)
}

fn apply(connection: &Connection, change: &Change, now: UnixMillis) -> Result<(), StoreError> {
    match change {
        Change::Processed(deliveries) => inbox::processed(connection, deliveries),
        Change::Installation(row) => installation(connection, row),
        Change::Repository(row) => repository(connection, REPOSITORY, row),
        Change::Introduced(row) => repository(connection, INTRODUCED, row),
        Change::Pull(row) => pull(connection, row),
        Change::Judged { .. } => judged(connection, change),
        Change::Unjudged(repository, number) => {
            let parameters = named_params! { ":repository": repository, ":number": number };
            connection.prepare_cached(UNJUDGED)?.execute(parameters)?;
            Ok(())
        }
        Change::GrantsNoted(repository, number, head, base) => {
            let check = named_params! {
                ":repository": repository, ":number": number, ":head": head, ":base": base,
            };
            connection.prepare_cached(GRANTS_NOTED)?.execute(check)?;
            Ok(())
        }
        Change::Tip(row) => tip(connection, row),
        Change::Push(repository, branch, push) => record_push(connection, *repository, branch, push),
        Change::TopicMoved(row) => topic_moves::store(connection, row),
        Change::Backfilled(repository, branch, reached) => {
            backfills::store(connection, *repository, branch, *reached)
        }
        Change::MergeSettings(repository, methods, at) => {
            merge_settings::store(connection, *repository, *methods, *at)
        }
        Change::Outcome(_) | Change::Configuration(_) | Change::Act(_) => record(connection, change),
        Change::InstallReport(repository, report) => {
            install_reports::store(connection, *repository, report.as_deref())
        }
        Change::Audit(entry) => audit::append(connection, entry),
        Change::Deploy(repository, deploy) => deploy_tables::store(connection, *repository, deploy),
        Change::DeployActivity(repository, seen) => activity::seen(connection, *repository, seen),
        Change::DeployWorkflow(repository, workflow, seen) => {
            activity::workflow(connection, *repository, workflow.as_deref(), seen)
        }
        Change::Hold(repository, environment, hold) => {
            deploy_tables::store_hold(connection, *repository, environment, hold)
        }
        Change::Lock(repository, environment, lock) => {
            locks::store_lock(connection, (*repository, environment), lock, now)
        }
        Change::Freeze(repository, environment, freeze) => {
            locks::store_freeze(connection, (*repository, environment), freeze, now)
        }
        Change::ActivePlaces(repository, environment, places) => {
            deploy_tables::active_places::store(connection, (*repository, environment), places)
        }
        Change::Visibility(repository, is_private) => {
            deploy_tables::quoted_logs::store(connection, *repository, *is_private)
        }
        Change::Override(repository, number, given) => {
            locks::store_override(connection, (*repository, *number), given, now)
        }
        Change::Attest(repository, environment, attestation) => {
            attestations::store(connection, (*repository, environment), attestation)
        }
        Change::Withdraw(repository, environment, command, withdrawal) => {
            attestations::withdraw(connection, (*repository, environment), (command, withdrawal))
        }
        Change::HotfixRecorded(repository, hotfix) => hotfixes::record(connection, *repository, hotfix, now),
        Change::Hotfix(repository, hotfix) => hotfixes::store(connection, *repository, hotfix),
        Change::HotfixMended(repository, key, mended) => {
            hotfixes::mend(connection, (*repository, key), mended, now)
        }
        Change::OverrideEnded(repository, number, id, at) => {
            locks::end_override(connection, (*repository, *number), *id, *at)
        }
        Change::StartingPoint(repository, environment, start) => {
            deploy_tables::store_start(connection, *repository, environment, *start)
        }
        Change::RequestAct(row) => deploy_tables::store_requested_act(connection, row).map(|_| ()),
        Change::RequestedActProgress(act, words) => {
            deploy_tables::requested_act_progress(connection, *act, words)
        }
        Change::RequestedActDone(act, outcome) => {
            deploy_tables::requested_act_done(connection, *act, outcome)
        }
        Change::RequestedMerge(act, merge) => promotions::store_merge(connection, *act, merge),
        Change::Command(row) => commands::store(connection, row),
        Change::Desire(desired) => desire(connection, desired, now),
        Change::Applied { item, github_id, substance } => applied(connection, item, *github_id, substance),
        Change::Vanished(item) => {
            connection.prepare_cached(VANISHED)?.execute(named_params! { ":key": item })?;
            Ok(())
        }
        Change::NotMade(item) => {
            connection.prepare_cached(NOT_MADE)?.execute(named_params! { ":key": item })?;
            Ok(())
        }
        Change::Resend(item) => resend(connection, item, now),
        Change::Outdated(item) => outdated(connection, item).map(|_| ()),
        Change::Mark(item) => work_items::mark(connection, item, now).map(|_| ()),
        Change::MarkAt(item, at) => work_items::mark(connection, item, *at).map(|_| ()),
    }
}

fn installation(connection: &Connection, row: &Installation) -> Result<(), StoreError> {
    connection.prepare_cached(INSTALLATION)?.execute(named_params! {
        ":id": row.id, ":login": row.login, ":state": row.state, ":missing": row.missing,
        ":html_url": row.html_url,
    })?;
    Ok(())
}

fn repository(connection: &Connection, sql: &str, row: &RepositoryRow) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(named_params! {
        ":id": row.id,
        ":installation": row.installation,
        ":full_name": row.full_name,
        ":clone_url": row.clone_url,
        ":html_url": row.html_url,
        ":default_branch": row.default_branch,
        ":state": row.state,
        ":reconciled_at": row.reconciled_at,
    })?;
    Ok(())
}

fn pull(connection: &Connection, row: &PullRequest) -> Result<(), StoreError> {
    connection.prepare_cached(PULL)?.execute(named_params! {
        ":repository": row.repository,
        ":number": row.number,
        ":state": row.state,
        ":head_branch": row.head_branch,
        ":head_commit": row.head_commit,
        ":head_repository": row.head_repository,
        ":base_branch": row.base_branch,
        ":author": row.author,
        ":updated_at": row.updated_at,
        ":merged_at": row.merged.map(|it| it.at),
        ":merge_commit": row.merged.and_then(|it| it.commit),
        ":stack": row.stack,
        ":details": row.details,
    })?;
    Ok(())
}

fn judged(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let Change::Judged { repository, number, head, base, verdict, at } = change else { return Ok(()) };
    let changed = connection.prepare_cached(JUDGED)?.execute(named_params! {
        ":repository": repository,
        ":number": number,
        ":head": head,
        ":base": base,
        ":verdict": verdict,
        ":at": at,
    })?;
    if changed == 0 {
        return Err(StoreError::unexpected(format!("a verdict on the unknown pull request {number}")));
    }
    Ok(())
}

fn tip(connection: &Connection, row: &LedgerEntry) -> Result<(), StoreError> {
    connection.prepare_cached(TIP)?.execute(named_params! {
        ":repository": row.repository,
        ":branch": row.branch,
        ":at": row.at,
        ":tip": Tip(row.commit),
        ":previous": row.before,
        ":forced": row.forced,
        ":actor": row.actor,
        ":source": row.source,
    })?;
    Ok(())
}

fn configuration(connection: &Connection, row: &ConfigurationRow) -> Result<(), StoreError> {
    connection.prepare_cached(CONFIGURATION)?.execute(named_params! {
        ":repository": row.repository, ":place": row.place, ":text": row.text, ":valid": row.valid,
        ":read_at": row.read_at,
    })?;
    Ok(())
}

pub(super) fn first_configuration(
    connection: &Connection,
    row: &ConfigurationRow,
) -> Result<ConfigurationRow, StoreError> {
    if let Some(kept) = reads::configuration(connection, row.repository)? {
        return Ok(kept);
    }
    configuration(connection, row)?;
    Ok(row.clone())
}

fn record_push(
    connection: &Connection,
    repository: RepositoryId,
    branch: &BranchName,
    push: &PushedAt,
) -> Result<(), StoreError> {
    connection.prepare_cached(PUSH)?.execute(named_params! {
        ":repository": repository, ":branch": branch, ":head": push.commit, ":at": push.at,
        ":is_new": push.is_new,
    })?;
    Ok(())
}

/// What is only kept: nothing is marked by it.
fn record(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let statement = |sql| connection.prepare_cached(sql);
    match change {
        Change::Outcome(row) => statement(OUTCOME)?.execute(named_params! {
            ":repository": row.repository, ":environment": EnvironmentName::from(&row.environment),
            ":tree": row.tree, ":head": row.commit, ":at": row.at, ":place": row.place.cast_signed(), ":outcome": row.outcome,
        })?,
        Change::Configuration(row) => return configuration(connection, row),
        Change::Act(row) => statement(ACT)?.execute(named_params! {
            ":repository": row.repository, ":number": row.number, ":head": row.head, ":what": row.what,
            ":who": row.who, ":at": row.at, ":outcome": row.outcome, ":done": row.done,
        })?,
        _ => 0,
    };
    Ok(())
}

fn desire(connection: &Connection, desired: &Desired, now: UnixMillis) -> Result<(), StoreError> {
    let standing = connection
        .prepare_cached(STANDING)?
        .query_row(named_params! { ":key": desired.item, ":substance": desired.substance }, |row| {
            Ok((WorkItemId(row.get(0)?), row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let item = match standing {
        Some((item, true, true)) => item,
        _ => work_items::mark(connection, &desired.item, now)?,
    };
    connection.prepare_cached(DESIRE)?.execute(named_params! {
        ":work_item": item.0, ":content": desired.content, ":substance": desired.substance,
    })?;
    Ok(())
}

fn applied(
    connection: &Connection,
    item: &WorkItem,
    github_id: u64,
    substance: &str,
) -> Result<(), StoreError> {
    let changed = connection.prepare_cached(APPLIED)?.execute(named_params! {
        ":key": item, ":github_id": github_id.cast_signed(), ":substance": substance,
    })?;
    if changed == 0 {
        return Err(StoreError::unexpected(format!("{item} is applied, but nobody desired it")));
    }
    Ok(())
}

fn resend(connection: &Connection, item: &WorkItem, now: UnixMillis) -> Result<(), StoreError> {
    if outdated(connection, item)? {
        work_items::mark(connection, item, now)?;
    }
    Ok(())
}

/// Answers whether anything is desired there.
fn outdated(connection: &Connection, item: &WorkItem) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(RESEND)?.execute(named_params! { ":key": item })? > 0)
}

/// Whether each check was worded with the pull requests that share it as they are now. It is asked
/// after all changes are applied, so that their order does not matter; the pull requests judged by
/// them are not asked about: their part of the wording comes from this very work.
fn siblings_are_as_assumed(connection: &Connection, changes: &[Change]) -> Result<bool, StoreError> {
    let judged: BTreeSet<(RepositoryId, PullNumber)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Judged { repository, number, .. } | Change::Unjudged(repository, number) => {
                Some((*repository, *number))
            }
            _ => None,
        })
        .collect();
    for change in changes {
        let Change::Desire(Desired { item: WorkItem::Check(repository, head, base), siblings, .. }) = change
        else {
            continue;
        };
        let mut now = versions(connection, *repository, *head, base)?;
        now.retain(|(number, _)| !judged.contains(&(*repository, *number)));
        let mut assumed = siblings.clone();
        assumed.sort_unstable();
        if now != assumed {
            return Ok(false);
        }
    }
    Ok(true)
}

fn versions(
    connection: &Connection,
    repository: RepositoryId,
    head: CommitId,
    base: &BranchName,
) -> Result<Vec<(PullNumber, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(reads::SHARING_VERSIONS)?;
    let parameters = named_params! { ":repository": repository, ":head": head, ":base": base };
    let versions =
        statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(versions)
}

/// Applies changes in the middle of a piece of work, which goes on.
pub(super) fn note(
    connection: &Connection,
    lease: &Lease,
    changes: &[Change],
    now: UnixMillis,
) -> Result<Outcome<bool>, StoreError> {
    if work_items::held(connection, lease)?.is_none() {
        return Ok(Outcome::Undo(false));
    }
    changes.iter().try_for_each(|change| apply(connection, change, now))?;
    Ok(Outcome::Keep(true))
}

/// Notes that GitHub is about to be asked to create what the lease's work item desires.
pub(super) fn attempting(
    connection: &Connection,
    lease: &Lease,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    let Some(item) = work_items::held(connection, lease)? else { return Ok(false) };
    connection.prepare_cached(ATTEMPTING)?.execute(named_params! { ":work_item": item.0, ":now": now })?;
    Ok(true)
}
