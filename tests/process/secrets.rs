//! Guarantee 8: secrets are in no log, no answer, no process argument and no file, even when everything
//! is logged and everything goes wrong.

use crate::http::{Call, get};
use crate::server::{LOOK_EVERY, PATIENCE, Server};
use crate::shop::{SECRET, topic};
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use towpath_sandbox::AppConfig;

/// The processes whose environment names a folder: the server's gits. Its own nobody may read.
fn told_of(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    // A process may end while it is looked at.
    let told = processes.filter_map(|it| Some((std::fs::read(it.path().join("environ")).ok()?, it.path())));
    told.filter(|(environment, _)| String::from_utf8_lossy(environment).contains(folder))
        .map(|(_, process)| process)
        .collect()
}

/// The command lines of processes, of those that are there.
fn command_lines(processes: &[PathBuf]) -> Vec<String> {
    let lines = processes.iter().filter_map(|process| std::fs::read(process.join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

/// Every file in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

/// All that must not be seen: the configured secrets, and the tokens that went over the wire.
fn secrets(world: &World) -> BTreeSet<String> {
    let mut secrets = BTreeSet::from([SECRET.to_owned()]);
    let pem = AppConfig::demo_key().lines().map(str::trim);
    secrets.extend(pem.filter(|line| !line.starts_with('-') && line.len() > 20).map(str::to_owned));
    for exchange in world.github.exchanges() {
        if let Some(sent) = exchange.request_headers.get("authorization") {
            secrets.insert(sent.split(' ').next_back().unwrap().to_owned());
        }
        let answered = exchange.response_body.as_ref().and_then(|body| body["token"].as_str());
        if let Some(token) = answered {
            secrets.insert(token.to_owned());
            secrets.insert(STANDARD.encode(format!("x-access-token:{token}")));
        }
    }
    assert!(secrets.iter().any(|it| it.starts_with("ghs_")), "installation tokens are among them");
    assert!(secrets.iter().any(|it| it.starts_with("eyJ")), "the App's own tokens are among them");
    secrets
}

/// Calls of people and GitHub that go wrong in every way that may be logged.
async fn everything_goes_wrong(world: &World, server: &Server) -> String {
    let faults = world.github.faults();
    faults.rest("POST", "/app/installations/*/access_tokens").status(502).times(1);
    faults.rest("*", "/acme/store.git/**").status(500).times(1);
    faults.rest("POST", "/repos/*/check-runs").reset().times(1);
    faults.rest("POST", "/repos/*/comments").answer(200, "application/json", "{\"token\": 1").times(1);
    topic(&world.store, "feature/late", "master").await;
    world.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    let mut said = String::new();
    let call = Call::of("push", "1", "{}");
    for call in [
        call.clone().signed_with("another"),
        call.clone().without("x-hub-signature-256"),
        call.clone().with("content-type", "text/plain"),
        call,
    ] {
        said.push_str(&call.to(&server.address).await.body);
    }
    for path in ["/", "/readyz", "/setup"] {
        said.push_str(&get(&server.address, path).await.body);
    }
    said
}

#[tokio::test]
async fn secrets_are_seen_nowhere() {
    let world = World::new().await;
    // Which branches there are is asked without a git.
    let fetch = world.github.faults().rest("*", "/acme/store.git/git-upload-pack");
    let fetch = fetch.hang_until_released().after(1).times(1);
    let server = world.start_with(&[("RUST_LOG", "trace")]).await;
    world.held(0).await;
    let own = PathBuf::from(format!("/proc/{}", server.pid()));
    let processes: Vec<PathBuf> = told_of(world.folder.path()).into_iter().chain([own]).collect();
    let running = command_lines(&processes);
    assert!(running.iter().any(|line| line.contains("towpath serve")), "{running:?}");
    assert!(running.iter().any(|line| line.contains("/git fetch ")), "{running:?}");
    assert!(running.iter().any(|line| line.contains("remote-http")), "{running:?}");
    world.github.faults().release();
    fetch.remove();
    world.quiet().await;
    let said = everything_goes_wrong(&world, &server).await;
    world.quiet().await;
    let log = server.stop().await.log.join("\n");
    assert!(log.contains("\"TRACE\""), "everything is logged");
    for secret in secrets(&world) {
        let shown = &secret[..8];
        assert!(!log.contains(&secret), "{shown}… is in the log");
        assert!(!said.contains(&secret), "{shown}… is in an answer");
        assert!(!running.iter().any(|line| line.contains(&secret)), "{shown}… is an argument");
        for file in files(&world.data) {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{shown}… is in {}", file.display());
        }
    }
}

#[tokio::test]
async fn a_stopped_server_leaves_no_git_behind() {
    let world = World::new().await;
    world.github.faults().rest("*", "/acme/store.git/git-upload-pack").hang_until_released().after(1);
    let server = world.start().await;
    world.held(0).await;
    let running = command_lines(&told_of(world.folder.path()));
    assert!(running.iter().any(|line| line.contains("/git fetch ")), "{running:?}");
    server.stop().await;
    // What git itself has started ends when its connection does, a moment later.
    let ended = async {
        while !told_of(world.folder.path()).is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, ended).await;
    assert!(ended.is_ok(), "{:?}", command_lines(&told_of(world.folder.path())));
}
