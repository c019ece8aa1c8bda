//! The App itself, as GitHub has it.

use super::access::{Access, AccessState, OURSELVES};
use super::api::{Api, Call, Caller};
use super::error::ApiError;
use crate::model::Grants;
use http::Method;
use serde::Deserialize;
use tokio::sync::watch;

/// The App as GitHub has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RegisteredAppJson {
    /// What people call it.
    pub name: String,
    /// Its name in addresses.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its page.
    #[serde(default)]
    pub html_url: Option<String>,
    /// What it asks its installations for; `None` where GitHub does not say.
    #[serde(flatten)]
    pub grants: Option<Grants>,
}

impl Api {
    /// The App that we are.
    pub async fn app(&self) -> Result<RegisteredAppJson, ApiError> {
        let call = Call { caller: Caller::App, method: Method::GET, path: OURSELVES, body: None };
        let app = match self.send(call).await {
            Ok(answer) => answer.read(),
            Err(error) => Err(error),
        };
        let access = match &app {
            Ok(_) => Some(Access::Accepted),
            Err(ApiError::NotFound { .. }) => Some(Access::Refused),
            Err(ApiError::Unreadable { .. }) => Some(Access::Unreachable),
            Err(error) => {
                // What else comes is an answer, or one that has told us to wait.
                let unknown = || (self.access() == Access::Unreachable).then_some(Access::Unknown);
                Access::shown_by(error).or_else(unknown)
            }
        };
        self.access.note(access, app.as_ref().err(), self.clock_ahead());
        app
    }
    /// Whether GitHub accepts our credentials.
    pub fn access(&self) -> Access {
        self.access.now()
    }

    /// Whether GitHub answered nothing when we last asked for ourselves.
    pub fn answers_nobody(&self) -> bool {
        self.access.answers_nobody()
    }

    /// Ends when several calls in a row were not answered, in whoever's name: whether GitHub can be reached is worth asking.
    pub async fn may_be_away(&self) {
        self.access.suspected().await;
    }

    /// Tells each change of it, and first how it is.
    pub fn access_changes(&self) -> watch::Receiver<AccessState> {
        self.access.subscribe()
    }
}
