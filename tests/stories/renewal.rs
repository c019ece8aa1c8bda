//! Checks that wait for long: GitHub gives up what is in progress for fourteen days.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

/// A pull request into integration, which somebody has frozen for forty days.
async fn frozen(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let said = stage.says(&pull, "rita", "/freeze integration --until 40d --reason \"peak season\"").await;
    assert!(stage.reply(&pull, &said).await.starts_with("**Done**"));
    is_frozen(stage, &pull).await;
    pull
}

async fn is_frozen(stage: &Stage, pull: &PullHandle) {
    let check = stage.check(pull).await;
    assert_eq!((check.0.status.as_str(), check.0.conclusion.as_deref()), ("in_progress", None));
    stage.all_is_read().await;
}

#[tokio::test]
async fn a_check_stays_in_progress_through_a_freeze_of_forty_days() {
    let stage = Stage::set().await;
    let pull = frozen(&stage).await;
    let made = stage.requests("POST", "/check-runs");
    for _day in 1..40 {
        stage.minutes_later(24 * 60).await;
        is_frozen(&stage, &pull).await;
    }
    assert_eq!(stage.requests("POST", "/check-runs") - made, 3, "one in ten days");
    stage.minutes_later(24 * 60 + 1).await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

/// The server may be down when it is due, and GitHub's answer may be lost.
#[tokio::test]
async fn a_check_that_is_made_anew_is_made_once() {
    let mut stage = Stage::set().await;
    let pull = frozen(&stage).await;
    let made = stage.requests("POST", "/check-runs");
    stage.stop().await;
    stage.seconds_later(11 * 24 * 60 * 60);
    let lost = stage.github.faults().rest("POST", "/repos/acme/store/check-runs").reset_after().times(1);
    stage.start().await;
    stage.minutes_later(1).await;
    stage.minutes_later(1).await;
    assert_eq!(lost.hits(), 1);
    assert_eq!(stage.requests("POST", "/check-runs") - made, 1, "what was made is found");
    stage.minutes_later(4 * 24 * 60).await;
    is_frozen(&stage, &pull).await;
    stage.end().await;
}

/// A commit that nobody wants to merge any more gets no check in progress every ten days, for ever.
#[tokio::test]
async fn a_check_that_nobody_waits_for_is_not_made_anew() {
    let stage = Stage::set().await;
    let pull = frozen(&stage).await;
    pull.close().by("ana").await.unwrap();
    stage.quiet().await;
    let made = stage.requests("POST", "/check-runs");
    for _ in 0..3 {
        stage.minutes_later(11 * 24 * 60).await;
        stage.quiet().await;
    }
    assert_eq!(stage.requests("POST", "/check-runs"), made);
    pull.reopen().by("ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.requests("POST", "/check-runs") - made, 1, "GitHub may have given the first one up");
    is_frozen(&stage, &pull).await;
    stage.end().await;
}
