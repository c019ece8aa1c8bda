//! Notice that is counted on working days.

use super::zone::{Day, Weekday, Zone};
use crate::model::UnixSeconds;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many days are gone through; more notice than that nobody gives.
const DAYS_AT_MOST: i64 = 4_000;

/// When so much time on working days is over. Each working day counts from midnight to midnight, Saturdays, Sundays and holidays
/// do not. `None` where that is further away than days go.
pub fn after_working_time(
    from: UnixSeconds,
    time: Duration,
    zone: &Zone,
    holidays: &BTreeSet<Day>,
) -> Option<UnixSeconds> {
    let mut left = i64::try_from(time.as_secs()).ok()?;
    let (mut at, first) = (from, zone.day_at(from));
    for days in 0..DAYS_AT_MOST {
        let day = first.plus(days)?;
        // Towards the later moment where clocks show midnight twice: nobody is promised too much.
        let end = zone.instants(day.plus(1)?, 0)?.until;
        let works = !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays.contains(&day);
        if works {
            let there = end.0 - at.0;
            if left <= there {
                return Some(UnixSeconds(at.0 + left));
            }
            left -= there;
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_count_and_weekends_and_holidays_do_not() {
        let vienna = Zone::new("Europe/Vienna").unwrap();
        let at = |text: &str| vienna.moment(text).unwrap().from;
        let holidays = BTreeSet::from([Day::of_text("2026-12-08").unwrap()]);
        let after = |from: &str, hours: u64| {
            let at =
                after_working_time(at(from), Duration::from_secs(hours * 3_600), &vienna, &holidays).unwrap();
            let shown = vienna.local(at).unwrap();
            format!("{} {}", shown.day, shown.time)
        };
        for (from, hours, want) in [
            ("2026-11-30 12:00", 48, "2026-12-02 12:00"),
            ("2026-11-27 12:00", 48, "2026-12-01 12:00"),
            ("2026-11-28 09:30", 48, "2026-12-02 00:00"),
            ("2026-12-07 12:00", 48, "2026-12-10 12:00"),
            ("2026-11-30 12:00", 0, "2026-11-30 12:00"),
            // The weekend on which the clocks are set ahead has an hour less, and none of it counts.
            ("2026-03-27 12:00", 24, "2026-03-30 12:00"),
        ] {
            assert_eq!(after(from, hours), want, "{hours} h from {from}");
        }
    }
}
