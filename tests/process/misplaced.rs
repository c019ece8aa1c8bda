//! The database is deleted or replaced under the running server: it says so once and ends, and nothing that it has
//! acknowledged is lost.

use crate::http::{Call, get};
use crate::server::{LOOK_EVERY, Server, errors};
use crate::shop::topic;
use crate::world::World;
use serde_json::json;
use towpath::store::{Options, SqliteStore, Store};

async fn acknowledged(server: &Server, guid: &str) -> bool {
    let body = json!({
        "ref": "refs/heads/master",
        "before": "0".repeat(40),
        "after": "1".repeat(40),
        "installation": { "id": 1 },
        "repository": { "id": 987_654 },
    });
    let answer = Call::of("push", guid, body.to_string()).to(&server.address).await;
    assert!([202, 503].contains(&answer.status), "{answer:?}");
    answer.status == 202
}

/// Sends deliveries until none is taken any more; answers which were.
async fn until_refused(server: &Server) -> Vec<String> {
    let mut stored = Vec::new();
    for number in 0..1_000 {
        let guid = format!("delivery-{number}");
        if !acknowledged(server, &guid).await {
            return stored;
        }
        stored.push(guid);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("it stores on into a file that nobody will find");
}

/// It ends with an error of which it told once.
async fn ends_with(server: Server, words: &str) {
    let ended = server.end().await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    let told: Vec<_> = errors(&ended.log).into_iter().filter(|line| line.contains("cannot go on")).collect();
    assert_eq!(told.len(), 1, "{:?}", ended.log);
    assert!(told[0].contains(words), "{}", told[0]);
    assert!(errors(&ended.log).len() <= 4, "it is not told again and again: {:?}", ended.log);
    assert!(ended.log.last().unwrap().contains(words), "{:?}", ended.log.last());
}

#[tokio::test]
async fn a_database_that_is_deleted_is_saved_and_the_next_start_goes_on_with_it() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    assert!(acknowledged(&server, "before").await);
    let database = world.data.join("towpath.db");
    std::fs::remove_file(&database).unwrap();
    let mut stored = until_refused(&server).await;
    stored.push("before".to_owned());
    ends_with(server, "what it held is at its place again").await;

    let server = world.start().await;
    topic(&world.store, "feature/cart", "integration").await;
    let pull = world.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    assert_eq!(world.check(&pull).await, "success");
    assert_eq!(get(&server.address, "/readyz").await.status, 200);
    assert_eq!(server.stop().await.code(), Some(0));
    let store = SqliteStore::open(&database, &Options::default()).unwrap();
    for guid in stored {
        assert!(store.delivery(&guid).await.unwrap().is_some(), "{guid} was acknowledged and is lost");
    }
}

#[tokio::test]
async fn a_database_that_is_replaced_is_not_written_over() {
    let world = World::new().await;
    let server = world.start().await;
    world.quiet().await;
    assert_eq!(server.stop().await.code(), Some(0));
    let database = world.data.join("towpath.db");
    let backup = world.data.join("backup.db");
    std::fs::copy(&database, &backup).unwrap();

    let server = world.start().await;
    world.quiet().await;
    assert!(acknowledged(&server, "before").await);
    std::fs::rename(&backup, &database).unwrap();
    // Nobody has to send anything for it to be noticed.
    ends_with(server, "was replaced by another file").await;

    let server = world.start().await;
    world.quiet().await;
    assert_eq!(server.stop().await.code(), Some(0));
    let replaced = SqliteStore::open(&world.data.join("towpath.db.replaced"), &Options::default()).unwrap();
    assert!(replaced.delivery("before").await.unwrap().is_some());
}
