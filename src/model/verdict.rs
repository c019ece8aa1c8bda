use super::{BranchName, Cause, Level, Snapshot};

/// What a pull request gets, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It may merge.
    Pass,
    /// It may merge; something deserves a look.
    Warn,
    /// It may not merge yet: a person or the clock has to act.
    Wait,
    /// GitHub or git did not answer: never a pass.
    Unknown,
    /// It may not merge: the author must act.
    Fail,
}

impl Outcome {
    /// The word used in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Wait => "wait",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// Why nothing could be decided, in words that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Undecided {
    /// Branches the path names do not exist.
    MissingBranches {
        /// The environments' branches that are not there.
        missing: Vec<BranchName>,
        /// An existing branch of the path to make the first of them from, if any is there.
        start_from: Option<BranchName>,
    },
    /// The repository has no commit.
    EmptyRepository,
    /// The clone is shallow: history is cut off, so sets of commits cannot be trusted.
    ShallowClone,
    /// In a clone: it is not known by which configuration the App judges.
    ConfigurationNotRead {
        /// Why, as the beginning of a sentence.
        why: String,
        /// The commands after which it is known, if there are any.
        commands: Vec<String>,
    },
    /// The head or base was not found where it was announced; it moved or is not readable yet.
    CommitMissing {
        /// What was looked for.
        what: String,
    },
    /// GitHub did not answer or refused.
    GitHub {
        /// What went wrong, without secrets.
        what: String,
    },
    /// git did not answer or failed.
    Git {
        /// What went wrong, without secrets.
        what: String,
    },
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Outcome,
    /// What was found.
    pub cause: Cause,
    /// What the project's rules say of such findings: below [`Level::Enforce`] it weighs less than the rule
    /// has it.
    #[serde(default)]
    pub level: Level,
}

impl Finding {
    /// A finding that weighs what its rule says.
    pub fn new(severity: Outcome, cause: Cause) -> Self {
        Self { severity, cause, level: Level::Enforce }
    }

    /// A finding because of which nothing may be merged.
    pub fn fail(cause: Cause) -> Self {
        Self::new(Outcome::Fail, cause)
    }

    /// A finding that deserves a look.
    pub fn warn(cause: Cause) -> Self {
        Self::new(Outcome::Warn, cause)
    }

    /// A finding that is shown and weighs nothing.
    pub fn pass(cause: Cause) -> Self {
        Self::new(Outcome::Pass, cause)
    }
}

/// The decision on one pull request: its findings, the most fundamental first.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// The reasons; none means a plain pass.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// The worst severity among the findings; a pass without any.
    pub fn outcome(&self) -> Outcome {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Outcome::Pass)
    }

    /// The snapshot as which the head was judged, where it is one.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.findings.iter().find_map(|finding| match &finding.cause {
            Cause::Snapshot(snapshot) => Some(snapshot),
            _ => None,
        })
    }

    /// A verdict that could not be reached.
    pub fn undecided(why: Undecided) -> Self {
        Self { findings: vec![Finding::new(Outcome::Unknown, Cause::CouldNotDecide(why))] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definite_failure_outweighs_not_knowing() {
        let mut verdict = Verdict::undecided(Undecided::EmptyRepository);
        assert_eq!(verdict.outcome(), Outcome::Unknown);
        verdict.findings.push(Finding::fail(Cause::HeadBehind));
        assert_eq!(verdict.outcome(), Outcome::Fail);
        assert_eq!(Verdict::default().outcome(), Outcome::Pass);
    }
}
