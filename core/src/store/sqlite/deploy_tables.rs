//! Deploys, holds and the operator's orders.

pub(super) mod active_places;
pub(super) mod quoted_logs;

use super::values::Tip;
use super::work_items;
use crate::model::{BranchName, Deploy, EnvironmentName, Hold, RepositoryId, StartingPoint, UnixMillis};
use crate::store::{
    ActOutcome, CommandOrigin, EnvironmentDeploys, OutcomeRow, RequestedActId, RequestedActRow, StoreError,
    WorkItem,
};
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
    INSERT INTO requested_acts (repository, environment, data, origin, key, made_at)
    VALUES (:repository, :environment, :data, :origin, :key, :made_at)
    ON CONFLICT (repository, key) WHERE key IS NOT NULL DO NOTHING RETURNING id";

pub(super) const REQUESTED_ACTS: &str = "
    SELECT id, repository, environment, data, origin, made_at, progress, outcome FROM requested_acts
    WHERE repository = :repository AND environment = :environment AND outcome IS NULL ORDER BY id";

const ONE_ORDER: &str = "
    SELECT id, repository, environment, data, origin, made_at, progress, outcome FROM requested_acts
    WHERE id = ?1";

pub(super) const ACT_OF_COMMAND: &str = "
    SELECT id, repository, environment, data, origin, made_at, progress, outcome FROM requested_acts
    WHERE repository = :repository AND key = :key";

const PROGRESS: &str = "UPDATE requested_acts SET progress = :progress WHERE id = :id";

const ORDER_DONE: &str = "UPDATE requested_acts SET outcome = :outcome WHERE id = :id";

/// As JSON in a column.
fn written(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::unexpected)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::unexpected)
}

pub(super) fn store(
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

pub(super) fn store_hold(
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

pub(super) fn store_start(
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
pub(super) fn environment_deploys(
    connection: &Connection,
    repository: RepositoryId,
    environment: &str,
    branch: &BranchName,
) -> Result<EnvironmentDeploys, StoreError> {
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
    let requested_acts = requested_acts(&moment, repository, &environment)?;
    Ok(EnvironmentDeploys { deploys, hold, baseline, start, requested_acts })
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

pub(super) fn requested_acts(
    connection: &Connection,
    repository: RepositoryId,
    environment: &EnvironmentName,
) -> Result<Vec<RequestedActRow>, StoreError> {
    let by = named_params! { ":repository": repository, ":environment": environment };
    let mut statement = connection.prepare_cached(REQUESTED_ACTS)?;
    let rows = statement.query_map(by, order_from)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(requested_act).collect()
}

/// A row as it lies there: some columns are JSON.
struct RequestedActColumns {
    id: i64,
    repository: RepositoryId,
    environment: String,
    data: String,
    origin: Option<String>,
    made_at: UnixMillis,
    progress: Option<String>,
    outcome: Option<String>,
}

fn order_from(row: &Row<'_>) -> rusqlite::Result<RequestedActColumns> {
    Ok(RequestedActColumns {
        id: row.get(0)?,
        repository: row.get(1)?,
        environment: row.get(2)?,
        data: row.get(3)?,
        origin: row.get(4)?,
        made_at: row.get(5)?,
        progress: row.get(6)?,
        outcome: row.get(7)?,
    })
}

fn requested_act(columns: RequestedActColumns) -> Result<RequestedActRow, StoreError> {
    let RequestedActColumns { id, repository, environment, data, origin, made_at, progress, outcome } =
        columns;
    Ok(RequestedActRow {
        id: RequestedActId(id),
        repository,
        environment,
        act: read(&data)?,
        origin: origin.as_deref().map(read).transpose()?,
        made_at,
        progress,
        outcome: outcome.map(|text| read_outcome(&text)),
    })
}

/// Former versions kept words alone.
fn read_outcome(text: &str) -> ActOutcome {
    serde_json::from_str(text).unwrap_or_else(|_| match text.strip_prefix("refused: ") {
        Some(why) => ActOutcome::refused(why),
        None => ActOutcome::accepted(text, None),
    })
}

pub(super) fn one_requested_act(
    connection: &Connection,
    id: RequestedActId,
) -> Result<Option<RequestedActRow>, StoreError> {
    let found = connection.prepare_cached(ONE_ORDER)?.query_row([id.0], order_from).optional()?;
    found.map(requested_act).transpose()
}

pub(super) fn act_of_command(
    connection: &Connection,
    repository: RepositoryId,
    key: &str,
) -> Result<Option<RequestedActRow>, StoreError> {
    let by = named_params! { ":repository": repository, ":key": key };
    let found = connection.prepare_cached(ACT_OF_COMMAND)?.query_row(by, order_from).optional()?;
    found.map(requested_act).transpose()
}

/// Keeps a requested act and marks its work item; `None` where its command has asked for it before.
pub(super) fn store_requested_act(
    connection: &Connection,
    row: &RequestedActRow,
) -> Result<Option<RequestedActId>, StoreError> {
    let id = connection.prepare_cached(ORDER)?.query_row(
        named_params! {
            ":repository": row.repository, ":environment": EnvironmentName::from(&row.environment),
            ":data": written(&row.act)?, ":origin": row.origin.as_ref().map(written).transpose()?,
            ":key": row.origin.as_ref().map(CommandOrigin::key), ":made_at": row.made_at,
        },
        |row| row.get(0),
    );
    let Some(id) = id.optional()? else { return Ok(None) };
    let item = row.act.work_item(row.repository, &row.environment);
    work_items::mark(connection, &item, row.made_at)?;
    Ok(Some(RequestedActId(id)))
}

pub(super) fn requested_act_progress(
    connection: &Connection,
    id: RequestedActId,
    progress: &str,
) -> Result<(), StoreError> {
    connection.prepare_cached(PROGRESS)?.execute(named_params! { ":id": id.0, ":progress": progress })?;
    Ok(())
}

pub(super) fn requested_act_done(
    connection: &Connection,
    id: RequestedActId,
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

pub(super) fn environments_with_open_deploys(connection: &Connection) -> Result<Vec<WorkItem>, StoreError> {
    let mut statement = connection.prepare_cached(OPEN_LANES)?;
    let work_items = statement.query_map([], |row| Ok(WorkItem::Environment(row.get(0)?, row.get(1)?)))?;
    Ok(work_items.collect::<Result<_, _>>()?)
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
