//! What those are told, and what is written down of it, who prove nothing.

use crate::carried_out::{allowing, configured, service};
use crate::stage::Stage;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use towpath::deploy::drivers::webhook::SigningKey;
use towpath::engine::{Clock as _, SystemClock};

/// Sends a report with these headers; answers status and words.
async fn reported(stage: &Stage, body: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = Request::post(format!("{}/webhooks/deploys", stage.server_url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
    let status = answer.status().as_u16();
    let words = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(words.to_vec()).unwrap())
}

#[tokio::test]
async fn an_unsigned_report_is_answered_the_same_where_there_is_a_service_and_where_there_is_none() {
    let service = service(StatusCode::OK).await;
    let stage = Stage::with(allowing(&service.url)).await;
    configured(&stage, "{ driver: webhook, endpoint: shop }").await;
    let known = format!("{}.integration.1", stage.store.id());
    let at = SystemClock.now().to_seconds();
    let seconds = at.0.to_string();
    let mut answers = Vec::new();
    // One of a service, one of an environment without, one of nobody's, and what is no key at all.
    for key in [known, format!("{}.staging.1", stage.store.id()), "9.x.1".to_owned(), "?".to_owned()] {
        let body = json!({ "data": { "deploy": key, "state": "success" } }).to_string();
        let stranger = SigningKey::read("whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy").unwrap();
        let signature = stranger.sign("1", at, body.as_bytes());
        let signed =
            [("webhook-id", "1"), ("webhook-timestamp", &seconds), ("webhook-signature", &signature)];
        for headers in [&signed[..0], &signed[..1], &signed[..2], &signed] {
            answers.push(reported(&stage, &body, headers).await);
        }
    }
    answers.dedup();
    assert_eq!(answers, [(401, "not taken: nothing proves who sent it\n".to_owned())]);
    stage.end().await;
}

#[tokio::test]
async fn what_a_stranger_sends_is_in_no_answer() {
    let stage = Stage::set().await;
    let hostile = "\u{1b}]0;owned\u{7}\n2030-01-01 ERROR forged";
    for body in [
        json!({ "data": { "deploy": "1.a.1", "state": hostile } }),
        json!({ "data": { "deploy": "1.a.1", "state": "success", "phase": hostile } }),
        json!({ "data": hostile }),
        json!({ "timestamp": hostile, "data": { "deploy": "1.a.1", "state": "success" } }),
    ] {
        let (status, words) = reported(&stage, &body.to_string(), &[]).await;
        assert_eq!(status, 400, "{body}");
        assert!(
            words.starts_with("not taken: the body is not the JSON that is expected: line 1, column "),
            "{words}"
        );
        assert!(!words.contains("forged") && !words.contains('\u{1b}'), "{words:?}");
    }
    stage.end().await;
}
