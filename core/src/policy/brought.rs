//! The brought commits as a graph.

use std::collections::{HashMap, HashSet};

use crate::model::{Commit, CommitId, Moment, PushedAt};

/// The commits a pull request brings, to be walked.
///
/// What one brought commit reaches among the brought ones is exact although the rest of the history is
/// not here: a commit on the way that the base reaches would make the base reach the end of it too.
pub(super) struct Brought<'a> {
    commits: &'a [Commit],
    by_id: HashMap<CommitId, &'a Commit>,
}

impl<'a> Brought<'a> {
    /// `commits` stand children before parents.
    pub(super) fn new(commits: &'a [Commit]) -> Self {
        Self { commits, by_id: commits.iter().map(|commit| (commit.id, commit)).collect() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.commits.len()
    }

    /// Everything that `starts` reach, themselves included.
    pub(super) fn reach(&self, starts: impl IntoIterator<Item = CommitId>) -> HashSet<CommitId> {
        self.reach_around(starts, &HashSet::new())
    }

    /// Everything that `starts` reach on ways that touch no commit of `barrier`.
    pub(super) fn reach_around(
        &self,
        starts: impl IntoIterator<Item = CommitId>,
        barrier: &HashSet<CommitId>,
    ) -> HashSet<CommitId> {
        let mut reached = HashSet::new();
        self.extend(&mut reached, starts, barrier);
        reached
    }

    /// For each commit, when the first of the pushes reached it. That a pushed commit was new says nothing of those
    /// below it.
    pub(super) fn first_reached<'p>(
        &self,
        pushes: impl IntoIterator<Item = &'p PushedAt>,
    ) -> HashMap<CommitId, Moment> {
        let mut pushes: Vec<&PushedAt> = pushes.into_iter().collect();
        pushes.sort_by_key(|push| push.moment());
        let mut first = HashMap::new();
        let mut reached = HashSet::new();
        for push in &pushes {
            for id in self.extend(&mut reached, [push.commit], &HashSet::new()) {
                first.insert(id, (push.at, true));
            }
        }
        for push in pushes {
            first.entry(push.commit).and_modify(|moment| *moment = push.moment().min(*moment));
        }
        first
    }

    /// The commits of one's own, outside of `came_along`, through which those of `foreign` came in.
    pub(super) fn entered_by(
        &self,
        came_along: &HashSet<CommitId>,
        foreign: &HashSet<CommitId>,
    ) -> Vec<Commit> {
        let own = self.commits.iter().filter(|commit| !came_along.contains(&commit.id));
        own.filter(|commit| commit.parents.iter().any(|parent| foreign.contains(parent))).cloned().collect()
    }

    /// The commits of `ids`, children before parents.
    pub(super) fn select(&self, ids: &HashSet<CommitId>) -> Vec<Commit> {
        self.commits.iter().filter(|commit| ids.contains(&commit.id)).cloned().collect()
    }

    /// Adds what `starts` reach to `reached` and returns what was added.
    fn extend(
        &self,
        reached: &mut HashSet<CommitId>,
        starts: impl IntoIterator<Item = CommitId>,
        barrier: &HashSet<CommitId>,
    ) -> Vec<CommitId> {
        let mut added = Vec::new();
        let mut ahead: Vec<CommitId> = starts.into_iter().collect();
        while let Some(id) = ahead.pop() {
            let Some(commit) = self.by_id.get(&id) else { continue };
            if !barrier.contains(&id) && reached.insert(id) {
                added.push(id);
                ahead.extend(&commit.parents);
            }
        }
        added
    }
}
