//! Issues: written by apps and people, listed, closed.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::json;

const LIST: &str = "/repos/acme/store/issues";

#[tokio::test]
async fn an_app_writes_an_issue_and_people_close_it() {
    let app = checker().events(["issues", "issue_comment"]).webhook("http://127.0.0.1:9/");
    let stage = Stage::set_with(app).await;
    stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    let body = json!({ "title": "A deploy failed", "body": "Look at it.", "labels": ["deploy"] });
    let made = stage.call("POST", LIST, Some(body)).await;
    assert_eq!((made.status, &made.body["number"]), (201, &json!(2)), "numbers are shared");
    assert_eq!(made.body["performed_via_github_app"]["slug"], "checker");
    let path = format!("{LIST}/2");
    stage.call("PATCH", &path, Some(json!({ "title": "Two deploys failed" }))).await;
    let said = stage.call("POST", &format!("{path}/comments"), Some(json!({ "body": "Again" }))).await;
    assert_eq!(said.status, 201);
    let issue = &stage.repo.issues()[0];
    issue.comment("Seen").by("rita").await.unwrap();
    assert_eq!(stage.get(&format!("{path}/comments")).await.body.as_array().unwrap().len(), 2);
    assert_eq!((issue.number(), issue.author(), issue.state()), (2, "checker[bot]".to_owned(), "open"));
    assert_eq!((issue.title(), issue.body()), ("Two deploys failed".to_owned(), "Look at it.".to_owned()));
    let own = format!("{LIST}?creator=checker%5Bbot%5D&labels=deploy");
    assert_eq!(stage.get(&own).await.body[0]["number"], 2);
    issue.close().by("rita").await.unwrap();
    assert_eq!(stage.get(&own).await.body, json!([]));
    let all = stage.get(&format!("{LIST}?state=all")).await.body;
    let numbers: Vec<_> = all.as_array().unwrap().iter().map(|issue| issue["number"].clone()).collect();
    assert_eq!(numbers, [2, 1], "pull requests are issues");
    assert_eq!(stage.get(&path).await.body["closed_by"]["login"], "rita");
    let again = stage.call("PATCH", &path, Some(json!({ "state": "open" }))).await;
    assert_eq!(again.body["state_reason"], "reopened");
    let done = json!({ "state": "closed", "state_reason": "not_planned" });
    assert_eq!(stage.call("PATCH", &path, Some(done)).await.body["state_reason"], "not_planned");
    assert_eq!(stage.get(&format!("{LIST}/77")).await.status, 404);
    let heard = stage.heard().await;
    let about: Vec<_> = heard.iter().filter_map(|name| name.strip_prefix("issues.")).collect();
    assert_eq!(about, ["opened", "edited", "closed", "reopened", "closed"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
