//! What may come to the address that is open to the world: each kind of bad input by name, and all that
//! GitHub is known to have sent.

use crate::http::{Answer, Call, get, signature};
use crate::server::{Server, errors};
use crate::shop::topic;
use crate::world::World;
use bytes::Bytes;
use serde_json::json;
use towpath_sandbox::contract::Contract;

/// The server is well, and nothing it met was an error to it.
async fn is_unharmed(server: Server) {
    assert_eq!(get(&server.address, "/readyz").await.status, 200);
    let log = server.stop().await.log;
    assert_eq!(errors(&log), [""; 0]);
}

#[track_caller]
fn says(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.contains(words), "{words:?} is not in {answer:?}");
}

/// A push that the App acts on.
fn push() -> Bytes {
    json!({
        "ref": "refs/heads/master",
        "before": "0".repeat(40),
        "after": "1".repeat(40),
        "installation": { "id": 1 },
        "repository": { "id": 987_654 },
    })
    .to_string()
    .into()
}

#[tokio::test]
async fn what_is_not_signed_by_github_is_refused() {
    let world = World::new().await;
    let server =
        world.start_with(&[("GITHUB_WEBHOOK_SECRET", "the new secret here, the old secret here")]).await;
    let to = &server.address;
    let call = |guid: &str| Call::of("push", guid, push()).signed_with("the new secret here");
    let header = "x-hub-signature-256";

    says(&call("1").to(to).await, 202, "stored");
    says(&call("2").signed_with("the old secret here").to(to).await, 202, "stored");
    says(&call("3").without(header).to(to).await, 401, "X-Hub-Signature-256 is missing");
    says(&call("4").signed_with("a wrong secret").to(to).await, 401, "signature");
    says(&call("5").signed_with("the new secret here, the old secret here").to(to).await, 401, "signature");
    says(&call("6").signed_with("").to(to).await, 401, "signature");
    let sha1 = call("7").without(header).with("x-hub-signature", &format!("sha1={}", "0".repeat(40)));
    says(&sha1.to(to).await, 401, "SHA-1");
    let good = signature("the new secret here", &push());
    let bare = good.trim_start_matches("sha256=");
    for wrong in [bare, "sha256=", "sha256=zz", &good[..20], &format!("{good}00"), &format!("{good} ")[1..]] {
        assert_eq!(call("8").with(header, wrong).to(to).await.status, 401, "{wrong:?}");
    }
    says(&Call::of("push", "9", "other bytes").with(header, &good).to(to).await, 401, "signature");
    is_unharmed(server).await;
}

#[tokio::test]
async fn what_is_signed_and_malformed_is_refused_by_name() {
    let world = World::new().await;
    let server = world.start().await;
    let to = &server.address;
    let call = |body: &'static str| Call::of("pull_request", "1", body);
    says(&call("").to(to).await, 400, "not the JSON that is expected");
    says(&call("{").to(to).await, 400, "not the JSON that is expected");
    says(&call("\u{feff}{}").to(to).await, 400, "not the JSON that is expected");
    says(&call("[]").to(to).await, 400, "not the JSON that is expected");
    says(&call("null").to(to).await, 400, "not the JSON that is expected");
    says(&call("{\"action\": 7}").to(to).await, 400, "not the JSON that is expected");
    says(&call("{\"action\":\"opened\"}").to(to).await, 400, "has no pull_request.number");
    let numberless =
        "{\"action\":\"opened\",\"pull_request\":{\"number\":\"one\"},\"repository\":{\"id\":1}}";
    says(&call(numberless).to(to).await, 400, "not the JSON that is expected");
    let deep = Bytes::from("[".repeat(100_000));
    says(&Call::of("pull_request", "1", deep).to(to).await, 400, "not the JSON that is expected");
    let bytes = Bytes::from_static(b"{\"action\":\"\xff\xfe\"}");
    says(&Call::of("pull_request", "1", bytes).to(to).await, 400, "not the JSON that is expected");
    let plain = || Call::of("push", "1", push());
    says(&plain().without("content-type").to(to).await, 400, "content-type is missing");
    says(&plain().with("content-type", "text/plain").to(to).await, 400, "\"text/plain\"");
    let form = "application/x-www-form-urlencoded";
    says(&plain().with("content-type", form).to(to).await, 400, "no field payload");
    says(&plain().without("x-github-event").to(to).await, 400, "x-github-event is missing");
    says(&plain().with("x-github-event", "").to(to).await, 400, "x-github-event is not a short text");
    says(&plain().without("x-github-delivery").to(to).await, 400, "x-github-delivery is missing");
    says(&plain().with("x-github-delivery", &"9".repeat(201)).to(to).await, 400, "not a short text");
    is_unharmed(server).await;
}

#[tokio::test]
async fn what_nobody_needs_is_taken_and_dropped() {
    let world = World::new().await;
    let server = world.start().await;
    let to = &server.address;
    says(&Call::of("ping", "1", "{\"zen\":\"Keep it logically awesome.\"}").to(to).await, 202, "not needed");
    says(&Call::of("of_tomorrow", "2", "{\"action\":\"grown\"}").to(to).await, 202, "not needed");
    says(&Call::of("pull_request", "3", "{\"action\":\"of_tomorrow\"}").to(to).await, 202, "not needed");
    says(&Call::of("pull_request", "4", "{}").to(to).await, 202, "not needed");
    says(&Call::of("push", "5", "{\"ref\":\"refs/heads/..\"}").to(to).await, 202, "not needed");
    is_unharmed(server).await;
}

#[tokio::test]
async fn one_delivery_twice_is_stored_once_and_never_replaced() {
    let world = World::new().await;
    let server = world.start().await;
    let to = &server.address;
    says(&Call::of("push", "twice", push()).to(to).await, 202, "stored\n");
    says(&Call::of("push", "twice", push()).to(to).await, 202, "stored before");
    let mut other = push().to_vec();
    other.push(b' ');
    says(&Call::of("push", "twice", other).to(to).await, 409, "known with another body");
    // Even one that nobody would need.
    says(&Call::of("star", "twice", "{}").to(to).await, 409, "known with another body");
    is_unharmed(server).await;
}

#[tokio::test]
async fn other_doors_are_shut() {
    let world = World::new().await;
    let server = world.start().await;
    let at = |path: &str| format!("http://{}{path}", server.address);
    for (method, path, status) in [
        ("GET", "/webhooks/github", 405),
        ("PUT", "/webhooks/github", 405),
        ("POST", "/webhooks/github/", 404),
        ("POST", "/healthz", 405),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/%00", 404),
    ] {
        let request = http::Request::builder().method(method).uri(at(path));
        let answer = crate::http::send(request.body(http_body_util::Full::default()).unwrap()).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    is_unharmed(server).await;
}

#[tokio::test]
async fn all_that_github_is_known_to_have_sent_is_taken() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    let mut count = 0;
    for (at, example) in Contract::examples().enumerate() {
        let answer =
            Call::of(example.event, &format!("example-{at}"), example.body).to(&server.address).await;
        assert_eq!(answer.status, 202, "{} {at}: {answer:?}", example.event);
        count += 1;
    }
    assert_eq!(count, 329);
    // Those were of others' repositories; its own are looked after as before.
    world.later();
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    let log = server.stop().await.log;
    // GitHub knows nothing of those repositories here, which may come to light before or after the stop.
    let unexpected = errors(&log).into_iter().filter(|line| !line.contains("given up"));
    assert_eq!(unexpected.collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn a_body_as_large_as_github_sends_is_taken_and_a_larger_one_is_not() {
    const LARGEST: usize = 25 * 1024 * 1024;
    let world = World::new().await;
    let server = world.start().await;
    let mut body = push().to_vec();
    body.resize(LARGEST, b' ');
    says(&Call::of("push", "1", body.clone()).to(&server.address).await, 202, "stored");
    body.push(b' ');
    says(&Call::of("push", "2", body).to(&server.address).await, 413, "larger than 25 MB");
    is_unharmed(server).await;
}
