//! Work items of work: marks, leases and what becomes of them.
//!
//! `due` orders everything: it is when a free work item may be taken, so that "what is next" and "when is next" are
//! the first entries of one index. A work item that is taken stays so until whoever took it gives it back, or is
//! known to be gone; no clock frees it.

use crate::model::UnixMillis;
use crate::store::{Committed, ConcurrencyLimits, GivenUp, Lease, Next, StoreError, WorkItem};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use std::time::Duration;

/// A mark makes a work item due at once that rests, was given up, or was to be looked at later. One that waits after a
/// failure is tried a second later: news may change what was wrong, but a burst of it must not become as many
/// attempts. One that waits for the end of an outage goes on waiting.
pub(super) const MARK: &str = "
    INSERT INTO work_items (key, repository, dirty, due, marked_at) VALUES (:key, :repository, 1, :now, :now)
    ON CONFLICT (key) DO UPDATE SET
        dirty = work_items.dirty + 1,
        due = CASE
            WHEN work_items.leased = 1 THEN work_items.due
            WHEN work_items.dead = 1 OR work_items.dirty = work_items.done THEN excluded.due
            WHEN work_items.error IS NULL THEN min(work_items.due, excluded.due)
            WHEN work_items.awaits_github = 1 THEN work_items.due
            ELSE min(work_items.due, excluded.due + 1000)
        END,
        failures = CASE WHEN work_items.dead = 1 THEN 0 ELSE work_items.failures END,
        dead = 0,
        marked_at = min(coalesce(work_items.marked_at, excluded.marked_at), excluded.marked_at)
    RETURNING id";

/// The work item to take next: due, free, and of a repository and an installation that have not as many out as
/// they may.
macro_rules! next_work_item {
    () => {
        "SELECT id FROM work_items
        WHERE dirty > done AND dead = 0 AND leased = 0 AND due <= :now
            AND (repository IS NULL OR (
                repository NOT IN (
                    SELECT repository FROM work_items WHERE leased = 1 AND repository IS NOT NULL
                    GROUP BY repository HAVING count(*) >= :per_repository)
                AND repository NOT IN (
                    SELECT id FROM repositories WHERE installation IN (
                        SELECT r.installation FROM work_items u JOIN repositories r ON r.id = u.repository
                        WHERE u.leased = 1 AND u.repository IS NOT NULL
                        GROUP BY r.installation HAVING count(*) >= :per_installation))))
        ORDER BY due, id LIMIT 1"
    };
}

pub(super) const NEXT: &str = next_work_item!();

pub(super) const LEASE: &str = concat!(
    "UPDATE work_items SET leased = 1, token = token + 1, marked_at = NULL, awaits_github = 0
    WHERE id = (",
    next_work_item!(),
    ") RETURNING key, token, dirty, failures"
);

pub(super) const NEXT_DUE: &str =
    "SELECT min(due) FROM work_items WHERE dirty > done AND dead = 0 AND due > :now";

pub(super) const HELD: &str = "SELECT id FROM work_items WHERE key = :key AND leased = 1 AND token = :token";

/// A lease that ends without a word counts as a failure.
macro_rules! end_leases {
    ($which:literal) => {
        concat!(
            "UPDATE work_items SET leased = 0, failures = failures + 1, due = :now,
                error = 'the work on it ended without a result'
            WHERE leased = 1",
            $which
        )
    };
}

const RECLAIM: &str = end_leases!("");

const RELEASE: &str = end_leases!(" AND key = :key AND token = :token");

/// What waits for a moment that nobody would have set by the present clock, as after it was set back.
pub(super) const BRING_FORWARD: &str = "
    UPDATE work_items SET due = :now WHERE dirty > done AND dead = 0 AND leased = 0 AND due > :furthest";

/// Spreads what waits for the end of an outage over `:within` milliseconds, so that it does not come back all at once.
pub(super) const END_OUTAGE: &str = "
    UPDATE work_items SET due = :now + id % :within
    WHERE dirty > done AND dead = 0 AND leased = 0 AND due > :now + :within AND awaits_github = 1";

const DONE: &str = "
    UPDATE work_items SET leased = 0, done = :seen, failures = 0, error = NULL, due = coalesce(marked_at, :now)
    WHERE id = :id";

/// A mark that came during the work brings it forward, as it would have a moment later.
const RETRY: &str = "
    UPDATE work_items SET leased = 0, failures = failures + :failed, error = :error,
        awaits_github = :awaits_github,
        due = CASE WHEN :awaits_github OR marked_at IS NULL THEN :at ELSE min(:at, :now + 1000) END
    WHERE id = :id";

/// A mark that came during the work revives the work item right away, as it would have a moment later.
const DEAD: &str = "
    UPDATE work_items SET
        leased = 0, error = :error, due = coalesce(marked_at, :now),
        dead = CASE WHEN dirty > :seen THEN 0 ELSE 1 END,
        failures = CASE WHEN dirty > :seen THEN 0 ELSE failures + 1 END
    WHERE id = :id";

const REVIVE: &str = "UPDATE work_items SET dead = 0, failures = 0, due = :now WHERE id = :id AND dead = 1";

/// For an operator who asks once in a while, so it may walk the table.
const GIVEN_UP: &str = "SELECT key, error FROM work_items WHERE dead = 1 ORDER BY id DESC LIMIT ?1";

/// The row number of a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WorkItemId(pub(super) i64);

/// Makes a work item dirty, whether it was known or not.
pub(super) fn mark(
    connection: &Connection,
    item: &WorkItem,
    now: UnixMillis,
) -> Result<WorkItemId, StoreError> {
    let id = connection
        .prepare_cached(MARK)?
        .query_row(named_params! { ":key": item, ":repository": item.repository(), ":now": now }, |row| {
            row.get(0)
        })?;
    Ok(WorkItemId(id))
}

/// Gives a dead work item another life.
pub(super) fn revive(connection: &Connection, item: WorkItemId, now: UnixMillis) -> Result<(), StoreError> {
    connection.prepare_cached(REVIVE)?.execute(named_params! { ":id": item.0, ":now": now })?;
    Ok(())
}

pub(super) fn lease(
    connection: &Connection,
    now: UnixMillis,
    limits: ConcurrencyLimits,
) -> Result<Option<Lease>, StoreError> {
    let ConcurrencyLimits { per_repository, per_installation } = limits;
    let parameters = named_params! {
        ":now": now, ":per_repository": per_repository, ":per_installation": per_installation,
    };
    Ok(connection.prepare_cached(LEASE)?.query_row(parameters, lease_from).optional()?)
}

fn lease_from(row: &Row<'_>) -> rusqlite::Result<Lease> {
    Ok(Lease {
        item: row.get("key")?,
        token: row.get("token")?,
        seen: row.get("dirty")?,
        failures: row.get("failures")?,
    })
}

pub(super) fn next_due(
    connection: &Connection,
    now: UnixMillis,
    limits: ConcurrencyLimits,
) -> Result<Option<UnixMillis>, StoreError> {
    let ConcurrencyLimits { per_repository, per_installation } = limits;
    let ready = connection.prepare_cached(NEXT)?.exists(named_params! {
        ":now": now, ":per_repository": per_repository, ":per_installation": per_installation,
    })?;
    if ready {
        return Ok(Some(now));
    }
    Ok(connection.prepare_cached(NEXT_DUE)?.query_row(named_params! { ":now": now }, |row| row.get(0))?)
}

pub(super) fn given_up(connection: &Connection, limit: u32) -> Result<Vec<GivenUp>, StoreError> {
    let read = |row: &Row<'_>| Ok(GivenUp { item: row.get("key")?, error: row.get("error")? });
    Ok(connection.prepare_cached(GIVEN_UP)?.query_map([limit], read)?.collect::<Result<_, _>>()?)
}

/// The work item of a lease, while nobody else took over and it was not settled.
pub(super) fn held(connection: &Connection, lease: &Lease) -> Result<Option<WorkItemId>, StoreError> {
    let id = connection
        .prepare_cached(HELD)?
        .query_row(named_params! { ":key": lease.item, ":token": lease.token }, |row| row.get(0))
        .optional()?;
    Ok(id.map(WorkItemId))
}

/// Ends every lease: who held them is known to be gone.
pub(super) fn reclaim(connection: &Connection, now: UnixMillis) -> Result<(), StoreError> {
    connection.prepare_cached(RECLAIM)?.execute(named_params! { ":now": now })?;
    Ok(())
}

/// Ends a lease whose holder is gone.
pub(super) fn release(connection: &Connection, lease: &Lease, now: UnixMillis) -> Result<bool, StoreError> {
    let parameters = named_params! { ":key": lease.item, ":token": lease.token, ":now": now };
    Ok(connection.prepare_cached(RELEASE)?.execute(parameters)? > 0)
}

pub(super) fn bring_forward(
    connection: &Connection,
    now: UnixMillis,
    furthest: UnixMillis,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(BRING_FORWARD)?
        .execute(named_params! { ":now": now, ":furthest": furthest })?)
}

/// Has what waits for the end of an outage tried again soon.
pub(super) fn end_outage(
    connection: &Connection,
    now: UnixMillis,
    within: Duration,
) -> Result<usize, StoreError> {
    let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX).max(1);
    Ok(connection.prepare_cached(END_OUTAGE)?.execute(named_params! { ":now": now, ":within": within })?)
}

/// Gives the work item back after its work.
pub(super) fn settle(
    connection: &Connection,
    item: WorkItemId,
    seen: i64,
    next: &Next,
    now: UnixMillis,
) -> Result<Committed, StoreError> {
    match next {
        Next::Done => connection.prepare_cached(DONE)?.execute(named_params! {
            ":id": item.0, ":seen": seen, ":now": now,
        })?,
        Next::Retry { at, error } | Next::Wait { at, error } | Next::AwaitGitHub { at, error } => {
            connection.prepare_cached(RETRY)?.execute(named_params! {
                ":id": item.0, ":at": at, ":error": error, ":now": now,
                ":failed": matches!(next, Next::Retry { .. }),
                ":awaits_github": matches!(next, Next::AwaitGitHub { .. }),
            })?
        }
        Next::Dead { error } => connection.prepare_cached(DEAD)?.execute(named_params! {
            ":id": item.0, ":seen": seen, ":now": now, ":error": error,
        })?,
    };
    Ok(Committed::Stored)
}
