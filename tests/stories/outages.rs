//! While GitHub answers nobody: news makes no vain calls, and the end of it brings everything.

use crate::shop::topic;
use crate::stage::{Setting, Stage, until};
use std::time::Duration;
use towpath::engine::{BackOff, Settings};

/// Failures wait as long as on a server: in a story only the end of an outage ends such waits.
fn patient() -> Setting {
    let setting = Setting::default();
    let back_off = BackOff {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(10 * 60),
        give_up_after: 16,
    };
    Setting { settings: Settings { back_off, ..setting.settings.clone() }, ..setting }
}

/// How often GitHub was asked whether it is there.
fn asked_whether_it_is_there(stage: &Stage) -> usize {
    stage.requests("GET", "/app")
}

#[tokio::test]
async fn news_during_an_outage_makes_no_calls_and_its_end_brings_all_of_it() {
    let stage = Stage::with(patient()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.github.forget_records();
    stage.github.faults().rest("*", "/**").reset();
    let push = async |n: usize| {
        let commit = stage.store.commit_on("feature/cart").file("cart.txt", format!("{n}\n"));
        commit.message("More of the cart").by("ana").await.unwrap();
    };
    push(0).await;
    until("asked whether it is there", || asked_whether_it_is_there(&stage) > 1).await;
    let about_the_repository = stage.rest_requests();
    for n in 1..=4 {
        push(n).await;
        stage.later();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(stage.rest_requests(), about_the_repository, "it is known that nobody answers");
    stage.github.faults().clear();
    // What waits for long counts as quiet.
    until("judged", || pull.check("towpath: integration").is_some()).await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_waits_for_the_end_of_an_outage_goes_on_at_a_start_after_it() {
    let mut stage = Stage::with(patient()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.forget_records();
    stage.github.faults().rest("*", "/**").reset();
    // It may be asked for before the outage is known.
    stage.expect_error("the mirror could not be brought up to date");
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    until("asked whether it is there", || asked_whether_it_is_there(&stage) > 2).await;
    stage.stop().await;
    stage.github.faults().clear();
    stage.start_at_work().await;
    until("judged", || pull.check("towpath: integration").is_some()).await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_address_of_the_app_that_fails_alone_keeps_no_work_waiting() {
    for broken in ["/app/hook/deliveries", "/app/installations/*/access_tokens"] {
        let mut stage = Stage::with(patient()).await;
        stage.stop().await;
        topic(&stage.store, "feature/cart", "integration").await;
        let fault = stage.github.faults().rest("*", broken).status(502).times(4);
        stage.start_at_work().await;
        stage.github.forget_records();
        let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
        until("judged", || pull.check("towpath: integration").is_some()).await;
        assert!(fault.hits() > 0, "{broken}");
        stage.check(&pull).await.passes();
        stage.end().await;
    }
}

#[tokio::test]
async fn a_repository_that_fails_alone_is_no_outage() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.github.forget_records();
    let broken = stage.github.faults().rest("*", "/repos/*").status(502).times(8);
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(broken.hits(), 8, "it was tried by the usual waits");
    assert!(asked_whether_it_is_there(&stage) > 0, "and it was found out that the rest works");
    stage.end().await;
}
