//! What an outage, a loss or a stale word leaves behind, and how it is made good.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage, soon_given_up};
use towpath::model::{PullNumber, RepositoryId, UnixMillis};
use towpath::store::{ConcurrencyLimits, DeliveryFilter, Store, WorkItem};

const GIT: &str = "/acme/store.git*";
const CHECK_RUNS: &str = "/repos/*/check-runs";

#[tokio::test]
async fn what_was_given_up_during_an_outage_is_made_good_by_the_next_comparison() {
    let mut stage = Stage::with(soon_given_up()).await;
    stage.expect_error("given up");
    stage.expect_error("the mirror could not be brought up to date");
    topic(&stage.store, "feature/undecided", "integration").await;
    topic(&stage.store, "feature/unshown", "integration").await;
    stage.github.faults().rest("*", GIT).status(500);
    let undecided = stage.store.open_pull("feature/undecided").into("integration").by("ana").await.unwrap();
    let said = stage.check(&undecided).await;
    assert_eq!(said.0.conclusion.as_deref(), Some("action_required"), "{:?}", said.0.title);
    stage.github.faults().clear();
    stage.github.faults().rest("POST", CHECK_RUNS).status(502);
    let unshown = stage.store.open_pull("feature/unshown").into("integration").by("ana").await.unwrap();
    stage.quiet().await;
    assert!(unshown.checks().is_empty());
    stage.github.faults().clear();
    stage.restart().await;
    stage.check(&undecided).await.passes();
    stage.check(&unshown).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_installation_while_git_does_not_answer_says_so_on_every_pull_request() {
    let stage = Stage::with(Setting { installed: false, ..soon_given_up() }).await;
    stage.expect_error("given up");
    stage.expect_error("the mirror could not be brought up to date");
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.github.faults().rest("*", GIT).status(500);
    stage.installation.add([&stage.store]).await.unwrap();
    let said = stage.check(&pull).await;
    assert_eq!(said.0.conclusion.as_deref(), Some("action_required"), "{:?}", said.0.title);
    stage.github.faults().clear();
    let check = pull.check("towpath: integration").unwrap();
    check.press("recheck", "ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_pull_request_that_github_no_longer_finds_does_not_hide_the_others() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/gone", "integration").await;
    let gone = stage.store.open_pull("feature/gone").into("integration").by("ana").await.unwrap();
    stage.check(&gone).await.passes();
    stage.stop().await;
    gone.close().by("ana").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    // Their events are lost for good.
    stage.github.faults().rest("GET", "/app/hook/deliveries*").answer(200, "application/json", "[]");
    stage.github.faults().rest("GET", &format!("/repos/acme/store/pulls/{}", gone.number())).status(404);
    stage.start().await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_delivery_that_cannot_be_had_again_does_not_hide_the_others() {
    let mut stage = Stage::set().await;
    stage.stop().await;
    topic(&stage.store, "feature/a", "integration").await;
    topic(&stage.store, "feature/b", "integration").await;
    stage.github.settled().await;
    stage.github.forget_records();
    stage.github.faults().rest("POST", "/app/hook/deliveries/*/attempts").status(404).times(1);
    stage.start().await;
    assert_eq!(stage.requests("POST", "/attempts"), 2);
    stage.end().await;
}

#[tokio::test]
async fn a_commit_that_github_does_not_know_yet_gets_its_check_a_moment_later() {
    let stage = Stage::set().await;
    let unknown = "{\"message\":\"No commit found for SHA\"}";
    let fault =
        stage.github.faults().rest("POST", CHECK_RUNS).answer(422, "application/json", unknown).times(2);
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    assert_eq!(fault.hits(), 2);
    stage.end().await;
}

#[tokio::test]
async fn a_pull_request_that_leaves_the_path_is_judged_no_more() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/cart", "master").await;
    let stray = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&stray).await.fails();
    stage.comment(&stray).await;
    stage.later();
    stray.retarget("feature/base").by("ana").await.unwrap();
    let taken_back = stage.check_named(&stray, "towpath: integration").await;
    assert_eq!(taken_back.0.conclusion.as_deref(), Some("cancelled"), "{:?}", taken_back.0.title);
    assert!(stage.comment(&stray).await.contains("No longer checked"));
    stage.later();
    stray.retarget("integration").by("ana").await.unwrap();
    stage.check(&stray).await.fails();
    stage.comment(&stray).await;
    // And when nobody tells of it.
    stage.later();
    stage.github.faults().webhook("pull_request", "edited").vanish();
    stray.retarget("feature/base").by("ana").await.unwrap();
    stage.github.faults().clear();
    stage.restart().await;
    let taken_back = stage.check_named(&stray, "towpath: integration").await;
    assert_eq!(taken_back.0.conclusion.as_deref(), Some("cancelled"), "{:?}", taken_back.0.title);
    assert!(stage.comment(&stray).await.contains("No longer checked"));
    stage.end().await;
}

#[tokio::test]
async fn who_shared_a_check_is_free_when_the_other_leaves_the_path() {
    let stage = Stage::set().await;
    // A throw-away branch at staging's tip is judged as staging, unless a project wants none.
    let text = "version: 1\nrules: { TP110: off }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.store.branch("shortcut").from("staging").by("ana").await.unwrap();
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let shortcut = stage.store.open_pull("shortcut").into("production").by("ana").await.unwrap();
    stage.check(&release).await.fails();
    stage.comment(&shortcut).await;
    stage.later();
    shortcut.retarget("feature/base").by("ana").await.unwrap();
    stage.check(&release).await.passes();
    assert!(stage.comment(&shortcut).await.contains("No longer checked"));
    merge(&release).await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn a_lost_database_makes_no_second_comment() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "master").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn an_old_delivery_does_not_bring_an_old_name_back() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.rename("shop").await.unwrap();
    stage.quiet().await;
    let store = stage.database();
    for delivery in store.deliveries(&DeliveryFilter { state: None, limit: 1_000 }).await.unwrap() {
        store.replay(delivery.id, UnixMillis(0)).await.unwrap();
    }
    store.close().await;
    stage.quiet().await;
    let store = stage.database();
    let row = store.repositories(None).await.unwrap().remove(0);
    assert_eq!((row.full_name.as_str(), row.id), ("acme/shop", RepositoryId(stage.store.id())));
    store.close().await;
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn work_that_ends_without_a_word_again_and_again_is_given_up() {
    let mut stage = Stage::set().await;
    stage.expect_error("given up");
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.stop().await;
    // As when it took the whole process along each time.
    let store = stage.database();
    let item = WorkItem::PullRequest(RepositoryId(stage.store.id()), PullNumber(pull.number()));
    store.mark(vec![item.clone()], UnixMillis(0)).await.unwrap();
    for start in (0..60).map(UnixMillis) {
        let lease = store.lease(start, ConcurrencyLimits::NONE).await.unwrap().unwrap();
        assert_eq!(lease.item, item);
        store.reclaim(start).await.unwrap();
    }
    store.close().await;
    stage.start().await;
    let store = stage.database();
    let given_up = store.given_up(10).await.unwrap();
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].item, item);
    assert!(given_up[0].error.as_ref().unwrap().contains("without a result"), "{given_up:?}");
    store.close().await;
    // The next event revives it.
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    stage.end().await;
}
