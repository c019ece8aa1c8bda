//! Moves of one second, told in any order.

use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::Stage;
use std::time::Duration;

const TURNED: Duration = Duration::from_millis(150);

async fn shown(stage: &Stage, branch: &str) -> Vec<String> {
    let asked = ["ledger", "show", "--repository", "acme/store", "--branch", branch, "--limit", "2"];
    towpath(stage, &asked).await.words.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn of_two_pushes_within_a_second_the_newer_is_deployed_though_it_is_told_first() {
    let stage = Stage::set().await;
    stage.github.faults().webhook("push", "*").reverse_within(TURNED);
    let first = stage.store.commit_on("production").file("one.txt", "1\n").by("rita").await.unwrap();
    let second = stage.store.commit_on("production").file("two.txt", "2\n").by("rita").await.unwrap();
    let mut made = stage.deployments("production").await;
    let deployment = made.pop().unwrap();
    assert_eq!(deployment.sha(), second, "the branch is there");
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.deployments("production").await.len(), 1, "and what it left is not deployed after it");
    let said = shown(&stage, "production").await;
    assert!(said[0].contains(&second[..9]) && said[1].contains(&first[..9]), "{said:#?}");
    assert_eq!(stage.store.tip("master").unwrap(), second, "the copy has come along");
    let _ = stage.copy_check().await;
    stage.end().await;
}

#[tokio::test]
async fn where_only_the_older_push_was_told_of_the_branch_itself_is_asked() {
    let stage = Stage::set().await;
    let lost = stage.github.faults().webhook("push", "*").vanish().after(1).times(1);
    stage.github.faults().webhook("push", "*").reverse_within(TURNED);
    stage.store.commit_on("staging").file("one.txt", "1\n").by("rita").await.unwrap();
    let second = stage.store.commit_on("staging").file("two.txt", "2\n").by("rita").await.unwrap();
    let made = stage.deployments("staging").await;
    assert_eq!(lost.hits(), 1);
    assert_eq!(made.iter().map(towpath_sandbox::DeploymentHandle::sha).collect::<Vec<_>>(), [second]);
    stage.end().await;
}

#[tokio::test]
async fn a_topic_that_is_pushed_and_tried_within_a_second_is_nobody_elses_work() {
    for reversed in [false, true] {
        let stage = Stage::set().await;
        if reversed {
            stage.github.faults().webhook("push", "*").reverse_within(TURNED);
        }
        topic(&stage.store, "feature/tried", "integration").await;
        stage.store.merge("feature/tried").into("staging").no_ff().by("ana").await.unwrap();
        stage.quiet().await;
        stage.later();
        stage.store.commit_on("feature/tried").file("more.txt", "more\n").by("ana").await.unwrap();
        let pull = stage.store.open_pull("feature/tried").into("integration").by("ana").await.unwrap();
        stage.check(&pull).await.is("success", "On the path: feature/tried → integration");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_topic_cut_from_an_environment_within_the_second_it_moved_is_found_out() {
    let stage = Stage::set().await;
    stage.github.faults().webhook("push", "*").reverse_within(TURNED);
    let direct = stage.store.commit_on("staging").file("direct.txt", "direct\n").by("rita").await.unwrap();
    stage.store.branch("feature/cut").from(&direct).by("ana").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.commit_on("feature/cut").file("cut.txt", "cut\n").by("ana").await.unwrap();
    let pull = stage.store.open_pull("feature/cut").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    let _ = stage.comment(&pull).await;
    stage.end().await;
}
