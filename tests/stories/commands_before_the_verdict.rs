//! Commands that are written before the pull request is judged: they wait for that, and then get the true answer.

use crate::shop::topic;
use crate::stage::{Stage, until};
use towpath_sandbox::{Order, PullHandle};

/// A topic that carries staging's history, opened just now. Nothing of it can be fetched until that is let go on.
async fn opened_just_now(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/late", "staging").await;
    stage.quiet().await;
    stage.seconds_later(60);
    stage.github.faults().rest("*", "/*/info/refs").hang_until_released();
    stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap()
}

#[tokio::test]
async fn what_is_written_right_after_opening_is_answered_by_the_first_verdict() {
    let stage = Stage::set().await;
    let pull = opened_just_now(&stage).await;
    let asked = pull.comment("/why\n/where").by("ana").await.unwrap();
    let acted = pull.comment("/override TP201 --reason x").by("rita").await.unwrap();
    let eyes = || acted.reactions().len() + asked.reactions().len() == 2;
    until("both comments were seen", eyes).await;
    stage.github.faults().clear();
    let reply = stage.reply(&pull, &acted).await;
    assert!(reply.starts_with("**Done** `/override TP201"), "{reply}");
    let reply = stage.reply(&pull, &asked).await;
    assert!(reply.contains("**Done** `/why`: For `integration`, the check"), "{reply}");
    assert!(reply.contains("**Done** `/where`: `#1` is open"), "{reply}");
    assert_eq!(stage.reactions(&acted).await, ["eyes", "+1"]);
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.comment(&pull).await;
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn a_comment_that_comes_before_the_news_of_its_pull_request_waits_for_the_verdict() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "staging").await;
    stage.quiet().await;
    stage.github.faults().webhook("pull_request", "opened").hold().times(1);
    stage.seconds_later(60);
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    let comment = stage.says(&pull, "rita", "/rebuild").await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Done** `/rebuild`: made the branch"), "{reply}");
    stage.github.release_webhooks(Order::AsSent).await;
    stage.quiet().await;
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

#[tokio::test]
async fn what_is_written_right_after_a_push_is_about_what_was_pushed() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "staging").await;
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.seconds_later(60);
    stage.github.faults().webhook("pull_request", "synchronize").hold();
    stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
    let comment = stage.says(&pull, "rita", "/override TP201 --reason x").await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Done** `/override TP201"), "{reply}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    stage.quiet().await;
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn who_waits_for_a_verdict_in_vain_is_told_so() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "staging").await;
    stage.quiet().await;
    stage.seconds_later(60);
    stage.github.faults().webhook("pull_request", "opened").hold().times(1);
    stage.github.faults().rest("GET", "/repos/*/pulls/1").status(502);
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    let comment = pull.comment("/override TP201 --reason x").by("rita").await.unwrap();
    until("the comment was seen", || comment.reactions().len() == 1).await;
    stage.seconds_later_until(11, || comment.reactions().len() == 2).await;
    stage.seconds_later(11 * 60);
    until("it is refused", || comment.reactions().len() == 3).await;
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(
        reply.contains("nothing was overridden. Towpath has not judged the pull request as it is now"),
        "{reply}"
    );
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket", "-1"]);
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.expect_error("");
    stage.end().await;
}
