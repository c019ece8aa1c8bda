//! Lists that lag behind what was made.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use chrono::TimeDelta;
use common::{Stage, checker};
use serde_json::json;

const REPO: &str = "/repos/acme/store";

#[tokio::test]
async fn what_was_made_is_there_at_once_and_listed_later() {
    let app = checker()
        .permission("actions", "write")
        .permission("deployments", "write")
        .permission("issues", "write")
        .permission("checks", "write")
        .permission("contents", "write");
    let stage = Stage::set_with(app.webhook("http://127.0.0.1:9/")).await;
    stage.repo.workflow("deploy.yml");
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    let head = pull.head_sha();
    stage.github.lists_lag(10);
    stage.clock.advance(TimeDelta::seconds(10));
    let made = [
        (format!("{REPO}/check-runs"), json!({ "name": "check", "head_sha": head })),
        (format!("{REPO}/issues/1/comments"), json!({ "body": "Hello" })),
        (format!("{REPO}/issues"), json!({ "title": "Look" })),
        (format!("{REPO}/deployments"), json!({ "ref": head, "required_contexts": [], "auto_merge": false })),
    ];
    let mut ids = Vec::new();
    for (path, body) in made {
        let answer = stage.call("POST", &path, Some(body)).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        ids.push(answer.body["id"].clone());
    }
    let dispatch = format!("{REPO}/actions/workflows/deploy.yml/dispatches");
    assert_eq!(stage.call("POST", &dispatch, Some(json!({ "ref": "main" }))).await.status, 204);
    let lists = [
        (format!("{REPO}/commits/{head}/check-runs"), "/check_runs"),
        (format!("{REPO}/commits/{head}/check-runs?filter=all"), "/check_runs"),
        (format!("{REPO}/issues/1/comments"), ""),
        (format!("{REPO}/issues"), ""),
        (format!("{REPO}/deployments"), ""),
        (format!("{REPO}/actions/workflows/deploy.yml/runs"), "/workflow_runs"),
    ];
    // The pull request is an old one among the issues.
    let counts = async || {
        let mut counts = Vec::new();
        for (path, place) in &lists {
            let answer = stage.get(path).await;
            counts.push(answer.body.pointer(place).unwrap().as_array().unwrap().len());
        }
        counts
    };
    assert_eq!(counts().await, [0, 0, 0, 1, 0, 0]);
    for (path, id) in [("check-runs", &ids[0]), ("issues/comments", &ids[1]), ("deployments", &ids[3])] {
        assert_eq!(stage.get(&format!("{REPO}/{path}/{id}")).await.status, 200, "{path}");
    }
    stage.clock.advance(TimeDelta::seconds(9));
    assert_eq!(counts().await, [0, 0, 0, 1, 0, 0]);
    stage.clock.advance(TimeDelta::seconds(1));
    assert_eq!(counts().await, [1, 1, 1, 2, 1, 1]);
}
