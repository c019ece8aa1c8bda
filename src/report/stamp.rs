//! Times as people read them.

use crate::model::UnixSeconds;

/// A time as `2026-11-23 08:24 UTC`.
pub fn utc(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        None => format!("second {}", at.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_and_never_fail() {
        assert_eq!(utc(UnixSeconds(1_700_000_000)), "2023-11-14 22:13 UTC");
        assert_eq!(utc(UnixSeconds::MAX), "second 9223372036854775807");
    }
}
