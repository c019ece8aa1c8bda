//! Who may come in, and what every page carries.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::view;
use crate::Refused;

/// A refusal as a page.
#[derive(Debug)]
pub(super) struct Refusal {
    refused: Refused,
    back: String,
}

impl Refusal {
    /// A refusal with the page it leads back to.
    pub(super) fn new(refused: Refused, back: impl Into<String>) -> Self {
        Self { refused, back: back.into() }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::new(refused, "/")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let sentence = reason(&self.refused);
        (status, Html(view::refusal(status.as_u16(), &sentence, &self.back).into_string())).into_response()
    }
}

/// Why something was refused, with the details.
pub(super) fn reason(refused: &Refused) -> String {
    let mut sentence = refused.message.clone();
    for error in &refused.errors {
        // GitHub's details: a sentence, or else the field and what is wrong with it.
        let said = |key: &str| error.get(key).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
        let detail = match said("message") {
            empty if empty.is_empty() => format!("{} {}", said("field"), said("code")),
            message => message,
        };
        sentence = format!("{sentence}: {detail}");
    }
    sentence
}

/// Another site to which the forms of a page may lead: scheme, host and port.
#[derive(Debug, Clone)]
pub(super) struct LeadsTo(pub(super) String);

/// What is answered where there is no page.
pub(super) async fn nothing() -> Refusal {
    Refused::not_found().into()
}

/// Keeps out forms that another site had somebody send, and tells the browser to run nothing but the one script.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) || only_asks(request.uri().path());
    if !reads && foreign(request.headers()) {
        return Refusal::from(Refused::new(403, "This form came from another site")).into_response();
    }
    let mut response = next.run(request).await;
    let leads_to = response.extensions_mut().remove::<LeadsTo>();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(leads_to.as_ref())) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Whether a form sent there changes nothing but shows a page with a button: other sites send manifests so.
fn only_asks(path: &str) -> bool {
    let path = path
        .strip_prefix("/organizations/")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or(path);
    path == "/settings/apps/new"
}

fn policy(leads_to: Option<&LeadsTo>) -> String {
    // Browsers hold what a form is redirected to against the policy too.
    let others = leads_to.map(|LeadsTo(site)| format!(" {site}")).unwrap_or_default();
    let script = STANDARD.encode(Sha256::digest(view::SCRIPT));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; connect-src 'self'; \
         form-action 'self'{others}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Whether a browser says that the request was started elsewhere. A program that is no browser says nothing and can do
/// as it likes anyway.
fn foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return true;
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return false;
    };
    let own = text(HOST.as_str()).unwrap_or_default();
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority != Some(own)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::foreign;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().expect("a name"), value.parse().expect("a value"))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_this_site_s_own_forms_are_taken() {
        let host = ("host", "127.0.0.1:8080");
        assert!(!foreign(&headers(&[host])));
        assert!(!foreign(&headers(&[
            host,
            ("origin", "http://127.0.0.1:8080"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(foreign(&headers(&[host, ("origin", "http://127.0.0.1:8081")])));
        assert!(foreign(&headers(&[host, ("origin", "https://evil.example")])));
        assert!(foreign(&headers(&[host, ("origin", "null")])));
        assert!(foreign(&headers(&[host, ("sec-fetch-site", "cross-site")])));
        assert!(foreign(&headers(&[host, ("sec-fetch-site", "same-site")])));
    }
}
