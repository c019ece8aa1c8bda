//! Mistakes in how the App is registered and installed.

use super::{Clinic, faults_are};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use towpath::model::{SetupRepair, SetupState};

const OTHER_KEY: &str = include_str!("../../process/other_key.pem");

#[tokio::test]
async fn credentials_that_github_does_not_take_are_told_from_each_other() {
    let mut clinic = Clinic::open().await;
    let sound = clinic.told.clone();
    clinic.told.is_configured = false;
    clinic.finds(&[("credentials", "no App is configured")]).await;

    clinic.told = sound.clone();
    clinic.told.pem = OTHER_KEY.to_owned();
    clinic.finds(&[("credentials", "holds no key of the App")]).await;
    let alone = clinic.look_at("acme/store").await;
    faults_are(&alone, &[("credentials", "holds no key of the App")]);

    clinic.told = sound.clone();
    clinic.told.app_id = 4_711;
    clinic.finds(&[("credentials", "knows no App 4711")]).await;

    clinic.told = sound.clone();
    clinic.told.api_url = format!("{}/api/v9", sound.api_url);
    clinic.finds(&[("credentials", "GITHUB_API_URL is wrong")]).await;

    clinic.told = sound.clone();
    clinic.told.ahead = TimeDelta::minutes(20);
    clinic.finds(&[("credentials", "clock"), ("clock", "ahead of GitHub's")]).await;

    // Nobody there is nothing that the set-up can be blamed for.
    clinic.told = sound.clone();
    clinic.told.api_url = "http://127.0.0.1:9".to_owned();
    let examination = clinic.finds(&[]).await;
    assert!(
        examination.findings.iter().any(|it| it.code == "credentials" && it.state == SetupState::Unknown)
    );

    clinic.told = sound;
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn webhooks_that_reach_nobody_are_found_and_led_back() {
    let mut clinic = Clinic::open().await;
    let app = clinic.stage.app.clone();
    let right = clinic.stage.server_url();
    let right = format!("{right}/webhooks/github");
    app.set_webhook_url(None);
    clinic.finds(&[("webhook-address", "no webhook address")]).await;
    app.set_webhook_url(Some(&right.replace("/webhooks/github", "/hooks")));
    clinic.finds(&[("webhook-address", "the server takes them at /webhooks/github")]).await;
    app.set_webhook_url(Some("http://towpath.example.com/webhooks/github"));
    clinic.finds(&[("webhook-address", "without TLS")]).await;

    // What the server is called from outside is known: the App can put it right itself.
    clinic.told.public_url = Some(clinic.stage.server_url());
    app.set_webhook_url(Some("https://old.example.com/webhooks/github"));
    let examination = clinic.finds(&[("webhook-address", "and PUBLIC_URL says")]).await;
    let calls = examination.own_repairs();
    assert_eq!(calls.len(), 1);
    clinic.doctor().repair(calls[0]).await.unwrap();
    clinic.finds(&[]).await;

    app.set_webhook_secret("");
    clinic.finds(&[("webhook-secret", "no secret")]).await;
    app.set_webhook_secret("another secret than the server's");
    clinic.stage.store.commit_on("aside").from("staging").file("a", "1\n").by("ana").await.unwrap();
    clinic.stage.quiet().await;
    clinic.finds(&[("webhook-secret", "not by our secret"), ("deliveries", "was answered with 401")]).await;
    app.set_webhook_secret(crate::shop::SECRET);
    for call in clinic.look().await.own_repairs() {
        clinic.doctor().repair(call).await.unwrap();
    }
    clinic.stage.quiet().await;
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn deliveries_that_came_to_nobody_are_missing_until_they_come() {
    let clinic = Clinic::open().await;
    let address = format!("{}/webhooks/github", clinic.stage.server_url());
    clinic.stage.app.set_webhook_url(Some("http://127.0.0.1:9/webhooks/github"));
    clinic.stage.store.commit_on("aside").from("staging").file("a", "1\n").by("ana").await.unwrap();
    clinic.stage.quiet().await;
    clinic.stage.app.set_webhook_url(Some(&address));
    clinic.finds(&[("deliveries", "found no server that answered")]).await;
    for call in clinic.look().await.own_repairs() {
        clinic.doctor().repair(call).await.unwrap();
    }
    clinic.stage.quiet().await;
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn what_the_app_does_not_ask_for_or_an_account_has_not_accepted_is_named_with_what_does_not_work() {
    let clinic = Clinic::open().await;
    let (app, installation) = (&clinic.stage.app, &clinic.stage.installation);
    let all = crate::shop::app_config();
    let without = |permissions: &[&str], events: &[&str]| {
        let mut asked: (BTreeMap<_, _>, BTreeSet<_>) = (all.permissions.clone(), all.events.clone());
        asked.0.retain(|name, _| !permissions.contains(&name.as_str()));
        asked.1.retain(|name| !events.contains(&name.as_str()));
        asked
    };
    // What may be left away is said, and is no fault: with actions go the events about them.
    let (permissions, events) = without(&["actions", "members"], &["workflow_run"]);
    app.change(permissions, events);
    installation.accept_new_permissions().await.unwrap();
    let examination = clinic.finds(&[]).await;
    let said = examination.findings.iter().find(|it| it.code == "app-permissions").unwrap();
    assert!(said.found.contains("Actions: write, Members: read and Workflow run"), "{}", said.found);
    assert!(said.effect.contains("nobody is known to be in a team"), "{}", said.effect);

    let (permissions, events) = without(&["checks"], &[]);
    app.change(permissions, events);
    clinic.finds(&[("app-permissions", "Checks: write"), ("accepted-permissions", "Actions: write")]).await;

    app.change(all.permissions.clone(), all.events.clone());
    let examination = clinic.finds(&[("accepted-permissions", "Members: read and Workflow run")]).await;
    let repair = examination.findings.iter().find(|it| it.code == "accepted-permissions");
    let repair = repair.unwrap().repair.clone();
    assert!(matches!(repair, Some(SetupRepair::Page(_, url)) if url.contains("/settings/installations/")));
    installation.accept_new_permissions().await.unwrap();
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn an_installation_that_does_not_work_is_found() {
    let clinic = Clinic::open().await;
    clinic.stage.installation.suspend().await.unwrap();
    let suspended = ("installation", "acme has suspended the App");
    clinic.finds(&[suspended]).await;
    faults_are(&clinic.look_at("acme/store").await, &[suspended]);
    clinic.stage.installation.unsuspend().await.unwrap();
    clinic.finds(&[]).await;
    let other = clinic.look_at("acme/other").await;
    faults_are(&other, &[("installation", "not installed on it")]);
    clinic.stage.installation.uninstall().await.unwrap();
    clinic.finds(&[("installation", "installed nowhere")]).await;
    clinic.close().await;
}
