use super::{Code, FilePlace, Level, Outcome, Sentence};

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
