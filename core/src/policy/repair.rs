//! The way back to a clean branch, without losing work.
//!
//! The obvious advice, `git rebase --onto TARGET BAD TOPIC`, drops the author's commits when the other
//! branch was *merged into* the topic. Walking the topic along first parents up to the first foreign
//! commit drops the author's own side branches, and everything when the merge was made the other way round
//! (its first parent is the foreign line). Taking away all that the foreign commits reach drops work that
//! had been merged there for a trial. What all of them have in common is the safe answer: every brought
//! commit that the head, or any commit that the topic was once pushed at, reaches *without passing through a
//! foreign commit*. It contains both the walk and the difference, and a commit is left out only if there is
//! no way to it but through foreign history.

use std::collections::HashSet;

use super::brought::Brought;
use crate::model::{CommitId, Repair};

/// The plan for a topic that is or was pushed at `tips`, whose commits of `foreign` are not its own.
pub(super) fn plan(
    brought: &Brought<'_>,
    tips: impl IntoIterator<Item = CommitId>,
    foreign: &HashSet<CommitId>,
) -> Repair {
    let kept = brought.select(&brought.reach_around(tips, foreign));
    let merges_left_out = kept.iter().filter(|commit| commit.is_merge()).count();
    let picks = kept.into_iter().rev().filter(|commit| !commit.is_merge()).collect();
    Repair { picks, merges_left_out, there_already: Vec::new() }
}
