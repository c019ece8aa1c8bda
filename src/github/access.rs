//! Whether GitHub takes us for who we say we are.

use super::api::{Api, Call, Caller};
use super::error::ApiError;
use crate::model::Millis;
use http::Method;
use serde::Deserialize;
use tokio::sync::watch;

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
    /// The word for it that programs may rely on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }
}

/// The same, with what is known of the cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessState {
    /// Whether it does.
    pub access: Access,
    /// How the last call in the App's own name ended, if not well.
    pub error: Option<ApiError>,
    /// How far our clock is ahead of GitHub's, in milliseconds, by its last answer.
    pub clock_ahead: Millis,
}

/// The App as GitHub has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RegisteredApp {
    /// What people call it.
    pub name: String,
    /// Its name in addresses.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its page.
    #[serde(default)]
    pub html_url: Option<String>,
}

/// Where the App asks for itself: here, what is not found is the App.
const OURSELVES: &str = "/app";

impl Api {
    /// The App that we are.
    pub async fn app(&self) -> Result<RegisteredApp, ApiError> {
        let call = Call { caller: Caller::App, method: Method::GET, path: OURSELVES, body: None };
        let app = match self.send(call).await {
            Ok(answer) => answer.read(),
            Err(error) => Err(error),
        };
        let access = match &app {
            Ok(_) => Some(Access::Accepted),
            Err(ApiError::NotFound { .. }) => Some(Access::Refused),
            Err(ApiError::Unreadable { .. }) => Some(Access::Unreachable),
            Err(error) => shown_by(error),
        };
        self.note_access(access, app.as_ref().err());
        app
    }

    /// Whether GitHub accepts our credentials.
    pub fn access(&self) -> Access {
        self.access.borrow().access
    }

    /// Tells each change of it.
    pub fn access_changes(&self) -> watch::Receiver<AccessState> {
        self.access.subscribe()
    }

    /// Notes what a call in the App's own name shows. Of its own place, [`Api::app`] knows more.
    pub(super) fn note_call(&self, call: &Call<'_>, error: Option<&ApiError>) {
        if call.path != OURSELVES {
            self.note_access(error.map_or(Some(Access::Accepted), shown_by), error);
        }
    }

    fn note_access(&self, access: Option<Access>, error: Option<&ApiError>) {
        let Some(access) = access else { return };
        let clock_ahead = self.clock_ahead();
        self.access.send_if_modified(|state| {
            // What an unreachable server says differs from one time to the next.
            let same = state.access == access && (access != Access::Refused || state.error.as_ref() == error);
            if !same {
                *state = AccessState { access, error: error.cloned(), clock_ahead };
            }
            !same
        });
    }
}

/// What a failure shows; `None` where it shows nothing.
fn shown_by(error: &ApiError) -> Option<Access> {
    match error {
        ApiError::Unauthorized { .. } => Some(Access::Refused),
        ApiError::NoAnswer { .. } | ApiError::Failed { .. } => Some(Access::Unreachable),
        ApiError::RateLimited { .. }
        | ApiError::Suspended
        | ApiError::Forbidden { .. }
        | ApiError::NotFound { .. }
        | ApiError::Refused { .. }
        | ApiError::Unreadable { .. } => None,
    }
}
