use super::Sentence;

/// A place in a file of a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FilePlace {
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// What was found in the files of a commit, without its kind and how much it weighs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FoundInFiles {
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
