//! What the log of a deploy tells, said alike in comments and on a terminal.

use super::markdown::code;
use crate::model::LogSummary;
use std::fmt::Write as _;

/// What happened, in one line: the code first, where there is one.
pub fn log_title(summary: &LogSummary) -> String {
    let code = summary.code.map(|number| format!("ece:{number} ")).unwrap_or_default();
    format!("{code}{}", summary.title)
}

/// What customers see and what to do next, each behind its label.
pub fn log_consequences(summary: &LogSummary) -> [(&'static str, &str); 2] {
    [("Customers see", &summary.customers), ("Next step", &summary.next)]
}

/// The same for a comment. All words are ours.
pub(super) fn log_in_markdown(summary: &LogSummary) -> String {
    let mut text = format!("By its log: {}.", log_title(summary));
    // Writing into a text does not fail.
    for (label, words) in log_consequences(summary) {
        let _ = write!(text, "\n- **{label}:** {words}");
    }
    if let Some(number) = summary.code {
        let _ = write!(text, "\n- {} says more.", code(&format!("towpath explain ece:{number}")));
    }
    text
}
