//! A clean branch is made once: whoever asks again is told of the pull request that is open from it.

use crate::shop::topic;
use crate::stage::Stage;

#[tokio::test]
async fn a_second_rebuild_names_the_pull_request_of_the_first() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let first = stage.says(&pull, "ana", "/rebuild").await;
    let reply = stage.reply(&pull, &first).await;
    let made = "**Done** `/rebuild`: made the branch feature/cart-on-integration and opened #2 from it.\n\nGo on there. Once \
                it is merged, close this one.";
    assert!(reply.starts_with(made), "{reply}");
    let rebuilt = stage.store.pull(2).unwrap();
    stage.check(&rebuilt).await.passes();

    // Also once the base has moved and all was judged again.
    stage.merged_topic("feature/other").await;
    stage.check(&pull).await.fails();
    stage.check(&rebuilt).await;
    let again = stage.says(&pull, "ana", "/rebuild").await;
    let reply = stage.reply(&pull, &again).await;
    let there = "**Refused** `/rebuild`: no branch was made. #2, from the branch feature/cart-on-integration, has its own \
                 commits already.";
    assert!(reply.starts_with(there), "{reply}");
    assert_eq!(stage.store.pulls().len(), 3);

    // New work is not in it.
    stage.store.commit_on("feature/cart").file("more.txt", "more\n").by("ana").await.unwrap();
    stage.quiet().await;
    stage.check(&pull).await.fails();
    let more = stage.says(&pull, "ana", "/rebuild").await;
    let reply = stage.reply(&pull, &more).await;
    let next = "**Done** `/rebuild`: made the branch feature/cart-on-integration-2 and opened #4 from it.";
    assert!(reply.starts_with(next), "{reply}");
    stage.check(&stage.store.pull(4).unwrap()).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_rebuild_after_its_pull_request_was_closed_opens_one_from_the_same_branch() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let first = stage.says(&pull, "ana", "/rebuild").await;
    stage.reply(&pull, &first).await;
    stage.check(&stage.store.pull(2).unwrap()).await.passes();
    stage.store.pull(2).unwrap().close().by("ana").await.unwrap();
    stage.quiet().await;
    let again = stage.says(&pull, "ana", "/check\n/rebuild").await;
    let reply = stage.reply(&pull, &again).await;
    let there =
        "`/rebuild`: opened #3 from the branch feature/cart-on-integration, which had its commits already.";
    assert!(reply.contains(there), "{reply}");
    stage.check(&stage.store.pull(3).unwrap()).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}
