//! Applying what a piece of work has come to, all of it or nothing.

use super::units::{self, UnitId};
use super::values::Tip;
use super::writer::Outcome;
use super::{activity, backfills, deploys, inbox, merge_settings, reads};
use crate::model::{BranchName, CommitId, EnvironmentName, PullNumber, RepositoryId};
use crate::store::{
    Account, Change, Committed, ConfigurationRow, Desired, Lease, Millis, Next, PullRow, PushRow,
    RepositoryRow, StoreError, TipRow, Unit,
};
use rusqlite::{Connection, OptionalExtension, named_params};
use std::collections::BTreeSet;

const ACCOUNT: &str = "
    INSERT INTO accounts (id, login, state) VALUES (:id, :login, :state)
    ON CONFLICT (id) DO UPDATE SET login = excluded.login, state = excluded.state";

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
    INSERT INTO pulls (repository, number, state, draft, head_branch, head_commit, head_repository,
        base_branch, author, updated_at, merged_at, merge_commit, stack)
    VALUES (:repository, :number, :state, :draft, :head_branch, :head_commit, :head_repository,
        :base_branch, :author, :updated_at, :merged_at, :merge_commit, :stack)
    ON CONFLICT (repository, number) DO UPDATE SET
        state = excluded.state, draft = excluded.draft, head_branch = excluded.head_branch,
        head_commit = excluded.head_commit, head_repository = excluded.head_repository,
        base_branch = excluded.base_branch, author = excluded.author, updated_at = excluded.updated_at,
        merged_at = excluded.merged_at, merge_commit = excluded.merge_commit, stack = excluded.stack
    WHERE excluded.updated_at >= pulls.updated_at";

const JUDGED: &str = "
    UPDATE pulls SET judged_head = :head, judged_base = :base, verdict = :verdict, judged_at = :at,
        judged_version = judged_version + 1
    WHERE repository = :repository AND number = :number";

const UNJUDGED: &str = "
    UPDATE pulls SET judged_head = NULL, judged_base = NULL, verdict = NULL, judged_at = NULL,
        judged_version = judged_version + 1
    WHERE repository = :repository AND number = :number";

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
        e.shown IS NOT DISTINCT FROM e.substance OR (u.dirty > u.done AND u.dead = 0)
    FROM units u JOIN effects e ON e.unit = u.id WHERE u.key = :key";

const DESIRE: &str = "
    INSERT INTO effects (unit, content, substance) VALUES (:unit, :content, :substance)
    ON CONFLICT (unit) DO UPDATE SET content = excluded.content, substance = excluded.substance";

const SHOWN: &str = "
    UPDATE effects SET github_id = :github_id, shown = :substance, attempted = max(attempted, 1)
    WHERE unit = (SELECT id FROM units WHERE key = :key)";

const VANISHED: &str = "
    UPDATE effects SET github_id = NULL, shown = NULL, attempted = max(attempted, 1)
    WHERE unit = (SELECT id FROM units WHERE key = :key)";

const NOT_MADE: &str = "
    UPDATE effects SET attempted = 0 WHERE unit = (SELECT id FROM units WHERE key = :key)";

const RESEND: &str = "
    UPDATE effects SET shown = NULL WHERE unit = (SELECT id FROM units WHERE key = :key)";

/// A moment, and 1 where an earlier version noted no more than that it was attempted: that is long ago.
const ATTEMPTING: &str = "UPDATE effects SET attempted = max(:now, 1) WHERE unit = :unit";

/// Applies all changes and settles the unit.
pub(super) fn commit(
    connection: &Connection,
    lease: &Lease,
    changes: &[Change],
    next: &Next,
    now: Millis,
) -> Result<Outcome<Committed>, StoreError> {
    let Some(unit) = units::held(connection, lease)? else {
        return Ok(Outcome::Undo(Committed::LeaseLost));
    };
    for change in changes {
        apply(connection, change, now)?;
    }
    if !siblings_are_as_assumed(connection, changes)? {
        return Ok(Outcome::Undo(Committed::Stale));
    }
    units::settle(connection, unit, lease.seen, next, now).map(Outcome::Keep)
}

fn apply(connection: &Connection, change: &Change, now: Millis) -> Result<(), StoreError> {
    match change {
        Change::Digested(deliveries) => inbox::digested(connection, deliveries),
        Change::Account(row) => account(connection, row),
        Change::Repository(row) => repository(connection, REPOSITORY, row),
        Change::Introduced(row) => repository(connection, INTRODUCED, row),
        Change::Pull(row) => pull(connection, row),
        Change::Judged { .. } => judged(connection, change),
        Change::Unjudged(repository, number) => {
            let parameters = named_params! { ":repository": repository, ":number": number };
            connection.prepare_cached(UNJUDGED)?.execute(parameters)?;
            Ok(())
        }
        Change::Tip(row) => tip(connection, row),
        Change::Push(row) => push(connection, row),
        Change::Backfilled(repository, branch, reached) => {
            backfills::keep(connection, *repository, branch, *reached)
        }
        Change::MergeSettings(repository, methods, at) => {
            merge_settings::keep(connection, *repository, *methods, *at)
        }
        Change::Outcome(_) | Change::Configuration(_) | Change::Act(_) => record(connection, change),
        Change::Deploy(repository, deploy) => deploys::keep(connection, *repository, deploy),
        Change::DeployActivity(repository, seen) => activity::seen(connection, *repository, seen),
        Change::DeployWorkflow(repository, workflow, seen) => {
            activity::workflow(connection, *repository, workflow.as_deref(), seen)
        }
        Change::Hold(repository, environment, hold) => {
            deploys::keep_hold(connection, *repository, environment, hold)
        }
        Change::StartingPoint(repository, environment, start) => {
            deploys::keep_start(connection, *repository, environment, *start)
        }
        Change::OrderDone(order, outcome) => deploys::order_done(connection, *order, outcome),
        Change::Desire(desired) => desire(connection, desired, now),
        Change::Shown { unit, github_id, substance } => shown(connection, unit, *github_id, substance),
        Change::Vanished(unit) => {
            connection.prepare_cached(VANISHED)?.execute(named_params! { ":key": unit })?;
            Ok(())
        }
        Change::NotMade(unit) => {
            connection.prepare_cached(NOT_MADE)?.execute(named_params! { ":key": unit })?;
            Ok(())
        }
        Change::Resend(unit) => resend(connection, unit, now),
        Change::Outdated(unit) => outdated(connection, unit).map(|_| ()),
        Change::Mark(unit) => units::mark(connection, unit, now).map(|_| ()),
        Change::MarkAt(unit, at) => units::mark(connection, unit, *at).map(|_| ()),
    }
}

fn account(connection: &Connection, row: &Account) -> Result<(), StoreError> {
    connection.prepare_cached(ACCOUNT)?.execute(named_params! {
        ":id": row.id, ":login": row.login, ":state": row.state,
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

fn pull(connection: &Connection, row: &PullRow) -> Result<(), StoreError> {
    connection.prepare_cached(PULL)?.execute(named_params! {
        ":repository": row.repository,
        ":number": row.number,
        ":state": row.state,
        ":draft": row.draft,
        ":head_branch": row.head_branch,
        ":head_commit": row.head_commit,
        ":head_repository": row.head_repository,
        ":base_branch": row.base_branch,
        ":author": row.author,
        ":updated_at": row.updated_at,
        ":merged_at": row.merged.map(|it| it.at),
        ":merge_commit": row.merged.and_then(|it| it.commit),
        ":stack": row.stack,
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
        return Err(StoreError::Unexpected(format!("a verdict on the unknown pull request {number}")));
    }
    Ok(())
}

fn tip(connection: &Connection, row: &TipRow) -> Result<(), StoreError> {
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

fn push(connection: &Connection, row: &PushRow) -> Result<(), StoreError> {
    connection.prepare_cached(PUSH)?.execute(named_params! {
        ":repository": row.repository, ":branch": row.branch, ":head": row.commit, ":at": row.at,
        ":is_new": row.is_new,
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

fn desire(connection: &Connection, desired: &Desired, now: Millis) -> Result<(), StoreError> {
    let standing = connection
        .prepare_cached(STANDING)?
        .query_row(named_params! { ":key": desired.unit, ":substance": desired.substance }, |row| {
            Ok((UnitId(row.get(0)?), row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let unit = match standing {
        Some((unit, true, true)) => unit,
        _ => units::mark(connection, &desired.unit, now)?,
    };
    connection.prepare_cached(DESIRE)?.execute(named_params! {
        ":unit": unit.0, ":content": desired.content, ":substance": desired.substance,
    })?;
    Ok(())
}

fn shown(connection: &Connection, unit: &Unit, github_id: u64, substance: &str) -> Result<(), StoreError> {
    let changed = connection.prepare_cached(SHOWN)?.execute(named_params! {
        ":key": unit, ":github_id": github_id.cast_signed(), ":substance": substance,
    })?;
    if changed == 0 {
        return Err(StoreError::Unexpected(format!("{unit} is shown, but nobody desired it")));
    }
    Ok(())
}

fn resend(connection: &Connection, unit: &Unit, now: Millis) -> Result<(), StoreError> {
    if outdated(connection, unit)? {
        units::mark(connection, unit, now)?;
    }
    Ok(())
}

/// Answers whether anything is desired there.
fn outdated(connection: &Connection, unit: &Unit) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(RESEND)?.execute(named_params! { ":key": unit })? > 0)
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
        let Change::Desire(Desired { unit: Unit::Check(repository, head, base), siblings, .. }) = change
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
    now: Millis,
) -> Result<Outcome<bool>, StoreError> {
    if units::held(connection, lease)?.is_none() {
        return Ok(Outcome::Undo(false));
    }
    changes.iter().try_for_each(|change| apply(connection, change, now))?;
    Ok(Outcome::Keep(true))
}

/// Notes that GitHub is about to be asked to create what the lease's unit desires.
pub(super) fn attempting(connection: &Connection, lease: &Lease, now: Millis) -> Result<bool, StoreError> {
    let Some(unit) = units::held(connection, lease)? else { return Ok(false) };
    connection.prepare_cached(ATTEMPTING)?.execute(named_params! { ":unit": unit.0, ":now": now })?;
    Ok(true)
}
