//! What was tested: by the newest word of whoever deploys, and no longer than that holds.

use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{DeploymentHandle, PullHandle};

async fn newest(stage: &Stage, environment: &str) -> DeploymentHandle {
    stage.deployments(environment).await.pop().unwrap()
}

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

/// A topic that is deployed on staging.
async fn on_staging(stage: &Stage, name: &str) {
    topic(&stage.store, name, "integration").await;
    for (from, into) in [(name, "integration"), ("integration", "staging")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        let deployment = newest(stage, into).await;
        carried_out(stage, &deployment).await;
    }
}

async fn promotion(stage: &Stage) -> PullHandle {
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

fn waits(stage: &Stage) -> String {
    format!("The deploy of {} to staging did not succeed", &stage.store.tip("staging").unwrap()[..9])
}

#[tokio::test]
async fn a_deploy_that_fails_after_its_success_was_not_tested() {
    let stage = Stage::set().await;
    on_staging(&stage, "feature/cart").await;
    let release = promotion(&stage).await;
    let deployment = newest(&stage, "staging").await;
    deployment.status("failure").description("verify: smoke").by("deployer").await.unwrap();
    stage.check(&release).await.is("action_required", &waits(&stage));
    // Both within one second of GitHub's.
    deployment.status("success").by("deployer").await.unwrap();
    stage.check(&release).await.passes();
    // A status that rests says nothing of the files.
    deployment.status("inactive").by("deployer").await.unwrap();
    stage.check(&release).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn words_that_overtake_each_other_end_the_same() {
    let stage = Stage::set().await;
    on_staging(&stage, "feature/cart").await;
    let release = promotion(&stage).await;
    let deployment = newest(&stage, "staging").await;
    // The success comes before the failure that it has made good, and both come twice.
    stage.github.faults().webhook("deployment_status", "*").double();
    stage.github.faults().webhook("deployment_status", "*").delay_by(1).times(1);
    deployment.status("failure").by("deployer").await.unwrap();
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.check(&release).await.passes();
    stage.github.faults().clear();
    stage.github.faults().webhook("deployment_status", "*").delay_by(1).times(1);
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.later();
    deployment.status("failure").by("deployer").await.unwrap();
    stage.check(&release).await.is("action_required", &waits(&stage));
    stage.github.faults().clear();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn an_older_deploy_that_fails_once_a_newer_one_has_begun_takes_its_files_back() {
    let stage = Stage::set().await;
    on_staging(&stage, "feature/cart").await;
    let first = newest(&stage, "staging").await;
    // Another commit with the same files is under way.
    stage.store.commit_on("staging").message("Nothing new").by("rita").await.unwrap();
    let second = newest(&stage, "staging").await;
    assert_ne!(first.sha(), second.sha());
    let release = promotion(&stage).await;
    stage.later();
    second.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    first.status("error").by("deployer").await.unwrap();
    let tip = &second.sha()[..9];
    stage.check(&release).await.is("none", &format!("Waits for the deploy of {tip} to staging"));
    stage.later();
    second.status("success").by("deployer").await.unwrap();
    stage.check(&release).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_later_deploy_of_the_same_files_that_fails_takes_the_verification_away() {
    let mut stage = Stage::set().await;
    on_staging(&stage, "feature/cart").await;
    stage.store.commit_on("staging").message("Nothing new").by("rita").await.unwrap();
    let release = promotion(&stage).await;
    newest(&stage, "staging").await.status("failure").by("deployer").await.unwrap();
    stage.check(&release).await.is("action_required", &waits(&stage));
    // That holds over a restart, and where the environment has never had a success that still counts.
    stage.restart().await;
    stage.check(&release).await.is("action_required", &waits(&stage));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn what_a_rollback_takes_back_was_not_tested() {
    const STAGING: [&str; 4] = ["--repository", "acme/store", "--environment", "staging"];
    let stage = Stage::set().await;
    on_staging(&stage, "feature/good").await;
    on_staging(&stage, "feature/bad").await;
    let release = promotion(&stage).await;
    let said =
        towpath(&stage, &[&["rollback"], &STAGING[..], &["--reason", "the cart is broken"]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    let tip = &stage.store.tip("staging").unwrap()[..9];
    stage.check(&release).await.is("action_required", &format!("Waits for staging to deploy {tip}"));
    let back = newest(&stage, "staging").await;
    carried_out(&stage, &back).await;
    stage.check(&release).await.is("action_required", &format!("Waits for staging to deploy {tip}"));
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn what_ends_well_after_it_was_rolled_back_was_not_tested_either() {
    const STAGING: [&str; 4] = ["--repository", "acme/store", "--environment", "staging"];
    let stage = Stage::set().await;
    on_staging(&stage, "feature/good").await;
    stage.store.commit_on("staging").file("bad.txt", "x\n").by("rita").await.unwrap();
    let bad = newest(&stage, "staging").await;
    stage.later();
    bad.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    let said =
        towpath(&stage, &[&["rollback"], &STAGING[..], &["--reason", "the cart is broken"]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    stage.later();
    bad.status("success").by("deployer").await.unwrap();
    carried_out(&stage, &newest(&stage, "staging").await).await;
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let tip = &stage.store.tip("staging").unwrap()[..9];
    let said = stage.check(&release).await;
    assert_ne!(said.0.conclusion.as_deref(), Some("success"), "{:?}", said.0.title);
    assert!(said.0.title.as_deref().unwrap_or_default().contains(tip), "{:?}", said.0.title);
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn an_environment_of_which_only_failures_are_known_is_reported() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    for (from, into) in [("feature/cart", "integration"), ("integration", "staging")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        stage.quiet().await;
    }
    stage.later();
    newest(&stage, "staging").await.status("failure").by("deployer").await.unwrap();
    stage.quiet().await;
    // Another commit with other files, of which nobody has said anything.
    stage.store.commit_on("staging").file("more.txt", "x\n").by("rita").await.unwrap();
    let release = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let tip = &stage.store.tip("staging").unwrap()[..9];
    stage.check(&release).await.is("none", &format!("Waits for the deploy of {tip} to staging"));
    stage.all_is_read().await;
    stage.end().await;
}
