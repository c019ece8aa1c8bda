//! What should be on GitHub is looked at again: after a person's no, after a refusal, after words that cross each other,
//! and when the configuration changes in the middle of a deploy.

use crate::carried_out::{SECRET, allowing, called_back, configured, service};
use crate::programs::{Machine, ended, merged};
use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::{Stage, until};
use serde_json::json;
use std::time::Duration;
use towpath::model::{BranchName, RepositoryId};
use towpath::store::Store as _;
use towpath_sandbox::{DeploymentHandle, PullHandle};

fn states(deployment: &DeploymentHandle) -> Vec<String> {
    deployment.statuses().into_iter().map(|it| it.state).collect()
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

async fn written(stage: &Stage, text: &str) {
    stage.later();
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
}

/// Everything is compared with GitHub, as it is from time to time.
async fn looked_over(stage: &mut Stage) {
    stage.later();
    stage.restart().await;
}

#[tokio::test]
async fn a_sync_pull_request_that_somebody_closed_stays_closed_until_production_moves() {
    let mut stage = Stage::set().await;
    let none = "deploy: { driver: none }";
    let file = format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics], {none} }}\n  \
         - {{ name: staging, accepts: [integration], {none} }}\n  - {{ name: production, accepts: [staging], {none} }}\n\
         copy: {{ branch: master, of: production, mode: pull-request }}\n"
    );
    let commit =
        stage.store.commit_on("production").file(".github/towpath.yml", &file).by("rita").await.unwrap();
    stage.store.move_branch("master").to(&commit).by("rita").await.unwrap();
    stage.quiet().await;
    pushed(&stage, "production", "b.txt").await;
    stage.quiet().await;
    let store = stage.store.clone();
    let syncs = || -> Vec<PullHandle> {
        store.pulls().into_iter().filter(|it| it.state().unwrap().base == "master").collect()
    };
    assert_eq!(syncs().len(), 1);
    let sync = syncs().remove(0);
    stage.check(&sync).await.passes();
    sync.close().by("rita").await.unwrap();
    for _ in 0..2 {
        looked_over(&mut stage).await;
    }
    assert_eq!(syncs().len(), 1, "rita has said no");
    let said = stage.copy_check().await;
    said.says(&format!("Reopen #{}", sync.number()));
    pushed(&stage, "production", "c.txt").await;
    stage.quiet().await;
    assert_eq!(syncs().len(), 2, "there is something new to bring over");
    stage.copy_check().await.says(&format!("Merge #{}", syncs()[1].number()));
    stage.check(&syncs()[1]).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_status_that_github_refuses_keeps_no_later_one_away() {
    let stage = Stage::set().await;
    pushed(&stage, "production", "a.txt").await;
    let first = stage.deployments("production").await.remove(0);
    carried_out(&stage, &first).await;
    pushed(&stage, "production", "b.txt").await;
    let second = stage.deployments("production").await.remove(1);
    // GitHub does not accept what the first one should show from now on.
    let words = r#"{"message":"Validation Failed"}"#;
    let path = format!("/repos/acme/store/deployments/{}/statuses", first.id());
    let refused = stage.github.faults().rest("POST", &path).answer(422, "application/json", words);
    carried_out(&stage, &second).await;
    assert!(refused.hits() >= 1);
    pushed(&stage, "production", "c.txt").await;
    let third = stage.deployments("production").await.remove(2);
    assert_eq!(states(&third), ["queued"]);
    let asked = refused.hits();
    assert!(asked <= 4, "it is not asked again and again: {asked}");
    refused.remove();
    stage.minutes_later(16).await;
    pushed(&stage, "production", "d.txt").await;
    stage.quiet().await;
    assert_eq!(states(&first).last().unwrap(), "inactive", "somebody has made it good");
}

/// A status of the first Deployment is cut off, and then GitHub answers no question about what was said there.
async fn a_first_one_about_which_nothing_is_said(answer: u16) {
    let stage = Stage::set().await;
    pushed(&stage, "production", "a.txt").await;
    let first = stage.deployments("production").await.remove(0);
    carried_out(&stage, &first).await;
    pushed(&stage, "production", "b.txt").await;
    let second = stage.deployments("production").await.remove(1);
    let path = format!("/repos/acme/store/deployments/{}/statuses", first.id());
    stage.github.faults().rest("POST", &path).reset().times(1);
    stage.github.faults().rest("*", &path).status(answer);
    carried_out(&stage, &second).await;
    pushed(&stage, "production", "c.txt").await;
    let third = stage.deployments("production").await.remove(2);
    assert_eq!(states(&third), ["queued"]);
    stage.later();
    third.status("failure").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.github.faults().clear();
    assert!(stage.left_undone().await.contains("given up: []"), "{}", stage.left_undone().await);
}

#[tokio::test]
async fn a_deployment_that_somebody_has_deleted_keeps_no_later_status_away() {
    a_first_one_about_which_nothing_is_said(404).await;
}

#[tokio::test]
async fn statuses_that_may_not_be_read_keep_no_later_one_away() {
    a_first_one_about_which_nothing_is_said(403).await;
}

#[tokio::test]
async fn a_deployer_that_is_faster_than_queued_has_the_last_word() {
    let stage = Stage::set().await;
    let slow = stage.github.faults().rest("POST", "/repos/*/deployments/*/statuses");
    let slow = slow.hang(Duration::from_millis(700)).times(1);
    pushed(&stage, "integration", "a.txt").await;
    until("made", || !stage.store.deployments().is_empty()).await;
    let made = stage.store.deployments().remove(0);
    until("queued is on its way", || slow.hits() >= 1).await;
    made.status("in_progress").by("deployer").await.unwrap();
    made.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    let said = states(&made);
    assert!(said.contains(&"queued".to_owned()), "it came too late: {said:?}");
    assert_eq!(said.last().unwrap(), "success", "{said:?}");
    stage.end().await;
}

#[tokio::test]
async fn a_status_whose_answer_was_lost_is_not_told_again_behind_a_faster_word() {
    let stage = Stage::set().await;
    let statuses = stage.github.faults().rest("POST", "/repos/*/deployments/*/statuses");
    statuses.reset_after().times(1);
    // Nobody tells the server what the deployer says meanwhile.
    stage.github.faults().webhook("deployment_status", "*").hold();
    let looked = stage.github.faults().rest("GET", "/repos/*/deployments/*/statuses*");
    let looked = looked.hang(Duration::from_millis(700)).times(1);
    pushed(&stage, "integration", "a.txt").await;
    until("looked for", || looked.hits() >= 1).await;
    let made = stage.store.deployments().remove(0);
    made.status("success").by("deployer").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(states(&made), ["queued", "success"]);
    stage.github.faults().clear();
    stage.quiet().await;
    assert_eq!(states(&made).last().unwrap(), "success", "{:?}", states(&made));
}

#[tokio::test]
async fn a_deploy_that_restarts_cut_off_each_time_says_what_that_means_for_the_site() {
    let machine = Machine::new();
    machine.program("install", "echo begun >> \"$0.begun\"; sleep 600");
    let mut stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = merged(&stage, "feature/cart", "integration").await;
    for times in 1..=3 {
        until("begun", || machine.lines("install.begun").len() == times).await;
        stage.stop().await;
        stage.start_at_work().await;
    }
    assert_eq!(
        ended(&stage, "integration").await,
        "error: Cut off: Towpath's server stopped 3 times during it; the site may be in maintenance mode"
    );
    assert!(stage.comment(&pull).await.contains("Look at `integration` now."));
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_in_whose_place_a_newer_one_went_is_named() {
    let stage = Stage::set().await;
    let first = stage.merged_topic("feature/one").await;
    let made = stage.deployments("integration").await.remove(0);
    made.status("in_progress").by("deployer").await.unwrap();
    let second = stage.merged_topic("feature/two").await;
    stage.merged_topic("feature/three").await;
    carried_out(&stage, &made).await;
    let where_is = async |pull: &PullHandle| {
        towpath(&stage, &["where", &pull.number().to_string(), "--repository", "acme/store"]).await.words
    };
    let told = where_is(&second).await;
    assert!(told.contains("Deploy 2 of it never started: a newer one replaced it"), "{told}");
    let told = where_is(&first).await;
    assert!(!told.contains("never started"), "{told}");
    // A deploy that fails is told in the comment of all that it brings.
    stage.later();
    let next = stage.deployments("integration").await.remove(1);
    next.status("failure").description("build: compile").by("deployer").await.unwrap();
    let comment = stage.comment(&second).await;
    assert!(comment.contains("Deploy 2 of it never started"), "{comment}");
}

#[tokio::test]
async fn a_direct_push_is_told_with_who_pushed() {
    let stage = Stage::set().await;
    pushed(&stage, "integration", "a.txt").await;
    stage.merged_topic("feature/one").await;
    let made = stage.deployments("integration").await;
    let said = made[0].description().unwrap();
    assert_eq!(said, format!("Deploy {}, pushed directly by ben", &made[0].sha()[..9]));
    carried_out(&stage, &made[0]).await;
    let made = stage.deployments("integration").await;
    let said = made[1].description().unwrap();
    assert!(said.ends_with("(#1)") && !said.contains("directly"), "{said}");
    stage.end().await;
}

#[tokio::test]
async fn whoever_was_told_of_a_deploy_may_call_back_to_its_end() {
    for (n, after) in ["{ driver: deployment }", "{ driver: none }"].into_iter().enumerate() {
        let service = service(http::StatusCode::OK).await;
        let stage = Stage::with(allowing(&service.url)).await;
        configured(&stage, "{ driver: webhook, endpoint: shop }").await;
        pushed(&stage, "integration", "x.txt").await;
        stage.quiet().await;
        let deploy = service.heard.lock().unwrap()[0].1["data"]["deploy"].clone();
        stage.later();
        configured(&stage, after).await;
        for (id, state) in [("1", "in_progress"), ("2", "success")] {
            let report = json!({ "deploy": deploy, "state": state });
            assert_eq!(
                called_back(&stage, &format!("{n}{id}"), SECRET, &report).await,
                202,
                "{after} {state}"
            );
            stage.later();
        }
        let made = stage.deployments("integration").await;
        assert_eq!(states(&made[0]).last().unwrap(), "success", "{after}");
        let key = deploy.as_str().unwrap();
        let unknown = format!("{}99", &key[..key.len() - 1]);
        let report = json!({ "deploy": unknown, "state": "success" });
        assert_eq!(called_back(&stage, &format!("{n}3"), SECRET, &report).await, 401);
        stage.end().await;
    }
}

const WITH: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                    - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\n\
                    copy: none\n";
const WITHOUT: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                       - { name: production, accepts: [integration] }\ncopy: none\n";

#[tokio::test]
async fn an_environment_that_leaves_the_file_and_comes_back_is_deployed_at_its_next_merge() {
    let mut stage = Stage::set().await;
    written(&stage, WITH).await;
    pushed(&stage, "staging", "a.txt").await;
    let first = stage.deployments("staging").await.remove(0);
    carried_out(&stage, &first).await;
    for gone in ["moved meanwhile", "as it was"] {
        written(&stage, WITHOUT).await;
        if gone == "moved meanwhile" {
            pushed(&stage, "staging", "b.txt").await;
        }
        looked_over(&mut stage).await;
        let before = stage.deployments("staging").await.len();
        written(&stage, WITH).await;
        looked_over(&mut stage).await;
        assert_eq!(stage.deployments("staging").await.len(), before, "coming back begins nothing: {gone}");
        pushed(&stage, "staging", &format!("{}.txt", gone.replace(' ', "-"))).await;
        let made = stage.deployments("staging").await;
        assert_eq!(made.len(), before + 1, "the next move does: {gone}");
        carried_out(&stage, made.last().unwrap()).await;
    }
}

#[tokio::test]
async fn another_name_for_an_environment_begins_nothing() {
    let mut stage = Stage::set().await;
    written(&stage, WITH).await;
    pushed(&stage, "staging", "a.txt").await;
    let first = stage.deployments("staging").await.remove(0);
    carried_out(&stage, &first).await;
    let renamed =
        WITH.replace("name: staging,", "name: preview, branch: staging,").replace("[staging]", "[preview]");
    written(&stage, &renamed).await;
    looked_over(&mut stage).await;
    assert!(stage.deployments("preview").await.is_empty());
    pushed(&stage, "staging", "b.txt").await;
    assert_eq!(stage.deployments("preview").await.len(), 1);
}

#[tokio::test]
async fn what_is_under_way_in_an_environment_that_leaves_the_file_is_seen_to_its_end() {
    let stage = Stage::set().await;
    written(&stage, WITH).await;
    pushed(&stage, "staging", "a.txt").await;
    let first = stage.deployments("staging").await.remove(0);
    stage.later();
    first.status("in_progress").by("deployer").await.unwrap();
    pushed(&stage, "staging", "b.txt").await;
    stage.quiet().await;
    written(&stage, WITHOUT).await;
    let kept = async || {
        let (database, branch) = (stage.database(), BranchName::new("staging").unwrap());
        database
            .environment_deploys(RepositoryId(stage.store.id()), "staging", &branch)
            .await
            .unwrap()
            .deploys
    };
    assert_eq!(kept().await[1].state.as_str(), "superseded", "what waited goes no more");
    stage.later();
    first.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(kept().await[0].state.as_str(), "succeeded");
    written(&stage, WITH).await;
    pushed(&stage, "staging", "c.txt").await;
    assert_eq!(stage.deployments("staging").await.len(), 2);
}

#[tokio::test]
async fn one_that_hangs_in_an_environment_that_left_the_file_is_ended_by_the_clock() {
    let stage = Stage::set().await;
    written(&stage, WITH).await;
    pushed(&stage, "staging", "a.txt").await;
    let first = stage.deployments("staging").await.remove(0);
    stage.later();
    first.status("in_progress").by("deployer").await.unwrap();
    stage.quiet().await;
    written(&stage, WITHOUT).await;
    stage.minutes_later(120).await;
    assert_eq!(states(&first).last().unwrap(), "error", "{:?}", states(&first));
}

#[tokio::test]
async fn a_rollback_is_kept_whole_or_not_at_all() {
    let stage = Stage::set().await;
    stage.expect_error("could not be stored");
    pushed(&stage, "production", "a.txt").await;
    let first = stage.deployments("production").await.remove(0);
    carried_out(&stage, &first).await;
    pushed(&stage, "production", "b.txt").await;
    let second = stage.deployments("production").await.remove(1);
    carried_out(&stage, &second).await;
    // The store does not take the hold for a while, and with it nothing that comes of the same order.
    let database = rusqlite::Connection::open(stage.data_folder().join("towpath.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON holds BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    let named = ["--repository", "acme/store", "--environment", "production", "--reason", "broken"];
    let arguments = [&["rollback"], &named[..]].concat();
    let mended = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        database.execute_batch("DROP TRIGGER full").unwrap();
    };
    let (said, ()) = tokio::join!(towpath(&stage, &arguments), mended);
    assert_eq!(said.code, 0, "{}", said.words);
    stage.quiet().await;
    let id = RepositoryId(stage.store.id());
    let hold = stage.database().hold(id, "production").await.unwrap().expect("it is held by nothing");
    assert_eq!(hold.to.to_string(), first.sha());
    let made = stage.deployments("production").await;
    assert_eq!(made.len(), 3, "one rollback was asked for");
    assert_eq!(made[2].sha(), first.sha());
}
