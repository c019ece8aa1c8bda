use super::error::ApiError;
use super::single_flight::SingleFlight;
use crate::model::{InstallationId, UnixMillis};
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What an installation token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Calling the API with all the rights the installation has granted.
    Api,
    /// Reading with git, and nothing else: it leaves this process, into git's environment.
    Git,
    /// Pushing a new branch with git: one that somebody has asked for, or one that carries a merged hotfix back.
    Push,
}

impl Scope {
    pub(super) fn request_body(self) -> Option<serde_json::Value> {
        match self {
            Self::Api => None,
            Self::Git => Some(json!({ "permissions": { "contents": "read", "metadata": "read" } })),
            Self::Push => Some(json!({ "permissions": { "contents": "write", "metadata": "read" } })),
        }
    }
}

/// How long before its end a token is no longer handed out, so that no call starts with one that ends
/// on the way.
const SPARE: Duration = Duration::from_secs(5 * 60);

/// GitHub's answer to a request for a token.
#[derive(serde::Deserialize)]
pub(super) struct Granted {
    token: String,
    expires_at: chrono::DateTime<chrono::Utc>,
}

/// A refusal may come of rights that a token does not have yet; one that is younger has them all.
const YOUNG: Duration = Duration::from_secs(60);

#[derive(Clone)]
struct Token {
    text: String,
    until: UnixMillis,
    made_at: UnixMillis,
    /// Counts the tokens: only the one that was refused is forgotten, not one that replaced it.
    generation: u64,
}

/// One use's token.
#[derive(Default)]
struct TokenSlot {
    flight: SingleFlight<Token, ApiError>,
    generations: AtomicU64,
}

/// The installations' tokens: each is asked for once, however many need it at the same time.
#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<(InstallationId, Scope), Arc<TokenSlot>>>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    fn place(&self, id: InstallationId, scope: Scope) -> Arc<TokenSlot> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry((id, scope)).or_default())
    }

    /// The token for this use and its generation; `ask` is awaited only where none is held.
    pub(super) async fn get(
        &self,
        id: InstallationId,
        scope: Scope,
        now: UnixMillis,
        ask: impl Future<Output = Result<Granted, ApiError>>,
    ) -> Result<(String, u64), ApiError> {
        let place = self.place(id, scope);
        // Else it would be a part of every future that needs a token.
        let ask = Box::pin(ask);
        let ask = async {
            let Granted { token, expires_at } = ask.await?;
            let generation = place.generations.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(Token { text: token, until: expires_at.into(), made_at: now, generation })
        };
        let held = place.flight.get(|held| held.until - SPARE > now, ask).await?;
        Ok((held.text, held.generation))
    }

    /// Forgets the token for this use where it is one that is meant.
    async fn forget_where(&self, id: InstallationId, scope: Scope, is_meant: impl FnOnce(&Token) -> bool) {
        let place = self.place(id, scope);
        let mut slot = place.flight.lock().await;
        if slot.answer.as_ref().is_some_and(is_meant) {
            slot.answer = None;
        }
    }

    /// Forgets the token for this use, whichever it is.
    pub(super) async fn drop_held(&self, id: InstallationId, scope: Scope) {
        self.forget_where(id, scope, |_| true).await;
    }

    /// Forgets the token for calls where it was made a while ago: rights may have been granted since.
    pub(super) async fn forget_old(&self, id: InstallationId, generation: u64, now: UnixMillis) {
        let is_old = |held: &Token| {
            held.generation == generation && !(held.made_at..held.made_at + YOUNG).contains(&now)
        };
        self.forget_where(id, Scope::Api, is_old).await;
    }

    /// Forgets a token that GitHub refused, unless it has been replaced already.
    pub(super) async fn forget(&self, id: InstallationId, scope: Scope, generation: u64) {
        self.forget_where(id, scope, |held| held.generation == generation).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: InstallationId = InstallationId(1);

    fn granted(minute: i64) -> Granted {
        let expires_at = chrono::DateTime::from_timestamp(minute * 60, 0).unwrap();
        Granted { token: format!("until minute {minute}"), expires_at }
    }

    #[tokio::test]
    async fn a_token_is_replaced_before_it_ends_and_when_refused() {
        let tokens = Tokens::default();
        let at = |minute: i64, next: i64| {
            let tokens = &tokens;
            async move {
                tokens
                    .get(ID, Scope::Api, UnixMillis(minute * 60_000), async { Ok(granted(next)) })
                    .await
                    .unwrap()
            }
        };
        assert_eq!(at(0, 60).await, ("until minute 60".to_owned(), 1));
        assert_eq!(at(54, 99).await, ("until minute 60".to_owned(), 1));
        assert_eq!(at(55, 115).await, ("until minute 115".to_owned(), 2));
        tokens.forget(ID, Scope::Api, 1).await;
        assert_eq!(at(56, 116).await.1, 2, "a late refusal of the old token must not drop the new one");
        tokens.forget(ID, Scope::Api, 2).await;
        assert_eq!(at(56, 116).await.1, 3);
    }

    #[tokio::test]
    async fn what_is_refused_asks_for_new_rights_but_not_every_time() {
        let tokens = Tokens::default();
        let at = |minute: i64| {
            let tokens = &tokens;
            async move {
                tokens
                    .get(ID, Scope::Api, UnixMillis(minute * 60_000), async { Ok(granted(60)) })
                    .await
                    .unwrap()
                    .1
            }
        };
        assert_eq!(at(0).await, 1);
        tokens.forget_old(ID, 1, UnixMillis(59_999)).await;
        assert_eq!(at(1).await, 1, "it has been made just now");
        tokens.forget_old(ID, 1, UnixMillis(60_000)).await;
        assert_eq!(at(1).await, 2);
        tokens.forget_old(ID, 1, UnixMillis(600_000)).await;
        assert_eq!(at(2).await, 2, "it has been replaced already");
    }
}
