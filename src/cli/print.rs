//! Printing verdicts.

use std::io::Write as _;

use crate::flow::{Cause, Finding, Outcome, Pull, Verdict};

/// The verdict as the object that programs rely on.
pub(super) fn json(verdict: &Verdict, pull: &Pull) -> String {
    let finding = |finding: &Finding| {
        let (title, detail, remedy) = words(finding, pull);
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

/// The verdict as people read it in a terminal.
pub(super) fn human(verdict: &Verdict, pull: &Pull) -> String {
    let head = match &pull.head.branch {
        Some(branch) => branch.to_string(),
        None => pull.head.commit.short(),
    };
    let mut page = format!("{}: {head} → {}\n", verdict.outcome().as_str(), pull.base.branch);
    for finding in &verdict.findings {
        let (title, detail, remedy) = words(finding, pull);
        page += &format!("\n{} {} {title}\n", finding.severity.as_str(), finding.cause.code());
        for paragraph in [detail, remedy].iter().filter(|paragraph| !paragraph.is_empty()) {
            for line in paragraph.lines() {
                page += &format!("  {line}\n");
            }
        }
    }
    page
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

/// Title, detail and remedy of a finding.
fn words(finding: &Finding, pull: &Pull) -> (String, String, String) {
    let code = finding.cause.code();
    let title = match finding.severity {
        Outcome::Unknown => format!("Could not decide on {}", pull.base.branch),
        severity => format!("{} for {}", severity.as_str(), pull.base.branch),
    };
    let detail = match &finding.cause {
        Cause::CouldNotDecide(why) => format!("{why:?}"),
        cause => format!("{cause:?}"),
    };
    (title, detail, format!("See {code} in docs/findings.md."))
}
