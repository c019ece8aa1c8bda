//! What freezes, windows and holidays mean, and what is wrong with them.

use super::super::file::{At, DayText, File, FreezeEntry, MomentText, TimesText, WindowEntry, ZoneText};
use super::super::nearest::nearest;
use super::super::tree::Node;
use super::super::{PROBLEMS_MAX, quoted};
use super::{Meaning, Names};
use crate::model::calendar::{
    Calendar, Day, Freeze, FreezeTime, Schedule, Scope, Span, Times, Week, Weekday, Window, Zone,
};
use crate::model::{PromotionPath, PullNumber, UnixSeconds};
use std::collections::BTreeSet;

/// What freezes and windows have both.
struct Common<'a> {
    zone: &'a Option<At<ZoneText>>,
    except: &'a [At<DayText>],
    environments: &'a [At<String>],
    allow: &'a [At<u64>],
    hotfixes: &'a Option<At<bool>>,
}

impl Meaning<'_> {
    /// The calendar that the file describes.
    pub(super) fn calendar(&mut self, file: &File, names: &Names<'_>) -> Calendar {
        let zone = file.timezone.as_ref().and_then(|name| self.zone(name)).unwrap_or_default();
        let holidays = self.days(&file.holidays);
        let written = self.root.key("freezes").map_or(&[][..], |key| key.value.items());
        let mut freezes = Vec::new();
        for entry in &file.freezes {
            // The layout gives the places of values alone.
            let is_it =
                |item: &&Node| item.key("reason").is_some_and(|it| it.value.place == entry.reason.place);
            freezes.extend(self.freeze(entry, written.iter().find(is_it), (&zone, names)));
        }
        let mut windows = Vec::new();
        for entry in &file.windows {
            windows.extend(self.window(entry, &holidays, (&zone, names)));
        }
        Calendar { zone, freezes, windows, holidays }
    }

    /// Says of each environment of which all of the week is frozen that nothing can ever come in.
    pub(super) fn never_open(&mut self, path: &PromotionPath) {
        let key = self.root.key("freezes").or_else(|| self.root.key("windows"));
        let Some(place) = key.map(|key| key.place) else { return };
        if !self.problems.is_empty() {
            return;
        }
        for environment in &path.environments {
            if path.calendar.week(&environment.name) == Week::NeverOpen {
                let name = &environment.name;
                let message =
                    format!("{name} is never open: freezes cover all of the week, or all of its windows");
                self.say(place, message, "leave some time, or lock the environment instead");
            }
        }
    }

    fn freeze(
        &mut self,
        entry: &FreezeEntry,
        written: Option<&Node>,
        (zone, names): (&Zone, &Names<'_>),
    ) -> Option<Freeze> {
        let FreezeEntry { from, until, days, times, timezone, except, reason, .. } = entry;
        let common = Common {
            zone: timezone,
            except,
            environments: &entry.environments,
            allow: &entry.allow,
            hotfixes: &entry.hotfixes,
        };
        let (zone, except, scope) = self.common(&common, (zone, names));
        let place = |name: &str| written.and_then(|item| item.key(name)).map(|key| key.place);
        let once = [place("from"), place("until")];
        let again = [place("days"), place("times"), place("except")];
        let begins_line = written.map_or(reason.place, |item| item.place);
        let when = match (once, again.into_iter().flatten().next()) {
            ([None, None], None) => {
                let hint = "write from: and until:, or days: and times:";
                self.say(begins_line, "the freeze has no time", hint);
                return None;
            }
            ([None, None], Some(_)) => {
                let times = times.as_ref().map_or(Some(Times::WHOLE_DAY), |times| self.times(times))?;
                FreezeTime::Recurring(Schedule { days: weekdays(days), times, zone, except })
            }
            (_, Some(again)) => {
                let message = "a freeze comes once, with from and until, or again, with days and times";
                self.say(again, message, "write two freezes, or take one of them out");
                return None;
            }
            ([Some(from), None], None) => {
                self.say(from, "the freeze has no end", "add until: and its value");
                return None;
            }
            ([None, Some(until)], None) => {
                self.say(until, "the freeze has no beginning", "add from: and its value");
                return None;
            }
            ([Some(_), Some(_)], None) => {
                FreezeTime::Once(self.once(from.as_ref(), until.as_ref(), &zone)?)
            }
        };
        Some(Freeze { when, reason: reason.value.0.clone(), scope })
    }

    /// From when until when, where both could be read.
    fn once(
        &mut self,
        from: Option<&At<MomentText>>,
        until: Option<&At<MomentText>>,
        zone: &Zone,
    ) -> Option<Span> {
        let began = from.and_then(|from| self.moment(from, zone));
        let ended = until.and_then(|until| self.moment(until, zone));
        let (span, until) = (Span { from: began?.from, until: ended?.until }, until?);
        if span.until <= span.from {
            self.say(until.place, "the freeze ends before it begins", "put until after from");
            return None;
        }
        Some(span)
    }

    fn window(
        &mut self,
        entry: &WindowEntry,
        holidays: &BTreeSet<Day>,
        (zone, names): (&Zone, &Names<'_>),
    ) -> Option<Window> {
        let common = Common {
            zone: &entry.timezone,
            except: &entry.except,
            environments: &entry.environments,
            allow: &entry.allow,
            hotfixes: &entry.hotfixes,
        };
        let (zone, mut except, scope) = self.common(&common, (zone, names));
        except.extend(holidays);
        let times = self.times(&entry.times)?;
        Some(Window { schedule: Schedule { days: weekdays(&entry.days), times, zone, except }, scope })
    }

    fn common(
        &mut self,
        common: &Common<'_>,
        (zone, names): (&Zone, &Names<'_>),
    ) -> (Zone, BTreeSet<Day>, Scope) {
        let own = common.zone.as_ref().and_then(|name| self.zone(name));
        let except = self.days(common.except);
        for name in common.environments {
            self.known(name, names, &names.known);
        }
        let scope = Scope {
            environments: common.environments.iter().map(|it| it.value.clone()).collect(),
            allow: common.allow.iter().map(|it| PullNumber(it.value)).collect(),
            hotfixes: common.hotfixes.as_ref().is_some_and(|it| it.value),
        };
        (own.unwrap_or_else(|| zone.clone()), except, scope)
    }

    fn zone(&mut self, name: &At<ZoneText>) -> Option<Zone> {
        let zone = Zone::new(&name.value.0);
        if zone.is_none() && self.problems.len() <= 2 * PROBLEMS_MAX {
            let names = Zone::names();
            let meant = nearest_zone(&name.value.0, &names);
            let otherwise = || "write a name of the IANA database, such as Europe/Vienna".to_owned();
            let hint = meant.map_or_else(otherwise, |meant| format!("did you mean {meant}?"));
            self.say(name.place, format!("there is no time zone {}", quoted(&name.value.0)), hint);
        }
        zone
    }

    fn times(&mut self, text: &At<TimesText>) -> Option<Times> {
        let times = Times::of_text(&text.value.0);
        if times.is_none() {
            let message = format!("there is no such time of a day as {}", text.value.0);
            let hint = "write a beginning and another end from 00:00 to 24:00; the whole day is 00:00-24:00";
            self.say(text.place, message, hint);
        }
        times
    }

    fn moment(&mut self, text: &At<MomentText>, zone: &Zone) -> Option<Span> {
        let writable = |at: UnixSeconds| (0..=LAST_SECOND.0).contains(&at.0);
        let moment = zone.moment(&text.value.0).filter(|it| writable(it.from) && writable(it.until));
        if moment.is_none() {
            let message = format!("there is no such time as {}", text.value.0);
            self.say(text.place, message, "write a day and a time that exist");
        }
        moment
    }

    fn days(&mut self, texts: &[At<DayText>]) -> BTreeSet<Day> {
        let mut days = BTreeSet::new();
        for text in texts {
            let day = Day::of_text(&text.value.0);
            if day.is_none() {
                let message = format!("there is no such day as {}", text.value.0);
                self.say(text.place, message, "write a day that exists");
            }
            days.extend(day);
        }
        days
    }
}

/// A shorter beginning of a place's name says too little.
const BEGINNING_MIN: usize = 3;

/// The zone that somebody may have meant: one whose place is spelled almost so, else the only one whose place begins so.
/// Names are long for what their areas have in common, which tells no place from another.
fn nearest_zone<'n>(word: &str, names: &'n [String]) -> Option<&'n str> {
    fn place(name: &str) -> &str {
        name.rsplit('/').next().unwrap_or(name)
    }
    fn only<'n>(mut found: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
    let alike = |known: &&str| nearest(place(word), [place(known)]).is_some();
    let names = || names.iter().map(String::as_str);
    let (area, beginning) = word.rsplit_once('/').map_or((None, word), |(area, place)| (Some(area), place));
    let near = nearest(word, names().filter(alike));
    if let Some(found) = near.or_else(|| only(names().filter(alike).filter(|_| area.is_none()))) {
        return Some(found);
    }
    let is_there = |known: &str| {
        let known = known.rsplit_once('/').map(|(area, _)| area);
        area.is_none_or(|area| known.is_some_and(|known| known.eq_ignore_ascii_case(area)))
    };
    let begins = |known: &&str| {
        let part = place(known).get(..beginning.len());
        is_there(known) && part.is_some_and(|it| it.eq_ignore_ascii_case(beginning))
    };
    only(names().filter(begins)).filter(|_| beginning.len() >= BEGINNING_MIN)
}

/// The end of the year 9999, the last that is written with four digits.
const LAST_SECOND: UnixSeconds = UnixSeconds(253_402_300_799);

/// The days that are named, or all of them.
fn weekdays(named: &[At<Weekday>]) -> BTreeSet<Weekday> {
    if named.is_empty() {
        return Weekday::ALL.into_iter().collect();
    }
    named.iter().map(|day| day.value).collect()
}
