//! What people install from: sizes that agree with the bounds, variables that there are, scripts that a shell can read.

use bytesize::ByteSize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the database and its log need besides, in bytes: as `towpath doctor` reckons.
const SPARE: u64 = 500_000_000;

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The value of a variable, however a file writes it: `NAME=value`, `NAME: value`, `NAME = "value"`.
fn bound(text: &str, name: &str) -> u64 {
    let mut values = text.split(name).skip(1).map(|rest| {
        let value = rest.trim_start_matches([' ', '=', ':', '"']);
        value.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap().parse::<ByteSize>()
    });
    let value = values.find_map(Result::ok).unwrap_or_else(|| panic!("{name} has no size"));
    value.as_u64()
}

/// The size of the disk, by the words before and behind it.
fn disk(text: &str, before: &str, unit: &str) -> u64 {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("nothing says {before:?}"));
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    assert!(rest[number.len()..].starts_with(unit), "{rest:.20}");
    number.parse::<u64>().unwrap() * 1_000_000_000
}

#[test]
fn mirrors_builds_and_the_database_have_room_on_the_disk_that_each_file_asks_for() {
    let asked = [
        ("fly.toml", "initial_size = \"", "gb"),
        ("packaging/compose.yml", "What comes with ", " GB of disk"),
        ("packaging/towpath.service", "What comes with ", " GB of disk"),
    ];
    for (file, before, unit) in asked {
        let text = text(file);
        let bounds =
            bound(&text, "TOWPATH_MIRRORS_MAX_BYTES") + bound(&text, "TOWPATH_SLUGS_MAX_BYTES") + SPARE;
        let disk = disk(&text, before, unit);
        assert!(bounds <= disk, "{file}: {bounds} bytes on a disk of {disk}");
    }
}

#[test]
fn they_name_no_variable_that_there_is_not() {
    let known = text("docs/running.md");
    for file in ["fly.toml", "packaging/compose.yml", "packaging/towpath.service", "scripts/container"] {
        let text = text(file);
        let words = text.split(|it: char| !(it.is_ascii_uppercase() || it == '_'));
        let named: Vec<&str> = words.filter(|it| it.starts_with("TOWPATH_") || *it == "PUBLIC_URL").collect();
        assert!(!named.is_empty(), "{file}");
        for name in named {
            assert!(known.contains(&format!("| `{name}` |")), "{file} names {name}");
        }
    }
}

#[test]
fn the_scripts_can_be_read() {
    for file in
        [".ci/run", "scripts/container", "scripts/release", "scripts/sbom", "cli/src/cli/hook/pre-push.sh"]
    {
        let shell = if text(file).starts_with("#!/bin/sh") { "sh" } else { "bash" };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        assert!(Command::new(shell).arg("-n").arg(&path).status().unwrap().success(), "{file}");
    }
}

#[test]
fn a_release_is_built_as_it_is_said_to_be() {
    let (script, workflow) = (text("scripts/release"), text(".github/workflows/release.yml"));
    // 15 MB, of which the documents speak.
    assert!(script.contains("\nmost=$((15 << 20))\n"));
    assert!(text("docs/running.md").contains("15 MB"));
    assert!(script.contains("cargo build --profile dist --locked"));
    let made = [
        "scripts/release target/release-files\n",
        "path: target/release-files\n",
        "--notes-file files/NOTES.md",
    ];
    for line in made {
        assert!(workflow.contains(line), "the workflow has no {line}");
    }
    assert!(script.contains(">\"$files/NOTES.md\""));
    let readme = text("README.md");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(link.starts_with("docs/"), "{link} is not in the archive");
    }
    assert!(script.contains("\ncp -r docs \"$tree/\"\n"), "what the README links to is in the archive");
    assert!(text("CHANGELOG.md").contains("\n## [Unreleased]\n"), "what --unreleased takes the notes from");
}

#[test]
fn no_profile_takes_away_what_the_engine_lives_by() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let profiles = manifest["profile"].as_table().unwrap();
    assert!(profiles.contains_key("dist"));
    for (name, profile) in profiles {
        // A panic in one work item's work ends that work alone: it has to unwind.
        assert!(profile.get("panic").is_none(), "{name}");
    }
}

#[test]
fn the_list_of_what_the_program_is_made_of_has_what_is_built_and_nothing_else() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/sbom");
    let output = Command::new(script).arg("x86_64-unknown-linux-musl").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&listed["bomFormat"], &listed["specVersion"]), (&json!("CycloneDX"), &json!("1.5")));
    let lock: toml::Table = text("Cargo.lock").parse().unwrap();
    let locked = lock["package"].as_array().unwrap();
    let mut scopes = BTreeMap::new();
    let mut references: BTreeSet<&str> = BTreeSet::new();
    references.insert(listed["metadata"]["component"]["bom-ref"].as_str().unwrap());
    for component in listed["components"].as_array().unwrap() {
        let (name, version) = (component["name"].as_str().unwrap(), component["version"].as_str().unwrap());
        let is_it =
            |it: &&toml::Value| it["name"].as_str() == Some(name) && it["version"].as_str() == Some(version);
        let checksum = locked.iter().find(is_it).unwrap().get("checksum").and_then(toml::Value::as_str);
        assert_eq!(component["hashes"][0]["content"].as_str(), checksum, "{name} {version}");
        assert!(!component["licenses"][0]["expression"].as_str().unwrap().contains('/'), "{name}");
        assert!(references.insert(component["bom-ref"].as_str().unwrap()), "{name} {version} is there twice");
        scopes.insert(name, component["scope"].as_str().unwrap());
    }
    for need in listed["dependencies"].as_array().unwrap() {
        let on = need["dependsOn"].as_array().unwrap().iter().chain([&need["ref"]]);
        assert!(on.into_iter().all(|it| references.contains(it.as_str().unwrap())), "{need}");
    }
    for (name, scope) in [
        ("libsqlite3-sys", Some("required")),
        // What the demo alone needs.
        ("towpath-sandbox", None),
        ("maud", None),
        ("cc", Some("excluded")),
        ("serde_derive", Some("excluded")),
        // What tests alone need, and what no feature turns on.
        ("insta", None),
        ("jsonschema", None),
        ("aws-lc-rs", None),
    ] {
        assert_eq!(scopes.get(name).copied(), scope, "{name}");
    }
}
