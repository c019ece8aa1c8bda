//! What git has told of commits, by their repository and whole id: what they are never changes, and each question is a
//! process of its own.

use std::collections::{HashMap, HashSet};

use super::history::CommitInfo;

/// More commits than this are counted by git, which need not know all of them by heart.
const COUNTED: usize = 2_000;

/// A longer answer than this is asked for again, in bytes.
const LARGE: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Seen {
    there: HashSet<(u64, String)>,
    described: HashMap<(u64, String), CommitInfo>,
    parents: HashMap<(u64, String), Vec<String>>,
    trees: HashMap<(u64, String), String>,
    /// What git said of a path, by the commit's id and the path.
    paths: HashMap<(u64, String, String), Vec<u8>>,
}

impl Seen {
    /// Notes that a commit is there.
    pub(super) fn note(&mut self, repository: u64, commit: &str) {
        self.there.insert((repository, commit.to_owned()));
    }

    pub(super) fn note_parents(&mut self, repository: u64, commit: &str, parents: Vec<String>) {
        self.note(repository, commit);
        self.parents.insert((repository, commit.to_owned()), parents);
    }

    pub(super) fn note_tree(&mut self, repository: u64, commit: &str, tree: &str) {
        self.trees.insert((repository, commit.to_owned()), tree.to_owned());
    }

    pub(super) fn note_described(&mut self, repository: u64, info: &CommitInfo) {
        self.note_parents(repository, &info.sha, info.parents.clone());
        self.note_tree(repository, &info.sha, &info.tree);
        self.described.insert((repository, info.sha.clone()), info.clone());
    }

    pub(super) fn is_there(&self, repository: u64, commit: &str) -> bool {
        self.there.contains(&(repository, commit.to_owned()))
    }

    pub(super) fn described(&self, repository: u64, commit: &str) -> Option<CommitInfo> {
        self.described.get(&(repository, commit.to_owned())).cloned()
    }

    pub(super) fn tree(&self, repository: u64, commit: &str) -> Option<String> {
        self.trees.get(&(repository, commit.to_owned())).cloned()
    }

    /// What git said of a path of a commit, in its own words.
    pub(super) fn said_of_path(&self, repository: u64, commit: &str, path: &str) -> Option<&[u8]> {
        self.paths.get(&(repository, commit.to_owned(), path.to_owned())).map(Vec::as_slice)
    }

    pub(super) fn note_said_of_path(&mut self, repository: u64, commit: &str, path: &str, said: Vec<u8>) {
        if said.len() <= LARGE {
            self.paths.insert((repository, commit.to_owned(), path.to_owned()), said);
        }
    }

    /// Whether a commit is `from` or one that it leads to; `None` where that is not known.
    pub(super) fn leads_to(&self, repository: u64, from: &str, commit: &str) -> Option<bool> {
        let (mut waiting, mut met) = (vec![from], HashSet::new());
        while let Some(next) = waiting.pop() {
            if next == commit {
                return Some(true);
            }
            if met.insert(next) {
                waiting.extend(self.parents_of(repository, next)?);
            }
        }
        let is_known = self.parents.contains_key(&(repository, commit.to_owned()));
        is_known.then_some(false)
    }

    /// The commits that `from` leads to, itself among them, and none of `others` does; `None` where that is not known.
    pub(super) fn only_from(&self, repository: u64, from: &str, others: &[&str]) -> Option<HashSet<&str>> {
        let mut met = HashSet::new();
        self.walk(repository, others, &mut met)?;
        let elsewhere = met.clone();
        self.walk(repository, &[from], &mut met)?;
        met.retain(|commit| !elsewhere.contains(commit));
        Some(met)
    }

    /// Adds what `tips` lead to, but for what leads on from those that were met before.
    fn walk<'a>(&'a self, repository: u64, tips: &[&str], met: &mut HashSet<&'a str>) -> Option<()> {
        // The names that are kept, which live as long as this does.
        let kept =
            |name: &str| Some(self.parents.get_key_value(&(repository, name.to_owned()))?.0.1.as_str());
        let mut waiting = tips.iter().map(|tip| kept(tip)).collect::<Option<Vec<_>>>()?;
        while let Some(next) = waiting.pop() {
            if met.insert(next) {
                waiting.extend(self.parents_of(repository, next)?);
            }
            if met.len() > COUNTED {
                return None;
            }
        }
        Some(())
    }

    fn parents_of(&self, repository: u64, commit: &str) -> Option<impl Iterator<Item = &str>> {
        Some(self.parents.get(&(repository, commit.to_owned()))?.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` and `b` on top of `root`, `m` a merge of both, `x` with a parent that nobody told of.
    fn seen() -> Seen {
        let mut seen = Seen::default();
        for (commit, parents) in [
            ("root", vec![]),
            ("a", vec!["root"]),
            ("b", vec!["root"]),
            ("m", vec!["a", "b"]),
            ("x", vec!["?"]),
        ] {
            seen.note_parents(1, commit, parents.into_iter().map(str::to_owned).collect());
        }
        seen
    }

    #[test]
    fn what_one_has_and_others_have_not_is_known_where_all_of_it_is() {
        let seen = seen();
        let only = |from, others: &[&str]| {
            let mut found: Vec<_> = seen.only_from(1, from, others)?.into_iter().collect();
            found.sort_unstable();
            Some(found)
        };
        assert_eq!(only("m", &["a"]), Some(vec!["b", "m"]));
        assert_eq!(only("m", &[]), Some(vec!["a", "b", "m", "root"]));
        assert_eq!(only("a", &["m"]), Some(vec![]));
        for unknown in [only("x", &[]), only("a", &["x"]), only("nobody", &[]), only("a", &["nobody"])] {
            assert_eq!(unknown, None);
        }
        assert!(seen.only_from(2, "a", &[]).is_none(), "it is another repository");
    }
}
