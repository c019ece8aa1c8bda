//! The verify step of what runs, run again some time after the deploy.

use crate::programs::{Machine, ended, merged};
use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::{Stage, until};
use std::time::Duration;
use towpath_sandbox::PullHandle;

const CONFIGURATION: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], aftercare: [20m, 1h, 24h] }\n  \
     - { name: staging, accepts: [integration], aftercare: [20m] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";

/// How often the verify step was run.
fn runs(machine: &Machine) -> usize {
    machine.lines("smoke.runs").len()
}

/// The verify step is written down each time, and does this.
fn smoke(machine: &Machine, script: &str) {
    machine.program("smoke", &format!("echo run >> \"$0.runs\"\n{script}"));
}

async fn set() -> (Machine, Stage) {
    let machine = Machine::new();
    smoke(&machine, "test -f built.txt");
    let stage = Stage::with(machine.setting()).await;
    stage.configure("master", CONFIGURATION).await;
    (machine, stage)
}

async fn deployed(stage: &Stage, name: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    let pull = merged(stage, name, "integration").await;
    let how = ended(stage, "integration").await;
    assert!(how.starts_with("success"), "{how}");
    pull
}

/// Time passes, and the verify step has been run so often since the beginning.
async fn later(stage: &Stage, machine: &Machine, (minutes, so_often): (i64, usize)) {
    stage.minutes_later(minutes).await;
    until("the verify step is run again", || runs(machine) >= so_often).await;
    stage.quiet().await;
    assert_eq!(runs(machine), so_often);
}

/// The App's comment comes to say this, or to say it no more.
async fn told(stage: &Stage, pull: &PullHandle, words: &str, is_said: bool) -> String {
    for _ in 0..500 {
        let comments = pull.comments();
        let own = comments.iter().rev().find(|it| it.app.is_some()).map(|it| it.body.clone());
        if let Some(body) = own.filter(|body| body.contains(words) == is_said) {
            stage.quiet().await;
            stage.read(pull);
            return body;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{words:?} is {}said on #{}", if is_said { "not " } else { "" }, pull.number());
}

#[tokio::test]
async fn a_late_failure_is_told_with_the_suspects_and_the_way_back_until_it_is_over() {
    let (machine, stage) = set().await;
    let first = deployed(&stage, "feature/one").await;
    let pull = deployed(&stage, "feature/cart").await;
    later(&stage, &machine, (20, 3)).await;
    smoke(&machine, "echo \"error in feature-cart.txt\"; exit 1");
    later(&stage, &machine, (40, 4)).await;
    let body = told(&stage, &pull, "verify failed 60 min after deploy 2 had gone live", true).await;
    let number = pull.number();
    for words in [
        "live, but verify failed 60 min later",
        "It reported: `smoke exited with 1`",
        &format!("Deploy 2 brought #{number} (the log names `feature-cart.txt`)."),
        "/rollback integration --reason",
    ] {
        assert!(body.contains(words), "{words:?} is not in:\n{body}");
    }
    assert!(first.comments().is_empty(), "it came with an earlier deploy");
    smoke(&machine, "test -f built.txt");
    later(&stage, &machine, (23 * 60, 5)).await;
    told(&stage, &pull, "verify failed", false).await;
    // That was the last time.
    stage.minutes_later(48 * 60).await;
    assert_eq!(runs(&machine), 5);
    stage.end().await;
}

#[tokio::test]
async fn what_went_well_is_on_the_releases_record() {
    let (machine, stage) = set().await;
    deployed(&stage, "feature/cart").await;
    let pull = merged(&stage, "integration", "staging").await;
    assert!(ended(&stage, "staging").await.starts_with("success"));
    later(&stage, &machine, (20, 4)).await;
    let number = pull.number().to_string();
    let shown = async || {
        towpath(&stage, &["release", &number, "--repository", "acme/store"]).await.words().to_owned()
    };
    let mut log = shown().await;
    for _ in 0..100 {
        if log.contains("well") && log.contains("verified again") && !log.contains("under way") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        log = shown().await;
    }
    assert!(log.contains("  verified again after 20 min: well"), "{log}");
    stage.quiet().await;
    stage.read(&pull);
    stage.end().await;
}

/// What was missed is run once, and goes on from there.
#[tokio::test]
async fn a_server_that_slept_for_a_day_makes_it_good_once() {
    let (machine, mut stage) = set().await;
    deployed(&stage, "feature/cart").await;
    stage.stop().await;
    stage.seconds_later(36 * 60 * 60);
    stage.start().await;
    until("the verify step is run again", || runs(&machine) >= 2).await;
    stage.quiet().await;
    stage.minutes_later(60).await;
    assert_eq!(runs(&machine), 2);
    stage.end().await;
}

/// Where the server ends in the middle of it, it is begun again.
#[tokio::test]
async fn a_verify_step_that_was_cut_off_is_run_again() {
    let (machine, mut stage) = set().await;
    deployed(&stage, "feature/cart").await;
    smoke(&machine, "test \"$(wc -l < \"$0.runs\")\" -gt 2 || sleep 600");
    stage.minutes_later_at_work(20).await;
    until("the verify step is run again", || runs(&machine) >= 2).await;
    stage.stop().await;
    stage.start().await;
    until("it is run once more", || runs(&machine) >= 3).await;
    stage.quiet().await;
    later(&stage, &machine, (40, 4)).await;
    stage.end().await;
}

#[tokio::test]
async fn what_something_newer_has_replaced_is_left_alone() {
    let (machine, stage) = set().await;
    deployed(&stage, "feature/one").await;
    stage.minutes_later(10).await;
    deployed(&stage, "feature/two").await;
    assert_eq!(runs(&machine), 2, "once in each deploy");
    stage.minutes_later(15).await;
    assert_eq!(runs(&machine), 2, "the first would have been due");
    later(&stage, &machine, (5, 3)).await;
    stage.end().await;
}

#[tokio::test]
async fn what_fails_late_counts_as_tested_no_more_until_it_passes_again() {
    let (machine, stage) = set().await;
    let tested = CONFIGURATION
        .replace("aftercare: [20m] }", "aftercare: [20m, 1h] }")
        .replace("accepts: [staging] }", "accepts: [staging], requires: { tested: true, soak: 25m } }");
    stage.configure("master", &tested).await;
    deployed(&stage, "feature/cart").await;
    merged(&stage, "integration", "staging").await;
    assert!(ended(&stage, "staging").await.starts_with("success"));
    let before = runs(&machine);
    stage.minutes_later(2).await;
    let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let title = async || stage.check(&promotion).await.0.title.unwrap_or_default();
    assert!(title().await.starts_with("Soaks on staging until "), "{}", title().await);
    smoke(&machine, "echo broken; exit 1");
    // Integration's is due as well.
    later(&stage, &machine, (18, before + 2)).await;
    let check = stage.check(&promotion).await;
    let tip = &stage.store.tip("staging").unwrap()[..9];
    assert_eq!(check.0.title.as_deref(), Some(&*format!("{tip} was not well on staging later")));
    assert_eq!(check.0.conclusion.as_deref(), Some("action_required"));
    check.says("the verify step of").says("`smoke exited with 1`").says("Has to be live on `staging` first");
    smoke(&machine, "test -f built.txt");
    later(&stage, &machine, (40, before + 4)).await;
    // What was broken for so long counts for nothing, and what was well before does.
    assert!(title().await.starts_with("Soaks on staging until "), "{}", title().await);
    stage.minutes_later(6).await;
    stage.check(&promotion).await.passes();
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

/// The rollback itself does not go: what was taken back runs on, and its verify step with it.
#[tokio::test]
async fn what_was_rolled_back_is_not_tested_again_by_a_verify_step_that_passes() {
    let (machine, stage) = set().await;
    let tested = CONFIGURATION
        .replace(", aftercare: [20m, 1h, 24h] }", " }")
        .replace("aftercare: [20m] }", "aftercare: [20m, 1h, 2h, 24h] }")
        .replace("accepts: [staging] }", "accepts: [staging], requires: { tested: true } }");
    stage.configure("master", &tested).await;
    for name in ["feature/one", "feature/cart"] {
        deployed(&stage, name).await;
        merged(&stage, "integration", "staging").await;
        assert!(ended(&stage, "staging").await.starts_with("success"));
    }
    let before = runs(&machine);
    let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&promotion).await.passes();
    smoke(&machine, "echo broken; exit 1");
    later(&stage, &machine, (20, before + 1)).await;
    let refusal = r#"{"message":"Conflict: no."}"#;
    stage.github.faults().rest("POST", "/repos/*/deployments").answer(409, "application/json", refusal);
    let back = stage.says(&promotion, "rita", "/rollback staging --reason broken").await;
    let reply = stage.reply(&promotion, &back).await;
    assert!(reply.contains("Conflict: no."), "{reply}");
    let waits = async || {
        let check = stage.check(&promotion).await;
        assert_eq!(check.0.conclusion.as_deref(), Some("action_required"), "{:?}", check.0.title);
    };
    waits().await;
    smoke(&machine, "test -f built.txt");
    later(&stage, &machine, (40, before + 2)).await;
    waits().await;
    // It fails after the rollback, which is the newest word on the files, and passes once more.
    smoke(&machine, "echo broken; exit 1");
    later(&stage, &machine, (60, before + 3)).await;
    waits().await;
    smoke(&machine, "test -f built.txt");
    later(&stage, &machine, (22 * 60, before + 4)).await;
    waits().await;
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}
