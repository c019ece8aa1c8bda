//! Failures as data, planted while the stand-in runs.
//!
//! ```no_run
//! # async fn story(github: &towpath_sandbox::Sandbox) {
//! github.faults().rest("POST", "/repos/*/check-runs").status(502).times(2);
//! github.faults().webhook("pull_request", "opened").lose().times(1);
//! # }
//! ```

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::Refused;

/// What happens to a REST or git request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RestEffect {
    Status {
        status: u16,
        content_type: String,
        body: String,
    },
    /// Waits, then goes on as if nothing had been; `None` waits for [`Faults::release`].
    Hang(Option<Duration>),
    /// The request takes effect; the answer waits for [`Faults::release`].
    HoldAnswer,
    /// The connection is dropped before anything happened.
    ResetBefore,
    /// The request takes effect, and the connection is dropped instead of an answer.
    ResetAfter,
    RateLimited {
        retry_after: u64,
    },
    /// The request takes effect, and its answer breaks off after so many bytes.
    CutShort(usize),
    /// It is sent on to another address.
    Redirect(String),
}

/// What happens to a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookEffect {
    /// Not handed over, but logged as failed.
    Lose,
    /// Not handed over and nowhere logged.
    Vanish,
    Double,
    DelayBy(u32),
    DelayFor(Duration),
    /// Gathered with its like for that long, then all are handed over, last one first.
    ReverseWithin(Duration),
    Hold,
}

/// In which order held webhooks are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they happened.
    AsSent,
    /// Last one first.
    Reversed,
    /// Shuffled; the same seed shuffles the same way.
    Shuffled(u64),
}

#[derive(Debug, Clone)]
struct Planted<E> {
    id: u64,
    first: String,
    second: String,
    effect: E,
    spared: u32,
    left: Option<u32>,
    hits: u32,
}

impl<E: Clone> Planted<E> {
    fn take(list: &mut [Self], matches: impl Fn(&Self) -> bool) -> Option<E> {
        for found in list.iter_mut().filter(|fault| fault.left != Some(0) && matches(fault)) {
            if found.spared > 0 {
                found.spared -= 1;
                continue;
            }
            found.left = found.left.map(|left| left - 1);
            found.hits += 1;
            return Some(found.effect.clone());
        }
        None
    }
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    rest: Vec<Planted<RestEffect>>,
    hooks: Vec<Planted<HookEffect>>,
}

/// The book of planted failures. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    book: Arc<Mutex<Book>>,
    released: Arc<Notify>,
    held: Arc<AtomicU64>,
}

impl Faults {
    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Requests whose method and path match these globs; `*` stands for any characters, slashes too, and a `!` before a glob
    /// for all that it does not match. Git requests are meant as well: `/*/info/refs`.
    pub fn rest(&self, method: &str, path: &str) -> RestMatcher {
        RestMatcher { faults: self.clone(), method: method.to_owned(), path: path.to_owned() }
    }

    /// Webhooks of this event and action (`*`: any, also none).
    pub fn webhook(&self, event: &str, action: &str) -> HookMatcher {
        HookMatcher { faults: self.clone(), event: event.to_owned(), action: action.to_owned() }
    }

    /// Lets all requests go on that hang until released.
    pub fn release(&self) {
        self.released.notify_waiters();
    }

    /// Removes all planted failures and lets hanging requests go on.
    pub fn clear(&self) {
        self.with(|book| {
            book.rest.clear();
            book.hooks.clear();
        });
        self.release();
    }

    /// How many requests have come to wait for [`Faults::release`] so far, those that have gone on too.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::SeqCst)
    }

    pub(crate) async fn wait_for_release(&self) {
        let released = self.released.notified();
        tokio::pin!(released);
        // Whoever sees the count may release at once, and must not be missed.
        released.as_mut().enable();
        self.held.fetch_add(1, Ordering::SeqCst);
        released.await;
    }

    pub(crate) fn rest_effect(&self, method: &str, path: &str) -> Option<RestEffect> {
        self.with(|book| {
            Planted::take(&mut book.rest, |fault| fits(&fault.first, method) && fits(&fault.second, path))
        })
    }

    pub(crate) fn hook_effect(&self, event: &str, action: Option<&str>) -> Option<HookEffect> {
        self.with(|book| {
            Planted::take(&mut book.hooks, |fault| {
                glob(&fault.first, event) && glob(&fault.second, action.unwrap_or_default())
            })
        })
    }
}

/// A matcher for requests; say what should happen to them.
#[derive(Debug)]
pub struct RestMatcher {
    faults: Faults,
    method: String,
    path: String,
}

impl RestMatcher {
    fn plant(self, effect: RestEffect) -> Fault {
        let id = self.faults.with(|book| {
            book.next += 1;
            book.rest.push(Planted {
                id: book.next,
                first: self.method,
                second: self.path,
                effect,
                spared: 0,
                left: None,
                hits: 0,
            });
            book.next
        });
        Fault { faults: self.faults, id }
    }

    /// Answers this status with an HTML page, as GitHub's front does when it is ill.
    pub fn status(self, status: u16) -> Fault {
        let body = format!("<html><body><h1>{status}</h1>Unicorn!</body></html>");
        self.answer(status, "text/html; charset=utf-8", &body)
    }

    /// Answers exactly this.
    pub fn answer(self, status: u16, content_type: &str, body: &str) -> Fault {
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        self.plant(RestEffect::Status { status, content_type, body })
    }

    /// Sends it on to this address.
    pub fn redirect(self, to: &str) -> Fault {
        self.plant(RestEffect::Redirect(to.to_owned()))
    }

    /// Refuses it in GitHub's form, with this status and sentence.
    pub fn refuse(self, status: u16, message: &str) -> Fault {
        let body = Refused::new(status, message).json().to_string();
        self.answer(status, "application/json; charset=utf-8", &body)
    }

    /// Keeps the request waiting that long, then lets it go on.
    pub fn hang(self, duration: Duration) -> Fault {
        self.plant(RestEffect::Hang(Some(duration)))
    }

    /// Keeps the request waiting until [`Faults::release`].
    pub fn hang_until_released(self) -> Fault {
        self.plant(RestEffect::Hang(None))
    }

    /// Lets the request take effect and keeps its answer until [`Faults::release`].
    pub fn hold_answer(self) -> Fault {
        self.plant(RestEffect::HoldAnswer)
    }

    /// Drops the connection; nothing takes effect.
    pub fn reset(self) -> Fault {
        self.plant(RestEffect::ResetBefore)
    }

    /// Lets the request take effect, then drops the connection instead of answering.
    pub fn reset_after(self) -> Fault {
        self.plant(RestEffect::ResetAfter)
    }

    /// Lets the request take effect, and breaks its answer off after so many bytes.
    pub fn cut_short(self, after: usize) -> Fault {
        self.plant(RestEffect::CutShort(after))
    }

    /// Answers 403 as GitHub's secondary rate limit does, with `Retry-After` in seconds.
    pub fn rate_limited(self, retry_after: u64) -> Fault {
        self.plant(RestEffect::RateLimited { retry_after })
    }
}

/// A matcher for webhooks; say what should happen to them.
#[derive(Debug)]
pub struct HookMatcher {
    faults: Faults,
    event: String,
    action: String,
}

impl HookMatcher {
    fn plant(self, effect: HookEffect) -> Fault {
        let id = self.faults.with(|book| {
            book.next += 1;
            book.hooks.push(Planted {
                id: book.next,
                first: self.event,
                second: self.action,
                effect,
                spared: 0,
                left: None,
                hits: 0,
            });
            book.next
        });
        Fault { faults: self.faults, id }
    }

    /// Does not hand it over; the log of deliveries shows a failed one, which can be redelivered.
    pub fn lose(self) -> Fault {
        self.plant(HookEffect::Lose)
    }

    /// Never sends it, and no log knows of it.
    pub fn vanish(self) -> Fault {
        self.plant(HookEffect::Vanish)
    }

    /// Hands it over twice, with the same GUID.
    pub fn double(self) -> Fault {
        self.plant(HookEffect::Double)
    }

    /// Hands it over after that many later ones. Waiting like this does not keep the stand-in from
    /// being settled.
    pub fn delay_by(self, others: u32) -> Fault {
        self.plant(HookEffect::DelayBy(others))
    }

    /// Hands it over that much later; others overtake it.
    pub fn delay_for(self, duration: Duration) -> Fault {
        self.plant(HookEffect::DelayFor(duration))
    }

    /// Gathers it and its like for that long by the machine's clock, and hands them over last one first.
    pub fn reverse_within(self, duration: Duration) -> Fault {
        self.plant(HookEffect::ReverseWithin(duration))
    }

    /// Keeps it until [`crate::Sandbox::release_webhooks`].
    pub fn hold(self) -> Fault {
        self.plant(HookEffect::Hold)
    }
}

/// A planted failure. It strikes every time unless told otherwise; dropping this changes nothing.
#[derive(Debug)]
pub struct Fault {
    faults: Faults,
    id: u64,
}

impl Fault {
    /// Lets that many pass unharmed before it strikes.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn after(self, others: u32) -> Self {
        self.faults.with(|book| {
            let rest = book.rest.iter_mut().filter(|fault| fault.id == self.id);
            let hooks = book.hooks.iter_mut().filter(|fault| fault.id == self.id);
            rest.map(|fault| &mut fault.spared)
                .chain(hooks.map(|fault| &mut fault.spared))
                .for_each(|spared| *spared = others);
        });
        self
    }

    /// Strikes only that many times.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn times(self, times: u32) -> Self {
        self.faults.with(|book| {
            let rest = book.rest.iter_mut().filter(|fault| fault.id == self.id);
            let hooks = book.hooks.iter_mut().filter(|fault| fault.id == self.id);
            rest.map(|fault| &mut fault.left)
                .chain(hooks.map(|fault| &mut fault.left))
                .for_each(|left| *left = Some(times));
        });
        self
    }

    /// How often it has struck.
    pub fn hits(&self) -> u32 {
        self.faults.with(|book| {
            let rest = book.rest.iter().filter(|fault| fault.id == self.id).map(|fault| fault.hits);
            let hooks = book.hooks.iter().filter(|fault| fault.id == self.id).map(|fault| fault.hits);
            rest.chain(hooks).sum()
        })
    }

    /// Takes it out of the book.
    pub fn remove(self) {
        self.faults.with(|book| {
            book.rest.retain(|fault| fault.id != self.id);
            book.hooks.retain(|fault| fault.id != self.id);
        });
    }
}

/// Whether a word matches a glob, or, after a `!`, does not.
fn fits(wanted: &str, word: &str) -> bool {
    match wanted.strip_prefix('!') {
        Some(other) => !glob(other, word),
        None => glob(wanted, word),
    }
}

/// Whether a text matches a pattern in which `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(glob("/repos/*/check-runs", "/repos/acme/store/check-runs"));
        assert!(!glob("/repos/*/check-runs", "/repos/acme/store/check-runs/7"));
        assert!(glob("*", "") && glob("a*b*c", "a--b--c") && glob("a", "a"));
        assert!(!glob("a", "ab") && !glob("a*b", "a"));
    }

    #[test]
    fn a_fault_strikes_as_often_as_said() {
        let faults = Faults::default();
        let fault = faults.rest("POST", "/x").status(502).times(2);
        let struck = (0..3).filter_map(|_| faults.rest_effect("POST", "/x")).count();
        assert_eq!((struck, fault.hits()), (2, 2));
        assert!(faults.rest_effect("GET", "/x").is_none());
    }

    #[test]
    fn a_fault_spares_as_many_as_said() {
        let faults = Faults::default();
        faults.rest("*", "*").status(502).after(2).times(1);
        let struck: Vec<_> = (0..4).map(|_| faults.rest_effect("GET", "/x").is_some()).collect();
        assert_eq!(struck, [false, false, true, false]);
    }

    #[tokio::test]
    async fn what_waits_for_release_is_counted_and_let_go() {
        let faults = Faults::default();
        let waiting = tokio::spawn({
            let faults = faults.clone();
            async move { faults.wait_for_release().await }
        });
        while faults.held() == 0 {
            tokio::task::yield_now().await;
        }
        faults.release();
        waiting.await.unwrap();
    }
}
