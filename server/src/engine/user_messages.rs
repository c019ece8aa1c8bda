//! Errors in words for people: what a check, a comment, an answer and the command line show of them.
//!
//! For the log they go through [`crate::model::error_chain`] instead.

use super::change_status::NotTold;
use super::open::{OpenError, PlaceFault};
use super::probe::NotReady;
use super::received::Refusal;
use super::supervisor::EngineFailure;
use super::work_error::WorkFailure;
use crate::github::ApiError;
use crate::model::{ForPeople, UserMessage, root_cause};

impl ForPeople for ApiError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::NoAnswer { source, .. } | Self::Unreadable { source, .. } => {
                UserMessage::new(format!("{self}: {}", root_cause(source)))
            }
            answered => UserMessage::new(answered.to_string()),
        }
    }
}

impl ForPeople for WorkFailure {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::GitHub(error) => error.for_people(),
            Self::Git(error) => error.for_people(),
            Self::Store(error) => error.for_people(),
            Self::Driver(error) => error.for_people(),
            Self::Here { what, source: None } => UserMessage::new(what),
            Self::Here { what, source: Some(source) } => {
                UserMessage::new(format!("{what}: {}", source.for_people()))
            }
        }
    }
}

impl ForPeople for NotTold {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Store(error) => error.for_people(),
            Self::Git(error) => error.for_people(),
        }
    }
}

impl ForPeople for OpenError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Connection(error) => error.for_people(),
            Self::InUse { .. } => UserMessage::new(self.to_string()),
            Self::Unusable { fault, .. } => UserMessage::new(format!("{self}, {}", of_place(fault))),
        }
    }
}

fn of_place(fault: &PlaceFault) -> String {
    match fault {
        PlaceFault::IsFile | PlaceFault::IsFolder | PlaceFault::NoFolder(_) => fault.to_string(),
        PlaceFault::FromNowhere(error) => format!("{fault}: {}; name a whole path", error.for_people()),
        PlaceFault::NotMade(error) | PlaceFault::NotLocked { source: error, .. } => {
            format!("{fault}: {}", error.for_people())
        }
        PlaceFault::NotWritable(error) if fault.is_of_room() => {
            format!("{fault}: {}; make room there", error.for_people())
        }
        PlaceFault::NotWritable(error) => {
            format!("{fault}: {}; let the user who runs the server write there", error.for_people())
        }
        PlaceFault::NoDatabase(error) => format!("{fault}: {}", error.for_people()),
    }
}

impl ForPeople for EngineFailure {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Store(error) => error.for_people(),
            Self::Ends { source, .. } => {
                let how = source
                    .as_ref()
                    .map_or_else(|| "it ended by itself".to_owned(), |it| it.for_people().into());
                UserMessage::new(format!("{self}; the last time: {how}"))
            }
        }
    }
}

/// As whoever has sent the call is answered.
impl ForPeople for Refusal {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Unsigned(error) => UserMessage::new(format!("not taken: {error}")),
            Self::NotProven(_) | Self::Malformed(_) | Self::Conflicting { .. } | Self::NotStored(_) => {
                UserMessage::new(self.to_string())
            }
        }
    }
}

/// As whoever asks whether the server is ready is answered: the cause is for the log.
impl ForPeople for NotReady {
    fn for_people(&self) -> UserMessage {
        UserMessage::new(self.to_string())
    }
}
