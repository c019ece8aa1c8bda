//! Values of arguments, with errors that say what to write.

use crate::model::PullNumber;
use chrono::NaiveDate;
use std::time::Duration;

/// The most days that are looked back.
const DAYS_MAX: u32 = 3_650;

/// A pull request, as `118` or `#118`.
pub(super) fn pull_number(text: &str) -> Result<PullNumber, String> {
    let number = text.strip_prefix('#').unwrap_or(text).parse().map(PullNumber);
    number.map_err(|_| format!("{text:?} is no number of a pull request; write 118 or '#118'"))
}

/// A day, as `2026-11-29`.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is no day; write it as 2026-11-29"))
}

/// How many days are looked back.
pub(super) fn days(text: &str) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
    number.ok_or_else(|| format!("write a number of days from 1 to {DAYS_MAX}"))
}

/// So many minutes.
pub(super) fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: Option<u64> = text.trim().parse().ok();
    let minutes = minutes.ok_or_else(|| "write a number of minutes, such as 30".to_owned())?;
    Ok(Duration::from_secs(minutes.saturating_mul(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_is_told_with_one() {
        assert_eq!(pull_number("#412"), pull_number("412"));
        assert_eq!(pull_number("412"), Ok(PullNumber(412)));
        assert_eq!(days("90"), Ok(90));
        assert_eq!(minutes("2"), Ok(Duration::from_secs(120)));
        assert_eq!(day("2026-11-29").map(|it| it.to_string()), Ok("2026-11-29".to_owned()));
        let errors = [
            (pull_number("x").unwrap_err(), "write 118 or '#118'"),
            (day("foo").unwrap_err(), "\"foo\" is no day; write it as 2026-11-29"),
            (days("0").unwrap_err(), "from 1 to 3650"),
            (days("x").unwrap_err(), "from 1 to 3650"),
            (minutes("x").unwrap_err(), "number of minutes, such as 30"),
        ];
        for (said, words) in errors {
            assert!(said.contains(words), "{said}");
        }
    }
}
