//! What is wrong with the settings, in words for the operator.

use super::variables::find;
use crate::model::{ForPeople, UserMessage};

/// Why settings cannot be used: which variable, what it holds, what it should. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Problem(String);

impl Problem {
    /// Something that is a whole sentence already.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// An error that says by itself which setting is wrong.
    pub(super) fn told(error: &impl ForPeople) -> Self {
        Self(error.for_people().into())
    }

    /// A variable that cannot be used as it is.
    pub(super) fn of(name: &str, value: &str, what: impl std::fmt::Display) -> Self {
        if find(name).is_some_and(|variable| variable.secret) {
            return Self(format!("{name} cannot be used: {what}"));
        }
        Self(format!("{name} is {value:?}; {what}"))
    }
}

impl ForPeople for Problem {
    fn for_people(&self) -> UserMessage {
        UserMessage::new(&self.0)
    }
}

/// All that is wrong, for people.
pub(super) struct Problems<'a>(pub(super) &'a [Problem]);

impl std::fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            [only] => write!(f, "{only}"),
            several => {
                write!(f, "{} settings cannot be used:", several.len())?;
                several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
