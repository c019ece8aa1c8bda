//! No circles: in every folder, files and folders use each other one way.
//!
//! A file and the folder of its name are one. What a file takes from the module that it is part of does not count, nor
//! what a module only hands on: that is the file's where it is defined.

use crate::imports::{Crate, Names};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Who uses whom, and by which files.
type Graph = BTreeMap<Names, BTreeMap<Names, Vec<String>>>;

/// Who uses whom among what lies in `folder`.
fn inside(folder: &[String], all: &Crate) -> Graph {
    let lies_in = |place: &Names| place.len() > folder.len() && place.starts_with(folder);
    let entry = |place: &Names| place[..=folder.len()].to_vec();
    let mut graph = Graph::new();
    for from in all.places().filter(|place| lies_in(place)) {
        let uses = graph.entry(entry(from)).or_default();
        for to in all.used_by(from).iter().filter(|to| lies_in(to) && entry(to) != entry(from)) {
            let arrow = format!("{} -> {}", from.join("/"), to.join("/"));
            uses.entry(entry(to)).or_default().push(arrow);
        }
    }
    graph
}

fn reached<'a>(graph: &'a Graph, from: &'a Names) -> BTreeSet<&'a Names> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        open.extend(graph[at].keys().filter(|to| reached.insert(*to)));
    }
    reached
}

/// The arrows of every circle.
fn circles(graph: &Graph) -> Vec<&String> {
    let all: BTreeMap<&Names, BTreeSet<&Names>> =
        graph.keys().map(|from| (from, reached(graph, from))).collect();
    let arrows = graph.iter().flat_map(|(from, uses)| uses.iter().map(move |(to, files)| (from, to, files)));
    arrows.filter(|(from, to, _)| all[to].contains(from)).flat_map(|(_, _, files)| files).collect()
}

/// The arrows of every circle below the folder of a `lib.rs`.
fn circles_below(root: &Path) -> Vec<String> {
    let all = Crate::read(root);
    let folders: BTreeSet<&[String]> =
        all.places().flat_map(|place| (0..place.len()).map(|depth| &place[..depth])).collect();
    let found = |folder| circles(&inside(folder, &all)).into_iter().cloned().collect::<Vec<_>>();
    folders.into_iter().flat_map(found).collect()
}

#[test]
fn files_and_folders_use_each_other_one_way() {
    for root in crate::HOUSE.into_iter().chain(["sandbox/src"]) {
        let found = circles_below(&crate::place(root));
        assert!(found.is_empty(), "circles in {root}:\n{}", found.join("\n"));
    }
}

#[test]
fn circles_are_seen_however_they_are_spelled() {
    let by_hand = |files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        circles_below(folder.path())
    };
    let lib = ("lib.rs", "mod room;");
    let room = ("room/mod.rs", "mod a;\nmod b;\npub use b::{Bee, other as another};\n");
    let uses_a = ("room/b.rs", "use super::a::Aye;\npub struct Bee;\npub fn other(_: Aye) {}\n");
    let both = ["room/a -> room/b", "room/b -> room/a"];
    for a in [
        "use super::b::Bee;\npub struct Aye(Bee);\n",
        "use crate::room::{\n    Bee,\n};\npub struct Aye(Bee);\n",
        "pub struct Aye;\nfn f() { super::b::other(Aye) }\n",
        "pub struct Aye;\nfn f() { crate::room::another(Aye) }\n",
        "use super::b;\npub struct Aye(b::Bee);\n",
    ] {
        assert_eq!(by_hand(&[lib, room, uses_a, ("room/a.rs", a)]), both, "{a}");
    }
    for a in [
        "pub struct Aye;\n// super::b::other(Aye)\n",
        "pub struct Aye;\nconst TEXT: &str = \"super::b::other\";\n",
        "pub struct Aye;\n#[cfg(test)]\nmod tests {\n    use super::super::b::Bee;\n}\n",
    ] {
        assert_eq!(by_hand(&[lib, room, uses_a, ("room/a.rs", a)]), [""; 0], "{a}");
    }
    let deep = ("room/a/deep.rs", "use crate::room::b::Bee;\n");
    let folder = ("room/a.rs", "mod deep;\npub struct Aye;\n");
    assert_eq!(
        by_hand(&[lib, room, uses_a, folder, deep]),
        ["room/a/deep -> room/b", "room/b -> room/a"],
        "a file and the folder of its name are one"
    );
}
