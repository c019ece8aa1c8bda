//! A story on the stand-in, held against GitHub's descriptions: its answers, its webhooks.
#![cfg(feature = "contract")]

mod common;

use common::{Stage, checker};
use serde_json::json;

/// Asks for and changes whatever an app can.
async fn story(stage: &Stage) {
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.expect("a pull request");
    let head = pull.head_sha();
    let repo = "/repos/acme/store";
    let body = json!({ "name": "gate", "head_sha": head, "status": "in_progress",
        "output": { "title": "t", "summary": "s" } });
    let run = stage.call("POST", &format!("{repo}/check-runs"), Some(body)).await.body["id"].clone();
    let body = json!({ "status": "completed", "conclusion": "success" });
    stage.call("PATCH", &format!("{repo}/check-runs/{run}"), Some(body)).await;
    stage.call("POST", &format!("{repo}/issues/1/comments"), Some(json!({ "body": "hello" }))).await;
    for path in [
        "",
        "/branches",
        "/branches/main",
        "/pulls",
        "/pulls/1",
        "/pulls/1/commits",
        "/issues/1/comments",
        "/git/ref/heads/main",
        "/git/matching-refs/heads/",
        "/collaborators/ana/permission",
        "/rules/branches/main",
        "/contents/README",
        "/pulls/77",
    ] {
        stage.get(&format!("{repo}{path}")).await;
    }
    stage.get(&format!("{repo}/commits/{head}")).await;
    stage.get(&format!("{repo}/commits/{head}/check-runs")).await;
    stage.get(&format!("{repo}/commits/{head}/pulls")).await;
    stage.get(&format!("{repo}/check-runs/{run}")).await;
    for path in ["/installation/repositories", "/rate_limit"] {
        stage.get(path).await;
    }
    let jwt = stage.jwt();
    for path in [
        "/app",
        "/app/installations",
        &format!("/app/installations/{}", stage.installation.id()),
        "/app/hook/deliveries",
        "/app/hook/config",
        "/repos/acme/store/installation",
    ] {
        stage.call_as(&jwt, "GET", path, None).await;
    }
    let token = format!("/app/installations/{}/access_tokens", stage.installation.id());
    stage.call_as(&jwt, "POST", &token, Some(json!({ "permissions": { "checks": "write" } }))).await;
    let body = json!({ "ref": "refs/heads/new", "sha": head });
    stage.call("POST", &format!("{repo}/git/refs"), Some(body)).await;
    stage
        .call("PATCH", &format!("{repo}/git/refs/heads/new"), Some(json!({ "sha": head, "force": false })))
        .await;
    stage.call("DELETE", &format!("{repo}/git/refs/heads/new"), None).await;
    stage
        .call("PUT", &format!("{repo}/pulls/1/merge"), Some(json!({ "merge_method": "merge", "sha": head })))
        .await;
    stage.github.settled().await;
}

#[tokio::test]
async fn a_story_fits_the_descriptions() {
    // Nobody listens there; what matters is what would have been sent.
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await;
    story(&stage).await;
    let wrong = stage.unfit().await;
    let (exchanges, hooks) = (stage.github.exchanges(), stage.github.sent_webhooks());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let refused: Vec<_> = exchanges.iter().filter(|each| each.status >= 400).map(|each| &each.path).collect();
    assert_eq!(refused, ["/repos/acme/store/pulls/77"]);
    assert!(hooks.len() > 10, "{}", hooks.len());
}
