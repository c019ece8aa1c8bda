//! What a calendar leaves of an ordinary week, so that nobody configures one in which nothing can ever come in.

use super::zone::DAY_MINUTES;
use super::{Calendar, FreezeTime, Schedule};
use crate::model::UnixSeconds;

/// What a calendar leaves of an ordinary week of an environment, apart from exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Week {
    /// It is open at some time, and closed at some time or without windows.
    SomeOfEach,
    /// Nothing ever comes in.
    NeverOpen,
    /// There are windows, and all of the week lies in them.
    WindowsAlwaysOpen,
}

/// The minutes of a week.
const WEEK: i32 = 7 * DAY_MINUTES as i32;

/// Minutes of a week, from the first including to the last excluding.
type Minutes = (i32, i32);

/// In one half of the world it is winter at the first of these, and in the other half at the second.
const SOLSTICES: [UnixSeconds; 2] = [UnixSeconds(1_798_761_600), UnixSeconds(1_814_400_000)];

impl Calendar {
    /// What an ordinary week of an environment looks like. Freezes with exceptions, or with a way in for hotfixes, close
    /// nothing for good.
    pub fn week(&self, environment: &str) -> Week {
        let freezes = self.freezes_of(environment).filter(|it| !it.scope.hotfixes);
        let recurring = freezes.filter_map(|it| match &it.when {
            FreezeTime::Recurring(schedule) if schedule.except.is_empty() => Some(schedule),
            _ => None,
        });
        let frozen: Vec<&Schedule> = recurring.collect();
        let windows: Vec<&Schedule> = self.windows_of(environment).map(|it| &it.schedule).collect();
        let has_lane = self.windows_of(environment).any(|it| it.scope.hotfixes);
        let always_open = |at: &UnixSeconds| joined(&windows, *at) == [(0, WEEK)];
        if !windows.is_empty() && SOLSTICES.iter().all(always_open) {
            return Week::WindowsAlwaysOpen;
        }
        let never_open = |at: &UnixSeconds| {
            let open = if windows.is_empty() { vec![(0, WEEK)] } else { joined(&windows, *at) };
            let frozen = joined(&frozen, *at);
            open.iter().all(|(from, until)| frozen.iter().any(|it| it.0 <= *from && *until <= it.1))
        };
        if !has_lane && SOLSTICES.iter().all(never_open) { Week::NeverOpen } else { Week::SomeOfEach }
    }
}

/// The minutes of the week in UTC that lie in one of these, in order and without overlaps.
fn joined(schedules: &[&Schedule], at: UnixSeconds) -> Vec<Minutes> {
    let mut all: Vec<Minutes> = schedules.iter().flat_map(|it| minutes(it, at)).collect();
    all.sort_unstable();
    let mut joined: Vec<Minutes> = Vec::new();
    for (from, until) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

/// The minutes of the week in UTC, by how the clocks are set at this instant.
fn minutes(schedule: &Schedule, at: UnixSeconds) -> Vec<Minutes> {
    let (from, until) = schedule.times.minutes();
    let ahead = schedule.zone.ahead_at(at);
    let on = |day: i32| {
        let length = i32::from(until - from);
        let from = (day * i32::from(DAY_MINUTES) + i32::from(from) - ahead).rem_euclid(WEEK);
        // What goes on behind the end of the week is at its beginning.
        [(from, (from + length).min(WEEK)), (0, from + length - WEEK)].into_iter().filter(|it| it.0 < it.1)
    };
    schedule.days.iter().flat_map(|day| on(*day as i32)).collect()
}
