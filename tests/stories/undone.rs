//! What merging a topic would do to files, as people see it on GitHub.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath::model::{Code, DocsUrl};

/// Writes the message of `git revert -m 1`.
fn reverting(subject: &str, of: &str, parent: &str) -> String {
    format!("Revert \"{subject}\"\n\nThis reverts commit {of}, reversing\nchanges made to {parent}.")
}

#[tokio::test]
async fn an_update_that_was_taken_back_is_told_with_the_pull_requests_that_would_go() {
    let stage = Stage::set().await;
    let own = topic(&stage.store, "feature/cart", "integration").await;
    topic(&stage.store, "feature/till", "integration").await;
    let till = stage.store.open_pull("feature/till").into("integration").by("ben").await.unwrap();
    stage.check(&till).await.passes();
    merge(&till).await.unwrap();
    let update = stage.store.merge("integration").into("feature/cart").no_ff().by("ana").await.unwrap();
    let message = reverting("Merge branch 'integration' into feature/cart", &update, &own);
    let revert = stage.store.commit_on("feature/cart").without("feature-till.txt").message(&message);
    revert.by("ana").await.unwrap();
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let said = stage.check(&pull).await.is("success", &format!("Warning: takes away #{}", till.number()));
    let link = format!("[TP207: what it means]({})", DocsUrl::default().finding(Code::UndoesMergedWork));
    said.says("merging this takes it away from there").says(&link);
    // Put back, nothing is lost.
    let back = stage.store.commit_on("feature/cart").file("feature-till.txt", "feature/till\n");
    back.by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_topic_whose_work_has_come_another_way_is_told_when_it_comes() {
    let stage = Stage::set().await;
    let own = topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.commit_on("integration").file("other.txt", "other\n").by("ben").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.cherry_pick(&own).onto("integration").by("ben").await.unwrap();
    let said = stage.check(&pull).await.is("success", "Warning: changes nothing in integration");
    said.says("gh pr close");
    stage.end().await;
}
