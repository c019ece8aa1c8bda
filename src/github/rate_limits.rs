//! GitHub's rate limits: who was told to wait calls no more until then.

use super::caller::Caller;
use super::error::ApiError;
use crate::model::{UnixMillis, UnixSeconds};
use chrono::DateTime;
use http::{HeaderMap, StatusCode, header};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The wait when GitHub names none, as its best practices ask.
const UNNAMED_WAIT: Duration = Duration::from_secs(60);
/// The shortest wait: a moment that seems to have passed need not have by GitHub's clock.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait believed, so that a wrong header cannot stop an installation for ever.
const WAIT_MAX: Duration = Duration::from_secs(65 * 60);

/// Until when each caller has to wait.
#[derive(Debug, Default)]
pub(super) struct RateLimits(Mutex<HashMap<Caller, UnixMillis>>);

impl RateLimits {
    /// Whether `caller` may call now.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`] where GitHub has told them to wait.
    pub(super) fn check(&self, caller: Caller, now: UnixMillis) -> Result<(), ApiError> {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(caller, until);
        Some(until)
    }
}

/// The time by the clock of who answers.
pub(super) fn date_in(headers: &HeaderMap) -> Option<UnixMillis> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc().into())
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

    fn wait(status: u16, headers: &[(&'static str, &str)], message: &str) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        rate_limit_wait(StatusCode::from_u16(status).unwrap(), &map, message, UnixMillis(1_000_000))
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
