//! Letting go of what was shown on commits and pull requests that nobody asks about any more. Its texts are
//! most of what the database would grow by.

use super::reads::{PULL, SHARING_VERSIONS};
use super::walks::Piece;
use super::work_items::WorkItemId;
use crate::model::UnixMillis;
use crate::store::{StoreError, WorkItem};
use rusqlite::{Connection, named_params};

/// How many are looked at each time.
const LOOKED_AT: u32 = 5_000;

pub(super) const RESTING: &str = "
    SELECT u.id, u.key, u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before
    FROM (SELECT work_item FROM effects WHERE work_item > :after ORDER BY work_item LIMIT :limit) e JOIN work_items u ON u.id = e.work_item
    ORDER BY u.id";

pub(super) const GOING_INTO: &str = "
    SELECT 1 FROM pull_requests
    WHERE repository = :repository AND judged_head = :head AND base_branch = :base AND state = 'open'";

pub(super) const WITH_HEAD: &str = "
    SELECT 1 FROM pull_requests WHERE repository = :repository AND head_commit = :head AND state = 'open'";

/// Work may have been taken up since it was found.
const LET_GO: &str = "
    DELETE FROM effects
    WHERE work_item = :id AND EXISTS (SELECT 1 FROM work_items u
        WHERE u.id = :id AND u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before)";

/// Of a bounded number of effects behind `after` those that have rested since `before` and that nobody asks about.
pub(super) fn find(
    connection: &Connection,
    before: UnixMillis,
    after: i64,
) -> Result<Piece<WorkItemId, i64>, StoreError> {
    let by = named_params! { ":after": after, ":before": before, ":limit": LOOKED_AT };
    let looked_at: Vec<(i64, WorkItem, bool)> = connection
        .prepare_cached(RESTING)?
        .query_map(by, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let last = looked_at.last().filter(|_| looked_at.len() >= LOOKED_AT as usize).map(|(id, ..)| *id);
    let mut found = Vec::new();
    for (id, item, rests) in looked_at {
        if rests && !is_asked_about(connection, &item)? {
            found.push(WorkItemId(id));
        }
    }
    Ok(Piece { found, last })
}

/// Whether it belongs to a pull request that is open. What is said of a repository as a whole is one row for each.
fn is_asked_about(connection: &Connection, item: &WorkItem) -> Result<bool, StoreError> {
    match item {
        // By the second it is known that a branch was rewritten, and where it was.
        WorkItem::Alarm(_) | WorkItem::BranchAlarm(..) => Ok(true),
        WorkItem::Comment(repository, number)
        | WorkItem::Manifest(repository, number)
        | WorkItem::ActiveComment(repository, number)
        | WorkItem::HotfixComment(repository, number) => {
            let by = named_params! { ":repository": repository, ":number": number };
            let mut statement = connection.prepare_cached(PULL)?;
            let mut rows = statement.query(by)?;
            Ok(rows
                .next()?
                .map(|row| row.get::<_, String>("state"))
                .transpose()?
                .is_some_and(|it| it == "open"))
        }
        WorkItem::Check(repository, head, base) => {
            let by = named_params! { ":repository": repository, ":head": head, ":base": base };
            let judged_so = connection.prepare_cached(SHARING_VERSIONS)?.exists(by)?;
            // One in a stack has a check for the branch that it goes into itself besides.
            Ok(judged_so || connection.prepare_cached(GOING_INTO)?.exists(by)?)
        }
        WorkItem::ConfigurationCheck(repository, head) => {
            let by = named_params! { ":repository": repository, ":head": head };
            Ok(connection.prepare_cached(WITH_HEAD)?.exists(by)?)
        }
        _ => Ok(false),
    }
}

pub(super) fn delete_old(
    connection: &Connection,
    effects: &[WorkItemId],
    before: UnixMillis,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(LET_GO)?;
    for id in effects {
        statement.execute(named_params! { ":id": id.0, ":before": before })?;
    }
    Ok(())
}
