#![allow(unreachable_pub, reason = "the modules of a test are seen by nobody else")]
#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! The rooms and their arrows: who may use whom, and how large a file may grow.

mod circles;
mod imports;
mod packaging;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each room, the rooms it may use. What is not named here may not be used.
const ARROWS: [(&str, &[&str]); 17] = [
    ("model", &[]),
    ("process", &[]),
    ("tls", &[]),
    ("lineage", &["model", "process", "tls"]),
    ("policy", &["model"]),
    ("report", &["model"]),
    ("commands", &["model"]),
    ("commerce", &["model"]),
    ("deploy", &["model", "process", "tls", "commerce"]),
    ("store", &["model"]),
    ("metrics", &["model"]),
    ("traces", &["model", "tls"]),
    ("github", &["model", "metrics"]),
    (
        "engine",
        &[
            "model", "lineage", "policy", "report", "commands", "commerce", "deploy", "store", "metrics",
            "github",
        ],
    ),
    ("web", &["model", "process", "metrics", "engine"]),
    ("demo", &["model", "deploy", "engine", "github", "store", "web"]),
    (
        "cli",
        &[
            "model", "lineage", "report", "commands", "commerce", "deploy", "traces", "engine", "github",
            "store", "web",
        ],
    ),
];

/// Packages that only the rooms named here may know.
const ONLY_IN: [(&str, &[&str]); 9] = [
    ("octocrab", &["github"]),
    ("rusqlite", &["store"]),
    ("axum", &["demo", "web"]),
    ("hyper", &["web"]),
    ("prometheus", &["metrics"]),
    ("reqwest", &["deploy", "lineage", "traces"]),
    ("rustls_native_certs", &["tls"]),
    ("clap", &["cli"]),
    ("towpath_sandbox", &["demo"]),
];

const LINES_MAX: usize = 500;

/// Where the rooms lie: one house of four packages.
const HOUSE: [&str; 4] = ["core/src", "server/src", "cli/src", "src"];

/// A place in the repository.
fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The Rust files of all rooms.
fn house() -> impl Iterator<Item = PathBuf> {
    HOUSE.into_iter().flat_map(sources)
}

/// The front page of a room.
fn front_page(room: &str) -> PathBuf {
    let pages = HOUSE.map(|folder| place(folder).join(room).join("mod.rs"));
    pages.into_iter().find(|page| page.exists()).unwrap_or_else(|| panic!("there is no room {room}"))
}

/// The Rust files below a folder of the repository.
fn sources(folder: &str) -> Vec<PathBuf> {
    sources_below(&place(folder))
}

fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The room that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let inside = HOUSE.into_iter().find_map(|folder| path.strip_prefix(place(folder)).ok()).unwrap();
    let mut parts = inside.components();
    let first = parts.next().unwrap().as_os_str().to_str().unwrap().to_owned();
    parts.next().map(|_| first)
}

/// The code of a file without its comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The rooms named behind `crate::` in some code, braces included.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            used.insert(name);
        }
    }
    used
}

/// Whether a file is a module that its parent names behind `#[cfg(test)]`, or lies in such a one.
fn is_test_module(path: &Path) -> bool {
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    path.ancestors().take_while(|at| !at.ends_with("src")).any(|at| {
        let parent = at.parent().unwrap().join("mod.rs");
        let declared = format!("#[cfg(test)]\nmod {};", name(at));
        fs::read_to_string(parent).is_ok_and(|text| text.contains(&declared))
    })
}

#[test]
fn arrows_go_one_way() {
    let allowed: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let mut seen = BTreeSet::new();
    for path in house() {
        let Some(room) = room(&path) else { continue };
        let may = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} is not in the list of rooms"));
        for used in rooms_used(&code(&path)) {
            assert!(
                used == room || may.contains(&used.as_str()),
                "{} uses {used}, but {room} may only use {may:?}",
                path.display()
            );
        }
        seen.insert(room);
    }
    let listed: BTreeSet<_> = ARROWS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(seen, listed, "the list of rooms and the folders differ");
}

/// The module that a file is, as the file of its parent declares it; `None` for the root of a crate.
fn declared_as(path: &Path) -> Option<(Vec<PathBuf>, String)> {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let folder = path.parent().unwrap();
    match stem {
        "lib" | "main" => None,
        "mod" => Some((parents_in(folder.parent().unwrap()), folder.file_name()?.to_str()?.to_owned())),
        _ => Some((parents_in(folder), stem.to_owned())),
    }
}

/// The files that may declare what lies in a folder.
fn parents_in(folder: &Path) -> Vec<PathBuf> {
    ["mod.rs", "lib.rs", "main.rs"]
        .map(|name| folder.join(name))
        .into_iter()
        .chain([folder.with_extension("rs")])
        .collect()
}

#[test]
fn every_file_is_part_of_the_program() {
    for path in house().chain(sources("sandbox/src")) {
        let Some((parents, name)) = declared_as(&path) else { continue };
        let declares = |parent: &PathBuf| {
            let text = fs::read_to_string(parent).unwrap_or_default();
            text.lines().any(|line| line.trim().ends_with(&format!("mod {name};")))
        };
        assert!(parents.iter().any(declares), "nobody declares {}", path.display());
    }
}

#[test]
fn arrows_have_no_circle() {
    let order: Vec<_> = ARROWS.iter().map(|(room, _)| *room).collect();
    for (at, (room, uses)) in ARROWS.iter().enumerate() {
        for used in *uses {
            let place = order.iter().position(|other| other == used).unwrap();
            assert!(place < at, "{room} uses {used}, which comes after it");
        }
    }
}

#[test]
fn packages_stay_in_their_rooms() {
    for path in house() {
        let Some(room) = room(&path) else { continue };
        let code = code(&path);
        for (package, rooms) in ONLY_IN {
            let used = code.contains(&format!("{package}::"));
            assert!(!used || rooms.contains(&room.as_str()), "{} uses {package}", path.display());
        }
    }
}

#[test]
fn errors_are_logged_with_all_that_lies_under_them() {
    for path in house() {
        let code = code(&path);
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for bare in ["%error", "?error"] {
            let at = path.display();
            assert!(!code.contains(bare), "{at} logs {bare}; write error = error_chain(&error)");
        }
    }
}

#[test]
fn every_room_says_what_lives_there_what_does_not_and_what_to_open_first() {
    let rooms = ARROWS.iter().map(|(room, _)| front_page(room));
    for path in rooms.chain([place("sandbox/src/lib.rs")]) {
        let text = fs::read_to_string(&path).unwrap();
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        for words in ["Lives here", "Does not live here", "Open first"] {
            assert!(head.contains(words), "{} does not say: {words}", path.display());
        }
    }
}

#[test]
fn files_stay_small_and_pure_rooms_stay_pure() {
    for path in house().chain(sources("sandbox/src")) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
    for path in house() {
        let pure = room(&path).is_some_and(|room| {
            ["model", "policy", "report", "commands", "commerce"].contains(&room.as_str())
        });
        let code = code(&path);
        // What tests of a pure room do to check it is their own affair.
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let in_tests = is_test_module(&path);
        // A length of time is pure, and so is a moment; asking a clock is not.
        let clocks = ["Instant::now", "SystemTime::now"];
        let others = ["async ", "tokio::", "std::fs", "std::net", "std::process", "std::env"];
        for impure in clocks.into_iter().chain(others) {
            assert!(!pure || in_tests || !code.contains(impure), "{} uses {impure}", path.display());
        }
    }
}

#[test]
fn the_stand_in_knows_nothing_of_the_product() {
    for path in sources("sandbox/src") {
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        // Its own name is the one thing in which the product may show.
        let text = text.replace("towpath_sandbox", "").replace("towpath-sandbox", "");
        assert!(!text.contains("towpath"), "{} names the product", path.display());
    }
}

#[test]
fn every_test_that_is_said_to_hold_a_promise_is_there() {
    let mut pages = vec![fs::read_to_string(place("docs/architecture.md")).unwrap()];
    for (room, _) in ARROWS {
        let lines = fs::read_to_string(front_page(room)).unwrap();
        let lines = lines.lines().filter_map(|line| line.strip_prefix("//!")).map(str::trim_start);
        pages.push(lines.collect::<Vec<_>>().join("\n"));
    }
    let promises =
        pages.iter().filter_map(|page| page.split_once("# The promises").or(page.split_once("# Promises")));
    let promises: Vec<&str> = promises.map(|(_, rest)| rest.split("\n## ").next().unwrap()).collect();
    let named: BTreeSet<&str> = promises.iter().flat_map(|text| text.split('`').skip(1).step_by(2)).collect();
    let is_a_test = |name: &&str| name.matches('_').count() > 1 && !name.contains(':');
    let named: Vec<&str> = named.into_iter().filter(is_a_test).collect();
    assert!(named.len() > 80, "{named:?}");
    let code: String = house().chain(sources("tests")).map(|path| code(&path)).collect();
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}
