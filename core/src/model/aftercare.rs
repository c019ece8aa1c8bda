//! What became of a deploy after it had gone live: its verify step, run again.

use super::{PullNumber, UnixMillis, UnixSeconds};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One time at which the verify step of a deploy was run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AftercareRun {
    /// How long after the end of the deploy it was due, in seconds.
    pub after: u64,
    /// When it was begun.
    pub begun_at: UnixMillis,
    /// How often it was begun: more than once only where it was cut off.
    #[serde(default)]
    pub hand_overs: u32,
    /// When it ended, and how; `None` while it goes on.
    #[serde(default)]
    pub ended: Option<(UnixMillis, AftercareEnd)>,
}

/// How a verify step has ended that was run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum AftercareEnd {
    /// Well.
    Passed,
    /// Badly: what the deploy brought does harm after all, or something around it.
    Failed {
        /// What failed, in the words of whoever ran it.
        words: String,
        /// The merged pull requests of the deploy whose files the log names, each with the first of them.
        #[serde(default)]
        named: Vec<(PullNumber, String)>,
    },
    /// It was not run to its end, which says nothing of the release.
    NotRun {
        /// Why.
        words: String,
    },
}

/// That what went live was found not to be well later, as long as nothing has told otherwise since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateFailure {
    /// When.
    pub at: UnixSeconds,
    /// What failed, in the words of whoever ran it.
    pub words: String,
}

impl AftercareRun {
    /// How long after the end of the deploy it was due.
    pub fn after(&self) -> Duration {
        Duration::from_secs(self.after)
    }

    /// Whether its log has named somebody's files.
    pub fn names_by_log(&self) -> bool {
        matches!(self.end(), Some(AftercareEnd::Failed { named, .. }) if !named.is_empty())
    }

    /// Takes out what its log has named.
    pub fn leave_out_log(&mut self) {
        if let Some((_, AftercareEnd::Failed { named, .. })) = &mut self.ended {
            named.clear();
        }
    }

    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// When and how it has failed, if it has.
    pub fn failure(&self) -> Option<LateFailure> {
        match self.ended.as_ref()? {
            (at, AftercareEnd::Failed { words, .. }) => {
                Some(LateFailure { at: at.to_seconds(), words: words.clone() })
            }
            _ => None,
        }
    }

    /// How it has ended.
    pub fn end(&self) -> Option<&AftercareEnd> {
        self.ended.as_ref().map(|(_, end)| end)
    }
}

/// The last of these that says anything of the release, where that went badly.
pub fn late_failure(runs: &[AftercareRun]) -> Option<&AftercareRun> {
    let tells =
        |it: &&AftercareRun| matches!(it.end(), Some(AftercareEnd::Passed | AftercareEnd::Failed { .. }));
    let newest = runs.iter().rev().find(tells)?;
    matches!(newest.end(), Some(AftercareEnd::Failed { .. })).then_some(newest)
}
