//! Environments: jobs that name them, people who let jobs in, and how they are spelled.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::DeploymentHandle;

const LIST: &str = "/repos/acme/store/deployments";

async fn stage() -> Stage {
    let app = checker().permission("actions", "write").permission("deployments", "write");
    let events = ["workflow_run", "deployment", "deployment_status"];
    Stage::set_with(app.events(events).webhook("http://127.0.0.1:9/")).await
}

fn states(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|status| status.state).collect()
}

#[tokio::test]
async fn a_job_that_names_an_environment_has_a_deployment_made_for_it() {
    let stage = stage().await;
    let run = stage.repo.run_of("docs.yml").on("main").event("schedule").by("ana").await.unwrap();
    let job = run.job("publish");
    let deployment = job.comes_to("staging").await.unwrap();
    assert_eq!(deployment.creator_login(), "github-actions[bot]");
    assert_eq!((deployment.sha(), deployment.git_ref()), (run.sha(), "main".to_owned()));
    job.begins().await.unwrap();
    job.ends("success").await.unwrap();
    run.ends("success").await.unwrap();
    assert_eq!(states(&deployment), ["in_progress", "success"]);
    let made = &stage.webhooks("deployment", "created").await[0];
    assert_eq!(made["workflow"]["path"], ".github/workflows/docs.yml");
    assert_eq!((&made["workflow_run"]["id"], &made["sender"]["login"]), (&json!(run.id()), &json!("ana")));
    let told = &stage.webhooks("deployment_status", "created").await[1];
    assert_eq!(told["deployment_status"]["creator"]["login"], "github-actions[bot]");
    assert_eq!((&told["check_run"]["name"], &told["deployment"]["payload"]), (&json!("publish"), &json!({})));
    assert_eq!(told["workflow_run"]["event"], "schedule");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_becomes_of_a_job_becomes_of_its_deployment() {
    let stage = stage().await;
    let run = stage.repo.run_of("docs.yml").await.unwrap();
    let failed = run.job("one").comes_to("staging").await.unwrap();
    run.job("one").ends("failure").await.unwrap();
    let cut = run.job("two").comes_to("staging").await.unwrap();
    run.job("two").begins().await.unwrap();
    assert_eq!(run.job("two").comes_to("staging").await.unwrap_err().status, 409);
    run.ends("cancelled").await.unwrap();
    assert_eq!(states(&failed), ["in_progress", "failure"]);
    assert_eq!(states(&cut), ["in_progress", "error"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_job_waits_for_a_reviewer() {
    let stage = stage().await;
    stage.repo.review_jobs("Production", true);
    let run = stage.repo.run_of("deploy.yml").await.unwrap();
    let job = run.job("push");
    let deployment = job.comes_to("production").await.unwrap();
    assert_eq!((run.status().as_str(), states(&deployment)), ("waiting", vec!["waiting".to_owned()]));
    assert_eq!(run.begins().await.unwrap_err().status, 409);
    assert_eq!(job.begins().await.unwrap_err().status, 409);
    let jobs = stage.get(&format!("/repos/acme/store/actions/runs/{}/jobs", run.id())).await.body;
    assert_eq!(jobs["jobs"][0]["status"], "waiting");
    job.is_approved().await.unwrap();
    assert_eq!(run.status(), "queued");
    assert_eq!(job.is_rejected().await.unwrap_err().status, 422, "it waits no longer");
    job.begins().await.unwrap();
    assert_eq!(run.status(), "in_progress");
    run.ends("success").await.unwrap();
    assert_eq!(states(&deployment), ["waiting", "queued", "in_progress", "success"]);
    let second = stage.repo.run_of("deploy.yml").await.unwrap();
    let deployment = second.job("push").comes_to("production").await.unwrap();
    second.job("push").is_rejected().await.unwrap();
    assert_eq!((second.conclusion().as_deref(), states(&deployment).len()), (Some("failure"), 2));
    assert_eq!(states(&deployment)[1], "failure");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_environment_keeps_its_first_spelling() {
    let stage = stage().await;
    stage.repo.deploy("main").to("Staging").by("ana").await.unwrap();
    let body = json!({ "ref": "main", "environment": "staging", "required_contexts": [] });
    let made = stage.call("POST", LIST, Some(body)).await;
    assert_eq!((made.status, &made.body["environment"]), (201, &json!("Staging")));
    let path = format!("{LIST}/{}/statuses", made.body["id"]);
    let told = stage.call("POST", &path, Some(json!({ "state": "success", "environment": "STAGING" }))).await;
    assert_eq!((told.status, &told.body["environment"]), (201, &json!("Staging")));
    let states: Vec<_> = stage.repo.deployments().iter().filter_map(DeploymentHandle::state).collect();
    assert_eq!(states, ["inactive", "success"], "it is one environment");
    for spelled in ["staging", "Staging", "STAGING"] {
        let listed: Value = stage.get(&format!("{LIST}?environment={spelled}")).await.body;
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{spelled}");
    }
    let gated = stage.repo.job_waits("sTaging", "main").await.unwrap();
    let path = format!("/repos/acme/store/actions/runs/{}/deployment_protection_rule", gated.id());
    let yes = json!({ "environment_name": "staging", "state": "approved", "comment": "" });
    assert_eq!(stage.call("POST", &path, Some(yes)).await.status, 204);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
