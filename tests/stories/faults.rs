//! GitHub, git and the network at their worst.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use std::time::Duration;
use towpath_sandbox::CheckHandle;

const CHECK_RUNS: &str = "/repos/*/check-runs";
const COMMENTS: &str = "/repos/*/issues/*/comments";

#[tokio::test]
async fn a_check_whose_answer_was_lost_is_found_and_not_made_twice() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "master").await;
    stage.github.forget_records();
    stage.github.faults().rest("POST", CHECK_RUNS).reset_after().times(1);
    stage.github.faults().rest("POST", COMMENTS).reset_after().times(1);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    assert_eq!(stage.requests("POST", "/check-runs"), 1);
    assert_eq!(stage.requests("POST", "/comments"), 1);
    assert_eq!(pull.checks().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn errors_of_github_are_waited_out() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.faults().rest("POST", CHECK_RUNS).status(502).times(3);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn a_rate_limit_is_respected_and_outlived() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.forget_records();
    let limited = stage.github.faults().rest("POST", CHECK_RUNS).rate_limited(1).times(1);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(limited.hits(), 1);
    assert_eq!(
        stage.requests("POST", "/check-runs"),
        2,
        "one was limited, nothing came before the wait was over"
    );
    stage.end().await;
}

#[tokio::test]
async fn while_git_does_not_answer_the_check_says_so_and_heals() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.expect_error("the mirror could not be brought up to date");
    let broken = stage.github.faults().rest("*", "/acme/store.git/**").status(500);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let said = loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Some(state) = pull.check("towpath: integration").and_then(|check| check.state()) {
            break state;
        }
    };
    assert_eq!(said.conclusion.as_deref(), Some("action_required"), "{:?}", said.title);
    assert!(said.title.unwrap().starts_with("Could not decide: "));
    assert!(merge(&pull).await.is_err(), "unknown is never a pass");
    broken.remove();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn webhooks_that_come_twice_late_or_shuffled_end_the_same() {
    let stage = Stage::set().await;
    stage.github.faults().webhook("pull_request", "*").double();
    stage.github.faults().webhook("push", "*").delay_by(3);
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("staging").by("ana").await.unwrap();
    pull.retarget("integration").by("ana").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.release_webhooks(towpath_sandbox::Order::Shuffled(7)).await;
    stage.check(&pull).await.passes();
    stage.github.faults().clear();
    let mut checks: Vec<_> = pull.checks().iter().filter_map(CheckHandle::state).collect();
    assert_eq!(checks.iter().filter(|it| it.name == "towpath: integration").count(), 1, "{checks:?}");
    // Whether staging was asked about before the base was changed depends on the order in which the news came.
    checks.retain(|it| it.name != "towpath: integration");
    for other in &checks {
        stage
            .check_named(&pull, "towpath: staging")
            .await
            .is("cancelled", "No longer checked: #1 now goes into integration");
        assert_eq!(other.name, "towpath: staging");
    }
    assert!(checks.len() <= 1, "{checks:?}");
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn what_happened_while_the_server_was_down_is_made_good() {
    let mut stage = Stage::set().await;
    stage.stop().await;
    topic(&stage.store, "feature/cart", "integration").await;
    topic(&stage.store, "feature/late", "master").await;
    let clean = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let foreign = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.github.settled().await;
    stage.start().await;
    stage.check(&clean).await.passes();
    stage.check(&foreign).await.fails();
    stage.comment(&foreign).await;
    stage.end().await;
}

#[tokio::test]
async fn a_webhook_that_github_never_sent_is_made_good_by_looking() {
    let mut stage = Stage::set().await;
    stage.github.faults().webhook("pull_request", "*").vanish();
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.quiet().await;
    assert!(pull.checks().is_empty());
    stage.github.faults().clear();
    stage.restart().await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_lost_delivery_that_nobody_needs_is_never_asked_for() {
    let mut stage = Stage::set().await;
    stage.stop().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.settled().await;
    stage.start().await;
    let asked = stage.requests("POST", "/attempts");
    assert_eq!(asked, 1, "the push, and not the suite that GitHub made for it");
    stage.restart().await;
    assert_eq!(stage.requests("POST", "/attempts"), asked, "it is known now");
    stage.end().await;
}

#[tokio::test]
async fn a_token_that_github_refuses_is_replaced() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let words = "{\"message\":\"Bad credentials\"}";
    stage.github.faults().rest("POST", CHECK_RUNS).answer(401, "application/json", words).times(1);
    stage.github.forget_records();
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(stage.requests("POST", "/access_tokens"), 1);
    assert_eq!(stage.requests("POST", "/check-runs"), 2);
    stage.end().await;
}
