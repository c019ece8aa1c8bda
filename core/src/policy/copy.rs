//! Whether the copy branch is a copy: TP501, TP502.
//!
//! Files decide. Commits may differ (a copy kept by merges or squashes is one), and a graph in which the copy
//! contains production proves nothing: a stray commit on the copy passes that test too.

use crate::model::{Cause, CopyHistory, Finding};

pub(super) fn findings(history: &CopyHistory) -> Vec<Finding> {
    if history.differences.is_empty() {
        return Vec::new();
    }
    if history.contained || history.earlier.is_some() {
        let since = history.earlier.map(|tip| tip.at);
        return vec![Finding::warn(Cause::CopyStale { behind: history.behind, since })];
    }
    vec![Finding::fail(Cause::CopyDiverged {
        paths: history.differences.clone(),
        only_on_copy: history.only_on_copy.clone(),
    })]
}
