//! Printing, and what the reader's terminal can show.

use std::io::{IsTerminal as _, Write as _};

use crate::flow::{Finding, Flow, Pull, Verdict};
use crate::report::{Words, words};

/// The verdict as the object that programs rely on, on a line.
pub(super) fn json(flow: &Flow, verdict: &Verdict, pull: &Pull) -> String {
    format!("{}\n", object(flow, verdict, pull))
}

/// The verdict as the object that programs rely on.
pub(super) fn object(flow: &Flow, verdict: &Verdict, pull: &Pull) -> serde_json::Value {
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
    serde_json::json!({ "verdict": verdict.outcome().as_str(), "findings": findings })
}

/// More than this is hard to read, however wide the terminal is.
const COLUMNS_MAX: u16 = 96;

/// Whether what is printed may have colours: on a terminal, unless it or its user wants none.
pub(super) fn colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let simple = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stdout().is_terminal() && !unwanted && !simple
}

/// How many characters a line may have.
pub(super) fn columns() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(COLUMNS_MAX, |(terminal_size::Width(columns), _)| columns.min(COLUMNS_MAX)).into()
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
