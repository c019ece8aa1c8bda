//! Deploys, holds and the operator's orders.

use super::units;
use super::values::Tip;
use crate::model::{BranchName, Deploy, EnvironmentName, Hold, RepositoryId, StartingPoint};
use crate::store::{ActOutcome, Lane, Millis, OrderId, OrderRow, OutcomeRow, StoreError, Unit};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// How many of the newest deploys of an environment are at hand, besides those that are open and the live one.
const AT_HAND: u32 = 50;

/// And how many of those that ended well: a rollback goes back among them.
const WELL_AT_HAND: u32 = 100;

const DEPLOY: &str = "
    INSERT INTO deploys (repository, environment, number, head, state, slug, data)
    VALUES (:repository, :environment, :number, :head, :state, :slug, :data)
    ON CONFLICT (repository, environment, number) DO UPDATE SET
        state = excluded.state, slug = excluded.slug, data = excluded.data";

pub(super) const NEWEST: &str = "
    SELECT data FROM deploys WHERE repository = :repository AND environment = :environment
    ORDER BY number DESC LIMIT :limit";

pub(super) const LIVE: &str = "
    SELECT data FROM deploys INDEXED BY deploys_live
    WHERE repository = :repository AND environment = :environment AND state = 'succeeded'
    ORDER BY number DESC LIMIT :limit";

pub(super) const OPEN: &str = "
    SELECT data FROM deploys INDEXED BY deploys_open
    WHERE repository = :repository AND environment = :environment
        AND state IN ('waiting', 'requested', 'running', 'cancelling')
    ORDER BY number DESC";

pub(super) const BUILT: &str = "
    SELECT 1 FROM deploys WHERE repository = :repository AND slug = :slug AND state = 'succeeded' LIMIT 1";

pub(super) const OUTCOMES: &str = "
    SELECT tree, head, said_at, place, outcome FROM outcomes
    WHERE repository = :repository AND environment = :environment";

const BASELINE: &str = "
    SELECT tip FROM deploy_baselines WHERE repository = :repository AND branch = :branch";

const HOLD: &str = "
    INSERT INTO holds (repository, environment, data) VALUES (:repository, :environment, :data)
    ON CONFLICT (repository, environment) DO UPDATE SET data = excluded.data";

const HELD: &str = "SELECT data FROM holds WHERE repository = :repository AND environment = :environment";

const START: &str = "
    INSERT INTO starting_points (repository, environment, data) VALUES (:repository, :environment, :data)
    ON CONFLICT (repository, environment) DO UPDATE SET data = excluded.data";

pub(super) const STARTED: &str =
    "SELECT data FROM starting_points WHERE repository = :repository AND environment = :environment";

const ORDER: &str = "
    INSERT INTO orders (repository, environment, data, made_at)
    VALUES (:repository, :environment, :data, :made_at) RETURNING id";

pub(super) const ORDERS: &str = "
    SELECT id, repository, environment, data, made_at, outcome FROM orders
    WHERE repository = :repository AND environment = :environment AND outcome IS NULL ORDER BY id";

const ONE_ORDER: &str =
    "SELECT id, repository, environment, data, made_at, outcome FROM orders WHERE id = ?1";

const ORDER_DONE: &str = "UPDATE orders SET outcome = :outcome WHERE id = :id";

/// As JSON in a column.
fn written(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unexpected(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unexpected(error.to_string()))
}

pub(super) fn keep(
    connection: &Connection,
    repository: RepositoryId,
    deploy: &Deploy,
) -> Result<(), StoreError> {
    connection.prepare_cached(DEPLOY)?.execute(named_params! {
        ":repository": repository,
        ":environment": EnvironmentName::from(&deploy.environment),
        ":number": deploy.number.cast_signed(),
        ":head": deploy.commit,
        ":state": deploy.state.as_str(),
        ":slug": deploy.slug,
        ":data": written(deploy)?,
    })?;
    Ok(())
}

pub(super) fn keep_hold(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
    hold: &Hold,
) -> Result<(), StoreError> {
    connection.prepare_cached(HOLD)?.execute(named_params! {
        ":repository": repository, ":environment": EnvironmentName::from(environment), ":data": written(hold)?,
    })?;
    Ok(())
}

pub(super) fn keep_start(
    connection: &Connection,
    repository: RepositoryId,
    environment: &EnvironmentName,
    start: StartingPoint,
) -> Result<(), StoreError> {
    connection.prepare_cached(START)?.execute(named_params! {
        ":repository": repository, ":environment": environment, ":data": written(&start)?,
    })?;
    Ok(())
}

fn all<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    by: &[(&str, &dyn ToSql)],
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let texts: Vec<String> = statement.query_map(by, |row| row.get(0))?.collect::<Result<_, _>>()?;
    texts.iter().map(|text| read(text)).collect()
}

/// All of an environment's deploys that its next one depends on, as of one moment.
pub(super) fn lane(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
    branch: &BranchName,
) -> Result<Lane, StoreError> {
    let moment = connection.unchecked_transaction()?;
    let environment = EnvironmentName::from(environment);
    let by = named_params! { ":repository": repository, ":environment": environment };
    let newest: &[(&str, &dyn ToSql)] =
        &[(":repository", &repository), (":environment", &environment), (":limit", &AT_HAND)];
    let mut deploys: Vec<Deploy> = all(&moment, NEWEST, newest)?;
    let oldest = deploys.last().map_or(0, |it| it.number);
    let mut behind: Vec<Deploy> = all(&moment, OPEN, by)?;
    let well: &[(&str, &dyn ToSql)] =
        &[(":repository", &repository), (":environment", &environment), (":limit", &WELL_AT_HAND)];
    behind.extend(all::<Deploy>(&moment, LIVE, well)?);
    deploys.extend(behind.into_iter().filter(|it| it.number < oldest));
    deploys.sort_unstable_by_key(|it| it.number);
    let hold = all(&moment, HELD, by)?.pop();
    let baseline = moment
        .prepare_cached(BASELINE)?
        .query_row(named_params! { ":repository": repository, ":branch": branch }, |row| row.get::<_, Tip>(0))
        .optional()?;
    let baseline = baseline.and_then(|Tip(commit)| commit);
    let start = all(&moment, STARTED, by)?.pop();
    let orders = orders(&moment, repository, &environment)?;
    Ok(Lane { deploys, hold, baseline, start, orders })
}

pub(super) fn newest(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
    limit: u32,
) -> Result<Vec<Deploy>, StoreError> {
    let environment = EnvironmentName::from(environment);
    let by: &[(&str, &dyn ToSql)] =
        &[(":repository", &repository), (":environment", &environment), (":limit", &limit)];
    all(connection, NEWEST, by)
}

pub(super) fn hold(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
) -> Result<Option<Hold>, StoreError> {
    let environment = EnvironmentName::from(environment);
    let by = named_params! { ":repository": repository, ":environment": environment };
    Ok(all(connection, HELD, by)?.pop())
}

pub(super) fn built(
    connection: &Connection,
    repository: RepositoryId,
    slug: &str,
) -> Result<bool, StoreError> {
    let by = named_params! { ":repository": repository, ":slug": slug };
    Ok(connection.prepare_cached(BUILT)?.exists(by)?)
}

pub(super) fn outcomes(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
) -> Result<Vec<OutcomeRow>, StoreError> {
    let by = named_params! { ":repository": repository, ":environment": EnvironmentName::from(environment) };
    let outcome = |row: &Row<'_>| {
        Ok(OutcomeRow {
            repository,
            environment: environment.to_owned(),
            tree: row.get(0)?,
            commit: row.get(1)?,
            at: row.get(2)?,
            place: row.get::<_, i64>(3)?.cast_unsigned(),
            outcome: row.get(4)?,
        })
    };
    Ok(connection.prepare_cached(OUTCOMES)?.query_map(by, outcome)?.collect::<Result<_, _>>()?)
}

fn orders(
    connection: &Connection,
    repository: RepositoryId,
    environment: &EnvironmentName,
) -> Result<Vec<OrderRow>, StoreError> {
    let by = named_params! { ":repository": repository, ":environment": environment };
    let mut statement = connection.prepare_cached(ORDERS)?;
    let rows = statement.query_map(by, order_from)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(order).collect()
}

type OrderColumns = (i64, RepositoryId, String, String, Millis, Option<String>);

fn order_from(row: &Row<'_>) -> rusqlite::Result<OrderColumns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn order(columns: OrderColumns) -> Result<OrderRow, StoreError> {
    let (id, repository, environment, data, made_at, outcome) = columns;
    let outcome = outcome.map(|text| read_outcome(&text));
    Ok(OrderRow { id: OrderId(id), repository, environment, order: read(&data)?, made_at, outcome })
}

/// Former versions kept words alone.
fn read_outcome(text: &str) -> ActOutcome {
    serde_json::from_str(text).unwrap_or_else(|_| match text.strip_prefix("refused: ") {
        Some(why) => ActOutcome::refused(why),
        None => ActOutcome::accepted(text, None),
    })
}

pub(super) fn one_order(connection: &Connection, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    let found = connection.prepare_cached(ONE_ORDER)?.query_row([id.0], order_from).optional()?;
    found.map(order).transpose()
}

pub(super) fn keep_order(connection: &Connection, row: &OrderRow) -> Result<OrderId, StoreError> {
    let id = connection.prepare_cached(ORDER)?.query_row(
        named_params! {
            ":repository": row.repository, ":environment": EnvironmentName::from(&row.environment),
            ":data": written(&row.order)?, ":made_at": row.made_at,
        },
        |row| row.get(0),
    )?;
    let unit = Unit::Environment(row.repository, (&row.environment).into());
    units::mark(connection, &unit, row.made_at)?;
    Ok(OrderId(id))
}

pub(super) fn order_done(
    connection: &Connection,
    id: OrderId,
    outcome: &ActOutcome,
) -> Result<(), StoreError> {
    let outcome = written(outcome)?;
    connection.prepare_cached(ORDER_DONE)?.execute(named_params! { ":id": id.0, ":outcome": outcome })?;
    Ok(())
}

/// For the start of a server alone, so it may walk the table.
const OPEN_LANES: &str = "
    SELECT DISTINCT repository, environment FROM deploys
    WHERE state IN ('waiting', 'requested', 'running', 'cancelling')";

const LIVE_SLUGS: &str = "
    SELECT slug FROM (
        SELECT slug, row_number() OVER (PARTITION BY repository, environment ORDER BY number DESC) AS place
        FROM deploys WHERE state = 'succeeded')
    WHERE place <= 2";

pub(super) fn open_lanes(connection: &Connection) -> Result<Vec<Unit>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN_LANES)?;
    let units = statement.query_map([], |row| Ok(Unit::Environment(row.get(0)?, row.get(1)?)))?;
    Ok(units.collect::<Result<_, _>>()?)
}

pub(super) fn live_slugs(connection: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut statement = connection.prepare_cached(LIVE_SLUGS)?;
    let slugs = statement.query_map([], |row| row.get(0))?;
    Ok(slugs.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_former_versions_are_read_by_their_words() {
        assert_eq!(read_outcome("refused: staging is not held"), ActOutcome::refused("staging is not held"));
        assert_eq!(
            read_outcome("staging is held no more"),
            ActOutcome::accepted("staging is held no more", None)
        );
        let now = ActOutcome::accepted("deploy 4 goes", Some(4));
        assert_eq!(read_outcome(&written(&now).unwrap()), now);
    }
}
