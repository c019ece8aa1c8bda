//! Who may ask: app tokens, installation tokens, permissions, suspension, limits.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Stage, jwt, send};
use serde_json::json;
use towpath_sandbox::{AppConfig, Clock};

#[tokio::test]
async fn an_app_signs_in_with_a_json_web_token() {
    let stage = Stage::set().await;
    let good = stage.call_as(&stage.jwt(), "GET", "/app", None).await;
    assert_eq!((good.status, &good.body["slug"]), (200, &json!("checker")));
    let by_client = jwt(&stage.app.client_id(), stage.clock.now(), 60);
    assert_eq!(stage.call_as(&by_client, "GET", "/app", None).await.status, 200);

    let now = stage.clock.now();
    let id = stage.app.id().to_string();
    let cases = [
        (jwt(&id, now - TimeDelta::minutes(20), 600), 401, "exp"),
        (jwt(&id, now, 3_600), 401, "too far in the future"),
        (jwt(&id, now + TimeDelta::minutes(3), 60), 401, "iat"),
        (jwt("999", now, 60), 404, "Integration not found"),
        (format!("{}x", stage.jwt()), 401, "could not be decoded"),
        ("nonsense".to_owned(), 401, "Bad credentials"),
        (stage.token.clone(), 401, "could not be decoded"),
    ];
    for (token, status, part) in cases {
        let answer = stage.call_as(&token, "GET", "/app", None).await;
        assert_eq!(answer.status, status, "{part}");
        assert!(answer.body["message"].as_str().unwrap().contains(part), "{}", answer.body);
        assert_eq!(answer.body["status"], json!(status.to_string()));
    }
    let slow = jwt(&id, now + TimeDelta::seconds(50), 60);
    assert_eq!(stage.call_as(&slow, "GET", "/app", None).await.status, 200, "clocks may differ");
}

#[tokio::test]
async fn a_token_lives_an_hour_and_no_longer() {
    let stage = Stage::set().await;
    let path = format!("/app/installations/{}/access_tokens", stage.installation.id());
    let issued = stage.call_as(&stage.jwt(), "POST", &path, None).await;
    assert_eq!(issued.status, 201);
    let token = issued.body["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("ghs_"));
    assert_eq!(stage.call_as(&token, "GET", "/repos/acme/store", None).await.status, 200);
    stage.clock.advance(TimeDelta::minutes(61));
    let late = stage.call_as(&token, "GET", "/repos/acme/store", None).await;
    assert_eq!((late.status, &late.body["message"]), (401, &json!("Bad credentials")));
}

#[tokio::test]
async fn a_token_may_be_narrowed_and_reaches_no_further() {
    let stage = Stage::set().await;
    let other = stage.github.repository("acme/other").create().await.unwrap();
    stage.installation.add([&other]).await.unwrap();
    let path = format!("/app/installations/{}/access_tokens", stage.installation.id());
    let wish = json!({ "repositories": ["store"], "permissions": { "contents": "read" } });
    let issued = stage.call_as(&stage.jwt(), "POST", &path, Some(wish)).await;
    assert_eq!(issued.body["permissions"], json!({ "contents": "read", "metadata": "read" }));
    let token = issued.body["token"].as_str().unwrap().to_owned();
    assert_eq!(stage.call_as(&token, "GET", "/repos/acme/store/branches", None).await.status, 200);
    assert_eq!(stage.call_as(&token, "GET", "/repos/acme/other", None).await.status, 404);
    let pulls = stage.call_as(&token, "GET", "/repos/acme/store/pulls", None).await;
    assert_eq!(pulls.status, 403);
    assert_eq!(pulls.body["message"], "Resource not accessible by integration");
    let body = json!({ "ref": "refs/heads/x", "sha": stage.repo.tip("main") });
    let write = stage.call_as(&token, "POST", "/repos/acme/store/git/refs", Some(body)).await;
    assert_eq!(write.status, 403, "reading is not writing");
    for wish in [json!({ "repositories": ["secret"] }), json!({ "permissions": { "actions": "read" } })] {
        assert_eq!(stage.call_as(&stage.jwt(), "POST", &path, Some(wish)).await.status, 422);
    }
    let listed = stage.call_as(&token, "GET", "/installation/repositories", None).await;
    assert_eq!(
        (&listed.body["total_count"], &listed.body["repositories"][0]["name"]),
        (&json!(1), &json!("store"))
    );
}

#[tokio::test]
async fn a_suspended_installation_is_refused_and_hears_nothing() {
    let stage = Stage::set().await;
    stage.installation.suspend().await.unwrap();
    let answer = stage.get("/repos/acme/store").await;
    assert_eq!(
        (answer.status, &answer.body["message"]),
        (403, &json!("This installation has been suspended"))
    );
    let path = format!("/app/installations/{}/access_tokens", stage.installation.id());
    assert_eq!(stage.call_as(&stage.jwt(), "POST", &path, None).await.status, 403);
    stage.repo.commit_on("main").file("quiet", "1").await.unwrap();
    stage.installation.unsuspend().await.unwrap();
    assert_eq!(stage.get("/repos/acme/store").await.status, 200);
    stage.installation.uninstall().await.unwrap();
    assert_eq!(stage.get("/repos/acme/store").await.status, 401);
    let heard = stage.heard().await;
    let expected = [
        "ping",
        "installation.created",
        "installation.suspend",
        "installation.unsuspend",
        "installation.deleted",
    ];
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn new_permissions_count_once_they_are_accepted() {
    let config = AppConfig::new("grower").permission("contents", "read").events(["push"]);
    let stage = Stage::set_with(config).await;
    assert_eq!(stage.get("/repos/acme/store/pulls").await.status, 403);
    let grown = common::checker();
    stage.app.change(grown.permissions, grown.events);
    stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    assert_eq!(stage.webhooks("pull_request", "opened").await.len(), 0);
    stage.installation.accept_new_permissions().await.unwrap();
    let old = stage.get("/repos/acme/store/pulls").await;
    assert_eq!(old.status, 403, "a token keeps the permissions that it was made with");
    assert_eq!(old.headers["x-accepted-github-permissions"], "pull_requests=read");
    let (token, _) = stage.installation.token().unwrap();
    assert_eq!(stage.call_as(&token, "GET", "/repos/acme/store/pulls", None).await.status, 200);
    assert_eq!(stage.webhooks("installation", "new_permissions_accepted").await.len(), 1);
}

#[tokio::test]
async fn the_hour_runs_out_and_comes_back() {
    let stage = Stage::set().await;
    let first = stage.get("/repos/acme/store").await;
    assert_eq!(first.headers["x-ratelimit-remaining"], "4999");
    assert_eq!(first.headers["x-ratelimit-resource"], "core");
    assert!(first.headers.contains_key("x-github-request-id"));
    stage.github.exhaust_rate_limit();
    let over = stage.get("/repos/acme/store").await;
    assert_eq!((over.status, over.headers["x-ratelimit-remaining"].as_str()), (403, "0"));
    assert!(over.body["message"].as_str().unwrap().starts_with("API rate limit exceeded"));
    let asked = stage.get("/rate_limit").await;
    assert_eq!((asked.status, &asked.body["rate"]["remaining"]), (200, &json!(0)));
    stage.clock.advance(TimeDelta::minutes(61));
    let (token, _) = stage.installation.token().unwrap();
    assert_eq!(stage.call_as(&token, "GET", "/repos/acme/store", None).await.status, 200);
}

#[tokio::test]
async fn a_second_app_cannot_change_the_first_ones_check() {
    let stage = Stage::set().await;
    let body = json!({ "name": "ci", "head_sha": stage.repo.tip("main") });
    let run = stage.call("POST", "/repos/acme/store/check-runs", Some(body)).await;
    let path = format!("/repos/acme/store/check-runs/{}", run.body["id"]);
    let other = stage.github.app(AppConfig::new("other").permission("checks", "write")).await.unwrap();
    let (token, _) = other.install("acme").await.unwrap().token().unwrap();
    let wish = Some(json!({ "status": "in_progress" }));
    let refused = stage.call_as(&token, "PATCH", &path, wish.clone()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body["message"].as_str().unwrap().starts_with("Invalid app_id"));
    assert_eq!(stage.call("PATCH", &path, wish).await.body["status"], "in_progress");
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_see() {
    let stage = Stage::set().await;
    let answer = stage.call_as("", "GET", "/repos/acme/store", None).await;
    assert_eq!((answer.status, &answer.body["message"]), (401, &json!("Requires authentication")));
    let other_scheme = [("authorization", "Digest x")];
    let url = format!("{}/api/v3/app", stage.github.url());
    assert_eq!(send("GET", &url, "", &other_scheme, None).await.unwrap().status, 401);
}
