//! What `/promote ENV --merge` does not merge, though GitHub would.

use crate::promote::{asked_to_merge, kept, merges_asked_for, read, ready};
use crate::shop::topic;
use crate::stage::Stage;
use towpath::model::{Hold, PullNumber, RepositoryId};
use towpath::store::Change;

#[tokio::test]
async fn what_is_rolled_back_is_not_promoted_though_its_check_still_passes() {
    let mut stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.stop().await;
    let ends = ["integration", "staging"].map(|branch| stage.store.tip(branch).unwrap().parse().unwrap());
    let who = ("rita".to_owned(), "checkout is *broken*".to_owned());
    let hold = Hold::new((ends[0], ends[1]), who, stage.now(), vec![PullNumber(1)]).unwrap();
    kept(&stage, Change::Hold(RepositoryId(stage.store.id()), "staging".to_owned(), hold)).await;
    stage.start().await;
    stage.check(&promotion).await.passes();
    let (comment, reply) = asked_to_merge(&stage, &promotion, "rita").await;
    assert_eq!(stage.reactions(&comment).await.last().unwrap(), "-1");
    assert!(reply.contains("it is not merged: staging is held since "), "{reply}");
    assert!(reply.contains(", when rita rolled it back: checkout is \\*broken\\*"), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn where_the_protection_may_not_be_read_nothing_is_merged() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    let path = "/repos/acme/store/branches/staging";
    let fault = stage.github.faults().rest("GET", path).refuse(403, "Resource not accessible by integration");
    let (_, reply) = asked_to_merge(&stage, &promotion, "rita").await;
    assert!(fault.hits() > 0);
    assert!(reply.contains("it is not merged: the rules of staging cannot be read."), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    fault.remove();
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn where_the_target_has_moved_since_the_comment_nothing_is_merged() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    topic(&stage.store, "hotfix/checkout", "staging").await;
    stage.store.protect("staging");
    stage.store.merge("hotfix/checkout").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    let comment = promotion.comment("/promote staging --merge").by("rita").await.unwrap();
    let reply = stage.reply(&promotion, &comment).await;
    assert!(reply.contains("`staging` has moved since the comment was written, or just before"), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}
