//! The logs of deploys by programs, for whoever was given their address.

use super::context::EngineContext;
use std::fs::File;
use std::sync::Arc;

/// The logs of deploys by programs.
#[derive(Clone)]
pub struct Logs(pub(super) Arc<EngineContext>);

impl Logs {
    /// The log of a deploy, if the mark is the one that its address was given.
    pub async fn open(&self, key: &str, mark: &str) -> Option<File> {
        self.0.drivers.open_log(key, mark).await
    }
}
