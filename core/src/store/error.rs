use crate::model::{ForPeople, SharedError, UserMessage, shared_error};
use std::error::Error;

/// Why the store did not do what was asked. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no room left for the database. It works again by itself once there is.
    #[error("no space is left for the database")]
    Full,
    /// The database cannot be used at the moment.
    #[error("the database is not available")]
    Unavailable(#[source] SharedError),
    /// The database's file was deleted, or another one is in its place. Nothing is stored any more: it would be lost.
    #[error("{what}")]
    Replaced {
        /// What has become of it.
        what: String,
        /// Why what it held could not be saved.
        source: Option<SharedError>,
    },
    /// What was read is not what this version writes.
    #[error("the database holds something unexpected")]
    Unexpected(#[source] SharedError),
}

impl StoreError {
    /// The database cannot be used at the moment, because of an error or for a reason in words.
    pub fn unavailable(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(shared_error(why))
    }

    /// What was read is not what this version writes.
    pub fn unexpected(what: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unexpected(shared_error(what))
    }
}

impl ForPeople for StoreError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Full | Self::Replaced { source: None, .. } => UserMessage::new(self.to_string()),
            Self::Unavailable(source)
            | Self::Unexpected(source)
            | Self::Replaced { source: Some(source), .. } => {
                UserMessage::new(format!("{self}: {}", source.for_people()))
            }
        }
    }
}
