//! The log of a deploy, for whoever was given its address: as text, or of a Commerce project as a page of what it tells.
//!
//! The address opens it, as it always has. Where the repository is public, everybody knows the address, and what the log
//! itself says is for the operator: whoever has come with the key of the set-up page.

use super::file_body::FileBody;
use super::markup::text;
use super::shared::Shared;
use crate::engine::{DeployPage, LogView};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, HeaderName, StatusCode, header};
use std::fmt::Write as _;
use std::fs::File;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// How much of a log is shown, in bytes: more than one ever holds.
const LOG_MAX: usize = 64 << 20;

/// A log holds whatever programs said: it is text, and nothing else.
const AS_TEXT: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Nothing but our own style; the address of the page is told to nobody.
const AS_PAGE: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
];

/// What there is at the address of a log.
pub(super) async fn log(
    State(shared): State<Shared>,
    Path((key, mark)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(one_of) = one_of_the_readers(&shared) else { return too_many() };
    let is_operator = (shared.is_operator)(&headers);
    match shared.engine.logs().view(&key, &mark, is_operator).await {
        Some(LogView::Text(log)) => as_text(log, one_of),
        Some(LogView::Page(page)) => (AS_PAGE, Html(html(&page, &mark))).into_response(),
        None => nothing(),
    }
}

/// The whole log as text.
pub(super) async fn whole(
    State(shared): State<Shared>,
    Path((key, mark)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(one_of) = one_of_the_readers(&shared) else { return too_many() };
    let is_operator = (shared.is_operator)(&headers);
    match shared.engine.logs().whole(&key, &mark, is_operator).await {
        Some(log) => as_text(log, one_of),
        None => nothing(),
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, AS_TEXT, "there is no such log\n").into_response()
}

/// The right to read, before anything is read or asked for; `None` where too many do.
fn one_of_the_readers(shared: &Shared) -> Option<OwnedSemaphorePermit> {
    Arc::clone(&shared.log_readers).try_acquire_owned().ok()
}

fn too_many() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, AS_TEXT, "too many read logs at the same time\n").into_response()
}

fn as_text(log: File, one_of: OwnedSemaphorePermit) -> Response {
    (AS_TEXT, Body::new(FileBody::new(log.into(), LOG_MAX, one_of))).into_response()
}

/// The page. It loads itself again while the deploy goes on.
fn html(page: &DeployPage, mark: &str) -> String {
    let refresh = if page.is_open { "<meta http-equiv=\"refresh\" content=\"5\">" } else { "" };
    let title = text(&page.title);
    let mut body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{refresh}\
         <title>{title}</title><link rel=\"stylesheet\" href=\"../style.css\"></head>\
         <body><main><h1>{title}</h1><p class=\"status\">{}</p><dl>",
        text(&page.status)
    );
    for (label, words) in &page.facts {
        let _ = write!(body, "<dt>{}</dt><dd>{}</dd>", text(label), text(words));
    }
    body.push_str("</dl><h2>Phases</h2>");
    body.push_str(&phases(page));
    if let Some(lines) = &page.lines {
        let _ = write!(body, "<h2>The last lines of its log</h2><pre>{}</pre>", text(lines));
    }
    if page.has_log {
        let _ = write!(body, "<p><a href=\"{}/log\">The whole log</a></p>", text(mark));
    }
    if let Some(why) = page.closed {
        let _ = write!(body, "<h2>Its log</h2><p>{}</p>", text(why));
    }
    body.push_str("</main></body></html>");
    body
}

fn phases(page: &DeployPage) -> String {
    if page.phases.is_empty() {
        return "<p>Nothing has begun.</p>".to_owned();
    }
    let mut table = "<table class=\"phases\">".to_owned();
    for phase in &page.phases {
        let class = if phase.state == "failed" { " class=\"failed\"" } else { "" };
        let _ = write!(
            table,
            "<tr><th scope=\"row\">{}</th><td{class}>{}</td><td>{}</td><td>{}</td></tr>",
            text(phase.name),
            text(phase.state),
            text(&phase.times),
            text(&phase.note)
        );
    }
    table + "</table>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_log_is_markup() {
        let page = DeployPage {
            title: "acme/store: deploy 7 to <b>".to_owned(),
            status: "deploying".to_owned(),
            is_open: false,
            facts: vec![("Customers see", "\"<i>\"".to_owned())],
            phases: Vec::new(),
            lines: Some("<script>alert(1)</script>".to_owned()),
            has_log: true,
            closed: None,
        };
        let html = html(&page, "0f");
        assert!(!html.contains("<script>") && !html.contains("<i>") && !html.contains("to <b>"), "{html}");
        assert!(html.contains("href=\"0f/log\"") && !html.contains("refresh"), "{html}");
    }
}
