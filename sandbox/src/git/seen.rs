//! What is known of commits and trees, by their repository and whole id: git told it, or it was read or written here. What
//! they are never changes, and each question to git is a process of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::commit_object::CommitInfo;
use super::trees::Files;

/// More commits than this are counted by git, which need not know all of them by heart.
pub(super) const COUNTED: usize = 2_000;

/// A longer answer than this is asked for again, in bytes.
const LARGE: usize = 64 << 10;

/// When the trees that are known have more files than this together, they are read again as they are needed.
const FILES: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Seen {
    there: HashSet<(u64, String)>,
    described: HashMap<(u64, String), CommitInfo>,
    parents: HashMap<(u64, String), Vec<String>>,
    trees: HashMap<(u64, String), String>,
    trees_there: HashSet<(u64, String)>,
    /// By the tree alone: an id is of what is inside, wherever it lies.
    files: HashMap<String, Arc<Files>>,
    /// How many all of those are.
    files_kept: usize,
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
        self.note_tree_there(repository, tree);
        self.trees.insert((repository, commit.to_owned()), tree.to_owned());
    }

    /// Notes that a tree is there with all that is in it.
    pub(super) fn note_tree_there(&mut self, repository: u64, tree: &str) {
        self.trees_there.insert((repository, tree.to_owned()));
    }

    pub(super) fn note_files(&mut self, tree: &str, files: Arc<Files>) {
        if self.files_kept > FILES {
            self.files.clear();
            self.files_kept = 0;
        }
        // An empty one counts, too.
        let more = files.len() + 1;
        if self.files.insert(tree.to_owned(), files).is_none() {
            self.files_kept += more;
        }
    }

    /// Forgets a repository.
    pub(super) fn forget(&mut self, repository: u64) {
        self.there.retain(|(it, _)| *it != repository);
        self.described.retain(|(it, _), _| *it != repository);
        self.parents.retain(|(it, _), _| *it != repository);
        self.trees.retain(|(it, _), _| *it != repository);
        self.trees_there.retain(|(it, _)| *it != repository);
        self.paths.retain(|(it, _, _), _| *it != repository);
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

    pub(super) fn is_tree_there(&self, repository: u64, tree: &str) -> bool {
        self.trees_there.contains(&(repository, tree.to_owned()))
    }

    /// What is in a tree.
    pub(super) fn files(&self, tree: &str) -> Option<Arc<Files>> {
        self.files.get(tree).cloned()
    }

    pub(super) fn parents(&self, repository: u64, commit: &str) -> Option<Vec<String>> {
        self.parents.get(&(repository, commit.to_owned())).cloned()
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

    /// What [`Seen::only_from`] answers in the order of `git log --topo-order`, the newest first: below a merge, what its
    /// last parent brought comes before what was there.
    pub(super) fn ordered(&self, repository: u64, from: &str, others: &[&str]) -> Option<Vec<String>> {
        let only = self.only_from(repository, from, others)?;
        let Some(tip) = only.get(from) else { return Some(Vec::new()) };
        let mut children: HashMap<&str, usize> = HashMap::new();
        for commit in &only {
            for parent in self.parents_of(repository, commit)? {
                *children.entry(parent).or_default() += 1;
            }
        }
        let (mut waiting, mut ordered) = (vec![*tip], Vec::new());
        while let Some(next) = waiting.pop() {
            ordered.push(next.to_owned());
            for parent in self.parents_of(repository, next)?.filter(|parent| only.contains(parent)) {
                let left = children.entry(parent).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    waiting.push(parent);
                }
            }
        }
        Some(ordered)
    }

    /// The commits that both lead to and that no other such commit leads to.
    pub(super) fn merge_bases(&self, repository: u64, one: &str, other: &str) -> Option<Vec<String>> {
        let (mut from_one, mut from_other) = (HashSet::new(), HashSet::new());
        self.walk(repository, &[one], &mut from_one)?;
        self.walk(repository, &[other], &mut from_other)?;
        let common: Vec<&str> = from_one.intersection(&from_other).copied().collect();
        let mut below = HashSet::new();
        for commit in &common {
            below.extend(self.parents_of(repository, commit)?);
        }
        let bases = common.into_iter().filter(|commit| !below.contains(commit));
        Some(bases.map(str::to_owned).collect())
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
