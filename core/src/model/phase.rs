//! The parts of a deploy.

use super::UnixMillis;
use serde::{Deserialize, Serialize};

/// The three parts of a deploy, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Validate, patch, compile, static content where it can be made now, slug, provision. The site keeps running.
    Build,
    /// Maintenance mode on, the rest of the static content, install or update, routing, maintenance mode off.
    Deploy,
    /// What is done to the site once it is open again: post-deploy work, smoke tests.
    Verify,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Build, Self::Deploy, Self::Verify];

    /// The word used in reports and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Verify => "verify",
        }
    }

    /// The phase that a text begins with, as in `build: compile`, and what comes behind it.
    pub fn at_the_start_of(text: &str) -> Option<(Self, &str)> {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
        let phase = Self::ALL.into_iter().find(|phase| text[..end].eq_ignore_ascii_case(phase.as_str()))?;
        Some((
            phase,
            text[end..].trim_start_matches(|c: char| matches!(c, ':' | '/' | '-') || c.is_whitespace()),
        ))
    }
}

/// One phase of a deploy, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRun {
    /// Which one.
    pub phase: Phase,
    /// When it began.
    pub began_at: UnixMillis,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<UnixMillis>,
    /// How it ended.
    #[serde(default)]
    pub went_well: Option<bool>,
    /// The step that was reported last, such as `compile` or `maintenance-on`.
    #[serde(default)]
    pub step: Option<String>,
    /// The last lines of its log, where somebody has told them.
    #[serde(default)]
    pub log_tail: Option<String>,
}
