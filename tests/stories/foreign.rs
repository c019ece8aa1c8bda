//! Deployments that jobs and services make by themselves: which of them count, and what is said of the others.

use crate::carried_out::configured;
use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::DeploymentHandle;

async fn newest(stage: &Stage, environment: &str) -> DeploymentHandle {
    let mut all = stage.deployments(environment).await;
    all.retain(|it| it.payload()["towpath"] == 1);
    all.pop().unwrap()
}

fn last_line(deployment: &DeploymentHandle) -> String {
    let statuses = deployment.statuses();
    let last = statuses.last().unwrap();
    format!("{}: {}", last.state, last.description)
}

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

#[tokio::test]
async fn a_job_that_names_production_for_its_secrets_does_not_make_it_live() {
    let mut stage = Stage::set().await;
    stage.store.workflow("ci.yml");
    // On staging somebody has taken one up once: that is remembered of the repository.
    stage.store.commit_on("staging").file("one.txt", "x\n").by("rita").await.unwrap();
    carried_out(&stage, &newest(&stage, "staging").await).await;
    let master = stage.store.tip("master").unwrap();
    stage.store.commit_on("production").file("two.txt", "x\n").by("rita").await.unwrap();
    let ours = newest(&stage, "production").await;
    stage.store.deploy("production").by_job_of("ci.yml").await.unwrap();
    stage.quiet().await;
    assert_eq!(
        last_line(&ours),
        "queued: Waits for whoever deploys production to start; the Deployment of ci.yml does not count"
    );
    assert_eq!(stage.store.tip("master").unwrap(), master, "nothing runs yet");
    // Nor does it with another database, since GitHub still knows who took one up.
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    stage.later();
    stage.store.commit_on("production").file("three.txt", "x\n").by("rita").await.unwrap();
    stage.quiet().await;
    stage.store.deploy("production").by_job_of("ci.yml").await.unwrap();
    let ours = newest(&stage, "production").await;
    assert_eq!(stage.store.tip("master").unwrap(), master);
    stage.later();
    ours.status("failure").description("deploy: install").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.tip("master").unwrap(), master);
    stage.copy_check().await;
    stage.end().await;
}

#[tokio::test]
async fn what_does_not_count_is_named_where_the_deploy_is_shown() {
    let stage = Stage::set().await;
    stage.store.workflow("ci.yml");
    let first = stage.merged_topic("feature/one").await;
    carried_out(&stage, &newest(&stage, "integration").await).await;
    let pull = stage.merged_topic("feature/two").await;
    stage.store.deploy("integration").by_job_of("ci.yml").await.unwrap();
    stage.quiet().await;
    let where_is = || async {
        towpath(&stage, &["where", &pull.number().to_string(), "--repository", "acme/store"]).await.words
    };
    let told = where_is().await;
    assert!(told.contains("integration  being deployed"), "{told}");
    assert!(told.contains("A Deployment of ci.yml says success and does not count"), "{told}");
    stage.later();
    newest(&stage, "integration").await.status("failure").by("deployer").await.unwrap();
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("A Deployment of ci.yml says success and does not count"), "{comment}");
    drop(first);
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn the_jobs_of_one_workflow_count_where_the_configuration_names_it() {
    let stage = Stage::set().await;
    stage.store.workflow("ci.yml");
    stage.store.workflow("ship.yml");
    configured(&stage, "{ driver: deployment, foreign: { workflow: ship.yml } }").await;
    stage.merged_topic("feature/cart").await;
    let ours = newest(&stage, "integration").await;
    stage.store.deploy("integration").by_job_of("ci.yml").await.unwrap();
    stage.quiet().await;
    assert!(last_line(&ours).ends_with("the Deployment of ci.yml does not count"), "{}", last_line(&ours));
    stage.later();
    stage.store.deploy("integration").by_job_of("ship.yml").await.unwrap();
    stage.quiet().await;
    assert!(last_line(&ours).contains("is live"), "{}", last_line(&ours));
    stage.end().await;
}

#[tokio::test]
async fn all_count_or_none_where_the_configuration_says_so() {
    for (foreign, live) in [("true", true), ("false", false)] {
        let stage = Stage::set().await;
        stage.store.workflow("ci.yml");
        configured(&stage, &format!("{{ driver: deployment, foreign: {foreign} }}")).await;
        stage.merged_topic("feature/cart").await;
        let ours = newest(&stage, "integration").await;
        stage.store.deploy("integration").by_job_of("ci.yml").await.unwrap();
        stage.quiet().await;
        assert_eq!(last_line(&ours).contains("is live"), live, "{}", last_line(&ours));
        stage.end().await;
    }
}

#[tokio::test]
async fn where_a_workflow_is_dispatched_a_job_of_another_one_ends_nothing() {
    let stage = Stage::set().await;
    stage.store.workflow("ci.yml");
    let inputs = ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];
    stage.store.workflow("deploy.yml").inputs(inputs).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    stage.merged_topic("feature/cart").await;
    let ours = newest(&stage, "integration").await;
    stage.store.deploy("integration").by_job_of("ci.yml").await.unwrap();
    stage.quiet().await;
    assert_eq!(
        last_line(&ours),
        "queued: Requested, not started yet; the Deployment of ci.yml does not count"
    );
    stage.end().await;
}

#[tokio::test]
async fn where_nobody_is_told_to_deploy_others_tell_what_was_tested() {
    let stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: none } }\n  \
                - { name: staging, accepts: [integration], deploy: { driver: none } }\n  - { name: production, accepts: \
                [staging], requires: { tested: true }, deploy: { driver: none } }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    topic(&stage.store, "feature/cart", "integration").await;
    for (from, into) in [("feature/cart", "integration"), ("integration", "staging")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        stage.quiet().await;
    }
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let waits = format!("Waits for staging to deploy {}", &stage.store.tip("staging").unwrap()[..9]);
    stage.check(&release).await.is("action_required", &waits);
    stage.store.deploy("staging").by("ci").await.unwrap();
    stage.check(&release).await.passes();
    stage.later();
    stage.store.deploy("staging").ends("failure").by("ci").await.unwrap();
    stage.check(&release).await.is("action_required", &waits);
    assert!(stage.deployments("production").await.is_empty());
    stage.end().await;
}
