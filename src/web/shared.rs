//! What all requests share.

use super::body::Reader;
use super::metrics_token::MetricsToken;
use crate::engine::Engine;
use std::sync::Arc;
use tokio::sync::Semaphore;

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) engine: Arc<Engine>,
    pub(super) reader: Reader,
    pub(super) log_readers: Arc<Semaphore>,
    pub(super) metrics_token: Option<MetricsToken>,
}
