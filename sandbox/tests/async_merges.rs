//! Asynchronous merges.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Answer, Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::{AppConfig, PullHandle};

const MERGE: &str = "/repos/acme/store/pulls/1/merge-async";

async fn stage() -> (Stage, PullHandle) {
    let stage = Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await;
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    (stage, pull)
}

/// Asks for a merge of pull request 1 at its head, with more wishes.
async fn ask(stage: &Stage, mut wishes: Value) -> Answer {
    wishes["sha"] = json!(stage.repo.pull(1).unwrap().head_sha());
    stage.call("PUT", MERGE, Some(wishes)).await
}

/// What became of a merge once it was let run.
async fn end(stage: &Stage, asked: &Answer) -> (Value, Value) {
    assert_eq!((asked.status, &asked.body["status"]), (202, &json!("pending")));
    stage.github.release_merges().await;
    let uuid = asked.body["details"]["uuid"].as_str().unwrap();
    let said = stage.get(&format!("{MERGE}/{uuid}")).await.body;
    (said["status"].clone(), said["details"].clone())
}

#[tokio::test]
async fn a_merge_is_asked_for_and_comes_about_by_itself() {
    let (stage, pull) = stage().await;
    let asked = ask(&stage, json!({ "merge_method": "squash", "commit_title": "Cart" })).await;
    let details = &asked.body["details"];
    assert_eq!((asked.status, &details["message"]), (202, &json!("Merge request enqueued.")));
    let result = format!("{MERGE}/{}", details["uuid"].as_str().unwrap());
    let mut said = stage.get(&result).await.body;
    while said["status"] == "pending" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        said = stage.get(&result).await.body;
    }
    let done = json!({ "message": "Pull request was merged.", "sha": stage.repo.tip("main") });
    assert_eq!((&said["status"], &said["details"]), (&json!("merged"), &done));
    assert!(pull.merged());
    let again = ask(&stage, json!({})).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("merged")));
    assert_eq!(stage.get(&format!("{MERGE}/none")).await.status, 404);
    let elsewhere = result.replace("pulls/1", "pulls/2");
    assert_eq!(stage.get(&elsewhere).await.status, 404);
    stage.clock.advance(chrono::TimeDelta::hours(24));
    let (token, _) = stage.installation.token().unwrap();
    assert_eq!(stage.call_as(&token, "GET", &result, None).await.status, 404, "it is forgotten by now");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_head_is_guarded_until_it_runs() {
    let (stage, pull) = stage().await;
    let wrong = stage.call("PUT", MERGE, Some(json!({ "sha": &pull.head_sha()[..12] }))).await;
    let moved = json!("Pull request head branch was modified.");
    assert_eq!((wrong.status, &wrong.body["details"]["message"]), (400, &moved), "abbreviated, too");
    stage.github.hold_merges();
    let asked = ask(&stage, json!({})).await;
    let second = ask(&stage, json!({ "merge_method": "rebase" })).await;
    assert_eq!((second.status, &second.body["details"]["merge_method"]), (409, &json!("default")));
    assert_eq!(second.body["details"]["uuid"], asked.body["details"]["uuid"]);
    stage.repo.commit_on("feature/cart").file("cart.txt", "two\n").by("ana").await.unwrap();
    assert_eq!(end(&stage, &asked).await, (json!("failed"), json!({ "message": moved })));
    assert!(pull.is_open());
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn rules_are_judged_when_it_runs() {
    let (stage, pull) = stage().await;
    stage.github.hold_merges();
    stage.repo.protect("main").require("ci");
    let early = ask(&stage, json!({})).await;
    let sentence = json!({ "message": "Required status check \"ci\" is expected." });
    assert_eq!(end(&stage, &early).await, (json!("failed"), sentence));

    stage.github.hold_merges();
    let asked = ask(&stage, json!({})).await;
    let ci = stage.github.app(AppConfig::new("ci").webhook("http://127.0.0.1:9/")).await.unwrap();
    stage.repo.check(&ci, "ci", &pull.head_sha()).concluded("success").await.unwrap();
    stage.repo.protect("main").require_approvals(1);
    let sentence = "At least 1 approving review is required by reviewers with write access.";
    assert_eq!(end(&stage, &asked).await, (json!("failed"), json!({ "message": sentence })));
    stage.github.hold_merges();
    let asked = ask(&stage, json!({})).await;
    pull.approve().by("rita").await.unwrap();
    assert_eq!(end(&stage, &asked).await.0, "merged");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_merge_is_refused_at_once_and_a_conflict_later() {
    let (stage, pull) = stage().await;
    pull.to_draft().by("ana").await.unwrap();
    let refused = ask(&stage, json!({})).await;
    assert_eq!((refused.status, &refused.body["status"]), (400, &json!("failed")));
    pull.ready().by("ana").await.unwrap();
    pull.close().by("ana").await.unwrap();
    let refused = ask(&stage, json!({})).await;
    let closed = json!({ "message": "Pull request is closed." });
    assert_eq!((refused.status, &refused.body["details"]), (400, &closed));
    pull.reopen().by("ana").await.unwrap();
    stage.github.hold_merges();
    let asked = ask(&stage, json!({})).await;
    stage.repo.commit_on("main").file("cart.txt", "other\n").by("rita").await.unwrap();
    let conflict = json!({ "message": "Merge conflict: the pull request could not be merged." });
    assert_eq!(end(&stage, &asked).await, (json!("failed"), conflict));
    assert_eq!(stage.call("PUT", &MERGE.replace('1', "7"), None).await.status, 404);
    let tokens = format!("/app/installations/{}/access_tokens", stage.installation.id());
    let narrow = json!({ "permissions": { "pull_requests": "write" } });
    let narrow = stage.call_as(&stage.jwt(), "POST", &tokens, Some(narrow)).await;
    let refused = stage.call_as(narrow.body["token"].as_str().unwrap(), "PUT", MERGE, None).await;
    let accepted = refused.headers["x-accepted-github-permissions"].as_str();
    assert_eq!((refused.status, accepted), (403, "contents=write"));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_queue_takes_it_without_wishes() {
    let (stage, pull) = stage().await;
    stage.repo.protect("main").merge_queue();
    assert_eq!(stage.call("PUT", "/repos/acme/store/pulls/1/merge", None).await.status, 405);
    stage.github.hold_merges();
    let wishes = ask(&stage, json!({ "merge_method": "merge" })).await;
    let sentence = "Custom merge params are not supported when merging via a merge queue";
    assert_eq!(end(&stage, &wishes).await, (json!("failed"), json!({ "message": sentence })));
    stage.github.hold_merges();
    let direct = ask(&stage, json!({ "merge_action": "direct_merge" })).await;
    let sentence = "Changes must be made through the merge queue";
    assert_eq!(end(&stage, &direct).await, (json!("failed"), json!({ "message": sentence })));
    stage.github.hold_merges();
    let asked = ask(&stage, json!({})).await;
    assert_eq!(end(&stage, &asked).await.0, "enqueued");
    assert_eq!(ask(&stage, json!({})).await.body["status"], "enqueued");
    let group = stage.repo.merge_group("main", [&pull]).by("rita").await.unwrap();
    stage.repo.move_branch("main").to(&group.head_sha).by("rita").await.unwrap();
    assert!(pull.merged());
    let heard = stage.heard().await;
    let about: Vec<_> = heard.iter().filter_map(|name| name.strip_prefix("pull_request.")).collect();
    assert_eq!(about, ["opened", "enqueued", "dequeued", "closed"]);
    let rules = stage.get("/repos/acme/store/rules/branches/main").await.body;
    assert_eq!(rules[0]["type"], "merge_queue");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_stack_merges_up_to_the_one_that_was_asked_for() {
    let (stage, below) = stage().await;
    stage.repo.commit_on("feature/pay").from("feature/cart").file("pay.txt", "1\n").by("bob").await.unwrap();
    let above = stage.repo.open_pull("feature/pay").into("feature/cart").by("bob").await.unwrap();
    stage.repo.stack_pulls([&below, &above]).by("rita").await.unwrap();
    stage.github.hold_merges();
    let asked = stage.call("PUT", &MERGE.replace('1', "2"), Some(json!({ "sha": above.head_sha() }))).await;
    assert_eq!(asked.status, 202);
    stage.github.release_merges().await;
    assert!(below.merged() && above.merged());
    assert_eq!(above.state().unwrap().base, "main");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
