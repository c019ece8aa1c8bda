//! Nothing is ordered, moved or let in by rules that nobody has read.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use std::time::Duration;
use towpath_sandbox::Fault;

/// A path that nobody deploys: by the built-in one somebody would be asked to.
const NOBODY: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: none } }\n  \
                      - { name: staging, accepts: [integration], deploy: { driver: none } }\n  \
                      - { name: production, accepts: [staging], deploy: { driver: none } }\ncopy: none\n";

const FILE: &str = ".github/towpath.yml";

async fn not_installed_yet() -> Stage {
    let stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    stage.store.commit_on("master").file(FILE, NOBODY).by("rita").await.unwrap();
    stage.quiet().await;
    stage
}

async fn pushed(stage: &Stage, branch: &str, file: &str) {
    stage.later();
    stage.store.commit_on(branch).file(file, "x\n").by("ben").await.unwrap();
}

/// Long enough for whatever would be done wrongly.
async fn meanwhile() {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
}

#[tokio::test]
async fn while_the_file_cannot_be_read_nothing_begins_moves_or_is_let_in() {
    let stage = not_installed_yet().await;
    let ill = stage.github.faults().rest("GET", "/repos/acme/store/contents/*").status(503);
    stage.installation.add([&stage.store]).await.unwrap();
    let master = stage.store.tip("master").unwrap();
    for branch in ["integration", "staging", "production"] {
        pushed(&stage, branch, "x.txt").await;
    }
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    let group = stage.store.merge_group("integration", [&pull]).by("rita").await.unwrap();
    let run = stage.store.job_waits("production", "production").await.unwrap();
    let group_check = || stage.store.check_on(&group.head_sha, "towpath: integration");
    let are_there = || pull.check("towpath: integration").is_some() && group_check().is_some();
    for _ in 0..200 {
        if are_there() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    meanwhile().await;
    assert!(ill.hits() > 0);
    // GitHub itself has made one for the job that waits.
    let asked = stage.store.deployments().iter().filter(|it| it.payload()["towpath"] == 1).count();
    assert_eq!(asked, 0, "somebody was asked to deploy by a path that nobody wrote");
    assert_eq!(stage.store.tip("master").unwrap(), master);
    assert!(run.answers().iter().all(|answer| answer.state.is_none()), "{:?}", run.answers());
    for check in [pull.check("towpath: integration").expect("no check"), group_check().unwrap()] {
        let shown = check.state().unwrap();
        assert_eq!(shown.conclusion.as_deref(), Some("action_required"), "{shown:?}");
        assert!(shown.title.unwrap().starts_with("Could not decide"));
    }
    ill.remove();
    stage.check(&pull).await.passes();
    assert_eq!(group_check().unwrap().state().unwrap().conclusion.as_deref(), Some("success"));
    assert_eq!(run.answers().last().unwrap().state.as_deref(), Some("approved"));
    pushed(&stage, "integration", "y.txt").await;
    assert!(stage.deployments("integration").await.is_empty(), "the file says that nobody deploys");
    assert_eq!(stage.store.tip("master").unwrap(), master, "and that there is no copy");
}

#[tokio::test]
async fn a_merge_right_after_the_first_start_goes_by_the_file() {
    let stage = not_installed_yet().await;
    // The push comes before anybody has looked at the repository.
    let slow = stage.github.faults().rest("GET", "/installation/repositories*").hang(Duration::from_secs(1));
    stage.installation.add([&stage.store]).await.unwrap();
    pushed(&stage, "production", "x.txt").await;
    meanwhile().await;
    assert!(slow.hits() > 0);
    assert!(stage.deployments("production").await.is_empty());
    assert!(stage.store.issues().is_empty());
}

#[tokio::test]
async fn after_a_lost_database_nothing_begins_before_the_file_was_read() {
    let mut stage = Stage::set().await;
    stage.store.commit_on("master").file(FILE, NOBODY).by("rita").await.unwrap();
    stage.quiet().await;
    stage.stop().await;
    stage.lose_the_database();
    pushed(&stage, "integration", "x.txt").await;
    let ill = stage.github.faults().rest("GET", "/repos/acme/store/contents/*").status(503).times(12);
    stage.start().await;
    assert!(ill.hits() == 12, "it was asked for until it was read");
    pushed(&stage, "integration", "y.txt").await;
    assert!(stage.deployments("integration").await.is_empty());
}

#[tokio::test]
async fn a_pull_request_into_a_branch_that_only_the_file_names_is_judged_once_it_is_read() {
    let stage = Stage::with(Setting { installed: false, ..Setting::default() }).await;
    let file = "version: 1\nenvironments:\n  - { name: main, accepts: [topics] }\ncopy: none\n";
    stage.store.commit_on("master").file(FILE, file).by("rita").await.unwrap();
    stage.store.branch("main").from("master").by("rita").await.unwrap();
    let ill = stage.github.faults().rest("GET", "/repos/acme/store/contents/*").status(503);
    stage.installation.add([&stage.store]).await.unwrap();
    topic(&stage.store, "feature/cart", "main").await;
    let pull = stage.store.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    meanwhile().await;
    ill.remove();
    stage.check(&pull).await.passes();
}

#[tokio::test]
async fn a_file_that_is_not_found_since_nothing_is_does_not_count_as_none() {
    let stage = not_installed_yet().await;
    let slow = stage.github.faults().rest("GET", "/installation/repositories*").hang(Duration::from_secs(2));
    let gone = ["/repos/acme/store*", "/repositories/*"]
        .map(|path| stage.github.faults().rest("GET", path).status(404));
    stage.installation.add([&stage.store]).await.unwrap();
    pushed(&stage, "integration", "x.txt").await;
    meanwhile().await;
    assert!(gone.iter().any(|it| it.hits() > 0));
    gone.into_iter().for_each(Fault::remove);
    slow.remove();
    pushed(&stage, "integration", "y.txt").await;
    assert!(stage.deployments("integration").await.is_empty());
}
