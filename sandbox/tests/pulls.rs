//! Pull requests: what opens, moves, blocks and merges them, and what is said about it.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::Stage;
use serde_json::json;
use towpath_sandbox::Method;

#[tokio::test]
async fn a_pull_request_is_opened_pushed_to_and_merged() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").title("Cart").await.unwrap();
    assert_eq!(pull.mergeable_state(), "clean");
    let before = pull.head_sha();
    let after = stage.repo.commit_on("feature/cart").file("cart.txt", "two\n").by("ana").await.unwrap();
    let merged = pull.merge(Method::Merge).by("rita").await.unwrap();
    assert_eq!(stage.repo.tip("main"), Some(merged.sha.clone()));
    assert!(pull.merged());

    let opened = &stage.webhooks("pull_request", "opened").await[0];
    assert_eq!(opened["pull_request"]["head"]["ref"], "feature/cart");
    assert_eq!(opened["installation"]["id"], stage.installation.id());
    let pushed = &stage.webhooks("pull_request", "synchronize").await[0];
    assert_eq!((&pushed["before"], &pushed["after"]), (&json!(before), &json!(after)));
    let closed = &stage.webhooks("pull_request", "closed").await[0];
    assert_eq!(closed["pull_request"]["merged"], true);
    assert_eq!(closed["pull_request"]["merge_commit_sha"], json!(merged.sha));
    assert_eq!(closed["pull_request"]["merged_by"]["login"], "rita");

    let parents = stage.repo.git(&["rev-list", "--parents", "-1", "main"]).await.unwrap();
    assert_eq!(parents.split(' ').count(), 3, "a merge commit has two parents");
    assert!(parents.ends_with(&after));
}

#[tokio::test]
async fn squash_leaves_one_commit_and_rebase_each_one_again() {
    let stage = Stage::set().await;
    stage.repo.commit_on("feature/cart").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.repo.branch("feature/same").from("feature/cart").await.unwrap();
    stage.repo.branch("other").from("main").await.unwrap();
    stage.repo.commit_on("other").file("other.txt", "o\n").await.unwrap();
    let squash = stage.repo.open_pull("feature/cart").into("main").title("Cart").await.unwrap();
    let rebase = stage.repo.open_pull("feature/same").into("other").await.unwrap();
    squash.merge(Method::Squash).by("rita").await.unwrap();
    rebase.merge(Method::Rebase).by("rita").await.unwrap();

    let log = |range: &'static str| {
        let repo = stage.repo.clone();
        async move { repo.git(&["log", "--format=%P|%s", range]).await.unwrap() }
    };
    let main = log("main").await;
    assert_eq!(main.lines().count(), 2);
    assert!(main.lines().next().unwrap().ends_with("|Cart (#1)"));
    let other = log("other").await;
    let subjects: Vec<&str> = other.lines().map(|line| line.split_once('|').unwrap().1).collect();
    assert_eq!(subjects[..2], ["Change more.txt", "Change cart.txt"]);
    assert!(other.lines().take(3).all(|line| line.split('|').next().unwrap().len() == 40));
    for file in ["cart.txt", "more.txt"] {
        let blobs = [format!("main:{file}"), format!("other:{file}")];
        let ids = stage.repo.git(&["rev-parse", &blobs[0], &blobs[1]]).await.unwrap();
        let (one, two) = ids.split_once('\n').unwrap();
        assert_eq!(one, two);
    }
}

#[tokio::test]
async fn required_checks_hold_a_merge_back_until_they_are_green() {
    let stage = Stage::set().await;
    stage.repo.protect("main").require("ci").require_from("review", stage.app.id());
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let refused = pull.merge(Method::Merge).by("rita").await.unwrap_err();
    assert_eq!(refused.status, 405);
    assert_eq!(refused.message, "2 of 2 required status checks are expected.");
    assert_eq!(pull.mergeable_state(), "blocked");

    let other = stage.github.app(towpath_sandbox::AppConfig::new("ci")).await.unwrap();
    let sha = pull.head_sha();
    stage.repo.check(&other, "ci", &sha).concluded("success").await.unwrap();
    stage.repo.check(&other, "review", &sha).concluded("success").await.unwrap();
    let path = "/repos/acme/store/pulls/1/merge";
    let answer = stage.call("PUT", path, Some(json!({}))).await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.body["message"], "Required status check \"review\" is expected.");

    stage.repo.check(&stage.app, "review", &sha).concluded("failure").await.unwrap();
    let refused = pull.merge(Method::Merge).await.unwrap_err();
    assert_eq!(refused.message, "Required status check \"review\" is failing.");
    stage.repo.check(&stage.app, "review", &sha).concluded("neutral").await.unwrap();
    let wrong = stage.call("PUT", path, Some(json!({ "sha": "0".repeat(40) }))).await;
    assert_eq!(wrong.status, 409);
    let answer = stage.call("PUT", path, Some(json!({ "sha": sha }))).await;
    assert_eq!((answer.status, &answer.body["merged"]), (200, &json!(true)));
}

#[tokio::test]
async fn a_conflict_takes_the_merge_ref_away() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let refs = stage.repo.refs();
    let merge = &refs["refs/pull/1/merge"];
    let parents = stage.repo.git(&["log", "-1", "--format=%P", merge]).await.unwrap();
    assert_eq!(parents, format!("{} {}", refs["refs/heads/main"], refs["refs/heads/feature/cart"]));
    stage.repo.commit_on("main").file("cart.txt", "other\n").await.unwrap();
    assert!(!stage.repo.refs().contains_key("refs/pull/1/merge"));
    assert_eq!(pull.mergeable_state(), "dirty");
    assert_eq!(pull.merge(Method::Merge).await.unwrap_err().status, 405);
    let shown = stage.get("/repos/acme/store/pulls/1").await.body;
    assert_eq!((&shown["mergeable"], &shown["mergeable_state"]), (&json!(false), &json!("dirty")));
    stage.repo.move_branch("main").to(&refs["refs/heads/main"]).await.unwrap();
    assert_eq!(stage.repo.refs()["refs/pull/1/merge"], *merge, "the same two commits, the same merge");
}

#[tokio::test]
async fn a_push_that_contains_the_head_merges_the_pull_request() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    stage.repo.merge("feature/cart").into("main").ff_only().by("ana").await.unwrap();
    assert!(pull.merged());
    let heard = stage.heard().await;
    let ends = &heard[heard.len() - 3..];
    assert_eq!(ends, ["push", "check_suite.requested", "pull_request.closed"], "{heard:?}");
}

#[tokio::test]
async fn retargeting_closing_reopening_and_drafts_are_told() {
    let stage = Stage::set().await;
    stage.repo.branch("staging").from("main").await.unwrap();
    let pull = stage.repo.open_pull("feature/cart").into("main").draft().by("ana").await.unwrap();
    assert_eq!(pull.mergeable_state(), "draft");
    assert_eq!(pull.merge(Method::Merge).await.unwrap_err().message, "Pull Request is still a draft");
    pull.ready().await.unwrap();
    pull.retarget("staging").by("ana").await.unwrap();
    pull.rename("Another title").await.unwrap();
    pull.describe("Some **wheels**").by("rita").await.unwrap();
    pull.close().await.unwrap();
    pull.reopen().await.unwrap();
    let heard: Vec<String> =
        stage.heard().await.into_iter().filter(|said| said.starts_with("pull_request.")).collect();
    assert_eq!(
        heard.join(" ").replace("pull_request.", ""),
        "opened ready_for_review edited edited edited closed reopened"
    );
    let edited = stage.webhooks("pull_request", "edited").await;
    assert_eq!(edited[0]["changes"]["base"]["ref"]["from"], "main");
    assert_eq!(edited[0]["pull_request"]["base"]["ref"], "staging");
    assert!(edited[1]["changes"]["title"]["from"].is_string());
    assert_eq!(edited[2]["changes"], json!({ "body": { "from": "" } }));
    assert_eq!(
        (&edited[2]["sender"]["login"], pull.state().unwrap().body.as_deref()),
        (&json!("rita"), Some("Some **wheels**"))
    );
    assert_eq!(pull.retarget("nowhere").await.unwrap_err().status, 422);
}

#[tokio::test]
async fn a_fork_shares_its_commits_through_the_pull_request() {
    let stage = Stage::set().await;
    let fork = stage.repo.fork("bob").await.unwrap();
    let sha = fork.commit_on("fix").from("main").file("fix.txt", "fixed\n").by("bob").await.unwrap();
    let pull = stage.repo.open_pull("bob:fix").into("main").by("bob").await.unwrap();
    assert_eq!(stage.repo.refs()["refs/pull/1/head"], sha);
    let opened = &stage.webhooks("pull_request", "opened").await[0];
    assert_eq!(opened["pull_request"]["head"]["repo"]["full_name"], "bob/store");
    let body = json!({ "name": "ci", "head_sha": sha });
    let run = stage.call("POST", "/repos/acme/store/check-runs", Some(body)).await;
    assert_eq!((run.status, &run.body["pull_requests"]), (201, &json!([])));
    let after = fork.commit_on("fix").file("fix.txt", "better\n").by("bob").await.unwrap();
    assert_eq!(pull.head_sha(), after);
    stage.repo.delete_fork("bob").await.unwrap();
    let shown = stage.get("/repos/acme/store/pulls/1").await.body;
    assert_eq!((&shown["state"], &shown["head"]["repo"]), (&json!("closed"), &json!(null)));
    assert_eq!(shown["head"]["sha"], json!(after));
}

#[tokio::test]
async fn the_same_acts_give_the_same_commits() {
    let (one, two) = tokio::join!(Stage::set(), Stage::set());
    assert_eq!(one.repo.refs(), two.repo.refs());
}

#[tokio::test]
async fn stacked_pull_requests_follow_when_their_base_goes() {
    let stage = Stage::set().await;
    stage.repo.commit_on("feature/pay").from("feature/cart").file("pay.txt", "1\n").await.unwrap();
    let below = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let above = stage.repo.open_pull("feature/pay").into("feature/cart").await.unwrap();
    below.merge(Method::Merge).await.unwrap();
    stage.repo.delete_branch("feature/cart").await.unwrap();
    assert_eq!(above.state().unwrap().base, "main");
    assert!(above.is_open());
    let lone = stage.repo.branch("lone").from("main").await;
    lone.unwrap();
    above.retarget("lone").await.unwrap();
    stage.repo.delete_branch("lone").await.unwrap();
    assert!(!above.is_open());
}
