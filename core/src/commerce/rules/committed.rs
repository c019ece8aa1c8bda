//! TP729: files that the build or the shop makes, and dumps.

use super::project::Application;
use super::tree::Tree;
use super::{Findings, Judged, Words, say};
use crate::model::{Code, Outcome};

/// A dump above this is told, in bytes.
const DUMP_MAX: u64 = 5 << 20;

/// The folders, whether files in them break the build, and what happens.
const FOLDERS: [(&str, bool, &str); 5] = [
    ("vendor/", true, "Composer installs there in the build, and stumbles over what it did not put there."),
    (
        "pub/media/catalog/",
        true,
        "The platform puts a mount there: the files are never seen, and the build ends with an error.",
    ),
    (
        "generated/",
        false,
        "The build makes these files. Old ones can come before what belongs to the release.",
    ),
    (
        "pub/static/",
        false,
        "The build or the deploy makes these files, and a mount lies over them: they are never seen.",
    ),
    ("var/", false, "A mount lies over the folder: the files are never seen."),
];

/// The names that hold a folder open.
const KEEPERS: [&str; 3] = [".htaccess", ".gitkeep", ".gitignore"];

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    let tree = judged.head.tree;
    for application in judged.head.shops() {
        for (folder, is_breaking, detail) in FOLDERS {
            let prefix = application.file(folder);
            let is_kept = |path: &&str| !KEEPERS.contains(&path.rsplit('/').next().unwrap_or_default());
            // A submodule has no files of its own.
            let own = tree.has(prefix.trim_end_matches('/')).then(|| prefix.trim_end_matches('/'));
            let Some(path) = tree.below(&prefix).find(is_kept).or(own) else { continue };
            let words = Words {
                title: say("% is committed", [&prefix]),
                detail: say(detail, []),
                remedy: say("Remove it with %, and add it to %.", ["git rm -r --cached", ".gitignore"]),
            };
            let severity = if is_breaking { Outcome::Fail } else { Outcome::Warn };
            findings.add(Code::GeneratedCommitted, severity, (path, 1), words);
        }
        for path in
            dumps(tree, application).filter(|path| tree.size(path).is_some_and(|size| size > DUMP_MAX))
        {
            let words = Words {
                title: say("A dump is committed: %", [path]),
                detail: say(
                    "Each deploy carries it along, and whoever can read the repository has the data of the shop.",
                    [],
                ),
                remedy: say(
                    "Remove it with %, and from the history too where it holds customers.",
                    ["git rm"],
                ),
            };
            findings.add(Code::GeneratedCommitted, Outcome::Warn, (path, 1), words);
        }
    }
}

/// The files below an application that are dumps by their names.
pub(super) fn dumps<'a>(tree: &'a Tree, application: &'a Application<'_>) -> impl Iterator<Item = &'a str> {
    let is_dump = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        [".sql", ".sql.gz", ".sql.bz2", ".sql.xz", ".sql.zst", ".sql.zip", ".sql.tar.gz", ".sql.tgz"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    tree.below(&application.root).filter(is_dump)
}
