//! Deployments: made and reported on by apps and people.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};

const LIST: &str = "/repos/acme/store/deployments";

async fn stage() -> Stage {
    let events = ["deployment", "deployment_status", "push"];
    let app = checker().permission("deployments", "write").events(events).webhook("http://127.0.0.1:9/");
    Stage::set_with(app).await
}

async fn deploy(stage: &Stage, body: Value) -> common::Answer {
    stage.call("POST", LIST, Some(body)).await
}

#[tokio::test]
async fn a_deployment_is_made_and_reported_on() {
    let stage = stage().await;
    let sha = stage.repo.tip("main").unwrap();
    let body = json!({ "ref": sha, "task": "deploy", "auto_merge": false, "required_contexts": [],
        "payload": { "unit": 7 }, "environment": "staging", "description": "Lock 7" });
    let made = deploy(&stage, body).await;
    assert_eq!((made.status, &made.body["payload"]["unit"]), (201, &json!(7)));
    assert_eq!(made.body["creator"]["login"], "checker[bot]");
    let handle = &stage.repo.deployments()[0];
    assert_eq!((handle.environment(), handle.sha(), handle.state()), ("staging".to_owned(), sha, None));
    let url = "https://ci.example.com/1";
    handle.status("in_progress").description("build: compile").log_url(url).by("deployer").await.unwrap();
    let statuses = format!("{LIST}/{}/statuses", handle.id());
    let body = json!({ "state": "success", "environment_url": "https://staging.example.com" });
    let done = stage.call("POST", &statuses, Some(body)).await;
    assert_eq!((done.status, &done.body["state"]), (201, &json!("success")));
    stage.get(&format!("{statuses}/{}", done.body["id"])).await;
    let told = handle.statuses();
    let states: Vec<_> = told.iter().map(|one| (one.state.as_str(), one.creator.as_str())).collect();
    assert_eq!(states, [("in_progress", "deployer"), ("success", "checker[bot]")]);
    assert_eq!((told[0].log_url.as_str(), told[0].description.as_str()), (url, "build: compile"));
    assert_eq!(stage.get(&statuses).await.body[0]["state"], "success");
    assert_eq!(stage.get(&format!("{LIST}/{}", handle.id())).await.status, 200);
    let long = json!({ "state": "failure", "description": "x".repeat(141) });
    assert_eq!(stage.call("POST", &statuses, Some(long)).await.status, 422);
    let heard = stage.heard().await;
    let about: Vec<_> = heard.iter().filter(|name| name.starts_with("deployment")).collect();
    assert_eq!(about, ["deployment.created", "deployment_status.created", "deployment_status.created"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_success_lets_earlier_ones_rest() {
    let stage = stage().await;
    for environment in ["staging", "staging", "production", "production"] {
        stage.repo.deploy("main").to(environment).by("ana").await.unwrap();
    }
    let states: Vec<_> =
        stage.repo.deployments().iter().map(|each| each.state().unwrap_or_default()).collect();
    assert_eq!(states, ["inactive", "success", "success", "success"]);
    assert_eq!(stage.webhooks("deployment_status", "created").await.len(), 4);
    let listed = stage.get(&format!("{LIST}?environment=production&per_page=1")).await;
    assert_eq!(listed.body[0]["id"], stage.repo.deployments()[3].id());
    assert!(listed.link("next").is_some());
    assert_eq!(stage.get(&format!("{LIST}?sha=none&ref=feature")).await.body, json!([]));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_ready_is_not_deployed() {
    let stage = stage().await;
    let refused = deploy(&stage, json!({ "ref": "nowhere" })).await;
    assert_eq!((refused.status, &refused.body["message"]), (422, &json!("No ref found for: nowhere")));
    let sha = stage.repo.tip("feature/cart").unwrap();
    stage.call("POST", "/repos/acme/store/check-runs", Some(json!({ "name": "ci", "head_sha": sha }))).await;
    let refused = deploy(&stage, json!({ "ref": "feature/cart" })).await;
    let sentence = "Conflict: Commit status checks failed for feature/cart.";
    assert_eq!((refused.status, &refused.body["message"]), (409, &json!(sentence)));
    let none = json!({ "ref": "feature/cart", "required_contexts": [] });
    assert_eq!(deploy(&stage, none.clone()).await.status, 201);
    stage.repo.commit_on("main").file("README", "More\n").by("ana").await.unwrap();
    let merged = deploy(&stage, none).await;
    assert_eq!(merged.status, 202, "{}", merged.body);
    assert_ne!(stage.repo.tip("feature/cart").unwrap(), sha);
    assert_eq!(stage.repo.deployments().len(), 1);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
