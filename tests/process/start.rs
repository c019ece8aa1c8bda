//! Starting: with everything, with nothing, with half of it, and where another server is already.

use crate::http::{Call, get};
use crate::server::{Environment, Server};
use crate::world::World;

/// The server's environment without some variables.
fn without(environment: &Environment, names: &[&str]) -> Environment {
    environment.iter().filter(|(name, _)| !names.contains(name)).cloned().collect()
}

#[tokio::test]
async fn without_credentials_it_tells_how_to_get_some() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let environment = vec![("TOWPATH_DATA_DIR", data.to_str().unwrap().to_owned())];
    let server = Server::start(&environment).await;
    assert_eq!(get(&server.address, "/healthz").await.status, 200);
    assert_eq!(get(&server.address, "/readyz").await.status, 503);
    for path in ["/", "/setup"] {
        let page = get(&server.address, path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("GITHUB_APP_PRIVATE_KEY_PATH"), "{}", page.body);
    }
    let answer = Call::of("ping", "1", "{}").to(&server.address).await;
    assert_eq!(answer.status, 503, "GitHub shall keep what comes too early");
    assert!(server.log().iter().any(|line| line.contains("set-up mode")));
    assert_eq!(server.stop().await.code(), Some(0));
}

#[tokio::test]
async fn with_credentials_it_is_ready_and_set_up_is_over() {
    let world = World::new().await;
    let server = world.start().await;
    assert_eq!(get(&server.address, "/healthz").await.status, 200);
    assert_eq!(get(&server.address, "/readyz").await.status, 200);
    assert_eq!(get(&server.address, "/setup").await.status, 404);
    assert_eq!(get(&server.address, "/webhooks/github").await.status, 405);
    server.stop().await;
}

#[tokio::test]
async fn half_a_configuration_is_refused_by_name() {
    let world = World::new().await;
    let whole = world.environment();
    for missing in ["GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"] {
        let ended = Server::refused(&without(&whole, &[missing])).await;
        assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
        assert_eq!(ended.log.len(), 1, "{:?}", ended.log);
        assert!(ended.log[0].starts_with(&format!("error: {missing} is not set")), "{:?}", ended.log);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_by_name_and_secrets_are_not_shown() {
    let world = World::new().await;
    for (name, value) in [
        ("GITHUB_APP_ID", "an app"),
        (
            "GITHUB_APP_PRIVATE_KEY",
            "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----",
        ),
        ("GITHUB_WEBHOOK_SECRET", ", ,"),
        ("GITHUB_API_URL", "not an address"),
        ("PORT", "80 80"),
        ("LOG_FORMAT", "xml"),
        ("DATABASE_URL", "postgres://localhost/towpath"),
    ] {
        let mut environment = without(&world.environment(), &[name]);
        environment.push((name, value.to_owned()));
        let ended = Server::refused(&environment).await;
        assert_eq!(ended.code(), Some(2), "{name}: {:?}", ended.log);
        let log = ended.log.join("\n");
        let named = if name == "GITHUB_APP_PRIVATE_KEY" { "the App's private key" } else { name };
        assert!(log.starts_with("error: ") && log.contains(named), "{log}");
        assert!(!log.contains("c2VjcmV0"), "{log}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_harms_nothing() {
    let world = World::new().await;
    let first = world.start().await;
    let ended = Server::refused(&world.environment()).await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    let words = format!("{} is in use by another server", world.data.display());
    assert!(ended.log.last().unwrap().contains(&words), "{:?}", ended.log);
    // Nor does another folder help where the database is the same.
    let other = tempfile::tempdir().unwrap();
    let database = world.data.join("towpath.db");
    let mut environment = without(&world.environment(), &["TOWPATH_DATA_DIR"]);
    environment.push(("TOWPATH_DATA_DIR", other.path().to_str().unwrap().to_owned()));
    environment.push(("DATABASE_URL", format!("sqlite://{}", database.display())));
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    let words = format!("{} is in use by another server; stop it, or set DATABASE_URL", database.display());
    assert!(ended.log.last().unwrap().contains(&words), "{:?}", ended.log);
    assert_eq!(get(&first.address, "/readyz").await.status, 200);
    // A killed server holds nothing.
    first.kill().await;
    let next = world.start().await;
    assert_eq!(get(&next.address, "/readyz").await.status, 200);
    next.stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let world = World::new().await;
    let first = world.start().await;
    let port = first.address.rsplit(':').next().unwrap();
    let other = tempfile::tempdir().unwrap();
    let mut environment = without(&world.environment(), &["TOWPATH_DATA_DIR"]);
    environment.push(("PORT", port.to_owned()));
    environment.push(("TOWPATH_DATA_DIR", other.path().to_str().unwrap().to_owned()));
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    assert!(ended.log[0].contains(&format!("cannot listen on {}", first.address)), "{:?}", ended.log);
    first.stop().await;
}

#[tokio::test]
async fn a_data_folder_that_is_none_is_named() {
    let world = World::new().await;
    let file = world.folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let mut environment = without(&world.environment(), &["TOWPATH_DATA_DIR"]);
    environment.push(("TOWPATH_DATA_DIR", file.to_str().unwrap().to_owned()));
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    assert!(ended.log.last().unwrap().contains(file.to_str().unwrap()), "{:?}", ended.log);
}
