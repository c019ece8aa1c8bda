//! Traces that a collector gets.

use crate::world::World;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A collector that keeps all spans that it is sent.
async fn collector() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let spans: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = Arc::clone(&spans);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            let service = service_fn(move |request: Request<Incoming>| {
                let kept = Arc::clone(&kept);
                async move {
                    assert_eq!(request.uri().path(), "/v1/traces");
                    assert_eq!(request.headers()["content-type"], "application/json");
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let body: Value = serde_json::from_slice(&body).unwrap();
                    let sent = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
                    kept.lock().unwrap().extend(sent);
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}"))))
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, spans)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_delivery_is_followed_to_its_check_across_both_work_items() {
    let world = World::new().await;
    let (address, spans) = collector().await;
    let server = world.start_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &address)]).await;
    world.quiet().await;
    crate::shop::topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    world.quiet().await;
    assert_eq!(server.stop().await.code(), Some(0));

    let sent = world.github.sent_webhooks();
    let is_opened = |event: &str, action: Option<&str>| event == "pull_request" && action == Some("opened");
    let opened = sent.iter().find(|it| is_opened(&it.event, it.action.as_deref())).unwrap();
    let hash = Sha256::digest(opened.guid.as_bytes());
    let (trace, root) = (hex::encode(&hash[..16]), hex::encode(&hash[16..24]));
    let spans = spans.lock().unwrap().clone();
    let of_it = |name: &str| -> &Value {
        let found = spans.iter().find(|it| it["traceId"] == trace.as_str() && it["name"] == name);
        found.unwrap_or_else(|| panic!("no span {name} of {trace} in {spans:#?}"))
    };
    let at = |span: &Value, end: &str| span[end].as_str().unwrap().parse::<u64>().unwrap();
    let call = of_it("webhook pull_request");
    let (judged, shown) = (of_it("work pull-request"), of_it("work check"));
    assert_eq!(call["spanId"], root.as_str());
    for work in [judged, shown] {
        assert_eq!(work["parentSpanId"], root.as_str());
        assert!(at(work, "endTimeUnixNano") > at(work, "startTimeUnixNano"), "{work}");
    }
    assert!(at(call, "startTimeUnixNano") < at(judged, "startTimeUnixNano"));
    assert!(at(judged, "endTimeUnixNano") <= at(shown, "startTimeUnixNano") + 50_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_keeps_no_work_waiting() {
    let world = World::new().await;
    let server = world.start_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]).await;
    crate::shop::topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    let lost = |log: &[String]| log.iter().filter(|line| line.contains("traces are lost")).count();
    while lost(&server.log()) == 0 {
        tokio::time::sleep(crate::server::LOOK_EVERY).await;
    }
    let ended = server.stop().await;
    assert_eq!((ended.code(), lost(&ended.log)), (Some(0), 1), "{:?}", ended.log);
}
