use super::{Cause, FileFinding, FoundInFiles, Level, Outcome, Overridden, Snapshot, Undecided};

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
    /// The override because of which it keeps nothing back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
}

impl Finding {
    /// A finding that weighs what its rule says.
    pub fn new(severity: Outcome, cause: Cause) -> Self {
        Self { severity, cause, level: Level::Enforce, overridden: None }
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

impl From<FileFinding> for Finding {
    fn from(finding: FileFinding) -> Self {
        let FileFinding { code, severity, level, place, title, detail, remedy } = finding;
        let is_note = severity == Outcome::Pass && level == Level::Enforce;
        let found = FoundInFiles { place, title, detail, remedy, is_note };
        Self { level, ..Self::new(severity, Cause::InFiles(code, Box::new(found))) }
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
