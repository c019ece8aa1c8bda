//! What those see who watch the server: its numbers, and how it is. They are told to this machine alone, and to whoever
//! has the token.

use super::shared::Shared;
use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use std::net::{IpAddr, SocketAddr};

/// Where a request comes from, as far as the connection tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Headers by which a proxy says that it hands on what somebody else has asked.
const OF_PROXIES: [&str; 8] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// Lets those through who may read numbers. To all others the same is said, whatever is configured.
pub(super) async fn guard(
    State(shared): State<Shared>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let has_token =
        shared.metrics_token.as_ref().is_some_and(|token| bearer(headers).is_some_and(|it| token.is(it)));
    if has_token || is_of_this_machine(peer, headers) {
        return next.run(request).await;
    }
    let said = [(header::WWW_AUTHENTICATE, "Bearer"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::UNAUTHORIZED, said, "for this machine alone, or with the token of METRICS_TOKEN\n")
        .into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether somebody on this machine asks for themselves: what a proxy on it hands on says so, or names another host.
fn is_of_this_machine(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let is_handed_on = OF_PROXIES.iter().any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST).map(|host| host.to_str().is_ok_and(names_this_machine));
    peer.ip().to_canonical().is_loopback() && !is_handed_on && host.unwrap_or(true)
}

fn names_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// All numbers, as Prometheus reads them.
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (kind, shared.engine.monitor().metrics().await).into_response()
}

/// How the server is.
pub(super) async fn status(State(shared): State<Shared>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(shared.engine.monitor().report().await)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::MetricsToken;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn what_a_proxy_hands_on_does_not_come_from_this_machine() {
        let ours =
            |peer: &str, of: &[(&'static str, &str)]| is_of_this_machine(peer.parse().unwrap(), &headers(of));
        for (peer, host) in [
            ("127.0.0.1:5", "127.0.0.1:8080"),
            ("127.8.0.9:5", "localhost"),
            ("[::1]:5", "[::1]:8080"),
            ("[::ffff:127.0.0.1]:5", "LOCALHOST:8080"),
        ] {
            assert!(ours(peer, &[("host", host)]), "{peer} {host}");
            for name in OF_PROXIES {
                assert!(!ours(peer, &[("host", host), (name, "127.0.0.1")]), "{name}");
            }
        }
        assert!(ours("127.0.0.1:5", &[]));
        for (peer, host) in [
            ("10.0.0.7:5", "127.0.0.1"),
            ("[2001:db8::1]:5", "localhost"),
            ("127.0.0.1:5", "towpath.example.com"),
            ("127.0.0.1:5", "127.0.0.1.example.com"),
            ("127.0.0.1:5", "[2001:db8::1]:80"),
        ] {
            assert!(!ours(peer, &[("host", host)]), "{peer} {host}");
        }
    }

    #[test]
    fn a_token_is_taken_as_it_is_and_shown_nowhere() {
        let token = MetricsToken::new("a-long-enough-token");
        let given = |text: &str| {
            let headers = headers(&[("authorization", text)]);
            bearer(&headers).is_some_and(|it| token.is(it))
        };
        assert!(given("Bearer a-long-enough-token") && given("bearer  a-long-enough-token"));
        for wrong in
            ["a-long-enough-token", "Bearer a-long-enough-toke", "Bearer ", "Basic a-long-enough-token"]
        {
            assert!(!given(wrong), "{wrong}");
        }
        assert!(!format!("{token:?}").contains("long"));
    }
}
