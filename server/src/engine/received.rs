//! What becomes of a call that comes in.

use crate::github::SignatureError;
use crate::model::SharedError;
use crate::store::StoreError;

/// Why a webhook call is not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// Nothing proves that GitHub sent it.
    #[error("not taken: nothing proves that GitHub sent it")]
    Unsigned(#[from] SignatureError),
    /// Nothing proves that it was sent by who may. Which proof is missing is for the log: whoever has none is told the
    /// same whatever is configured.
    #[error("not taken: nothing proves who sent it")]
    NotProven(#[source] SharedError),
    /// It is not what GitHub sends.
    #[error("not taken: {0}")]
    Malformed(String),
    /// A delivery with this id and another body is known.
    #[error("not taken: delivery {guid} is known with another body")]
    Conflicting {
        /// The id.
        guid: String,
    },
    /// It could not be stored. GitHub keeps it and is asked for it again.
    #[error("not taken: the delivery could not be stored; it will be asked for again")]
    NotStored(#[source] StoreError),
}

impl Refusal {
    /// The word by which it is counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "unsigned",
            Self::NotProven(_) => "not_proven",
            Self::Malformed(_) => "malformed",
            Self::Conflicting { .. } => "conflicting",
            Self::NotStored(_) => "not_stored",
        }
    }
}

/// What was made of a webhook call that is in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is on disk and will be acted on.
    Stored,
    /// It was there already.
    Repeated,
    /// Nobody needs it.
    NotNeeded,
}

impl Received {
    /// The word by which it is counted.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Repeated => "repeated",
            Self::NotNeeded => "not_needed",
        }
    }
}
