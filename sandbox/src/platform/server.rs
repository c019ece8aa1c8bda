//! Listening, planted failures, and who asks.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

use super::handles::ProjectHandle;
use super::hub::{Asked, Hub};
use super::routes;
use crate::cut_short::{CutShort, whole};
use crate::faults::RestEffect;
use crate::rest::{Dropped, planted};

/// The longest body taken.
const LONGEST: usize = 1024 * 1024;

/// Serves until told to stop; connections still open are dropped then.
pub(super) async fn serve(hub: Arc<Hub>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let router = routes::router().with_state(Arc::clone(&hub));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (hub, router, mut stop) = (Arc::clone(&hub), router.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| handle(&hub, &router, request));
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

async fn handle(
    hub: &Arc<Hub>,
    router: &Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let shown = request.uri().path_and_query().map_or(path.clone(), ToString::to_string);
    let effect = hub.faults.rest_effect(&method, &path);
    let note = |status| hub.note(Asked { method: method.clone(), path: shown.clone(), status });
    match &effect {
        Some(RestEffect::ResetBefore) => {
            note(0);
            return Err(Dropped);
        }
        Some(RestEffect::Hang(Some(duration))) => tokio::time::sleep(*duration).await,
        Some(RestEffect::Hang(None)) => hub.faults.wait_for_release().await,
        _ => {}
    }
    if let Some(response) = effect.as_ref().and_then(planted) {
        note(response.status().as_u16());
        return Ok(response);
    }
    let response = answer(hub, router, request).await;
    match effect {
        Some(RestEffect::ResetAfter) => {
            note(0);
            return Err(Dropped);
        }
        Some(RestEffect::HoldAnswer) => hub.faults.wait_for_release().await,
        Some(RestEffect::CutShort(after)) => {
            note(response.status().as_u16());
            let (parts, body) = response.into_parts();
            let body = CutShort::new(whole(body).await, after);
            return Ok(Response::from_parts(parts, Body::new(body)));
        }
        _ => {}
    }
    note(response.status().as_u16());
    Ok(response)
}

async fn answer(hub: &Arc<Hub>, router: &Router, request: Request<Incoming>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if parts.uri.path() != "/oauth2/token" {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        let Some(grant) = hub.with(|world| world.grant(token).cloned()) else { return unauthorized() };
        parts.extensions.insert(grant);
    }
    if let Some(project) = parts.uri.path().strip_prefix("/api/projects/") {
        let id = project.split('/').next().unwrap_or_default().to_owned();
        // What cannot be brought now is brought by the next request.
        let _ = ProjectHandle { hub: Arc::clone(hub), id }.take_pushes().await;
    }
    let request = Request::from_parts(parts, Body::from(body.to_bytes()));
    router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
}

fn unauthorized() -> Response<Body> {
    let body = json!({ "code": 401, "message": "The access token is not good or has expired." }).to_string();
    let mut response = (StatusCode::UNAUTHORIZED, body).into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
