//! Times as people read them.

use crate::model::UnixSeconds;
use crate::model::calendar::Zone;

/// A time as `2026-11-23 08:24 UTC`.
pub fn utc(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%Y-%m-%d %H:%M UTC").to_string(),
        None => format!("second {}", at.0),
    }
}

/// The same as `2026-11-23 08:24:05 UTC`, for what lasts minutes.
pub(super) fn utc_to_the_second(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None => utc(at),
    }
}

/// From when until when: `2026-11-23 08:24:05 to 08:31:10 UTC`, with both days where they differ.
pub(super) fn span(from: UnixSeconds, until: UnixSeconds) -> String {
    match (from.to_date(), until.to_date()) {
        (Some(from), Some(until)) => {
            let is_same_day = from.date_naive() == until.date_naive();
            let end = if is_same_day { "%H:%M:%S UTC" } else { "%Y-%m-%d %H:%M:%S UTC" };
            format!("{} to {}", from.format("%Y-%m-%d %H:%M:%S"), until.format(end))
        }
        _ => format!("{} to {}", utc(from), utc(until)),
    }
}

/// The same as `23 Nov 08:24 UTC`, for where there is no room for the year.
pub(super) fn short(at: UnixSeconds) -> String {
    match at.to_date() {
        Some(time) => time.format("%-d %b %H:%M UTC").to_string(),
        None => utc(at),
    }
}

/// A time in UTC and as the clocks show it in a zone: `23 Nov 08:24 UTC (09:24 CET)`.
pub(super) fn short_in(zone: &Zone, at: UnixSeconds) -> String {
    let utc = short(at);
    let Some(local) = zone.local(at).filter(|_| !zone.is_utc()) else { return utc };
    let same_day = Zone::default().day_at(at) == local.day;
    let day = if same_day { String::new() } else { format!("{} ", local.day.short()) };
    format!("{utc} ({day}{} {})", local.time, local.abbreviation)
}

/// The same with the year: `2026-11-23 08:24 UTC (2026-11-23 09:24 in Europe/Vienna)`.
pub(super) fn utc_in(zone: &Zone, at: UnixSeconds) -> String {
    let utc = utc(at);
    let Some(local) = zone.local(at).filter(|_| !zone.is_utc()) else { return utc };
    format!("{utc} ({} {} in {})", local.day, local.time, zone.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_and_never_fail() {
        assert_eq!(utc(UnixSeconds(1_700_000_000)), "2023-11-14 22:13 UTC");
        assert_eq!(short(UnixSeconds(1_700_000_000)), "14 Nov 22:13 UTC");
        let lasts = |seconds: i64| span(UnixSeconds(1_700_000_000), UnixSeconds(1_700_000_000 + seconds));
        assert_eq!(lasts(61), "2023-11-14 22:13:20 to 22:14:21 UTC");
        assert_eq!(lasts(7_200), "2023-11-14 22:13:20 to 2023-11-15 00:13:20 UTC");
        let vienna = Zone::new("Europe/Vienna").unwrap();
        let in_vienna =
            [short_in(&vienna, UnixSeconds(1_700_000_000)), utc_in(&vienna, UnixSeconds(1_700_003_600))];
        assert_eq!(
            in_vienna,
            ["14 Nov 22:13 UTC (23:13 CET)", "2023-11-14 23:13 UTC (2023-11-15 00:13 in Europe/Vienna)"]
        );
        assert_eq!(short_in(&vienna, UnixSeconds::MAX), "second 9223372036854775807");
        for said in [utc, utc_to_the_second, short] {
            assert_eq!(said(UnixSeconds::MAX), "second 9223372036854775807");
        }
    }
}
