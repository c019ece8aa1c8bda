//! Branches that are closed to apps.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::json;

const MAIN: &str = "/repos/acme/store/git/refs/heads/main";

#[tokio::test]
async fn an_app_does_not_get_past_the_protection() {
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await;
    let next = json!({ "sha": stage.repo.tip("feature/cart").unwrap() });
    stage.repo.protect("main").require_pull_request();
    let refused = stage.call("PATCH", MAIN, Some(next.clone())).await;
    let sentence = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n";
    assert_eq!((refused.status, &refused.body["message"]), (422, &json!(sentence)));
    assert_eq!(stage.call("DELETE", MAIN, None).await.status, 422);
    stage.repo.protect("main").restrict_updates().require("ci");
    let refused = stage.call("PATCH", MAIN, Some(next.clone())).await;
    assert!(refused.body["message"].as_str().unwrap().contains("Cannot update this protected ref."));
    let rules = stage.get("/repos/acme/store/rules/branches/main").await.body;
    let kinds: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["type"].clone()).collect();
    assert_eq!(kinds, ["required_status_checks", "pull_request", "update"]);
    assert_eq!(rules[2]["ruleset_source_type"], "Repository");
    stage.repo.protect("main").let_pass(stage.app.id());
    assert_eq!(stage.call("PATCH", MAIN, Some(next)).await.status, 200);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_merges_where_it_may_not_push() {
    let stage = Stage::set().await;
    stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let merge = "/repos/acme/store/pulls/1/merge";
    stage.repo.protect("main").restrict_updates();
    assert_eq!(stage.call("PUT", merge, None).await.status, 405);
    stage.repo.unprotect("main");
    stage.repo.protect("main").require_pull_request();
    assert_eq!(stage.call("PUT", merge, None).await.status, 200);
}

#[tokio::test]
async fn an_app_does_not_push_to_a_protected_branch() {
    let stage = Stage::set().await;
    let host = stage.github.url().replacen("://", &format!("://x-access-token:{}@", stage.token), 1);
    let folder = stage.repo.path();
    let (url, tip) = (format!("{host}/acme/store.git"), stage.repo.tip("feature/cart").unwrap());
    let push = async |branch: &str| {
        let spec = format!("{tip}:refs/heads/{branch}");
        let git =
            tokio::process::Command::new("git").current_dir(&folder).args(["push", &url, &spec]).output();
        git.await.unwrap().status.success()
    };
    stage.repo.protect("main").require_pull_request();
    assert!(!push("main").await);
    assert!(push("other").await);
    stage.repo.protect("main").let_pass(stage.app.id());
    assert!(push("main").await);
    assert_eq!(stage.repo.tip("main").unwrap(), tip);
}

#[tokio::test]
async fn workflows_need_a_permission_of_their_own() {
    let move_main = async |stage: &Stage| {
        let tip = stage.repo.commit_on("ci").from("main").file(".github/workflows/ci.yml", "on: push\n");
        let tip = tip.by("ana").await.unwrap();
        stage.call("PATCH", MAIN, Some(json!({ "sha": tip }))).await
    };
    let refused = move_main(&Stage::set().await).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (403, &json!("Resource not accessible by integration"))
    );
    let stage = Stage::set_with(checker().permission("workflows", "write")).await;
    assert_eq!(move_main(&stage).await.status, 200);
}
