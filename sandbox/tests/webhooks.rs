//! Webhooks on the wire, and everything that can befall them and requests.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use std::time::Duration;

use common::{Received, Receiver, Stage, checker, send};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use towpath_sandbox::Order;

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let hex = format!("{:x}", mac.finalize().into_bytes());
    format!("sha256={hex}")
}

async fn stage() -> (Stage, Receiver) {
    let receiver = Receiver::open().await;
    let stage = Stage::set_with(checker().webhook(&receiver.url)).await;
    stage.github.settled().await;
    (stage, receiver)
}

fn refs(received: &[Received]) -> Vec<String> {
    let pushes = received.iter().filter(|got| got.header("x-github-event") == "push");
    pushes.map(|got| got.json()["ref"].as_str().unwrap().replace("refs/heads/", "")).collect()
}

#[tokio::test]
async fn a_webhook_is_signed_and_carries_githubs_headers() {
    let (stage, receiver) = stage().await;
    let ping = &receiver.all()[0];
    assert_eq!(ping.header("x-github-event"), "ping");
    assert_eq!(ping.header("x-hub-signature-256"), signature("It's a Secret to Everybody", &ping.bytes));
    assert_eq!(ping.header("x-github-hook-installation-target-type"), "integration");
    assert_eq!(ping.header("x-github-hook-installation-target-id"), stage.app.id().to_string());
    assert!(ping.header("user-agent").starts_with("GitHub-Hookshot/"));
    assert_eq!(ping.header("content-type"), "application/json");
    assert_eq!(ping.header("x-github-delivery").len(), 36);
    stage.app.set_webhook_secret("another");
    stage.repo.branch("x").from("main").await.unwrap();
    stage.github.settled().await;
    let push = receiver.all().pop().unwrap();
    assert_eq!(push.header("x-hub-signature-256"), signature("another", &push.bytes));
}

#[tokio::test]
async fn a_form_carries_the_same_payload() {
    let receiver = Receiver::open().await;
    let mut config = checker().webhook(&receiver.url);
    config.form_encoded = true;
    let stage = Stage::set_with(config).await;
    stage.github.settled().await;
    let ping = &receiver.all()[0];
    assert_eq!(ping.header("content-type"), "application/x-www-form-urlencoded");
    let text = std::str::from_utf8(&ping.bytes).unwrap();
    let payload = percent_encoding::percent_decode_str(text.strip_prefix("payload=").unwrap());
    let payload: serde_json::Value = serde_json::from_str(&payload.decode_utf8().unwrap()).unwrap();
    assert_eq!(payload["hook"]["type"], "App");
    assert_eq!(ping.header("x-hub-signature-256"), signature("It's a Secret to Everybody", &ping.bytes));
}

#[tokio::test]
async fn only_what_is_subscribed_and_installed_is_sent() {
    let receiver = Receiver::open().await;
    let config = towpath_sandbox::AppConfig::new("quiet").permission("contents", "read").events(["create"]);
    let stage = Stage::set_with(config.webhook(&receiver.url)).await;
    let other = stage.github.repository("acme/other").create().await.unwrap();
    other.commit_on("main").orphan().file("a", "a").await.unwrap();
    stage.repo.branch("x").from("main").await.unwrap();
    assert_eq!(stage.heard().await, ["ping", "installation.created", "create"]);
    stage.installation.add([&other]).await.unwrap();
    other.branch("y").from("main").await.unwrap();
    stage.installation.remove([&other]).await.unwrap();
    other.branch("z").from("main").await.unwrap();
    let heard = stage.heard().await;
    assert_eq!(
        heard[3..],
        ["installation_repositories.added", "create", "installation_repositories.removed"]
    );
}

#[tokio::test]
async fn webhooks_are_lost_doubled_and_delayed_on_order() {
    let (stage, receiver) = stage().await;
    let faults = stage.github.faults();
    let lost = faults.webhook("push", "*").lose().times(1);
    stage.repo.branch("a").from("main").await.unwrap();
    stage.github.settled().await;
    faults.webhook("push", "*").double().times(1);
    stage.repo.branch("b").from("main").await.unwrap();
    stage.github.settled().await;
    // The push is overtaken by its own `create` and by the next push.
    faults.webhook("push", "*").delay_by(2).times(1);
    stage.repo.branch("c").from("main").await.unwrap();
    stage.repo.branch("d").from("main").await.unwrap();
    stage.github.settled().await;
    assert_eq!(refs(&receiver.all()), ["b", "b", "d", "c"]);
    assert_eq!(lost.hits(), 1);
    let all = receiver.all();
    let twice: Vec<&str> = all
        .iter()
        .filter(|got| got.header("x-github-event") == "push" && got.json()["ref"] == "refs/heads/b")
        .map(|got| got.header("x-github-delivery"))
        .collect();
    assert_eq!(twice[0], twice[1]);
    let failed = "/app/hook/deliveries?status=failure";
    let failed = stage.call_as(&stage.jwt(), "GET", failed, None).await.body;
    assert_eq!(failed.as_array().unwrap().len(), 1);

    faults.webhook("push", "*").vanish().times(1);
    stage.repo.branch("e").from("main").await.unwrap();
    faults.webhook("push", "*").delay_for(Duration::from_millis(80)).times(1);
    stage.repo.branch("f").from("main").await.unwrap();
    stage.github.settled().await;
    assert_eq!(refs(&receiver.all()), ["b", "b", "d", "c", "f"]);
}

#[tokio::test]
async fn held_webhooks_are_shuffled_the_same_way_each_time() {
    let mut orders = Vec::new();
    for _ in 0..2 {
        let (stage, receiver) = stage().await;
        let hold = stage.github.faults().webhook("push", "*").hold();
        for name in ["a", "b", "c", "d", "e", "f"] {
            stage.repo.branch(name).from("main").await.unwrap();
        }
        stage.github.settled().await;
        assert!(refs(&receiver.all()).is_empty());
        hold.remove();
        stage.github.release_webhooks(Order::Shuffled(7)).await;
        orders.push(refs(&receiver.all()));
    }
    assert_eq!(orders[0], orders[1]);
    let mut sorted = orders[0].clone();
    sorted.sort();
    assert_eq!(sorted, ["a", "b", "c", "d", "e", "f"]);
    assert_ne!(orders[0], sorted);
}

#[tokio::test]
async fn requests_fail_hang_and_break_on_order() {
    let stage = Stage::set().await;
    let faults = stage.github.faults();
    faults.rest("GET", "/repos/*").status(502).times(1);
    assert_eq!(stage.get("/repos/acme/store").await.status, 502);
    assert_eq!(stage.get("/repos/acme/store").await.status, 200);

    let url = format!("{}/repos/acme/store/check-runs", stage.github.api_url());
    let body = json!({ "name": "ci", "head_sha": stage.repo.tip("main") });
    let count = async || {
        let sha = stage.repo.tip("main").unwrap();
        let path = format!("/repos/acme/store/commits/{sha}/check-runs?filter=all");
        stage.get(&path).await.body["total_count"].as_u64().unwrap()
    };
    faults.rest("POST", "/repos/*/check-runs").reset().times(1);
    send("POST", &url, &stage.token, &[], Some(body.clone())).await.unwrap_err();
    assert_eq!(count().await, 0, "dropped before anything happened");
    faults.rest("POST", "/repos/*/check-runs").reset_after().times(1);
    send("POST", &url, &stage.token, &[], Some(body.clone())).await.unwrap_err();
    assert_eq!(count().await, 1, "the write happened, only its answer was lost");

    faults.rest("*", "*").rate_limited(7).times(1);
    let limited = stage.get("/repos/acme/store").await;
    assert_eq!((limited.status, limited.headers["retry-after"].as_str()), (403, "7"));
    faults.rest("GET", "*").hang_until_released().times(1);
    let hanging = stage.get("/repos/acme/store");
    let (answer, ()) = tokio::join!(hanging, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        faults.release();
    });
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn pushes_of_one_moment_come_last_one_first() {
    let (stage, receiver) = stage().await;
    receiver.forget();
    let turned = stage.github.faults().webhook("push", "*").reverse_within(Duration::from_millis(500));
    stage.repo.branch("a").from("main").await.unwrap();
    stage.repo.branch("b").from("main").await.unwrap();
    stage.github.settled().await;
    assert_eq!((refs(&receiver.all()), turned.hits()), (vec!["b".to_owned(), "a".to_owned()], 2));
    let pushed: Vec<_> = receiver
        .all()
        .iter()
        .filter(|got| got.header("x-github-event") == "push")
        .map(|got| got.json()["repository"]["pushed_at"].clone())
        .collect();
    assert_eq!(pushed[0], pushed[1], "no second lies between them");
    turned.remove();
    stage.repo.branch("c").from("main").await.unwrap();
    stage.github.settled().await;
    assert_eq!(refs(&receiver.all()).pop().as_deref(), Some("c"));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_a_failed_delivery() {
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/hooks")).await;
    stage.github.settled().await;
    let log = stage.call_as(&stage.jwt(), "GET", "/app/hook/deliveries", None).await.body;
    assert_eq!(log[0]["status"], "failed to connect to host");
    assert_eq!(log.as_array().unwrap().len(), 2, "nothing is sent again by itself");
}

#[tokio::test]
async fn a_stopped_stand_in_no_longer_answers() {
    let stage = Stage::set().await;
    stage.github.shutdown();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let url = format!("{}/app", stage.github.api_url());
    assert!(send("GET", &url, "", &[], None).await.is_err());
}

/// The comments that were told of, in the order of their arrival.
fn comments(received: &[Received]) -> Vec<String> {
    let said = received.iter().filter(|got| got.header("x-github-event") == "issue_comment");
    said.map(|got| got.json()["comment"]["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn comments_are_lost_doubled_and_turned_round_on_order() {
    let (stage, receiver) = stage().await;
    let issue = stage.repo.open_issue("Opening hours").by("ana").await.unwrap();
    let faults = stage.github.faults();
    let say = async |text: &str| {
        issue.comment(text).by("ana").await.unwrap();
    };
    let lost = faults.webhook("issue_comment", "created").lose().times(1);
    say("lost").await;
    faults.webhook("issue_comment", "created").double().times(1);
    say("twice").await;
    stage.github.settled().await;
    assert_eq!((comments(&receiver.all()), lost.hits()), (vec!["twice".to_owned(); 2], 1));
    let failed = stage.call_as(&stage.jwt(), "GET", "/app/hook/deliveries?status=failure", None).await.body;
    assert_eq!((&failed[0]["event"], &failed[0]["action"]), (&json!("issue_comment"), &json!("created")));
    let again = format!("/app/hook/deliveries/{}/attempts", failed[0]["id"]);
    assert_eq!(stage.call_as(&stage.jwt(), "POST", &again, None).await.status, 202);
    stage.github.settled().await;
    assert_eq!(comments(&receiver.all()).pop().as_deref(), Some("lost"));

    receiver.forget();
    let hold = faults.webhook("issue_comment", "*").hold();
    say("first").await;
    say("second").await;
    stage.github.settled().await;
    hold.remove();
    stage.github.release_webhooks(Order::Reversed).await;
    assert_eq!(comments(&receiver.all()), ["second", "first"]);
}

#[tokio::test]
async fn an_answer_to_a_command_fails_in_each_of_its_parts() {
    let stage = Stage::set().await;
    let issue = stage.repo.open_issue("Opening hours").by("ana").await.unwrap();
    let comment = issue.comment("/where").by("ana").await.unwrap();
    let faults = stage.github.faults();
    let reactions = format!("/repos/acme/store/issues/comments/{}/reactions", comment.id());
    let seen = async || stage.call("POST", &reactions, Some(json!({ "content": "eyes" }))).await;
    faults.rest("POST", "*/reactions").refuse(403, "Resource not accessible by integration").times(1);
    let refused = seen().await;
    let said = (&refused.body["message"], &refused.body["status"]);
    assert_eq!(
        (refused.status, said.0, said.1),
        (403, &json!("Resource not accessible by integration"), &json!("403"))
    );
    assert_eq!((comment.reactions(), seen().await.status), (Vec::new(), 201));

    let talk = "/repos/acme/store/issues/1/comments";
    faults.rest("POST", "*/comments").hang_until_released().times(1);
    let (reply, ()) = tokio::join!(stage.call("POST", talk, Some(json!({ "body": "Staging" }))), async {
        while faults.held() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(issue.comments().len(), 1, "it hangs");
        faults.release();
    });
    assert_eq!((reply.status, issue.comments().len()), (201, 2));
    faults.rest("GET", "*/collaborators/*/permission").refuse(404, "Not Found").times(1);
    let role = "/repos/acme/store/collaborators/ana/permission";
    assert_eq!((stage.get(role).await.status, stage.get(role).await.status), (404, 200));
}
