//! Topics and promotions, and what happens to a verdict when something moves.

use crate::shop::{merge, topic};
use crate::stage::Stage;

#[tokio::test]
async fn a_topic_from_integration_passes_and_merges() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert!(merge(&pull).await.is_err(), "before the verdict the required check is missing");
    stage.check(&pull).await.is("success", "On the path: feature/cart → integration");
    merge(&pull).await.unwrap();
    assert!(pull.comments().is_empty(), "a pass needs no comment");
    stage.end().await;
}

#[tokio::test]
async fn a_topic_from_master_fails_with_a_repair_that_keeps_its_work() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "master").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let said = stage.check(&pull).await.fails();
    let said = said.says("Put its own commit onto `integration`").says("git cherry-pick");
    let refusal = merge(&pull).await.unwrap_err();
    assert!(refusal.to_string().contains("towpath: integration"), "{refusal}");
    let comment = stage.comment(&pull).await;
    let check = format!("/acme/store/pull/{}/checks)", pull.number());
    assert!(
        comment.contains("Do not merge this pull request as it is.") && comment.contains(&check),
        "{comment}"
    );
    drop(said);

    // The repair, as the words say it.
    let own = stage.store.tip("feature/cart").unwrap();
    stage.store.branch("clean").from("integration").by("ana").await.unwrap();
    let clean = stage.store.cherry_pick(&own).onto("clean").by("ana").await.unwrap();
    stage.store.move_branch("feature/cart").to(&clean).by("ana").await.unwrap();
    stage.check(&pull).await.is("success", "On the path: feature/cart → integration");
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("on the path now") && comment.contains("What was wrong before"), "{comment}");
    merge(&pull).await.unwrap();
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("| `integration` | ⏳ being deployed |"), "{comment}");
    stage.end().await;
}

#[tokio::test]
async fn a_release_travels_from_integration_to_production() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    stage.store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    for (from, into) in [("integration", "staging"), ("staging", "production"), ("production", "master")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.is("success", &format!("On the path: {from} → {into}"));
        merge(&pull).await.unwrap();
    }
    // Nobody has said that production was deployed; but master holds its files by the last pull request.
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    stage.end().await;
}

#[tokio::test]
async fn a_hotfix_that_is_only_on_production_holds_the_next_release() {
    let stage = Stage::set().await;
    let hotfix = stage.store.commit_on("production").file("hotfix.txt", "now\n").message("Stop the leak");
    hotfix.by("rita").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.store.merge("feature/cart").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&pull).await.fails().says("Stop the leak");
    stage.comment(&pull).await;
    // Carried back by a merge into integration and promoted again, it is on the path.
    stage.store.merge("production").into("integration").no_ff().by("rita").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_topic_straight_into_production_is_refused_and_follows_its_base() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    let title = "Wrong source: feature/cart → production (needs staging)";
    stage.check(&pull).await.is("failure", title);
    stage.comment(&pull).await;
    pull.retarget("integration").by("ana").await.unwrap();
    stage.check(&pull).await.is("success", "On the path: feature/cart → integration");
    let retired = stage.check_named(&pull, "towpath: production").await;
    retired.is("cancelled", "No longer checked: #1 now goes into integration");
    // Back again: the old verdict must not be left retired.
    pull.retarget("production").by("ana").await.unwrap();
    stage.check(&pull).await.is("failure", title);
    let retired = stage.check_named(&pull, "towpath: integration").await;
    retired.is("cancelled", "No longer checked: #1 now goes into production");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_verdict_changes_when_the_base_moves() {
    let stage = Stage::set().await;
    // Cut from staging, which is ahead: foreign, until the same commits come to integration by the path.
    topic(&stage.store, "feature/early", "staging").await;
    let pull = stage.store.open_pull("feature/early").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.store.merge("staging").into("integration").no_ff().by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_push_that_changes_no_verdict_costs_one_call() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.github.forget_records();
    stage.later();
    topic(&stage.store, "feature/cart", "integration").await;
    stage.check(&pull).await.passes();
    assert_eq!(stage.rest_requests(), 1, "{:?}", stage.github.request_counts());
    stage.github.forget_records();
    stage.store.commit_on("integration").file("other.txt", "moved\n").by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    // All of them are of the deploy: who pushed, whether there is one, that it is made, that it waits.
    assert_eq!(stage.rest_requests(), 4, "{:?}", stage.github.request_counts());
    assert_eq!(stage.requests("POST", "/check-runs"), 0);
    stage.end().await;
}

#[tokio::test]
async fn nothing_is_said_where_no_environment_is_concerned() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/base", "integration").await;
    topic(&stage.store, "feature/on-top", "feature/base").await;
    let pull = stage.store.open_pull("feature/on-top").into("feature/base").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&pull).await);
    stage.end().await;
}
