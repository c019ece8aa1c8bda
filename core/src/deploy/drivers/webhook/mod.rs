//! A signed call to an address that the operator has allowed, and signed calls back that tell how it goes, both after
//! the Standard Webhooks specification (standardwebhooks.com, version 1).
//!
//! `call.rs` sends. It uses reqwest, with a client for each call that resolves nothing: it is given the addresses that
//! were judged. reqwest's URL type is the only reader of an address, so that none is judged as one host and called as
//! another.

mod call;
mod error;
mod resolver;
mod signing;

pub use call::Caller;
pub(super) use call::shown;
pub(super) use error::CallError;
pub use resolver::{Resolver, SystemResolver};
pub use signing::{SigningError, SigningKey};

use self::call::Call;
use super::{DeployRequest, Driver, DriverError, Means, Started};
use crate::deploy::{CancelAnswer, DeployReport, Endpoint, ReportedState};
use crate::model::{Phase, UnixMillis, UserMessage};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Tells an address of a deploy.
pub struct WebhookDriver<'a> {
    /// Sends the calls.
    pub caller: &'a Caller,
    /// What the operator allows.
    pub endpoint: &'a Endpoint,
    /// What signs.
    pub key: SigningKey,
    /// Where calls back go; `None` where the server's own address is not known.
    pub report_url: Option<String>,
    /// The time.
    pub now: UnixMillis,
}

/// See [`super::driver`].
pub(super) fn driver<'a>(
    means: &impl Means<'a>,
    endpoint: &str,
    secret: Option<&str>,
) -> Result<Arc<dyn Driver + 'a>, DriverError> {
    let (endpoint, key) = means.endpoint(endpoint, secret)?;
    let (caller, report_url, now) = (means.caller(), means.report_url(), means.now());
    Ok(Arc::new(WebhookDriver { caller, endpoint, key, report_url, now }))
}

/// How often the same call is repeated to one address is the engine's business: each has the same id.
#[async_trait]
impl Driver for WebhookDriver<'_> {
    async fn start(&self, request: &DeployRequest, _: bool) -> Result<Started, DriverError> {
        let mut data = request.payload();
        data["repository"] = json!(request.repository);
        data["branch"] = json!(request.branch);
        data["build_settings"] = json!(request.build_settings);
        data["report_url"] = json!(self.report_url);
        let made_at = request.deploy.made_at.to_date().unwrap_or_default();
        // The time of the deploy and not of the call: a repeated call has the same body.
        let body = json!({ "type": "deploy.requested", "timestamp": made_at.to_rfc3339(), "data": data });
        let id = format!("msg_{}", request.key);
        let at = self.now.to_seconds();
        let call = Call { endpoint: self.endpoint, key: &self.key, id: &id, body: &body, at };
        self.caller.post(call).await?;
        Ok(Started::default())
    }

    /// It calls back: there is nobody to ask.
    async fn poll(&self, _: &DeployRequest) -> Result<Vec<DeployReport>, DriverError> {
        Ok(Vec::new())
    }

    async fn cancel(&self, _: &DeployRequest) -> Result<CancelAnswer, DriverError> {
        Ok(CancelAnswer::Cannot(UserMessage::new(
            "the service at the address cannot be told to stop; once it has ended, it calls back",
        )))
    }
}

/// What is called back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallBack {
    /// When what it says was so, where that is told.
    #[serde(default)]
    pub timestamp: Option<DateTime<Utc>>,
    /// What it says.
    pub data: CalledBack,
}

impl CallBack {
    /// As a report. A call that was repeated, or overtaken by another, is as old as what it tells; one that does not
    /// say is as old as its arrival, and so is one whose clock is ahead.
    pub fn report(&self, arrived_at: UnixMillis) -> DeployReport {
        let told = self.timestamp.map_or(arrived_at, UnixMillis::from);
        self.data.report(told.min(arrived_at))
    }
}

/// How a deploy goes, as whoever carries it out tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CalledBack {
    /// The deploy's key.
    pub deploy: String,
    /// `queued`, `in_progress`, `success` or `failure`.
    pub state: CalledState,
    /// `build`, `deploy` or `verify`.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// The step in it.
    #[serde(default)]
    pub step: Option<String>,
    /// What else there is to say, in one line.
    #[serde(default)]
    pub words: Option<String>,
    /// The last lines of the log.
    #[serde(default)]
    pub log_tail: Option<String>,
    /// Where the log is.
    #[serde(default)]
    pub log_url: Option<String>,
    /// Where the site is.
    #[serde(default)]
    pub environment_url: Option<String>,
}

/// How a deploy stands, in GitHub's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalledState {
    /// Heard of.
    Queued,
    /// Under way.
    InProgress,
    /// Ended well.
    Success,
    /// Ended badly.
    Failure,
}

impl CalledBack {
    /// The same as a report that was made at `at`. Texts are cut: what is told at length belongs in the log.
    fn report(&self, at: UnixMillis) -> DeployReport {
        let state = match self.state {
            CalledState::Queued => ReportedState::Queued,
            CalledState::InProgress => ReportedState::Running,
            CalledState::Success => ReportedState::Succeeded,
            CalledState::Failure => ReportedState::Failed,
        };
        let cut = |text: &Option<String>, most: usize| {
            text.as_ref().map(|it| it.chars().take(most).collect::<String>())
        };
        // Shown as links, so only what a browser may be sent to.
        let url = |text: &Option<String>| {
            text.clone()
                .filter(|it| it.len() <= 2_000 && (it.starts_with("https://") || it.starts_with("http://")))
        };
        DeployReport {
            phase: self.phase,
            step: cut(&self.step, 80),
            words: cut(&self.words, 300),
            log_tail: cut(&self.log_tail, 4_000),
            log_url: url(&self.log_url),
            environment_url: url(&self.environment_url),
            ..DeployReport::new(at, state)
        }
    }
}

#[cfg(test)]
mod tests;
