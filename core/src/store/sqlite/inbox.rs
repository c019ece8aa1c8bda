//! Deliveries: storing them, listing them, marking them to be processed again, deleting old ones.

use super::values::Guid;
use super::walks::Piece;
use super::work_items::{self, WorkItemId};
use crate::model::{ErrorContext, UnixMillis};
use crate::store::{
    Accepted, DeliveryFilter, DeliveryId, DeliveryRow, DeliveryState, NewDelivery, StoreError, WorkItem,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params, params};

/// How many deliveries one transaction of pruning lets go of: others wait for it.
pub(super) const PRUNE_STEP: u32 = 500;

const KNOWN: &str = "
    SELECT d.work_item, b.packed FROM deliveries d LEFT JOIN bodies b ON b.delivery = d.id WHERE d.guid = :guid";

/// A known id changes nothing.
const INSERT: &str = "
    INSERT INTO deliveries (guid, event, action, installation, received_at, work_item)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (guid) DO NOTHING";

/// The same for a work item that a mark would change nothing of: it is to be looked at by then, and nobody has begun. Most
/// deliveries are for such a one, and write nothing but themselves.
pub(super) const JOIN: &str = "
    INSERT INTO deliveries (guid, event, action, installation, received_at, work_item)
    SELECT ?1, ?2, ?3, ?4, ?5, id FROM work_items
    WHERE key = ?6 AND dirty > done AND dead = 0 AND leased = 0
        AND (awaits_github = 1 OR due <= CASE WHEN error IS NULL THEN ?5 ELSE ?5 + 1000 END)
    ON CONFLICT (guid) DO NOTHING";

const INSERT_BODY: &str = "INSERT INTO bodies (delivery, packed) VALUES (?1, ?2)";

/// What a [`DeliveryRow`] is read from. Whether it is dead is said by its work item alone.
macro_rules! delivery_columns {
    () => {
        "SELECT d.id, d.guid, d.event, d.action, d.installation, d.received_at, d.processed,
            u.key, u.dead, CASE WHEN d.processed = 0 THEN u.error END AS error"
    };
}

pub(super) const INBOX: &str = concat!(
    delivery_columns!(),
    ", b.packed
    FROM work_items u JOIN deliveries d ON d.work_item = u.id LEFT JOIN bodies b ON b.delivery = d.id
    WHERE u.key = :key AND d.processed = 0
    ORDER BY d.id LIMIT :limit"
);

pub(super) const LIST_ALL: &str = concat!(
    delivery_columns!(),
    " FROM deliveries d JOIN work_items u ON u.id = d.work_item ORDER BY d.id DESC LIMIT :limit"
);

pub(super) const LIST_DIGESTED: &str = concat!(
    delivery_columns!(),
    " FROM deliveries d JOIN work_items u ON u.id = d.work_item
    WHERE d.processed = 1 ORDER BY d.id DESC LIMIT :limit"
);

/// The plus keeps SQLite from walking over all that was processed, for the sake of the order.
pub(super) const LIST_WAITING: &str = concat!(
    delivery_columns!(),
    " FROM deliveries d JOIN work_items u ON u.id = d.work_item
    WHERE d.processed = 0 AND u.dead = :dead ORDER BY +d.id DESC LIMIT :limit"
);

macro_rules! one_delivery {
    ($condition:literal) => {
        concat!(
            delivery_columns!(),
            ", b.packed
            FROM deliveries d JOIN work_items u ON u.id = d.work_item LEFT JOIN bodies b ON b.delivery = d.id
            WHERE ",
            $condition
        )
    };
}

pub(super) const BY_ID: &str = one_delivery!("d.id = ?1");
pub(super) const BY_GUID: &str = one_delivery!("d.guid = ?1");

const PROCESSED: &str = "UPDATE deliveries SET processed = 1 WHERE id = :id";

const AGAIN: &str = "
    UPDATE deliveries SET processed = 0
    WHERE id = :id AND EXISTS (SELECT 1 FROM bodies WHERE delivery = :id)
    RETURNING (SELECT key FROM work_items WHERE id = work_item)";

// They are in the order in which they came, so whoever walks them ends at the first young one.
pub(super) const OLD_BODIES: &str = "
    SELECT d.id, d.processed, d.received_at < :before
    FROM (SELECT delivery FROM bodies WHERE delivery > :after ORDER BY delivery LIMIT :limit) b
        JOIN deliveries d ON d.id = b.delivery
    ORDER BY d.id";

pub(super) const OLD_ROWS: &str = "
    SELECT id, processed, received_at < :before FROM deliveries WHERE id > :after ORDER BY id LIMIT :limit";

// A replay may have come since the row was found.
const DROP_BODY: &str = "
    DELETE FROM bodies
    WHERE delivery = :id AND EXISTS (SELECT 1 FROM deliveries WHERE id = :id AND processed = 1)";
const DROP_ROW: &str = "DELETE FROM deliveries WHERE id = :id AND processed = 1";

/// A delivery whose body is compressed.
pub(super) struct Packed(NewDelivery);

impl Packed {
    /// Compresses the body. It takes a few microseconds for a usual one, and belongs on the caller's
    /// side: the writer's time is everybody's.
    pub(super) fn new(mut delivery: NewDelivery) -> Self {
        delivery.body = lz4_flex::compress_prepend_size(&delivery.body).into();
        Self(delivery)
    }

    /// About how much is written for it.
    pub(super) fn bytes(&self) -> usize {
        self.0.body.len() + 512
    }
}

fn unpacked(packed: &[u8]) -> Result<Bytes, StoreError> {
    lz4_flex::decompress_size_prepended(packed)
        .map(Bytes::from)
        .map_err(|error| StoreError::unexpected(ErrorContext::new("a body that does not unpack", error)))
}

pub(super) fn accept(connection: &Connection, delivery: &Packed) -> Result<Accepted, StoreError> {
    let Packed(new) = delivery;
    if insert(connection, JOIN, new, &new.item)? {
        return Ok(Accepted::Joined);
    }
    if let Some(answer) = known(connection, new)? {
        return Ok(answer);
    }
    let item = work_items::mark(connection, &new.item, new.received_at)?;
    insert(connection, INSERT, new, &item.0)?;
    Ok(Accepted::Stored)
}

/// What is answered for a delivery whose id is known; `None` where it is not.
fn known(connection: &Connection, delivery: &NewDelivery) -> Result<Option<Accepted>, StoreError> {
    let known = connection
        .prepare_cached(KNOWN)?
        .query_row(named_params! { ":guid": Guid(delivery.guid.as_str()) }, |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((item, body)) = known else { return Ok(None) };
    if !same_body(body, &delivery.body)? {
        return Ok(Some(Accepted::Conflicting));
    }
    work_items::revive(connection, WorkItemId(item), delivery.received_at)?;
    Ok(Some(Accepted::Repeated))
}

/// Keeps a delivery with its body; answers whether the statement did.
fn insert(
    connection: &Connection,
    sql: &str,
    new: &NewDelivery,
    item: &dyn ToSql,
) -> Result<bool, StoreError> {
    let columns =
        params![Guid(new.guid.as_str()), new.event, new.action, new.installation, new.received_at, item];
    if connection.prepare_cached(sql)?.execute(columns)? == 0 {
        return Ok(false);
    }
    let body = params![connection.last_insert_rowid(), &new.body[..]];
    connection.prepare_cached(INSERT_BODY)?.execute(body)?;
    Ok(true)
}

/// Whether two packed bodies say the same. One that was dropped for its age is past comparing: its
/// delivery was processed long ago.
fn same_body(stored: Option<Vec<u8>>, new: &Bytes) -> Result<bool, StoreError> {
    match stored {
        // Another version of the compressor may pack the same body differently.
        Some(stored) if stored != **new => Ok(unpacked(&stored)? == unpacked(new)?),
        _ => Ok(true),
    }
}

pub(super) fn inbox(
    connection: &Connection,
    item: &WorkItem,
    limit: u32,
    bytes: usize,
) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut statement = connection.prepare_cached(INBOX)?;
    let (mut deliveries, mut held) = (Vec::new(), 0);
    for read in statement.query_map(named_params! { ":key": item, ":limit": limit }, with_body)? {
        let delivery = read?.unpack()?;
        held += delivery.body.as_ref().map_or(0, Bytes::len);
        deliveries.push(delivery);
        if held >= bytes {
            break;
        }
    }
    Ok(deliveries)
}

pub(super) fn list(connection: &Connection, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>, StoreError> {
    let limit = &filter.limit;
    let waiting = |dead: bool| {
        rows(connection, LIST_WAITING, named_params! { ":dead": dead, ":limit": limit }, without_body)
    };
    match filter.state {
        None => rows(connection, LIST_ALL, named_params! { ":limit": limit }, without_body),
        Some(DeliveryState::Done) => {
            rows(connection, LIST_DIGESTED, named_params! { ":limit": limit }, without_body)
        }
        Some(DeliveryState::Pending) => waiting(false),
        Some(DeliveryState::Dead) => waiting(true),
    }
}

/// A text of digits alone is taken for a row number first: that is what the listing shows.
pub(super) fn find(connection: &Connection, id_or_guid: &str) -> Result<Option<DeliveryRow>, StoreError> {
    let by_id = match id_or_guid.parse::<i64>() {
        Ok(id) => connection.prepare_cached(BY_ID)?.query_row([id], with_body).optional()?,
        Err(_) => None,
    };
    let found = match by_id {
        None => connection.prepare_cached(BY_GUID)?.query_row([Guid(id_or_guid)], with_body).optional()?,
        found => found,
    };
    found.map(Read::unpack).transpose()
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map(parameters, read)?.collect::<Result<_, _>>()?)
}

/// A row whose body is still packed: reading can only fail in SQLite's ways, unpacking in others.
struct Read {
    row: DeliveryRow,
    packed: Option<Vec<u8>>,
}

impl Read {
    fn unpack(self) -> Result<DeliveryRow, StoreError> {
        let body = self.packed.as_deref().map(unpacked).transpose()?;
        Ok(DeliveryRow { body, ..self.row })
    }
}

fn with_body(row: &Row<'_>) -> rusqlite::Result<Read> {
    Ok(Read { row: without_body(row)?, packed: row.get("packed")? })
}

fn without_body(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let state = match (row.get("processed")?, row.get("dead")?) {
        (true, _) => DeliveryState::Done,
        (false, true) => DeliveryState::Dead,
        (false, false) => DeliveryState::Pending,
    };
    Ok(DeliveryRow {
        id: row.get("id")?,
        guid: row.get::<_, Guid<String>>("guid")?.0,
        event: row.get("event")?,
        action: row.get("action")?,
        installation: row.get("installation")?,
        item: row.get("key")?,
        received_at: row.get("received_at")?,
        state,
        error: row.get("error")?,
        body: None,
    })
}

pub(super) fn processed(connection: &Connection, deliveries: &[DeliveryId]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(PROCESSED)?;
    for id in deliveries {
        statement.execute(named_params! { ":id": id })?;
    }
    Ok(())
}

pub(super) fn replay(connection: &Connection, id: DeliveryId, now: UnixMillis) -> Result<bool, StoreError> {
    let item: Option<WorkItem> = connection
        .prepare_cached(AGAIN)?
        .query_row(named_params! { ":id": id }, |row| row.get(0))
        .optional()?;
    let Some(item) = item else { return Ok(false) };
    work_items::mark(connection, &item, now)?;
    Ok(true)
}

/// What pruning lets go of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Old {
    /// The body, for the operator keeps an eye on the rest.
    Bodies,
    /// All of it.
    Rows,
}

/// Of some deliveries behind `after` those that are processed and were received before a moment. Finding them is a
/// reader's business, so that the writer need not walk over what stays.
pub(super) fn old(
    connection: &Connection,
    what: Old,
    before: UnixMillis,
    after: i64,
) -> Result<Piece<DeliveryId, i64>, StoreError> {
    let sql = match what {
        Old::Bodies => OLD_BODIES,
        Old::Rows => OLD_ROWS,
    };
    let by = named_params! { ":before": before, ":after": after, ":limit": PRUNE_STEP };
    let looked_at: Vec<(DeliveryId, bool, bool)> =
        rows(connection, sql, by, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let is_whole = looked_at.len() >= PRUNE_STEP as usize;
    let last = looked_at.last().filter(|(_, _, is_old)| is_whole && *is_old).map(|(id, ..)| id.0);
    let may_go = looked_at.into_iter().filter(|(_, processed, is_old)| *processed && *is_old);
    Ok(Piece { found: may_go.map(|(id, ..)| id).collect(), last })
}

pub(super) fn delete_old(
    connection: &Connection,
    what: Old,
    deliveries: &[DeliveryId],
) -> Result<(), StoreError> {
    let statements: &[&str] = match what {
        Old::Bodies => &[DROP_BODY],
        Old::Rows => &[DROP_BODY, DROP_ROW],
    };
    for sql in statements {
        let mut statement = connection.prepare_cached(sql)?;
        for id in deliveries {
            statement.execute(named_params! { ":id": id })?;
        }
    }
    Ok(())
}
