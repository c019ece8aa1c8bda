//! Deploys that are ended before their own end, and who may begin before that is sure.

use crate::rollback::{Said, towpath};
use crate::stage::Stage;
use chrono::TimeDelta;
use towpath_sandbox::{Cancelling, DeploymentHandle, RunHandle};

const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];

/// Integration is deployed by a workflow, which takes half an hour at most.
async fn by_workflow() -> Stage {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    let text = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n    \
                deploy: { driver: actions, file: deploy.yml, timeout: 30m }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    stage
}

async fn pushed(stage: &Stage, file: &str) {
    stage.later();
    stage.store.commit_on("integration").file(file, "x\n").by("ben").await.unwrap();
    stage.quiet().await;
}

fn runs(stage: &Stage) -> Vec<String> {
    stage.store.runs().iter().map(RunHandle::status).collect()
}

async fn newest(stage: &Stage) -> RunHandle {
    stage.quiet().await;
    stage.store.runs().pop().unwrap()
}

async fn runs_well(stage: &Stage) {
    let run = newest(stage).await;
    stage.later();
    run.begins().await.unwrap();
    stage.quiet().await;
    stage.later();
    run.ends("success").await.unwrap();
    stage.quiet().await;
}

async fn hangs(stage: &Stage, file: &str) -> RunHandle {
    pushed(stage, file).await;
    let run = newest(stage).await;
    run.job("deploy").begins().await.unwrap();
    stage.quiet().await;
    run
}

fn last(deployment: &DeploymentHandle) -> String {
    let last = deployment.statuses().pop().unwrap();
    format!("{}: {}", last.state, last.description)
}

async fn asked(stage: &Stage, what: &[&str]) -> Said {
    let at = ["--repository", "acme/store", "--environment", "integration"];
    towpath(stage, &[&what[..1], &at[..], &what[1..]].concat()).await
}

async fn rolled_back(stage: &Stage) -> Said {
    asked(stage, &["rollback", "--reason", "broken"]).await
}

#[tokio::test]
async fn what_hangs_keeps_its_environment_until_its_end_is_confirmed() {
    let mut stage = by_workflow().await;
    stage.github.cancelling(Cancelling::OnDemand);
    let run = hangs(&stage, "a.txt").await;
    pushed(&stage, "b.txt").await;
    stage.minutes_later(31).await;
    assert_eq!(runs(&stage), ["in_progress"], "asked to end, and not ended yet");
    let made = stage.deployments("integration").await;
    assert_eq!(last(&made[0]), "in_progress: Being cancelled: it has not ended within 30 min");
    stage.restart().await;
    assert_eq!(runs(&stage), ["in_progress"], "a restart forgets nothing of it");
    stage.later();
    run.stops().await.unwrap();
    stage.quiet().await;
    assert_eq!(runs(&stage), ["completed", "queued"]);
    let made = stage.deployments("integration").await;
    assert!(last(&made[0]).starts_with("error: Hangs: not ended within 30 min"), "{}", last(&made[0]));
    assert!(!last(&made[0]).contains("may still run"), "{}", last(&made[0]));
    stage.end().await;
}

#[tokio::test]
async fn where_no_end_is_confirmed_a_merge_waits_and_says_so() {
    for how in [Cancelling::OnDemand, Cancelling::Refused] {
        let stage = by_workflow().await;
        stage.github.cancelling(how);
        let run = hangs(&stage, "a.txt").await;
        let waiting = stage.merged_topic("feature/next").await;
        stage.minutes_later(31).await;
        stage.minutes_later(3).await;
        assert_eq!(runs(&stage), ["in_progress"], "nothing begins beside it");
        let made = stage.deployments("integration").await;
        assert!(last(&made[0]).ends_with("it may still run"), "{}", last(&made[0]));
        let comment = stage.comment(&waiting).await;
        assert!(comment.contains("not deployed: deploy 1"), "{comment}");
        assert!(comment.contains("/deploy integration"), "{comment}");
        stage.later();
        run.ends("failure").await.unwrap();
        stage.quiet().await;
        assert_eq!(runs(&stage), ["completed", "queued"], "its end was told later");
        stage.comment(&waiting).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn the_operator_has_one_go_beside_what_may_still_run() {
    let stage = by_workflow().await;
    stage.github.cancelling(Cancelling::Refused);
    hangs(&stage, "a.txt").await;
    pushed(&stage, "b.txt").await;
    stage.minutes_later(31).await;
    assert_eq!(runs(&stage), ["in_progress"]);
    let said = asked(&stage, &["deploy"]).await;
    assert!(said.code == 0 && said.words.contains("may still run beside it"), "{}", said.words);
    stage.quiet().await;
    assert_eq!(runs(&stage), ["in_progress", "queued"]);
    let made = stage.deployments("integration").await;
    assert!(last(&made[1]).ends_with("deploy 1 may still run"), "{}", last(&made[1]));
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_ends_what_hangs_and_begins_once_that_has_ended() {
    let stage = by_workflow().await;
    pushed(&stage, "a.txt").await;
    runs_well(&stage).await;
    let good = stage.store.tip("integration").unwrap();
    stage.github.cancelling(Cancelling::After(TimeDelta::seconds(30)));
    hangs(&stage, "b.txt").await;
    let said = rolled_back(&stage).await;
    assert_eq!(said.code, 0, "{}", said.words);
    assert!(said.words.contains("deploy 2") && said.words.contains("Towpath cancels"), "{}", said.words);
    let twice = rolled_back(&stage).await;
    assert!(twice.code == 6 && twice.words.contains("is already rolling"), "{}", twice.words);
    stage.quiet().await;
    assert_eq!(runs(&stage), ["completed", "in_progress"]);
    stage.minutes_later(1).await;
    assert_eq!(runs(&stage), ["completed", "completed", "queued"]);
    let back = newest(&stage).await;
    assert_eq!((back.inputs()["sha"].as_str(), back.inputs()["rollback"].as_str()), (good.as_str(), "true"));
    let made = stage.deployments("integration").await;
    assert!(last(&made[1]).starts_with("error: Cancelled for the rollback, deploy 3"), "{}", last(&made[1]));
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_begins_beside_what_cannot_be_ended_and_says_so() {
    let stage = by_workflow().await;
    pushed(&stage, "a.txt").await;
    runs_well(&stage).await;
    stage.github.cancelling(Cancelling::Refused);
    let run = hangs(&stage, "b.txt").await;
    stage.github.forget_records();
    assert_eq!(rolled_back(&stage).await.code, 0);
    stage.quiet().await;
    assert_eq!(runs(&stage), ["completed", "in_progress", "queued"]);
    let made = stage.deployments("integration").await;
    let posted: Vec<String> =
        stage.github.exchanges().into_iter().filter(|it| it.method == "POST").map(|it| it.path).collect();
    let place = |path: &str| posted.iter().position(|it| it.ends_with(path)).unwrap();
    let over = format!("/deployments/{}/statuses", made[1].id());
    assert!(place(&over) < place("/deployments"), "whoever hears it may still stop: {posted:?}");
    assert_eq!(last(&made[2]), "queued: Requested, not started yet; deploy 2 may still run");
    assert!(last(&made[1]).ends_with("it may still run"), "{}", last(&made[1]));
    // Its own end, however good, is not what runs then.
    stage.later();
    run.ends("success").await.unwrap();
    runs_well(&stage).await;
    let made = stage.deployments("integration").await;
    assert!(last(&made[2]).starts_with("success"), "{}", last(&made[2]));
    stage.end().await;
}

#[tokio::test]
async fn a_deployment_that_hangs_cannot_be_ended_and_keeps_merges_from_going() {
    let stage = Stage::set().await;
    pushed(&stage, "a.txt").await;
    let made = stage.deployments("integration").await;
    made[0].status("in_progress").description("deploy: install").by("deployer").await.unwrap();
    pushed(&stage, "b.txt").await;
    stage.minutes_later(61).await;
    let made = stage.deployments("integration").await;
    assert_eq!(made.len(), 1);
    assert!(last(&made[0]).ends_with("it may still run"), "{}", last(&made[0]));
    stage.later();
    made[0].status("failure").by("deployer").await.unwrap();
    assert_eq!(
        stage.deployments("integration").await.len(),
        2,
        "whoever carries it out has said that it ended"
    );
    stage.end().await;
}

#[tokio::test]
async fn a_run_that_waits_for_a_reviewer_is_not_late_and_gives_way_to_a_newer_merge() {
    let stage = by_workflow().await;
    stage.store.review_jobs("integration", true);
    pushed(&stage, "a.txt").await;
    let first = newest(&stage).await;
    first.job("deploy").comes_to("integration").await.unwrap();
    stage.quiet().await;
    let made = stage.deployments("integration").await;
    let ours = made.iter().find(|it| it.payload()["towpath"] == 1).unwrap();
    assert_eq!(last(ours), "pending: Waits for somebody's approval");
    stage.minutes_later(10 * 60).await;
    assert_eq!(last(ours), "pending: Waits for somebody's approval", "people take their time");
    pushed(&stage, "b.txt").await;
    assert_eq!(runs(&stage), ["completed", "queued"]);
    assert_eq!(last(ours), "inactive: Superseded by deploy 2");
    // Approved, it has its own time and no more.
    let second = newest(&stage).await;
    second.job("deploy").comes_to("integration").await.unwrap();
    stage.minutes_later(10 * 60).await;
    second.job("deploy").is_approved().await.unwrap();
    second.job("deploy").begins().await.unwrap();
    stage.quiet().await;
    pushed(&stage, "c.txt").await;
    stage.minutes_later(20).await;
    assert_eq!(runs(&stage), ["completed", "in_progress"], "its half hour is not over");
    stage.minutes_later(12).await;
    assert_eq!(runs(&stage), ["completed", "completed", "queued"]);
    stage.end().await;
}

/// Integration is deployed by a workflow that Deployments cause; its job waits for a reviewer.
async fn waits_by_deployment(stage: &Stage, file: &str) -> RunHandle {
    pushed(stage, file).await;
    let run = stage.store.run_of("ship.yml").event("deployment").on("integration").by("ben").await.unwrap();
    run.job("deploy").comes_to("integration").await.unwrap();
    stage.quiet().await;
    run
}

async fn ours(stage: &Stage) -> Vec<DeploymentHandle> {
    let mut made = stage.deployments("integration").await;
    made.retain(|it| it.payload()["towpath"] == 1);
    made
}

#[tokio::test]
async fn a_workflow_on_deployments_that_waits_for_a_reviewer_gives_way_to_a_newer_merge() {
    let mut stage = Stage::set().await;
    stage.store.workflow("ship.yml");
    stage.store.review_jobs("integration", true);
    stage.github.cancelling(Cancelling::OnDemand);
    let first = waits_by_deployment(&stage, "a.txt").await;
    assert_eq!(last(&ours(&stage).await[0]), "pending: Waits for somebody's approval");
    stage.minutes_later(10 * 60).await;
    assert_eq!(
        last(&ours(&stage).await[0]),
        "pending: Waits for somebody's approval",
        "people take their time"
    );
    pushed(&stage, "b.txt").await;
    assert_eq!(ours(&stage).await.len(), 1, "approved now, the first would deploy beside the second");
    stage.restart().await;
    stage.later();
    first.stops().await.unwrap();
    stage.quiet().await;
    let made = ours(&stage).await;
    assert_eq!(made.len(), 2);
    assert_eq!(last(&made[0]), "inactive: Superseded by deploy 2");
    assert!(first.job("deploy").is_approved().await.is_err(), "nobody can let it in any more");
    stage.end().await;
}

#[tokio::test]
async fn a_workflow_that_no_deployment_has_caused_is_not_cancelled_and_holds_nothing_up() {
    let stage = Stage::set().await;
    stage.store.workflow("ci.yml");
    stage.store.review_jobs("integration", true);
    pushed(&stage, "a.txt").await;
    let first = stage.store.run_of("ci.yml").on("integration").by("ben").await.unwrap();
    first.job("deploy").comes_to("integration").await.unwrap();
    stage.quiet().await;
    assert_eq!(last(&ours(&stage).await[0]), "pending: Waits for somebody's approval");
    pushed(&stage, "b.txt").await;
    assert_eq!(first.status(), "waiting", "it may be anything");
    let made = ours(&stage).await;
    assert_eq!(last(&made[0]), "inactive: Superseded by deploy 2");
    assert_eq!(made.len(), 2);
    let second = stage.store.run_of("ci.yml").on("integration").by("ben").await.unwrap();
    second.job("deploy").comes_to("integration").await.unwrap();
    second.job("deploy").is_approved().await.unwrap();
    second.job("deploy").ends("success").await.unwrap();
    stage.quiet().await;
    assert!(last(&made[1]).contains("is live"), "{}", last(&made[1]));
    stage.end().await;
}
