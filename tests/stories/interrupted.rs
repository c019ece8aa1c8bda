//! Deploys that are interrupted: by answers that are lost, by words that come early or late, by hours in which nobody
//! answers, and by what people change meanwhile.

use crate::carried_out::{SECRET, allowing, service};
use crate::stage::{Stage, soon_given_up, until};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use std::time::Duration;
use towpath::deploy::drivers::webhook::SigningKey;
use towpath::engine::{Clock as _, SystemClock};
use towpath::model::{BranchName, Deploy, DeployState, RepositoryId};
use towpath::store::Store as _;
use towpath_sandbox::{DeploymentHandle, RunHandle};

fn states(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|it| it.state).collect()
}

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    stage.later();
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

/// Integration is deployed so; the other environments as they are by themselves.
async fn configured(stage: &Stage, deploy: &str) {
    let text = format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics], deploy: {deploy} }}\n  \
         - {{ name: staging, accepts: [integration] }}\n  - {{ name: production, accepts: [staging] }}\ncopy: none\n"
    );
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
}

async fn pushed(stage: &Stage, branch: &str, file: &str) {
    stage.later();
    stage.store.commit_on(branch).file(file, "x\n").by("ben").await.unwrap();
}

/// The deploys of integration, the oldest first.
async fn kept(stage: &Stage) -> Vec<Deploy> {
    let (database, branch) = (stage.database(), BranchName::new("integration").unwrap());
    database
        .environment_deploys(RepositoryId(stage.store.id()), "integration", &branch)
        .await
        .unwrap()
        .deploys
}

const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];

#[tokio::test]
async fn a_status_that_comes_before_its_deployment_is_known_keeps_nothing_waiting() {
    let mut stage = Stage::with(soon_given_up()).await;
    stage.github.faults().rest("POST", "/repos/*/deployments").reset_after().times(1);
    let ill = stage.github.faults().rest("GET", "/repos/*/deployments*").status(502).after(1).times(2);
    pushed(&stage, "integration", "x.txt").await;
    until("made", || !stage.store.deployments().is_empty()).await;
    let made = stage.store.deployments().pop().unwrap();
    until("asked again", || ill.hits() >= 1).await;
    made.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.github.faults().clear();
    stage.restart().await;
    stage.quiet().await;
    assert_eq!(kept(&stage).await[0].state, DeployState::Running);
    stage.later();
    made.status("success").by("deployer").await.unwrap();
    pushed(&stage, "integration", "y.txt").await;
    assert_eq!(stage.deployments("integration").await.len(), 2, "the next one goes");
}

#[tokio::test]
async fn what_waited_behind_a_hold_is_live_once_it_has_gone() {
    let stage = Stage::set().await;
    pushed(&stage, "production", "a.txt").await;
    carried_out(&stage, &stage.deployments("production").await[0]).await;
    pushed(&stage, "production", "b.txt").await;
    let made = stage.deployments("production").await;
    made[1].status("in_progress").description("deploy: install").by("deployer").await.unwrap();
    stage.quiet().await;
    pushed(&stage, "production", "c.txt").await;
    stage.quiet().await;
    let to = made[0].sha();
    let named = ["--repository", "acme/store", "--environment", "production", "--reason", "x"];
    crate::rollback::towpath(&stage, &[&["rollback"], &named[..], &["--to", &to]].concat()).await;
    stage.later();
    made[1].status("failure").by("deployer").await.unwrap();
    let back = stage.deployments("production").await.pop().unwrap();
    assert_eq!(back.sha(), to);
    carried_out(&stage, &back).await;
    crate::rollback::towpath(&stage, &[&["hold", "lift"], &named[..]].concat()).await;
    let on = stage.deployments("production").await.pop().unwrap();
    assert_eq!(on.sha(), stage.store.tip("production").unwrap());
    carried_out(&stage, &on).await;
    assert_eq!(states(&on).last().unwrap(), "success", "GitHub is not told that it runs no more");
    assert_eq!(stage.store.tip("master"), stage.store.tip("production"), "and the copy follows it");
}

#[tokio::test]
async fn a_deploy_that_github_lets_nobody_make_for_a_while_goes_later() {
    let stage = Stage::set().await;
    let limited = stage.github.faults().rest("POST", "/repos/*/deployments").rate_limited(20 * 60).times(1);
    pushed(&stage, "integration", "x.txt").await;
    until("limited", || limited.hits() >= 1).await;
    // Until when to wait is reckoned by the clock at which the answer is read.
    stage.quiet().await;
    stage.minutes_later(21).await;
    until("made", || !stage.store.deployments().is_empty()).await;
    stage.quiet().await;
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_that_was_announced_to_nobody_goes_after_a_long_stop() {
    let mut stage = Stage::set().await;
    let ill = stage.github.faults().rest("POST", "/repos/*/deployments").reset();
    pushed(&stage, "integration", "x.txt").await;
    until("asked", || ill.hits() >= 1).await;
    stage.stop().await;
    ill.remove();
    stage.minutes_later_at_work(20).await;
    stage.start().await;
    assert_eq!(stage.deployments("integration").await.len(), 1, "{:?}", kept(&stage).await[0].ending);
}

#[tokio::test]
async fn a_run_that_is_gone_does_not_keep_its_environment() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml, timeout: 30m }").await;
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    stage.store.runs()[0].begins().await.unwrap();
    stage.quiet().await;
    let gone = stage.github.faults().rest("GET", "/repos/*/actions/runs/*");
    gone.answer(404, "application/json", r#"{"message":"Not Found"}"#);
    stage.minutes_later_at_work(45).await;
    pushed(&stage, "integration", "y.txt").await;
    until("the next one", || stage.store.runs().len() == 2).await;
    assert_eq!(kept(&stage).await[0].state, DeployState::Error);
}

#[tokio::test]
async fn a_run_that_begins_after_it_was_given_up_still_counts() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    stage.minutes_later(20).await;
    let run = stage.store.runs().pop().unwrap();
    run.begins().await.unwrap();
    stage.quiet().await;
    stage.later();
    run.ends("success").await.unwrap();
    stage.quiet().await;
    stage.minutes_later(2).await;
    let made = stage.deployments("integration").await;
    assert_eq!(states(&made[0]), ["queued", "error", "in_progress", "success"]);
    stage.end().await;
}

#[tokio::test]
async fn a_run_that_was_given_up_is_cancelled_before_the_next_one_begins() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml, timeout: 30m }").await;
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    stage.store.runs()[0].begins().await.unwrap();
    stage.quiet().await;
    pushed(&stage, "integration", "y.txt").await;
    stage.quiet().await;
    stage.minutes_later(40).await;
    let runs: Vec<String> = stage.store.runs().iter().map(RunHandle::status).collect();
    assert_eq!(runs, ["completed", "queued"], "stuck, so it is ended");
    pushed(&stage, "integration", "z.txt").await;
    stage.quiet().await;
    stage.minutes_later(20).await;
    let runs: Vec<String> = stage.store.runs().iter().map(RunHandle::status).collect();
    assert_eq!(runs, ["completed", "completed", "queued"], "nobody took it up, and another one goes");
    let made = stage.deployments("integration").await;
    assert_eq!(states(&made[0]).last().unwrap(), "error", "being stopped is no end of its own");
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_is_followed_by_the_driver_that_it_began_with() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    let run = stage.store.runs().pop().unwrap();
    run.begins().await.unwrap();
    stage.quiet().await;
    configured(&stage, "{ driver: deployment }").await;
    stage.later();
    run.ends("success").await.unwrap();
    stage.minutes_later(2).await;
    let made = stage.deployments("integration").await;
    assert_eq!(states(&made[0]).last().unwrap(), "success");
    stage.end().await;
}

#[tokio::test]
async fn a_dispatch_whose_answer_was_lost_is_not_repeated_blindly() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS);
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    stage.github.faults().rest("POST", "/repos/*/dispatches").reset_after().times(1);
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    assert_eq!(stage.store.runs().len(), 1, "two runs would deploy the same at the same time");
    let made = stage.deployments("integration").await;
    let said = made[0].statuses().pop().unwrap().description;
    assert!(said.contains("answer was lost"), "{said}");
}

#[tokio::test]
async fn what_waits_does_not_begin_while_nobody_is_named_to_deploy_it() {
    for configuration in ["version: 1\nenvironment: []\n", ""] {
        let stage = Stage::set().await;
        pushed(&stage, "integration", "x.txt").await;
        let made = stage.deployments("integration").await;
        made[0].status("in_progress").by("deployer").await.unwrap();
        stage.quiet().await;
        pushed(&stage, "integration", "y.txt").await;
        stage.quiet().await;
        if configuration.is_empty() {
            configured(&stage, "{ driver: none }").await;
        } else {
            let change = stage.store.commit_on("master").file(".github/towpath.yml", configuration);
            change.by("rita").await.unwrap();
            stage.quiet().await;
        }
        stage.later();
        made[0].status("success").by("deployer").await.unwrap();
        assert_eq!(stage.deployments("integration").await.len(), 1, "{configuration:?}");
    }
}

#[tokio::test]
async fn a_deployment_of_somebody_else_is_no_end_of_one_that_is_told_of() {
    let stage = Stage::set().await;
    pushed(&stage, "integration", "x.txt").await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("in_progress").description("build: compile").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    // As GitHub makes one for a job that names the environment for its secrets.
    stage.store.deploy("integration").to("integration").by("ben").await.unwrap();
    stage.quiet().await;
    assert_eq!(states(&made[0]), ["queued", "in_progress"], "whoever carries it out still builds");
    stage.end().await;
}

#[tokio::test]
async fn calls_back_that_overtake_each_other_are_put_in_order() {
    let service = service(http::StatusCode::OK).await;
    let stage = Stage::with(allowing(&service.url)).await;
    configured(&stage, "{ driver: webhook, endpoint: shop }").await;
    pushed(&stage, "integration", "x.txt").await;
    stage.quiet().await;
    let deploy = service.heard.lock().unwrap()[0].1["data"]["deploy"].clone();
    let client = Client::builder(TokioExecutor::new()).build_http();
    for (id, state, ago) in [("2", "success", 0), ("1", "in_progress", 20)] {
        let at = SystemClock.now().to_seconds() - Duration::from_secs(ago);
        let told = at.to_date().unwrap().to_rfc3339();
        let data = json!({ "deploy": deploy, "state": state });
        let body = json!({ "type": "deploy.report", "timestamp": told, "data": data }).to_string();
        let signature = SigningKey::read(SECRET).unwrap().sign(id, at, body.as_bytes());
        let request = http::Request::post(format!("{}/webhooks/deploys", stage.server_url()))
            .header("webhook-id", id)
            .header("webhook-timestamp", at.0)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        assert_eq!(client.request(request).await.unwrap().status().as_u16(), 202);
        stage.quiet().await;
    }
    let made = stage.deployments("integration").await;
    assert_eq!(states(&made[0]).last().unwrap(), "success", "{:?}", states(&made[0]));
    stage.end().await;
}

#[tokio::test]
async fn a_refusal_of_the_first_moment_after_an_outage_is_no_refusal() {
    let stage = Stage::set().await;
    stage.github.faults().rest("GET", "/repos/*/deployments*").status(502).times(2);
    let refusal = r#"{"message":"No ref found for: 0123"}"#;
    let refused = stage.github.faults().rest("POST", "/repos/*/deployments");
    refused.answer(422, "application/json", refusal).times(1);
    pushed(&stage, "integration", "x.txt").await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
}
