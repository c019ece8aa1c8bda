//! What is served at the moment: before the App is registered little, afterwards the engine's routes.

use crate::engine::Engine;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The engine that is served, once there is one.
pub(super) struct Live {
    served: RwLock<Option<(Arc<Engine>, Router)>>,
    begun: watch::Sender<bool>,
}

impl Live {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { served: RwLock::default(), begun: watch::Sender::new(false) })
    }

    /// Serves an engine from now on.
    pub(super) fn begin(&self, engine: Arc<Engine>, routes: Router) {
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Some((engine, routes));
        self.begun.send_replace(true);
    }

    /// The engine, once there is one.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        served.as_ref().map(|(engine, _)| Arc::clone(engine))
    }

    /// Waits until there is one.
    pub(super) async fn begun(&self) -> Arc<Engine> {
        let mut begun = self.begun.subscribe();
        loop {
            if let Some(engine) = self.engine() {
                return engine;
            }
            if begun.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Serves nothing more; answers the engine, for whoever stops it.
    pub(super) fn end(&self) -> Option<Arc<Engine>> {
        let served = self.served.write().unwrap_or_else(PoisonError::into_inner).take();
        served.map(|(engine, _)| engine)
    }

    fn routes(&self) -> Option<Router> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        served.as_ref().map(|(_, routes)| routes.clone())
    }
}

/// Hands a request on to what is served now.
pub(super) async fn serve(State(live): State<Arc<Live>>, request: Request) -> Response {
    match live.routes() {
        Some(routes) => match routes.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        None if request.uri().path() == "/healthz" => "ok\n".into_response(),
        // GitHub keeps what it could not deliver.
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "not set up yet: `towpath setup-link` prints the address of the page for it\n",
        )
            .into_response(),
    }
}
