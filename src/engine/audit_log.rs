//! States the newest hash of the audit log in the server's own log, which lies elsewhere: with it, whoever cuts the end
//! of the audit log off is found out.

use super::context::EngineContext;
use crate::model::{Millis, error_chain};

/// How often, in milliseconds.
const EVERY: Millis = 60 * 60_000;

/// When it was stated last.
#[derive(Debug, Default)]
pub(super) struct StatedAuditHash(Option<Millis>);

impl StatedAuditHash {
    /// States it, unless that was done within the hour.
    pub(super) async fn state(&mut self, ctx: &EngineContext, now: Millis) {
        // A clock that was set back says nothing of how long ago that was.
        if self.0.is_some_and(|at| (0..EVERY).contains(&(now - at))) {
            return;
        }
        match ctx.store.newest_audit().await {
            Ok(Some(newest)) => {
                tracing::info!(entries = newest.number, hash = %newest.hash, "the audit log's newest hash");
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = error_chain(&error), "the audit log cannot be read");
                return;
            }
        }
        self.0 = Some(now);
    }
}
