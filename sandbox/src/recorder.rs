//! What went over the wire, kept for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// One REST request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without `/api/v3` and without the query.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: Option<String>,
    /// Names in lower case.
    pub request_headers: BTreeMap<String, String>,
    /// The body, if it was JSON.
    pub request_body: Option<Value>,
    /// The HTTP status answered; 0 if the connection was dropped instead.
    pub status: u16,
    /// Names in lower case.
    pub response_headers: BTreeMap<String, String>,
    /// The body, if it was JSON.
    pub response_body: Option<Value>,
    /// Who asked: `app:<slug>`, `installation:<id>` or `nobody`.
    pub by: String,
    /// The answer was made by a planted fault, not by the stand-in itself.
    pub faulty: bool,
}

/// One webhook handed to the post office.
#[derive(Debug, Clone, PartialEq)]
pub struct SentWebhook {
    /// `pull_request`, `push`, …
    pub event: String,
    /// `opened`, …, where the event has one.
    pub action: Option<String>,
    /// The payload.
    pub body: Value,
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// The slug of the app it was for.
    pub app: String,
}

/// Keeps exchanges (when switched on), webhooks and counts.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    on: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<Exchange>,
    webhooks: Vec<SentWebhook>,
    counts: BTreeMap<String, u64>,
}

impl Recorder {
    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(crate) fn exchange(&self, exchange: Exchange) {
        self.with(|kept| kept.exchanges.push(exchange));
    }

    pub(crate) fn webhook(&self, webhook: SentWebhook) {
        if self.is_on() {
            self.with(|kept| kept.webhooks.push(webhook));
        }
    }

    pub(crate) fn count(&self, method: &str, route: &str) {
        self.with(|kept| *kept.counts.entry(format!("{method} {route}")).or_default() += 1);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.with(|kept| kept.exchanges.clone())
    }

    pub(crate) fn webhooks(&self) -> Vec<SentWebhook> {
        self.with(|kept| kept.webhooks.clone())
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.with(|kept| kept.counts.clone())
    }

    pub(crate) fn forget(&self) {
        self.with(|kept| *kept = Kept::default());
    }
}
