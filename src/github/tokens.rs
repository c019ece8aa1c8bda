use super::error::ApiError;
use crate::model::{InstallationId, Millis};
use serde_json::json;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// What an installation token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Calling the API with all the rights the installation has granted.
    Api,
    /// Reading with git, and nothing else: it leaves this process, into git's environment.
    Git,
    /// Pushing a new branch with git, because somebody pressed a button.
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
const SPARE: Millis = 5 * 60_000;

/// GitHub's answer to a request for a token.
#[derive(serde::Deserialize)]
pub(super) struct Granted {
    token: String,
    expires_at: chrono::DateTime<chrono::Utc>,
}

/// A refusal may come of rights that a token does not have yet; one that is younger has them all.
const YOUNG: Millis = 60_000;

struct Held {
    token: String,
    until: Millis,
    made_at: Millis,
}

#[derive(Default)]
struct Slot {
    held: Option<Held>,
    /// Counts the tokens: only the one that was refused is forgotten, not one that replaced it.
    generation: u64,
    /// How the last request ended, if it failed.
    failure: Option<ApiError>,
}

/// A slot has a lock of its own, so that waiting for one token holds up nobody who needs another.
#[derive(Default)]
struct Place {
    slot: Mutex<Slot>,
    /// How many requests have ended. Whoever sees it change while waiting shares that request's end.
    ended: AtomicU64,
}

/// The installations' tokens: each is asked for once, however many need it at the same time.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Slots>);

type Slots = HashMap<(InstallationId, Scope), Arc<Place>>;

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// The token for this use and its generation; `ask` is awaited only where none is held. Callers
    /// that come meanwhile wait for the same answer, be it a failure.
    pub(super) async fn get(
        &self,
        id: InstallationId,
        scope: Scope,
        now: Millis,
        ask: impl Future<Output = Result<Granted, ApiError>>,
    ) -> Result<(String, u64), ApiError> {
        let place = Arc::clone(self.0.lock().await.entry((id, scope)).or_default());
        let before = place.ended.load(Ordering::Acquire);
        let mut slot = place.slot.lock().await;
        if let Some(held) = &slot.held
            && held.until - SPARE > now
        {
            return Ok((held.token.clone(), slot.generation));
        }
        if place.ended.load(Ordering::Acquire) != before
            && let Some(failure) = &slot.failure
        {
            return Err(failure.clone());
        }
        let asked = ask.await;
        place.ended.fetch_add(1, Ordering::Release);
        match asked {
            Ok(Granted { token, expires_at }) => {
                slot.generation += 1;
                let until = expires_at.timestamp_millis();
                slot.held = Some(Held { token: token.clone(), until, made_at: now });
                slot.failure = None;
                Ok((token, slot.generation))
            }
            Err(failure) => {
                slot.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Forgets the token for this use, whichever it is.
    pub(super) async fn drop_held(&self, id: InstallationId, scope: Scope) {
        let place = self.0.lock().await.get(&(id, scope)).map(Arc::clone);
        if let Some(place) = place {
            place.slot.lock().await.held = None;
        }
    }

    /// Forgets the token for calls where it was made a while ago: rights may have been granted since.
    pub(super) async fn forget_old(&self, id: InstallationId, generation: u64, now: Millis) {
        let place = self.0.lock().await.get(&(id, Scope::Api)).map(Arc::clone);
        if let Some(place) = place {
            let mut slot = place.slot.lock().await;
            let is_it = slot.generation == generation;
            if is_it && slot.held.as_ref().is_some_and(|it| !(0..YOUNG).contains(&(now - it.made_at))) {
                slot.held = None;
            }
        }
    }

    /// Forgets a token that GitHub refused, unless it has been replaced already.
    pub(super) async fn forget(&self, id: InstallationId, scope: Scope, generation: u64) {
        let place = self.0.lock().await.get(&(id, scope)).map(Arc::clone);
        if let Some(place) = place {
            let mut slot = place.slot.lock().await;
            if slot.generation == generation {
                slot.held = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    const ID: InstallationId = InstallationId(1);

    fn granted(minute: i64) -> Granted {
        let expires_at = chrono::DateTime::from_timestamp(minute * 60, 0).unwrap();
        Granted { token: format!("until minute {minute}"), expires_at }
    }

    #[tokio::test]
    async fn many_callers_cost_one_request() {
        let (tokens, asked) = (Tokens::default(), AtomicU32::new(0));
        let get = || {
            tokens.get(ID, Scope::Api, 0, async {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(granted(60))
            })
        };
        let (a, b, c) = tokio::join!(get(), get(), get());
        assert_eq!((a.unwrap().1, b.unwrap().1, c.unwrap().1), (1, 1, 1));
        assert_eq!(asked.into_inner(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_by_nobody_later() {
        let (tokens, asked) = (Tokens::default(), AtomicU32::new(0));
        let get = || {
            tokens.get(ID, Scope::Api, 0, async {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Err(ApiError::Failed { call: "POST /access_tokens".to_owned(), status: 502 })
            })
        };
        let (a, b, c) = tokio::join!(get(), get(), get());
        assert!(a.is_err() && b.is_err() && c.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(get().await.is_err());
        assert_eq!(asked.into_inner(), 2);
    }

    #[tokio::test]
    async fn a_token_is_replaced_before_it_ends_and_when_refused() {
        let tokens = Tokens::default();
        let at = |minute: i64, next: i64| {
            let tokens = &tokens;
            async move { tokens.get(ID, Scope::Api, minute * 60_000, async { Ok(granted(next)) }).await.unwrap() }
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
            async move { tokens.get(ID, Scope::Api, minute * 60_000, async { Ok(granted(60)) }).await.unwrap().1 }
        };
        assert_eq!(at(0).await, 1);
        tokens.forget_old(ID, 1, 59_999).await;
        assert_eq!(at(1).await, 1, "it has been made just now");
        tokens.forget_old(ID, 1, 60_000).await;
        assert_eq!(at(1).await, 2);
        tokens.forget_old(ID, 1, 600_000).await;
        assert_eq!(at(2).await, 2, "it has been replaced already");
    }
}
