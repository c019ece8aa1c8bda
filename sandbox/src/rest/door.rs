//! The door of REST: who asks, how much they may still ask, planted failures, entity tags, the
//! headers every answer carries, and the record of it all.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use super::{Caller, caller};
use crate::Refused;
use crate::cut_short::{CutShort, whole};
use crate::faults::RestEffect;
use crate::hub::Hub;
use crate::model::{Kind, Usage};
use crate::recorder::Exchange;
use crate::webhooks::plain;

/// The connection is to be dropped without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection reset on purpose")]
pub(crate) struct Dropped;

/// The pattern of the route that answered.
#[derive(Debug, Clone)]
pub(crate) struct Route(pub(crate) String);

/// The longest body taken, as GitHub's own.
const LONGEST: usize = 25 * 1024 * 1024;

/// Whether a path is one of REST's and not a page or git.
pub(crate) fn is_rest(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let known =
        ["app", "app-manifests", "installation", "orgs", "repos", "repositories", "rate_limit", "meta"];
    path.starts_with("/api/v3") || known.contains(&first)
}

/// What is known of an answer besides the answer.
struct Answered {
    response: Response<Body>,
    by: String,
    usage: Option<Usage>,
    faulty: bool,
}

/// Answers one REST request.
pub(crate) async fn handle(
    hub: &Arc<Hub>,
    router: &Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let (mut parts, body) = request.into_parts();
    strip_prefix(&mut parts);
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let body = body.to_bytes();
    let mut record = started(&parts, &body);
    let effect = hub.faults.rest_effect(parts.method.as_str(), parts.uri.path());
    if effect == Some(RestEffect::ResetBefore) {
        record.faulty = true;
        return drop_connection(hub, record);
    }
    wait(hub, effect.as_ref()).await;
    let mut answered = match effect.as_ref().and_then(planted) {
        Some(response) => Answered { response, by: String::new(), usage: None, faulty: true },
        None => answer(hub, router, parts, body).await,
    };
    let route = answered.response.extensions_mut().remove::<Route>();
    hub.recorder.count(&record.method, route.as_ref().map_or(&record.path, |route| &route.0));
    record.by = answered.by;
    record.faulty = answered.faulty;
    if effect == Some(RestEffect::ResetAfter) {
        record.faulty = true;
        return drop_connection(hub, record);
    }
    let mut response = tagged(answered.response, &record).await;
    decorate(hub, response.headers_mut(), answered.usage);
    let response = recorded(hub, record, response).await;
    hold_answer(hub, effect.as_ref()).await;
    if let Some(RestEffect::CutShort(after)) = effect {
        let (parts, body) = response.into_parts();
        return Ok(Response::from_parts(parts, Body::new(CutShort::new(whole(body).await, after))));
    }
    Ok(response)
}

fn drop_connection(hub: &Hub, record: Exchange) -> Result<Response<Body>, Dropped> {
    if hub.recorder.is_on() {
        hub.recorder.exchange(record);
    }
    Err(Dropped)
}

/// Takes `/api/v3` off, under which GitHub Enterprise Server has its REST.
fn strip_prefix(parts: &mut Parts) {
    let Some(rest) = parts.uri.path().strip_prefix("/api/v3") else {
        return;
    };
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = if rest.is_empty() { "/" } else { rest };
    if let Ok(uri) = format!("{path}{query}").parse() {
        parts.uri = uri;
    }
}

fn started(parts: &Parts, body: &Bytes) -> Exchange {
    Exchange {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        request_headers: plain(&parts.headers),
        request_body: serde_json::from_slice(body).ok(),
        status: 0,
        response_headers: std::collections::BTreeMap::new(),
        response_body: None,
        by: "nobody".to_owned(),
        faulty: false,
    }
}

/// Waits as long as a planted failure says.
pub(crate) async fn wait(hub: &Hub, effect: Option<&RestEffect>) {
    match effect {
        Some(RestEffect::Hang(Some(duration))) => tokio::time::sleep(*duration).await,
        Some(RestEffect::Hang(None)) => hub.faults.wait_for_release().await,
        _ => {}
    }
}

/// Keeps an answer back as long as a planted failure says.
pub(crate) async fn hold_answer(hub: &Hub, effect: Option<&RestEffect>) {
    if effect == Some(&RestEffect::HoldAnswer) {
        hub.faults.wait_for_release().await;
    }
}

/// The answer of a planted failure, if it is one that answers.
pub(crate) fn planted(effect: &RestEffect) -> Option<Response<Body>> {
    match effect {
        RestEffect::Status { status, content_type, body } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            Some((status, [(CONTENT_TYPE, content_type.clone())], body.clone()).into_response())
        }
        RestEffect::Redirect(to) => {
            Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to.clone())]).into_response())
        }
        RestEffect::RateLimited { retry_after } => {
            let sentence =
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            let mut response = Refused::new(403, sentence).into_response();
            response.headers_mut().insert("retry-after", HeaderValue::from(*retry_after));
            Some(response)
        }
        _ => None,
    }
}

async fn answer(hub: &Arc<Hub>, router: &Router, mut parts: Parts, body: Bytes) -> Answered {
    let path = parts.uri.path().to_owned();
    let asked = hub.with(|world| {
        let caller = caller(world, &parts.headers)?;
        let limit = if matches!(caller, Caller::Nobody) { 60 } else { hub.rate_limit };
        let (usage, allowed) = world.spend(&caller.purse(), limit, path == "/rate_limit");
        Ok::<_, Refused>((caller.name(world), caller, usage, allowed))
    });
    let (by, caller, usage, allowed) = match asked {
        Ok(asked) => asked,
        Err(refused) => {
            let (response, by) = (refused.into_response(), "nobody".to_owned());
            return Answered { response, by, usage: None, faulty: false };
        }
    };
    if !allowed {
        let sentence = format!("API rate limit exceeded for {}.", caller.purse());
        let response = Refused::new(403, sentence).into_response();
        return Answered { response, by, usage: Some(usage), faulty: false };
    }
    parts.extensions.insert(caller);
    by_name(hub, &mut parts);
    let request = Request::from_parts(parts, Body::from(body));
    let response = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    Answered { response, by, usage: Some(usage), faulty: false }
}

/// `/repositories/{id}/…` is another address of `/repos/{owner}/{name}/…`.
fn by_name(hub: &Hub, parts: &mut Parts) {
    let Some(rest) = parts.uri.path().strip_prefix("/repositories/") else {
        return;
    };
    let (id, rest) =
        rest.split_once('/').map_or((rest, String::new()), |(id, rest)| (id, format!("/{rest}")));
    let name = id
        .parse()
        .ok()
        .and_then(|id: u64| hub.with(|world| world.repository(id).map(|found| world.full_name(found))));
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Some(uri) = name.and_then(|name| format!("/repos/{name}{rest}{query}").parse().ok()) {
        parts.uri = uri;
    }
}

/// Adds the entity tag of a good answer to a `GET`; answers 304 if the asker has it already.
async fn tagged(response: Response<Body>, record: &Exchange) -> Response<Body> {
    if record.method != Method::GET.as_str() || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = whole(body).await;
    // GitHub's tags are bound to who asks and in which form, so the same page differs by token.
    let mut hash = Sha256::new();
    for name in ["authorization", "accept"] {
        hash.update(record.request_headers.get(name).map(String::as_bytes).unwrap_or_default());
        hash.update([0]);
    }
    hash.update(&bytes);
    let tag = format!("W/\"{}\"", hex::encode(hash.finalize()));
    let known = record.request_headers.get(IF_NONE_MATCH.as_str());
    let same = known.is_some_and(|known| {
        known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag.trim_start_matches("W/"))
    });
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(http::header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn decorate(hub: &Hub, headers: &mut HeaderMap, usage: Option<Usage>) {
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let serial = hub.with(|world| world.next(Kind::Request));
    set("x-github-request-id", format!("5AB0:{serial:04X}:{:06X}", serial * 7919));
    // By the clock that all its other times are of.
    set("date", hub.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    set("x-github-media-type", "github.v3; format=json".to_owned());
    set("x-github-api-version-selected", "2022-11-28".to_owned());
    if let Some(usage) = usage {
        set("x-ratelimit-limit", usage.limit.to_string());
        set("x-ratelimit-remaining", usage.limit.saturating_sub(usage.used).to_string());
        set("x-ratelimit-used", usage.used.to_string());
        set("x-ratelimit-reset", usage.reset.timestamp().to_string());
        set("x-ratelimit-resource", "core".to_owned());
    }
}

async fn recorded(hub: &Hub, mut record: Exchange, response: Response<Body>) -> Response<Body> {
    if !hub.recorder.is_on() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = whole(body).await;
    record.status = parts.status.as_u16();
    record.response_headers = plain(&parts.headers);
    record.response_body = serde_json::from_slice::<Value>(&bytes).ok();
    hub.recorder.exchange(record);
    Response::from_parts(parts, Body::from(bytes))
}
