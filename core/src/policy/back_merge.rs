//! What a downstream environment may bring upstream: TP106, TP302, TP304. All of it warns at most: the way
//! upstream deploys nothing that is not live already.

use super::family::{ANY_MOVE, ConfigKey, Fact, Family, PATH, Reach, Trigger};
use crate::model::{BackMergeHistory, Cause, Code, Finding, Repair};

/// What a downstream environment may bring upstream.
pub(super) const FAMILY: Family = Family {
    name: "back-merges",
    codes: &[Code::ReverseMerge, Code::UnrelatedHistory, Code::MergeConflicts, Code::UnknownCommits],
    facts: &[Fact::BackMergeHistory],
    altered_by: &[
        ANY_MOVE,
        PATH,
        &[
            (Trigger::OtherPullRequestChanged, Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::IgnorePaths), Reach::ALWAYS),
        ],
    ],
};

/// Carrying something back (a hotfix) is what the way upstream is for; with nothing to carry it is the
/// reverse merge that GitHub offers by accident, or the way to join histories that a squash has cut.
pub(super) fn findings(history: &BackMergeHistory) -> Vec<Finding> {
    if !history.related {
        let repair = Repair::default();
        return vec![Finding::fail(Cause::UnrelatedHistory { repair })];
    }
    if !history.conflicts.is_empty() {
        let (paths, carries) = (history.conflicts.clone(), history.carries.clone());
        return vec![Finding::warn(Cause::BackMergeConflicts { paths, carries })];
    }
    if history.carries.is_empty() {
        return vec![Finding::warn(Cause::ReverseMerge { rejoins: history.rejoins.clone() })];
    }
    match &history.unrecorded {
        Some(commits) if !commits.is_empty() => {
            vec![Finding::warn(Cause::UnknownCommits { commits: commits.clone() })]
        }
        _ => Vec::new(),
    }
}
