//! Times as people read them.

/// A time in Unix seconds as `2026-11-23 08:24 UTC`.
pub fn utc(seconds: i64) -> String {
    match chrono::DateTime::from_timestamp(seconds, 0) {
        Some(time) => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        None => format!("second {seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_and_never_fail() {
        assert_eq!(utc(1_700_000_000), "2023-11-14 22:13 UTC");
        assert_eq!(utc(i64::MAX), "second 9223372036854775807");
    }
}
