//! Backups that are made while the server works, and the way back from them.

use crate::http::Call;
use crate::server::{Environment, Server};
use crate::world::World;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::process::Command;
use towpath::store::{Options, SqliteStore, Store};
use towpath_sandbox::AppConfig;

/// Runs the program with what a server here is told.
async fn towpath(environment: &Environment, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    told(command.args(arguments), environment).output().await.unwrap()
}

fn told<'a>(command: &'a mut Command, environment: &Environment) -> &'a mut Command {
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let folder = environment.iter().find(|(name, _)| *name == "PWD").map(|(_, folder)| folder);
    command.current_dir(folder.unwrap())
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned()).concat()
}

fn well(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", words(output));
    words(output)
}

fn refused(output: &Output, why: &str) {
    assert_eq!(output.status.code(), Some(2), "{}", words(output));
    assert!(words(output).contains(why), "{}", words(output));
}

fn delivery(guid: &str) -> Call {
    let body = json!({
        "ref": "refs/heads/master",
        "before": "0".repeat(40),
        "after": "1".repeat(40),
        "installation": { "id": 1 },
        "repository": { "id": 987_654 },
        "noise": "0123456789abcdef".repeat(512),
    });
    Call::of("push", guid, body.to_string())
}

/// Sends deliveries until it is told to stop; answers which were taken.
async fn load(address: String, stop: Arc<AtomicBool>, name: &'static str) -> Vec<String> {
    let mut stored = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let guid = format!("{name}-{}", stored.len());
        assert_eq!(delivery(&guid).to(&address).await.status, 202);
        stored.push(guid);
    }
    stored
}

async fn is_known(store: &SqliteStore, guid: &str) -> bool {
    store.delivery(guid).await.unwrap().is_some()
}

/// What was stored before a backup began is in it, and of what came later each is there whole or not at all, in the order
/// in which it came.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_of_one_moment_and_can_be_restored() {
    let world = World::new().await;
    let (server, environment) = (world.start().await, world.environment());
    world.quiet().await;
    let stop = Arc::<AtomicBool>::default();
    let senders =
        ["ana", "ben"].map(|name| tokio::spawn(load(server.address.clone(), Arc::clone(&stop), name)));
    assert_eq!(delivery("before").to(&server.address).await.status, 202);
    for number in 0..5 {
        well(&towpath(&environment, &["backup", &format!("{number}.db")]).await);
    }
    stop.store(true, Ordering::Relaxed);
    let mut sent = Vec::new();
    for sender in senders {
        sent.push(sender.await.unwrap());
    }
    assert_eq!(delivery("after").to(&server.address).await.status, 202);
    let file = world.folder.path().join("4.db");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    refused(&towpath(&environment, &["restore", "4.db"]).await, "in use by another server");
    assert_eq!(server.stop().await.code(), Some(0));

    refused(&towpath(&environment, &["restore", "4.db"]).await, "--replace");
    well(&towpath(&environment, &["restore", "4.db", "--replace"]).await);
    let database = world.data.join("towpath.db");
    assert_eq!(std::fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
    let restored = SqliteStore::open(&database, &Options::default()).unwrap();
    let before =
        SqliteStore::open(&world.data.join("towpath.db.before-restore"), &Options::default()).unwrap();
    assert!(is_known(&restored, "before").await && !is_known(&restored, "after").await);
    assert!(is_known(&before, "after").await, "what was replaced is kept");
    for sent in &sent {
        let mut known = Vec::new();
        for guid in sent {
            known.push(is_known(&restored, guid).await);
        }
        assert!(known.is_sorted_by(|earlier, later| earlier >= later), "{known:?}");
    }
    before.close().await;
    restored.close().await;
    let again = world.start().await;
    world.quiet().await;
    assert_eq!(again.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_no_credentials_unless_it_is_asked_for_them() {
    let world = World::new().await;
    let (server, environment) = (world.start().await, world.environment());
    world.quiet().await;
    well(&towpath(&environment, &["backup", "bare.db"]).await);
    let said = well(&towpath(&environment, &["backup", "whole.db", "--with-credentials"]).await);
    assert!(said.contains("keep it secret") && !said.contains("PRIVATE KEY"), "{said}");
    let folder = world.folder.path();
    for file in ["bare.db", "whole.db"] {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for secret in ["PRIVATE KEY", crate::shop::SECRET] {
            assert!(!bytes.windows(secret.len()).any(|it| it == secret.as_bytes()), "{file} has {secret}");
        }
    }
    assert!(!folder.join("bare.db.credentials").exists());
    let credentials = folder.join("whole.db.credentials");
    assert_eq!(std::fs::metadata(&credentials).unwrap().permissions().mode() & 0o777, 0o600);
    let script = ". ./whole.db.credentials; printf '%s|%s|%s' \"$GITHUB_APP_ID\" \"$GITHUB_WEBHOOK_SECRET\" \"$GITHUB_APP_PRIVATE_KEY\"";
    let read = Command::new("sh").args(["-c", script]).current_dir(folder).output().await.unwrap();
    let expected =
        [world.app.id().to_string().as_str(), crate::shop::SECRET, AppConfig::demo_key().trim_end()]
            .join("|");
    assert_eq!(words(&read), expected);
    refused(&towpath(&environment, &["backup", "whole.db"]).await, "is there already");
    assert_eq!(server.stop().await.code(), Some(0));
}

/// All that lies in a folder, by name.
fn listed(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_without_room_leaves_no_half_file_and_a_restore_leaves_all_as_it_was() {
    let world = World::new().await;
    let (server, environment) = (world.start().await, world.environment());
    world.quiet().await;
    well(&towpath(&environment, &["backup", "whole.db"]).await);
    let before = listed(world.folder.path());
    let with_little_room = async |arguments: &str| {
        let mut command = Command::new("sh");
        // In blocks of 512 bytes.
        let script = format!("ulimit -S -f 32; exec \"$0\" {arguments}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_towpath")]);
        told(&mut command, &environment).output().await.unwrap()
    };
    refused(&with_little_room("backup half.db").await, "no space is left");
    assert_eq!(listed(world.folder.path()), before);
    assert_eq!(server.stop().await.code(), Some(0));
    let (kept, database) = (listed(&world.data), world.data.join("towpath.db"));
    let held = std::fs::read(&database).unwrap();
    refused(&with_little_room("restore whole.db --replace").await, "no space is left");
    assert_eq!(std::fs::read(&database).unwrap(), held);
    assert_eq!(listed(&world.data), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_backup_of_a_known_version_is_not_restored() {
    let world = World::new().await;
    let (server, environment) = (world.start().await, world.environment());
    world.quiet().await;
    well(&towpath(&environment, &["backup", "whole.db"]).await);
    assert_eq!(server.stop().await.code(), Some(0));
    let folder = world.folder.path();
    let database = world.data.join("towpath.db");
    let held = std::fs::read(&database).unwrap();
    let whole = std::fs::read(folder.join("whole.db")).unwrap();
    // The version lies at this place in the file's head.
    let newer = [&whole[..60], &9_999_u32.to_be_bytes(), &whole[64..]].concat();
    let page = whole.len() / 2;
    let damaged = [&whole[..page], [0x5a; 4_096].as_slice(), &whole[page + 4_096..]].concat();
    let cut = whole[..whole.len() / 2].to_vec();
    let cases = [
        ("newer.db", newer, "is of version 9999, and this Towpath knows versions up to"),
        ("damaged.db", damaged, "damaged.db"),
        ("cut.db", cut, "cut.db"),
        ("notes.db", b"these are notes ".repeat(600), "notes.db"),
    ];
    for (name, bytes, why) in cases {
        std::fs::write(folder.join(name), bytes).unwrap();
        let output = towpath(&environment, &["restore", name, "--replace"]).await;
        assert_eq!(output.status.code(), Some(2), "{name}: {}", words(&output));
        assert!(words(&output).contains(why), "{}", words(&output));
        assert_eq!(std::fs::read(&database).unwrap(), held, "{name}");
    }
    refused(
        &towpath(&environment, &["restore", "missing.db", "--replace"]).await,
        "missing.db is not there; name",
    );
    refused(
        &towpath(&environment, &["restore", ".", "--replace"]).await,
        "is a folder; name the file that `towpath backup`",
    );
    refused(
        &towpath(&environment, &["restore", "notes.db", "--replace"]).await,
        "`towpath backup` has written",
    );
    refused(
        &towpath(&environment, &["backup", "nowhere/it.db"]).await,
        "no folder \"nowhere\"; make it, or name another",
    );
    refused(&towpath(&environment, &["backup", "."]).await, "which is a folder and should be a file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_before_a_rollout_says_whether_the_server_would_run() {
    let world = World::new().await;
    let environment = world.environment();
    let said = well(&towpath(&environment, &["serve", "--check"]).await);
    assert!(said.contains("none at") && said.contains("GitHub accepts them"), "{said}");
    assert!(!world.data.exists(), "nothing is made");
    let server = world.start().await;
    world.quiet().await;
    let mut beside = environment.clone();
    beside.push(("PORT", server.address.rsplit(':').next().unwrap().to_owned()));
    let said = well(&towpath(&beside, &["serve", "--check"]).await);
    assert!(said.contains("towpath.db, version"), "beside the server that runs: {said}");
    assert_eq!(server.stop().await.code(), Some(0));

    let changed = |name: &'static str, value: &str| {
        let mut environment = environment.clone();
        environment.retain(|(known, _)| *known != name);
        environment.push((name, value.to_owned()));
        environment
    };
    let check = async |environment| towpath(&environment, &["serve", "--check"]).await;
    refused(&check(changed("GITHUB_APP_ID", "4711")).await, "does not accept the App's credentials");
    refused(&check(changed("LOG_FORMAT", "loud")).await, "LOG_FORMAT is \"loud\"");
    let unreachable = check(changed("GITHUB_API_URL", "http://127.0.0.1:9")).await;
    assert_eq!(unreachable.status.code(), Some(1), "{}", words(&unreachable));
    let database = world.data.join("towpath.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&database, &bytes).unwrap();
    refused(&check(environment.clone()).await, "is of version 9999");
    assert_eq!(std::fs::read(&database).unwrap(), bytes);
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2));
    assert!(ended.log.join("\n").contains("is of version 9999"), "{:?}", ended.log);
    assert_eq!(std::fs::read(&database).unwrap(), bytes, "a newer version's is left alone");
}
