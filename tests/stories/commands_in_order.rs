//! The commands of one comment, one after the other: what asks how things are tells how they are afterwards.

use crate::shop::{merge, topic};
use crate::stage::Stage;

fn holds(reply: &str, words: &[&str]) {
    for it in words {
        assert!(reply.contains(it), "{it:?} is not in:\n{reply}");
    }
}

#[tokio::test]
async fn a_question_below_an_act_on_the_pull_request_is_about_what_came_of_it() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let comment = stage.says(&pull, "ana", "/retarget integration\n/where\n/why").await;
    let reply = stage.reply(&pull, &comment).await;
    holds(
        &reply,
        &[
            "**Done** `/retarget integration`: changed the base to integration.",
            "is open and goes into `integration`; no environment has it.\n\nFor `integration`, the check passes.",
            "**Done** `/why`: For `integration`, the check passes.",
        ],
    );
    stage.check(&pull).await.passes();
    stage
        .check_named(&pull, "towpath: production")
        .await
        .is("cancelled", "No longer checked: #1 now goes into integration");

    let comment = stage.says(&pull, "rita", "/lock integration --reason slow --until 2h\n/why").await;
    let reply = stage.reply(&pull, &comment).await;
    holds(
        &reply,
        &[
            "**Done** `/lock integration",
            "**Done** `/why`: For `integration`, the check waits. It found TP402.",
        ],
    );
    stage.check(&pull).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_question_below_a_deploy_waits_for_its_end() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/one").await;
    stage.carried_out("integration").await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let comment = stage.says(&pull, "ana", "/deploy integration\n/where integration\n/help where").await;
    let reply = stage.reply(&pull, &comment).await;
    holds(
        &reply,
        &[
            "**Started** `/deploy integration`",
            "**Waiting** `/where integration`: it is answered once the deploy that was asked for above it has ended.",
            "**Done** `/help where`",
        ],
    );
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket"]);
    stage.carried_out("integration").await;
    let reply = stage.reply(&pull, &comment).await;
    let tip = stage.store.tip("integration").unwrap();
    holds(
        &reply,
        &[
            "**Done** `/deploy integration`",
            &format!("**Done** `/where integration`: `integration` runs `{}`", &tip[..9]),
        ],
    );
    assert!(reply.contains(", by deploy 2."), "{reply}");
    stage.all_is_read().await;
    stage.end().await;
}

/// What is merged meanwhile brings what was asked for, and more.
#[tokio::test]
async fn a_deploy_whose_place_a_newer_one_takes_ends_with_that() {
    let stage = Stage::set().await;
    for name in ["feature/one", "feature/two"] {
        stage.merged_topic(name).await;
        stage.carried_out("integration").await;
    }
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let back = stage.says(&pull, "rita", "/rollback integration --reason slow").await;
    holds(&stage.reply(&pull, &back).await, &["**Started** `/rollback integration"]);
    let rollback = stage.deployments("integration").await.pop().unwrap();
    rollback.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/three", "integration").await;
    let three = stage.store.open_pull("feature/three").into("integration").by("ana").await.unwrap();
    stage.check(&three).await;
    merge(&three).await.unwrap();
    stage.quiet().await;
    let resumed = stage.says(&pull, "rita", "/resume integration --reason repaired").await;
    holds(&stage.reply(&pull, &resumed).await, &["**Started** `/resume integration", "deploy 4 goes ahead"]);
    stage.merged_topic("feature/four").await;
    stage.later();
    rollback.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    holds(
        &stage.reply(&pull, &resumed).await,
        &["**Started** `/resume integration", ": deploy 5 goes instead of deploy 4."],
    );
    stage.carried_out("integration").await;
    holds(&stage.reply(&pull, &resumed).await, &["**Done** `/resume integration", ": deploy 5: "]);
    holds(&stage.reply(&pull, &back).await, &["**Done** `/rollback integration"]);
    assert_eq!(stage.reactions(&resumed).await, ["eyes", "rocket", "+1"]);
    stage.check(&pull).await;
    stage.all_is_read().await;
    stage.end().await;
}
