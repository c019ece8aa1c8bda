//! What the figures are compared with: an axum server that verifies each call and stores nothing.

use crate::wire::SECRET;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Serves until it is killed; says on standard error where.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        eprintln!("{}", serde_json::json!({"fields": {"message": "ready", "address": address}}));
        let key = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("keys of any length");
        let routes = Router::new()
            .route("/webhooks/github", post(webhook))
            .route("/readyz", get(async || "ready\n"))
            .layer(DefaultBodyLimit::max(26 << 20))
            .with_state(key);
        axum::serve(listener, routes).await.expect("it serves");
    });
}

async fn webhook(State(mut key): State<Hmac<Sha256>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let claimed = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok()?.strip_prefix("sha256="))
        .and_then(|digits| hex::decode(digits).ok());
    key.update(&body);
    match claimed.map(|claimed| key.verify_slice(&claimed)) {
        Some(Ok(())) => StatusCode::ACCEPTED,
        _ => StatusCode::UNAUTHORIZED,
    }
}
