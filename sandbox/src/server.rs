//! Listening, and sending each request to its room.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::hub::Hub;
use crate::rest::Dropped;
use crate::{page, rest, smart_http};

/// Serves until told to stop; connections still open are dropped then.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let rest = rest::router().with_state(Arc::clone(&hub));
    let pages = page::router().with_state(Arc::clone(&hub));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            continue;
        };
        let (hub, rest, pages, mut stop) = (Arc::clone(&hub), rest.clone(), pages.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&hub, &rest, &pages, request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // A broken connection, by accident or on purpose, concerns only its client.
                _ = connection => {}
                _ = stop.changed() => {}
            }
        });
    }
}

async fn answer(
    hub: &Arc<Hub>,
    rest: &Router,
    pages: &Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let path = request.uri().path();
    if smart_http::split(path).is_some() {
        return smart_http::handle(hub, request).await;
    }
    if rest::is_rest(path) {
        return rest::handle(hub, rest, request).await;
    }
    let request = request.map(Body::new);
    let answered = tower::ServiceExt::oneshot(pages.clone(), request).await;
    Ok(answered.unwrap_or_else(|never| match never {}))
}
