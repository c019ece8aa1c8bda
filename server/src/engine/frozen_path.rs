//! The path with the freezes that people have put on its environments beside those of the configuration.

use super::context::EngineContext;
use super::work_error::WorkError;
use crate::model::{PromotionPath, RepositoryId, UnixMillis};
use crate::store::{Store, StoreError};
use std::borrow::Cow;

/// The path with the freezes by commands that are in force in its calendar: every question about freezes is asked of it.
pub(super) async fn with_manual_freezes<'p>(
    store: &dyn Store,
    path: &'p PromotionPath,
    id: RepositoryId,
    now: UnixMillis,
) -> Result<Cow<'p, PromotionPath>, StoreError> {
    let mut path = Cow::Borrowed(path);
    for (environment, freeze) in store.freezes(id).await? {
        if !freeze.is_in_force(now) {
            continue;
        }
        if let Some(known) = path.environment(environment.as_str()).map(|it| it.name.clone()) {
            path.to_mut().calendar.freezes.push(freeze.in_calendar(&known));
        }
    }
    Ok(path)
}

impl EngineContext {
    /// The same by the engine's store and clock.
    pub(super) async fn with_manual_freezes<'p>(
        &self,
        path: &'p PromotionPath,
        id: RepositoryId,
    ) -> Result<Cow<'p, PromotionPath>, WorkError> {
        Ok(with_manual_freezes(self.store.as_ref(), path, id, self.now()).await?)
    }
}
