//! The calendar of a project: when nothing is merged into which environment, by its configuration alone.
//!
//! Two things close an environment. A *freeze* is a time in which nothing comes in, once or again and again. Where an
//! environment has *windows*, it is closed outside of them. Both hold at once: a freeze inside a window wins, and what
//! is closed without a gap is one [`FreezePeriod`], with the end after which something can come in again.
//!
//! Local times are read towards the longer freeze. One that the clocks show twice begins a freeze the first time and ends
//! it the second time; with windows it is the other way round. One that the clocks leave out is the next instant.
//!
//! Everything here answers for one instant that comes in, and every search ends: behind a number of steps an end counts
//! as unknown.

mod schedule;
mod week;
mod working_time;
mod zone;

pub use schedule::{Schedule, Times};
pub use week::Week;
pub use working_time::after_working_time;
pub use zone::{Day, LocalTime, Weekday, Zone};

use super::{EnvironmentName, PullNumber, UnixSeconds};
use std::collections::BTreeSet;

/// How many freezes that go over into each other are followed until an end counts as unknown.
const STEPS_MAX: usize = 400;

/// When nothing is merged, as a project has configured it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// Where the clocks show the times for which no other zone is named.
    pub zone: Zone,
    /// The times in which nothing comes in.
    pub freezes: Vec<Freeze>,
    /// The times outside of which nothing comes in; an environment with none is always open.
    pub windows: Vec<Window>,
    /// The days on which no window begins.
    pub holidays: BTreeSet<Day>,
}

/// A time in which nothing comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// When.
    pub when: FreezeTime,
    /// Why, as everybody sees it.
    pub reason: String,
    /// For what it holds.
    pub scope: Scope,
}

/// When a freeze is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreezeTime {
    /// Once.
    Once(Span),
    /// Again and again.
    Recurring(Schedule),
}

/// A time in which something may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// When it is open. The calendar's holidays are among its exceptions.
    pub schedule: Schedule,
    /// For what it holds.
    pub scope: Scope,
}

/// For what a freeze or a window holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The environments; empty where it holds for all.
    pub environments: Vec<String>,
    /// The pull requests that it keeps back at no time.
    pub allow: BTreeSet<PullNumber>,
    /// Whether hotfixes come in at any time.
    pub hotfixes: bool,
}

/// What would come in, as far as freezes tell one thing from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Incoming {
    /// The pull request's number, where it has one.
    pub number: Option<PullNumber>,
    /// Whether it is a hotfix.
    pub is_hotfix: bool,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first second of it.
    pub from: UnixSeconds,
    /// The first second after it.
    pub until: UnixSeconds,
}

/// How long an environment is closed without a gap, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FreezePeriod {
    /// Since when; `None` where the beginning is too far away to be known.
    pub from: Option<UnixSeconds>,
    /// When it is open again; `None` where that is too far away to be known.
    pub until: Option<UnixSeconds>,
    /// Why, each reason once: first what closes it at the time that was asked for, then what makes it longer.
    pub reasons: Vec<String>,
}

/// How local times are read that the clocks show twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// From the first time until the last one.
    Longest,
    /// From the last time until the first one.
    Shortest,
}

/// What closes an environment at an instant.
struct Closed {
    from: Option<UnixSeconds>,
    until: Option<UnixSeconds>,
    reason: String,
}

impl Span {
    /// Whether an instant lies in it.
    pub fn has(&self, at: UnixSeconds) -> bool {
        self.from <= at && at < self.until
    }
}

impl Scope {
    fn is_about(&self, environment: &str) -> bool {
        let environments = &self.environments;
        environments.is_empty() || environments.iter().any(|it| EnvironmentName::are_alike(it, environment))
    }

    fn lets_in(&self, incoming: Incoming) -> bool {
        let is_allowed = incoming.number.is_some_and(|number| self.allow.contains(&number));
        is_allowed || (self.hotfixes && incoming.is_hotfix)
    }
}

impl Freeze {
    fn at(&self, at: UnixSeconds) -> Option<Closed> {
        let span = match &self.when {
            FreezeTime::Once(span) => Some(*span).filter(|span| span.has(at)),
            FreezeTime::Recurring(schedule) => schedule.at(at, Reading::Longest),
        }?;
        Some(Closed { from: Some(span.from), until: Some(span.until), reason: self.reason.clone() })
    }

    fn next_change(&self, at: UnixSeconds) -> Option<UnixSeconds> {
        match &self.when {
            FreezeTime::Once(span) => [span.from, span.until].into_iter().filter(|it| *it > at).min(),
            FreezeTime::Recurring(schedule) => schedule.next_change(at, Reading::Longest),
        }
    }
}

impl Calendar {
    /// Whether anything in it ever closes an environment.
    pub fn is_about(&self, environment: &str) -> bool {
        self.freezes_of(environment).next().is_some() || self.windows_of(environment).next().is_some()
    }

    /// How long the environment is closed for what would come in, where it is at this instant.
    pub fn frozen_at(&self, environment: &str, at: UnixSeconds, incoming: Incoming) -> Option<FreezePeriod> {
        let first = self.closed_at(environment, at, incoming);
        let mut period = joined(&first)?;
        for _ in 0..STEPS_MAX {
            let Some(next) = period.until.and_then(|end| joined(&self.closed_at(environment, end, incoming)))
            else {
                self.go_back(environment, incoming, &mut period);
                return Some(period);
            };
            add(&mut period.reasons, next.reasons);
            period.until = next.until;
        }
        self.go_back(environment, incoming, &mut period);
        Some(FreezePeriod { until: None, ..period })
    }

    /// Takes up what went before without a gap.
    fn go_back(&self, environment: &str, incoming: Incoming, period: &mut FreezePeriod) {
        for _ in 0..STEPS_MAX {
            let before = |from: UnixSeconds| UnixSeconds(from.0.saturating_sub(1));
            let earlier = period.from.map(|from| self.closed_at(environment, before(from), incoming));
            let Some(earlier) = earlier.and_then(|closed| joined(&closed)) else { return };
            add(&mut period.reasons, earlier.reasons);
            period.from = earlier.from;
        }
        period.from = None;
    }

    /// When the environment is closed to whatever has no exception, between two instants: in order, without gaps and
    /// overlaps, cut off at both ends, each with all that closes it within.
    pub fn enumerate(&self, environment: &str, range: Span) -> Vec<FreezePeriod> {
        let mut at = range.from;
        let mut periods: Vec<FreezePeriod> = Vec::new();
        while at < range.until {
            let next = self.next_change_after(environment, at).map_or(range.until, |it| it.min(range.until));
            if let Some(closed) = joined(&self.closed_at(environment, at, Incoming::default())) {
                match periods.last_mut().filter(|last| last.until == Some(at)) {
                    Some(last) => {
                        last.until = Some(next);
                        add(&mut last.reasons, closed.reasons);
                    }
                    None => periods.push(FreezePeriod { from: Some(at), until: Some(next), ..closed }),
                }
            }
            at = next;
        }
        periods
    }

    /// When a freeze or a window of the environment begins or ends next, whether or not that opens or closes it; `None`
    /// where that never happens again.
    pub fn next_change_after(&self, environment: &str, at: UnixSeconds) -> Option<UnixSeconds> {
        let freezes = self.freezes_of(environment).filter_map(|it| it.next_change(at));
        let windows = self.windows_of(environment);
        let windows = windows.filter_map(|it| it.schedule.next_change(at, Reading::Shortest));
        freezes.chain(windows).min()
    }

    fn freezes_of(&self, environment: &str) -> impl Iterator<Item = &Freeze> {
        self.freezes.iter().filter(move |it| it.scope.is_about(environment))
    }

    fn windows_of(&self, environment: &str) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(move |it| it.scope.is_about(environment))
    }

    /// All that closes the environment at this instant.
    fn closed_at(&self, environment: &str, at: UnixSeconds, incoming: Incoming) -> Vec<Closed> {
        let freezes = self.freezes_of(environment).filter(|it| !it.scope.lets_in(incoming));
        let mut closed: Vec<Closed> = freezes.filter_map(|it| it.at(at)).collect();
        closed.extend(self.outside_of_windows(environment, at, incoming));
        closed
    }

    /// From the last window that was open until the next one, where none is open at this instant.
    fn outside_of_windows(&self, environment: &str, at: UnixSeconds, incoming: Incoming) -> Option<Closed> {
        let windows: Vec<&Window> = self.windows_of(environment).collect();
        let is_open = |it: &&Window| it.schedule.at(at, Reading::Shortest).is_some();
        let goes_in = windows.iter().any(|it| it.scope.lets_in(incoming) || is_open(it));
        if windows.is_empty() || goes_in {
            return None;
        }
        let last = windows.iter().filter_map(|it| it.schedule.last(at, Reading::Shortest));
        let next = windows.iter().filter_map(|it| it.schedule.next(at, Reading::Shortest));
        Some(Closed {
            from: last.map(|it| it.until).max(),
            until: next.map(|it| it.from).min(),
            reason: outside_of(&windows),
        })
    }
}

/// The reason why an environment is closed outside of its windows.
fn outside_of(windows: &[&Window]) -> String {
    const NAMED: usize = 3;
    match windows {
        [one] => format!("outside of the window {}", one.schedule),
        some if some.len() <= NAMED => {
            let shown: Vec<String> = some.iter().map(|it| it.schedule.to_string()).collect();
            format!("outside of the windows {}", shown.join("; "))
        }
        many => format!("outside of the {} windows", many.len()),
    }
}

/// What several things close together; `None` where there are none.
fn joined(closed: &[Closed]) -> Option<FreezePeriod> {
    let first = closed.first()?;
    let mut period = FreezePeriod { from: first.from, until: first.until, reasons: Vec::new() };
    for it in closed {
        // No end is later than any, and no beginning is earlier than any.
        period.until = period.until.zip(it.until).map(|(one, other)| one.max(other));
        period.from = period.from.zip(it.from).map(|(one, other)| one.min(other));
        add(&mut period.reasons, vec![it.reason.clone()]);
    }
    Some(period)
}

fn add(reasons: &mut Vec<String>, more: Vec<String>) {
    for reason in more {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
}

#[cfg(test)]
mod tests;
