//! `towpath calendar`: which environment is frozen when, by a configuration alone.

mod ics;

use super::{UsageError, config, print};
use crate::engine::{Clock as _, SystemClock};
use crate::model::calendar::{Calendar, FreezePeriod, Span};
use crate::model::{PromotionPath, UnixSeconds};
use crate::report::one_line;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What `towpath calendar` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  towpath calendar                                   the next 30 days, by the work tree's file
  towpath calendar --config towpath.yml --from 2026-12-01 --until 2027-01-15
  towpath calendar --until 2027-12-31 --ics > freezes.ics

Each row is a time in which an environment is frozen without a gap, by freezes or because it lies
outside of its windows, with every reason there is in it. Rows are cut off at both ends. What a
freeze lets in all the same, such as hotfixes, is left out of account.

A date is 2026-03-01, its midnight by the configuration's timezone, also 2026-03-01 18:00, or
2026-03-01T18:00:00+01:00. --json and --ics tell all times in UTC.

Exit status: 0 done; 2 the request is wrong, or the configuration is.")]
pub(super) struct Arguments {
    /// A configuration file, in place of the work tree's own
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where it begins [default: now]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Where it ends [default: 30 days later]
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Print one JSON object: `windows`, each with its environment, from, until and reason
    #[arg(long, conflicts_with = "ics")]
    pub(super) json: bool,
    /// Print an iCalendar file, for calendars to show
    #[arg(long)]
    ics: bool,
}

/// A time in which an environment is frozen.
struct Row<'a> {
    environment: &'a str,
    span: Span,
    reason: String,
}

/// How far is looked ahead where nothing is said.
const AHEAD: Duration = Duration::from_secs(30 * 86_400);

/// How long a reason may be on a line, in characters.
const REASON: usize = 400;

/// The longest time that is looked at.
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);

/// The times that dates are written for: the years 1970 to 9999.
const DATES: Span = Span { from: UnixSeconds(0), until: UnixSeconds(253_402_300_800) };

/// Reads the configuration and prints the rows.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, UsageError> {
    let path = match &arguments.config {
        Some(file) => config::named(file)?.path().clone(),
        None => config::of_work_tree()?.path().clone(),
    };
    let range = range(arguments, &path.calendar, SystemClock.now().to_seconds())?;
    let rows = rows(&path, range);
    let answer = match arguments {
        Arguments { json: true, .. } => in_json(&rows),
        Arguments { ics: true, .. } => ics::calendar(&rows),
        _ => in_words(&rows, &path.calendar, range),
    };
    print::to_stdout(&answer);
    Ok(ExitCode::SUCCESS)
}

fn range(arguments: &Arguments, calendar: &Calendar, now: UnixSeconds) -> Result<Span, UsageError> {
    let date = |option: &str, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let moment = calendar.zone.moment(text.trim()).filter(|it| DATES.has(it.from) && DATES.has(it.until));
        moment.map(Some).ok_or_else(|| {
            let written = "write 2026-03-01, 2026-03-01 18:00 or 2026-03-01T18:00:00+01:00";
            UsageError::new(format!("--{option} {text:?} is no date; {written}"))
        })
    };
    let from = date("from", &arguments.from)?.map_or(now, |it| it.from);
    let until = date("until", &arguments.until)?.map_or(from + AHEAD, |it| it.until);
    if until <= from {
        return Err(UsageError::new(format!("--until ({until}) is not after --from ({from})")));
    }
    if until.since(from) > LONGEST {
        return Err(UsageError::new("from --from to --until are more than ten years; ask for fewer"));
    }
    Ok(Span { from, until })
}

fn rows(path: &PromotionPath, range: Span) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for environment in &path.environments {
        let environment = environment.name.as_str();
        for FreezePeriod { from, until, reasons } in path.calendar.enumerate(environment, range) {
            let span = Span { from: from.unwrap_or(range.from), until: until.unwrap_or(range.until) };
            rows.push(Row { environment, span, reason: reasons.join("; ") });
        }
    }
    rows
}

fn in_json(rows: &[Row<'_>]) -> String {
    let row = |row: &Row<'_>| {
        json!({
            "environment": row.environment,
            "from": rfc_3339(row.span.from),
            "until": rfc_3339(row.span.until),
            "reason": row.reason,
        })
    };
    let windows: Vec<_> = rows.iter().map(row).collect();
    format!("{}\n", json!({ "schema_version": print::SCHEMA_VERSION, "windows": windows }))
}

fn rfc_3339(at: UnixSeconds) -> String {
    at.to_date().map(|date| date.format("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

fn in_words(rows: &[Row<'_>], calendar: &Calendar, range: Span) -> String {
    let local = |at: UnixSeconds| {
        let shown = calendar.zone.local(at).map(|it| format!("{} {} {}", it.day, it.time, it.abbreviation));
        shown.unwrap_or_else(|| at.to_string())
    };
    if rows.is_empty() {
        return format!("Nothing is frozen from {} to {}.\n", local(range.from), local(range.until));
    }
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        if at == 0 || rows[at - 1].environment != row.environment {
            // Writing into a text does not fail.
            let _ = writeln!(text, "{} is frozen", row.environment);
        }
        let reason = one_line(&row.reason, REASON);
        let _ = writeln!(text, "  from {} to {}: {reason}", local(row.span.from), local(row.span.until));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Configuration;

    const FILE: &str = "\
version: 1
timezone: Europe/Vienna
freezes:
  - { from: 2026-12-23 12:00, until: 2026-12-23T15:00:00Z, reason: 'audit; é, \\' }
windows:
  - { days: [mon, wed], times: 09:00-16:00, environments: [production] }
";

    fn asked(from: &str, until: &str) -> (PromotionPath, Result<Span, UsageError>) {
        let path = Configuration::read(FILE).unwrap().path().clone();
        let [from, until] = [from, until].map(|it| (!it.is_empty()).then(|| it.to_owned()));
        let arguments = Arguments { config: None, from, until, json: false, ics: false };
        let range = range(&arguments, &path.calendar, UnixSeconds(1_700_000_000));
        (path, range)
    }

    #[test]
    fn rows_are_told_by_environment_and_cut_off_at_both_ends() {
        let (path, range) = asked("2026-12-23", "2026-12-24");
        let range = range.unwrap();
        let rows = rows(&path, range);
        insta::assert_snapshot!(in_words(&rows, &path.calendar, range), @r"
        integration is frozen
          from 2026-12-23 12:00 CET to 2026-12-23 16:00 CET: audit; é, \
        staging is frozen
          from 2026-12-23 12:00 CET to 2026-12-23 16:00 CET: audit; é, \
        production is frozen
          from 2026-12-23 00:00 CET to 2026-12-23 09:00 CET: outside of the window mon, wed 09:00-16:00 Europe/Vienna
          from 2026-12-23 12:00 CET to 2026-12-24 00:00 CET: audit; é, \; outside of the window mon, wed 09:00-16:00 Europe/Vienna
        ");
        insta::assert_snapshot!(in_json(&rows[..1]), @r#"{"schema_version":1,"windows":[{"environment":"integration","from":"2026-12-23T11:00:00Z","reason":"audit; é, \\","until":"2026-12-23T15:00:00Z"}]}"#);
        let (path, range) = asked("2026-12-23 11:59", "2026-12-23 12:00");
        let nothing = in_words(&[], &path.calendar, range.unwrap());
        assert_eq!(nothing, "Nothing is frozen from 2026-12-23 11:59 CET to 2026-12-23 12:00 CET.\n");
    }

    #[test]
    fn dates_are_read_in_the_configured_zone_and_bounded() {
        let length = |from, until| asked(from, until).1.map(|it| (it.from.0, it.until.0 - it.from.0));
        assert_eq!(length("2026-03-29", "2026-03-30").unwrap().1, 23 * 3_600);
        assert_eq!(length("2026-10-25 02:30", "2026-10-25 02:30").unwrap().1, 3_600, "twice");
        assert_eq!(length("2026-03-01T00:00:00Z", "").unwrap(), (1_772_323_200, 30 * 86_400));
        assert_eq!(length("", "").unwrap().0, 1_700_000_000);
        let refused = |from, until| length(from, until).unwrap_err().to_string();
        for wrong in
            ["yesterday", "2026-02-29", "2026-03-01 25:00", "0001-01-01", "9999-12-31T23:00:00-02:00", " "]
        {
            assert!(refused(wrong, "2027-01-01").starts_with("--from "), "{wrong}");
        }
        assert!(refused("2026-03-02", "2026-03-01").contains("is not after"));
        assert!(refused("2026-03-02", "2037-03-01").contains("more than ten years"));
    }
}
