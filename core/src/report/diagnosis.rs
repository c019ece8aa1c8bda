//! What the log of a deploy tells, said alike in comments and on a terminal.

use super::markdown::code;
use crate::model::Diagnosis;

/// What customers see and what to do next, each behind its label.
pub fn consequences(told: &Diagnosis) -> [(&'static str, &str); 2] {
    [("Customers see", &told.customers), ("Next step", &told.next)]
}

/// What there is to say of it in a comment, below a line that may tell what happened. All words are ours.
pub(super) fn diagnosis(told: &Diagnosis, below: &str) -> String {
    let mut lines = Vec::new();
    if !below.contains(&told.line()) {
        lines.push(format!("- **By its log:** {}.", told.line()));
    }
    lines.extend(consequences(told).map(|(label, words)| format!("- **{label}:** {words}")));
    if let Some(number) = told.code {
        lines.push(format!("- {} says more.", code(&format!("towpath explain ece:{number}"))));
    }
    lines.join("\n")
}
