//! Mistakes in how a repository is deployed.

use super::Clinic;
use std::collections::{BTreeMap, BTreeSet};
use towpath_sandbox::RepoHandle;

const INPUTS: &str =
    "{ deploy: , environment: , sha: , tree: , previous_sha: , slug: , reuse_slug: , rollback: ";

/// The configuration with a driver for staging.
fn file(driver: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n    deploy: {{ driver: none }}\n  - name: \
         staging\n    accepts: [integration]\n    deploy: {{ {driver} }}\n  - name: production\n    accepts: [staging]\n    \
         deploy: {{ driver: none }}\ncopy: {{ branch: master, of: production, after: merge }}\n"
    )
}

async fn workflow(store: &RepoHandle, text: &str) {
    for branch in ["master", "staging"] {
        store.commit_on(branch).file(".github/workflows/ship.yml", text).by("rita").await.unwrap();
    }
}

#[tokio::test]
async fn a_workflow_that_cannot_be_dispatched_is_found_before_a_merge_needs_it() {
    let clinic = Clinic::open().await;
    let store = &clinic.stage.store;
    store.watch_jobs("staging", clinic.stage.app.id(), true);
    store
        .commit_on("master")
        .file(".github/towpath.yml", file("driver: actions, file: ship.yml"))
        .by("rita")
        .await
        .unwrap();
    clinic.finds(&[("workflow", "there is no .github/workflows/ship.yml on master")]).await;
    let right = format!("on:\n  workflow_dispatch:\n    inputs: {INPUTS} }}\njobs: {{}}\n");
    store.commit_on("master").file(".github/workflows/ship.yml", &right).by("rita").await.unwrap();
    clinic.finds(&[("workflow", "there is no .github/workflows/ship.yml on staging")]).await;
    workflow(store, "on: push\njobs: {}\n").await;
    clinic.finds(&[("workflow", "is not run by workflow_dispatch")]).await;
    workflow(store, "on: workflow_dispatch\njobs: {}\n").await;
    clinic.finds(&[("workflow", "lacks the inputs deploy, environment")]).await;
    let demanding = right.replace(" }\njobs", ", region: { required: true } }\njobs");
    workflow(store, &demanding).await;
    clinic.finds(&[("workflow", "demands region")]).await;
    workflow(store, &right).await;
    clinic.finds(&[]).await;

    let mut fewer = crate::shop::app_config();
    fewer.permissions.remove("actions");
    fewer.events.remove("workflow_run");
    clinic.stage.app.change(fewer.permissions, fewer.events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    clinic.finds(&[("deploy-rights", "driver: actions needs actions: write")]).await;
    clinic.close().await;
}

#[tokio::test]
async fn githubs_environments_and_the_rule_on_their_jobs_are_looked_at() {
    let clinic = Clinic::open().await;
    let (store, app) = (&clinic.stage.store, clinic.stage.app.id());
    let right = format!("on:\n  workflow_dispatch:\n    inputs: {INPUTS} }}\njobs: {{}}\n");
    workflow(store, &right).await;
    store.watch_jobs("Staging", app, false);
    store
        .commit_on("master")
        .file(".github/towpath.yml", file("driver: actions, file: ship.yml"))
        .by("rita")
        .await
        .unwrap();
    let name = ("environment-name", "GitHub calls the environment \"Staging\"");
    clinic.finds(&[name, ("protection-rule", "is not switched on")]).await;
    store.watch_jobs("Staging", app, true);
    clinic.finds(&[name]).await;
    let (permissions, events): (BTreeMap<_, _>, BTreeSet<_>) = {
        let all = crate::shop::app_config();
        (all.permissions, all.events.into_iter().filter(|it| it != "deployment_protection_rule").collect())
    };
    clinic.stage.app.change(permissions, events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    clinic.finds(&[name, ("protection-rule", "may not answer")]).await;
    clinic.close().await;
}

#[tokio::test]
async fn what_the_operators_file_lacks_is_found() {
    let mut clinic = Clinic::open().await;
    let store = clinic.stage.store.clone();
    store
        .commit_on("master")
        .file(".github/towpath.yml", file("driver: webhook, endpoint: shop"))
        .by("rita")
        .await
        .unwrap();
    clinic.finds(&[("endpoint", "has no endpoint \"shop\"")]).await;
    clinic.told.operator =
        "[repository.\"acme/store\".endpoint.shop]\nurl = \"https://deploy.example.com/towpath\"\nsecret = \"shop\"\n\
         [repository.\"acme/store\".secret.shop]\nenv = \"SHOP\"\n"
            .to_owned();
    clinic.finds(&[]).await;
    clinic.told.operator += "[repository.\"acme/shopp\"]\n";
    clinic.finds(&[("operator-file", "acme/shopp")]).await;
    clinic.close().await;
}

#[tokio::test]
async fn host_keys_that_a_push_to_the_platform_needs_are_looked_at() {
    let mut clinic = Clinic::open().await;
    let text = file("driver: commerce-cloud");
    clinic.stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    clinic.finds(&[("cloud-project", "no project of the platform")]).await;
    let start = "[repository.\"acme/store\".secret]\ncommerce = { env = \"COMMERCE\" }\n\
                 [repository.\"acme/store\".commerce]\nproject = \"abc123\"\ntoken = \"commerce\"\n";
    let mapping = "environments = { staging = \"staging\" }\n";
    clinic.told.operator = format!("{start}environments = {{ production = \"production\" }}\n");
    clinic.finds(&[("cloud-project", "no environment of the platform")]).await;
    clinic.told.operator = format!("{start}{mapping}");
    let said = |examination: &towpath::engine::doctor::Examination| {
        let found = examination.findings.iter().find(|it| it.code == "cloud-project").unwrap();
        found.found.clone()
    };
    let examination = clinic.finds(&[]).await;
    assert_eq!(
        said(&examination),
        "the operator's file has the platform's environment \"staging\" for it; it names no known_hosts, so Towpath deploys \
         only where the project has a source integration"
    );
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("known_hosts");
    clinic.told.operator = format!("{start}{mapping}known_hosts = '{}'\n", keys.display());
    clinic.finds(&[("cloud-project", "the operator's known_hosts")]).await;
    std::fs::write(&keys, "git.eu-3.magento.cloud ssh-ed25519 AAAA\n").unwrap();
    let examination = clinic.finds(&[]).await;
    assert_eq!(said(&examination), "the operator's file has the platform's environment \"staging\" for it");
    clinic.close().await;
}

#[tokio::test]
async fn places_and_aftercare_that_the_programs_cannot_serve_are_found() {
    let mut clinic = Clinic::open().await;
    let store = clinic.stage.store.clone();
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], active: 2, aftercare: [1h] }\n  - { name: staging, \
                accepts: [integration], deploy: { driver: none } }\n  - { name: production, accepts: [staging], deploy: { driver: none \
                } }\ncopy: { branch: master, of: production, after: merge }\n";
    store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    clinic.told.operator =
        "[repository.\"acme/store\".environment.integration]\ndeploy = [{ step = \"go\", run = [\"/go\"] }]\n".to_owned();
    let branches =
        ("branch-deploys", "active: 2 gives branches places beside it, and the operator's programs");
    clinic.finds(&[branches, ("aftercare", "the operator's programs have none for it")]).await;
    clinic.told.operator += "verify = [{ step = \"smoke\", run = [\"/go\"] }]\nbranches = true\n";
    clinic.finds(&[]).await;
    clinic.close().await;
}
