use crate::model::config::Place;

/// Why a command could not be understood: where, what, and what to do.
///
/// `message` and `hint` are plain text of one line each and may hold what somebody wrote; whoever shows them escapes them.
/// What people may copy from them, such as a command, stands between backticks, as it is written in this repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}; {hint}")]
pub struct CommandError {
    /// Where it is in the comment.
    pub place: Place,
    /// The line as it was written, cut where it is long; empty where the command itself was understood.
    pub written: String,
    /// What kind of mistake it is, for programs.
    pub kind: ErrorKind,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl CommandError {
    pub(super) fn new(
        place: Place,
        kind: ErrorKind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { place, written: String::new(), kind, message: message.into(), hint: hint.into() }
    }
}

/// The kinds of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A quotation mark without its other half, or text right behind it.
    Quotes,
    /// Quotation marks or dashes that a keyboard or an editor has made out of the plain ones.
    Typographic,
    /// Two hyphens without the name of a flag.
    FlagWithoutName,
    /// One more command than a comment may have.
    TooManyCommands,
    /// A command that the App was asked for and does not have.
    UnknownCommand,
    /// A flag that the command does not have.
    UnknownFlag,
    /// A flag that is there twice.
    RepeatedFlag,
    /// An argument, a flag or a flag's value that has to be there.
    Missing,
    /// An argument or a value that the command does not take.
    Unexpected,
    /// A value that is not of its kind.
    InvalidValue,
    /// An environment that the path does not have.
    UnknownEnvironment,
}

impl ErrorKind {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quotes => "quotes",
            Self::Typographic => "typographic",
            Self::FlagWithoutName => "flag_without_name",
            Self::TooManyCommands => "too_many_commands",
            Self::UnknownCommand => "unknown_command",
            Self::UnknownFlag => "unknown_flag",
            Self::RepeatedFlag => "repeated_flag",
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::InvalidValue => "invalid_value",
            Self::UnknownEnvironment => "unknown_environment",
        }
    }
}
