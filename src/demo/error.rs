//! Why a demo ends before its end.

use crate::model::{ForPeople, SharedError, UserMessage, error_chain};

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A part of it could not be started.
    #[error("the demo could not be set up")]
    SetUp(#[source] SharedError),
    /// The stand-in refused something that it should not have.
    #[error("the embedded GitHub refused a step of the story")]
    Refused(#[from] towpath_sandbox::Refused),
    /// A step came out otherwise than told.
    #[error("{0}")]
    Otherwise(String),
    /// Somebody ended it before its story was told.
    #[error("the demo was ended before its story was told")]
    Interrupted,
}

impl ForPeople for DemoError {
    fn for_people(&self) -> UserMessage {
        UserMessage::new(error_chain(self))
    }
}

/// Fails in these words unless a step came out as told.
pub(super) fn otherwise_unless(told: bool, what: impl FnOnce() -> String) -> Result<(), DemoError> {
    if told { Ok(()) } else { Err(DemoError::Otherwise(what())) }
}
