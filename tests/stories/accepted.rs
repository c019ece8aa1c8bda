//! What an account has not accepted of what commands need: said once for each pull request, and everything else goes on.

use crate::configuration::FILE;
use crate::shop::{app_config, topic};
use crate::stage::Stage;
use towpath_sandbox::{AppConfig, PullHandle};

const NO_COMMANDS: &str = "Towpath takes no commands here yet. Whoever administers `acme` has to accept";

/// The account has this App, and has not accepted what the App asks for besides.
async fn granted_only(stage: &Stage, granted: AppConfig) {
    stage.app.change(granted.permissions, granted.events);
    stage.installation.accept_new_permissions().await.unwrap();
    let all = app_config();
    stage.app.change(all.permissions, all.events);
    stage.quiet().await;
}

fn without_comments() -> AppConfig {
    let mut granted = app_config();
    granted.events.retain(|it| !it.contains("comment") && !it.contains("review"));
    granted.permissions.remove("members");
    granted
}

fn without_members() -> AppConfig {
    let mut granted = app_config();
    granted.permissions.remove("members");
    granted
}

async fn opened(stage: &Stage, name: &str, into: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    stage.store.open_pull(name).into(into).by("ana").await.unwrap()
}

/// Has it checked again by a push.
async fn pushed(stage: &Stage, name: &str) {
    stage.later();
    stage.store.commit_on(name).file("more.txt", name).by("ana").await.unwrap();
}

async fn rerun(stage: &Stage, pull: &PullHandle) {
    let check = pull.checks().pop().unwrap();
    check.rerequest("ana").await.unwrap();
    stage.quiet().await;
}

#[tokio::test]
async fn what_is_not_accepted_is_said_once_for_each_pull_request_until_it_is() {
    let stage = Stage::set().await;
    granted_only(&stage, without_comments()).await;
    let pull = opened(&stage, "feature/cart", "integration").await;
    let said = stage.check(&pull).await.passes().says(NO_COMMANDS);
    let last = said.summary().split("\n\n").find(|it| it.starts_with("Towpath takes")).unwrap();
    assert!(!last.contains("Members"), "no team is named: {last}");
    let page = format!("/settings/installations/{})", stage.installation.id());
    assert!(last.contains(&page), "{last}");
    // The check that says it goes on to say it.
    rerun(&stage, &pull).await;
    stage.check(&pull).await.passes().says(NO_COMMANDS);
    pushed(&stage, "feature/cart").await;
    let said = stage.check(&pull).await.passes();
    assert!(!said.summary().contains("commands"), "{}", said.summary());
    let other = opened(&stage, "feature/gift", "integration").await;
    stage.check(&other).await.passes().says(NO_COMMANDS);
    stage.installation.accept_new_permissions().await.unwrap();
    stage.quiet().await;
    rerun(&stage, &other).await;
    let said = stage.check(&other).await.passes();
    assert!(!said.summary().contains("commands"), "it goes with the next verdict: {}", said.summary());
    stage.end().await;
}

#[tokio::test]
async fn pull_requests_that_share_a_check_do_not_take_the_note_from_it() {
    let stage = Stage::set().await;
    granted_only(&stage, without_comments()).await;
    let first = opened(&stage, "feature/cart", "integration").await;
    stage.check(&first).await.passes().says(NO_COMMANDS);
    pushed(&stage, "feature/cart").await;
    let said = stage.check(&first).await.passes();
    assert!(!said.summary().contains("commands"), "{}", said.summary());
    stage.store.branch("feature/again").from("feature/cart").by("ben").await.unwrap();
    let second = stage.store.open_pull("feature/again").into("integration").by("ben").await.unwrap();
    stage.check(&second).await.says(NO_COMMANDS);
    rerun(&stage, &first).await;
    stage.check(&first).await.says(NO_COMMANDS);
    stage.end().await;
}

#[tokio::test]
async fn members_are_asked_for_only_where_commands_name_a_team() {
    let stage = Stage::set().await;
    granted_only(&stage, without_members()).await;
    let pull = opened(&stage, "feature/cart", "integration").await;
    let said = stage.check(&pull).await.passes();
    assert!(!said.summary().contains("Members"), "{}", said.summary());
    let text = "version: 1\ncommands: { deploy: [\"team:release\"] }\n";
    stage.store.commit_on("master").file(FILE, text).by("rita").await.unwrap();
    stage.quiet().await;
    pushed(&stage, "feature/cart").await;
    let words = "Towpath cannot tell who is in a team here yet. Whoever administers `acme` has to accept *Members: read*";
    stage.check(&pull).await.passes().says(words);
    stage.end().await;
}

#[tokio::test]
async fn what_the_app_does_not_ask_for_nobody_is_told_to_accept() {
    let mut stage = Stage::set().await;
    let fewer = without_comments();
    stage.app.change(fewer.permissions.clone(), fewer.events.clone());
    stage.installation.accept_new_permissions().await.unwrap();
    stage.restart().await;
    stage.quiet().await;
    let pull = opened(&stage, "feature/cart", "integration").await;
    let said = stage.check(&pull).await.passes();
    let said = said.says("Whoever runs Towpath has to add *Issue comment*");
    said.says("to the App; then whoever administers `acme` accepts that in [the installation's settings]");
    stage.end().await;
}
