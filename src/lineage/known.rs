//! What git has told of a mirror's objects and can never tell otherwise: an object is named by what it holds, so a commit's
//! tree and what it leads to stay as they are. Each question to git is a process of its own, and these are asked again and
//! again about the same few commits.

use crate::model::{CommitId, TreeId};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// How many answers of a kind are kept. Past it all of them go: what is still asked about is soon there again.
const KEPT: usize = 2_000;

/// Answers that are kept as long as there is room for them.
#[derive(Debug)]
struct Answers<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Answers<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Copy> Answers<K, V> {
    fn get(&self, of: &K) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(of).copied()
    }

    fn keep(&self, answers: impl IntoIterator<Item = (K, V)>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (of, answer) in answers {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(of, answer);
        }
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What is known of one making of a mirror.
#[derive(Debug, Default)]
pub(super) struct KnownObjects {
    commits: Answers<CommitId, ()>,
    trees: Answers<TreeId, ()>,
    tree_of: Answers<CommitId, TreeId>,
    /// Whether the first reaches the second.
    reaches: Answers<(CommitId, CommitId), bool>,
}

impl KnownObjects {
    pub(super) fn has_commit(&self, commit: CommitId) -> bool {
        self.commits.get(&commit).is_some()
    }

    pub(super) fn note_commits(&self, commits: impl IntoIterator<Item = CommitId>) {
        self.commits.keep(commits.into_iter().map(|commit| (commit, ())));
    }

    /// Whether a tree is there, with all below it but the files' contents.
    pub(super) fn has_tree(&self, tree: TreeId) -> bool {
        self.trees.get(&tree).is_some()
    }

    pub(super) fn note_trees(&self, trees: impl IntoIterator<Item = TreeId>) {
        self.trees.keep(trees.into_iter().map(|tree| (tree, ())));
    }

    pub(super) fn tree_of(&self, commit: CommitId) -> Option<TreeId> {
        self.tree_of.get(&commit)
    }

    pub(super) fn note_trees_of(&self, trees: impl IntoIterator<Item = (CommitId, TreeId)>) {
        self.tree_of.keep(trees);
    }

    pub(super) fn reaches(&self, tip: CommitId, commit: CommitId) -> Option<bool> {
        self.reaches.get(&(tip, commit))
    }

    pub(super) fn note_reaches(&self, tip: CommitId, commit: CommitId, reaches: bool) {
        self.reaches.keep([((tip, commit), reaches)]);
    }

    /// Forgets all of it: what was there may be gone, or damaged.
    pub(super) fn forget(&self) {
        self.commits.forget();
        self.trees.forget();
        self.tree_of.forget();
        self.reaches.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(number: usize) -> CommitId {
        format!("{number:040x}").parse().unwrap()
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let known = KnownObjects::default();
        known.note_commits((0..KEPT).map(commit));
        assert!(known.has_commit(commit(0)) && known.has_commit(commit(KEPT - 1)));
        known.note_commits([commit(KEPT)]);
        assert!(known.has_commit(commit(KEPT)) && !known.has_commit(commit(0)));
        known.note_reaches(commit(1), commit(2), false);
        assert_eq!(known.reaches(commit(1), commit(2)), Some(false));
        assert_eq!(known.reaches(commit(2), commit(1)), None, "it is another question");
        known.forget();
        assert!(!known.has_commit(commit(KEPT)) && known.reaches(commit(1), commit(2)).is_none());
    }
}
