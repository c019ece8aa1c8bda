//! Hotfixes of which nobody told while they went in: the next comparison finds them.

use crate::hotfixes::{comes_back, contains, ended, shop};
use crate::shop::topic;
use crate::stage::Stage;

/// Nothing of what happens meanwhile is ever told again.
async fn unheard(stage: &mut Stage, happens: impl AsyncFnOnce(&Stage)) {
    stage.stop().await;
    happens(stage).await;
    stage.github.faults().rest("GET", "/app/hook/deliveries*").answer(200, "application/json", "[]");
    stage.start().await;
}

#[tokio::test]
async fn one_that_was_opened_and_merged_while_the_server_was_down_gets_its_account() {
    let mut stage = shop().await;
    unheard(&mut stage, async |stage| {
        topic(&stage.store, "hotfix/price", "production").await;
        stage.store.open_pull("hotfix/price").into("production").by("ben").await.unwrap();
        stage.store.merge("hotfix/price").into("production").no_ff().by("rita").await.unwrap();
    })
    .await;
    let hotfix = stage.store.pulls().remove(0);
    let line = "carries this hotfix back to `integration`";
    contains(
        &comes_back(&stage, &hotfix).await,
        &[line, "* `integration`: **owed**.", "`staging`: **owed**"],
    );
    assert_eq!(stage.store.pulls().len(), 2);
    // It is found once, also where it is looked again.
    stage.restart().await;
    assert_eq!(stage.store.pulls().len(), 2);
    ended(stage).await;
}

#[tokio::test]
async fn one_that_was_fast_forwarded_while_nobody_told_gets_its_account() {
    let mut stage = shop().await;
    topic(&stage.store, "hotfix/price", "production").await;
    stage.store.commit_on("hotfix/price").file("price.php", "repaired").by("ben").await.unwrap();
    let hotfix = stage.store.open_pull("hotfix/price").into("production").by("ben").await.unwrap();
    stage.check(&hotfix).await.passes();
    let tip = stage.store.tip("hotfix/price").unwrap();
    unheard(&mut stage, async |stage| {
        stage.store.move_branch("production").to(&tip).by("rita").await.unwrap();
    })
    .await;
    assert!(hotfix.merged());
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back", "`staging`: **owed**"]);
    let range = format!("integration..towpath/carry/{}", hotfix.number());
    let picked = stage.store.git(&["rev-list", &range]).await.unwrap();
    assert_eq!(picked.lines().count(), 2, "both of its commits: {picked}");
    ended(stage).await;
}

#[tokio::test]
async fn one_of_which_only_the_push_was_told_gets_its_account() {
    let mut stage = shop().await;
    stage.github.faults().webhook("pull_request", "*").vanish();
    topic(&stage.store, "hotfix/price", "production").await;
    stage.store.open_pull("hotfix/price").into("production").by("ben").await.unwrap();
    stage.store.merge("hotfix/price").into("production").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    stage.github.faults().clear();
    assert_eq!(stage.store.pulls().len(), 1);
    stage.restart().await;
    let hotfix = stage.store.pulls().remove(0);
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back", "`staging`: **owed**"]);
    // It is looked for once more, and found once.
    stage.restart().await;
    assert_eq!(stage.store.pulls().len(), 2);
    ended(stage).await;
}
