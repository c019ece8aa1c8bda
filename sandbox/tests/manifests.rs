//! Apps that are registered from a manifest: the code, what it is exchanged for, the first webhook.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Receiver, Stage, jwt};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use towpath_sandbox::{AppHandle, Clock, Permission};

fn manifest(hook: &str) -> Value {
    json!({
        "name": "Gate keeper",
        "url": "https://example.com/keeper",
        "redirect_url": "http://127.0.0.1:8080/setup/registered",
        "hook_attributes": { "url": hook },
        "default_permissions": { "checks": "write", "contents": "read" },
        "default_events": ["pull_request", "push"],
    })
}

/// Registers it for `acme` as rita; answers the code.
async fn registered(stage: &Stage, hook: &str) -> String {
    let sentence = stage.github.register_from_manifest(&manifest(hook)).for_organization("acme");
    let address = sentence.with_state("s 1").by("rita").await.unwrap();
    let (page, query) = address.split_once('?').unwrap();
    assert_eq!(page, "http://127.0.0.1:8080/setup/registered");
    let code = query.strip_prefix("code=").and_then(|rest| rest.strip_suffix("&state=s%201"));
    code.unwrap().to_owned()
}

fn exchange(code: &str) -> String {
    format!("/app-manifests/{code}/conversions")
}

#[tokio::test]
async fn a_code_is_exchanged_once_for_an_app_that_works() {
    let stage = Stage::set().await;
    let receiver = Receiver::open().await;
    let code = registered(&stage, &receiver.url).await;
    let made = stage.call_as("", "POST", &exchange(&code), None).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let app = &made.body;
    assert_eq!((&app["slug"], &app["name"]), (&json!("gate-keeper"), &json!("Gate keeper")));
    assert_eq!(app["owner"]["login"], "acme");
    assert_eq!(app["html_url"], format!("{}/apps/gate-keeper", stage.github.url()));
    assert_eq!(app["external_url"], "https://example.com/keeper");
    let permissions = json!({ "checks": "write", "contents": "read", "metadata": "read" });
    assert_eq!((&app["permissions"], &app["events"]), (&permissions, &json!(["pull_request", "push"])));
    assert!(app["pem"].as_str().unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    assert_ne!(app["client_secret"], app["webhook_secret"]);

    for code in [code.as_str(), "unknown"] {
        assert_eq!(stage.call_as("", "POST", &exchange(code), None).await.status, 404);
    }

    let own = jwt(&app["id"].to_string(), stage.clock.now(), 540);
    let shown = stage.call_as(&own, "GET", "/app", None).await.body;
    assert_eq!((&shown["id"], &shown["installations_count"]), (&app["id"], &json!(0)));
    let [_, handle] = &stage.github.apps()[..] else { panic!("two apps") };
    handle.install("acme").on([&stage.repo]).by("rita").await.unwrap();
    let installations = stage.call_as(&own, "GET", "/app/installations", None).await.body;
    assert_eq!(installations[0]["id"], handle.installations()[0].id());
    let tokens = format!("/app/installations/{}/access_tokens", installations[0]["id"]);
    let token = stage.call_as(&own, "POST", &tokens, None).await.body["token"].clone();
    let token = token.as_str().unwrap();
    assert_eq!(stage.call_as(token, "GET", "/repos/acme/store", None).await.status, 200);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_code_ends_after_an_hour_and_a_planted_failure_does_not_use_it_up() {
    let stage = Stage::set().await;
    let code = registered(&stage, "http://127.0.0.1:9/hooks").await;
    stage.github.faults().rest("POST", "/app-manifests/*").status(500).times(1);
    assert_eq!(stage.call_as("", "POST", &exchange(&code), None).await.status, 500);
    stage.clock.advance(TimeDelta::minutes(59));
    assert_eq!(stage.call_as("", "POST", &exchange(&code), None).await.status, 201);

    let named = stage.github.register_from_manifest(&manifest("http://127.0.0.1:9/hooks")).named("Late");
    let address = named.by("rita").await.unwrap();
    let code = address.split("code=").nth(1).unwrap();
    stage.clock.advance(TimeDelta::minutes(61));
    assert_eq!(stage.call_as("", "POST", &exchange(code), None).await.status, 404);
}

#[tokio::test]
async fn the_first_webhook_is_a_ping_signed_with_the_new_secret() {
    let stage = Stage::set().await;
    let receiver = Receiver::open().await;
    receiver.answer(500);
    let code = registered(&stage, &receiver.url).await;
    let app = stage.call_as("", "POST", &exchange(&code), None).await.body;
    stage.github.settled().await;
    let ping = &receiver.all()[0];
    assert_eq!(ping.header("x-github-event"), "ping");
    let mut mac = Hmac::<Sha256>::new_from_slice(app["webhook_secret"].as_str().unwrap().as_bytes()).unwrap();
    mac.update(&ping.bytes);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(ping.header("x-hub-signature-256"), signature);
    let body = ping.json();
    assert_eq!((&body["hook"]["type"], &body["hook"]["app_id"]), (&json!("App"), &app["id"]));
    assert_eq!(body["hook_id"], body["hook"]["id"]);
    assert!(body["zen"].is_string());

    receiver.answer(202);
    let own = jwt(&app["id"].to_string(), stage.clock.now(), 540);
    let listed = stage.call_as(&own, "GET", "/app/hook/deliveries", None).await.body;
    assert_eq!((&listed[0]["event"], &listed[0]["status_code"]), (&json!("ping"), &json!(500)));
    let again = format!("/app/hook/deliveries/{}/attempts", listed[0]["id"]);
    assert_eq!(stage.call_as(&own, "POST", &again, None).await.status, 202);
    stage.github.settled().await;
    assert_eq!(receiver.all()[1].header("x-github-delivery"), ping.header("x-github-delivery"));
    let listed = stage.call_as(&own, "GET", "/app/hook/deliveries", None).await.body;
    assert_eq!((&listed[0]["redelivery"], &listed[0]["status"]), (&json!(true), &json!("OK")));
}

#[tokio::test]
async fn an_app_is_registered_by_whoever_may_under_a_name_that_is_free() {
    let stage = Stage::set().await;
    stage.repo.allow("eve", Permission::Write);
    let wanted = manifest("http://127.0.0.1:9/hooks");
    let register =
        |organization: &str| stage.github.register_from_manifest(&wanted).for_organization(organization);
    let refused = register("acme").by("eve").await.unwrap_err();
    assert_eq!((refused.status, refused.message.as_str()), (403, "eve does not administer acme"));
    assert_eq!(register("nobody").by("rita").await.unwrap_err().status, 404);
    assert_eq!(register("ana").by("ana").await.unwrap_err().status, 404, "a person is no organisation");
    register("acme").by("rita").await.unwrap();
    let long = "x".repeat(35);
    let cases = [
        ("gate  KEEPER", "Name is already taken"),
        ("ana", "Name is already taken"),
        (long.as_str(), "Name is too long (maximum is 34 characters)"),
        (" ", "Name can't be blank"),
    ];
    for (name, reason) in cases {
        let refused = register("acme").named(name).by("rita").await.unwrap_err();
        assert_eq!((refused.status, &refused.errors[0]["message"]), (422, &json!(reason)), "{name}");
    }
    let own = stage.github.register_from_manifest(&wanted).named("ana").by("ana").await;
    assert!(own.is_ok(), "one's own name is not another's");
    assert_eq!(
        stage.github.apps().iter().map(AppHandle::slug).collect::<Vec<_>>(),
        ["checker", "gate-keeper", "ana"]
    );
}

#[tokio::test]
async fn an_app_reads_and_changes_where_its_webhooks_go() {
    let stage = Stage::set().await;
    let path = "/app/hook/config";
    let before = stage.call_as(&stage.jwt(), "GET", path, None).await.body;
    assert_eq!(before, json!({ "content_type": "json", "insecure_ssl": "0", "secret": "********" }));
    let receiver = Receiver::open().await;
    let wish = json!({ "url": receiver.url, "secret": "another", "content_type": "form" });
    let changed = stage.call_as(&stage.jwt(), "PATCH", path, Some(wish)).await;
    assert_eq!((changed.status, &changed.body["url"]), (200, &json!(receiver.url)));
    let kept = stage.call_as(&stage.jwt(), "PATCH", path, Some(json!({ "content_type": "json" }))).await;
    assert_eq!((&kept.body["url"], &kept.body["content_type"]), (&json!(receiver.url), &json!("json")));
    for wrong in [json!({ "url": "example.com" }), json!({ "content_type": "xml" }), json!({ "secret": 7 })] {
        assert_eq!(stage.call_as(&stage.jwt(), "PATCH", path, Some(wrong)).await.status, 422);
    }
    assert_eq!(stage.call("GET", path, None).await.status, 401, "an installation's token does not do");
    stage.repo.commit_on("main").file("more", "1").await.unwrap();
    stage.github.settled().await;
    let heard = receiver.all();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"another").unwrap();
    mac.update(&heard[0].bytes);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(heard[0].header("x-hub-signature-256"), signature);
}
