//! Freezes, windows and holidays as YAML.

use super::scalar;
use crate::model::UnixSeconds;
use crate::model::calendar::{Calendar, Day, FreezeTime, Schedule, Scope, Weekday};

/// What is said of when nothing is merged.
pub(super) fn calendar(calendar: &Calendar) -> String {
    let Calendar { zone, freezes, windows, holidays } = calendar;
    let mut lines = vec![format!("timezone: {}", scalar(zone.name()))];
    if freezes.is_empty() && windows.is_empty() {
        lines.push("# neither freezes nor windows are set: nothing is frozen".to_owned());
    }
    if !freezes.is_empty() {
        lines.push("freezes:".to_owned());
    }
    for freeze in freezes {
        let mut parts = match &freeze.when {
            FreezeTime::Once(span) => {
                vec![format!("from: {}", instant(span.from)), format!("until: {}", instant(span.until))]
            }
            FreezeTime::Recurring(schedule) => again(schedule, schedule.except.iter()),
        };
        parts.push(format!("reason: {}", scalar(&freeze.reason)));
        parts.extend(limits(&freeze.scope));
        lines.push(format!("  - {{ {} }}", parts.join(", ")));
    }
    if !windows.is_empty() {
        lines.push("windows:".to_owned());
    }
    for window in windows {
        // Holidays are exceptions of every window, and stand below.
        let mut parts = again(&window.schedule, window.schedule.except.difference(holidays));
        parts.extend(limits(&window.scope));
        lines.push(format!("  - {{ {} }}", parts.join(", ")));
    }
    if !holidays.is_empty() {
        lines.push(format!("holidays: [{}]", joined(holidays.iter())));
    }
    lines.join("\n") + "\n"
}

fn again<'a>(schedule: &Schedule, except: impl Iterator<Item = &'a Day>) -> Vec<String> {
    let days: Vec<&str> = schedule.days.iter().copied().map(Weekday::as_str).collect();
    let mut parts = vec![
        format!("days: [{}]", days.join(", ")),
        format!("times: {}", scalar(&schedule.times.to_string())),
        format!("timezone: {}", scalar(schedule.zone.name())),
    ];
    let except = joined(except);
    if !except.is_empty() {
        parts.push(format!("except: [{except}]"));
    }
    parts
}

fn limits(scope: &Scope) -> Vec<String> {
    let mut parts = Vec::new();
    if !scope.environments.is_empty() {
        let names: Vec<String> = scope.environments.iter().map(|name| scalar(name)).collect();
        parts.push(format!("environments: [{}]", names.join(", ")));
    }
    if !scope.allow.is_empty() {
        let numbers: Vec<String> = scope.allow.iter().map(ToString::to_string).collect();
        parts.push(format!("allow: [{}]", numbers.join(", ")));
    }
    if scope.hotfixes {
        parts.push("hotfixes: true".to_owned());
    }
    parts
}

fn joined<'a>(days: impl Iterator<Item = &'a Day>) -> String {
    days.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// An instant as the file has it; what is read lies in years of four digits.
fn instant(at: UnixSeconds) -> String {
    at.to_date().map(|date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}
