//! Words for people, told from what is logged by their type.

use super::credentials::without_credentials;
use super::error_chain::{ErrorContext, SharedError};
use std::fmt;
use std::io;

/// Words for people: what a check, a comment, a status or the command line shows. They say what is wrong and, where
/// it helps, what to do; never a `Debug` text, and no credentials.
///
/// An error becomes one by [`ForPeople`] alone, and for the log by [`super::error_chain`], so that the one is not taken
/// for the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UserMessage(String);

impl UserMessage {
    /// Makes one of words that were written for people. What looks like a credential in what was put into them is left
    /// out.
    pub fn new(words: impl AsRef<str>) -> Self {
        Self(without_credentials(words.as_ref()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for UserMessage {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<UserMessage> for String {
    fn from(message: UserMessage) -> Self {
        message.0
    }
}

impl fmt::Display for UserMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// An error that can be put into words for people.
pub trait ForPeople {
    /// What went wrong, for whoever looks at a check, a comment or the command line.
    fn for_people(&self) -> UserMessage;
}

impl ForPeople for io::Error {
    /// What the system said, without the path that some add and without its number.
    fn for_people(&self) -> UserMessage {
        let said = match self.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number).to_string(),
            None => self.to_string(),
        };
        UserMessage::new(said.split(" (os error").next().unwrap_or_default())
    }
}

impl ForPeople for ErrorContext {
    /// What was done or used, and what lies beneath.
    fn for_people(&self) -> UserMessage {
        UserMessage::new(format!("{self}: {}", self.error().for_people()))
    }
}

impl ForPeople for SharedError {
    /// What lies beneath another error, whichever it is.
    fn for_people(&self) -> UserMessage {
        if let Some(context) = self.downcast_ref::<ErrorContext>() {
            return context.for_people();
        }
        self.downcast_ref::<io::Error>()
            .map_or_else(|| UserMessage::new(self.to_string()), ForPeople::for_people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_see_holds_no_credentials() {
        let shown = UserMessage::new("https://me:hunter2@host did not answer");
        assert_eq!(shown.as_str(), "https://…@host did not answer");
    }
}
