//! Stacks: who is told what of them, whose rules hold, and what the button that rebases one does.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::{Method, PullHandle};

/// With an address for webhooks, where nobody listens.
async fn addressed() -> Stage {
    Stage::set_with(checker().webhook("http://127.0.0.1:9/")).await
}

/// `feature/pay` on `feature/cart` on `main`.
async fn chain(stage: &Stage) -> (PullHandle, PullHandle) {
    stage.repo.commit_on("feature/pay").from("feature/cart").file("pay.txt", "1\n").by("bob").await.unwrap();
    let below = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let above = stage.repo.open_pull("feature/pay").into("feature/cart").await.unwrap();
    (below, above)
}

#[tokio::test]
async fn joining_is_told_and_leaving_is_not() {
    let stage = addressed().await;
    let (below, above) = chain(&stage).await;
    assert_eq!(stage.get("/repos/acme/store/pulls/2").await.body["stack"], Value::Null);
    let stack = stage.repo.stack_pulls([&below, &above]).by("rita").await.unwrap();
    let told = stage.webhooks("pull_request", "stacked").await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["stack"], told[1]["pull_request"]["stack"]);
    let place = |number: u64| {
        let stage = &stage;
        async move { stage.get(&format!("/repos/acme/store/pulls/{number}")).await.body["stack"].clone() }
    };
    let of_above = place(2).await;
    assert_eq!(
        (&of_above["number"], &of_above["position"], &of_above["size"], &of_above["base"]["ref"]),
        (&json!(1), &json!(2), &json!(2), &json!("main"))
    );
    let listed = stage.get("/repos/acme/store/stacks?pull_request=2").await.body;
    assert_eq!(listed[0]["pull_requests"][1]["number"], 2);
    assert_eq!(stage.get("/repos/acme/store/stacks?pull_request=9").await.body, json!([]));
    assert_eq!(stage.get("/repos/acme/store/pulls").await.body[0]["stack"]["number"], 1);

    let refused = stage.repo.stack_pulls([&below, &above]).await.unwrap_err();
    assert_eq!(refused.status, 422);
    let before = stage.heard().await.len();
    stack.unstack().await.unwrap();
    assert_eq!(place(2).await, Value::Null);
    assert_eq!(stage.heard().await.len(), before, "leaving is told to nobody");
    assert_eq!(stage.get("/repos/acme/store/stacks/1").await.status, 404);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn apps_make_extend_and_dissolve_them() {
    let stage = addressed().await;
    chain(&stage).await;
    stage.repo.commit_on("feature/ship").from("feature/pay").file("ship.txt", "1\n").await.unwrap();
    stage.repo.open_pull("feature/ship").into("feature/pay").await.unwrap();
    let stacks = "/repos/acme/store/stacks";
    let wrong = stage.call("POST", stacks, Some(json!({ "pull_requests": [2, 1] }))).await;
    assert_eq!(wrong.status, 422, "from the bottom to the top");
    let made = stage.call("POST", stacks, Some(json!({ "pull_requests": [1, 2] }))).await;
    assert_eq!((made.status, &made.body["base"]["ref"]), (201, &json!("main")));
    let path = format!("{stacks}/1/add");
    let more = stage.call("POST", &path, Some(json!({ "pull_requests": [3] }))).await;
    assert_eq!((more.status, &more.body["pull_requests"][2]["number"]), (200, &json!(3)));
    assert_eq!(stage.webhooks("pull_request", "stacked").await.len(), 3);
    assert_eq!(stage.call("POST", &format!("{stacks}/1/unstack"), None).await.status, 204);
    let again = stage.call("POST", stacks, Some(json!({ "pull_requests": [1, 2] }))).await;
    assert_eq!(again.body["number"], 2, "no number is given twice");
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_rules_of_the_trunk_hold_for_every_member_and_the_lowest_merges_first() {
    let stage = Stage::set().await;
    stage.repo.protect("main").require("ci");
    let (below, above) = chain(&stage).await;
    assert_eq!(above.mergeable_state(), "clean");
    stage.repo.stack_pulls([&below, &above]).await.unwrap();
    assert_eq!(above.mergeable_state(), "blocked");
    let refused = above.merge(Method::Merge).await.unwrap_err();
    assert_eq!(refused.status, 405);
    stage.repo.check(&stage.app, "ci", &below.head_sha()).concluded("success").await.unwrap();
    let answer = stage.call("PUT", "/repos/acme/store/pulls/1/merge", Some(json!({}))).await;
    assert_eq!(answer.status, 405, "{}", answer.body);
    below.merge(Method::Squash).await.unwrap();
    assert_eq!(above.state().unwrap().base, "main");
}

#[tokio::test]
async fn the_button_rebases_by_force_and_keeps_the_authors() {
    let stage = Stage::set().await;
    let (below, above) = chain(&stage).await;
    let stack = stage.repo.stack_pulls([&below, &above]).await.unwrap();
    stage.repo.commit_on("main").file("other.txt", "1\n").await.unwrap();
    let before = above.head_sha();
    stack.rebase().by("rita").await.unwrap();
    let pushes = stage.webhooks("push", "").await;
    let forced: Vec<_> = pushes.iter().filter(|push| push["forced"] == true).collect();
    assert_eq!(forced.len(), 2);
    assert_eq!((&forced[1]["before"], &forced[1]["sender"]["login"]), (&json!(before), &json!("rita")));
    let log = ["log", "--format=%an/%cn", "main..feature/pay"];
    assert_eq!(stage.repo.git(&log).await.unwrap(), "bob/GitHub\nana/GitHub");
    let merges = stage.repo.git(&["merge-base", "main", "feature/pay"]).await.unwrap();
    assert_eq!(Some(merges), stage.repo.tip("main"));

    let linear = above.head_sha();
    stack.rebase().await.unwrap();
    assert_eq!(above.head_sha(), linear, "what is linear stays as it is");
    stage.repo.commit_on("main").file("more.txt", "1\n").await.unwrap();
    stack.rebase().by("rita").committed_by_presser().await.unwrap();
    assert_eq!(stage.repo.git(&log).await.unwrap(), "bob/rita\nana/rita");
    stage.repo.commit_on("main").file("cart.txt", "another\n").await.unwrap();
    assert_eq!(stack.rebase().await.unwrap_err().status, 409);
}
