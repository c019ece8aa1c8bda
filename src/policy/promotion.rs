//! What an environment may bring to the next one, or to the copy branch: P1 to P3.
//!
//! Trees decide, not commits: so the rule holds under merge commits, squashes, rebases and
//! fast-forwards alike.

use crate::flow::{Cause, Finding, MergeOutcome, PromotionHistory, Repair};

/// The rule between environments: what would ship must be what was tested.
pub(super) fn findings(history: &PromotionHistory) -> Vec<Finding> {
    if !history.related {
        return vec![unrelated()];
    }
    if history.head_tree == history.base_tree {
        return vec![nothing_to_promote()];
    }
    if history.brings == 0 {
        return vec![fail(Cause::HeadBehind)];
    }
    match &history.merge {
        MergeOutcome::Conflicts { paths } => vec![conflicts(history, paths)],
        MergeOutcome::Clean { tree } if *tree != history.head_tree => {
            vec![fail(Cause::UntestedTree { only_on_base: history.only_on_base.clone() })]
        }
        MergeOutcome::Clean { .. } => Vec::new(),
    }
}

/// The rule for the copy branch: it has to be able to follow. Its files may differ (workflows that live
/// only there), so neither equal trees nor something new is asked for.
pub(super) fn findings_for_copy(history: &PromotionHistory) -> Vec<Finding> {
    if !history.related {
        return vec![unrelated()];
    }
    if history.head_tree == history.base_tree || history.brings == 0 {
        return vec![nothing_to_promote()];
    }
    match &history.merge {
        MergeOutcome::Conflicts { paths } => vec![conflicts(history, paths)],
        MergeOutcome::Clean { .. } => Vec::new(),
    }
}

fn conflicts(history: &PromotionHistory, paths: &[String]) -> Finding {
    let only_on_base = history.only_on_base.clone();
    fail(Cause::MergeConflicts { paths: paths.to_vec(), only_on_base })
}

fn nothing_to_promote() -> Finding {
    Finding::pass(Cause::NothingToPromote)
}

/// No list of picks: environments are not rebuilt by picking commits over.
fn unrelated() -> Finding {
    fail(Cause::UnrelatedHistory { repair: Repair { picks: Vec::new(), merges_left_out: 0 } })
}

fn fail(cause: Cause) -> Finding {
    Finding::fail(cause)
}
