//! What the log of a deploy tells, said alike in comments and on a terminal.

use super::markdown::code;
use crate::model::Diagnosis;
use std::fmt::Write as _;

/// What customers see and what to do next, each behind its label.
pub fn consequences(told: &Diagnosis) -> [(&'static str, &str); 2] {
    [("Customers see", &told.customers), ("Next step", &told.next)]
}

/// The whole of it for a comment. All words are ours.
pub(super) fn diagnosis(told: &Diagnosis) -> String {
    let mut text = format!("By its log: {}.", told.line());
    // Writing into a text does not fail.
    for (label, words) in consequences(told) {
        let _ = write!(text, "\n- **{label}:** {words}");
    }
    if let Some(number) = told.code {
        let _ = write!(text, "\n- {} says more.", code(&format!("towpath explain ece:{number}")));
    }
    text
}
