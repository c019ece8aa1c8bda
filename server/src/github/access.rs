//! Whether GitHub takes us for who we say we are.

use super::error::ApiError;
use crate::model::error_chain;
use chrono::TimeDelta;
use std::mem::discriminant;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{Notify, watch};

/// Whether GitHub accepts our credentials, as the last call in the App's own name has shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// No such call has ended yet.
    #[default]
    Unknown,
    /// It does.
    Accepted,
    /// It does not: the key, the number or the clock is wrong.
    Refused,
    /// Nothing that speaks GitHub's API answers.
    Unreachable,
}

impl Access {
    /// All words that [`Access::as_str`] may answer.
    pub const WORDS: [&str; 4] = ["unknown", "accepted", "refused", "unreachable"];

    /// The word for it that programs may rely on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether the key, the number or the clock is wrong.
    pub fn is_refusal(self) -> bool {
        self == Self::Refused
    }

    /// What a failure shows; `None` where it shows nothing.
    pub(super) fn shown_by(error: &ApiError) -> Option<Self> {
        match error {
            ApiError::Unauthorized { .. } => Some(Self::Refused),
            ApiError::NoAnswer { .. } | ApiError::Failed { .. } => Some(Self::Unreachable),
            ApiError::RateLimited { .. }
            | ApiError::Suspended
            | ApiError::Forbidden { .. }
            | ApiError::NotFound { .. }
            | ApiError::Refused { .. }
            | ApiError::Exists { .. }
            | ApiError::Unreadable { .. } => None,
        }
    }
}

/// The same, with what is known of the cause.
#[derive(Debug, Clone, Default)]
pub struct AccessState {
    /// Whether it does.
    pub access: Access,
    /// How the last call in the App's own name ended, if not well.
    pub error: Option<ApiError>,
    /// How far our clock is ahead of GitHub's, by its last answer; negative where it is behind.
    pub clock_ahead: TimeDelta,
}

impl AccessState {
    /// Whether GitHub answers nobody: when we last asked for ourselves, nothing came. An address that fails alone, or a server
    /// that says of itself that it fails, is no reason to begin nothing: the rest may work.
    pub fn answers_nobody(&self) -> bool {
        self.access == Access::Unreachable && matches!(self.error, Some(ApiError::NoAnswer { .. }))
    }
}

/// Where the App asks for itself: here, what is not found is the App.
pub(super) const OURSELVES: &str = "/app";

/// After so many calls in a row without an answer GitHub may be away, and is asked for [`OURSELVES`]: only that tells an outage
/// from an address that fails alone.
const SUSPICIOUS: u32 = 3;

/// What the calls in the App's own name have shown, and who waits for a change of it.
#[derive(Debug, Default)]
pub(super) struct AccessWatch {
    state: watch::Sender<AccessState>,
    unanswered: AtomicU32,
    suspected: Notify,
}

impl AccessWatch {
    pub(super) fn now(&self) -> Access {
        self.state.borrow().access
    }

    pub(super) fn answers_nobody(&self) -> bool {
        self.state.borrow().answers_nobody()
    }

    /// Tells each change. The state at hand is the first one: it may have come before whoever listens, and a state that lasts
    /// does not come again.
    pub(super) fn subscribe(&self) -> watch::Receiver<AccessState> {
        let mut states = self.state.subscribe();
        states.mark_changed();
        states
    }

    /// Notes whether a call, in whoever's name, was answered.
    pub(super) fn note_answer(&self, was_answered: bool) {
        if was_answered {
            self.unanswered.store(0, Ordering::Relaxed);
            if self.answers_nobody() {
                self.note(Some(Access::Unknown), None, TimeDelta::zero());
                self.suspected.notify_one();
            }
        } else if self.unanswered.fetch_add(1, Ordering::Relaxed) + 1 == SUSPICIOUS {
            self.suspected.notify_one();
        }
    }

    /// Ends when several calls in a row were not answered.
    pub(super) async fn suspected(&self) {
        self.suspected.notified().await;
        // Whoever was told asks; what goes on without an answer is worth asking for again.
        self.unanswered.store(0, Ordering::Relaxed);
    }

    /// Notes what a call in the App's own name shows. Of [`OURSELVES`], whoever asks knows more.
    pub(super) fn note_call(&self, path: &str, error: Option<&ApiError>, clock_ahead: TimeDelta) {
        if path == OURSELVES {
            return;
        }
        match error.map_or(Some(Access::Accepted), Access::shown_by) {
            Some(Access::Unreachable) => self.suspected.notify_one(),
            access => self.note(access, error, clock_ahead),
        }
    }

    pub(super) fn note(&self, access: Option<Access>, error: Option<&ApiError>, clock_ahead: TimeDelta) {
        let Some(access) = access else { return };
        self.state.send_if_modified(|state| {
            // What an unreachable server says differs from one time to the next.
            let says = |error: Option<&ApiError>| error.map(|error| error_chain(error));
            let same = match access {
                Access::Refused => says(state.error.as_ref()) == says(error),
                Access::Unreachable => state.error.as_ref().map(discriminant) == error.map(discriminant),
                Access::Accepted | Access::Unknown => true,
            };
            let same = same && state.access == access;
            if !same {
                *state = AccessState { access, error: error.cloned(), clock_ahead };
            }
            !same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_listens_late_hears_what_came_before() {
        let access = AccessWatch::default();
        access.note(Some(Access::Refused), None, TimeDelta::zero());
        let mut states = access.subscribe();
        // What comes again is no change, so that nothing would ever be heard of it.
        access.note(Some(Access::Refused), None, TimeDelta::zero());
        assert!(states.has_changed().unwrap());
        assert_eq!(states.borrow_and_update().access, Access::Refused);
        assert!(!states.has_changed().unwrap());
    }
}
