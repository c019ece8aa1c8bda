//! Whether deliveries can be stored and are worked on.

use super::context::EngineContext;
use super::supervisor::EngineFailure;
use crate::store::StoreError;
use std::time::Duration;

/// Why deliveries are better kept out for now.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// They cannot be stored.
    #[error("the database cannot be written")]
    Store(#[from] StoreError),
    /// They could be stored, but nobody works on them.
    #[error("no work was taken for {} s", .0.as_secs())]
    Wedged(Duration),
    /// The engine has failed.
    #[error("the engine cannot go on")]
    Failed(#[from] EngineFailure),
}

/// Whether deliveries can be stored and are worked on.
pub(super) async fn ready(ctx: &EngineContext) -> Result<(), NotReady> {
    ctx.store.ready().await?;
    if let Some(failure) = ctx.health.failure() {
        return Err(failure.into());
    }
    let idle = ctx.health.idle_for();
    if idle >= ctx.settings.wedged_after { Err(NotReady::Wedged(idle)) } else { Ok(()) }
}
