//! Rights that are granted later or taken away, and what a database that was lost or restored has forgotten.

use crate::shop::{app_config, topic};
use crate::stage::{Setting, Stage};
use std::collections::BTreeMap;
use towpath_sandbox::{DeploymentHandle, PullHandle};

/// The App asks for these permissions from now on, and the account accepts.
async fn accepted(stage: &Stage, permissions: BTreeMap<String, String>) {
    stage.app.change(permissions, app_config().events);
    stage.installation.accept_new_permissions().await.unwrap();
    stage.quiet().await;
}

async fn pushed(stage: &Stage, branch: &str, file: &str) {
    stage.later();
    stage.store.commit_on(branch).file(file, "x\n").by("ben").await.unwrap();
}

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    for state in ["in_progress", "success"] {
        stage.later();
        deployment.status(state).by("deployer").await.unwrap();
        stage.quiet().await;
    }
}

#[tokio::test]
async fn rights_count_from_the_moment_when_they_are_accepted_and_the_missing_one_is_named() {
    let stage = Stage::set().await;
    let all = app_config().permissions;
    let mut fewer = all.clone();
    fewer.remove("deployments");
    accepted(&stage, fewer).await;
    let pull = stage.merged_topic("feature/one").await;
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("GitHub asks for the permission deployments: "), "{comment}");
    assert!(stage.deployments("integration").await.is_empty());
    accepted(&stage, all).await;
    stage.later();
    stage.merged_topic("feature/two").await;
    assert_eq!(stage.deployments("integration").await.len(), 1, "the token is a new one");
    stage.read(&pull);
}

#[tokio::test]
async fn rights_of_which_nobody_told_count_all_the_same_after_a_while() {
    let stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    let all = app_config().permissions;
    let mut fewer = all.clone();
    fewer.remove("deployments");
    accepted(&stage, fewer).await;
    stage.installation.add([&stage.store]).await.unwrap();
    stage.quiet().await;
    stage.merged_topic("feature/one").await;
    assert!(stage.deployments("integration").await.is_empty());
    let lost = stage.github.faults().webhook("installation", "*").vanish();
    accepted(&stage, all).await;
    stage.minutes_later(2).await;
    stage.merged_topic("feature/two").await;
    stage.minutes_later(2).await;
    stage.merged_topic("feature/three").await;
    assert!(lost.hits() > 0);
    assert!(!stage.deployments("integration").await.is_empty(), "a token has no rights that came after it");
}

/// How many check runs of this name were ever made on the head of a pull request.
fn made(stage: &Stage, pull: &PullHandle, name: &str) -> usize {
    let head = pull.head_sha();
    let all = stage.store.every_check().into_iter().filter_map(|it| it.state());
    all.filter(|it| it.name == name && it.head_sha == head).count()
}

async fn opened(stage: &Stage, number: usize) -> PullHandle {
    let name = format!("feature/{number}");
    topic(&stage.store, &name, "integration").await;
    stage.store.open_pull(&name).into("integration").by("ana").await.unwrap()
}

#[tokio::test]
async fn a_lost_database_makes_no_second_check() {
    let mut stage = Stage::set().await;
    let mut pulls = Vec::new();
    for number in 0..3 {
        pulls.push(opened(&stage, number).await);
    }
    stage.quiet().await;
    stage.later();
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    for pull in &pulls {
        stage.check(pull).await.passes();
        assert_eq!(made(&stage, pull, "towpath: integration"), 1);
    }
    let copies = stage.store.every_check().into_iter().filter_map(|it| it.state());
    assert_eq!(copies.filter(|it| it.name == "towpath: copy").count(), 1);
    stage.copy_check().await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_restored_database_makes_nothing_again_and_gives_no_number_twice() {
    let mut stage = Stage::set().await;
    pushed(&stage, "integration", "a.txt").await;
    carried_out(&stage, &stage.deployments("integration").await[0]).await;
    let early = opened(&stage, 0).await;
    stage.quiet().await;
    stage.stop().await;
    let backup = stage.backup();
    stage.start().await;
    // What comes now is in no backup.
    let mut pulls = Vec::new();
    for number in 1..=7 {
        pulls.push(opened(&stage, number).await);
    }
    for file in ["b.txt", "c.txt"] {
        pushed(&stage, "integration", file).await;
        carried_out(&stage, stage.deployments("integration").await.last().unwrap()).await;
    }
    stage.later();
    stage.stop().await;
    stage.restore(&backup);
    stage.start().await;
    for pull in pulls.iter().chain([&early]) {
        stage.check(pull).await.passes();
        assert_eq!(made(&stage, pull, "towpath: integration"), 1, "#{}", pull.number());
    }
    assert_eq!(stage.deployments("integration").await.len(), 3, "what was deployed does not go again");
    pushed(&stage, "integration", "d.txt").await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 4);
    let mut keys: Vec<String> = made.iter().map(|it| it.payload()["deploy"].to_string()).collect();
    assert!(keys[3].ends_with(".4\""), "{keys:?}");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 4, "a number was given twice");
    carried_out(&stage, &made[3]).await;
}

#[tokio::test]
async fn after_a_lost_database_a_number_is_given_to_no_other_deploy() {
    let mut stage = Stage::set().await;
    for file in ["a.txt", "b.txt"] {
        pushed(&stage, "integration", file).await;
        carried_out(&stage, stage.deployments("integration").await.last().unwrap()).await;
    }
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    pushed(&stage, "integration", "c.txt").await;
    let made = stage.deployments("integration").await;
    let keys: Vec<String> = made.iter().map(|it| it.payload()["deploy"].to_string()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[2].ends_with(".3\""), "{keys:?}");
}

#[tokio::test]
async fn where_who_may_act_was_never_known_nobody_does_and_questions_are_answered() {
    let stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    let broken = "version: 1\nenvironments: [\ncommands:\n  lock: [admin]\n";
    stage.store.commit_on("master").file(".github/towpath.yml", broken).by("rita").await.unwrap();
    topic(&stage.store, "feature/cart", "staging").await;
    stage.installation.add([&stage.store]).await.unwrap();
    stage.quiet().await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.is("action_required", "Configuration invalid: line 2, column 15");
    let acted = stage.says(&pull, "rita", "/lock staging --reason x").await;
    let reply = stage.reply(&pull, &acted).await;
    assert!(
        reply.starts_with(
            "**Refused** `/lock staging --reason x`: nothing was locked. .github/towpath.yml is invalid in line 2, and who \
             may act is not known before it is repaired."
        ),
        "{reply}"
    );
    let asked = stage.says(&pull, "rita", "/where staging").await;
    assert!(stage.reply(&pull, &asked).await.starts_with("**Done**"));
    let log = crate::rollback::towpath(&stage, &["audit"]).await.words;
    assert!(log.contains("who may act is not known"), "{log}");
    // Once it was valid, what it said holds while it is broken again.
    let valid = "version: 1\ncommands:\n  lock: [admin]\n";
    stage.store.commit_on("master").file(".github/towpath.yml", valid).by("rita").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.store.commit_on("master").file(".github/towpath.yml", broken).by("rita").await.unwrap();
    stage.check(&pull).await;
    let acted = stage.says(&pull, "rita", "/lock staging --reason x").await;
    assert!(stage.reply(&pull, &acted).await.contains("This takes the role `admin`"));
    stage.all_is_read().await;
    stage.end().await;
}
