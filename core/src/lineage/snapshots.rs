//! Telling promotions from changes among the commits that only a downstream branch has.
//!
//! A promotion by squash leaves a commit of its own downstream whose files equal a state of the upstream
//! line: it brings nothing. A revert can equal such a state too, but an *older* one than the branch had
//! already been promoted to, and it does bring something. So promotions must move forward.

use std::collections::HashMap;

use crate::model::{Commit, TreeId};

/// Commits of a downstream branch, sorted by what they are; each list in the given order.
#[derive(Debug, Clone, Default)]
pub(super) struct Sorted {
    /// Those that bring something.
    pub(super) kept: Vec<Commit>,
    /// Promotions by squash or rebase: they repeat a state of an upstream line.
    pub(super) snapshots: Vec<Commit>,
    /// What topics brought, and yet repeats a state of an upstream line: that has it too.
    pub(super) repeated: Vec<Commit>,
}

/// Tells which of `private` are promotions of a state of `lines`.
///
/// `private` stands children before parents; each of `lines` is the trees of an upstream branch's
/// first-parent chain, the newest first.
pub(super) fn sort_out_snapshots(private: Vec<Commit>, lines: &[Vec<TreeId>]) -> Sorted {
    let mut lines: Vec<UpstreamLine> = lines.iter().map(|trees| UpstreamLine::new(trees)).collect();
    // Oldest first, as they were made; every line has to see every commit.
    let promotions: Vec<bool> = private
        .iter()
        .rev()
        .map(|commit| {
            lines.iter_mut().filter_map(|line| line.promoted_to(commit.tree).then_some(())).count() > 0
        })
        .collect();
    let mut sorted = Sorted::default();
    for (commit, promotion) in private.into_iter().zip(promotions.into_iter().rev()) {
        if promotion { sorted.snapshots.push(commit) } else { sorted.kept.push(commit) }
    }
    sorted
}

/// An upstream line and how far it has been promoted.
struct UpstreamLine {
    /// For each tree the places where the line had it, oldest first; a greater place is newer.
    places: HashMap<TreeId, Vec<usize>>,
    promoted: Option<usize>,
}

impl UpstreamLine {
    fn new(newest_first: &[TreeId]) -> Self {
        let mut places: HashMap<TreeId, Vec<usize>> = HashMap::new();
        for (place, tree) in newest_first.iter().rev().enumerate() {
            places.entry(*tree).or_default().push(place);
        }
        Self { places, promoted: None }
    }

    /// Whether a commit with these files moves the branch on along this line; remembers how far.
    fn promoted_to(&mut self, tree: TreeId) -> bool {
        let newer = |place: &&usize| self.promoted.is_none_or(|promoted| **place > promoted);
        let Some(place) = self.places.get(&tree).and_then(|places| places.iter().find(newer)) else {
            return false;
        };
        self.promoted = Some(*place);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixSeconds;

    fn tree(number: u8) -> TreeId {
        format!("{number:040x}").parse().unwrap()
    }

    fn commit(number: u8, state: u8) -> Commit {
        Commit {
            id: format!("{number:040x}").parse().unwrap(),
            tree: tree(state),
            parents: Vec::new(),
            subject: String::new(),
            author: String::new(),
            committed_at: UnixSeconds(0),
            made_by_github: false,
            origin: None,
        }
    }

    fn kept(states: &[u8], line: &[u8]) -> Vec<u8> {
        let private = states.iter().rev().zip(0..).map(|(state, number)| commit(number, *state)).collect();
        let line = line.iter().rev().map(|state| tree(*state)).collect();
        let kept = sort_out_snapshots(private, &[line]).kept;
        (0..=u8::MAX).filter(|state| kept.iter().any(|commit| commit.tree == tree(*state))).collect()
    }

    #[test]
    fn squash_promotions_are_dropped() {
        assert_eq!(kept(&[1, 3, 9, 5], &[1, 2, 3, 4, 5]), [9]);
    }

    #[test]
    fn a_revert_to_an_older_state_is_kept() {
        assert_eq!(kept(&[1, 3, 1], &[1, 2, 3]), [1]);
    }

    #[test]
    fn a_state_the_line_came_back_to_can_be_promoted_again() {
        assert_eq!(kept(&[1, 3, 1], &[1, 2, 3, 1]), [0_u8; 0]);
    }
}
