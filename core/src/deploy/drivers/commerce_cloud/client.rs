//! Calls to the platform's API: addresses that the operator allows, one access token for all, bounds on all that comes.

use super::fault::CloudFault;
use super::tokens::{Access, Tokens};
use crate::commerce::platform::project_endpoint;
use crate::deploy::CloudProject;
use crate::deploy::drivers::webhook::{CallError, Caller, shown};
use crate::deploy::endpoint::callable;
use crate::model::UnixMillis;
use http::{Method, StatusCode, header};
use reqwest::{Response, Url};
use serde_json::{Value, json};
use std::time::Duration;

/// More of an answer is not read, in bytes.
const ANSWER_MAX: usize = 8 << 20;
/// More of a log is not read in one look, in bytes.
const LOG_MAX: usize = 16 << 20;
/// How long one call may take.
const WITHIN: Duration = Duration::from_secs(20);
/// What a certificate of the key that is made begins with, and how long one may be.
const CERTIFICATE_KIND: &str = "ssh-ed25519-cert-v01@openssh.com ";
const CERTIFICATE_MAX: usize = 32 << 10;
/// How long an access token lives where the platform does not say.
const USUAL_LIFE: u64 = 300;

/// Calls the platform for one project.
pub(super) struct Client<'a> {
    pub(super) caller: &'a Caller,
    pub(super) project: &'a CloudProject,
    pub(super) api_token: String,
    pub(super) tokens: &'a Tokens,
    pub(super) now: UnixMillis,
}

impl Client<'_> {
    fn callable(&self, address: &str) -> Result<Url, CloudFault> {
        callable(address, self.project.allow_private).map_err(CloudFault::Address)
    }

    /// The address of the project, as the platform names it.
    pub(super) async fn endpoint(&self) -> Result<Url, CloudFault> {
        let me = self.callable(&format!("{}/me", self.project.api.trim_end_matches('/')))?;
        let me = self.get(&me).await?;
        let endpoint = project_endpoint(&me, &self.project.project).ok_or(CloudFault::Project)?;
        self.callable(&endpoint)
    }

    /// The address of a link. The token goes to no other server than the project's.
    pub(super) fn link(&self, endpoint: &Url, href: &str) -> Result<Url, CloudFault> {
        let url = endpoint.join(href).map_err(|_| CloudFault::Elsewhere)?;
        let api = self.callable(&self.project.api)?;
        let is_theirs = [endpoint.origin(), api.origin()].contains(&url.origin());
        if is_theirs { Ok(url) } else { Err(CloudFault::Elsewhere) }
    }

    /// What is at an address.
    pub(super) async fn get(&self, url: &Url) -> Result<Value, CloudFault> {
        self.json(url, None).await
    }

    /// Asks for something to be done.
    pub(super) async fn post(&self, url: &Url) -> Result<Value, CloudFault> {
        self.json(url, Some("{}")).await
    }

    /// A certificate for the public half of a key pair, by which the project's git server lets the user of the token in.
    pub(super) async fn certificate(&self, public_key: &str) -> Result<String, CloudFault> {
        let mut url = self.callable(&self.project.ssh)?;
        if url.path() == "/" {
            url.set_path("/ssh");
        }
        let answer = match self.json(&url, Some(&json!({ "key": public_key }).to_string())).await {
            Err(CloudFault::Forbidden(_)) => return Err(CloudFault::Forbidden("get a certificate for SSH")),
            Err(CloudFault::Missing(_)) => {
                let what = "nobody makes certificates for SSH at the operator's address; correct commerce.ssh in that file";
                return Err(CloudFault::Address(what.to_owned()));
            }
            answer => answer?,
        };
        let certificate = answer.get("certificate").and_then(Value::as_str).unwrap_or_default().trim();
        let is_in_a_line = certificate.len() <= CERTIFICATE_MAX && !certificate.contains(char::is_control);
        if is_in_a_line && certificate.starts_with(CERTIFICATE_KIND) {
            return Ok(certificate.to_owned());
        }
        Err(CloudFault::Unreadable { url: shown(&url), why: "it holds no certificate of the key" })
    }

    async fn json(&self, url: &Url, order: Option<&str>) -> Result<Value, CloudFault> {
        let call = async {
            let answer = self.authorized(url, order).await?;
            whole(answer, url).await
        };
        let (status, bytes) = within(url, call).await?;
        judged(url, status)?;
        match serde_json::from_slice(&bytes) {
            Ok(answer) => Ok(answer),
            // Any good status says that it will be done.
            Err(_) if order.is_some() => Ok(Value::Null),
            Err(_) => Err(CloudFault::Unreadable { url: shown(url), why: "it is no JSON" }),
        }
    }

    /// The lines of a log from one on, as far as they come.
    pub(super) async fn log(&self, url: &Url) -> Result<Vec<u8>, CloudFault> {
        let call = async {
            let mut answer = self.authorized(url, None).await?;
            judged(url, answer.status())?;
            let mut bytes = Vec::new();
            // What comes before it breaks off is read all the same.
            while let Ok(Some(piece)) = answer.chunk().await {
                bytes.extend_from_slice(&piece);
                if bytes.len() > LOG_MAX {
                    break;
                }
            }
            Ok(bytes)
        };
        within(url, call).await
    }

    /// A call with a token; with an order in JSON, or only to ask. A token that is refused is renewed once.
    async fn authorized(&self, url: &Url, order: Option<&str>) -> Result<Response, CloudFault> {
        let mut refused: Option<String> = None;
        loop {
            let token = self.access(refused.as_deref()).await?;
            let request = |client: &reqwest::Client| {
                let method = if order.is_some() { Method::POST } else { Method::GET };
                let request = client.request(method, url.clone()).bearer_auth(&token);
                match order {
                    Some(order) => {
                        request.header(header::CONTENT_TYPE, "application/json").body(order.to_owned())
                    }
                    None => request,
                }
            };
            let answer = self.caller.open(url, self.project.allow_private, request).await?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            if refused.is_some() {
                return Err(CloudFault::Token);
            }
            refused = Some(token);
        }
    }

    /// The access token. Whoever comes while it is being renewed waits for that and asks for none.
    async fn access(&self, refused: Option<&str>) -> Result<String, CloudFault> {
        let slot = self.tokens.slot(&self.project.auth, &self.api_token);
        let mut held = slot.lock().await;
        if let Some(access) = held.as_ref().filter(|it| it.is_good(refused, self.now)) {
            return Ok(access.token.clone());
        }
        *held = None;
        let access = self.exchange().await?;
        Ok(held.insert(access).token.clone())
    }

    async fn exchange(&self) -> Result<Access, CloudFault> {
        let url = self.callable(&self.project.auth)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("client_id", "towpath"),
                ("grant_type", "api_token"),
                ("api_token", &self.api_token),
            ])
            .finish();
        let request = |client: &reqwest::Client| {
            client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone())
        };
        let answer = self.caller.open(&url, self.project.allow_private, request).await?;
        let (status, bytes) = whole(answer, &url).await?;
        if matches!(status.as_u16(), 400 | 401 | 403) {
            return Err(CloudFault::Token);
        }
        judged(&url, status)?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let unreadable = || CloudFault::Unreadable { url: shown(&url), why: "it holds no token" };
        let token = answer.get("access_token").and_then(Value::as_str).ok_or_else(unreadable)?;
        let life = answer.get("expires_in").and_then(Value::as_u64).unwrap_or(USUAL_LIFE);
        Ok(Access { token: token.to_owned(), until: self.now + Duration::from_secs(life) })
    }
}

async fn within<T>(url: &Url, call: impl Future<Output = Result<T, CloudFault>>) -> Result<T, CloudFault> {
    match tokio::time::timeout(WITHIN, call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CallError::Timeout { url: shown(url), within: WITHIN }.into()),
    }
}

async fn whole(mut answer: Response, url: &Url) -> Result<(StatusCode, Vec<u8>), CloudFault> {
    let status = answer.status();
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
            Ok(None) => return Ok((status, bytes)),
            Err(error) => return Err(CallError::sending(shown(url), error).into()),
        }
        if bytes.len() > ANSWER_MAX {
            return Err(CloudFault::Unreadable { url: shown(url), why: "it is too long" });
        }
    }
}

fn judged(url: &Url, status: StatusCode) -> Result<(), CloudFault> {
    match status.as_u16() {
        _ if status.is_success() => Ok(()),
        403 => Err(CloudFault::Forbidden("do this")),
        404 => Err(CloudFault::Missing(shown(url))),
        status => Err(CloudFault::Status { url: shown(url), status }),
    }
}

/// An address below the project's: parts that are escaped, and a query.
pub(super) fn below(endpoint: &Url, parts: &[&str], query: &[(&str, &str)]) -> Url {
    let mut url = endpoint.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}
