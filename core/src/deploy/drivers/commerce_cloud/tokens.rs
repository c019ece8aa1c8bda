//! The access tokens that the platform has given for API tokens. They live for a quarter of an hour.

use crate::model::UnixMillis;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A token is renewed so long before its end.
const MARGIN: Duration = Duration::from_secs(30);

/// An access token.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) token: String,
    pub(super) until: UnixMillis,
}

/// One renews, and all others wait for that: their lock is held over the call.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Access>>>;

/// The access tokens of all projects, as long as the server runs.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<(String, String), Slot>>);

impl Tokens {
    /// The place of the access token for an API token at an address.
    pub(super) fn slot(&self, auth: &str, api_token: &str) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((auth.to_owned(), api_token.to_owned())).or_default())
    }
}

impl Access {
    /// Whether it can be used: it is not the one that was refused, and lives for a while yet.
    pub(super) fn is_good(&self, refused: Option<&str>, now: UnixMillis) -> bool {
        refused != Some(&*self.token) && self.until > now + MARGIN
    }
}
