//! One webhook over HTTP: signed, timed out after ten seconds, logged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use crate::hub::Hub;
use crate::model::{Delivery, Hook, Kind, Parcel};
use crate::recorder::SentWebhook;

/// What GitHub gives a receiver.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest payload GitHub delivers, in bytes.
const LARGEST: usize = 25 * 1024 * 1024;

pub(crate) type Client = HttpClient<HttpConnector, Full<Bytes>>;

pub(crate) fn client() -> Client {
    HttpClient::builder(TokioExecutor::new()).build_http()
}

/// How a delivery ended.
struct Outcome {
    status: String,
    code: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Outcome {
    fn failed(code: u16, status: &str) -> Self {
        Self { status: status.to_owned(), code, headers: BTreeMap::new(), body: String::new() }
    }
}

fn hook_of(hub: &Hub, parcel: &Parcel) -> Option<(String, Hook)> {
    hub.with(|world| {
        let app = world.apps.get(&parcel.app)?;
        Some((app.slug.clone(), app.hook.clone()))
    })
}

fn note(hub: &Hub, parcel: &Parcel, slug: String) {
    hub.recorder.webhook(SentWebhook {
        event: parcel.event.clone(),
        action: parcel.action.clone(),
        body: parcel.payload.clone(),
        guid: parcel.guid.clone(),
        app: slug,
    });
}

/// Sends a parcel and writes it into the log.
pub(crate) async fn deliver(hub: &Arc<Hub>, client: &Client, parcel: &Parcel) {
    let Some((slug, hook)) = hook_of(hub, parcel) else {
        return;
    };
    note(hub, parcel, slug);
    // An app without an address is told nothing; GitHub keeps no log then either.
    let Some(url) = hook.url.clone() else {
        return;
    };
    let body = body(parcel, &hook);
    // GitHub neither sends nor logs such an event.
    if body.len() > LARGEST {
        return;
    }
    let headers = headers(parcel, &hook, &body);
    let started = hub.clock.now();
    let sending = post(client, &url, &headers, body);
    let outcome =
        tokio::time::timeout(PATIENCE, sending).await.unwrap_or_else(|_| Outcome::failed(504, "timed out"));
    let took = hub.clock.now() - started;
    log(hub, parcel, headers, outcome, took.as_seconds_f64());
}

/// Logs a parcel that was lost on the way.
pub(crate) fn log_lost(hub: &Arc<Hub>, parcel: &Parcel) {
    let Some((slug, hook)) = hook_of(hub, parcel) else {
        return;
    };
    note(hub, parcel, slug);
    let headers = headers(parcel, &hook, &body(parcel, &hook));
    log(hub, parcel, headers, Outcome::failed(502, "failed to connect to host"), 0.0);
}

fn body(parcel: &Parcel, hook: &Hook) -> Bytes {
    let json = parcel.payload.to_string();
    if hook.form {
        let payload = utf8_percent_encode(&json, NON_ALPHANUMERIC);
        return format!("payload={payload}").into();
    }
    json.into()
}

fn headers(parcel: &Parcel, hook: &Hook, body: &Bytes) -> BTreeMap<String, String> {
    let kind = if hook.form { "application/x-www-form-urlencoded" } else { "application/json" };
    let mut headers = BTreeMap::from([
        ("Accept".to_owned(), "*/*".to_owned()),
        ("Content-Type".to_owned(), kind.to_owned()),
        ("User-Agent".to_owned(), "GitHub-Hookshot/5a9d00d".to_owned()),
        ("X-GitHub-Event".to_owned(), parcel.event.clone()),
        ("X-GitHub-Delivery".to_owned(), parcel.guid.clone()),
        ("X-GitHub-Hook-ID".to_owned(), hook.id.to_string()),
        ("X-GitHub-Hook-Installation-Target-Type".to_owned(), "integration".to_owned()),
        ("X-GitHub-Hook-Installation-Target-ID".to_owned(), parcel.app.to_string()),
    ]);
    // An HMAC takes keys of any length, so there is always a signature.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(hook.secret.as_bytes()) {
        mac.update(body);
        let hex = hex::encode(mac.finalize().into_bytes());
        headers.insert("X-Hub-Signature-256".to_owned(), format!("sha256={hex}"));
    }
    headers
}

async fn post(client: &Client, url: &str, headers: &BTreeMap<String, String>, body: Bytes) -> Outcome {
    let mut request = Request::post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(Full::new(body)) else {
        return Outcome::failed(502, "invalid URL");
    };
    let Ok(response) = client.request(request).await else {
        return Outcome::failed(502, "failed to connect to host");
    };
    let status = response.status();
    let headers = plain(response.headers());
    let Ok(body) = response.into_body().collect().await else {
        return Outcome::failed(502, "connection closed while reading the response");
    };
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let text = if status.is_success() {
        "OK".to_owned()
    } else {
        format!("Invalid HTTP Response: {}", status.as_u16())
    };
    Outcome { status: text, code: status.as_u16(), headers, body }
}

/// Headers as text, names in lower case.
pub(crate) fn plain(headers: &HeaderMap) -> BTreeMap<String, String> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn log(
    hub: &Arc<Hub>,
    parcel: &Parcel,
    request_headers: BTreeMap<String, String>,
    outcome: Outcome,
    duration: f64,
) {
    hub.with(|world| {
        let id = world.next(Kind::Delivery);
        let delivery = Delivery {
            id,
            app: parcel.app,
            guid: parcel.guid.clone(),
            event: parcel.event.clone(),
            action: parcel.action.clone(),
            installation: parcel.installation,
            repository: parcel.repository,
            delivered_at: world.now,
            duration,
            status: outcome.status,
            status_code: outcome.code,
            redelivery: parcel.redelivery,
            request_headers,
            payload: parcel.payload.clone(),
            response_headers: outcome.headers,
            response_body: outcome.body,
        };
        world.deliveries.insert(id, delivery);
    });
}
