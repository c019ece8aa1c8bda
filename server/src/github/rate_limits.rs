//! GitHub's rate limits: who was told to wait calls no more until then.

use super::caller::Caller;
use super::error::ApiError;
use crate::model::{UnixMillis, UnixSeconds};
use chrono::{DateTime, TimeDelta};
use http::{HeaderMap, StatusCode, header};
use octocrab::models::Rate;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The wait when GitHub names none, as its best practices ask.
const UNNAMED_WAIT: Duration = Duration::from_secs(60);
/// The shortest wait: a moment that seems to have passed need not have by GitHub's clock.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait believed, so that a wrong header cannot stop an installation for ever.
const WAIT_MAX: Duration = Duration::from_secs(65 * 60);

/// What is left of a budget of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many requests there are in all.
    pub limit: u64,
    /// How many of them are left.
    pub remaining: u64,
    /// When there are all of them again, by GitHub's clock.
    pub renewed_at: UnixSeconds,
}

impl From<Rate> for Budget {
    fn from(rate: Rate) -> Self {
        let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        let renewed_at = UnixSeconds(rate.reset.try_into().unwrap_or(i64::MAX));
        Self { limit: number(rate.limit), remaining: number(rate.remaining), renewed_at }
    }
}

/// Until when each caller has to wait, and what is left of their budgets.
#[derive(Debug, Default)]
pub(super) struct RateLimits {
    waits: Mutex<HashMap<Caller, UnixMillis>>,
    budgets: Mutex<HashMap<Caller, Budget>>,
}

impl RateLimits {
    /// Whether `caller` may call now.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] where GitHub has told them to wait.
    pub(super) fn check(&self, caller: Caller, now: UnixMillis) -> Result<(), ApiError> {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        match waits.get(&caller) {
            // Past the longest wait, it was set by a clock that has been set back since.
            Some(&until) if until > now && until <= now + WAIT_MAX => Err(ApiError::RateLimited { until }),
            Some(_) => {
                waits.remove(&caller);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Until when `caller` has to wait from now on, if that is what the answer says.
    pub(super) fn set_by(
        &self,
        (status, headers): (StatusCode, &HeaderMap),
        message: &str,
        caller: Caller,
        now: UnixMillis,
    ) -> Option<UnixMillis> {
        let wait = rate_limit_wait(status, headers, message, now)?;
        let until = now + wait.clamp(WAIT_MIN, WAIT_MAX);
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).insert(caller, until);
        Some(until)
    }

    /// Notes what an answer tells of the caller's budget. Searches and some others have budgets of their own.
    pub(super) fn note_budget(&self, caller: Caller, headers: &HeaderMap) {
        if let Some(budget) = budget_in(headers) {
            self.budgets.lock().unwrap_or_else(PoisonError::into_inner).insert(caller, budget);
        }
    }

    /// What is left of each budget: all of it once it was renewed.
    pub(super) fn budgets(&self, now: UnixMillis, clock_ahead: TimeDelta) -> Vec<(Caller, Budget)> {
        let now = UnixMillis(now.0.saturating_sub(clock_ahead.num_milliseconds())).to_seconds();
        let budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |budget: Budget| {
            let is_renewed = budget.renewed_at <= now;
            Budget { remaining: if is_renewed { budget.limit } else { budget.remaining }, ..budget }
        };
        budgets.iter().map(|(caller, budget)| (*caller, left(*budget))).collect()
    }
}

/// The time by the clock of who answers.
pub(super) fn date_in(headers: &HeaderMap) -> Option<UnixMillis> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc().into())
}

fn budget_in(headers: &HeaderMap) -> Option<Budget> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if text("x-ratelimit-resource").is_some_and(|resource| resource != "core") {
        return None;
    }
    let number = |name: &str| text(name)?.parse::<u64>().ok();
    Some(Budget {
        limit: number("x-ratelimit-limit")?,
        remaining: number("x-ratelimit-remaining")?,
        renewed_at: UnixSeconds(number("x-ratelimit-reset")?.try_into().ok()?),
    })
}

/// How long to wait, if the answer means that there were too many calls. The order of the headers is
/// that of GitHub's best practices.
fn rate_limit_wait(
    status: StatusCode,
    headers: &HeaderMap,
    message: &str,
    now: UnixMillis,
) -> Option<Duration> {
    if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds.try_into().unwrap_or(0)));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        // By GitHub's clock where the answer tells it: by ours the moment might seem to have passed.
        let now = date_in(headers).unwrap_or(now);
        let reset = number("x-ratelimit-reset").map(|at| UnixSeconds(at).to_millis().since(now));
        return Some(reset.unwrap_or(UNNAMED_WAIT));
    }
    let limited = status == StatusCode::TOO_MANY_REQUESTS || message.to_lowercase().contains("rate limit");
    limited.then_some(UNNAMED_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn wait(status: u16, headers: &[(&'static str, &str)], message: &str) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        rate_limit_wait(StatusCode::from_u16(status).unwrap(), &map, message, UnixMillis(1_000_000))
    }

    #[test]
    fn a_budget_is_whole_again_once_it_was_renewed() {
        let limits = RateLimits::default();
        let tell = |resource: &str, remaining: &str| {
            let mut headers = HeaderMap::new();
            let told =
                [("resource", resource), ("limit", "5000"), ("remaining", remaining), ("reset", "100")];
            for (name, value) in told {
                let name = HeaderName::try_from(format!("x-ratelimit-{name}")).unwrap();
                headers.insert(name, value.parse().unwrap());
            }
            limits.note_budget(Caller::App, &headers);
        };
        let left = |now: i64, ahead: i64| {
            let budgets = limits.budgets(UnixMillis(now * 1_000), TimeDelta::seconds(ahead));
            budgets.into_iter().map(|(_, budget)| budget.remaining).collect::<Vec<_>>()
        };
        assert_eq!(left(50, 0), [0; 0]);
        tell("core", "12");
        tell("search", "3");
        assert_eq!((left(99, 0), left(100, 0)), (vec![12], vec![5_000]));
        assert_eq!(left(140, 50), [12], "by GitHub's clock");
        limits.note_budget(Caller::App, &HeaderMap::new());
        assert_eq!(left(99, 0), [12]);
    }

    #[test]
    fn a_rate_limit_is_told_from_a_refusal() {
        assert_eq!(wait(403, &[("retry-after", "2")], ""), Some(Duration::from_secs(2)));
        assert_eq!(wait(429, &[("retry-after", "3600")], ""), Some(Duration::from_secs(3_600)));
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1060")];
        assert_eq!(wait(403, &used_up, ""), Some(Duration::from_secs(60)));
        let by_githubs_clock = [used_up[0], used_up[1], ("date", "Thu, 01 Jan 1970 00:17:30 GMT")];
        assert_eq!(wait(403, &by_githubs_clock, ""), Some(Duration::from_secs(10)));
        assert_eq!(wait(403, &[], "You have exceeded a secondary rate limit"), Some(UNNAMED_WAIT));
        assert_eq!(wait(429, &[], ""), Some(UNNAMED_WAIT));
        assert_eq!(wait(403, &[("x-ratelimit-remaining", "12")], "Resource not accessible"), None);
        assert_eq!(wait(404, &[("retry-after", "2")], ""), None);
    }
}
