//! Throw-away branches that stand where an environment has been.

use crate::shop::merge;
use crate::stage::{Setting, Stage};
use towpath_sandbox::{Method, PullHandle};

async fn open(stage: &Stage, head: &str, base: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by("rita").await.unwrap()
}

#[tokio::test]
async fn a_release_branch_at_integrations_tip_is_promoted_like_integration() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    stage.store.branch("release/42").from("integration").by("rita").await.unwrap();
    let pull = open(&stage, "release/42", "staging").await;
    let said = stage.check(&pull).await.is("success", "Snapshot of integration → staging");
    said.says("`release/42` points at").says("TP110");
    // Integration moves on, and the snapshot stays what it is.
    stage.later();
    stage.merged_topic("feature/later").await;
    stage.check(&pull).await.is("success", "Snapshot of integration → staging");
    merge(&pull).await.unwrap();
    stage.quiet().await;
    let made = stage.deployments("staging").await;
    assert_eq!(made.len(), 1, "the merge is deployed");
    assert_eq!(made[0].sha(), stage.store.tip("staging").unwrap());
    assert!(pull.comments().is_empty(), "nothing is said of a promotion that ended as it was predicted");
    stage.end().await;
}

#[tokio::test]
async fn a_snapshot_with_a_commit_of_its_own_is_a_topic_and_one_in_a_fork_is_none() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    stage.store.branch("release/42").from("integration").by("rita").await.unwrap();
    let pull = open(&stage, "release/42", "staging").await;
    stage.check(&pull).await.passes();
    stage.later();
    stage.store.commit_on("release/42").file("own.txt", "own\n").by("rita").await.unwrap();
    stage.check(&pull).await.is("failure", "Wrong source: release/42 → staging (needs integration)");
    stage.comment(&pull).await;
    let fork = stage.store.fork("mallory").await.unwrap();
    fork.branch("release/42").from("integration").by("mallory").await.unwrap();
    let theirs = stage.store.open_pull("mallory:release/42").into("staging").by("mallory").await.unwrap();
    stage.check(&theirs).await.fails().says("TP101");
    stage.comment(&theirs).await;
    stage.end().await;
}

#[tokio::test]
async fn a_snapshot_of_staging_waits_for_its_deploy_and_turns_by_itself() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let promotion = open(&stage, "integration", "staging").await;
    stage.check(&promotion).await.passes();
    merge(&promotion).await.unwrap();
    let deployment = stage.deployments("staging").await.pop().unwrap();
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.store.branch("release/42").from("staging").by("rita").await.unwrap();
    let pull = open(&stage, "release/42", "production").await;
    let name = "towpath: production";
    stage.check_named(&pull, name).await.says("staging");
    let waiting = stage.check_named(&pull, name).await;
    assert_eq!(waiting.0.conclusion, None, "{:?}", waiting.0.title);
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.check(&pull).await.is("success", "Snapshot of staging → production");
    stage.end().await;
}

#[tokio::test]
async fn a_squashed_snapshot_is_told_like_a_squashed_promotion() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    stage.store.branch("release/42").from("integration").by("rita").await.unwrap();
    let pull = open(&stage, "release/42", "staging").await;
    stage.check(&pull).await.passes();
    stage.later();
    pull.merge(Method::Squash).by("rita").await.unwrap();
    let told = stage.comment(&pull).await;
    assert!(told.contains("This promotion cut the history of `integration` and `staging`"), "{told}");
    assert!(told.contains("--base integration --head staging"), "{told}");
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_entry_of_the_merge_queue_from_a_snapshot_is_judged_as_that_promotion() {
    let stage = Stage::with(Setting::default()).await;
    stage.merged_topic("feature/cart").await;
    stage.store.branch("release/42").from("integration").by("rita").await.unwrap();
    let pull = open(&stage, "release/42", "staging").await;
    stage.check(&pull).await.passes();
    let group = stage.store.merge_group("staging", [&pull]).by("rita").await.unwrap();
    stage.quiet().await;
    let check = stage.store.check_on(&group.head_sha, "towpath: staging").and_then(|it| it.state()).unwrap();
    assert_eq!(check.conclusion.as_deref(), Some("success"), "{:?}", check.title);
    stage.end().await;
}
