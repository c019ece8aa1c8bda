use crate::model::{SharedError, UnixMillis, shared_error};
use std::error::Error;
use std::fmt;

/// How a call to GitHub ended, when it did not end well. Holds no secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// No answer came: not connected, cut off, or too late. A write may have taken effect.
    #[error("GitHub did not answer {call}")]
    NoAnswer {
        /// Method and path.
        call: String,
        /// What happened instead.
        source: SharedError,
    },
    /// GitHub failed (5xx). A write may have taken effect.
    #[error("GitHub failed with {status} on {call}")]
    Failed {
        /// Method and path.
        call: String,
        /// The status.
        status: u16,
    },
    /// Too many calls: nothing is sent for this installation before then.
    #[error("GitHub's rate limit is used up until {until}")]
    RateLimited {
        /// When calls are welcome again.
        until: UnixMillis,
    },
    /// The installation is suspended.
    #[error("the installation is suspended")]
    Suspended,
    /// GitHub does not accept who we say we are.
    #[error("GitHub does not accept our credentials on {call}: {message}")]
    Unauthorized {
        /// Method and path.
        call: String,
        /// GitHub's words.
        message: String,
    },
    /// We may not do this.
    #[error("GitHub refuses {call}: {message}{}", missing(.needs.as_deref()))]
    Forbidden {
        /// Method and path.
        call: String,
        /// GitHub's words.
        message: String,
        /// The permissions that it asks for, in words for people, where it has named them.
        needs: Option<String>,
    },
    /// It is not there, or not for us.
    #[error("{call} was not found")]
    NotFound {
        /// Method and path.
        call: String,
    },
    /// GitHub does not take what we sent.
    #[error("GitHub answered {status} to {call}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// The status.
        status: u16,
        /// GitHub's words.
        message: String,
    },
    /// What is to be made is there already, though GitHub's lists may not show it yet.
    #[error("GitHub has it already, it says to {call}")]
    Exists {
        /// Method and path.
        call: String,
    },
    /// The answer is not what its description says.
    #[error("GitHub's answer to {call} cannot be read")]
    Unreadable {
        /// Method and path.
        call: String,
        /// What is wrong with it.
        source: SharedError,
    },
}

/// What octocrab says of a failure holds a backtrace, and what is beneath it once more: only that is kept.
#[derive(Debug)]
pub(super) struct TransportError(pub(super) octocrab::Error);

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection failed")
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

fn missing(needs: Option<&str>) -> String {
    needs.map(|needs| format!("; it asks for {needs}")).unwrap_or_default()
}

/// The permissions that GitHub names in the header of an answer, in words: `a=write,b=read; c=write` is one set or the
/// other.
pub(super) fn permissions_in_words(header: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_=,; ".contains(&byte);
    if header.len() > HEADER_MAX || !header.bytes().all(plain) {
        return None;
    }
    let set = |text: &str| {
        let each = text.split(',').map(|one| one.trim().replacen('=', ": ", 1));
        let each: Vec<String> = each.filter(|one| !one.is_empty()).collect();
        (!each.is_empty()).then(|| each.join(" and "))
    };
    let sets: Vec<String> = header.split(';').filter_map(set).collect();
    (!sets.is_empty()).then(|| format!("the permission {}", sets.join(" or ")))
}

/// No such header is longer.
const HEADER_MAX: usize = 300;

/// What to do about an [`ApiError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAdvice {
    /// It may pass by itself: try later, and look before creating.
    TryLater,
    /// Not before this moment.
    NotBefore(UnixMillis),
    /// Trying again will not help until somebody changes something.
    GiveUp,
}

impl ApiError {
    /// No answer came to `call`, because of an error or for a reason in words.
    pub(super) fn no_answer(call: impl Into<String>, why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NoAnswer { call: call.into(), source: shared_error(why) }
    }

    /// What was answered to `call`, or was to be sent with it, is not what its description says.
    pub(super) fn unreadable(call: impl Into<String>, why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreadable { call: call.into(), source: shared_error(why) }
    }

    /// Whether a write that ended so may have taken effect all the same.
    pub fn may_have_taken_effect(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::Failed { .. } | Self::Unreadable { .. })
    }

    /// What to do about it.
    pub fn retry_advice(&self) -> RetryAdvice {
        match self {
            Self::RateLimited { until } => RetryAdvice::NotBefore(*until),
            // GitHub does not know a commit for a moment after it was pushed, least of all a fork's, and says
            // 422 to a check on it.
            Self::Suspended => RetryAdvice::GiveUp,
            Self::Refused { status, .. } if ![408, 409, 422].contains(status) => RetryAdvice::GiveUp,
            // A fresh token can be answered with 403 or 404 for a moment, and rights can be granted
            // meanwhile, so refusals of that kind are tried a few times like the rest.
            Self::NoAnswer { .. }
            | Self::Failed { .. }
            | Self::Unauthorized { .. }
            | Self::Unreadable { .. }
            | Self::Forbidden { .. }
            | Self::Exists { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. } => RetryAdvice::TryLater,
        }
    }
}

/// What is not there is no failure.
pub(super) fn found<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(ApiError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_that_is_missing_is_named() {
        let named = |header| permissions_in_words(header).unwrap_or_default();
        assert_eq!(named("deployments=write"), "the permission deployments: write");
        assert_eq!(
            named("contents=write,workflows=write; administration=write"),
            "the permission contents: write and workflows: write or administration: write"
        );
        for nothing in ["", " ; ,", "a=write\u{1b}[31m", "<b>", &"a".repeat(400)] {
            assert_eq!(permissions_in_words(nothing), None, "{nothing:?}");
        }
        let refused = |needs: Option<&str>| ApiError::Forbidden {
            call: "POST /x".to_owned(),
            message: "Resource not accessible by integration".to_owned(),
            needs: needs.map(str::to_owned),
        };
        assert_eq!(
            refused(Some("the permission checks: write")).to_string(),
            "GitHub refuses POST /x: Resource not accessible by integration; it asks for the permission checks: write"
        );
        let silent = refused(None).to_string();
        assert_eq!(silent, "GitHub refuses POST /x: Resource not accessible by integration");
    }
}
