//! Work that is known from elsewhere: R2 to R5 (TP202 to TP205).
//!
//! Each rule looks at what the ones before it have not explained, so that one commit is held against a topic
//! once, and a topic that brings back what was dropped *and* carries somebody's unreleased work is told both.

use super::family::{Fact, Family, MOVES_FOR_TOPICS, PATH, Reach, Trigger};
use std::collections::HashSet;

use super::brought::Brought;
use super::{repair, undone};
use crate::model::{
    Cause, Code, CommitId, Elsewhere, Entry, Finding, Head, Origin, Outcome, PushedAt, TopicHistory,
};

/// Work of others that a topic brings.
pub(super) const FAMILY: Family = Family {
    name: "known work",
    codes: &[Code::Resurrects, Code::AlreadyMerged, Code::CarriesMergedElsewhere, Code::Stacked],
    facts: &[Fact::TopicHistory],
    altered_by: &[
        MOVES_FOR_TOPICS,
        PATH,
        &[(Trigger::OtherPullRequestChanged, Reach::WITH_FINDINGS.and(Reach::SHARING_COMMITS))],
    ],
};

/// The findings on what is brought and not among `explained`.
pub(super) fn findings(
    head: &Head,
    history: &TopicHistory,
    brought: &Brought<'_>,
    explained: HashSet<CommitId>,
    takes_topics: bool,
) -> Vec<Finding> {
    let mut rest = Rest { head, brought, explained };
    let mut findings = Vec::new();
    findings.extend(rest.resurrects(history));
    findings.extend(rest.already_merged(history));
    findings.extend(rest.carries_merged_elsewhere(history, takes_topics));
    findings.extend(rest.stacked(history));
    findings
}

/// The brought commits that no rule has explained yet.
struct Rest<'a> {
    head: &'a Head,
    brought: &'a Brought<'a>,
    explained: HashSet<CommitId>,
}

impl Rest<'_> {
    fn open(&self, ids: impl IntoIterator<Item = CommitId>) -> HashSet<CommitId> {
        ids.into_iter().filter(|id| !self.explained.contains(id)).collect()
    }

    fn explain(&mut self, ids: &HashSet<CommitId>) -> usize {
        let reached = self.brought.reach(ids.iter().copied());
        let before = self.explained.len();
        self.explained.extend(reached);
        self.explained.len() - before
    }

    fn repair(&self, without: &HashSet<CommitId>) -> crate::model::Repair {
        repair::plan(self.brought, [self.head.commit], without)
    }

    /// R2. The target was pushed back, and the topic has what it pointed at.
    fn resurrects(&mut self, history: &TopicHistory) -> Option<Finding> {
        let tips = self.open(history.former_tips.iter().map(|tip| tip.commit));
        if tips.is_empty() {
            return None;
        }
        let commits = self.explain(&tips);
        let repair = self.repair(&tips);
        Some(Finding::warn(Cause::Resurrects { tips: self.brought.select(&tips), commits, repair }))
    }

    /// R3. The target has the same changes as other commits.
    fn already_merged(&mut self, history: &TopicHistory) -> Option<Finding> {
        let heads = self.open(history.already_merged.iter().map(|pull| pull.head));
        if heads.is_empty() {
            return None;
        }
        self.explain(&heads);
        let pulls = history.already_merged.iter().filter(|pull| heads.contains(&pull.head));
        let pulls = pulls.map(|pull| pull.origin.clone()).collect();
        let (repair, changes_nothing) = (self.repair(&heads), history.changes_nothing);
        Some(Finding::warn(Cause::AlreadyMerged { pulls, repair, changes_nothing }))
    }

    /// R4. Somebody else's work that another environment has. Further down the path it would be released
    /// ahead of its turn; upstream it comes sooner than it would by itself.
    fn carries_merged_elsewhere(&mut self, history: &TopicHistory, takes_topics: bool) -> Option<Finding> {
        let mut all = HashSet::new();
        let mut commits = Vec::new();
        // What was tried on one environment travels on to the next ones by promotion.
        let pushes: Vec<PushedAt> = history.pushes.iter().chain(&history.before_rebase).copied().collect();
        let tried = history.elsewhere.iter().flat_map(|it| tried_by_itself(self.head, it, &pushes));
        let mut own = self.brought.reach(tried);
        own.extend(made_here(self.head, history, self.brought));
        for other in &history.elsewhere {
            let carried = self.open(other.commits.iter().copied().filter(|id| !own.contains(id)));
            if !carried.is_empty() {
                commits.push((other.branch.clone(), self.brought.select(&carried)));
                all.extend(carried);
            }
        }
        if all.is_empty() {
            return None;
        }
        let severity = if takes_topics { Outcome::Warn } else { Outcome::Fail };
        let repair = self.repair(&all);
        Some(Finding::new(severity, Cause::CarriesMergedElsewhere { commits, repair }))
    }

    /// R5. Merging the topic merges other pull requests that are still open.
    fn stacked(&self, history: &TopicHistory) -> Option<Finding> {
        // Work that this topic takes back is not merged with it: R6 says what becomes of it.
        let lost = undone::never_arriving(history);
        let heads =
            self.open(history.stacked_on.iter().map(|pull| pull.head).filter(|id| !lost.contains(id)));
        let on = history.stacked_on.iter().filter(|pull| heads.contains(&pull.head));
        let on: Vec<Origin> = on.map(|pull| pull.origin.clone()).collect();
        (!on.is_empty()).then(|| Finding::warn(Cause::Stacked { on }))
    }
}

/// The commits at which this very branch was merged into another one, to try it there.
///
/// Where a pull request is recorded, it says whose branch that was. Else it was this one if it is there now,
/// or was pushed there before the merge and no other branch had been.
fn tried_by_itself(head: &Head, other: &Elsewhere, pushes: &[PushedAt]) -> Vec<CommitId> {
    // A fork's branch is another one than the repository's of the same name.
    let own_branch = head.branch.as_ref().filter(|_| !head.fork);
    let own = |entry: &&Entry| {
        if !entry.pulls.is_empty() {
            return entry.pulls.iter().any(|pull| pull.is_of(own_branch));
        }
        let pushed_before = |push: &PushedAt| {
            push.commit == entry.commit && entry.at.is_none_or(|at| push.moment() < (at, true))
        };
        let first = entry.first_pushed_by.is_none() || entry.first_pushed_by.as_ref() == own_branch;
        entry.commit == head.commit || (first && pushes.iter().any(pushed_before))
    };
    other.entries.iter().filter(own).map(|entry| entry.commit).collect()
}

/// The commits that this branch was the first to be pushed with, before any other branch of the path had
/// them: somebody who stands on this work brought it there.
///
/// The first *known* push proves nothing where the pushes of whoever merged it there are not known.
fn made_here(head: &Head, history: &TopicHistory, brought: &Brought<'_>) -> HashSet<CommitId> {
    let Some(own_branch) = head.branch.as_ref().filter(|_| !head.fork) else { return HashSet::new() };
    let here = brought.first_reached(&history.pushes);
    let there = brought.first_reached(history.others_pushes.iter().map(|(_, push)| push));
    let mut own: HashSet<CommitId> = here
        .iter()
        .filter(|(id, at)| there.get(id).is_none_or(|other| *at < other))
        .map(|(id, _)| *id)
        .collect();
    let known = |pull: &Origin| {
        pull.is_of(Some(own_branch)) || history.others_pushes.iter().any(|(branch, _)| *branch == pull.branch)
    };
    for entry in history.elsewhere.iter().flat_map(|other| &other.entries) {
        let trusted = entry.pulls.iter().all(known);
        for id in brought.reach([entry.commit]) {
            let came_before = entry.at.zip(here.get(&id)).is_some_and(|(at, pushed)| *pushed < (at, true));
            if !(trusted && came_before) {
                own.remove(&id);
            }
        }
    }
    own
}
