//! What a downstream environment may bring upstream: TP106.

use crate::flow::{BackMergeHistory, Cause, Finding, Repair};

/// Carrying something back (a hotfix) is what the way upstream is for; with nothing to carry it is the
/// reverse merge that GitHub offers by accident.
pub(super) fn findings(history: &BackMergeHistory) -> Vec<Finding> {
    if !history.related {
        let repair = Repair { picks: Vec::new(), merges_left_out: 0 };
        return vec![Finding::fail(Cause::UnrelatedHistory { repair })];
    }
    if history.carries.is_empty() {
        return vec![Finding::warn(Cause::ReverseMerge)];
    }
    Vec::new()
}
