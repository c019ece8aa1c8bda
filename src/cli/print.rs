//! Printing verdicts.

use std::io::Write as _;

use crate::flow::{Finding, Flow, Pull, Verdict};
use crate::report::{Words, words};

/// The verdict as the object that programs rely on.
pub(super) fn json(flow: &Flow, verdict: &Verdict, pull: &Pull) -> String {
    let finding = |finding: &Finding| {
        let Words { title, detail, remedy } = words(flow, pull, finding);
        serde_json::json!({
            "code": finding.cause.code().as_str(),
            "severity": finding.severity.as_str(),
            "title": title,
            "detail": detail,
            "remedy": remedy,
        })
    };
    let findings: Vec<_> = verdict.findings.iter().map(finding).collect();
    let object = serde_json::json!({ "verdict": verdict.outcome().as_str(), "findings": findings });
    format!("{object}\n")
}

/// Prints; a reader who has gone is no error.
pub(super) fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints on the channel for errors.
pub(super) fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
