use crate::model::{CommitId, DeployOutcome, Diagnosis, Phase, UnixMillis};

/// What somebody who carries a deploy out says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployReport {
    /// When it was said, by the clock of whoever said it.
    pub at: UnixMillis,
    /// Puts what was said at one moment in order; 0 where nothing tells.
    pub place: u64,
    /// How it stands.
    pub state: ReportedState,
    /// The phase that this is about, where that is told.
    pub phase: Option<Phase>,
    /// The step in it.
    pub step: Option<String>,
    /// What else was said, in one line.
    pub words: Option<String>,
    /// The last lines of the log.
    pub log_tail: Option<String>,
    /// Where the log is.
    pub log_url: Option<String>,
    /// Where the site is.
    pub environment_url: Option<String>,
    /// Who said it.
    pub by: Option<String>,
    /// Whether it ended because somebody has called it off: that says nothing of what it was to bring.
    pub cancelled: bool,
    /// By which the driver finds it from now on, where that has become known.
    pub handle: Option<String>,
    /// What there is to say beside how it stands, in one line.
    pub remark: Option<String>,
    /// What the log tells of what went wrong.
    pub diagnosis: Option<Diagnosis>,
    /// What customers see now, by the log, in one sentence.
    pub customers: Option<String>,
    /// The newer commit with which the deploy's was brought, where it is carried out by nothing of its own.
    pub went_with: Option<CommitId>,
    /// Whether the driver is about to ask for the same again: it does once that is kept, when it is asked next.
    pub retries: bool,
    /// Whether it has ended well, and something that comes after a deploy has not.
    pub degraded: bool,
}

/// How a deploy stands by a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportedState {
    /// It was heard of, and nothing has begun.
    Queued,
    /// It waits for somebody's approval, and nothing goes on until then.
    Waiting,
    /// It is under way.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended badly.
    Failed,
}

impl DeployReport {
    /// A report that says this and nothing else.
    pub fn new(at: UnixMillis, state: ReportedState) -> Self {
        Self {
            at,
            place: 0,
            state,
            phase: None,
            step: None,
            words: None,
            log_tail: None,
            log_url: None,
            environment_url: None,
            by: None,
            cancelled: false,
            handle: None,
            remark: None,
            diagnosis: None,
            customers: None,
            went_with: None,
            retries: false,
            degraded: false,
        }
    }

    /// What it says of the files that the deploy brings.
    pub fn outcome(&self) -> Option<DeployOutcome> {
        match self.state {
            ReportedState::Succeeded if self.degraded => Some(DeployOutcome::Degraded),
            ReportedState::Succeeded => Some(DeployOutcome::Success),
            ReportedState::Failed if !self.cancelled => Some(DeployOutcome::Failure),
            ReportedState::Failed
            | ReportedState::Queued
            | ReportedState::Waiting
            | ReportedState::Running => None,
        }
    }

    /// The same with a line of words, whose beginning may name a phase and a step: `build: compile`.
    #[must_use]
    pub fn with_words(mut self, words: Option<&str>) -> Self {
        let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) else { return self };
        if let Some((phase, rest)) = Phase::at_the_start_of(words) {
            self.phase = self.phase.or(Some(phase));
            self.step = (!rest.is_empty()).then(|| rest.to_owned());
        }
        self.words = Some(words.to_owned());
        self
    }
}
