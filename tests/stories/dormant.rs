//! Teams that want the check and deploy by other means, or not at all: one Deployment finds nobody, and no more are made.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{DeploymentHandle, PullHandle};

const RESTS: &str = "inactive: Nothing deploys here: Towpath makes no Deployments until there is a workflow on: deployment, a \
                     status, or deploy: in .github/towpath.yml";

fn lines(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|it| format!("{}: {}", it.state, it.description)).collect()
}

async fn promoted(stage: &Stage, from: &str, into: &str) -> PullHandle {
    let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    pull
}

/// A shop where nobody has taken the first Deployment up.
async fn dormant() -> Stage {
    let stage = Stage::set().await;
    stage.merged_topic("feature/first").await;
    stage.minutes_later(16).await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 1);
    assert_eq!(lines(&made[0]).last().unwrap(), RESTS);
    stage
}

#[tokio::test]
async fn where_nobody_deploys_no_more_deployments_are_made_and_master_follows() {
    let mut stage = dormant().await;
    let pull = stage.merged_topic("feature/cart").await;
    promoted(&stage, "integration", "staging").await;
    stage.restart().await;
    promoted(&stage, "staging", "production").await;
    let mut made = 0;
    for name in ["integration", "staging", "production"] {
        made += stage.deployments(name).await.len();
    }
    assert_eq!(made, 1, "only the first one");
    assert_eq!(stage.store.tip("master"), stage.store.tip("production"));
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    let told = towpath(&stage, &["where", &pull.number().to_string(), "--repository", "acme/store"]).await;
    assert!(told.words.contains("production   merged, not deployed since"), "{}", told.words);
    assert!(told.words.contains("Nothing deploys here: Towpath makes no Deployments"), "{}", told.words);
    assert!(pull.comments().is_empty(), "it is no news to those who never meant to");
    stage.end().await;
}

#[tokio::test]
async fn a_late_status_on_the_inactive_deployment_starts_it_again() {
    let stage = dormant().await;
    let waited = stage.merged_topic("feature/cart").await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("in_progress").by("deployer").await.unwrap();
    assert_eq!(stage.deployments("integration").await.len(), 1, "one at a time");
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2, "the branch's tip follows");
    assert_eq!(made[1].sha(), stage.store.tip("integration").unwrap());
    assert_eq!(made[1].payload()["pull_requests"], serde_json::json!([waited.number()]));
    stage.minutes_later(16).await;
    assert!(lines(&made[1]).last().unwrap().starts_with("error: Nobody started it"), "{:?}", lines(&made[1]));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn somebody_who_has_heard_of_it_late_gets_his_time() {
    let stage = dormant().await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("queued").by("deployer").await.unwrap();
    assert_eq!(stage.deployments("integration").await.len(), 1, "it is not ordered twice");
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(made[0].state().as_deref(), Some("success"));
    stage.end().await;
}

#[tokio::test]
async fn the_operator_starts_it_again_with_the_very_deploy_that_rests() {
    const INTEGRATION: [&str; 4] = ["--repository", "acme/store", "--environment", "integration"];
    let stage = dormant().await;
    let said = towpath(&stage, &[&["deploy"], &INTEGRATION[..]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    assert_eq!(made[1].sha(), stage.store.tip("integration").unwrap());
    stage.later();
    made[1].status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(made[1].state().as_deref(), Some("success"));
    stage.merged_topic("feature/cart").await;
    assert_eq!(stage.deployments("integration").await.len(), 3, "and it goes on");
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_workflow_on_deployments_starts_it_again() {
    let stage = dormant().await;
    let workflow = |text: &'static str| {
        let commit = stage.store.commit_on("master").file(".github/workflows/ship.yml", text);
        std::future::IntoFuture::into_future(commit.by("rita"))
    };
    workflow("on: push\njobs: {}\n").await.unwrap();
    assert_eq!(stage.deployments("integration").await.len(), 1, "that one does something else");
    workflow("on: { push: {}, deployment: {} }\njobs: {}\n").await.unwrap();
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    stage.minutes_later(16).await;
    assert!(lines(&made[1]).last().unwrap().starts_with("error: Nobody started it"), "{:?}", lines(&made[1]));
    stage.end().await;
}

#[tokio::test]
async fn a_workflow_that_was_there_before_was_meant_to_take_it_up() {
    let stage = Stage::set().await;
    let text = "on:\n  deployment:\njobs: {}\n";
    stage.store.commit_on("master").file(".github/workflows/ship.yaml", text).by("rita").await.unwrap();
    stage.merged_topic("feature/first").await;
    stage.minutes_later(16).await;
    let made = stage.deployments("integration").await;
    assert!(lines(&made[0]).last().unwrap().starts_with("error: Nobody started it"), "{:?}", lines(&made[0]));
    stage.end().await;
}

#[tokio::test]
async fn a_driver_in_the_file_starts_it_again_and_silence_is_an_error_then() {
    let stage = dormant().await;
    let file = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: deployment } }\n  - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    stage.minutes_later(16).await;
    assert!(lines(&made[1]).last().unwrap().starts_with("error: Nobody started it"), "{:?}", lines(&made[1]));
    stage.end().await;
}

#[tokio::test]
async fn anybodys_status_anywhere_in_the_repository_starts_it_again() {
    let stage = dormant().await;
    stage.store.deploy("master").to("github-pages").by("pages").await.unwrap();
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 2);
    stage.end().await;
}

#[tokio::test]
async fn who_wants_master_to_wait_for_deploys_has_it_wait() {
    let stage = dormant().await;
    let file = "version: 1\ncopy: { branch: master, of: production, after: deploy }\n";
    stage.store.commit_on("production").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.tip("master"), stage.store.tip("production"), "nothing says otherwise yet");
    stage.later();
    stage.store.commit_on("production").file("x.txt", "x\n").by("rita").await.unwrap();
    stage.quiet().await;
    assert_ne!(stage.store.tip("master"), stage.store.tip("production"));
    stage.copy_check().await;
    stage.end().await;
}

#[tokio::test]
async fn who_has_deployed_once_is_remembered_by_github_though_the_database_is_lost() {
    let mut stage = Stage::set().await;
    stage.merged_topic("feature/first").await;
    let made = stage.deployments("integration").await;
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    stage.later();
    topic(&stage.store, "feature/second", "integration").await;
    promoted(&stage, "feature/second", "integration").await;
    stage.minutes_later(16).await;
    let made = stage.deployments("integration").await;
    assert!(lines(&made[1]).last().unwrap().starts_with("error: Nobody started it"), "{:?}", lines(&made[1]));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn while_github_does_not_tell_who_deployed_nothing_is_concluded() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/first").await;
    let made = stage.deployments("integration").await;
    let silent = stage.github.faults().rest("GET", "/repos/acme/store/contents/.github").status(500);
    stage.minutes_later_at_work(16).await;
    assert_eq!(lines(&made[0]).len(), 1, "{:?}", lines(&made[0]));
    silent.remove();
    stage.minutes_later(11).await;
    assert_eq!(lines(&made[0]).last().unwrap(), RESTS);
    stage.end().await;
}
