//! A disk without room: nothing is said to be stored that is not, and once there is room again the server
//! goes on by itself. The room is a limit on the size of the process's files.

use crate::http::{Answer, Call, get};
use crate::server::{LOOK_EVERY, PATIENCE, Server};
use crate::shop::topic;
use crate::world::World;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use tokio::process::Command;
use towpath::store::{Options, SqliteStore, Store};

/// Starts a server whose files may become a megabyte large. The system would end it by a signal when it wants more.
async fn start_with_little_room(world: &World) -> Server {
    let mut command = Command::new("sh");
    let script = "ulimit -S -f 2048; exec \"$0\" serve";
    command.args(["-c", script, env!("CARGO_BIN_EXE_towpath")]);
    let server = Server::start_by(command, &world.environment()).await;
    world.listens(&server);
    server
}

/// There is room again.
fn make_room(server: &Server) {
    let pid = server.pid().to_string();
    let made = std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(made.expect("prlimit is part of util-linux").success());
}

/// A delivery that takes its room, since no compression helps with it.
fn large(guid: &str) -> Call {
    delivery(guid, 2_000)
}

fn delivery(guid: &str, pieces: u32) -> Call {
    let body = json!({
        "ref": "refs/heads/master",
        "before": "0".repeat(40),
        "after": "1".repeat(40),
        "installation": { "id": 1 },
        "repository": { "id": 987_654 },
        "noise": noise(guid, pieces),
    });
    Call::of("push", guid, body.to_string())
}

/// Sends deliveries until none is taken any more; answers which were, and the first that was not.
async fn fill(server: &Server) -> (Vec<String>, String) {
    let (mut stored, mut refused) = (Vec::new(), None);
    for number in 0..1_000 {
        let guid = format!("filling-{number}");
        // Where a large one has no room any more, a small one may.
        let pieces = if refused.is_none() { 2_000 } else { 1 };
        let answer = delivery(&guid, pieces).to(&server.address).await;
        match answer.status {
            202 => stored.push(guid),
            503 => refused = refused.or(Some(guid)),
            _ => panic!("{answer:?}"),
        }
        if refused.is_some() && get(&server.address, "/readyz").await.status == 503 {
            break;
        }
    }
    (stored, refused.expect("the disk is never full"))
}

async fn until_ready(server: &Server) -> Answer {
    let ready = async {
        loop {
            let answer = get(&server.address, "/readyz").await;
            if answer.status == 200 {
                return answer;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("it does not recover")
}

/// Text that no compression makes smaller than half.
fn noise(of: &str, pieces: u32) -> String {
    let mut noise = String::new();
    for piece in 0..pieces {
        write!(noise, "{:x}", Sha256::digest(format!("{of} {piece}"))).unwrap();
    }
    noise
}

#[tokio::test]
async fn a_mirror_that_finds_no_room_is_brought_up_to_date_once_there_is_some() {
    let world = World::new().await;
    let server = start_with_little_room(&world).await;
    world.quiet().await;
    let mirrors = || -> Vec<_> {
        let folders = std::fs::read_dir(world.data.join("mirrors")).unwrap();
        let below = |entry: std::fs::DirEntry| std::fs::read_dir(entry.path()).unwrap();
        folders.flat_map(|entry| below(entry.unwrap())).map(|entry| entry.unwrap().path()).collect()
    };
    let before = mirrors();
    // A commit whose message alone is larger than any file may become.
    let cart = world.store.commit_on("feature/cart").from("integration").file("cart.txt", "cart\n");
    cart.message(&noise("cart", 50_000)).by("ana").await.unwrap();
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "action_required", "no answer is no pass");
    let left = |git_dir: &std::path::Path| {
        let packs = std::fs::read_dir(git_dir.join("objects/pack")).unwrap();
        packs.filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with("tmp_")).count()
    };
    assert_eq!(left(&before[0]), 0, "what did not fit keeps no room");

    make_room(&server);
    pull.check("towpath: integration").unwrap().press("recheck", "ana").await.unwrap();
    let passed = async {
        while world.check(&pull).await != "success" {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, passed).await.expect("it does not recover");
    assert_eq!(mirrors(), before, "the mirror is the same as before");
    assert_eq!(server.stop().await.code(), Some(0));
}

#[tokio::test]
async fn a_full_disk_is_told_and_once_there_is_room_it_goes_on_by_itself() {
    let world = World::new().await;
    let server = start_with_little_room(&world).await;
    world.quiet().await;
    let (mut stored, refused) = fill(&server).await;
    assert_eq!(get(&server.address, "/healthz").await.status, 200, "a restart would not help");
    assert_eq!(large("another").to(&server.address).await.status, 503);
    // Something happens that GitHub cannot tell.
    topic(&world.store, "feature/late", "master").await;
    let pull = world.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    world.github.settled().await;

    make_room(&server);
    until_ready(&server).await;
    assert_eq!(large(&refused).to(&server.address).await.status, 202);
    stored.push(refused);
    let sent = world.github.sent_webhooks().into_iter().rfind(|it| it.event == "pull_request").unwrap();
    let again = Call::of("pull_request", &sent.guid, sent.body.to_string()).to(&server.address).await;
    assert_eq!(again.status, 202, "{again:?}");
    assert_eq!(world.check(&pull).await, "failure");
    assert_eq!(server.stop().await.code(), Some(0));

    let store = SqliteStore::open(&world.data.join("towpath.db"), &Options::default()).unwrap();
    for guid in stored {
        assert!(store.delivery(&guid).await.unwrap().is_some(), "{guid} was answered and is lost");
    }
}

#[tokio::test]
async fn a_start_without_room_makes_some_of_the_mirrors_and_goes_on() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    assert_eq!(server.stop().await.code(), Some(0));
    let server = start_with_little_room(&world).await;
    let told =
        |server: &Server| server.log().iter().filter(|line| line.contains("mirrors were taken away")).count();
    assert_eq!(told(&server), 1, "{:?}", server.log());
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    assert_eq!(get(&server.address, "/readyz").await.status, 200);
    assert_eq!(told(&server), 1, "once");
    assert_eq!(server.stop().await.code(), Some(0));
}
