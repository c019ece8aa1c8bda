//! Times that come again: on which days, from when until when.

use super::zone::{DAY_MINUTES, Day, Weekday, Zone, minutes};
use super::{Reading, Span};
use crate::model::UnixSeconds;
use std::collections::BTreeSet;
use std::fmt;

/// From when until when on a day, in minutes since its midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it begins, less than a day.
    from: u16,
    /// When it ends, at most a day; on the next day where that is before it begins.
    until: u16,
}

/// Times on days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The days on which it begins.
    pub days: BTreeSet<Weekday>,
    /// From when until when.
    pub times: Times,
    /// Where the clocks show these times.
    pub zone: Zone,
    /// The days on which it does not begin.
    pub except: BTreeSet<Day>,
}

impl Times {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: 0, until: DAY_MINUTES };

    /// Times as `09:00-16:00`, or `18:00-08:00` over midnight; `None` where they are spelled otherwise, or it would end when
    /// it begins.
    pub fn of_text(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let (from, until) = (minutes(from)?, minutes(until)?);
        (from < DAY_MINUTES && from != until).then_some(Self { from, until })
    }
}

impl Times {
    /// From when until when on a day, in minutes since its midnight: until later than a day where it ends on the next one.
    pub(super) fn minutes(self) -> (u16, u16) {
        let Self { from, until } = self;
        (from, if until <= from { until + DAY_MINUTES } else { until })
    }
}

/// As `09:00-16:00`.
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl Schedule {
    /// The time that begins on this day; `None` where none does, or it ends as it begins, by the clocks set ahead.
    pub(super) fn on(&self, day: Day, reading: Reading) -> Option<Span> {
        if !self.days.contains(&day.weekday()) || self.except.contains(&day) {
            return None;
        }
        let (from, until) = self.times.minutes();
        let (from, until) = (self.zone.instants(day, from)?, self.zone.instants(day, until)?);
        let span = match reading {
            Reading::Longest => Span { from: from.from, until: until.until },
            Reading::Shortest => Span { from: from.until, until: until.from },
        };
        (span.from < span.until).then_some(span)
    }

    /// The times that can have to do with an instant, those that begin on the days around it, in their order.
    fn around(&self, at: UnixSeconds, reading: Reading) -> impl Iterator<Item = Span> {
        let day = self.zone.day_at(at);
        // A zone has left out a whole day before, so that yesterday's time ended tomorrow.
        (-2..=1).filter_map(move |days| self.on(day.plus(days)?, reading))
    }

    /// The time that an instant lies in; of several the one that ends last.
    pub(super) fn at(&self, at: UnixSeconds, reading: Reading) -> Option<Span> {
        self.around(at, reading).filter(|it| it.has(at)).max_by_key(|it| it.until)
    }

    /// When it begins or ends next after an instant; `None` where it never does again.
    pub(super) fn next_change(&self, at: UnixSeconds, reading: Reading) -> Option<UnixSeconds> {
        let ends = |it: Span| [it.from, it.until];
        let near = self.around(at, reading).flat_map(ends).filter(|it| *it > at).min();
        let next = self.next(at, reading).map(|it| it.from);
        near.into_iter().chain(next).min()
    }

    /// The next time that begins after an instant; `None` where days end before.
    pub(super) fn next(&self, at: UnixSeconds, reading: Reading) -> Option<Span> {
        self.first(at, 1, |it| it.from > at, reading)
    }

    /// The last time that was over at an instant; `None` where days begin after.
    pub(super) fn last(&self, at: UnixSeconds, reading: Reading) -> Option<Span> {
        self.first(at, -1, |it| it.until <= at, reading)
    }

    /// The first of which something is true, on the days from around an instant forwards or backwards.
    fn first(
        &self,
        at: UnixSeconds,
        step: i64,
        is_it: impl Fn(&Span) -> bool,
        reading: Reading,
    ) -> Option<Span> {
        let start = self.zone.day_at(at).plus(-2 * step)?;
        // Of each week one day is left, unless it is an exception, or a change of the clocks leaves no time of it.
        let weeks = i64::try_from(self.except.len()).unwrap_or(i64::MAX).saturating_add(4);
        let days = (0..weeks.saturating_mul(7)).map_while(|days| start.plus(days * step));
        days.filter_map(|day| self.on(day, reading)).find(is_it)
    }
}

/// As `mon-thu 09:00-16:00 Europe/Vienna`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days.len() < Weekday::ALL.len() {
            write!(f, "{} ", in_runs(&self.days))?;
        }
        write!(f, "{} {}", self.times, self.zone.name())
    }
}

/// Days as `mon-thu, sat`.
fn in_runs(days: &BTreeSet<Weekday>) -> String {
    let mut runs: Vec<(Weekday, Weekday)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if *last as u8 + 1 == *day as u8 => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    let shown = |(first, last): &(Weekday, Weekday)| match *last as u8 - *first as u8 {
        0 => first.as_str().to_owned(),
        1 => format!("{}, {}", first.as_str(), last.as_str()),
        _ => format!("{}-{}", first.as_str(), last.as_str()),
    };
    runs.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for text in ["09:00-16:00", "18:00-08:00", "00:00-24:00", "23:59-24:00", "22:00-00:00"] {
            assert_eq!(Times::of_text(text).unwrap().to_string(), text);
        }
        let wrong =
            ["9:00-9:00", "24:00-08:00", "00:00-24:01", "08:60-09:00", "08:00", "-", "8-9", "99999:00-1:00"];
        for text in wrong.into_iter().chain(["+8:00-09:00", "08:00-09:00-10:00", "", ":-:"]) {
            assert_eq!(Times::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_told_in_runs() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let told = |days: &[Weekday]| in_runs(&days.iter().copied().collect());
        assert_eq!(told(&[Mon, Tue, Wed, Thu]), "mon-thu");
        assert_eq!(told(&[Sun, Fri, Mon, Tue]), "mon, tue, fri, sun");
        assert_eq!(told(&[Mon, Wed, Thu, Fri, Sun]), "mon, wed-fri, sun");
        assert_eq!(told(&[Sat]), "sat");
    }
}
