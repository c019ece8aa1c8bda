#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! What the stories share: a plain HTTP client, a signer of app tokens, a receiver of webhooks.

#![allow(dead_code, unreachable_pub, reason = "each story uses a part of it")]

pub mod browser;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use towpath_sandbox::{
    AppConfig, AppHandle, Clock, Config, InstallationHandle, ManualClock, Permission, RepoHandle, Sandbox,
};

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Answer {
    pub fn link(&self, relation: &str) -> Option<String> {
        let wanted = format!("rel=\"{relation}\"");
        let link = self.headers.get("link")?;
        let found = link.split(", ").find(|part| part.ends_with(&wanted))?;
        Some(found.split(['<', '>']).nth(1)?.to_owned())
    }
}

/// Sends one request; `Err` if the connection broke.
pub async fn send(
    method: &str,
    url: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Result<Answer, String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = http::Request::builder().method(method).uri(url);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let response = client.request(request).await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let bytes = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}

/// An app's JSON web token.
pub fn jwt(issuer: &str, start: DateTime<Utc>, seconds: i64) -> String {
    let pem: String = AppConfig::demo_key().lines().filter(|line| !line.starts_with('-')).collect();
    let key = ring::rsa::KeyPair::from_der(&STANDARD.decode(pem).unwrap()).unwrap();
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let iat = start.timestamp();
    let claims = json!({ "iat": iat, "exp": iat + seconds, "iss": issuer });
    let signed = format!("{}.{}", encode(json!({ "alg": "RS256", "typ": "JWT" })), encode(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A stand-in with one repository, an app on it, and a clock to turn.
pub struct Stage {
    pub github: Sandbox,
    pub clock: Arc<ManualClock>,
    pub repo: RepoHandle,
    pub app: AppHandle,
    pub installation: InstallationHandle,
    pub token: String,
}

pub fn checker() -> AppConfig {
    AppConfig::new("checker")
        .permission("checks", "write")
        .permission("contents", "write")
        .permission("pull_requests", "write")
        .permission("issues", "write")
        .events(["pull_request", "push", "create", "delete", "issue_comment", "repository"])
}

impl Stage {
    pub async fn set() -> Self {
        Self::set_with(checker()).await
    }

    pub async fn set_with(config: AppConfig) -> Self {
        let clock = Arc::new(ManualClock::from_system());
        let config_of = Config { clock: clock.clone(), ..Config::default() };
        let github = Sandbox::start(config_of).await.unwrap();
        let repo = github
            .repository("acme/store")
            .with("ana", Permission::Write)
            .with("rita", Permission::Admin)
            .create()
            .await
            .unwrap();
        repo.commit_on("main").orphan().file("README", "A store\n").by("ana").await.unwrap();
        repo.commit_on("feature/cart").from("main").file("cart.txt", "one\n").by("ana").await.unwrap();
        let app = github.app(config).await.unwrap();
        let installation = app.install("acme").on([&repo]).await.unwrap();
        let (token, _) = installation.token().unwrap();
        Self { github, clock, repo, app, installation, token }
    }

    pub fn jwt(&self) -> String {
        jwt(&self.app.id().to_string(), self.clock.now(), 540)
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_as(&self.token, method, path, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn call_as(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        send(method, &format!("{}{path}", self.github.api_url()), token, &[], body).await.unwrap()
    }

    /// Event and action of the webhooks so far.
    pub async fn heard(&self) -> Vec<String> {
        self.github.settled().await;
        let sent = self.github.sent_webhooks().into_iter();
        sent.map(|hook| match hook.action {
            Some(action) => format!("{}.{action}", hook.event),
            None => hook.event,
        })
        .collect()
    }

    /// What GitHub's descriptions have against the exchanges and webhooks so far.
    #[cfg(feature = "contract")]
    pub async fn unfit(&self) -> Vec<String> {
        use towpath_sandbox::contract::{self, Contract};
        self.github.settled().await;
        let mut wrong = Vec::new();
        for exchange in &self.github.exchanges() {
            let checked = Contract::github().check(&contract::Exchange {
                method: &exchange.method,
                path: &exchange.path,
                query: exchange.query.as_deref().unwrap_or_default(),
                request_body: exchange.request_body.as_ref(),
                status: exchange.status,
                response_body: exchange.response_body.as_ref(),
            });
            wrong.extend(checked.err().map(|violation| violation.to_string()));
        }
        for hook in &self.github.sent_webhooks() {
            let violations = Contract::github().webhook_violations(&hook.event, &hook.body);
            wrong.extend(violations.iter().map(ToString::to_string));
        }
        wrong
    }

    /// Without the descriptions nothing can be held against them.
    #[cfg(not(feature = "contract"))]
    #[allow(clippy::unused_async, reason = "called like the other one")]
    pub async fn unfit(&self) -> Vec<String> {
        Vec::new()
    }

    /// The webhooks of one event and action so far.
    pub async fn webhooks(&self, event: &str, action: &str) -> Vec<Value> {
        self.github.settled().await;
        let sent = self.github.sent_webhooks().into_iter();
        sent.filter(|hook| hook.event == event && hook.action.as_deref().unwrap_or("") == action)
            .map(|hook| hook.body)
            .collect()
    }
}

/// A webhook as received.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

/// A server that keeps what it is sent and answers a status that can be changed.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    pub status: Arc<Mutex<u16>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let receiver = Self { url, status: Arc::new(Mutex::new(202)), received: Arc::default() };
        let own = receiver.clone();
        let take = move |headers: HeaderMap, body: Bytes| {
            let own = own.clone();
            async move {
                let headers = headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                    .collect();
                let hook = Received { headers, bytes: body.to_vec() };
                own.received.lock().unwrap().push(hook);
                let status = *own.status.lock().unwrap();
                http::StatusCode::from_u16(status).unwrap()
            }
        };
        let router = Router::new().route("/hooks", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    pub fn forget(&self) {
        self.received.lock().unwrap().clear();
    }
}
