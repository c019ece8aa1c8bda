//! Acts that cannot be taken up: they hold no other up, and end when nobody expects them any more.

use crate::shop::topic;
use crate::stage::{Stage, until};
use towpath_sandbox::{CommentHandle, PullHandle};

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

fn has(comment: &CommentHandle, reaction: &str) -> bool {
    comment.reactions().iter().any(|(_, content)| content == reaction)
}

/// Somebody asks for a deploy while git does not answer, so that it cannot be taken up.
async fn asked_in_vain(stage: &Stage, pull: &PullHandle) -> CommentHandle {
    stage.seconds_later(5);
    stage.github.faults().rest("*", "/*/info/refs").status(502);
    let comment = pull.comment("/deploy staging").by("ana").await.unwrap();
    until("seen", || has(&comment, "eyes")).await;
    comment
}

#[tokio::test]
async fn an_act_that_cannot_be_taken_up_holds_no_other_up() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let stuck = asked_in_vain(&stage, &pull).await;
    let other = pull.comment("/lock staging --reason x").by("ana").await.unwrap();
    until("the other act is done", || has(&other, "+1")).await;
    assert!(!has(&stuck, "+1") && !has(&stuck, "-1"), "{:?}", stuck.reactions());
    stage.github.faults().clear();
    assert!(stage.reply(&pull, &stuck).await.contains("Staging is locked: ana holds lock 1"));
    assert!(stage.reply(&pull, &other).await.starts_with("**Done** `/lock staging"));
    assert!(stage.deployments("staging").await.is_empty());
    stage.expect_error("");
    stage.end().await;
}

#[tokio::test]
async fn an_act_that_has_waited_for_an_hour_ends_and_is_not_done_later() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let stuck = asked_in_vain(&stage, &pull).await;
    stage.seconds_later_until(11, || has(&stuck, "rocket")).await;
    stage.minutes_later_at_work(61).await;
    until("it is over", || has(&stuck, "-1")).await;
    stage.github.faults().clear();
    let reply = stage.reply(&pull, &stuck).await;
    assert!(
        reply.starts_with(
            "**Refused** `/deploy staging`: nothing was deployed. The comment is 61 min old; write"
        ),
        "{reply}"
    );
    assert!(stage.deployments("staging").await.is_empty());
    let log = crate::rollback::towpath(&stage, &["audit"]).await.words;
    assert!(log.contains("the comment is 61 min old"), "{log}");
    stage.expect_error("");
    stage.end().await;
}
