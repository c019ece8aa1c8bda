//! What somebody else did right before a comment was not seen by who wrote it, and what a check offers goes on to work.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

/// The same comment, without the five seconds that a person takes.
async fn at_once(stage: &Stage, pull: &PullHandle, login: &str, text: &str) -> String {
    let comment = pull.comment(text).by(login).await.unwrap();
    stage.quiet().await;
    stage.reply(pull, &comment).await
}

#[tokio::test]
async fn a_lock_that_nobody_can_have_seen_is_not_ended() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let mine = stage.says(&pull, "ana", "/lock staging --reason first").await;
    assert!(stage.reply(&pull, &mine).await.starts_with("**Done**"));
    at_once(&stage, &pull, "ana", "/unlock staging").await;
    at_once(&stage, &pull, "ben", "/lock staging --reason \"a repair\"").await;
    let told = at_once(&stage, &pull, "rita", "/unlock staging --force").await;
    assert!(told.starts_with("**Refused** `/unlock staging --force`: nothing was unlocked."), "{told}");
    assert!(told.contains("Ben locked staging after the comment was written, or just before"), "{told}");
    // With another reason it is another lock.
    stage.seconds_later(10);
    at_once(&stage, &pull, "ben", "/lock staging --reason \"do not touch\"").await;
    let told = at_once(&stage, &pull, "rita", "/unlock staging --force").await;
    assert!(told.contains("or just before"), "{told}");
    let seen = stage.says(&pull, "rita", "/unlock staging --force").await;
    assert!(stage.reply(&pull, &seen).await.starts_with("**Done**"));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn checks_offer_the_commands_of_the_configuration_that_there_is() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails().says("`/override TP201 --reason \"…\"`");
    stage.comment(&pull).await;
    let text = "version: 1\ncommand_prefix: tp-\ncommands: { override: [admin] }\n";
    stage.configure("master", text).await;
    stage.check(&pull).await.fails().says("`/tp-override TP201 --reason \"…\"`").says("the role `admin`");
    stage.configure("master", "version: 1\n").await;
    stage.check(&pull).await.fails().says("`/override TP201 --reason \"…\"`");
    stage.end().await;
}

#[tokio::test]
async fn a_manifest_tells_of_overrides_by_which_work_came_in() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let given = stage.says(&pull, "rita", "/override TP201 --reason \"the imprint alone\"").await;
    assert!(stage.reply(&pull, &given).await.starts_with("**Done**"));
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    stage.all_is_read().await;
    let asked = stage.says(&pull, "rita", "/promote staging").await;
    assert!(stage.reply(&pull, &asked).await.contains("opened #2"), "{}", stage.reply(&pull, &asked).await);
    let promotion = stage.store.pull(2).unwrap();
    stage.check(&promotion).await;
    let body = promotion.state().unwrap().body.unwrap();
    let told = "- TP201 on #1, overridden by `rita`: `the imprint alone`";
    assert!(body.contains(told), "{body}");
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_that_was_cancelled_says_what_is_next_and_questions_are_answered() {
    let stage = Stage::set().await;
    for name in ["feature/one", "feature/two"] {
        stage.merged_topic(name).await;
        stage.carried_out("integration").await;
    }
    let pull = open_topic(&stage).await;
    let back =
        stage.says(&pull, "rita", "/rollback integration --reason slow\n/where integration\n/sync").await;
    stage.reply(&pull, &back).await;
    let deployment = stage.deployments("integration").await.pop().unwrap();
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    deployment.status("failure").by("deployer").await.unwrap();
    stage.quiet().await;
    let reply = stage.reply(&pull, &back).await;
    for words in [
        "**Failed** `/rollback integration --reason slow`: ",
        "`integration` is held still: to roll back, write `/rollback integration ",
        "`/resume integration --reason \"…\"` lifts the hold.",
        "**Done** `/where integration`: ",
    ] {
        assert!(reply.contains(words), "{words:?} is not in:\n{reply}");
    }
    stage.check(&pull).await;
    stage.all_is_read().await;
    stage.end().await;
}
