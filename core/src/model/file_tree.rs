/// What a commit has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// One path of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The path from the root of the repository. Bytes that are no UTF-8 are replaced.
    pub path: String,
    /// git's name for the content.
    pub object: String,
    /// What it is.
    pub kind: EntryKind,
}
