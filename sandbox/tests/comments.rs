//! Comments: who wrote them, who changed them, and what is told of it.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::{AppConfig, Permission};

/// A stage whose app hears of everything that is said.
async fn stage() -> Stage {
    let events = ["issues", "issue_comment", "pull_request_review", "pull_request_review_comment"];
    Stage::set_with(checker().events(events).webhook("http://127.0.0.1:9/")).await
}

#[tokio::test]
async fn an_edit_tells_what_was_there_and_who_changed_it() {
    let stage = stage().await;
    let issue = stage.repo.open_issue("Opening hours").by("ana").await.unwrap();
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    for number in [1, 2] {
        let said = if number == 1 { issue.comment("/where") } else { pull.comment("/where") };
        let comment = said.by("ana").await.unwrap();
        comment.edit("/deploy production", Some("rita")).await.unwrap();
        comment.delete(Some("rita")).await.unwrap();
        let last = |hooks: Vec<Value>| hooks.last().cloned().unwrap();
        let created = last(stage.webhooks("issue_comment", "created").await);
        let edited = last(stage.webhooks("issue_comment", "edited").await);
        let deleted = last(stage.webhooks("issue_comment", "deleted").await);
        for said in [&created, &edited, &deleted] {
            assert_eq!(said["issue"]["number"], number);
            assert_eq!(said["issue"]["pull_request"].is_object(), number == 2, "a plain issue says so");
            assert_eq!(said["comment"]["user"]["login"], "ana");
        }
        assert_eq!(created["sender"]["login"], "ana");
        assert_eq!(
            (&edited["sender"]["login"], &deleted["sender"]["login"]),
            (&json!("rita"), &json!("rita"))
        );
        assert_eq!(edited["changes"], json!({ "body": { "from": "/where" } }));
        assert_eq!(edited["comment"]["body"], "/deploy production");
    }
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn bots_and_apps_are_told_apart_from_people() {
    let stage = stage().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    pull.comment("/deploy staging").by("dependabot[bot]").await.unwrap();
    pull.comment("Checked").by_app(&stage.app).await.unwrap();
    pull.comment("/where").by("ana").through(&stage.app).await.unwrap();
    let heard = stage.webhooks("issue_comment", "created").await;
    let author = |at: usize| {
        let comment: &Value = &heard[at]["comment"];
        let via = &comment["performed_via_github_app"]["slug"];
        assert_eq!(comment["user"], heard[at]["sender"]);
        (comment["user"]["login"].clone(), comment["user"]["type"].clone(), via.clone())
    };
    assert_eq!(author(0), (json!("dependabot[bot]"), json!("Bot"), json!(null)));
    assert_eq!(author(1), (json!("checker[bot]"), json!("Bot"), json!("checker")));
    assert_eq!(author(2), (json!("ana"), json!("User"), json!("checker")));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_deleted_account_leaves_comments_of_nobody() {
    let stage = stage().await;
    let issue = stage.repo.open_issue("Opening hours").by("bob").await.unwrap();
    let comment = issue.comment("/where").by("bob").await.unwrap();
    stage.repo.fork("carl").await.unwrap();
    assert_eq!(stage.github.delete_account("carl").await.unwrap_err().status, 422, "a fork is still there");
    stage.github.delete_account("bob").await.unwrap();
    assert_eq!(stage.github.delete_account("bob").await.unwrap_err().status, 404);
    comment.edit("/deploy production", Some("rita")).await.unwrap();
    let edited = &stage.webhooks("issue_comment", "edited").await[0];
    assert_eq!(
        (&edited["comment"]["user"], &edited["issue"]["user"]["login"]),
        (&json!(null), &json!("ghost"))
    );
    assert_eq!(edited["sender"]["login"], "rita");
    let shown = stage.get(&format!("/repos/acme/store/issues/comments/{}", comment.id())).await.body;
    assert_eq!(shown["user"], json!(null));
    assert_eq!(stage.get("/repos/acme/store/issues/1").await.body["user"], json!(null));
    assert_eq!(comment.state().unwrap().author, "ghost");
    // Whoever takes the login is somebody else.
    issue.comment("/where").by("bob").await.unwrap();
    assert_eq!(comment.state().unwrap().author, "ghost");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_locked_conversation_is_closed_to_apps() {
    let stage = stage().await;
    stage.repo.allow("eve", Permission::Read);
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    let comment = pull.comment("/where").by("eve").await.unwrap();
    let talk = "/repos/acme/store/issues/1";
    let own = stage.call("POST", &format!("{talk}/comments"), Some(json!({ "body": "Staging" }))).await;
    pull.lock().because("too heated").by("rita").await.unwrap();
    let said = stage.call("POST", &format!("{talk}/comments"), Some(json!({ "body": "Done" }))).await;
    let sentence = json!("Unable to create comment because issue is locked.");
    assert_eq!((said.status, &said.body["message"]), (403, &sentence));
    let own = format!("/repos/acme/store/issues/comments/{}", own.body["id"]);
    assert_eq!(stage.call("PATCH", &own, Some(json!({ "body": "Done" }))).await.status, 403);
    let reactions = format!("/repos/acme/store/issues/comments/{}/reactions", comment.id());
    assert_eq!(stage.call("POST", &reactions, Some(json!({ "content": "eyes" }))).await.status, 403);
    assert_eq!(pull.comment("me too").by("eve").await.unwrap_err().status, 403);
    pull.comment("Calm down").by("ana").await.unwrap();
    let locked = &stage.webhooks("pull_request", "locked").await[0]["pull_request"];
    assert_eq!((&locked["locked"], &locked["active_lock_reason"]), (&json!(true), &json!("too heated")));
    assert_eq!(stage.get(talk).await.body["locked"], true);

    assert_eq!(stage.call("DELETE", &format!("{talk}/lock"), None).await.status, 204);
    let again = stage.call("PATCH", &own, Some(json!({ "body": "Done" }))).await;
    assert_eq!((again.status, &again.body["body"]), (200, &json!("Done")));
    let issue = stage.repo.open_issue("Opening hours").by("ana").await.unwrap();
    let lock = format!("/repos/acme/store/issues/{}/lock", issue.number());
    assert_eq!(issue.lock().because("boring").await.unwrap_err().status, 422);
    assert_eq!(stage.call("PUT", &lock, None).await.status, 204);
    let heard = stage.heard().await;
    let told = heard.iter().filter_map(|name| name.split('.').nth(1)).filter(|it| it.ends_with("locked"));
    assert_eq!(told.collect::<Vec<_>>(), ["locked", "unlocked", "locked"]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_takes_the_permission_of_what_is_discussed() {
    let app = |permission: &str| AppConfig::new("narrow").permission(permission, "write");
    for (held, fits, other) in [("issues", 1, 2), ("pull_requests", 2, 1)] {
        let stage = Stage::set_with(app(held)).await;
        let issue = stage.repo.open_issue("Opening hours").by("ana").await.unwrap();
        let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
        let comments =
            [issue.comment("/where").await.unwrap().id(), pull.comment("/where").await.unwrap().id()];
        let say = async |number: u64| {
            let path = format!("/repos/acme/store/issues/{number}/comments");
            stage.call("POST", &path, Some(json!({ "body": "here" }))).await
        };
        assert_eq!(say(fits).await.status, 201, "{held}");
        let refused = say(other).await;
        let accepted = &refused.headers["x-accepted-github-permissions"];
        assert_eq!((refused.status, accepted.as_str()), (403, "issues=write; pull_requests=write"), "{held}");
        for (number, id) in [1, 2].into_iter().zip(comments) {
            let path = format!("/repos/acme/store/issues/comments/{id}/reactions");
            let reacted = stage.call("POST", &path, Some(json!({ "content": "eyes" }))).await.status;
            // Of a comment on a pull request they take both.
            assert_eq!(reacted, if held == "issues" && number == 1 { 201 } else { 403 }, "{held} {number}");
            let shown = stage.get(&format!("/repos/acme/store/issues/comments/{id}")).await.status;
            assert_eq!(shown, if number == fits { 200 } else { 403 }, "{held} {number}");
        }
    }
}

#[tokio::test]
async fn an_installation_hears_of_comments_once_it_has_accepted_that() {
    let app = AppConfig::new("grower").permission("pull_requests", "write").events(["issue_comment"]);
    let stage = Stage::set_with(app.clone().webhook("http://127.0.0.1:9/")).await;
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    pull.comment("/where").by("ana").await.unwrap();
    let grown = app.permission("issues", "read");
    stage.app.change(grown.permissions, grown.events);
    pull.comment("/where").by("ana").await.unwrap();
    assert_eq!(stage.webhooks("issue_comment", "created").await, Vec::<Value>::new());
    stage.installation.accept_new_permissions().await.unwrap();
    pull.comment("/where").by("ana").await.unwrap();
    assert_eq!(stage.webhooks("issue_comment", "created").await.len(), 1);
}
