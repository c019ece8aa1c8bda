//! All files of a tree and of those below it, by their paths; git's objects made of them and read back, and what can be
//! said of two or three of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::objects::{self, Kind, Loose};

/// A tree with more files than this is left to git.
const FILES: usize = 1_000;

/// A longer path is left to git, in bytes.
const PATH: usize = 1_000;

const FOLDER: &str = "40000";

/// How git names a plain file's mode.
pub(super) const PLAIN: &str = "100644";

/// What git knows besides folders: files, those that can be run, symbolic links, and commits of other repositories.
const MODES: [&str; 4] = [PLAIN, "100755", "120000", COMMIT];

const COMMIT: &str = "160000";

/// The mode of a file, and the id of what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: &'static str,
    pub(super) id: String,
}

/// Files by their whole paths. Their order is that of git's trees, where a folder stands as if it ended with a slash.
pub(super) type Files = BTreeMap<String, Entry>;

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference<'a> {
    Added(&'a Entry),
    Removed(&'a Entry),
    Modified(&'a Entry, &'a Entry),
}

/// Whether a path is one that every git takes, and names in its answers as it is.
pub(super) fn is_plain(path: &str) -> bool {
    let odd = |byte: u8| !(b' '..=b'~').contains(&byte) || matches!(byte, b'"' | b'\\' | b':');
    let bad_part = |part: &str| {
        let part = part.trim_end_matches(['.', ' ']).to_ascii_lowercase();
        part.is_empty() || part == ".git" || part.starts_with("git~")
    };
    path.len() <= PATH && !path.bytes().any(odd) && !path.split('/').any(bad_part)
}

/// Puts a plain file at a path, in place of whatever is in its way.
pub(super) fn put(files: &mut Files, path: &str, id: String) {
    remove(files, path);
    for (end, _) in path.match_indices('/') {
        files.remove(&path[..end]);
    }
    files.insert(path.to_owned(), Entry { mode: PLAIN, id });
}

/// Removes what is at a path: a file, or a folder and all that is in it.
pub(super) fn remove(files: &mut Files, path: &str) {
    files.remove(path);
    for path in below(files, path).cloned().collect::<Vec<_>>() {
        files.remove(&path);
    }
}

/// The paths of what is in a folder.
pub(super) fn below<'a>(files: &'a Files, folder: &str) -> impl Iterator<Item = &'a String> + use<'a> {
    let start = format!("{folder}/");
    let from = files.range(start.clone()..).map(|(path, _)| path);
    from.take_while(move |path| path.starts_with(&start))
}

/// The tree's id and the objects of it and of those below it; `None` where there are too many files.
pub(super) fn written(files: &Files) -> Option<(String, Vec<Loose>)> {
    if files.len() > FILES {
        return None;
    }
    let entries: Vec<_> = files.iter().map(|(path, entry)| (path.as_str(), entry)).collect();
    let mut trees = Vec::new();
    Some((folder(&entries, 0, &mut trees), trees))
}

/// Makes the tree of entries, all of which are in one folder whose name and slash are the first `skipped` bytes.
fn folder(entries: &[(&str, &Entry)], skipped: usize, trees: &mut Vec<Loose>) -> String {
    let (mut content, mut rest) = (Vec::new(), entries);
    while let Some((path, entry)) = rest.first() {
        let (name, mode, id, taken) = match path[skipped..].split_once('/') {
            None => (&path[skipped..], entry.mode, entry.id.clone(), 1),
            Some((name, _)) => {
                let start = &path[..=skipped + name.len()];
                let inside = rest.iter().take_while(|(path, _)| path.starts_with(start)).count();
                (name, FOLDER, folder(&rest[..inside], start.len(), trees), inside)
            }
        };
        content.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        // Ids come from git or from here, so they are whole ones.
        content.extend(hex::decode(id).unwrap_or_default());
        rest = &rest[taken..];
    }
    let tree = Loose::new(Kind::Tree, &content);
    let id = tree.id.clone();
    trees.push(tree);
    id
}

/// The files of a tree; `None` where not all of it lies in loose files, it has too many, or git would not have written it
/// like this.
pub(super) fn read(repository: &Path, tree: &str) -> Option<Files> {
    let (mut files, mut waiting) = (Files::new(), vec![(String::new(), tree.to_owned())]);
    let mut folders = 0;
    while let Some((above, id)) = waiting.pop() {
        let (kind, content) = objects::read(repository, &id)?;
        let mut rest = content.as_slice();
        folders += 1;
        if kind != Kind::Tree || folders > FILES || above.len() > PATH {
            return None;
        }
        while !rest.is_empty() {
            let (mode, name, id) = next_entry(&mut rest)?;
            if mode == FOLDER {
                waiting.push((format!("{above}{name}/"), id));
                continue;
            }
            let mode = MODES.into_iter().find(|it| *it == mode)?;
            files.insert(format!("{above}{name}"), Entry { mode, id });
        }
        if files.len() > FILES {
            return None;
        }
    }
    // Empty folders, slashes in names, another order: whatever these files are not all of.
    (written(&files)?.0 == tree).then_some(files)
}

/// What a tree's content names first: its mode, its name and its id.
fn next_entry<'a>(rest: &mut &'a [u8]) -> Option<(&'a str, &'a str, String)> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let (mode, name) = std::str::from_utf8(&rest[..end]).ok()?.split_once(' ')?;
    let id = hex::encode(rest.get(end + 1..end + 21)?);
    *rest = &rest[end + 21..];
    Some((mode, name, id))
}

/// The folders and the files that a tree's content names, each by its id.
pub(super) fn named(content: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    let (mut folders, mut files, mut rest) = (Vec::new(), Vec::new(), content);
    while !rest.is_empty() {
        match next_entry(&mut rest)? {
            (FOLDER, _, id) => folders.push(id),
            // It lies in another repository.
            (COMMIT, _, _) => {}
            (_, _, id) => files.push(id),
        }
    }
    Some((folders, files))
}

/// What differs, in git's order.
pub(super) fn differences<'a>(old: &'a Files, new: &'a Files) -> BTreeMap<&'a str, Difference<'a>> {
    let paths = old.keys().chain(new.keys());
    let differing = paths.filter_map(|path| {
        let difference = match (old.get(path), new.get(path)) {
            (Some(old), Some(new)) if old == new => return None,
            (Some(old), Some(new)) => Difference::Modified(old, new),
            (Some(old), None) => Difference::Removed(old),
            (None, Some(new)) => Difference::Added(new),
            (None, None) => return None,
        };
        Some((path.as_str(), difference))
    });
    differing.collect()
}

/// Both sides' changes together; `None` where git must look at what the files hold, or at how they were renamed.
pub(super) fn merged(base: &Files, ours: &Files, theirs: &Files) -> Option<Files> {
    if may_rename(base, ours) || may_rename(base, theirs) {
        return None;
    }
    let mut files = Files::new();
    let paths: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    for path in paths {
        let [before, our, their] = [base, ours, theirs].map(|files| files.get(path));
        let kept = match (our == before, their == before) {
            (true, _) => their,
            (_, true) => our,
            _ if our == their => our,
            _ => return None,
        };
        files.extend(kept.map(|entry| (path.clone(), entry.clone())));
    }
    // A file where the other side has a folder.
    let is_below_a_file =
        |path: &String| path.match_indices('/').any(|(end, _)| files.contains_key(&path[..end]));
    (!files.keys().any(is_below_a_file)).then_some(files)
}

/// What a side removed may be what it added.
fn may_rename(base: &Files, side: &Files) -> bool {
    let lacks = |files: &Files, other: &Files| other.keys().any(|path| !files.contains_key(path));
    lacks(side, base) && lacks(base, side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, u8)]) -> Files {
        let entry = |content: u8| Entry { mode: PLAIN, id: Loose::new(Kind::Blob, &[content]).id };
        list.iter().map(|(path, content)| ((*path).to_owned(), entry(*content))).collect()
    }

    #[test]
    fn paths_that_a_git_may_refuse_or_quote_are_left_to_it() {
        for plain in ["a", "a/b", ".github/workflows/x.yml", ".gitignore", "a b", "a..b", "-"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in [
            "", "/a", "a/", "a//b", ".", "a/../b", ".git", "a/.GIT/b", ".git.", "git~1", "ü", "a\"", "a\n",
            "a:b",
        ] {
            assert!(!is_plain(odd), "{odd}");
        }
    }

    #[test]
    fn a_file_takes_the_place_of_a_folder_and_the_other_way_round() {
        let mut all = files(&[("a", 1), ("a-b", 1), ("b/c/d", 1), ("b/e", 1), ("b0", 1)]);
        put(&mut all, "a/x", Loose::new(Kind::Blob, &[2]).id);
        put(&mut all, "b", Loose::new(Kind::Blob, &[3]).id);
        assert_eq!(all, files(&[("a-b", 1), ("a/x", 2), ("b", 3), ("b0", 1)]));
        remove(&mut all, "a");
        remove(&mut all, "b/never");
        assert_eq!(all, files(&[("a-b", 1), ("b", 3), ("b0", 1)]));
    }

    #[test]
    fn only_what_needs_no_look_inside_is_merged() {
        let base = files(&[("a", 1), ("b", 1), ("c", 1)]);
        let ours = files(&[("a", 2), ("b", 1), ("c", 1), ("new", 1)]);
        let merged = |theirs: &[(&str, u8)]| merged(&base, &ours, &files(theirs));
        assert_eq!(merged(&[("a", 1), ("b", 1)]), Some(files(&[("a", 2), ("b", 1), ("new", 1)])));
        assert_eq!(
            merged(&[("a", 2), ("b", 3), ("c", 1), ("new", 1)]),
            Some(files(&[("a", 2), ("b", 3), ("c", 1), ("new", 1)]))
        );
        assert_eq!(merged(&[("a", 3), ("b", 1), ("c", 1)]), None, "both changed it");
        assert_eq!(merged(&[("b", 1), ("c", 1)]), None, "one removed what the other one changed");
        assert_eq!(merged(&[("a", 1), ("b", 1), ("d", 1)]), None, "it may be renamed");
        assert_eq!(merged(&[("a", 1), ("b", 1), ("c", 1), ("new/x", 1)]), None, "a file and a folder");
    }
}
