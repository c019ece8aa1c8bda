//! Remarks at lines of files, as a check run carries them.

use crate::github::CheckRunAnnotation;
use crate::model::{Outcome, Verdict};
use crate::report::{self, FileRemark};

/// The remarks of a verdict, as many as GitHub takes at once.
pub(super) fn annotations(verdict: &Verdict) -> Vec<CheckRunAnnotation> {
    report::file_remarks(verdict).into_iter().map(annotation).collect()
}

fn annotation(remark: FileRemark) -> CheckRunAnnotation {
    let level = match remark.severity {
        Outcome::Pass => "notice",
        Outcome::Warn | Outcome::Wait => "warning",
        Outcome::Fail | Outcome::Unknown => "failure",
    };
    CheckRunAnnotation {
        path: remark.path,
        start_line: remark.line,
        end_line: remark.line,
        annotation_level: level.to_owned(),
        title: Some(remark.title),
        message: remark.message,
    }
}
