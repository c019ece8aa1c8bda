//! TP719: crons that run too often, or for too long.

use super::project::Application;
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Key, Node};
use crate::model::{Code, Outcome};

/// The smallest distance of two runs on integration and Starter, in minutes.
const DISTANCE_MIN: u32 = 5;
/// The longest time that a cron may be given, in seconds.
const TIMEOUT_MAX: i64 = 86_400;

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in &judged.head.applications {
        for cron in application.get("crons").map_or(&[][..], Node::keys) {
            if !judged.is_pro() {
                often(application, cron, findings);
            }
            long(application, cron, findings);
        }
    }
}

fn often(application: &Application<'_>, cron: &Key, findings: &mut Findings) {
    let command = cron.value.get("cmd").or_else(|| cron.value.get("commands").and_then(|it| it.get("start")));
    // The shop's own cron runs each minute.
    if command.and_then(Node::scalar).is_some_and(|it| it.contains("bin/magento cron:run")) {
        return;
    }
    let Some(spec) = cron.value.key("spec") else { return };
    let Some(distance) = spec.value.scalar().and_then(distance).filter(|it| *it < DISTANCE_MIN) else {
        return;
    };
    let minutes = if distance == 1 { "1 minute".to_owned() } else { format!("{distance} minutes") };
    let words = Words {
        title: say("The cron % runs too often", [&cron.name]),
        detail: say(
            "Two runs are % apart. On integration and Starter the platform runs a cron every 5 minutes at most, so \
             some of them do not happen.",
            [&minutes],
        ),
        remedy: say("Let % run every 5 minutes or less often: %.", [&cron.name, "*/5 * * * *"]),
    };
    findings.add(Code::CronTooOften, Outcome::Warn, (&application.path, spec.place.line), words);
}

fn long(application: &Application<'_>, cron: &Key, findings: &mut Findings) {
    let Some(timeout) = cron.value.key("timeout") else { return };
    if timeout.value.number().is_none_or(|seconds| seconds <= TIMEOUT_MAX) {
        return;
    }
    let words = Words {
        title: say("The cron % is given more than a day", [&cron.name]),
        detail: say(
            "The platform takes at most 86400 seconds. A cron that runs on also holds up every deploy.",
            [],
        ),
        remedy: say("Set % to 86400 or less.", ["timeout"]),
    };
    findings.add(Code::CronTooOften, Outcome::Warn, (&application.path, timeout.place.line), words);
}

/// The smallest distance of two runs, in minutes; none where the schedule cannot be read.
pub(super) fn distance(spec: &str) -> Option<u32> {
    let fields: Vec<&str> = spec.split_whitespace().collect();
    let &[minutes, hours, days, _, weekdays] = fields.as_slice() else { return None };
    let (minutes, hours) = (values(minutes, 0, 59)?, values(hours, 0, 23)?);
    let runs: Vec<u32> =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
    let within = runs.windows(2).map(|pair| pair[1] - pair[0]).min();
    let (days, weekdays) = (values(days, 1, 31)?, values(weekdays, 0, 7)?);
    let follows = |days: &[u32]| days.windows(2).any(|pair| pair[1] == pair[0] + 1);
    let over_night = (follows(&days) && follows(&weekdays)).then(|| 24 * 60 + runs[0] - runs[runs.len() - 1]);
    [within, over_night].into_iter().flatten().min().or(Some(24 * 60))
}

/// The values that a field of a schedule names, in order.
fn values(field: &str, from: u32, to: u32) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step: &u32| *step > 0)?),
            None => (part, 1),
        };
        let number =
            |text: &str| text.parse().ok().or_else(|| weekday(text)).filter(|it| (from..=to).contains(it));
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None if range == "*" => (from, to),
            None => (number(range)?, if part.contains('/') { to } else { number(range)? }),
        };
        all.extend((first..=last).step_by(usize::try_from(step).ok()?));
    }
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then_some(all)
}

fn weekday(text: &str) -> Option<u32> {
    let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let place = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
    u32::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_smallest_distance_of_two_runs_counts() {
        for (spec, expected) in [
            ("* * * * *", Some(1)),
            ("*/5 * * * *", Some(5)),
            ("*/7 * * * *", Some(4)),
            ("58,1 * * * *", Some(3)),
            ("0 * * * *", Some(60)),
            ("0 3 * * *", Some(1440)),
            ("58 23,0 * * *", Some(60)),
            ("0,59 0,23 * * *", Some(1)),
            ("0,59 0,23 1 * *", Some(59)),
            ("1-59/20 2 * * mon", Some(20)),
            ("5/30 * * * 1-5", Some(30)),
            ("H/5 * * * *", None),
            ("@hourly", None),
            ("*/0 * * * *", None),
            ("", None),
        ] {
            assert_eq!(distance(spec), expected, "{spec}");
        }
    }
}
