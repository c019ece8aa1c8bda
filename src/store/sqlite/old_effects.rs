//! Letting go of what was shown on commits and pull requests that nobody asks about any more. Its texts are
//! most of what the database would grow by.

use super::reads::{PULL, SHARING_VERSIONS};
use super::units::UnitId;
use super::walks::Piece;
use crate::store::{Millis, StoreError, Unit};
use rusqlite::{Connection, named_params};

/// How many are looked at each time.
const LOOKED_AT: u32 = 5_000;

pub(super) const RESTING: &str = "
    SELECT u.id, u.key, u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before
    FROM (SELECT unit FROM effects WHERE unit > :after ORDER BY unit LIMIT :limit) e JOIN units u ON u.id = e.unit
    ORDER BY u.id";

pub(super) const GOING_INTO: &str = "
    SELECT 1 FROM pulls
    WHERE repository = :repository AND judged_head = :head AND base_branch = :base AND state = 'open'";

/// Work may have been taken up since it was found.
const LET_GO: &str = "
    DELETE FROM effects
    WHERE unit = :id AND EXISTS (SELECT 1 FROM units u
        WHERE u.id = :id AND u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before)";

/// Of a bounded number of effects behind `after` those that have rested since `before` and that nobody asks about.
pub(super) fn find(
    connection: &Connection,
    before: Millis,
    after: i64,
) -> Result<Piece<UnitId, i64>, StoreError> {
    let by = named_params! { ":after": after, ":before": before, ":limit": LOOKED_AT };
    let looked_at: Vec<(i64, Unit, bool)> = connection
        .prepare_cached(RESTING)?
        .query_map(by, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let last = looked_at.last().filter(|_| looked_at.len() >= LOOKED_AT as usize).map(|(id, ..)| *id);
    let mut found = Vec::new();
    for (id, unit, rests) in looked_at {
        if rests && !is_asked_about(connection, &unit)? {
            found.push(UnitId(id));
        }
    }
    Ok(Piece { found, last })
}

/// Whether it belongs to a pull request that is open. What is said of a repository as a whole is one row for each.
fn is_asked_about(connection: &Connection, unit: &Unit) -> Result<bool, StoreError> {
    match unit {
        // By the second it is known that a branch was rewritten, and where it was.
        Unit::Alarm(_) | Unit::BranchAlarm(..) => Ok(true),
        Unit::Comment(repository, number) => {
            let by = named_params! { ":repository": repository, ":number": number };
            let mut statement = connection.prepare_cached(PULL)?;
            let mut rows = statement.query(by)?;
            Ok(rows
                .next()?
                .map(|row| row.get::<_, String>("state"))
                .transpose()?
                .is_some_and(|it| it == "open"))
        }
        Unit::Check(repository, head, base) => {
            let by = named_params! { ":repository": repository, ":head": head, ":base": base };
            let judged_so = connection.prepare_cached(SHARING_VERSIONS)?.exists(by)?;
            // One in a stack has a check for the branch that it goes into itself besides.
            Ok(judged_so || connection.prepare_cached(GOING_INTO)?.exists(by)?)
        }
        _ => Ok(false),
    }
}

pub(super) fn let_go(connection: &Connection, effects: &[UnitId], before: Millis) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(LET_GO)?;
    for id in effects {
        statement.execute(named_params! { ":id": id.0, ":before": before })?;
    }
    Ok(())
}
