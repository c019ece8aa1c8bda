//! SIGTERM, as each deployment sends it: the server ends in time with whatever it has in hand, and the
//! next one goes on from there.

use crate::server::{Ended, Server};
use crate::shop::topic;
use crate::world::World;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use towpath_sandbox::PullHandle;

/// What deployments usually grant before they kill.
const WITHIN: Duration = Duration::from_secs(10);

fn ended_well(ended: &Ended) {
    assert_eq!(ended.code(), Some(0), "{:#?}", ended.log);
    assert!(ended.took < WITHIN, "{:?}", ended.took);
    assert_eq!(crate::server::errors(&ended.log), [""; 0]);
}

async fn foreign_pull(world: &World) -> PullHandle {
    topic(&world.store, "feature/late", "master").await;
    world.store.open_pull("feature/late").into("integration").by("ana").await.unwrap()
}

/// After the next start there is one check and one comment, whatever was cut off.
async fn next_start_ends_it(world: &World, pull: &PullHandle) {
    world.github.faults().clear();
    let server = world.start().await;
    world.quiet().await;
    let checks = world.checks_of_pulls();
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0].state().unwrap().conclusion.as_deref(), Some("failure"));
    assert_eq!(pull.comments().len(), 1);
    ended_well(&server.stop().await);
}

#[tokio::test]
async fn with_nothing_to_do_it_stops_at_once() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    let ended = server.stop().await;
    ended_well(&ended);
    assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
    let last = ended.log.last().unwrap();
    assert!(last.contains("\"stopped\""), "{last}");
}

#[tokio::test]
async fn with_a_call_that_github_does_not_answer_it_stops_in_time() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    world.github.faults().rest("POST", "/repos/*/check-runs").hold_answer();
    let pull = foreign_pull(&world).await;
    world.held(0).await;
    ended_well(&server.stop().await);
    next_start_ends_it(&world, &pull).await;
}

async fn stops_in_a_fetch(is_by_git: bool) {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    // Whether there is anything new takes two calls. What it is comes by one more, or by git.
    if is_by_git {
        world.github.faults().rest("POST", "/acme/store.git/git-upload-pack").status(500).after(1).times(1);
    }
    world.github.faults().rest("*", "/acme/store.git/**").hang_until_released().after(2);
    let pull = foreign_pull(&world).await;
    world.held(0).await;
    ended_well(&server.stop().await);
    next_start_ends_it(&world, &pull).await;
}

#[tokio::test]
async fn with_a_fetch_that_does_not_end_it_stops_in_time() {
    stops_in_a_fetch(false).await;
}

#[tokio::test]
async fn with_a_fetch_by_git_that_does_not_end_it_stops_in_time() {
    stops_in_a_fetch(true).await;
}

#[tokio::test]
async fn with_a_question_that_is_not_answered_it_stops_in_time() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    world.github.faults().rest("*", "/acme/store.git/**").hang_until_released();
    let pull = foreign_pull(&world).await;
    world.held(0).await;
    ended_well(&server.stop().await);
    next_start_ends_it(&world, &pull).await;
}

#[tokio::test]
async fn with_a_client_that_stalls_it_stops_in_time_and_does_not_say_stored() {
    let world = World::new().await;
    let server = world.start().await;
    let mut client = TcpStream::connect(&server.address).await.unwrap();
    let head = "POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                x-github-event: push\r\nx-github-delivery: 1\r\nx-hub-signature-256: sha256=00\r\n\
                content-length: 100\r\n\r\n{\"half\":";
    client.write_all(head.as_bytes()).await.unwrap();
    // The server has the connection once it answers another that was opened later.
    assert_eq!(crate::http::get(&server.address, "/healthz").await.status, 200);
    ended_well(&server.stop().await);
    let mut answer = String::new();
    // A connection that is reset has said nothing either.
    let _ = client.read_to_string(&mut answer).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[tokio::test]
async fn asked_in_the_middle_of_a_story_it_loses_and_repeats_nothing() {
    let world = World::new().await;
    let mut server = world.start().await;
    world.quiet().await;
    let mut pulls = Vec::new();
    for number in 0..6 {
        world.later();
        let name = format!("feature/{number}");
        topic(&world.store, &name, "master").await;
        pulls.push(world.store.open_pull(&name).into("integration").by("ana").await.unwrap());
        // The webhooks are on their way, arrive, or have arrived.
        if number % 2 == 0 {
            world.github.settled().await;
        }
        server = stopped_and_started(&world, server).await;
    }
    world.quiet().await;
    assert_eq!(world.checks_of_pulls().len(), pulls.len());
    for pull in &pulls {
        let check = pull.check("towpath: integration").unwrap().state().unwrap();
        assert_eq!(check.conclusion.as_deref(), Some("failure"));
        assert_eq!(pull.comments().len(), 1);
    }
    ended_well(&server.stop().await);
}

async fn stopped_and_started(world: &World, server: Server) -> Server {
    ended_well(&server.stop().await);
    world.start().await
}

#[tokio::test]
async fn it_stops_in_set_up_mode_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let server = Server::start(&vec![("PWD", place)]).await;
    ended_well(&server.stop().await);
}
