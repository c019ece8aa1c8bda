use super::{BranchName, UserMessage};

/// Why nothing could be decided, in words that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Undecided {
    /// Branches the path names do not exist.
    MissingBranches {
        /// The environments' branches that are not there.
        missing: Vec<BranchName>,
        /// An existing branch of the path to make the first of them from, if any is there.
        start_from: Option<BranchName>,
    },
    /// The repository has no commit.
    EmptyRepository,
    /// The clone is shallow: history is cut off, so sets of commits cannot be trusted.
    ShallowClone,
    /// In a clone: it is not known by which configuration the App judges.
    ConfigurationNotRead {
        /// Why, as the beginning of a sentence.
        why: String,
        /// The commands after which it is known, if there are any.
        commands: Vec<String>,
    },
    /// The head or base was not found where it was announced; it moved or is not readable yet.
    CommitMissing {
        /// What was looked for.
        what: String,
    },
    /// GitHub did not answer or refused.
    GitHub {
        /// What went wrong.
        what: UserMessage,
    },
    /// git did not answer or failed.
    Git {
        /// What went wrong.
        what: UserMessage,
    },
}
