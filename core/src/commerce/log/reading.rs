//! What the log of a deploy tells.

use crate::commerce::codes::EceCode;
use crate::model::{Phase, UnixMillis};
use std::time::Duration;

/// What the shop does, as far as the log tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SiteState {
    /// What it did before: this deploy has changed nothing that customers see. While the platform swaps the containers it
    /// holds requests back for some minutes.
    Untouched,
    /// It shows the maintenance page.
    Maintenance,
    /// It is open, with the new release.
    Open,
    /// It is open, and something of the deploy is not as it should be.
    Degraded,
    /// The log does not tell.
    #[default]
    Unknown,
}

impl SiteState {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::Maintenance => "maintenance",
            Self::Open => "open",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
        }
    }
}

/// How the deploy has ended, as far as the log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogOutcome {
    /// The deploy has come to its end. The post-deploy may have failed all the same: then the shop is degraded.
    Success,
    /// It has not, and will not.
    Failure,
    /// It has not by the end of this log.
    Running,
    /// The log does not tell.
    Unknown,
}

impl LogOutcome {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Running => "running",
            Self::Unknown => "unknown",
        }
    }
}

/// One phase of a deploy. Times are those of the line itself, or of the one nearest to it that has one: before it for ends,
/// after it for the first beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedPhase {
    /// Which one.
    pub phase: Phase,
    /// When it began.
    pub began_at: Option<UnixMillis>,
    /// When it ended, or when what ended it was told; `None` while it is under way.
    pub ended_at: Option<UnixMillis>,
    /// Its steps, in their order.
    pub steps: Vec<LoggedStep>,
}

/// One step of a phase. Times are as for the phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedStep {
    /// Its name, by which ece-tools calls it; the platform's own are *provision*, *upload* and *open*, Composer's is
    /// *composer*.
    pub name: &'static str,
    /// When it began.
    pub began_at: Option<UnixMillis>,
    /// When it ended; `None` while it is under way.
    pub ended_at: Option<UnixMillis>,
}

/// What may make a deploy slow, and so the time for which customers see the maintenance page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlowStep {
    /// Static content is made in the deploy, where the build could have made it.
    StaticContentInDeploy,
    /// The database upgrade takes longer than the platform holds requests back.
    LongUpgrade,
    /// Cron jobs or consumers do not end when they are told to.
    CronWillNotStop,
}

impl SlowStep {
    /// The words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaticContentInDeploy => "static content in the deploy",
            Self::LongUpgrade => "long database upgrade",
            Self::CronWillNotStop => "cron that will not stop",
        }
    }
}

/// A step that may make a deploy slow, and how long it took by the log, as far as that has times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspect {
    /// Which one.
    pub step: SlowStep,
    /// How long it took; until the last time in the log where it has not ended.
    pub took: Option<Duration>,
}

/// Why the deploy has not ended well, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogCause {
    /// A code of ece-tools.
    Code(&'static EceCode),
    /// Composer ended the build hook with this status.
    Composer(u16),
    /// A hook ended with a status that ece-tools does not have; where in the deploy and with which status, if known.
    Hook(Option<Phase>, Option<u16>),
    /// The hook of the deploy has ended before its scenario did.
    HookCutShort,
    /// The configuration is not accepted.
    Invalid,
    /// The image of the application cannot be built.
    Build,
    /// The build cannot be brought to where it is to run.
    Upload,
    /// The environment cannot be set up.
    Provision,
    /// The deploy had failed before this log begins.
    Earlier,
}

/// What the log of a deploy tells: of the last one where the log holds several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReading {
    /// The phase in which it ended or is; `None` where the log does not tell.
    pub phase: Option<Phase>,
    /// The step in which it ended or is.
    pub step: Option<&'static str>,
    /// What the shop does now.
    pub site: SiteState,
    /// How it ended.
    pub outcome: LogOutcome,
    /// The code that ended it, or with which the post-deploy failed. Warnings are none, but those of the post-deploy.
    pub code: Option<&'static EceCode>,
    /// What ece-tools warned of, each once, in the order of the log.
    pub warnings: Vec<&'static EceCode>,
    /// The phases that were read, in their order.
    pub phases: Vec<LoggedPhase>,
    /// What may have made it slow.
    pub suspects: Vec<Suspect>,
    /// The last lines up to the one that tells the failure, or of the whole log: few, short, and without secrets.
    pub last_lines: Vec<String>,
    pub(super) cause: Option<LogCause>,
}
