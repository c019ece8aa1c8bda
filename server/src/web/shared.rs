//! What all requests share.

use super::body::Reader;
use super::metrics_token::MetricsToken;
use crate::engine::Engine;
use http::HeaderMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Whether a request comes from somebody who has shown to be the operator.
pub(super) type IsOperator = Arc<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) engine: Arc<Engine>,
    pub(super) reader: Reader,
    pub(super) log_readers: Arc<Semaphore>,
    pub(super) metrics_token: Option<MetricsToken>,
    pub(super) is_operator: IsOperator,
}
