//! Calls back of those who carry deploys out: proven, stored, then acted on like GitHub's.

use super::context::EngineContext;
use super::inbox::not_json;
use super::received::{Received, Refusal};
use crate::deploy::drivers::parse_key;
use crate::deploy::drivers::webhook::{CallBack, SigningKey};
use crate::model::{DriverSettings, RepositoryId, UnixMillis, error_chain, shared_error};
use crate::store::{Accepted, NewDelivery, RepositoryRow, StoreError, WorkItem};
use bytes::Bytes;
use http::HeaderMap;
use std::sync::Arc;

/// The name under which such calls are kept beside GitHub's events.
pub(super) const EVENT: &str = "deploy_report";

/// Among so many of an environment's newest deploys the one is looked for that a call speaks of.
const LOOKED_THROUGH: u32 = 100;

/// The driver that is called back.
const WEBHOOK: &str = "webhook";

/// More of a body is not read: what is told at length belongs in the log.
pub const REPORT_MAX: usize = 64 * 1024;

/// Takes calls back in.
#[derive(Clone)]
pub struct Reports(pub(super) Arc<EngineContext>);

impl Reports {
    /// Proven first, then stored. Durable when it returns.
    ///
    /// # Errors
    /// [`Refusal::NotProven`] says no more than that: who may call back is nobody's business.
    pub async fn take(&self, headers: &HeaderMap, body: Bytes, now: UnixMillis) -> Result<Received, Refusal> {
        let read: CallBack = serde_json::from_slice(&body).map_err(|error| not_json(&error))?;
        let unknown = || Refusal::NotProven(shared_error("no such deploy is known here"));
        // Whoever proves nothing is answered the same, be there a service or not.
        let (repository, environment, number) = parse_key(&read.data.deploy).ok_or_else(unknown)?;
        let key = self.key(RepositoryId(repository), (&environment, number)).await;
        let key = key.map_err(Refusal::NotStored)?;
        let key = key.ok_or_else(unknown)?;
        let id = key.verify(headers, &body, now.to_seconds());
        let id = id.map_err(|error| Refusal::NotProven(shared_error(error)))?;
        let item = WorkItem::Environment(RepositoryId(repository), environment.into());
        let delivery = NewDelivery {
            // Two senders may count the same way.
            guid: format!("{item}:{id}"),
            event: EVENT.to_owned(),
            action: None,
            installation: None,
            body,
            item,
            received_at: now,
        };
        match self.0.store.accept(delivery).await {
            Ok(Accepted::Stored | Accepted::Joined) => {
                self.0.wake.notify_one();
                Ok(Received::Stored)
            }
            Ok(Accepted::Repeated) => Ok(Received::Repeated),
            Ok(Accepted::Conflicting) => Err(Refusal::Conflicting { guid: id.to_owned() }),
            Err(error) => Err(Refusal::NotStored(error)),
        }
    }

    /// What signs the calls back on a deploy. Whoever it was handed over to speaks of it to its end, whatever the
    /// configuration names by then.
    async fn key(
        &self,
        id: RepositoryId,
        (name, number): (&str, u64),
    ) -> Result<Option<SigningKey>, StoreError> {
        let Some(row) = self.0.store.repository(id).await? else { return Ok(None) };
        let newest = self.0.store.newest_deploys(id, name, LOOKED_THROUGH).await?;
        let Some(deploy) = newest.into_iter().find(|it| it.number == number) else { return Ok(None) };
        let driver = match deploy.driver_settings {
            None if deploy.driver == WEBHOOK => self.configured(&row, name).await?,
            kept => kept,
        };
        let Some(DriverSettings::Webhook { endpoint, secret }) = &driver else { return Ok(None) };
        match self.0.drivers.endpoint(&row, endpoint, secret.as_deref()) {
            Ok((_, key)) => Ok(Some(key)),
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "a call back cannot be proven");
                Ok(None)
            }
        }
    }

    /// The driver that the configuration names: earlier versions have not kept by which one a deploy was begun.
    async fn configured(
        &self,
        row: &RepositoryRow,
        name: &str,
    ) -> Result<Option<DriverSettings>, StoreError> {
        let config = self.0.repository_config(row).await;
        let config = config.map_err(|error| StoreError::unavailable(error.failure))?;
        Ok(config.path.environment(name).map(|environment| environment.deploy.driver.clone()))
    }
}
