//! What rules on the files of a commit have found, in words.

use super::prose::Prose;
use super::terminal::{Words, outcome_word};
use crate::model::{FileFinding, Level, Outcome, Sentence};

/// The words of one finding, in plain text.
pub fn file_finding_words(finding: &FileFinding) -> Words {
    let detail = Prose::of(&finding.detail).plain();
    Words {
        title: Prose::of(&finding.title).plain(),
        detail: softened(finding).into_iter().chain([detail]).collect::<Vec<_>>().join("\n\n"),
        remedy: Prose::of(&finding.remedy).plain(),
    }
}

/// A sentence in plain text, its names cleaned of what a terminal would act on.
pub fn said_plainly(sentence: &Sentence) -> String {
    Prose::of(sentence).plain()
}

/// Why a finding weighs less than its rule has it.
fn softened(finding: &FileFinding) -> Option<String> {
    let meaning = match finding.level {
        Level::Enforce | Level::Off => return None,
        Level::Warn => "Towpath shows it and blocks nothing.",
        Level::Observe => "Towpath only notes it.",
    };
    Some(format!("This project's rules set {} to {}: {meaning}", finding.code, finding.level.as_str()))
}

/// All findings for a terminal, and `checked`, which says what was looked at; `colour` adds ANSI colours to the
/// outcomes.
pub fn file_findings_on_terminal(findings: &[FileFinding], checked: &str, colour: bool) -> String {
    let mut parts = Vec::new();
    if findings.is_empty() {
        let word = outcome_word("pass", Outcome::Pass, colour);
        parts.push(format!("{word}: Nothing found in the files of Adobe Commerce"));
    }
    for finding in findings {
        let Words { title, detail, remedy } = file_finding_words(finding);
        let word = outcome_word(finding.severity_word(), finding.severity, colour);
        parts.push(format!("{word}: {} {title}", finding.code));
        if let Some(place) = &finding.place {
            parts.push(format!("    {}:{}", super::markdown::clean(&place.path), place.line));
        }
        parts.push(detail);
        parts.push(format!("What to do. {remedy}"));
    }
    parts.push(checked.to_owned());
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, FilePlace};

    fn finding() -> FileFinding {
        FileFinding {
            code: Code::WebsiteDeleted,
            severity: Outcome::Warn,
            level: Level::Warn,
            place: Some(FilePlace { path: "app/etc/config.php".to_owned(), line: 9 }),
            title: Sentence::new("The website % would be deleted", ["out\u{202e}let"]),
            detail: Sentence::new("The next deploy deletes it.", []),
            remedy: Sentence::new("Put % back.", ["outlet"]),
        }
    }

    #[test]
    fn findings_are_shown_with_their_places() {
        insta::assert_snapshot!(file_findings_on_terminal(&[finding()], "Checked 1f0c2d7.", false), @r"
        warn: TP701 The website out�let would be deleted

            app/etc/config.php:9

        This project's rules set TP701 to warn: Towpath shows it and blocks nothing.

        The next deploy deletes it.

        What to do. Put outlet back.

        Checked 1f0c2d7.
        ");
        insta::assert_snapshot!(file_findings_on_terminal(&[], "Checked 1f0c2d7.", false), @r"
        pass: Nothing found in the files of Adobe Commerce

        Checked 1f0c2d7.
        ");
    }
}
