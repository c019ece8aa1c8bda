//! Walks over what is stored, to delete what nobody asks about any more: a bounded piece of a table each time, by its
//! primary key, so that a large one costs no more than a small one and no index has to be kept for it.

use crate::model::{CommentKey, PullNumber, RepositoryId, UnixMillis};
use crate::store::StoreError;
use rusqlite::{Connection, Row, named_params};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many rows of a table are looked at each time.
pub(super) const LOOKED_AT: u32 = 5_000;

/// How many pull requests, each of which takes longer to look at.
const PULLS_LOOKED_AT: u32 = 500;

/// So many of the last merged pull requests of a repository are kept however old they are: they tell who brought a commit.
const MERGED_KEPT: u32 = 2_000;

pub(super) const RESTING_UNITS: &str = "
    SELECT id, leased = 0 AND ((dirty = done AND due < :rows) OR (dead = 1 AND due < :closed))
    FROM work_items WHERE id > :after ORDER BY id LIMIT :limit";

/// What waits for work that was given up goes with it; else it would be kept for ever.
const DROP_BODIES_OF_DEAD: &str = "
    DELETE FROM bodies WHERE delivery IN (SELECT d.id FROM deliveries d JOIN work_items u ON u.id = d.work_item
        WHERE d.work_item = :id AND d.processed = 0 AND u.dead = 1 AND u.leased = 0 AND u.due < :closed)";
const DROP_DELIVERIES_OF_DEAD: &str = "
    DELETE FROM deliveries WHERE work_item = :id AND processed = 0 AND EXISTS (SELECT 1 FROM work_items u
        WHERE u.id = :id AND u.dead = 1 AND u.leased = 0 AND u.due < :closed)";

/// Work may have been taken up since it was found.
pub(super) const DROP_WORK_ITEM: &str = "
    DELETE FROM work_items WHERE id = :id AND leased = 0
        AND ((dirty = done AND due < :rows) OR (dead = 1 AND due < :closed))
        AND NOT EXISTS (SELECT 1 FROM effects WHERE work_item = :id)
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE work_item = :id AND processed = 0)";

pub(super) const CLOSED_PULLS: &str = "
    SELECT p.id, p.updated_at < :closed AND (p.state = 'closed' OR (p.state = 'merged' AND :kept <= (
        SELECT count(*) FROM (SELECT 1 FROM pull_requests n
            WHERE n.repository = p.repository AND n.state = 'merged' AND n.merged_at > p.merged_at LIMIT :kept))))
    FROM pull_requests p WHERE p.id > :after ORDER BY p.id LIMIT :limit";

const DROP_PULL: &str =
    "DELETE FROM pull_requests WHERE id = :id AND state <> 'open' AND updated_at < :closed";

pub(super) const DROP_OVERRIDES: &str = "
    DELETE FROM overrides WHERE (repository, number) IN (SELECT repository, number FROM pull_requests
        WHERE id = :id AND state <> 'open' AND updated_at < :closed)";

pub(super) const OLD_PUSHES: &str = "
    SELECT repository, branch, head, pushed_at < :closed
        AND NOT EXISTS (SELECT 1 FROM pushes n WHERE n.repository = p.repository AND n.branch = p.branch
            AND n.pushed_at >= :closed)
        AND NOT EXISTS (SELECT 1 FROM pull_requests r WHERE r.repository = p.repository AND r.head_branch = p.branch
            AND (r.state = 'open' OR r.updated_at >= :closed * 1000))
    FROM pushes p WHERE (repository, branch, head) > (:repository, :branch, :head)
    ORDER BY repository, branch, head LIMIT :limit";

const DROP_PUSH: &str = "
    DELETE FROM pushes WHERE repository = :repository AND branch = :branch AND head = :head AND pushed_at < :closed";

/// A comment that is written again after that has its commands refused: they are too old.
pub(super) const OLD_COMMANDS: &str = "
    SELECT repository, number, comment, open = 0 AND created_at < :closed
    FROM commands WHERE (repository, number, comment) > (:repository, :number, :comment)
    ORDER BY repository, number, comment LIMIT :limit";

const DROP_COMMAND: &str = "
    DELETE FROM commands WHERE repository = :repository AND number = :number AND comment = :comment AND open = 0";

/// A push, by its key.
#[derive(Debug, Clone)]
pub(super) struct PushKey {
    repository: RepositoryId,
    branch: String,
    head: Vec<u8>,
}

/// A comment with commands, by its key.
#[derive(Debug, Clone)]
pub(super) struct CommandKey {
    repository: RepositoryId,
    number: PullNumber,
    comment: CommentKey,
}

/// Where each walk goes on the next time.
#[derive(Debug)]
pub(super) struct Walks {
    pub(super) work_items: Cursor,
    pub(super) pulls: Cursor,
    pub(super) effects: Cursor,
    pub(super) pushes: Place<PushKey>,
    pub(super) commands: Place<CommandKey>,
}

/// A place in a table: behind this row.
#[derive(Debug)]
pub(super) struct Cursor(AtomicI64);

impl Cursor {
    fn beginning() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    pub(super) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Goes on behind `last`; from the beginning where there was nothing more.
    pub(super) fn set(&self, last: Option<i64>) {
        self.0.store(last.unwrap_or(i64::MIN), Ordering::Relaxed);
    }
}

impl Default for Walks {
    fn default() -> Self {
        let [work_items, pulls, effects] = [Cursor::beginning(), Cursor::beginning(), Cursor::beginning()];
        Self { work_items, pulls, effects, pushes: Place::default(), commands: Place::default() }
    }
}

/// A place in a table whose rows have keys of several parts: behind this one, or at the beginning.
#[derive(Debug)]
pub(super) struct Place<Key>(Mutex<Option<Key>>);

impl<Key> Default for Place<Key> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<Key: Clone> Place<Key> {
    pub(super) fn get(&self) -> Option<Key> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on behind `last`; from the beginning where there was nothing more.
    pub(super) fn set(&self, last: Option<Key>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

/// A piece of a walk: what to delete, and the last row that was looked at, if there may be more behind it.
#[derive(Debug)]
pub(super) struct Piece<T, P> {
    pub(super) found: Vec<T>,
    pub(super) last: Option<P>,
}

impl<Row: Clone> Piece<Row, Row> {
    /// Of rows that each say whether they may go.
    fn of(rows: Vec<(Row, bool)>, limit: u32) -> Self {
        let last = rows.last().filter(|_| rows.len() >= limit as usize).map(|(row, _)| row.clone());
        Self { found: rows.into_iter().filter(|(_, may_go)| *may_go).map(|(row, _)| row).collect(), last }
    }
}

/// Work that rests since `rows`, or was given up before `closed`.
pub(super) fn resting_work_items(
    connection: &Connection,
    (rows, closed): (UnixMillis, UnixMillis),
    after: i64,
) -> Result<Piece<i64, i64>, StoreError> {
    let by = named_params! { ":rows": rows, ":closed": closed, ":after": after, ":limit": LOOKED_AT };
    let found =
        connection.prepare_cached(RESTING_UNITS)?.query_map(by, id_and_flag)?.collect::<Result<_, _>>()?;
    Ok(Piece::of(found, LOOKED_AT))
}

fn id_and_flag(row: &Row<'_>) -> rusqlite::Result<(i64, bool)> {
    Ok((row.get(0)?, row.get(1)?))
}

pub(super) fn drop_work_items(
    connection: &Connection,
    (rows, closed): (UnixMillis, UnixMillis),
    work_items: &[i64],
) -> Result<(), StoreError> {
    for id in work_items {
        for sql in [DROP_BODIES_OF_DEAD, DROP_DELIVERIES_OF_DEAD] {
            connection.prepare_cached(sql)?.execute(named_params! { ":id": id, ":closed": closed })?;
        }
        let by = named_params! { ":id": id, ":rows": rows, ":closed": closed };
        connection.prepare_cached(DROP_WORK_ITEM)?.execute(by)?;
    }
    Ok(())
}

/// Pull requests that were closed or merged before `closed`, but for the newest merged ones of each repository.
pub(super) fn closed_pulls(
    connection: &Connection,
    closed: UnixMillis,
    after: i64,
) -> Result<Piece<i64, i64>, StoreError> {
    let by = named_params! {
        ":closed": closed, ":kept": MERGED_KEPT, ":after": after, ":limit": PULLS_LOOKED_AT,
    };
    let found =
        connection.prepare_cached(CLOSED_PULLS)?.query_map(by, id_and_flag)?.collect::<Result<_, _>>()?;
    Ok(Piece::of(found, PULLS_LOOKED_AT))
}

pub(super) fn drop_pulls(
    connection: &Connection,
    closed: UnixMillis,
    pulls: &[i64],
) -> Result<(), StoreError> {
    for id in pulls {
        for sql in [DROP_OVERRIDES, DROP_PULL] {
            connection.prepare_cached(sql)?.execute(named_params! { ":id": id, ":closed": closed })?;
        }
    }
    Ok(())
}

/// Pushes of topics that were not pushed to since `closed`, and have no pull request that is open or was closed since.
pub(super) fn old_pushes(
    connection: &Connection,
    closed: UnixMillis,
    after: Option<PushKey>,
) -> Result<Piece<PushKey, PushKey>, StoreError> {
    let (repository, branch, head) = after.map_or_else(
        || (i64::MIN, String::new(), Vec::new()),
        |it| (id_of(it.repository), it.branch, it.head),
    );
    let by = named_params! {
        ":closed": closed.to_seconds(), ":repository": repository, ":branch": branch, ":head": head, ":limit": LOOKED_AT,
    };
    let read = |row: &Row<'_>| {
        let key = PushKey { repository: row.get(0)?, branch: row.get(1)?, head: row.get(2)? };
        Ok((key, row.get(3)?))
    };
    let found = connection.prepare_cached(OLD_PUSHES)?.query_map(by, read)?.collect::<Result<_, _>>()?;
    Ok(Piece::of(found, LOOKED_AT))
}

fn id_of(repository: RepositoryId) -> i64 {
    repository.0.cast_signed()
}

pub(super) fn drop_pushes(
    connection: &Connection,
    closed: UnixMillis,
    pushes: &[PushKey],
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(DROP_PUSH)?;
    for PushKey { repository, branch, head } in pushes {
        statement.execute(named_params! {
            ":repository": repository, ":branch": branch, ":head": head, ":closed": closed.to_seconds(),
        })?;
    }
    Ok(())
}

/// Comments with commands that have come to their end and were written before `closed`.
pub(super) fn old_commands(
    connection: &Connection,
    closed: UnixMillis,
    after: Option<CommandKey>,
) -> Result<Piece<CommandKey, CommandKey>, StoreError> {
    let (repository, number, comment) = after.map_or_else(
        || (i64::MIN, 0, String::new()),
        |it| (id_of(it.repository), it.number.0.cast_signed(), it.comment.to_string()),
    );
    let by = named_params! {
        ":closed": closed, ":repository": repository, ":number": number, ":comment": comment, ":limit": LOOKED_AT,
    };
    let read = |row: &Row<'_>| {
        let key = CommandKey { repository: row.get(0)?, number: row.get(1)?, comment: row.get(2)? };
        Ok((key, row.get(3)?))
    };
    let found = connection.prepare_cached(OLD_COMMANDS)?.query_map(by, read)?.collect::<Result<_, _>>()?;
    Ok(Piece::of(found, LOOKED_AT))
}

pub(super) fn drop_commands(connection: &Connection, commands: &[CommandKey]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(DROP_COMMAND)?;
    for CommandKey { repository, number, comment } in commands {
        statement
            .execute(named_params! { ":repository": repository, ":number": number, ":comment": comment })?;
    }
    Ok(())
}
