//! Workflows: dispatched by apps, carried out by runners.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use bytes::Bytes;
use chrono::TimeDelta;
use common::{Answer, Stage, checker};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use towpath_sandbox::Clock;

const ACTIONS: &str = "/repos/acme/store/actions";

async fn stage() -> Stage {
    let app = checker().permission("actions", "write").permission("deployments", "write");
    let events = ["workflow_run", "deployment_protection_rule", "deployment"];
    Stage::set_with(app.events(events).webhook("http://127.0.0.1:9/")).await
}

/// What is at an address, asked with or without credentials.
async fn fetched(address: &str, credentials: Option<&str>) -> (u16, String) {
    let mut request = Request::get(address);
    if let Some(credentials) = credentials {
        request = request.header("authorization", credentials);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

async fn dispatch(stage: &Stage, file: &str, body: Value) -> Answer {
    stage.call("POST", &format!("{ACTIONS}/workflows/{file}/dispatches"), Some(body)).await
}

#[tokio::test]
async fn the_log_of_a_job_lies_elsewhere_for_a_minute() {
    let stage = stage().await;
    stage.repo.workflow("deploy.yml").inputs(["environment"]);
    let body = json!({ "ref": "main", "inputs": { "environment": "staging" } });
    dispatch(&stage, "deploy.yml", body).await;
    let run = &stage.repo.runs()[0];
    run.job("deploy").prints("it installs\nit fails").await.unwrap();
    let jobs = stage.get(&format!("{ACTIONS}/runs/{}/jobs", run.id())).await.body;
    let path = format!("{ACTIONS}/jobs/{}/logs", jobs["jobs"][0]["id"]);
    assert_eq!(stage.get(&path).await.status, 404, "it still prints");
    run.job("deploy").ends("failure").await.unwrap();
    let answer = stage.get(&path).await;
    assert_eq!(answer.status, 302);
    let address = answer.body["url"].as_str().unwrap().to_owned();
    assert!(address.starts_with("http://localhost:"), "{address}");
    let (status, text) = fetched(&address, None).await;
    assert!(status == 200 && text.contains("Z it installs\n") && text.ends_with("Z it fails\n"), "{text}");
    assert_eq!(fetched(&address, Some("Bearer x")).await.0, 400, "a token has no business there");
    stage.clock.advance(TimeDelta::minutes(2));
    assert_eq!(fetched(&address, None).await.0, 403);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_workflow_is_dispatched_and_runs() {
    let stage = stage().await;
    stage.repo.workflow("deploy.yml").inputs(["environment", "deploy"]).echoes("deploy");
    let inputs = json!({ "environment": "staging", "deploy": "d-7" });
    let body = json!({ "ref": "main", "inputs": inputs, "return_run_details": true });
    let made = dispatch(&stage, "deploy.yml", body.clone()).await;
    let run = &stage.repo.runs()[0];
    assert_eq!((made.status, &made.body["workflow_run_id"]), (200, &json!(run.id())));
    assert_eq!((run.inputs()["environment"].as_str(), run.status().as_str()), ("staging", "queued"));
    run.job("build").begins().await.unwrap();
    run.job("build").ends("success").await.unwrap();
    run.job("push").begins().await.unwrap();
    run.ends("failure").await.unwrap();
    assert_eq!(run.begins().await.unwrap_err().status, 409);
    let path = format!("{ACTIONS}/runs/{}", run.id());
    let shown = stage.get(&path).await.body;
    assert_eq!((&shown["display_title"], &shown["conclusion"]), (&json!("d-7"), &json!("failure")));
    let jobs = stage.get(&format!("{path}/jobs")).await.body;
    assert_eq!((&jobs["total_count"], &jobs["jobs"][1]["conclusion"]), (&json!(2), &json!("failure")));
    stage.github.hide_dispatched_runs(true);
    stage.clock.advance(TimeDelta::minutes(5));
    let before = stage.clock.now().format("%Y-%m-%dT%H:%M:%SZ");
    let silent = dispatch(&stage, "deploy.yml", body).await;
    assert_eq!((silent.status, silent.body), (204, Value::Null));
    let list = format!("{ACTIONS}/workflows/deploy.yml/runs?event=workflow_dispatch&branch=main");
    assert_eq!(stage.get(&list).await.body["total_count"], 2);
    let newer = stage.get(&format!("{list}&created=%3E%3D{before}")).await.body;
    assert_eq!(newer["workflow_runs"][0]["id"], stage.repo.runs()[1].id());
    assert_eq!(newer["total_count"], 1);
    let heard = stage.heard().await;
    let about: Vec<_> = heard.iter().filter_map(|name| name.strip_prefix("workflow_run.")).collect();
    assert_eq!(about, ["requested", "in_progress", "completed", "requested"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_dispatched_is_refused() {
    let stage = stage().await;
    stage.repo.workflow("deploy.yml").inputs(["sha"]);
    stage.repo.workflow("ci.yml").without_dispatch();
    let refused = async |file: &str, body: Value| {
        let answer = dispatch(&stage, file, body).await;
        (answer.status, answer.body["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused("other.yml", json!({ "ref": "main" })).await, (404, "Not Found".to_owned()));
    let sentence = "Workflow does not have 'workflow_dispatch' trigger".to_owned();
    assert_eq!(refused("ci.yml", json!({ "ref": "main" })).await, (422, sentence));
    let body = json!({ "ref": "main", "inputs": { "what": "1" } });
    let sentence = "Unexpected inputs provided: [\"what\"]".to_owned();
    assert_eq!(refused("deploy.yml", body).await, (422, sentence));
    let sentence = "No ref found for: x".to_owned();
    assert_eq!(refused("deploy.yml", json!({ "ref": "x" })).await, (422, sentence));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_waiting_job_is_let_go_or_stopped() {
    let stage = stage().await;
    stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    let first = stage.repo.job_waits("production", "feature/cart").by("ana").await.unwrap();
    let second = stage.repo.job_waits("staging", &stage.repo.tip("main").unwrap()).await.unwrap();
    let asked = &stage.webhooks("deployment_protection_rule", "requested").await[0];
    assert_eq!((&asked["environment"], &asked["event"]), (&json!("production"), &json!("push")));
    assert_eq!(asked["pull_requests"][0]["number"], 1);
    let url = asked["deployment_callback_url"].as_str().unwrap();
    let path = url.strip_prefix(&stage.github.api_url()).unwrap();
    let wrong = json!({ "environment_name": "elsewhere", "state": "approved", "comment": "" });
    assert_eq!(stage.call("POST", path, Some(wrong)).await.status, 422);
    let only = json!({ "environment_name": "production", "comment": "Looking" });
    assert_eq!(stage.call("POST", path, Some(only)).await.status, 204);
    assert_eq!((first.decision(), first.status().as_str()), (None, "waiting"));
    let yes = json!({ "environment_name": "production", "state": "approved", "comment": "All well" });
    assert_eq!(stage.call("POST", path, Some(yes)).await.status, 204);
    let said: Vec<_> = first.answers().into_iter().map(|answer| (answer.state, answer.comment)).collect();
    assert_eq!(said, [(None, "Looking".to_owned()), (Some("approved".to_owned()), "All well".to_owned())]);
    assert_eq!(first.status(), "in_progress");
    let path = format!("{ACTIONS}/runs/{}/deployment_protection_rule", second.id());
    let no = json!({ "environment_name": "staging", "state": "rejected", "comment": "Not yet" });
    assert_eq!(stage.call("POST", &path, Some(no)).await.status, 204);
    assert_eq!(
        (second.decision().as_deref(), second.conclusion().as_deref()),
        (Some("rejected"), Some("failure"))
    );
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
