//! Reviews of pull requests, comments on lines, and reactions.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::json;
use towpath_sandbox::{PullHandle, ReviewVerdict};

const PULL: &str = "/repos/acme/store/pulls/1";

async fn stage() -> (Stage, PullHandle) {
    let events = ["issue_comment", "pull_request_review", "pull_request_review_comment"];
    let stage = Stage::set_with(checker().events(events).webhook("http://127.0.0.1:9/")).await;
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    (stage, pull)
}

fn some<'a>(pairs: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

#[tokio::test]
async fn reviews_are_told_listed_and_dismissed() {
    let (stage, pull) = stage().await;
    let approval = pull.approve().by("rita").await.unwrap();
    pull.request_changes("Too many **wheels**").by("omar").await.unwrap();
    pull.review("/check").by("eve").await.unwrap();
    approval.dismiss().by("ana").await.unwrap();
    let told = stage.webhooks("pull_request_review", "submitted").await;
    let said: Vec<_> = told.iter().map(|hook| (&hook["review"]["state"], &hook["review"]["body"])).collect();
    let words = [json!("approved"), json!("changes_requested"), json!("commented")];
    let texts = [json!(null), json!("Too many **wheels**"), json!("/check")];
    assert_eq!(said, words.iter().zip(&texts).collect::<Vec<_>>());
    let dismissed = &stage.webhooks("pull_request_review", "dismissed").await[0];
    assert_eq!(
        (&dismissed["review"]["state"], &dismissed["sender"]["login"]),
        (&json!("dismissed"), &json!("ana"))
    );
    let listed = stage.get(&format!("{PULL}/reviews")).await.body;
    let states: Vec<_> = listed.as_array().unwrap().iter().map(|review| review["state"].clone()).collect();
    assert_eq!(states, ["DISMISSED", "CHANGES_REQUESTED", "COMMENTED"]);
    assert_eq!((&listed[0]["body"], &listed[0]["commit_id"]), (&json!(""), &json!(pull.head_sha())));
    assert_eq!(pull.reviews()[1].verdict, ReviewVerdict::ChangesRequested);
    assert_eq!(approval.dismiss().by("ana").await.unwrap_err().status, 422, "it says nothing any more");
    let refused = pull.approve().by("ana").await.unwrap_err();
    assert_eq!((refused.status, &refused.errors[0]), (422, &json!("Can not approve your own pull request")));
    let own = stage.call("POST", &format!("{PULL}/reviews"), Some(json!({ "event": "APPROVE" }))).await;
    assert_eq!((own.status, &own.body["user"]["login"]), (200, &json!("checker[bot]")));
    let shown = format!("{PULL}/reviews/{}", own.body["id"]);
    assert_eq!(stage.get(&shown).await.body, own.body);
    let away = stage.call("PUT", &format!("{shown}/dismissals"), Some(json!({ "message": "old" }))).await;
    assert_eq!(away.body["state"], "DISMISSED");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_on_a_line_is_a_review_of_its_own() {
    let (stage, pull) = stage().await;
    let comment = pull.comment_on("cart.txt", 1, "/deploy staging").by("ana").await.unwrap();
    let refused = pull.comment_on("README", 1, "x").by("ana").await.unwrap_err();
    assert_eq!(refused.errors[0]["field"], "pull_request_review_thread.path");
    let refused = pull.comment_on("cart.txt", 9, "x").by("ana").await.unwrap_err();
    assert_eq!(refused.errors[0]["field"], "pull_request_review_thread.line");
    let reply = format!("{PULL}/comments/{}/replies", comment.id());
    let reply = stage.call("POST", &reply, Some(json!({ "body": "Commands belong below" }))).await;
    assert_eq!((reply.status, &reply.body["in_reply_to_id"]), (201, &json!(comment.id())));
    let again = format!("{PULL}/comments/{}/replies", reply.body["id"]);
    assert_eq!(stage.call("POST", &again, Some(json!({ "body": "x" }))).await.status, 404);
    let new = json!({ "body": "Nice", "commit_id": pull.head_sha(), "path": "cart.txt", "line": 1 });
    let made = stage.call("POST", &format!("{PULL}/comments"), Some(new)).await;
    assert_eq!((made.status, &made.body["diff_hunk"]), (201, &json!("@@ -0,0 +1 @@\n+one")));
    let path = format!("/repos/acme/store/pulls/comments/{}", comment.id());
    let edited = stage.call("PATCH", &path, Some(json!({ "body": "/where" }))).await;
    assert_eq!((edited.status, &edited.body["body"]), (200, &json!("/where")));
    let elsewhere = format!("/repos/acme/store/issues/comments/{}", comment.id());
    assert_eq!(stage.get(&elsewhere).await.status, 404, "it is no comment of the conversation");
    assert_eq!((pull.comments().len(), pull.line_comments().len()), (0, 3));
    assert_eq!(stage.call("DELETE", &path, None).await.status, 204);
    let listed = stage.get(&format!("{PULL}/comments")).await.body;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(stage.get(PULL).await.body["review_comments"], 2);
    let heard = stage.heard().await;
    let about: Vec<_> = heard.iter().filter_map(|name| name.strip_prefix("pull_request_review")).collect();
    let one = ["_comment.created", ".submitted"];
    assert_eq!(about[..6], [one, one, one].concat());
    assert_eq!(about[6..], ["_comment.edited", "_comment.deleted"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn each_reaction_is_given_once_by_each() {
    let (stage, pull) = stage().await;
    let said = pull.comment("/deploy staging").by("ana").await.unwrap();
    let on_line = pull.comment_on("cart.txt", 1, "/where").by("ana").await.unwrap();
    for (kind, comment) in [("issues", &said), ("pulls", &on_line)] {
        let path = format!("/repos/acme/store/{kind}/comments/{}/reactions", comment.id());
        let react =
            async |content: &str| stage.call("POST", &path, Some(json!({ "content": content }))).await;
        let (first, again) = (react("eyes").await, react("eyes").await);
        assert_eq!((first.status, again.status, &first.body["id"]), (201, 200, &again.body["id"]));
        comment.react("eyes").by("rita").await.unwrap();
        comment.react("eyes").by("rita").await.unwrap();
        assert_eq!(react("rocket").await.status, 201);
        let all = some(&[("checker[bot]", "eyes"), ("rita", "eyes"), ("checker[bot]", "rocket")]);
        assert_eq!(comment.reactions(), all);
        let theirs = stage.get(&format!("{path}?content=eyes")).await.body[1]["id"].clone();
        assert_eq!(stage.call("DELETE", &format!("{path}/{theirs}"), None).await.status, 404);
        let own = format!("{path}/{}", first.body["id"]);
        assert_eq!(stage.call("DELETE", &own, None).await.status, 204);
        assert_eq!(comment.reactions(), some(&[("rita", "eyes"), ("checker[bot]", "rocket")]));
        assert_eq!(comment.react("tada").by("rita").await.unwrap_err().status, 422);
    }
    let counted = stage.get(&format!("/repos/acme/store/issues/comments/{}", said.id())).await.body;
    assert_eq!((&counted["reactions"]["eyes"], &counted["reactions"]["total_count"]), (&json!(1), &json!(2)));
    assert_eq!(stage.repo.comment(on_line.id()).unwrap().reactions().len(), 2);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
