//! Deploys that workflows and services of the project carry out, and what keeps them from it.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use towpath::deploy::drivers::webhook::SigningKey;
use towpath::deploy::operator::Operator;
use towpath::engine::{Clock as _, Deploying, SystemClock};
use towpath::model::UnixSeconds;
use towpath_sandbox::RepoHandle;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn configuration(deploy: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics], deploy: {deploy} }}\n  \
         - {{ name: staging, accepts: [integration] }}\n  - {{ name: production, accepts: [staging] }}\ncopy: none\n"
    )
}

pub(crate) async fn configured(stage: &Stage, deploy: &str) {
    let text = configuration(deploy);
    stage.store.commit_on("master").file(".github/towpath.yml", &text).by("rita").await.unwrap();
    stage.quiet().await;
}

async fn last_line(stage: &Stage) -> String {
    let made = stage.deployments("integration").await;
    let statuses = made.last().unwrap().statuses();
    let last = statuses.last().unwrap();
    format!("{}: {}", last.state, last.description)
}

const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];

fn workflow(store: &RepoHandle) {
    store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
}

#[tokio::test]
async fn a_workflow_is_dispatched_once_and_its_jobs_are_the_phases() {
    let stage = Stage::set().await;
    workflow(&stage.store);
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    stage.github.forget_records();
    stage.merged_topic("feature/cart").await;
    let calls: u64 = stage
        .github
        .request_counts()
        .iter()
        .filter(|(call, _)| call.contains("deployments") || call.contains("dispatches"))
        .map(|(_, count)| count)
        .sum();
    assert!(calls <= 4, "{:?}", stage.github.request_counts());
    let runs = stage.store.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].inputs()["sha"], stage.store.tip("integration").unwrap());
    stage.later();
    runs[0].job("build").begins().await.unwrap();
    stage.quiet().await;
    runs[0].begins().await.ok();
    stage.quiet().await;
    assert_eq!(last_line(&stage).await, "in_progress: Building; the site keeps running");
    stage.later();
    runs[0].job("build").ends("success").await.unwrap();
    runs[0].job("deploy").begins().await.unwrap();
    stage.later();
    runs[0].job("deploy").ends("failure").await.unwrap();
    stage.later();
    runs[0].ends("failure").await.unwrap();
    let said = last_line(&stage).await;
    assert!(said.starts_with("failure: Deploy failed"), "{said}");
    assert!(said.contains("the site may be in maintenance mode"), "{said}");
    for pull in stage.store.pulls() {
        assert!(stage.comment(&pull).await.contains("the job deploy ended as failure"));
    }
    stage.end().await;
}

#[tokio::test]
async fn where_the_server_does_not_tell_the_run_it_is_found_by_its_title() {
    let stage = Stage::set().await;
    workflow(&stage.store);
    stage.github.hide_dispatched_runs(true);
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    stage.github.faults().rest("POST", "/repos/*/dispatches").reset_after().times(1);
    stage.merged_topic("feature/cart").await;
    let runs = stage.store.runs();
    assert_eq!(runs.len(), 1, "the answer was lost, the run was not");
    runs[0].begins().await.unwrap();
    stage.later();
    runs[0].ends("success").await.unwrap();
    assert!(last_line(&stage).await.starts_with("success"));
    stage.end().await;
}

#[tokio::test]
async fn a_workflow_that_cannot_be_dispatched_says_what_is_missing() {
    for (prepare, words) in [
        ((|_| ()) as fn(&RepoHandle), "there is no workflow .github/workflows/deploy.yml"),
        (|store| _ = store.workflow("deploy.yml").inputs(INPUTS).without_dispatch(), "add workflow_dispatch"),
        (|store| _ = store.workflow("deploy.yml").inputs(["sha"]), "name these inputs of workflow_dispatch"),
    ] {
        let stage = Stage::set().await;
        prepare(&stage.store);
        configured(&stage, "{ driver: actions, file: deploy.yml }").await;
        let pull = stage.merged_topic("feature/cart").await;
        let said = last_line(&stage).await;
        assert!(said.starts_with("error: Not started: "), "{said}");
        assert!(stage.comment(&pull).await.contains(words), "{words}");
        stage.end().await;
    }
}

/// A service that deploys are sent to.
pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) heard: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

pub(crate) async fn service(answers: StatusCode) -> Service {
    let heard: Arc<Mutex<Vec<(HeaderMap, Value)>>> = Arc::default();
    let kept = Arc::clone(&heard);
    let take = move |headers: HeaderMap, body: Bytes| {
        let kept = Arc::clone(&kept);
        async move {
            // Its clock is the story's.
            let now = headers["webhook-timestamp"].to_str().unwrap().parse().map(UnixSeconds).unwrap();
            SigningKey::read(SECRET).unwrap().verify(&headers, &body, now).unwrap();
            kept.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
            answers
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/hook", post(take))).await });
    Service { url, heard }
}

pub(crate) fn allowing(url: &str) -> Setting {
    let text = format!(
        "[repository.\"acme/store\".secret]\nshop = {{ env = \"SHOP\" }}\n\
         [repository.\"acme/store\".endpoint.shop]\nurl = \"{url}\"\nallow_private = true\n"
    );
    let operator = Operator::read(&text).unwrap();
    let variables = Arc::new(|name: &str| (name == "SHOP").then(|| SECRET.to_owned()));
    let public_url = Some("http://towpath.example".to_owned());
    Setting {
        deploying: Deploying { operator, public_url, variables, ..Deploying::default() },
        ..Setting::default()
    }
}

pub(crate) async fn called_back(stage: &Stage, id: &str, secret: &str, data: &Value) -> u16 {
    let body = json!({ "type": "deploy.report", "data": data }).to_string();
    let at = SystemClock.now().to_seconds();
    let signature = SigningKey::read(secret).unwrap().sign(id, at, body.as_bytes());
    let request = Request::post(format!("{}/webhooks/deploys", stage.server_url()))
        .header("webhook-id", id)
        .header("webhook-timestamp", at.0)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let status = client.request(request).await.unwrap().status().as_u16();
    stage.quiet().await;
    status
}

#[tokio::test]
async fn a_service_is_told_signed_and_calls_back_signed() {
    let service = service(StatusCode::OK).await;
    let stage = Stage::with(allowing(&service.url)).await;
    configured(&stage, "{ driver: webhook, endpoint: shop, build_settings: [SCD=compact] }").await;
    let pull = stage.merged_topic("feature/cart").await;
    let told = service.heard.lock().unwrap().clone();
    assert_eq!(told.len(), 1);
    let data = &told[0].1["data"];
    assert_eq!(data["report_url"], "http://towpath.example/webhooks/deploys");
    assert_eq!(data["build_settings"], json!({ "SCD": "compact" }));
    let deploy = data["deploy"].clone();
    let report = |state: &str, phase: &str| json!({ "deploy": deploy, "state": state, "phase": phase, "step": "install" });
    let stranger = "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy";
    assert_eq!(called_back(&stage, "a", stranger, &report("success", "verify")).await, 401);
    assert_eq!(
        called_back(&stage, "b", SECRET, &json!({ "deploy": "9.x.1", "state": "success" })).await,
        401
    );
    assert_eq!(last_line(&stage).await, "queued: Requested, not started yet");
    assert_eq!(called_back(&stage, "1", SECRET, &report("in_progress", "build")).await, 202);
    assert_eq!(called_back(&stage, "1", SECRET, &report("in_progress", "build")).await, 202);
    assert_eq!(last_line(&stage).await, "in_progress: Building; the site keeps running");
    let mut failed = report("failure", "deploy");
    failed["log_tail"] = json!("ERROR 1045\naccess denied");
    assert_eq!(called_back(&stage, "2", SECRET, &failed).await, 202);
    assert_eq!(
        last_line(&stage).await,
        "failure: Deploy failed (install): the site may be in maintenance mode"
    );
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("```\nERROR 1045\naccess denied\n```"), "{comment}");
    stage.end().await;
}

#[tokio::test]
async fn a_service_that_says_yes_and_does_nothing_is_told_from_one_that_fails() {
    let service = service(StatusCode::OK).await;
    let stage = Stage::with(allowing(&service.url)).await;
    configured(&stage, "{ driver: webhook, endpoint: shop, pick_up_within: 5m, timeout: 30m }").await;
    stage.merged_topic("feature/cart").await;
    stage.minutes_later(6).await;
    assert_eq!(last_line(&stage).await, "error: Nobody started it within 5 min: nothing was deployed");
    let pull = stage.merged_topic("feature/list").await;
    let deploy = service.heard.lock().unwrap()[1].1["data"]["deploy"].clone();
    let report = json!({ "deploy": deploy, "state": "in_progress", "phase": "deploy" });
    // Clocks of the story differ from this machine's by what has passed in it.
    let at = SystemClock.now().to_seconds() + Duration::from_secs(6 * 60);
    let body = json!({ "data": report }).to_string();
    let signature = SigningKey::read(SECRET).unwrap().sign("x", at, body.as_bytes());
    let request = Request::post(format!("{}/webhooks/deploys", stage.server_url()))
        .header("webhook-id", "x")
        .header("webhook-timestamp", at.0)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    assert_eq!(client.request(request).await.unwrap().status(), 202);
    stage.quiet().await;
    assert_eq!(last_line(&stage).await, "in_progress: Deploying; the site may be in maintenance mode");
    stage.minutes_later(31).await;
    assert_eq!(
        last_line(&stage).await,
        "error: Hangs: not ended within 30 min; the site may be in maintenance mode. Its end is not confirmed: it may still run"
    );
    assert!(stage.comment(&pull).await.contains("hangs: not ended within 30 min"));
    for pull in stage.store.pulls() {
        stage.comment(&pull).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn an_address_that_the_operator_has_not_allowed_is_not_called() {
    let stage = Stage::set().await;
    configured(&stage, "{ driver: webhook, endpoint: shop }").await;
    let pull = stage.merged_topic("feature/cart").await;
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("the operator of Towpath allows no address"), "{comment}");
    stage.end().await;
}

#[tokio::test]
async fn github_that_refuses_a_deployment_is_quoted() {
    let stage = Stage::set().await;
    let refusal = r#"{"message":"Conflict: Commit status checks failed for abc."}"#;
    stage.github.faults().rest("POST", "/repos/*/deployments").answer(409, "application/json", refusal);
    let pull = stage.merged_topic("feature/cart").await;
    assert!(stage.deployments("integration").await.is_empty());
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("Conflict: Commit status checks failed for abc."), "{comment}");
    stage.end().await;
}

#[tokio::test]
async fn a_job_is_let_in_with_what_the_path_has_brought_and_nothing_else() {
    let stage = Stage::set().await;
    let tip = stage.store.tip("staging").unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    let decided = |commit: String, environment: &'static str| {
        let stage = &stage;
        async move {
            let run = stage.store.job_waits(environment, &commit).by("ben").await.unwrap();
            stage.quiet().await;
            let answers = run.answers();
            assert_eq!(answers.len(), 1, "{answers:?}");
            (run.decision().unwrap_or_default(), answers[0].comment.clone())
        }
    };
    let (said, why) = decided(tip.clone(), "staging").await;
    assert_eq!(said, "approved", "{why}");
    let (said, why) = decided(stage.store.tip("feature/cart").unwrap(), "staging").await;
    assert_eq!(said, "rejected");
    assert!(why.contains("is not on `staging`"), "{why}");
    let (said, why) = decided(tip.clone(), "qa").await;
    assert_eq!(said, "rejected");
    assert!(why.contains("has no environment `qa`"), "{why}");
    stage.store.commit_on("staging").file("x.txt", "x\n").by("rita").await.unwrap();
    stage.quiet().await;
    let (said, why) = decided(tip, "staging").await;
    assert_eq!(said, "rejected");
    assert!(why.contains("is older than `staging`"), "{why}");
    stage.end().await;
}
