//! Times as people read them.

use crate::model::UnixSeconds;

/// A time as `2026-11-23 08:24 UTC`.
pub fn utc(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        None => format!("second {}", at.0),
    }
}

/// The same as `23 Nov 08:24 UTC`, for where there is no room for the year.
pub(super) fn short(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%-d %b %H:%M UTC").to_string(),
        None => utc(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_and_never_fail() {
        assert_eq!(utc(UnixSeconds(1_700_000_000)), "2023-11-14 22:13 UTC");
        assert_eq!(short(UnixSeconds(1_700_000_000)), "14 Nov 22:13 UTC");
        for said in [utc, short] {
            assert_eq!(said(UnixSeconds::MAX), "second 9223372036854775807");
        }
    }
}
