//! Names that GitHub takes for the same whatever their capitals, and what must not slip through by them.

use crate::said::Said;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath::model::{DeployState, Hold, RepositoryId, UnixMillis};
use towpath::store::{Change, ConcurrencyLimits, Next, Store as _, WorkItem};
use towpath_sandbox::PullHandle;

async fn promoted(stage: &Stage, from: &str, into: &str) -> PullHandle {
    let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    pull
}

/// Production is held, as after a rollback from what it has now.
async fn held(stage: &mut Stage) {
    stage.stop().await;
    let database = stage.database();
    let id = RepositoryId(stage.store.id());
    let commit = stage.store.tip("production").unwrap().parse().unwrap();
    let (by, reason) = ("op".to_owned(), "checkout is broken".to_owned());
    let to = stage.store.tip("integration").unwrap().parse().unwrap();
    let hold = Hold {
        from: commit,
        to,
        by,
        reason,
        since: UnixMillis(5),
        pulls: Vec::new(),
        lifted: None,
        revert: None,
    };
    let item = WorkItem::WorkflowRuns(id);
    database.mark(vec![item.clone()], UnixMillis(0)).await.unwrap();
    let lease = database.lease(UnixMillis(1), ConcurrencyLimits::NONE).await.unwrap().unwrap();
    assert_eq!(lease.item, item);
    let changes = vec![Change::Hold(id, "production".to_owned(), hold)];
    database.commit(&lease, changes, Next::Done, UnixMillis(1)).await.unwrap();
    database.close().await;
    stage.start().await;
}

#[tokio::test]
async fn a_job_that_spells_its_environment_otherwise_counts_as_tested() {
    let stage = Stage::set().await;
    stage.store.deploy("staging").to("STAGING").by("ci").await.unwrap();
    stage.merged_topic("feature/cart").await;
    promoted(&stage, "integration", "staging").await;
    let out = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let tip = &stage.store.tip("staging").unwrap()[..9];
    stage.check(&out).await.is("none", &format!("Waits for the deploy of {tip} to staging"));
    stage.github.faults().webhook("deployment_status", "*").double();
    stage.store.deploy("staging").to("Staging").by("ci").await.unwrap();
    stage.github.faults().clear();
    stage.check(&out).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn our_own_deployment_is_known_though_github_spells_its_environment_otherwise() {
    let mut stage = Stage::set().await;
    stage.store.deploy("master").to("INTEGRATION").ends("failure").by("ci").await.unwrap();
    // The answer is lost, so it has to be found by what it is.
    stage.github.faults().rest("POST", "/repos/*/deployments").reset_after().times(1);
    stage.merged_topic("feature/cart").await;
    stage.github.faults().clear();
    stage.restart().await;
    let ours = |stage: &Stage| {
        let mut made = stage.store.deployments();
        made.retain(|it| it.payload()["towpath"] == 1);
        made
    };
    let made = ours(&stage);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].environment(), "INTEGRATION");
    stage.later();
    made[0].status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
    made[0].status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    let database = stage.database();
    let id = RepositoryId(stage.store.id());
    let deploys = database.newest_deploys(id, "Integration", 9).await.unwrap();
    database.close().await;
    assert_eq!(deploys.iter().map(|it| it.state).collect::<Vec<_>>(), [DeployState::Succeeded]);
    assert_eq!(ours(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn a_hold_keeps_jobs_and_merge_groups_out_by_whatever_name() {
    let mut stage = Stage::set().await;
    let _cart = stage.merged_topic("feature/cart").await;
    promoted(&stage, "integration", "staging").await;
    let out = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&out).await.passes();
    held(&mut stage).await;
    let tip = stage.store.tip("production").unwrap();
    for name in ["Production", "PRODUCTION"] {
        let run = stage.store.job_waits(name, &tip).by("ben").await.unwrap();
        stage.quiet().await;
        assert_eq!(run.decision().as_deref(), Some("rejected"), "{:?}", run.answers());
        let said = &run.answers()[0].comment;
        assert!(said.contains("is held: `checkout is broken`"), "{said}");
    }
    let group = stage.store.merge_group("production", [&out]).by("rita").await.unwrap();
    stage.quiet().await;
    let check = stage.store.check_on(&group.head_sha, "towpath: production");
    let said = Said(check.and_then(|check| check.state()).expect("the group has its check"));
    assert_eq!(said.0.conclusion.as_deref(), Some("failure"), "{:?}", said.0.title);
    said.says("checkout is broken");
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
    stage.end().await;
}

#[tokio::test]
async fn a_job_is_judged_for_an_environment_that_the_file_spells_otherwise() {
    let stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - { name: Staging, branch: staging, accepts: [topics] }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.quiet().await;
    let tip = stage.store.tip("staging").unwrap();
    let run = stage.store.job_waits("staging", &tip).by("ben").await.unwrap();
    stage.quiet().await;
    assert_eq!(run.decision().as_deref(), Some("approved"), "{:?}", run.answers());
    // A branch is told apart by its capitals.
    topic(&stage.store, "STAGING", "staging").await;
    stage.store.branch("Staging").from("staging").by("ana").await.unwrap();
    let pull = stage.store.open_pull("STAGING").into("Staging").by("ana").await.unwrap();
    assert!(stage.is_silent_on(&pull).await);
    stage.end().await;
}

#[tokio::test]
async fn an_accounts_file_and_its_repositories_are_known_by_any_spelling() {
    let stage = Stage::set().await;
    let soft = "version: 1\nrules:\n  TP201: warn\n";
    let shared = stage.github.repository("acme/.GitHub").default_branch("main").create().await.unwrap();
    shared.commit_on("main").orphan().file("README", "Acme\n").by("rita").await.unwrap();
    stage.installation.add([&shared]).await.unwrap();
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    shared.commit_on("main").file(".github/towpath.yml", soft).by("rita").await.unwrap();
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    stage.end().await;
}
