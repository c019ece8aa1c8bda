//! What nobody told and the regular look has found is followed by all that would have followed the event.

use crate::configuration::FILE;
use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Method, Order, PullHandle};

/// A configuration by which master is on no path.
const WITHOUT_MASTER: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                              - { name: staging, accepts: [integration] }\n  \
                              - { name: production, accepts: [staging] }\ncopy: none\n";

/// The server looks over everything when it starts, as it does every hour.
async fn looked_over(stage: &mut Stage) {
    stage.later();
    stage.restart().await;
}

async fn opened(stage: &Stage, head: &str, base: &str) -> PullHandle {
    stage.store.open_pull(head).into(base).by("ana").await.unwrap()
}

async fn proposed(stage: &Stage, branch: &str, text: &str) {
    stage.later();
    stage.store.commit_on(branch).file(FILE, text).by("ana").await.unwrap();
    stage.quiet().await;
}

#[tokio::test]
async fn a_proposed_file_is_checked_though_its_push_was_told_late_or_never() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "settings", "integration").await;
    let pull = opened(&stage, "settings", "integration").await;
    stage.check(&pull).await.passes();
    stage.github.faults().webhook("pull_request", "synchronize").hold();
    proposed(&stage, "settings", "version: 2\n").await;
    looked_over(&mut stage).await;
    stage.check_named(&pull, "towpath: config").await.fails();
    // The event that comes after all finds nothing left to do.
    stage.github.release_webhooks(Order::AsSent).await;
    stage.check_named(&pull, "towpath: config").await.fails();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_proposed_file_is_checked_where_it_goes_into_a_default_branch_that_is_on_no_path() {
    let mut stage = Stage::set().await;
    stage.configure("master", WITHOUT_MASTER).await;
    for name in ["moved", "opened"] {
        topic(&stage.store, name, "master").await;
    }
    let moved = opened(&stage, "moved", "master").await;
    assert!(stage.is_silent_on(&moved).await);
    for action in ["opened", "synchronize"] {
        stage.github.faults().webhook("pull_request", action).vanish();
    }
    proposed(&stage, "moved", "version: 2\n").await;
    proposed(&stage, "opened", "version: 2\n").await;
    let unheard = opened(&stage, "opened", "master").await;
    looked_over(&mut stage).await;
    for pull in [&moved, &unheard] {
        stage.check_named(pull, "towpath: config").await.fails();
    }
    stage.end().await;
}

/// Two pull requests, the second of which stands on the first.
async fn one_on_another(stage: &Stage) -> (PullHandle, PullHandle) {
    topic(&stage.store, "below", "integration").await;
    topic(&stage.store, "above", "below").await;
    let below = opened(stage, "below", "integration").await;
    let above = opened(stage, "above", "integration").await;
    stage.check(&above).await.is("success", "Warning: stands on #1, still open");
    (below, above)
}

#[tokio::test]
async fn who_stands_on_a_pull_request_follows_a_move_that_nobody_told() {
    let mut stage = Stage::set().await;
    let (below, above) = one_on_another(&stage).await;
    stage.github.faults().webhook("pull_request", "synchronize").vanish();
    stage.later();
    let clean = stage.store.commit_on("other").from("integration").file("other.txt", "x\n");
    let clean = clean.by("ana").await.unwrap();
    stage.store.move_branch("below").to(&clean).by("ana").await.unwrap();
    looked_over(&mut stage).await;
    stage.check(&above).await.is("success", "On the path: above → integration");
    stage.check(&below).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn who_stands_on_a_pull_request_follows_its_end_and_its_return_that_nobody_told() {
    let mut stage = Stage::set().await;
    let (below, above) = one_on_another(&stage).await;
    for action in ["closed", "reopened"] {
        stage.github.faults().webhook("pull_request", action).vanish();
    }
    stage.later();
    below.close().by("ana").await.unwrap();
    looked_over(&mut stage).await;
    stage.check(&above).await.is("success", "On the path: above → integration");
    stage.later();
    below.reopen().by("ana").await.unwrap();
    looked_over(&mut stage).await;
    stage.check(&above).await.is("success", "Warning: stands on #1, still open");
    stage.check(&below).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_promotion_whose_merge_nobody_told_is_told_what_became_of_it() {
    let mut stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let up = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&up).await.passes();
    stage.github.faults().webhook("pull_request", "closed").vanish();
    stage.later();
    up.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    looked_over(&mut stage).await;
    let said = stage.comment(&up).await;
    assert!(said.contains("This promotion cut the history of `integration` and `staging`"), "{said}");
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
    stage.end().await;
}

#[tokio::test]
async fn a_promotion_that_a_look_finds_merged_before_its_event_is_told_what_became_of_it() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let up = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&up).await.passes();
    stage.store.unprotect("staging");
    stage.store.commit_on("staging").file("own.txt", "x\n").by("rita").await.unwrap();
    stage.quiet().await;
    stage.github.faults().webhook("pull_request", "closed").hold();
    stage.later();
    up.merge(Method::Merge).by("rita").await.unwrap();
    stage.quiet().await;
    stage.github.release_webhooks(Order::AsSent).await;
    let said = stage.comment(&up).await;
    assert!(said.contains("`staging` does not hold what was tested on `integration`"), "{said}");
    stage.read(&up);
    stage.end().await;
}

#[tokio::test]
async fn what_was_merged_and_is_nowhere_any_more_is_looked_for_no_longer_than_an_hour() {
    let mut stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let up = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&up).await.passes();
    stage.later();
    // Nobody who listens sees the merge before it is gone.
    stage.stop().await;
    let before = stage.store.tip("staging").unwrap();
    up.merge(Method::Merge).by("rita").await.unwrap();
    stage.store.unprotect("staging");
    stage.store.move_branch("staging").to(&before).by("rita").await.unwrap();
    stage.github.faults().webhook("*", "*").vanish();
    stage.start_at_work().await;
    let looks = async |minutes: i64| {
        stage.github.forget_records();
        stage.minutes_later_at_work(minutes).await;
        stage.requests("GET", "/pulls/2")
    };
    assert!(looks(2).await > 0, "it may be here a little later");
    looks(70).await;
    assert_eq!((looks(2).await, looks(2).await), (0, 0));
    stage.github.faults().clear();
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
    stage.expect_error("");
    stage.end().await;
}
