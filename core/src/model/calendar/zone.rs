//! Time zones: which instants a local time is, and what the clocks show at an instant.
//!
//! The rules of all zones are part of the program, so that the same configuration means the same on every machine,
//! whether or not it has a time-zone database, and however old that is. When a zone changes its rules, a newer version
//! of the program knows it.

use super::Span;
use crate::model::UnixSeconds;
use jiff::civil::{Date, DateTime, Time, Weekday as CivilWeekday};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use std::fmt;
use std::sync::LazyLock;

/// The zones of the IANA database that came with the program.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The minutes of a day on which the clocks are not changed.
pub(super) const DAY_MINUTES: u16 = 24 * 60;

/// A time zone, by its name in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A day of the calendar, wherever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// A day of the week, from Monday.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// What the clocks of a zone show at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// The day there.
    pub day: Day,
    /// The time of the day, as `18:00`.
    pub time: String,
    /// What the zone is called at this time of the year, as `CET`; its distance from UTC where it has no such name.
    pub abbreviation: String,
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of this name, such as `Europe/Vienna`, in any capitals; `None` where there is none.
    pub fn new(name: &str) -> Option<Self> {
        ZONES.get(name).ok().filter(|zone| zone.iana_name().is_some()).map(Self)
    }

    /// Its name, as the database spells it.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Whether it is UTC.
    pub fn is_utc(&self) -> bool {
        self.0 == TimeZone::UTC
    }

    /// The names of all zones.
    pub fn names() -> Vec<String> {
        ZONES.available().map(|name| name.as_str().to_owned()).collect()
    }

    /// The day that it is there; the nearest one where the instant is further away than days go.
    pub fn day_at(&self, at: UnixSeconds) -> Day {
        Day(self.0.to_datetime(timestamp(at)).date())
    }

    /// What the clocks show there; `None` where the instant is further away than days go.
    pub fn local(&self, at: UnixSeconds) -> Option<LocalTime> {
        let timestamp = Timestamp::from_second(at.0).ok()?;
        let shown = self.0.to_datetime(timestamp);
        let time = format!("{:02}:{:02}", shown.hour(), shown.minute());
        let abbreviation = self.0.to_offset_info(timestamp).abbreviation().to_owned();
        Some(LocalTime { day: Day(shown.date()), time, abbreviation })
    }

    /// The instant that a text means: with its own distance from UTC as `2026-12-20T18:00:00+01:00`, by the clocks there as
    /// `2026-12-20 18:00`, or the beginning of a day there as `2026-12-20`. Clocks can show a time twice, see
    /// [`Self::instants`]. `None` where it is spelled otherwise, or there is no such day or time.
    pub fn moment(&self, text: &str) -> Option<Span> {
        if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
            let at = UnixSeconds::from(time.to_utc());
            return Some(Span { from: at, until: at });
        }
        let (day, time) = text.split_once(' ').unwrap_or((text, "00:00"));
        self.instants(Day::of_text(day)?, minutes(time)?)
    }

    /// How many minutes its clocks are ahead of UTC.
    pub(super) fn ahead_at(&self, at: UnixSeconds) -> i32 {
        self.0.to_offset(timestamp(at)).seconds() / 60
    }

    /// When the clocks show this many minutes of a day: from the first to the last instant, which differ where the clocks
    /// are set back over them. Where the clocks are set ahead over them it is the next instant, at which that happens.
    ///
    /// `None` where that is further away than days go.
    pub fn instants(&self, day: Day, minutes: u16) -> Option<Span> {
        let (days, rest) = (minutes / DAY_MINUTES, minutes % DAY_MINUTES);
        let day = day.plus(days.into())?;
        let time = Time::new(i8::try_from(rest / 60).ok()?, i8::try_from(rest % 60).ok()?, 0, 0).ok()?;
        let local = DateTime::from_parts(day.0, time);
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let both = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => [offset, offset].map(|it| it.to_timestamp(local)),
            AmbiguousOffset::Fold { before, after } => [before, after].map(|it| it.to_timestamp(local)),
            AmbiguousOffset::Gap { before, after } => {
                // By the clock as it is set then, this would be before the change.
                let earlier = after.to_timestamp(local).ok()?;
                let changes = self.0.following(earlier).map(|change| change.timestamp());
                let later = before.to_timestamp(local).ok()?;
                let change = changes.take_while(|change| *change <= later).next().unwrap_or(later);
                [Ok(change), Ok(change)]
            }
        };
        let [first, last] = both.map(|it| it.ok().map(|it| UnixSeconds(it.as_second())));
        Some(Span { from: first?, until: last? })
    }
}

impl Day {
    /// A day as `2026-12-25`; `None` where it is spelled otherwise, or there is no such day.
    pub fn of_text(text: &str) -> Option<Self> {
        let well_spelled = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        well_spelled.then(|| text.parse().ok().map(Self))?
    }

    /// Which day of the week it is.
    pub fn weekday(self) -> Weekday {
        match self.0.weekday() {
            CivilWeekday::Monday => Weekday::Mon,
            CivilWeekday::Tuesday => Weekday::Tue,
            CivilWeekday::Wednesday => Weekday::Wed,
            CivilWeekday::Thursday => Weekday::Thu,
            CivilWeekday::Friday => Weekday::Fri,
            CivilWeekday::Saturday => Weekday::Sat,
            CivilWeekday::Sunday => Weekday::Sun,
        }
    }

    /// The day so many days later, or earlier; `None` where days do not go so far.
    pub fn plus(self, days: i64) -> Option<Self> {
        self.0.checked_add(days.days()).ok().map(Self)
    }

    /// The day as `25 Dec`.
    pub fn short(self) -> String {
        self.0.strftime("%-d %b").to_string()
    }
}

/// As `2026-12-25`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Weekday {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The word used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}

/// The minutes since midnight of a time as `18:00`, up to `24:00`.
pub(super) fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse::<u16>().ok())?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && all <= DAY_MINUTES).then_some(all)
}

/// The same instant; the nearest one where it is further away than instants go.
fn timestamp(at: UnixSeconds) -> Timestamp {
    let bounds = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(at.0.clamp(bounds.0, bounds.1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instants(zone: &str, day: &str, minutes: u16) -> [String; 2] {
        let day = Day::of_text(day).unwrap();
        let span = Zone::new(zone).unwrap().instants(day, minutes).unwrap();
        [span.from, span.until].map(|it| it.to_string())
    }

    #[test]
    fn a_local_time_is_an_instant_two_or_the_next_one() {
        let one = |text: &str| [text.to_owned(), text.to_owned()];
        assert_eq!(instants("Europe/Vienna", "2026-01-15", 9 * 60), one("2026-01-15 08:00:00 UTC"));
        assert_eq!(instants("Europe/Vienna", "2026-03-29", 150), one("2026-03-29 01:00:00 UTC"), "skipped");
        assert_eq!(instants("Europe/Vienna", "2026-03-29", 120), one("2026-03-29 01:00:00 UTC"), "skipped");
        assert_eq!(instants("Europe/Vienna", "2026-03-29", 180), one("2026-03-29 01:00:00 UTC"));
        let twice = ["2026-10-25 00:30:00 UTC", "2026-10-25 01:30:00 UTC"].map(str::to_owned);
        assert_eq!(instants("Europe/Vienna", "2026-10-25", 150), twice);
        let half = ["2026-04-04 14:45:00 UTC", "2026-04-04 15:15:00 UTC"].map(str::to_owned);
        assert_eq!(instants("Australia/Lord_Howe", "2026-04-05", 105), half, "set back by half an hour");
        assert_eq!(
            instants("America/Sao_Paulo", "2018-11-04", 0),
            one("2018-11-04 03:00:00 UTC"),
            "no midnight"
        );
        assert_eq!(
            instants("Pacific/Apia", "2011-12-30", 720),
            one("2011-12-30 10:00:00 UTC"),
            "no such day"
        );
        assert_eq!(instants("UTC", "2026-12-31", DAY_MINUTES), one("2027-01-01 00:00:00 UTC"));
        assert_eq!(instants("UTC", "2028-02-28", DAY_MINUTES), one("2028-02-29 00:00:00 UTC"));
    }

    #[test]
    fn names_and_days_are_known_or_refused() {
        assert_eq!(Zone::new("europe/vienna").unwrap().name(), "Europe/Vienna");
        assert_eq!(
            ["Europe/Wien", "", "../etc/localtime", "CEST-2"].map(|it| Zone::new(it).is_some()),
            [false; 4]
        );
        assert!(Zone::default().is_utc() && Zone::new("UTC").unwrap().is_utc());
        assert!(Zone::names().len() > 400);
        assert_eq!(Day::of_text("2028-02-29").unwrap().weekday(), Weekday::Tue);
        for text in ["2026-02-29", "2026-13-01", "20261225", "2026-12-25T10:00", "2026-1-1", "tomorrow"] {
            assert_eq!(Day::of_text(text), None, "{text}");
        }
        let local = Zone::new("Asia/Kathmandu").unwrap().local(UnixSeconds(1_767_225_600)).unwrap();
        assert_eq!(format!("{} {} {}", local.day, local.time, local.abbreviation), "2026-01-01 05:45 +0545");
    }

    #[test]
    fn no_instant_is_too_far() {
        let zone = Zone::new("Australia/Lord_Howe").unwrap();
        for at in [UnixSeconds::MIN, UnixSeconds::MAX] {
            assert_eq!(zone.local(at), None);
            let day = zone.day_at(at);
            let around = [day.plus(1), day.plus(-1), Some(day)].into_iter().flatten();
            around.for_each(|day| _ = zone.instants(day, 2_880));
        }
    }
}
