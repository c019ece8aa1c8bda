//! When two commits are the same change in other places: who made them, and which lines they change.

use std::collections::BTreeMap;

/// By what a commit is known again after it was applied elsewhere. All of it is what somebody wrote: it proves nothing
/// without the lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Authorship {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) date: String,
    pub(super) subject: String,
}

impl Authorship {
    /// The pull requests that the subject names, as GitHub writes them: `(#12)`, or `Merge pull request #12 from`.
    pub(super) fn pulls(&self) -> Vec<u64> {
        let merged = self.subject.strip_prefix("Merge pull request #").and_then(|rest| {
            let (number, _) = rest.split_once(" from ")?;
            number.parse().ok()
        });
        let named = self.subject.split("(#").skip(1).filter_map(|rest| {
            let (number, _) = rest.split_once(')')?;
            number.parse().ok().filter(|_| number.bytes().all(|digit| digit.is_ascii_digit()))
        });
        merged.into_iter().chain(named).collect()
    }

    /// Whether the two may be one change: what was written says so.
    pub(super) fn is_akin_to(&self, other: &Self) -> bool {
        let known = !self.subject.is_empty() && self == other;
        let theirs = other.pulls();
        known || self.pulls().iter().any(|number| theirs.contains(number))
    }
}

/// The lines that a patch takes away and adds, by file, whatever stands around them and wherever they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ChangedLines(BTreeMap<Vec<u8>, FileChange>);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct FileChange {
    /// What is said of the file itself: that it is new or gone, its mode, which bytes it holds if they are no text.
    about: Vec<Vec<u8>>,
    /// Each line with its sign, in their order.
    lines: Vec<(u8, Vec<u8>)>,
}

impl FileChange {
    /// The lines with this sign, in no order and without white space; those of nothing else left out.
    fn essence(&self, sign: u8) -> Vec<Vec<u8>> {
        let bare = |line: &Vec<u8>| -> Vec<u8> {
            line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
        };
        let of_it = self.lines.iter().filter(|(its, _)| *its == sign);
        let mut lines: Vec<_> = of_it.map(|(_, line)| bare(line)).filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines
    }
}

/// How git's lines on the mode of a file begin.
const MODES: [&[u8]; 4] = [b"new file mode ", b"deleted file mode ", b"old mode ", b"new mode "];

impl ChangedLines {
    /// Reads a patch that has no lines around the changed ones.
    pub(super) fn of(patch: &[u8]) -> Self {
        let mut read = BTreeMap::new();
        let mut name: Option<Vec<u8>> = None;
        let mut change = FileChange::default();
        let (mut in_lines, mut ids) = (false, None);
        for line in patch.split(|byte| *byte == b'\n') {
            if line.starts_with(b"diff --git ") {
                if let Some(name) = name.replace(line.to_vec()) {
                    read.insert(name, std::mem::take(&mut change));
                }
                in_lines = false;
            } else if line.starts_with(b"@@") {
                in_lines = true;
            } else if in_lines {
                if let Some((sign @ (b'+' | b'-'), rest)) = line.split_first() {
                    change.lines.push((*sign, rest.to_vec()));
                }
            } else if line.starts_with(b"index ") {
                ids = Some(line.to_vec());
            } else if line.starts_with(b"Binary files ") {
                // Of what is no text only the names of the contents tell whether they are the same.
                change.about.extend(ids.take());
            } else if MODES.iter().any(|word| line.starts_with(word)) {
                change.about.push(line.to_vec());
            }
        }
        if let Some(name) = name {
            read.insert(name, change);
        }
        Self(read)
    }

    /// Whether the same lines change in the same files. White space does not count, nor in what order they stand; but
    /// both do where nothing else is changed, since moving lines one way is not moving them back.
    pub(super) fn are_those_of(&self, other: &Self) -> bool {
        let mut changes_lines = false;
        let mut moves_only = true;
        for (path, mine) in &self.0 {
            let Some(theirs) = other.0.get(path).filter(|theirs| theirs.about == mine.about) else {
                return false;
            };
            let (gone, come) = (mine.essence(b'-'), mine.essence(b'+'));
            if gone != theirs.essence(b'-') || come != theirs.essence(b'+') {
                return false;
            }
            changes_lines |= !mine.lines.is_empty();
            moves_only &= gone == come;
        }
        let as_they_stand = || self.0.iter().all(|(path, mine)| other.0[path].lines == mine.lines);
        changes_lines && self.0.len() == other.0.len() && (!moves_only || as_they_stand())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(subject: &str) -> Authorship {
        Authorship {
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
            date: "1700000000".to_owned(),
            subject: subject.to_owned(),
        }
    }

    #[test]
    fn pull_requests_are_read_from_a_subject_as_github_writes_them() {
        for (subject, numbers) in [
            ("Fix the cart (#12)", vec![12]),
            ("Fix the cart (#12) (#40)", vec![12, 40]),
            ("Merge pull request #7 from acme/hotfix", vec![7]),
            ("Fixes #12, (# 12), (#12", vec![]),
            ("(#+1) (#) (#99999999999999999999999)", vec![]),
        ] {
            assert_eq!(by(subject).pulls(), numbers, "{subject}");
        }
    }

    #[test]
    fn commits_are_akin_by_their_author_or_by_their_pull_request() {
        assert!(by("Fix").is_akin_to(&by("Fix")));
        assert!(!by("Fix").is_akin_to(&by("Fix it")));
        assert!(!by("").is_akin_to(&by("")), "no subject says nothing");
        assert!(!by("Fix").is_akin_to(&Authorship { date: "1700000001".to_owned(), ..by("Fix") }));
        let other = Authorship { name: "Ben".to_owned(), ..by("Back-port (#12) (#40)") };
        assert!(by("Fix (#12)").is_akin_to(&other));
        assert!(!by("Fix (#1)").is_akin_to(&other));
    }

    fn patch(path: &str, hunks: &str) -> String {
        format!("diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n{hunks}")
    }

    fn same(one: &str, other: &str) -> bool {
        let (one, other) = (ChangedLines::of(one.as_bytes()), ChangedLines::of(other.as_bytes()));
        assert_eq!(one.are_those_of(&other), other.are_those_of(&one));
        one.are_those_of(&other)
    }

    #[test]
    fn where_lines_stand_and_what_is_around_them_counts_for_nothing() {
        let here = patch("f", "@@ -3 +3 @@ fn a\n-old\n+new\n@@ -9,0 +10,2 @@\n+}\n+more\n");
        assert!(same(
            &here,
            &patch("f", "@@ -90 +91 @@ fn b\n-old\n+\tnew\n+\n@@ -99,0 +10,2 @@\n+more\n+}\n")
        ));
        assert!(!same(&here, &patch("g", "@@ -3 +3 @@ fn a\n-old\n+new\n@@ -9,0 +10,2 @@\n+}\n+more\n")));
        assert!(!same(&here, &patch("f", "@@ -3 +3 @@ fn a\n-old\n+new\n")));
        assert!(!same(&here, &patch("f", "@@ -3 +3 @@\n-new\n+old\n@@ -9,2 +10,0 @@\n-}\n-more\n")));
        assert!(!same(&here, &(here.clone() + &patch("g", "@@ -1 +1 @@\n-a\n+b\n"))));
        assert!(!same("", ""), "what changes no line is not the same as anything");
    }

    #[test]
    fn lines_that_look_like_a_patch_are_lines() {
        let one = patch("f", "@@ -1,2 +0,0 @@\n--- a/f\n-@@ -1 +1 @@\n");
        let other = patch("f", "@@ -1,1 +0,0 @@\n--- a/f\n");
        assert!(same(&one, &one) && !same(&one, &other));
    }

    #[test]
    fn a_move_is_not_the_move_back() {
        let down = patch("f", "@@ -1 +0,0 @@\n-x\n@@ -9,0 +9 @@\n+x\n");
        let up = patch("f", "@@ -0,0 +1 @@\n+x\n@@ -10 +10,0 @@\n-x\n");
        assert!(same(&down, &down) && !same(&down, &up));
        let indent = patch("f", "@@ -1 +1 @@\n-x\n+  x\n");
        assert!(!same(&indent, &patch("f", "@@ -1 +1 @@\n-  x\n+x\n")));
    }

    #[test]
    fn files_that_are_no_text_are_known_by_their_contents() {
        let binary = |ids: &str| {
            let text = patch("f", "@@ -1 +1 @@\n-a\n+b\n");
            text + &format!("diff --git a/p b/p\nindex {ids} 100644\nBinary files a/p and b/p differ\n")
        };
        assert!(same(&binary("1..2"), &binary("1..2")) && !same(&binary("1..2"), &binary("1..3")));
        let new = "diff --git a/n b/n\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n";
        assert!(same(new, new) && !same(new, &new.replace("100644", "100755")));
    }
}
