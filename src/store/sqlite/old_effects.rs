//! Letting go of what was shown on commits and pull requests that nobody asks about any more. Its texts are
//! most of what the database would grow by. The units themselves stay: they are small.

use super::units::UnitId;
use crate::flow::RepositoryId;
use crate::store::{Millis, StoreError, Unit};
use rusqlite::{Connection, named_params};
use std::collections::HashSet;

/// How many one transaction lets go of: others wait for it.
const STEP: u32 = 500;

const OPEN: &str = "SELECT repository, number, judged_head, judged_base FROM pulls WHERE state = 'open'";

const RESTING: &str = "
    SELECT u.id, u.key FROM effects e JOIN units u ON u.id = e.unit
    WHERE e.unit > :after AND u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before
    ORDER BY e.unit LIMIT :limit";

/// Work may have been taken up since it was found.
const LET_GO: &str = "
    DELETE FROM effects
    WHERE unit = :id AND EXISTS (SELECT 1 FROM units u
        WHERE u.id = :id AND u.leased = 0 AND (u.dirty = u.done OR u.dead = 1) AND u.due < :before)";

/// A piece of the walk over old effects: those to let go of, and where the next piece begins.
pub(super) struct Found {
    pub(super) effects: Vec<UnitId>,
    pub(super) last: UnitId,
}

/// Some of the effects behind `after` that have rested since `before` and belong to no open pull request.
pub(super) fn find(
    connection: &Connection,
    before: Millis,
    after: UnitId,
) -> Result<Option<Found>, StoreError> {
    let resting: Vec<(UnitId, Unit)> = connection
        .prepare_cached(RESTING)?
        .query_map(named_params! { ":after": after.0, ":before": before, ":limit": STEP }, |row| {
            Ok((UnitId(row.get(0)?), row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    let Some((last, _)) = resting.last() else { return Ok(None) };
    let (last, open) = (*last, of_open_pulls(connection)?);
    let effects = resting.into_iter().filter(|(_, unit)| !open.contains(unit)).map(|(id, _)| id).collect();
    Ok(Some(Found { effects, last }))
}

fn of_open_pulls(connection: &Connection) -> Result<HashSet<Unit>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN)?;
    let rows = statement.query_map([], |row| {
        let repository: RepositoryId = row.get(0)?;
        let comment = Unit::Comment(repository, row.get(1)?);
        let (head, base): (Option<_>, Option<_>) = (row.get(2)?, row.get(3)?);
        let check = head.zip(base).map(|(head, base)| Unit::Check(repository, head, base));
        Ok([Some(comment), check])
    })?;
    let units: Vec<_> = rows.collect::<Result<_, _>>()?;
    Ok(units.into_iter().flatten().flatten().collect())
}

pub(super) fn let_go(connection: &Connection, effects: &[UnitId], before: Millis) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(LET_GO)?;
    for id in effects {
        statement.execute(named_params! { ":id": id.0, ":before": before })?;
    }
    Ok(())
}
