//! Who may see the set-up page: each visit began with the key of a link.

use super::choice::Choice;
use crate::engine::{KEY_LASTS, RandomBytes, fingerprint};
use crate::model::UnixMillis;
use http::{HeaderMap, HeaderValue, header};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The cookie's name.
const COOKIE: &str = "towpath_setup";

/// How many visits there may be at a time; the oldest goes.
const VISITS_MAX: usize = 20;

/// One visit.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// By which it is found.
    pub(super) id: [u8; 32],
    /// What each of its forms carries, so that no other site's does.
    pub(super) form: String,
    began_at: UnixMillis,
    /// What GitHub was handed and has to bring back, with what was chosen; once.
    pending: Option<([u8; 32], Choice)>,
}

/// All visits, by the fingerprint of their cookie.
pub(in crate::web) struct Visits {
    random: RandomBytes,
    known: Mutex<HashMap<[u8; 32], Visit>>,
}

impl Visits {
    pub(super) fn new(random: RandomBytes) -> Self {
        Self { random, known: Mutex::default() }
    }

    /// Begins a visit; answers the cookie.
    pub(super) fn begin(&self, now: UnixMillis, is_secure: bool) -> HeaderValue {
        let secret = hex::encode((self.random)());
        let id = fingerprint(&secret);
        let visit = Visit { id, form: hex::encode((self.random)()), began_at: now, pending: None };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, visit| now < visit.began_at + KEY_LASTS);
        if known.len() >= VISITS_MAX
            && let Some(oldest) = known.values().min_by_key(|it| it.began_at).map(|it| it.id)
        {
            known.remove(&oldest);
        }
        known.insert(id, visit);
        let secure = if is_secure { "; Secure" } else { "" };
        let lasts = KEY_LASTS.as_secs();
        let cookie = format!("{COOKIE}={secret}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}");
        // Hexadecimal digits and words of ours are a header's value.
        HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
    }

    /// The visit that a request belongs to.
    pub(super) fn of(&self, headers: &HeaderMap, now: UnixMillis) -> Option<Visit> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut ours = cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let visit = ours.find_map(|secret| known.get(&fingerprint(secret)))?;
        (now < visit.began_at + KEY_LASTS).then(|| visit.clone())
    }

    /// Notes what is handed to GitHub; answers the state that it has to bring back.
    pub(super) fn hand_over(&self, visit: &Visit, choice: Choice) -> String {
        let state = hex::encode((self.random)());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(visit) = known.get_mut(&visit.id) {
            visit.pending = Some((fingerprint(&state), choice));
        }
        state
    }

    /// What was chosen, where GitHub brings back what it was handed. It is taken once.
    pub(super) fn brought_back(&self, visit: &Visit, state: &str) -> Option<Choice> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = &mut known.get_mut(&visit.id)?.pending;
        if pending.as_ref().is_some_and(|(kept, _)| *kept == fingerprint(state)) {
            return pending.take().map(|(_, choice)| choice);
        }
        None
    }
}

impl Visit {
    /// Whether a form is one of this visit's.
    pub(super) fn is_own_form(&self, form: &str) -> bool {
        fingerprint(form) == fingerprint(&self.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::system_random_bytes;
    use std::sync::Arc;

    fn with(cookie: &HeaderValue) -> HeaderMap {
        let text = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::try_from(format!("other=1; {text}")).unwrap());
        headers
    }

    #[test]
    fn a_visit_is_known_by_its_cookie_for_an_hour_and_by_nothing_else() {
        let visits = Visits::new(Arc::new(system_random_bytes));
        let now = UnixMillis(1_000_000);
        let cookie = visits.begin(now, true);
        assert!(cookie.to_str().unwrap().ends_with("; HttpOnly; SameSite=Lax; Secure"));
        let other = visits.begin(now, false);
        let visit = visits.of(&with(&cookie), now).unwrap();
        let second = visits.of(&with(&other), now).unwrap();
        assert!(visit.is_own_form(&visit.form.clone()) && !visit.is_own_form(&second.form));
        assert!(visits.of(&with(&cookie), now + KEY_LASTS).is_none());
        assert!(visits.of(&HeaderMap::new(), now).is_none());
        assert!(visits.of(&with(&HeaderValue::from_static("towpath_setup=")), now).is_none());
    }

    #[test]
    fn what_github_brings_back_is_taken_once_and_by_the_same_visit() {
        let visits = Visits::new(Arc::new(system_random_bytes));
        let now = UnixMillis(1_000_000);
        let (cookie, other) = (visits.begin(now, true), visits.begin(now, true));
        let (visit, second) =
            (visits.of(&with(&cookie), now).unwrap(), visits.of(&with(&other), now).unwrap());
        let choice = Choice::new("", "acme", "https://towpath.example.com").unwrap();
        let state = visits.hand_over(&visit, choice.clone());
        assert_eq!(visits.brought_back(&second, &state), None);
        assert_eq!(visits.brought_back(&visit, "another"), None);
        assert_eq!(visits.brought_back(&visit, &state), Some(choice));
        assert_eq!(visits.brought_back(&visit, &state), None);
    }
}
