//! People who take another login, and those who take the one that has become free.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Permission, PullHandle};

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

async fn replied(stage: &Stage, pull: &PullHandle, login: &str, text: &str) -> String {
    let comment = stage.says(pull, login, text).await;
    stage.reply(pull, &comment).await
}

#[tokio::test]
async fn a_lock_stays_its_holders_through_a_rename_and_nobody_gets_it_with_the_login() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let reply = replied(&stage, &pull, "ana", "/lock staging --reason stocktaking").await;
    assert!(reply.starts_with("**Done**"), "{reply}");
    stage.github.rename_account("ana", "ana-maria").await.unwrap();
    stage.store.allow("ana", Permission::Write);
    let reply = replied(&stage, &pull, "ana", "/unlock staging").await;
    assert!(reply.contains("The lock is somebody else's: ana holds lock 1"), "{reply}");
    let reply = replied(&stage, &pull, "ana", "/lock staging --reason mine").await;
    assert!(
        reply.contains("staging is locked already") || reply.contains("Staging is locked already"),
        "{reply}"
    );
    let reply = replied(&stage, &pull, "ana-maria", "/lock staging --reason 'stocktaking goes on'").await;
    assert!(reply.contains("ana-maria holds lock 2"), "{reply}");
    let reply = replied(&stage, &pull, "ana-maria", "/unlock staging").await;
    assert!(reply.starts_with("**Done** `/unlock staging`"), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn nobody_confirms_by_another_login_what_they_have_asked_for_or_written() {
    let stage = Stage::set().await;
    let file =
        "version: 1\ncopy: { branch: master, of: production, mode: report }\noverrides: { second: true }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    for login in ["ana", "otto"] {
        stage.store.allow(login, Permission::Maintain);
    }
    topic(&stage.store, "feature/late", "staging").await;
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let first = stage.says(&pull, "rita", "/override TP201 --reason x").await;
    assert!(stage.reply(&pull, &first).await.starts_with("**Waiting**"));
    for (before, after) in [("rita", "margarita"), ("ana", "ana-maria")] {
        stage.github.rename_account(before, after).await.unwrap();
        let reply = replied(&stage, &pull, after, "/override TP201 --confirm").await;
        assert!(reply.contains("It takes a second person"), "{reply}");
    }
    // Whoever has the login now is another person.
    stage.store.allow("rita", Permission::Maintain);
    let reply = replied(&stage, &pull, "rita", "/override TP201 --confirm").await;
    assert!(reply.contains("TP201 is overridden, as `rita` has asked"), "{reply}");
    stage.reply(&pull, &first).await;
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn who_takes_the_login_before_a_command_is_carried_out_lends_it_no_right() {
    let mut stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.store.allow("gast", Permission::Read);
    stage.stop().await;
    stage.seconds_later(5);
    let comment = pull.comment("/lock staging --reason x").by("gast").await.unwrap();
    stage.github.rename_account("gast", "guest").await.unwrap();
    stage.store.allow("gast", Permission::Admin);
    stage.start().await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    assert_eq!(stage.reply(&pull, &comment).await, "");
    stage.end().await;
}
