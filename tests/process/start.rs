//! Starting: with everything, with nothing, with half of it, and where another server is already.

use crate::http::{Call, get};
use crate::server::{Environment, LOOK_EVERY, PATIENCE, Server};
use crate::world::World;
use towpath_sandbox::write_program;

/// A key that no App on the embedded GitHub has.
const OTHER_KEY: &str = include_str!("other_key.pem");

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
    for (path, status) in [("/", 503), ("/setup", 404)] {
        let page = get(&server.address, path).await;
        assert_eq!(page.status, status);
        assert!(page.body.contains("`towpath setup-link`"), "{}", page.body);
    }
    let answer = Call::of("ping", "1", "{}").to(&server.address).await;
    assert_eq!(answer.status, 503, "GitHub should keep what comes too early");
    for words in ["set-up mode", "run `towpath setup-link`"] {
        assert!(server.log().iter().any(|line| line.contains(words)), "{words}");
    }
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

/// What a server says that is told something else, and ends. A look before the start says the same.
async fn refused_with(world: &World, changed: &[(&'static str, &str)]) -> String {
    let names: Vec<_> = changed.iter().map(|(name, _)| *name).collect();
    let mut environment = without(&world.environment(), &names);
    environment.extend(changed.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let ended = Server::refused(&environment).await;
    assert_eq!(ended.code(), Some(2), "{:?}", ended.log);
    let log = ended.log.join("\n");
    assert!(log.starts_with("error: "), "{log}");
    let checked = Server::refused_by(&["serve", "--check"], &environment).await;
    assert_eq!((checked.code(), checked.log.join("\n")), (Some(2), log.clone()));
    log
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_by_name_and_secrets_are_not_shown() {
    let world = World::new().await;
    for (name, value, words) in [
        ("GITHUB_APP_ID", "an app", "is \"an app\"; it should be the App's number"),
        (
            "GITHUB_APP_PRIVATE_KEY",
            "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----",
            "the block is damaged, or is not an RSA key",
        ),
        ("GITHUB_WEBHOOK_SECRET", ", ,", "it holds no secret between its commas"),
        ("GITHUB_WEBHOOK_SECRET", "x", "its secret has 1 character, and should have 16 or more"),
        ("GITHUB_API_URL", "not an address", "it should be https://api.github.com"),
        ("GITHUB_API_URL", "http://github.example.com/api/v3", "over http:// everybody on the way reads"),
        ("PUBLIC_URL", "towpath.example.com", "it should begin with https://"),
        ("HOST", "no-such-host.invalid", "for which no address is known"),
        ("HOST", "192.0.2.1", "is no address of this machine"),
        ("PORT", "80 80", "it should be a number from 0 to 65535"),
        ("RUST_LOG", "verbose", "nothing that the server says would be logged"),
        ("LOG_FORMAT", "xml", "it should be pretty or json"),
        ("DATABASE_URL", "postgres://ana:c2VjcmV0@localhost/towpath", "begins with postgres://"),
        ("DATABASE_URL", "sqlite:///nowhere/at/all.db", "but there is no folder \"/nowhere/at\""),
        ("DATABASE_URL", "sqlite://.", "which is a folder and should be a file"),
        ("TOWPATH_DATA_DIR", "/proc/nowhere", "which is not there and cannot be made"),
        ("TOWPATH_DATA_DIR", "/proc", "where nothing can be written"),
        ("TOWPATH_OPERATOR_FILE", "not-there.toml", "cannot be read: No such file"),
        ("PATH", "/nowhere", "the program git was not found"),
    ] {
        let log = refused_with(&world, &[(name, value)]).await;
        assert!(log.contains(name) && log.contains(words), "{log}");
        assert!(!log.contains("c2VjcmV0") && !log.contains('\n'), "{log}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_in_one_go() {
    let world = World::new().await;
    let bin = world.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let git = bin.join("git");
    write_program(&git, "#!/bin/sh\necho git version 2.39.5\n", 0o755).unwrap();
    std::fs::write(world.folder.path().join("allowed.toml"), "[repository.store]\n").unwrap();
    let log = refused_with(
        &world,
        &[
            ("GITHUB_APP_ID", "towpath"),
            ("GITHUB_WEBHOOK_SECRET", "hush"),
            ("PUBLIC_URL", "towpath"),
            ("TOWPATH_OPERATOR_FILE", "allowed.toml"),
            ("HOST", "no-such-host.invalid"),
            ("TOWPATH_DATA_DIR", "allowed.toml"),
            ("PATH", bin.to_str().unwrap()),
        ],
    )
    .await;
    assert!(log.starts_with("error: 7 settings cannot be used:\n  GITHUB_APP_ID is \"towpath\"; "), "{log}");
    for words in [
        "\n  GITHUB_WEBHOOK_SECRET cannot be used: ",
        "\n  PUBLIC_URL is \"towpath\"; ",
        "\n  TOWPATH_OPERATOR_FILE is \"allowed.toml\"; this file is not valid: ",
        "\n  HOST is \"no-such-host.invalid\", ",
        &format!("\n  {} is too old: it says \"git version 2.39.5\", and 2.41 or later", git.display()),
        &format!("\n  TOWPATH_DATA_DIR is {:?}, which is a file", world.folder.path().join("allowed.toml")),
    ] {
        assert!(log.contains(words), "{words} is not in:\n{log}");
    }
    assert!(!log.contains("hush"), "{log}");
}

#[test]
fn a_check_too_says_that_git_is_missing() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_towpath"));
    let output = command
        .args(["check", "pr", "--base", "staging", "--head", "HEAD"])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: the program git was not found in any folder of PATH"), "{said}");
}

/// Waits for a line of the log, and answers it.
async fn line(server: &Server, words: &str) -> String {
    let said = async {
        loop {
            if let Some(line) = server.log().into_iter().find(|line| line.contains(words)) {
                return line;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let said = tokio::time::timeout(PATIENCE, said).await;
    said.unwrap_or_else(|_| panic!("{words:?} is not in:\n{}", server.log().join("\n")))
}

/// What `/readyz` says; it is 200 whatever GitHub does.
async fn ready(server: &Server) -> String {
    let answer = get(&server.address, "/readyz").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // The other lines tell ages.
    answer.body.split_inclusive('\n').take(2).collect()
}

#[tokio::test]
async fn one_line_says_which_app_this_is_and_where() {
    let world = World::new().await;
    let server = world.start().await;
    let said = line(&server, "this is the GitHub App").await;
    let told = "(towpath), installed in acme (1 repository); 1 repository in all";
    assert!(said.contains(told) && said.contains("\"INFO\""), "{said}");
    world.quiet().await;
    assert_eq!(ready(&server).await, "ready\ngithub: accepted\n");
    let log = server.stop().await.log;
    assert_eq!(log.iter().filter(|line| line.contains("this is the GitHub App")).count(), 1, "{log:?}");
}

#[tokio::test]
async fn why_github_cannot_be_asked_is_said_and_webhooks_are_let_in() {
    let world = World::new().await;
    for (changed, word, words) in [
        (("GITHUB_APP_ID", "4711"), "refused", "knows no App 4711; GITHUB_APP_ID or GITHUB_API_URL is wrong"),
        (("GITHUB_APP_PRIVATE_KEY", OTHER_KEY), "refused", "holds no key of the App"),
        (("GITHUB_API_URL", "http://127.0.0.1:9"), "unreachable", "http://127.0.0.1:9/ does not answer"),
    ] {
        let server = world.start_with(&[changed]).await;
        line(&server, words).await;
        assert_eq!(ready(&server).await, format!("ready\ngithub: {word}\n"));
        let taken = Call::of("installation", changed.0, r#"{"action":"created","installation":{"id":1}}"#);
        assert_eq!(taken.to(&server.address).await.status, 202);
        server.stop().await;
    }
    world.fall_behind(chrono::TimeDelta::minutes(20));
    let server = world.start().await;
    let said = line(&server, "s ahead of GitHub's; set it right").await;
    assert!(
        said.contains("GitHub does not accept our credentials: ") && said.contains("\"ERROR\""),
        "{said}"
    );
    assert_eq!(ready(&server).await, "ready\ngithub: refused\n");
    // Set right, it is told who we are.
    world.later();
    line(&server, "GitHub accepts our credentials again").await;
    line(&server, "installed in acme (1 repository)").await;
    assert_eq!(ready(&server).await, "ready\ngithub: accepted\n");
    server.stop().await;
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
async fn a_look_before_the_start_makes_nothing_and_lets_a_server_be_that_runs() {
    let world = World::new().await;
    let mut environment = world.environment();
    let look = async |environment: &Environment| Server::refused_by(&["serve", "--check"], environment).await;
    let ended = look(&environment).await;
    assert_eq!(ended.code(), Some(0), "{:?}", ended.log);
    assert!(!world.data.exists(), "the start makes it");
    let server = world.start().await;
    environment.push(("PORT", server.address.rsplit(':').next().unwrap().to_owned()));
    let ended = look(&environment).await;
    assert_eq!(ended.code(), Some(0), "{:?}", ended.log);
    assert!(ended.log.join("\n").contains("listens on 127.0.0.1:"), "{:?}", ended.log);
    server.stop().await;
}

#[tokio::test]
async fn a_file_for_credentials_that_cannot_be_written_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let environment = vec![("PWD", folder.path().to_str().unwrap().to_owned())];
    for (file, words) in [
        ("nowhere/app.env", "but there is no folder \"nowhere\"; make it, or name another place"),
        (".", "which is a folder and should be a file"),
        ("/proc/app.env", "where nothing can be written"),
    ] {
        for check in [&["--check"][..], &[]] {
            let arguments = [&["serve", "--print-credentials", file], check].concat();
            let ended = Server::refused_by(&arguments, &environment).await;
            let log = ended.log.join("\n");
            assert_eq!(ended.code(), Some(2), "{log}");
            assert!(log.contains("--print-credentials is ") && log.contains(words), "{log}");
        }
    }
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
