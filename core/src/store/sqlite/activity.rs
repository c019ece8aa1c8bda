//! Whether anybody deploys a repository.

use crate::model::RepositoryId;
use crate::store::{DeployActivity, StoreError};
use rusqlite::{Connection, OptionalExtension, named_params};

/// Firsts stay the earliest, lasts the latest, in whatever order they come: several environments tell of them.
const SEEN: &str = "
    INSERT INTO deploy_activity (repository, taken_up_at, reported_at, asked_at, dormant_at, woken_at)
    VALUES (:repository, :taken_up_at, :reported_at, :asked_at, :dormant_at, :woken_at)
    ON CONFLICT (repository) DO UPDATE SET
        taken_up_at = coalesce(min(taken_up_at, excluded.taken_up_at), taken_up_at, excluded.taken_up_at),
        reported_at = coalesce(min(reported_at, excluded.reported_at), reported_at, excluded.reported_at),
        asked_at = coalesce(min(asked_at, excluded.asked_at), asked_at, excluded.asked_at),
        dormant_at = coalesce(max(dormant_at, excluded.dormant_at), dormant_at, excluded.dormant_at),
        woken_at = coalesce(max(woken_at, excluded.woken_at), woken_at, excluded.woken_at)";

const WORKFLOW: &str = "
    INSERT INTO deploy_activity (repository, workflow, workflows_seen) VALUES (:repository, :workflow, :seen)
    ON CONFLICT (repository) DO UPDATE SET
        workflow = excluded.workflow, workflows_seen = excluded.workflows_seen";

pub(super) const ACTIVITY: &str = "
    SELECT taken_up_at, reported_at, asked_at, dormant_at, woken_at, workflow, workflows_seen
    FROM deploy_activity WHERE repository = ?1";

pub(super) fn seen(
    connection: &Connection,
    repository: RepositoryId,
    seen: &DeployActivity,
) -> Result<(), StoreError> {
    connection.prepare_cached(SEEN)?.execute(named_params! {
        ":repository": repository, ":taken_up_at": seen.taken_up_at, ":reported_at": seen.reported_at,
        ":asked_at": seen.asked_at, ":dormant_at": seen.dormant_at, ":woken_at": seen.woken_at,
    })?;
    Ok(())
}

pub(super) fn workflow(
    connection: &Connection,
    repository: RepositoryId,
    workflow: Option<&str>,
    seen: &str,
) -> Result<(), StoreError> {
    let by = named_params! { ":repository": repository, ":workflow": workflow, ":seen": seen };
    connection.prepare_cached(WORKFLOW)?.execute(by)?;
    Ok(())
}

pub(super) fn activity(
    connection: &Connection,
    repository: RepositoryId,
) -> Result<DeployActivity, StoreError> {
    let found = connection.prepare_cached(ACTIVITY)?.query_row([repository], |row| {
        Ok(DeployActivity {
            taken_up_at: row.get(0)?,
            reported_at: row.get(1)?,
            asked_at: row.get(2)?,
            dormant_at: row.get(3)?,
            woken_at: row.get(4)?,
            workflow: row.get(5)?,
            workflows_seen: row.get(6)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}
