//! What people have decided about findings: an override makes one finding count for less, and nothing else.

use crate::model::{Facts, Finding, Outcome, Overridden, Override, PullEnds};

/// Lets what was overridden keep nothing back. The newest override of the same finding is the one that is told.
pub(super) fn apply(facts: &Facts, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| keeps_back(finding)) {
        let given = facts.overrides.iter().rev().find(|given| is_about(given, &facts.pull, finding));
        if let Some(given) = given {
            finding.severity = Outcome::Warn;
            finding.overridden = Some(Overridden::from(given));
        }
    }
}

fn keeps_back(finding: &Finding) -> bool {
    matches!(finding.severity, Outcome::Fail | Outcome::Wait) && finding.cause.code().can_be_overridden()
}

/// Whether an override was given for this finding, on the pull request as it is.
fn is_about(given: &Override, pull: &PullEnds, finding: &Finding) -> bool {
    given.code == finding.cause.code()
        && given.head == pull.head.commit
        && given.base == pull.base.branch
        && given.evidence == finding.cause.evidence()
}
