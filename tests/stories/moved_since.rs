//! Where a topic was when a comment was written is told by every push of it, not by the first of each commit.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Order, PullHandle};

const TOPIC: &str = "feature/late";

/// A topic with two commits, and a pull request of it to the wrong branch. It is back at the first commit.
async fn back_at_the_first(stage: &Stage) -> (PullHandle, [String; 2]) {
    let first = topic(&stage.store, TOPIC, "integration").await;
    let pull = stage.store.open_pull(TOPIC).into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.seconds_later(5);
    let second = stage.store.commit_on(TOPIC).file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.seconds_later(5);
    force(stage, &first).await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    (pull, [first, second])
}

async fn force(stage: &Stage, to: &str) {
    stage.store.move_branch(TOPIC).to(to).by("ana").await.unwrap();
}

async fn retargeted(stage: &Stage, pull: &PullHandle) {
    stage.check(pull).await.passes();
    let left = stage.check_named(pull, "towpath: production").await;
    left.is("cancelled", "No longer checked: #1 now goes into integration");
    stage.comment(pull).await;
}

fn begins(reply: &str, words: &str) {
    assert!(reply.starts_with(words), "{reply}");
}

#[tokio::test]
async fn a_commit_that_is_pushed_again_right_before_the_comment_was_moved_to_just_then() {
    let stage = Stage::set().await;
    let (pull, [first, second]) = back_at_the_first(&stage).await;
    stage.seconds_later(4);
    force(&stage, &second).await;
    let comment = pull.comment("/retarget integration").by("ana").await.unwrap();
    let reply = stage.reply(&pull, &comment).await;
    begins(&reply, "**Refused** `/retarget integration`");
    assert!(reply.contains(&format!("`{}` → `{}`", &first[..9], &second[..9])), "{reply}");
    assert_eq!(pull.state().unwrap().base, "production");
    let again = stage.says(&pull, "ana", "/retarget integration").await;
    begins(&stage.reply(&pull, &again).await, "**Done**");
    retargeted(&stage, &pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_went_back_and_rests_has_not_moved() {
    let stage = Stage::set().await;
    let (pull, _) = back_at_the_first(&stage).await;
    let comment = stage.says(&pull, "ana", "/retarget integration").await;
    begins(&stage.reply(&pull, &comment).await, "**Done** `/retarget integration`");
    retargeted(&stage, &pull).await;
    stage.end().await;
}

/// However the three pushes of one second are told, with one that is never told among them or none.
async fn three_pushes_within_a_second(order: Order, is_lost: bool) {
    let stage = Stage::set().await;
    stage.github.faults().webhook("push", "*").hold();
    topic(&stage.store, TOPIC, "integration").await;
    if is_lost {
        stage.github.faults().clear();
        stage.github.faults().webhook("push", "*").lose();
    }
    stage.store.commit_on(TOPIC).file("two.txt", "x\n").by("ana").await.unwrap();
    stage.github.faults().clear();
    stage.github.faults().webhook("push", "*").hold();
    stage.store.commit_on(TOPIC).file("three.txt", "x\n").by("ana").await.unwrap();
    stage.github.faults().clear();
    stage.github.release_webhooks(order).await;
    let pull = stage.store.open_pull(TOPIC).into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let comment = stage.says(&pull, "ana", "/retarget integration").await;
    begins(&stage.reply(&pull, &comment).await, "**Done** `/retarget integration`");
    retargeted(&stage, &pull).await;
    stage.end().await;
}

#[tokio::test]
async fn pushes_within_one_second_refuse_nothing_later() {
    three_pushes_within_a_second(Order::AsSent, false).await;
}

#[tokio::test]
async fn nor_do_they_when_the_last_is_told_first() {
    three_pushes_within_a_second(Order::Reversed, false).await;
}

#[tokio::test]
async fn nor_where_one_of_them_was_never_told() {
    three_pushes_within_a_second(Order::Reversed, true).await;
}

#[tokio::test]
async fn what_is_told_late_of_an_older_push_looks_no_newer() {
    let stage = Stage::set().await;
    topic(&stage.store, TOPIC, "integration").await;
    let pull = stage.store.open_pull(TOPIC).into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.seconds_later(5);
    stage.github.faults().webhook("push", "*").hold();
    stage.store.commit_on(TOPIC).file("two.txt", "x\n").by("ana").await.unwrap();
    stage.quiet().await;
    stage.seconds_later(5);
    stage.store.commit_on(TOPIC).file("three.txt", "x\n").by("ana").await.unwrap();
    stage.quiet().await;
    stage.seconds_later(20);
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::Reversed).await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let comment = pull.comment("/retarget integration").by("ana").await.unwrap();
    begins(&stage.reply(&pull, &comment).await, "**Done** `/retarget integration`");
    retargeted(&stage, &pull).await;
    stage.end().await;
}
