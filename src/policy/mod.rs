//! The rules: facts in, verdict out.
//!
//! Lives here: one file per rule family. `source` decides from the two branches alone, `topic` what a
//! topic may bring, `promotion` what an environment may bring to the next one or to the copy branch,
//! `back_merge` what a downstream environment may bring upstream; `repair` plans the way back to a clean
//! branch.
//!
//! Does not live here: asking git or GitHub, wording, time, anything async. The same facts give the same
//! verdict, always.

mod back_merge;
mod brought;
mod promotion;
mod repair;
mod source;
mod topic;

use std::cmp::Reverse;

use crate::flow::{Facts, Finding, Flow, History, Pull, Role, Undecided, Verdict};

/// Which rules a pull request falls under, by its two branches alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The base is neither an environment nor the copy branch: nobody asked for a verdict.
    NotJudged,
    /// The two branches may not meet; git need not be asked.
    Refused(Finding),
    /// A topic into an environment that takes topics or hotfixes.
    Topic,
    /// An environment into the next one, or into the copy branch that copies it.
    Promotion,
    /// A downstream environment into an upstream one.
    BackMerge,
}

/// Which rules `pull` falls under in `flow`.
pub fn route(flow: &Flow, pull: &Pull) -> Route {
    source::route(flow, pull)
}

/// Judges a pull request from everything that is known about it.
///
/// Findings come the most fundamental first: by severity, then by code. Facts that were gathered for
/// another route than `flow` gives (the configuration changed in between) are never a pass.
pub fn judge(flow: &Flow, facts: &Facts) -> Verdict {
    let pull = &facts.pull;
    let mut findings = match (route(flow, pull), &facts.history) {
        (Route::NotJudged, _) => Vec::new(),
        (Route::Refused(finding), _) => vec![finding],
        (Route::Topic, History::Topic(history)) => topic::findings(&pull.head, history),
        (Route::Promotion, History::Promotion(history)) => match flow.role(&pull.base.branch) {
            Role::Copy(_) => promotion::findings_for_copy(history),
            Role::Environment(_) | Role::Topic => promotion::findings(history),
        },
        (Route::BackMerge, History::BackMerge(history)) => back_merge::findings(history),
        (Route::Topic | Route::Promotion | Route::BackMerge, _) => {
            let what = "the facts at hand were gathered under another configuration".to_owned();
            return Verdict::undecided(Undecided::Git { what });
        }
    };
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.cause.code()));
    Verdict { findings }
}

#[cfg(test)]
mod tests;
