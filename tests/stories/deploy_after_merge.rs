//! Deploys: made on merge, followed to their end, in order, never twice.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use serde_json::json;
use std::future::IntoFuture as _;
use towpath_sandbox::{DeploymentHandle, PullHandle};

async fn promoted(stage: &Stage, from: &str, into: &str) -> PullHandle {
    let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    pull
}

fn states(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|it| it.state).collect()
}

fn lines(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|it| format!("{}: {}", it.state, it.description)).collect()
}

/// Somebody carries it out, and it goes well.
async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    stage.later();
    deployment.status("in_progress").description("build: compile").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    deployment.status("success").description("done").by("deployer").await.unwrap();
    stage.quiet().await;
}

#[tokio::test]
async fn a_merge_is_deployed_once_and_followed_to_its_end() {
    let stage = Stage::set().await;
    let before = stage.store.tip("integration").unwrap();
    stage.github.forget_records();
    let pull = stage.merged_topic("feature/cart").await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 1);
    let tip = stage.store.tip("integration").unwrap();
    assert_eq!(made[0].sha(), tip);
    let payload = made[0].payload();
    assert_eq!(payload["towpath"], 1);
    assert_eq!(payload["environment"], "integration");
    assert_eq!(payload["sha"], json!(tip));
    assert_eq!(payload["previous_sha"], json!(before));
    assert_eq!(payload["pull_requests"], json!([pull.number()]));
    assert_eq!(payload["rollback"], false);
    assert_eq!(lines(&made[0]), ["queued: Waits for whoever deploys integration to start"]);
    carried_out(&stage, &made[0]).await;
    let second = stage.merged_topic("feature/list").await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1].payload()["previous_sha"], json!(tip));
    assert_eq!(made[1].payload()["pull_requests"], json!([second.number()]));
    carried_out(&stage, &made[1]).await;
    assert_eq!(states(&made[0]), ["queued", "in_progress", "success", "inactive"]);
    assert_eq!(states(&made[1]), ["queued", "in_progress", "success"]);
    stage.end().await;
}

#[tokio::test]
async fn one_goes_at_a_time_and_those_that_waited_give_way_to_the_newest() {
    let stage = Stage::set().await;
    let _first = stage.merged_topic("feature/one").await;
    let _second = stage.merged_topic("feature/two").await;
    let _third = stage.merged_topic("feature/three").await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 1, "the others wait");
    carried_out(&stage, &made[0]).await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1].sha(), stage.store.tip("integration").unwrap());
    let brought = made[1].payload()["pull_requests"].as_array().unwrap().len();
    assert_eq!(brought, 2, "the second came along with the third");
    carried_out(&stage, &made[1]).await;
    stage.end().await;
}

#[tokio::test]
async fn whatever_is_lost_or_doubled_a_merge_is_deployed_once() {
    let mut stage = Stage::set().await;
    stage.github.faults().webhook("push", "*").double();
    stage.github.faults().webhook("pull_request", "*").double();
    stage.github.faults().rest("POST", "/repos/*/deployments").reset_after().times(1);
    stage.github.faults().rest("POST", "/repos/*/deployments/*/statuses").reset_after().times(1);
    stage.merged_topic("feature/cart").await;
    stage.github.faults().clear();
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 1);
    stage.restart().await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
    // With another database nothing is deployed only because it is there.
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    assert_eq!(stage.deployments("integration").await.len(), 1);
    stage.merged_topic("feature/list").await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    carried_out(&stage, &made[1]).await;
    assert_eq!(states(&made[1]).last().unwrap(), "success");
    stage.end().await;
}

#[tokio::test]
async fn a_merge_of_a_pull_request_that_nobody_told_of_is_no_direct_push() {
    let stage = Stage::set().await;
    stage.github.faults().webhook("pull_request", "*").lose();
    stage.store.unprotect("integration");
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    merge(&pull).await.unwrap();
    let made = stage.deployments("integration").await;
    assert_eq!(made[0].payload()["pull_requests"], json!([pull.number()]));
    stage.end().await;
}

#[tokio::test]
async fn a_direct_push_is_deployed_and_told_as_one() {
    let stage = Stage::set().await;
    let before = stage.store.tip("staging").unwrap();
    stage.store.commit_on("staging").file("direct.txt", "x\n").by("ben").await.unwrap();
    let made = stage.deployments("staging").await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].payload()["pull_requests"], json!([]));
    // Back to what was there before: older than what is live, which nobody has deployed yet.
    carried_out(&stage, &made[0]).await;
    stage.later();
    stage.store.move_branch("staging").to(&before).by("ben").await.unwrap();
    assert_eq!(stage.deployments("staging").await.len(), 1, "nothing older than what is live is deployed");
    stage.later();
    stage.store.delete_branch("staging").by("ben").await.unwrap();
    assert_eq!(stage.deployments("staging").await.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_failure_is_told_by_its_phase_in_the_pull_request_that_brought_it() {
    let stage = Stage::set().await;
    let pull = stage.merged_topic("feature/cart").await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("in_progress").description("deploy: maintenance-on").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    let failing = made[0].status("failure").description("the database does not answer");
    failing.log_url("https://ci.example/7").by("deployer").await.unwrap();
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("the site may be in maintenance mode"), "{comment}");
    assert!(!comment.contains("/rollback"), "nothing ran well before, so it would be refused: {comment}");
    let again = "/deploy integration";
    assert!(comment.contains(again), "{comment}");
    assert!(comment.contains("[The whole log](https://ci.example/7)"), "{comment}");
    assert_eq!(states(&made[0]), ["queued", "in_progress", "failure"], "it is not said twice");
    // Run again by whoever carries it out: the comment follows.
    stage.later();
    made[0].status("in_progress").by("deployer").await.unwrap();
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("| `integration` | ✅ live |"), "{comment}");
    assert!(!comment.contains("maintenance"), "{comment}");
    stage.end().await;
}

#[tokio::test]
async fn statuses_of_strangers_and_of_unknown_deployments_change_nothing() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let made = stage.deployments("integration").await;
    // Another one's deployment of another commit, to an environment of no path, and one that is older.
    stage.store.deploy("master").to("integration").ends("failure").by("ben").await.unwrap();
    stage.store.deploy("integration").to("qa/eu west").by("ben").await.unwrap();
    stage.quiet().await;
    assert_eq!(states(&made[0]), ["queued"]);
    carried_out(&stage, &made[0]).await;
    made[0].status("in_progress").description("late").by("deployer").await.unwrap();
    stage.quiet().await;
    let release = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&release).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn the_way_from_the_merge_to_a_copy_of_production() {
    let stage = Stage::set().await;
    for (from, into) in [("", "integration"), ("integration", "staging"), ("staging", "production")] {
        if from.is_empty() {
            stage.merged_topic("feature/cart").await;
        } else {
            promoted(&stage, from, into).await;
        }
        let made = stage.deployments(into).await;
        if into == "production" {
            let behind = stage.store.tip("master").unwrap();
            assert_ne!(behind, stage.store.tip("production").unwrap(), "not before it runs");
            stage.copy_check().await.is("success", "Stale: master is behind production");
        }
        carried_out(&stage, made.last().unwrap()).await;
    }
    assert_eq!(stage.store.tip("master"), stage.store.tip("production"));
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    assert!(stage.store.issues().is_empty());
    stage.end().await;
}

#[tokio::test]
async fn a_push_to_master_raises_one_issue_that_is_closed_once_it_is_repaired() {
    let stage = Stage::set().await;
    let before = stage.store.tip("master").unwrap();
    stage.store.commit_on("master").file("hot.txt", "now\n").message("Quick fix").by("ben").await.unwrap();
    stage.quiet().await;
    stage.store.commit_on("master").file("hot2.txt", "now\n").message("Another").by("ben").await.unwrap();
    stage.quiet().await;
    stage.copy_check().await.fails();
    let issues = stage.store.issues();
    assert_eq!(issues.len(), 1);
    assert!(issues[0].title().contains("master is no longer a copy of production"), "{}", issues[0].title());
    let body = issues[0].body();
    assert!(body.contains("Quick fix") && body.contains("Another") && body.contains("ben"), "{body}");
    assert_eq!(stage.store.tip("production").unwrap(), before, "nothing was forced");
    stage.store.move_branch("master").to(&before).by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.issues()[0].state(), "closed");
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    stage.end().await;
}

#[tokio::test]
async fn where_protection_keeps_master_the_missing_bypass_is_named() {
    let stage = Stage::set().await;
    stage.store.protect("master").require_pull_request();
    stage.store.commit_on("production").file("b.txt", "b\n").by("rita").await.unwrap();
    let made = stage.deployments("production").await;
    carried_out(&stage, &made[0]).await;
    let said = stage.copy_check().await.is("action_required", "master cannot follow production");
    said.says("Changes must be made through a pull request").says("pull_request (ruleset");
    assert_eq!(stage.store.issues().len(), 1);
    stage.store.protect("master").let_pass(stage.app.id());
    stage.store.commit_on("production").file("c.txt", "c\n").by("rita").await.unwrap();
    let made = stage.deployments("production").await;
    carried_out(&stage, &made[1]).await;
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    assert_eq!(stage.store.issues()[0].state(), "closed");
    // In production GitHub leaves the former one as it was; Towpath does not.
    assert_eq!(states(&made[0]), ["queued", "in_progress", "success", "inactive"]);
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_says_so_is_not_deployed() {
    let stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: none } }\n  - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
    stage.merged_topic("feature/cart").await;
    assert!(stage.deployments("integration").await.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn an_environment_may_be_called_as_people_call_it() {
    let mut stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - { name: \"EU west/live 1\", branch: integration, accepts: [topics] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
    stage.merged_topic("feature/cart").await;
    let made = stage.deployments("EU west/live 1").await;
    assert_eq!(made.len(), 1);
    carried_out(&stage, &made[0]).await;
    stage.restart().await;
    assert_eq!(stage.deployments("EU west/live 1").await.len(), 1);
    assert_eq!(states(&made[0]), ["queued", "in_progress", "success"]);
    stage.end().await;
}

#[tokio::test]
async fn a_branch_that_is_forced_or_deleted_while_it_deploys_leaves_nothing_hanging() {
    let stage = Stage::set().await;
    let before = stage.store.tip("staging").unwrap();
    stage.store.commit_on("staging").file("one.txt", "x\n").by("ben").await.unwrap();
    let made = stage.deployments("staging").await;
    made[0].status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.commit_on("staging").file("two.txt", "x\n").by("ben").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.move_branch("staging").to(&before).by("ben").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.delete_branch("staging").by("ben").await.unwrap();
    stage.quiet().await;
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    let made = stage.deployments("staging").await;
    assert_eq!(made.len(), 1, "what the branch no longer has is not deployed");
    assert_eq!(states(&made[0]), ["queued", "in_progress", "success"]);
    stage.later();
    stage.store.branch("staging").from("integration").by("ben").await.unwrap();
    stage.store.commit_on("staging").file("three.txt", "x\n").by("ben").await.unwrap();
    let made = stage.deployments("staging").await;
    assert_eq!(made.last().unwrap().sha(), stage.store.tip("staging").unwrap());
    stage.end().await;
}

#[tokio::test]
async fn what_waits_and_is_taken_off_the_branch_is_not_deployed() {
    let stage = Stage::set().await;
    let commit = async |file: &'static str| {
        stage.later();
        stage.store.commit_on("staging").file(file, "x\n").by("ben").await.unwrap();
        stage.deployments("staging").await
    };
    let made = commit("one.txt").await;
    carried_out(&stage, &made[0]).await;
    let live = stage.store.tip("staging").unwrap();
    let made = commit("two.txt").await;
    made[1].status("in_progress").by("deployer").await.unwrap();
    assert_eq!(commit("three.txt").await.len(), 2, "it waits");
    let waiting = stage.store.tip("staging").unwrap();
    stage.later();
    stage.store.move_branch("staging").to(&live).by("ben").await.unwrap();
    stage.quiet().await;
    stage.later();
    made[1].status("success").by("deployer").await.unwrap();
    assert_eq!(stage.deployments("staging").await.len(), 2, "the branch has neither of them any more");
    stage.later();
    stage.store.move_branch("staging").to(&waiting).by("ben").await.unwrap();
    let made = stage.deployments("staging").await;
    assert_eq!(made.len(), 3, "and now it has it again");
    assert_eq!(made[2].sha(), waiting);
    stage.end().await;
}

#[tokio::test]
async fn what_became_older_than_what_is_live_while_it_waited_is_not_deployed() {
    let stage = Stage::set().await;
    let before = stage.store.tip("staging").unwrap();
    stage.store.commit_on("staging").file("one.txt", "x\n").by("ben").await.unwrap();
    let made = stage.deployments("staging").await;
    made[0].status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.move_branch("staging").to(&before).by("ben").await.unwrap();
    stage.quiet().await;
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    assert_eq!(stage.deployments("staging").await.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn an_end_that_github_told_nobody_is_found_by_the_regular_look() {
    let mut stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.github.faults().webhook("deployment_status", "*").lose();
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    let next = stage.merged_topic("feature/list").await;
    assert_eq!(stage.deployments("integration").await.len(), 1, "as far as known it is under way");
    stage.minutes_later(16).await;
    // A start looks at everything, as the clock does every quarter of an hour.
    stage.restart().await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1].payload()["pull_requests"], json!([next.number()]));
    stage.end().await;
}

#[tokio::test]
async fn while_the_configuration_cannot_be_read_nothing_new_is_deployed() {
    let stage = Stage::set().await;
    let configure = |text: &'static str| {
        stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").into_future()
    };
    configure("version: 1\nenvironment: []\n").await.unwrap();
    stage.quiet().await;
    stage.store.commit_on("integration").file("x.txt", "x\n").by("ben").await.unwrap();
    assert!(stage.deployments("integration").await.is_empty());
    configure("version: 1\n").await.unwrap();
    assert_eq!(stage.deployments("integration").await.len(), 1, "it waited for the file to be mended");
    stage.end().await;
}
