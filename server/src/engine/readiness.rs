//! Whether deliveries can be stored and are worked on.

use super::context::EngineContext;
use super::probe::NotReady;
use crate::model::error_chain;

/// Whether deliveries can be stored and are worked on. Whoever asks proves nothing, and so many of them cost one look.
pub(super) async fn ready(ctx: &EngineContext) -> Result<(), NotReady> {
    let found = look(ctx).await;
    if ctx.probe.is_new(found.as_ref().err())
        && let Err(error) = &found
    {
        tracing::warn!(error = error_chain(error), "not ready");
    }
    found
}

async fn look(ctx: &EngineContext) -> Result<(), NotReady> {
    ctx.probe.can_store(ctx.store.ready()).await?;
    if let Some(failure) = ctx.health.failure() {
        return Err(failure.into());
    }
    let idle = ctx.health.idle_for();
    if idle >= ctx.settings.wedged_after { Err(NotReady::Wedged(idle)) } else { Ok(()) }
}
