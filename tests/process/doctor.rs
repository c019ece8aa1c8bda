//! `towpath doctor` as a program: what it prints, how it exits, and what it asks before it repairs.

use crate::world::World;
use serde_json::Value;
use std::process::Stdio;
use towpath_sandbox::BypassMode;

/// What came of it.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn doctor(world: &World, arguments: &[&str]) -> Ended {
    world.later();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.arg("doctor").args(arguments).stdin(Stdio::null()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(world.folder.path());
    command
        .envs(world.environment())
        .env("TOWPATH_MIRRORS_MAX_BYTES", "1MB")
        .env("TOWPATH_SLUGS_MAX_BYTES", "1MB");
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Gives the branches the rules that they should have.
fn keep(world: &World) {
    let app = world.app.id();
    for branch in ["integration", "staging", "production"] {
        let rules = world.store.protect(branch).forbid_deletion().forbid_force_pushes();
        if branch != "integration" {
            rules.merged_by(["merge"]);
        }
    }
    world.store.protect("master").let_pass_as(app, BypassMode::Always);
}

#[tokio::test]
async fn it_exits_by_what_it_finds_and_prints_one_object_for_programs() {
    let world = World::new().await;
    keep(&world);
    let store = ["--repository", "acme/store"];
    let sound = doctor(&world, &store).await;
    assert_eq!((sound.code, sound.err.as_str()), (Some(0), ""), "{}", sound.out);
    assert!(sound.out.ends_with("\nNo fault.\n"), "{}", sound.out);
    assert!(!world.data.join("towpath.db").exists(), "it makes no database");

    world.store.unprotect("staging");
    let broken = doctor(&world, &store).await;
    assert_eq!(broken.code, Some(1), "{}", broken.err);
    let command = "| gh api --hostname '127.0.0.1:";
    assert!(broken.out.contains(command) && broken.out.ends_with("\n4 faults.\n"), "{}", broken.out);
    assert_eq!(broken.out.matches("the same repair as above").count(), 3, "{}", broken.out);

    let json = doctor(&world, &["--repository", "acme/store", "--json"]).await;
    let object: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &object["sound"], &object["faults"]), (Some(1), &false.into(), &4.into()));

    for (wrong, words) in [
        (&["--repository", "store"][..], "no owner/name"),
        (&["--fix", "--json"], "cannot be used with"),
        (&["--yes"], "--fix"),
    ] {
        let ended = doctor(&world, wrong).await;
        assert_eq!(ended.code, Some(2), "{wrong:?}");
        assert!(
            format!("{}{}", ended.out, ended.err).contains(words),
            "{wrong:?}: {}{}",
            ended.out,
            ended.err
        );
    }
}

#[tokio::test]
async fn it_repairs_what_the_app_may_after_it_was_told_to() {
    let world = World::new().await;
    keep(&world);
    world.store.unprotect("staging");
    let store = ["--repository", "acme/store", "--fix"];
    let without_the_right = doctor(&world, &store).await;
    assert_eq!(without_the_right.code, Some(1));
    assert!(without_the_right.out.contains("has the right to repair nothing"), "{}", without_the_right.out);

    let mut all = crate::shop::app_config();
    all.permissions.insert("administration".to_owned(), "write".to_owned());
    world.app.change(all.permissions, all.events);
    world.installation.accept_new_permissions().await.unwrap();
    let nobody_to_ask = doctor(&world, &store).await;
    assert_eq!(nobody_to_ask.code, Some(2), "{}", nobody_to_ask.out);
    assert!(nobody_to_ask.err.contains("add --yes"), "{}", nobody_to_ask.err);
    assert!(
        nobody_to_ask.out.contains("\nacme/store: staging\n+ requires towpath: staging, from App"),
        "{}",
        nobody_to_ask.out
    );

    let repaired = doctor(&world, &["--repository", "acme/store", "--fix", "--yes"]).await;
    assert_eq!(repaired.code, Some(0), "{}{}", repaired.out, repaired.err);
    assert!(repaired.out.contains("\nrepaired: acme/store: staging\n"), "{}", repaired.out);
    assert!(repaired.out.ends_with("\nNo fault.\n"), "{}", repaired.out);
}
