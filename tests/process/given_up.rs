//! What is given up is seen by the operator, stops nothing else, and comes to life again on request.

use crate::http::Call;
use crate::shop::topic;
use crate::world::World;
use serde_json::Value;
use std::process::Command;
use towpath_sandbox::SentWebhook;

/// What `towpath deliveries …` says to the operator, beside the running server.
fn deliveries(world: &World, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.arg("deliveries").args(arguments).env_clear().envs(world.environment());
    command.current_dir(world.folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn opened(world: &World) -> SentWebhook {
    let sent = world.github.sent_webhooks().into_iter();
    let mut opened = sent.filter(|it| it.action.as_deref() == Some("opened"));
    opened.next_back().unwrap()
}

/// A pull request as GitHub tells of it, whose head has a name that no branch can have.
fn poisoned(good: &SentWebhook, number: u64) -> String {
    let mut body = good.body.clone();
    body["number"] = number.into();
    body["pull_request"]["number"] = number.into();
    body["pull_request"]["head"]["ref"] = Value::from("not..a branch");
    body.to_string()
}

#[tokio::test]
async fn a_poisoned_delivery_is_listed_as_dead_and_stops_no_other() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    let body = poisoned(&opened(&world), 77);
    assert_eq!(Call::of("pull_request", "poison", body).to(&server.address).await.status, 202);
    world.quiet().await;
    let listed = deliveries(&world, &["list", "--state", "dead"]);
    assert!(listed.contains("  dead     pull_request.opened"), "{listed}");
    assert!(listed.contains("  poison  ") && listed.contains("not..a branch"), "{listed}");
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(deliveries(&world, &["show", "poison"]).contains("\"ref\": \"not..a branch\""));
    // The others go on.
    topic(&world.store, "feature/late", "master").await;
    let late = world.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&late).await, "failure");
    // Taken in again it fails again.
    let said = deliveries(&world, &["replay", "poison"]);
    assert!(said.starts_with("poison is processed again: pull-request:"), "{said}");
    world.quiet().await;
    assert_eq!(deliveries(&world, &["list", "--state", "dead"]).lines().count(), 2);
    server.stop().await;
}

#[tokio::test]
async fn a_check_that_github_refuses_is_listed_and_a_replay_brings_it() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    let refused = |times| {
        let fault = world.github.faults().rest("POST", "/repos/*/check-runs");
        fault.answer(400, "application/json", "{\"message\":\"Problems parsing\"}").times(times)
    };
    refused(2);
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    world.quiet().await;
    assert!(pull.checks().is_empty());
    let listed = deliveries(&world, &["list", "--state", "dead"]);
    assert!(listed.starts_with("given up  check:") && listed.contains("Problems parsing"), "{listed}");
    // By the delivery it came from, which the second refusal makes vain.
    deliveries(&world, &["replay", &opened(&world).guid]);
    world.quiet().await;
    assert!(pull.checks().is_empty());
    // By the name it is listed under.
    let listed = deliveries(&world, &["list", "--state", "dead"]);
    let item = listed.lines().find_map(|line| line.strip_prefix("given up  ")).unwrap();
    assert_eq!(deliveries(&world, &["replay", item]), format!("{item} is tried again\n"));
    assert_eq!(world.check(&pull).await, "success");
    world.quiet().await;
    assert_eq!(deliveries(&world, &["list", "--state", "dead"]), "no deliveries\n");
    server.stop().await;
}
