//! What people do besides: drafts, forks, buttons, renames, two pull requests with one head.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};

#[tokio::test]
async fn drafts_and_reopened_pull_requests_are_judged() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").draft().by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull.close().by("ana").await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/cart", "integration").await;
    pull.reopen().by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_branch_called_integration_in_a_fork_is_not_integration() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    fork.commit_on("integration").file("theirs.txt", "theirs\n").by("mallory").await.unwrap();
    let pull = stage.store.open_pull("mallory:integration").into("staging").by("mallory").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    assert!(merge(&pull).await.is_err());
    stage.end().await;
}

#[tokio::test]
async fn a_topic_from_a_fork_passes_even_when_the_fork_is_gone() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&fork, "feature/gift", "integration").await;
    let pull = stage.store.open_pull("mallory:feature/gift").into("integration").by("mallory").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.delete_fork("mallory").await.unwrap();
    stage.quiet().await;
    stage.end().await;
}

#[tokio::test]
async fn two_pull_requests_with_one_head_have_a_check_for_each_base() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let into_integration = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let into_staging = stage.store.open_pull("feature/cart").into("staging").by("ana").await.unwrap();
    stage.check(&into_integration).await.passes();
    stage.check(&into_staging).await.fails();
    stage.comment(&into_staging).await;
    merge(&into_integration).await.unwrap();
    stage.quiet().await;
    stage.end().await;
}

#[tokio::test]
async fn pressing_re_run_or_re_check_answers_again() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "master").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    for press in ["re-run", "re-run all", "recheck"] {
        stage.github.forget_records();
        let check = pull.check("towpath: integration").unwrap();
        match press {
            "re-run" => check.rerequest("ana").await.unwrap(),
            "re-run all" => check.rerequest_suite("ana").await.unwrap(),
            button => check.press(button, "ana").await.unwrap(),
        }
        stage.check(&pull).await.fails();
        let id = check.state().unwrap().id;
        let sent = stage.requests("PATCH", &format!("/check-runs/{id}"));
        assert_eq!(sent, 1, "{press}: {:?}", stage.github.request_counts());
    }
    stage.end().await;
}

#[tokio::test]
async fn a_renamed_repository_is_still_looked_after() {
    let stage = Stage::set().await;
    stage.store.rename("shop").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_was_open_before_the_installation_is_judged_then() {
    let stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    topic(&stage.store, "feature/cart", "master").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&pull).await, "the App is not installed here");
    stage.installation.add([&stage.store]).await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn form_encoded_webhooks_work_too() {
    let stage = Stage::with(Setting { form_encoded: true, ..Setting::default() }).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_missing_environment_is_named_and_its_making_heals_the_verdict() {
    let branches = vec!["integration", "production"];
    let stage = Stage::with(Setting { branches, ..Setting::default() }).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let said = stage.check(&pull).await;
    said.is("action_required", "Could not decide: staging does not exist").says("staging");
    assert!(merge(&pull).await.is_err(), "unknown is never a pass");
    stage.store.branch("staging").from("production").by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_repository_without_any_environment_is_left_alone() {
    let stage = Stage::with(Setting { branches: vec![], ..Setting::default() }).await;
    topic(&stage.store, "feature/cart", "master").await;
    let pull = stage.store.open_pull("feature/cart").into("master").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&pull).await, "nobody here asked for a path");
    assert_eq!(stage.mirrors(), 0, "nor to be copied");
    stage.end().await;
}
