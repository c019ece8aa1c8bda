//! What merging a topic would do to its target's files: R6 (TP207) and R7 (TP208).
//!
//! R6 counts work of others that the topic has and takes back, if the target would lose it by the merge, or would
//! count it as merged without ever getting it. Whoever opens a pull request that is nothing but reverts of what the
//! target has means just that. What was taken back inside the topic itself, a merge above all, was mostly meant to be
//! put off and not to be taken from everybody.

use super::family::{Fact, Family, MOVES_FOR_TOPICS, PATH, Reach, Trigger};
use std::collections::HashSet;

use super::brought::Brought;
use crate::model::{Cause, Code, CommitId, Finding, MergedBack, Repair, Revert, RevertEffect, TopicHistory};

/// What merging would do to the target's files. A base that gains the same changes in other commits leaves nothing to
/// be changed.
pub(super) const FAMILY: Family = Family {
    name: "effect of the merge",
    codes: &[Code::UndoesMergedWork, Code::ChangesNothing],
    facts: &[Fact::TopicHistory],
    altered_by: &[MOVES_FOR_TOPICS, PATH, &[(Trigger::BaseAdvanced, Reach::SHARING_CHANGES)]],
};

/// The findings on what merging would do.
pub(super) fn findings(history: &TopicHistory, brought: &Brought<'_>) -> Vec<Finding> {
    let undoes = undoes_merged_work(history, brought);
    undoes.into_iter().chain(changes_nothing(history)).collect()
}

/// The commits that would count as merged without being there: nobody gets them by merging this topic.
pub(super) fn never_arriving(history: &TopicHistory) -> HashSet<CommitId> {
    let lost = history.reverts.iter().filter(|it| it.effect == RevertEffect::NeverArrives);
    lost.flat_map(|it| &it.commits).map(|commit| commit.id).collect()
}

fn undoes_merged_work(history: &TopicHistory, brought: &Brought<'_>) -> Option<Finding> {
    let is_loss = |it: &&Revert| it.effect != RevertEffect::Nothing && !only_joins(history, it);
    let reverts: Vec<Revert> = history.reverts.iter().filter(is_loss).cloned().collect();
    if reverts.is_empty() || is_nothing_but_reverts(history, &reverts) {
        return None;
    }
    let repair = without(history, &reverts, brought);
    Some(Finding::warn(Cause::UndoesMergedWork { reverts, repair }))
}

/// Whether a merge that keeps the topic's files drops nothing that the target does not have: it joins what was carried back.
fn only_joins(history: &TopicHistory, revert: &Revert) -> bool {
    let merges = |it: &&MergedBack| revert.by.is_merge() && revert.by.parents.contains(&it.state);
    history.merged_back.iter().filter(merges).any(|it| !drops(revert, it))
}

/// Whether what the topic has merged from a downstream environment is taken back in it, though the target has it in no form.
pub(super) fn drops_what_it_carries(history: &TopicHistory, merged: &MergedBack) -> bool {
    history.reverts.iter().any(|revert| revert.effect != RevertEffect::Nothing && drops(revert, merged))
}

fn drops(revert: &Revert, merged: &MergedBack) -> bool {
    merged.carries.iter().any(|it| revert.commits.iter().any(|of| of.id == it.id))
}

/// Whether the topic consists of reverts of what the target has, and was made for that.
fn is_nothing_but_reverts(history: &TopicHistory, losses: &[Revert]) -> bool {
    let ids: HashSet<CommitId> = history.brought.iter().map(|commit| commit.id).collect();
    let of_the_target = |it: &&Revert| !it.by.is_merge() && !ids.contains(&it.of);
    let meant: HashSet<CommitId> = history.reverts.iter().filter(of_the_target).map(|it| it.by.id).collect();
    losses.iter().all(|it| of_the_target(&it))
        && history.brought.iter().all(|commit| commit.is_merge() || meant.contains(&commit.id))
}

/// The topic's own commits without those that take work of others back, and without that work.
fn without(history: &TopicHistory, reverts: &[Revert], brought: &Brought<'_>) -> Repair {
    let by = reverts.iter().map(|it| it.by.id);
    let of = reverts.iter().flat_map(|it| it.commits.iter().map(|commit| commit.id).chain([it.of]));
    let left_out: HashSet<CommitId> = by.chain(of).collect();
    let all: HashSet<CommitId> = history.brought.iter().map(|commit| commit.id).collect();
    let kept = brought.select(&all.difference(&left_out).copied().collect());
    let merges_left_out = kept.iter().filter(|commit| commit.is_merge()).count();
    let picks = kept.into_iter().rev().filter(|commit| !commit.is_merge()).collect();
    Repair { picks, merges_left_out, there_already: Vec::new() }
}

fn changes_nothing(history: &TopicHistory) -> Option<Finding> {
    let brings = history.brought.len();
    (history.changes_nothing && brings > 0).then(|| Finding::warn(Cause::ChangesNothing { brings }))
}
