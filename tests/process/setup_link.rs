//! `towpath setup-link` beside a server: whoever runs it, and without the server's settings.

use crate::server::Server;
use crate::setup::{SetUp, browse, is_closed};
use crate::world::World;
use http::Method;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use tokio::process::Command;

/// What `towpath setup-link` prints in a folder, told nothing but where the data is; or how it refuses.
pub async fn setup_link(folder: &Path) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.arg("setup-link").current_dir(folder).env_clear().env("TOWPATH_DATA_DIR", "data");
    let output = command.output().await.unwrap();
    let said = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(said(output.stdout)),
        Some(2) => Err(said(output.stderr)),
        _ => panic!("{output:?}"),
    }
}

#[tokio::test]
async fn a_link_is_made_for_a_server_that_runs_and_leads_where_it_says() {
    let world = World::new().await;
    let folder = world.folder.path().to_owned();
    let refused = setup_link(&folder).await.unwrap_err();
    assert!(refused.contains("no server has run with it. Set TOWPATH_DATA_DIR"), "{refused}");
    assert!(!folder.join("data").exists(), "it makes no folder");

    std::fs::create_dir(folder.join("data")).unwrap();
    std::fs::set_permissions(folder.join("data"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut environment = SetUp::environment(&world);
    environment.push(("PUBLIC_URL", "https://towpath.example.com/here/".to_owned()));
    let server = Server::start(&environment).await;
    let link = setup_link(&folder).await.unwrap();
    assert!(link.starts_with("https://towpath.example.com/here/setup?key="), "{link}");
    for file in ["setup-address", "setup-key.json"] {
        assert!(is_closed(&folder.join("data").join(file)), "{file}");
    }
    let mode = std::fs::metadata(folder.join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "the folder is closed before there is an App, too");
    let second = Server::refused(&environment).await;
    assert_eq!(second.code(), Some(2), "{:?}", second.log);
    assert!(second.log.join("\n").contains("in use by another server"), "{:?}", second.log);

    server.stop().await;
    let refused = setup_link(&folder).await.unwrap_err();
    assert!(refused.contains("no server runs with it; start it"), "{refused}");
}

/// Somebody who is not root, as the server should be.
const SOMEBODY: u32 = 65_534;

#[tokio::test]
async fn a_link_that_root_makes_works_for_a_server_of_another_user() {
    let set_up = SetUp::begin().await;
    let key = set_up.data().join("setup-key.json");
    let link = set_up.link().await;
    // Only root can be somebody else; for everybody else the server is their own.
    if std::os::unix::fs::chown(set_up.data(), Some(SOMEBODY), None).is_ok() {
        set_up.link().await;
        assert_eq!(std::fs::metadata(&key).unwrap().uid(), SOMEBODY, "whoever makes it, the server reads it");
    }
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    for _ in 0..2 {
        assert_eq!(browse(Method::GET, &link, "", None).await.status, 404);
    }
    let log = set_up.server.stop().await.log;
    let told = log.iter().filter(|line| line.contains("cannot be read, so no link works")).count();
    assert_eq!(told, 1, "{log:?}");
}
