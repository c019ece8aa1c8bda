use super::body::{BodyError, Limits, Reader, Wanted};
use super::log_page;
use super::metrics_token::MetricsToken;
use super::shared::{IsOperator, Shared};
use super::style::style;
use super::watching;
use crate::engine::{Engine, LOGS_PATH, REPORT_MAX, REPORTS_PATH, Received, Refusal};
use crate::model::{ForPeople, error_chain};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderName, StatusCode, header};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

/// How many may read logs at the same time. Each is given little of one at a time.
const LOG_READERS: usize = 256;

/// What is served of an engine. Numbers are told to this machine, and to whoever has the token.
pub(super) fn of(
    engine: Arc<Engine>,
    limits: Limits,
    metrics_token: Option<MetricsToken>,
    is_operator: IsOperator,
) -> Router {
    let log_readers = Arc::new(Semaphore::new(LOG_READERS));
    let shared = Shared { engine, reader: Reader::new(limits), log_readers, metrics_token, is_operator };
    let guarded = Router::new()
        .route("/metrics", get(watching::metrics))
        .route("/status", get(watching::status))
        .route_layer(from_fn_with_state(shared.clone(), watching::guard));
    Router::new()
        .merge(guarded)
        .route("/webhooks/github", post(webhook))
        .route(REPORTS_PATH, post(report))
        .route(&format!("{LOGS_PATH}/{{key}}/{{mark}}"), get(log_page::log))
        .route(&format!("{LOGS_PATH}/{{key}}/{{mark}}/log"), get(log_page::whole))
        .route(&format!("{LOGS_PATH}/style.css"), get(style))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(shared)
}

/// Whether deliveries can be stored, which is all that a balancer has to know: one that is kept out is lost, one that is
/// let in is not. The other lines are for people and what watches for them.
async fn ready(State(shared): State<Shared>) -> Response {
    let monitor = shared.engine.monitor();
    let known = format!(
        "github: {}\nheartbeat: {} s ago\n",
        shared.engine.access().as_str(),
        monitor.heartbeat_age().as_secs()
    );
    match shared.engine.ready().await {
        Ok(()) => {
            let webhook = monitor.last_webhook_age().await;
            let webhook = webhook.map_or("none yet".to_owned(), |age| format!("{} s ago", age.as_secs()));
            format!("ready\n{known}last webhook: {webhook}\n").into_response()
        }
        // Where something is wrong, no more is asked than what tells what.
        Err(error) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n{known}", error.for_people())).into_response()
        }
    }
}

/// How much of what a call says of itself the log tells, in bytes.
const SAID_MAX: usize = 200;

/// What each line of the log says of a call: nothing of it is proven by then.
fn span_of(headers: &HeaderMap, delivery: &str, event: Option<&str>) -> Span {
    let said = |name: &str| headers.get(name)?.to_str().ok().filter(|it| it.len() <= SAID_MAX);
    let event = event.or_else(|| said("x-github-event"));
    tracing::error_span!("webhook", delivery = said(delivery), event)
}

async fn webhook(State(shared): State<Shared>, request: Request) -> Response {
    let span = span_of(request.headers(), "x-github-delivery", None);
    take_delivery(shared, request).instrument(span).await
}

async fn take_delivery(shared: Shared, request: Request) -> Response {
    let (began, metrics) = (Instant::now(), shared.engine.metrics());
    let (parts, body) = request.into_parts();
    let inbox = shared.engine.inbox();
    let mut reception = inbox.begin(&parts.headers);
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let keep = reception.may_be_signed();
    let wanted = Wanted { most: shared.reader.limits.body, announced, keep };
    let held = match shared.reader.read(body, wanted, |piece| reception.update(piece)).await {
        Ok(held) => held,
        Err(error) => {
            metrics.note_refused(error.reason());
            return unread(&error);
        }
    };
    let now = shared.engine.clock().now();
    match inbox.finish(reception, &parts.headers, held.bytes, now).await {
        Ok(received) => {
            metrics.note_acknowledged(began.elapsed());
            (StatusCode::ACCEPTED, words(received)).into_response()
        }
        Err(refusal) => {
            metrics.note_refused(refusal.reason());
            refused(&refusal)
        }
    }
}

/// How a deploy goes, told by who carries it out.
async fn report(State(shared): State<Shared>, request: Request) -> Response {
    let span = span_of(request.headers(), "webhook-id", Some("deploy_report"));
    take_report(shared, request).instrument(span).await
}

async fn take_report(shared: Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes| bytes > REPORT_MAX) {
        return too_long();
    }
    let wanted = Wanted { most: REPORT_MAX, announced, keep: true };
    let held = match shared.reader.read(body, wanted, |_| ()).await {
        Ok(held) => held,
        Err(BodyError::TooLarge) => return too_long(),
        Err(error) => return unread(&error),
    };
    let now = shared.engine.clock().now();
    match shared.engine.reports().take(&parts.headers, held.bytes, now).await {
        Ok(received) => (StatusCode::ACCEPTED, words(received)).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

fn too_long() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, "not taken: a report is at most 64 KB long\n").into_response()
}

fn words(received: Received) -> &'static str {
    match received {
        Received::Stored => "stored\n",
        Received::Repeated => "stored before\n",
        Received::NotNeeded => "not needed\n",
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Unsigned(_) | Refusal::NotProven(_) => StatusCode::UNAUTHORIZED,
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::Conflicting { .. } => StatusCode::CONFLICT,
        Refusal::NotStored(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    if status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::info!(error = error_chain(refusal), "a webhook call was refused");
    }
    (status, format!("{}\n", refusal.for_people())).into_response()
}

fn unread(error: &BodyError) -> Response {
    let status = match error {
        BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BodyError::CutOff(_) => StatusCode::BAD_REQUEST,
        BodyError::Crowded => StatusCode::SERVICE_UNAVAILABLE,
    };
    tracing::info!(%status, error = error_chain(error), "a webhook call was refused while its body came in");
    let close: [(HeaderName, &str); 1] = [(header::CONNECTION, "close")];
    (status, close, format!("{}\n", error.for_people())).into_response()
}
