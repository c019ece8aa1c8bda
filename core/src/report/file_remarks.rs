//! What was found at lines of files, for GitHub to show beside them.

use super::prose::Prose;
use crate::model::{Cause, Finding, FoundInFiles, Outcome, Verdict};

/// GitHub takes no more remarks at once.
const REMARKS_MAX: usize = 50;

/// The most characters that GitHub takes of a remark's title.
const TITLE_MAX: usize = 255;

/// A remark at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRemark {
    /// The file, from the top of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// How heavy it is.
    pub severity: Outcome,
    /// The code and what was found, in plain text.
    pub title: String,
    /// What will happen, and what to do, in plain text.
    pub message: String,
}

/// The remarks of a verdict, the heaviest first, as many as GitHub takes.
pub fn file_remarks(verdict: &Verdict) -> Vec<FileRemark> {
    let in_files = |finding: &Finding| match &finding.cause {
        Cause::InFiles(_, found) => remark(finding, found),
        _ => None,
    };
    verdict.findings.iter().filter_map(in_files).take(REMARKS_MAX).collect()
}

fn remark(finding: &Finding, found: &FoundInFiles) -> Option<FileRemark> {
    let place = found.place.as_ref()?;
    let title = Prose::new(&format!("{} ", finding.cause.code()), &[]).then(Prose::of(&found.title));
    let (detail, remedy) = (Prose::of(&found.detail).plain(), Prose::of(&found.remedy).plain());
    Some(FileRemark {
        path: place.path.clone(),
        line: place.line,
        severity: finding.severity,
        title: title.cut(TITLE_MAX).plain(),
        message: format!("{detail}\n\nWhat to do. {remedy}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, FileFinding, FilePlace, Level, Sentence, Undecided};

    fn finding(line: u32, severity: Outcome) -> Finding {
        Finding::from(FileFinding {
            code: Code::WebsiteDeleted,
            severity,
            level: Level::Enforce,
            place: Some(FilePlace { path: "app/etc/config.php".to_owned(), line }),
            title: Sentence::new("The website % would be deleted", ["out\u{202e}let"]),
            detail: Sentence::new("The next deploy deletes it.", []),
            remedy: Sentence::new("Put % back.", ["outlet"]),
        })
    }

    #[test]
    fn what_lies_at_a_line_is_remarked_there_and_no_more_than_is_taken() {
        let mut branch = finding(1, Outcome::Fail);
        let Cause::InFiles(_, found) = &mut branch.cause else { unreachable!() };
        found.place = None;
        let verdict =
            Verdict { findings: vec![branch, finding(9, Outcome::Fail), finding(2, Outcome::Pass)] };
        let remarks = file_remarks(&verdict);
        assert_eq!(
            remarks.iter().map(|it| (it.line, it.severity)).collect::<Vec<_>>(),
            [(9, Outcome::Fail), (2, Outcome::Pass)]
        );
        assert_eq!(remarks[0].title, "TP701 The website out\u{fffd}let would be deleted");
        assert_eq!(remarks[0].message, "The next deploy deletes it.\n\nWhat to do. Put outlet back.");
        let many = (1..99).map(|line| finding(line, Outcome::Warn)).collect();
        assert_eq!(file_remarks(&Verdict { findings: many }).len(), 50);
        assert_eq!(file_remarks(&Verdict::undecided(Undecided::EmptyRepository)), []);
    }
}
