//! TP728: patches in `m2-hotfixes`, and those that `QUALITY_PATCHES` names.

use std::collections::{BTreeMap, HashMap};

use super::diff::{FilePatch, Patch};
use super::project::Application;
use super::tree::{Tree, has_ending};
use super::yaml_files::note_unread;
use super::{Findings, Judged, Words, say};
use crate::commerce::read::Node;
use crate::model::{Code, Outcome};

/// The most that a patch, or a file that it changes, may hold, in bytes.
const PATCH_MAX: usize = 4 << 20;

fn folder(application: &Application<'_>) -> String {
    application.file("m2-hotfixes/")
}

/// The patches, in the order in which they are applied.
fn patches<'a>(tree: &'a Tree, folder: &'a str) -> impl Iterator<Item = &'a str> {
    let own = |path: &&str| !path[folder.len()..].contains('/') && has_ending(path, "patch");
    tree.below(folder).filter(own)
}

/// The patches, and the files of the repository that they change.
pub(super) fn wanted_files(tree: &Tree, application: &Application<'_>) -> Vec<String> {
    let folder = folder(application);
    let mut wanted: Vec<String> = patches(tree, &folder).map(str::to_owned).collect();
    for path in patches(tree, &folder) {
        if let Some(Ok(text)) = tree.text(path, PATCH_MAX) {
            wanted.extend(Patch::read(text).files.iter().map(|file| application.file(&file.path)));
        }
    }
    wanted
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops() {
        let folder = folder(application);
        names(judged, &folder, findings);
        applied(judged, application, &folder, findings);
        if let Some(base) = judged.base {
            reordered(base.tree, judged.head.tree, &folder, findings);
        }
        doubled(application, findings);
    }
}

fn names(judged: &Judged<'_>, folder: &str, findings: &mut Findings) {
    for path in judged.head.tree.below(folder) {
        let name = &path[folder.len()..];
        if has_ending(name, "patch")
            || name.contains('/')
            || name.starts_with("README")
            || name.starts_with('.')
        {
            continue;
        }
        let words = Words {
            title: say("% is no patch by its name", [path]),
            detail: say("Only files whose names end in .patch are applied; this one is passed over.", []),
            remedy: say("Let its name end in .patch, or move it elsewhere.", []),
        };
        findings.add(Code::Patches, Outcome::Warn, (path, 1), words);
    }
}

/// Patches that were there keep their order, whatever they are called.
fn reordered(base: &Tree, head: &Tree, folder: &str, findings: &mut Findings) {
    let places: HashMap<&str, usize> = patches(base, folder)
        .filter_map(|path| base.object(path))
        .enumerate()
        .map(|(at, it)| (it, at))
        .collect();
    let mut last: Option<(usize, &str)> = None;
    for path in patches(head, folder) {
        let Some(place) = head.object(path).and_then(|object| places.get(object)) else { continue };
        if let Some((before, other)) = last
            && *place < before
        {
            let words = Words {
                title: say("The order of the patches changes", []),
                detail: say(
                    "Patches are applied by their names: % now comes before %, which it may need.",
                    [other, path],
                ),
                remedy: say("Give % its old name, or a name that keeps the order.", [path]),
            };
            findings.add(Code::Patches, Outcome::Warn, (path, 1), words);
            return;
        }
        last = Some((*place, path));
    }
}

/// Whether each patch applies to what the ones before it leave.
fn applied(judged: &Judged<'_>, application: &Application<'_>, folder: &str, findings: &mut Findings) {
    let tree = judged.head.tree;
    let mut changed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in patches(tree, folder) {
        let text = match tree.text(path, PATCH_MAX) {
            Some(Ok(text)) => text,
            Some(Err(unread)) => {
                note_unread(Code::Patches, path, &unread, findings);
                continue;
            }
            None => continue,
        };
        for file in Patch::read(text).files {
            let target = application.file(&file.path);
            let lines = match changed.get(&target) {
                Some(lines) => lines.clone(),
                None => match tree.text(&target, PATCH_MAX) {
                    Some(Ok(text)) => text.lines().map(str::to_owned).collect(),
                    _ => continue,
                },
            };
            match file.apply(&lines) {
                Ok(lines) => drop(changed.insert(target, lines)),
                // What is in already is passed over by ece-tools.
                Err(_) if file.reversed().apply(&lines).is_ok() => {}
                Err(line) => unfit(path, line, &target, findings),
            }
        }
    }
}

fn unfit(path: &str, line: u32, target: &str, findings: &mut Findings) {
    let words = Words {
        title: say("The patch does not apply to %", [target]),
        detail: say(
            "The file reads otherwise than the patch expects. The build ends with an error (12).",
            [],
        ),
        remedy: say("Make the patch anew from the file as it is, or remove it where it is in already.", []),
    };
    findings.add(Code::Patches, Outcome::Fail, (path, line), words);
}

fn doubled(application: &Application<'_>, findings: &mut Findings) {
    let Some((value, _)) = application.variable("build", "QUALITY_PATCHES") else { return };
    let items = value.items();
    for (at, item) in items.iter().enumerate() {
        let Some(id) = item.scalar() else { continue };
        if items[..at].iter().filter_map(Node::scalar).all(|other| other != id) {
            continue;
        }
        let words = Words {
            title: say("The patch % is named twice", [id]),
            detail: say(
                "It is applied once; the second name only hides that a list was merged carelessly.",
                [],
            ),
            remedy: say("Remove one of the two.", []),
        };
        findings.add(Code::Patches, Outcome::Warn, (&application.environment.path, item.place.line), words);
    }
}

impl FilePatch {
    /// The patch that takes this one back.
    fn reversed(&self) -> Self {
        let mut other = self.clone();
        other.hunks.iter_mut().for_each(|hunk| std::mem::swap(&mut hunk.before, &mut hunk.after));
        other
    }
}
