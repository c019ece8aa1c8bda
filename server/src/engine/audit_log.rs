//! States the newest hash of the audit log in the server's own log, which lies elsewhere: with it, whoever cuts the end
//! of the audit log off is found out.

use super::context::EngineContext;
use crate::model::{UnixMillis, error_chain};
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// When it was stated last.
#[derive(Debug, Default)]
pub(super) struct StatedAuditHash(Option<UnixMillis>);

impl StatedAuditHash {
    /// States it, unless that was done within the hour.
    pub(super) async fn state(&mut self, ctx: &EngineContext, now: UnixMillis) {
        // A clock that was set back says nothing of how long ago that was.
        if self.0.is_some_and(|at| (at..at + EVERY).contains(&now)) {
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
