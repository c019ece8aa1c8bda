//! What is said when something does not fit.

use std::fmt;

/// The ways of not fitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No operation has this method and path.
    UnknownOperation,
    /// The path does not fit the operation's parameters.
    PathParameter,
    /// The operation has no such query parameter.
    UnknownParameter,
    /// A query parameter is of the wrong type.
    QueryParameter,
    /// The request's body is missing, superfluous or does not fit.
    RequestBody,
    /// The operation never answers with this status.
    UnknownStatus,
    /// The answer's body is missing, superfluous or does not fit.
    ResponseBody,
    /// GitHub sends no such event.
    UnknownEvent,
    /// The event has no such action.
    UnknownAction,
    /// The webhook's payload does not fit.
    Payload,
}

impl Kind {
    fn part(self) -> &'static str {
        match self {
            Self::UnknownOperation => "operation",
            Self::PathParameter => "path",
            Self::UnknownParameter | Self::QueryParameter => "query",
            Self::RequestBody => "request body",
            Self::UnknownStatus => "status",
            Self::ResponseBody => "answer",
            Self::UnknownEvent => "event",
            Self::UnknownAction => "action",
            Self::Payload => "payload",
        }
    }
}

/// One thing that does not fit, worded for whoever has to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// How it does not fit.
    pub kind: Kind,
    /// The operation's method, path and name, or the event and its action.
    pub operation: String,
    /// Where: a JSON pointer into the body, or a parameter's name; empty for the whole.
    pub place: String,
    /// What the description asks for.
    pub expected: String,
    /// What came instead.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.kind.part())?;
        if !self.place.is_empty() {
            write!(f, " at {}", self.place)?;
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for Violation {}
