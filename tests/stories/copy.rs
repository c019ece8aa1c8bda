//! What keeps master from being a copy, and the one repair that is advised everywhere.

use crate::stage::Stage;
use towpath_sandbox::{DeploymentHandle, Method};

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

/// Somebody commits to production directly, and it is deployed.
async fn released(stage: &Stage, file: &str) {
    stage.later();
    stage.store.commit_on("production").file(file, "new\n").by("rita").await.unwrap();
    let made = stage.deployments("production").await;
    carried_out(stage, made.last().unwrap()).await;
}

/// From what is to be done to who can do it: the same words in the check and in the issue.
fn repair(text: &str) -> &str {
    let start = text.find("**What to do.**").expect("nothing says what to do");
    let rest = &text[start..];
    let who = rest.find("**Who can act.**").expect("nothing says who can act");
    let end = rest[who..].find("\n\n").map_or(rest.len(), |at| who + at);
    &rest[..end]
}

fn repairs(text: &str) -> usize {
    text.matches("**What to do.**").count()
}

#[tokio::test]
async fn a_master_with_commits_of_its_own_is_told_with_one_repair_everywhere() {
    let stage = Stage::set().await;
    let good = stage.store.tip("master").unwrap();
    stage.store.commit_on("master").file("hot.txt", "now\n").message("Quick fix").by("ben").await.unwrap();
    stage.quiet().await;
    let stray = stage.store.tip("master").unwrap();
    for round in ["before a release", "after one"] {
        let said = stage.copy_check().await.fails();
        let issues = stage.store.issues();
        assert_eq!(issues.len(), 1, "{round}");
        let (check, issue) = (said.summary().to_owned(), issues[0].body());
        assert_eq!(repair(&check), repair(&issue), "{round}");
        assert_eq!((repairs(&check), repairs(&issue)), (1, 1), "{round}");
        let commands = format!("git push origin {stray}:refs/heads/master-before-repair-{}", &stray[..9]);
        assert!(repair(&check).contains(&commands), "{check}");
        // The checks that master requires are rules of a ruleset, and they refuse a push by force as well.
        assert!(repair(&check).contains("required_status_checks (ruleset"), "{check}");
        let into_master = stage.store.pulls().into_iter().filter(|it| it.state().unwrap().base == "master");
        assert_eq!(into_master.count(), 0, "a merge would keep on master what it has of its own");
        if round == "before a release" {
            released(&stage, "b.txt").await;
        }
    }
    assert_ne!(stage.store.tip("production").unwrap(), good);
    let copy = stage.store.tip("production").unwrap();
    stage.store.move_branch("master").to(&copy).by("rita").await.unwrap();
    stage.quiet().await;
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    assert_eq!(stage.store.issues()[0].state(), "closed");
    released(&stage, "c.txt").await;
    assert_eq!(stage.store.tip("master"), stage.store.tip("production"), "it is moved along again");
    stage.copy_check().await.passes();
    stage.end().await;
}

#[tokio::test]
async fn classic_protection_is_not_called_a_ruleset() {
    let stage = Stage::set().await;
    stage.store.protect("master").by_classic_rule().require_pull_request();
    released(&stage, "b.txt").await;
    let said = stage.copy_check().await.is("action_required", "master cannot follow production");
    let (check, issue) = (said.summary().to_owned(), stage.store.issues()[0].body());
    assert_eq!(repair(&check), repair(&issue));
    assert!(check.contains("Changes must be made through a pull request."), "{check}");
    assert!(repair(&check).contains("Settings → Branches"), "{check}");
    assert!(repair(&check).contains("Allow specified actors to bypass required pull requests"), "{check}");
    for text in [&check, &issue] {
        assert!(!text.to_lowercase().contains("ruleset") && !text.contains("bypass list"), "{text}");
    }
    // Another way that is advised works: people merge.
    let file = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\n\
                copy: { branch: master, of: production, mode: pull-request }\n";
    let branch =
        stage.store.commit_on("production").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.store.move_branch("master").to(&branch).by("rita").await.unwrap();
    let made = stage.deployments("production").await;
    carried_out(&stage, made.last().unwrap()).await;
    released(&stage, "c.txt").await;
    let pulls = stage.store.pulls();
    let sync = pulls.iter().find(|it| it.state().unwrap().base == "master").expect("none was opened");
    let said = stage.copy_check().await.is("success", "Stale: master is behind production");
    said.says(&format!("Merge #{} with a merge commit", sync.number()));
    stage.check(sync).await.passes();
    sync.merge(Method::Merge).by("rita").await.unwrap();
    stage.quiet().await;
    stage.check(sync).await.passes();
    stage.copy_check().await.is("success", "A copy: master holds the files of production");
    assert_eq!(stage.store.issues()[0].state(), "closed");
    stage.end().await;
}

#[tokio::test]
async fn a_release_that_changes_workflows_asks_for_the_permission_that_is_missing() {
    let stage = Stage::set().await;
    released(&stage, ".github/workflows/ci.yml").await;
    let said = stage.copy_check().await.is("action_required", "master cannot follow production");
    let (check, issue) = (said.summary().to_owned(), stage.store.issues()[0].body());
    assert_eq!(repair(&check), repair(&issue));
    assert!(repair(&check).contains("Workflows: write"), "{check}");
    assert!(!check.to_lowercase().contains("ruleset"), "{check}");
    stage.end().await;
}

#[tokio::test]
async fn a_copy_that_waits_for_its_deploy_asks_for_nothing() {
    let stage = Stage::set().await;
    stage.store.commit_on("production").file("b.txt", "new\n").by("rita").await.unwrap();
    let said = stage.copy_check().await.is("success", "Stale: master is behind production");
    said.says("Nothing: Towpath updates `master` once the current state of `production` is deployed.");
    assert!(stage.store.issues().is_empty());
    stage.end().await;
}
