//! What the server's log says of the work that a line comes from.

use crate::http::Call;
use crate::server::Server;
use crate::shop::{app_config, topic};
use crate::world::World;
use serde_json::Value;

/// The lines in which the server tells of something in these words.
fn lines(log: &[String], words: &str) -> Vec<Value> {
    let lines = log.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["fields"]["message"].as_str().is_some_and(|it| it.contains(words))).collect()
}

async fn stopped(server: Server) -> Vec<String> {
    server.stop().await.log
}

#[tokio::test]
async fn a_line_of_work_names_work_item_repository_pull_request_and_delivery() {
    let world = World::new().await;
    // Errors need the names most, so they are there where nothing else of the work is logged.
    let server = world.start_with(&[("RUST_LOG", "error,towpath::cli=info")]).await;
    world.quiet().await;
    topic(&world.store, "feature/x", "master").await;
    world.quiet().await;
    // Neither the question whether there is anything new is answered nor the fetch after it.
    world.github.faults().rest("*", "/acme/store.git/**").status(500).times(2);
    let pull = world.store.open_pull("feature/x").into("integration").by("ana").await.unwrap();
    world.quiet().await;
    let log = stopped(server).await;
    let told = lines(&log, "the mirror could not be brought up to date");
    let of_it =
        told.iter().find(|line| line["span"]["work_item"].as_str().unwrap().starts_with("pull-request:"));
    let line = of_it.unwrap_or_else(|| panic!("{log:#?}"));
    let (span, error) = (&line["span"], line["fields"]["error"].as_str().unwrap());
    assert_eq!(span["name"], "work", "{line}");
    assert_eq!(span["repository"], "acme/store", "{line}");
    assert_eq!(span["pull_request"], pull.number(), "{line}");
    assert!(error.contains("git fetch failed"), "{line}");
    let sent = world.github.sent_webhooks();
    let opened = sent.iter().find(|it| it.event == "pull_request" && it.action.as_deref() == Some("opened"));
    assert_eq!(span["delivery"], opened.unwrap().guid.as_str(), "{line}");
}

#[tokio::test]
async fn what_an_account_has_not_accepted_is_logged_at_the_start_with_where_to_accept_it() {
    let world = World::new().await;
    let all = app_config();
    let mut fewer = all.clone();
    fewer.events.remove("issue_comment");
    fewer.permissions.remove("members");
    world.app.change(fewer.permissions, fewer.events);
    world.installation.accept_new_permissions().await.unwrap();
    world.app.change(all.permissions, all.events);
    let server = world.start().await;
    world.quiet().await;
    let log = stopped(server).await;
    let told = lines(&log, "takes no commands");
    assert_eq!(told.len(), 1, "{log:#?}");
    let (words, id) = (told[0]["fields"]["message"].as_str().unwrap(), world.installation.id());
    let beginning =
        "Towpath takes no commands in acme yet: whoever administers acme has to accept Issue comment at http";
    assert!(words.starts_with(beginning), "members are no matter where no team is named: {words}");
    assert!(words.ends_with(&format!("/settings/installations/{id}")), "{words}");
}

#[tokio::test]
async fn a_line_about_a_webhook_names_its_delivery_and_event() {
    let world = World::new().await;
    let server = world.start().await;
    let too_much = "x".repeat(4_000);
    for (event, guid) in [("push", "4711"), ("push", too_much.as_str())] {
        Call::of(event, guid, "{}").signed_with("another").to(&server.address).await;
    }
    let log = stopped(server).await;
    let refused = lines(&log, "a webhook call was refused");
    assert_eq!(refused.len(), 2, "{log:#?}");
    let (known, endless) = (&refused[0], &refused[1]);
    assert_eq!((&known["span"]["delivery"], &known["span"]["event"]), (&"4711".into(), &"push".into()));
    assert!(
        known["fields"]["error"].as_str().unwrap().contains("nothing proves that GitHub sent it: "),
        "{known}"
    );
    assert!(endless["span"]["delivery"].is_null(), "what nobody has proven does not fill the log: {endless}");
}
