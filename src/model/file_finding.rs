use super::{Cause, Code, Finding, Level, Outcome, Sentence};

/// A place in a file of a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FilePlace {
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// What a rule on the files of a commit has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// The kind of finding.
    pub code: Code,
    /// How much it weighs; [`Outcome::Pass`] is a note.
    pub severity: Outcome,
    /// What the project's rules say of such findings.
    pub level: Level,
    /// Where it is; none where it is about the branch.
    pub place: Option<FilePlace>,
    /// One line.
    pub title: Sentence,
    /// What will happen, and when.
    pub detail: Sentence,
    /// The smallest repair.
    pub remedy: Sentence,
}

impl FileFinding {
    /// The word for how much it weighs, in JSON and on the command line.
    pub fn severity_word(&self) -> &'static str {
        match self.severity {
            Outcome::Pass => "note",
            severity => severity.as_str(),
        }
    }
}

/// The same as a verdict has it: what was found, without how much it weighs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FoundInFiles {
    /// The kind of finding.
    pub code: Code,
    /// Where it is; none where it is about the branch.
    pub place: Option<FilePlace>,
    /// One line.
    pub title: Sentence,
    /// What will happen, and when.
    pub detail: Sentence,
    /// The smallest repair.
    pub remedy: Sentence,
    /// Whether the rule has it as a note.
    pub is_note: bool,
}

impl From<FileFinding> for Finding {
    fn from(finding: FileFinding) -> Self {
        let FileFinding { code, severity, level, place, title, detail, remedy } = finding;
        let is_note = severity == Outcome::Pass && level == Level::Enforce;
        let found = FoundInFiles { code, place, title, detail, remedy, is_note };
        Self { level, ..Self::new(severity, Cause::InFiles(Box::new(found))) }
    }
}
