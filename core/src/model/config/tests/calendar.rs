//! Freezes, windows, holidays and the time zone.

use super::*;
use crate::model::UnixSeconds;
use crate::model::calendar::{Incoming, Span};

fn told(text: &str) -> String {
    problems(text).join("\n")
}

/// When production is frozen by the lines of a file, in UTC.
fn frozen(lines: &str, from: i64, days: i64) -> Vec<String> {
    let read = Configuration::read(&with(lines)).unwrap_or_else(|problems| panic!("{problems:?}"));
    let until = UnixSeconds(from + days * 86_400);
    let rows = read.path().calendar.enumerate("production", Span { from: UnixSeconds(from), until });
    let shown = |at: Option<UnixSeconds>| at.unwrap().to_date().unwrap().format("%d %H:%M").to_string();
    rows.iter()
        .map(|it| format!("{} to {}: {}", shown(it.from), shown(it.until), it.reasons.join(", ")))
        .collect()
}

/// The beginning of 21 December 2026, a Monday.
const MONDAY: i64 = 1_797_811_200;

#[test]
fn a_freeze_has_to_end_after_it_begins() {
    let freeze = |from: &str, until: &str, more: &str| {
        with(&format!("freezes: [{{ from: {from}, until: {until}, reason: x{more} }}]"))
    };
    let backwards = freeze("2026-12-20T18:00:00Z", "2026-12-20T18:30:00+01:00", "");
    assert!(told(&backwards).contains("ends before it begins"));
    let no_day = freeze("2026-02-30T18:00:00Z", "2026-12-20T18:30:00Z", "");
    assert!(told(&no_day).starts_with("2:19 there is no such time as 2026-02-30T18:00:00Z"));
    for (from, until) in [("2026-02-29 10:00", "2026-03-01 10:00"), ("2026-02-28 24:01", "2026-03-01 10:00")]
    {
        assert!(told(&freeze(from, until, "")).starts_with(&format!("2:19 there is no such time as {from}")));
    }
    assert!(told(&freeze("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00", "")).contains("no such time"));
    let nowhere = freeze("2026-12-20T18:00:00Z", "2026-12-21T18:00:00Z", ", environments: [prod]");
    assert!(told(&nowhere).contains("there is no environment \"prod\""));
    assert!(Configuration::read(&nowhere.replace("[prod]", "[production]")).is_ok());
    let twice = freeze("2026-10-25 02:30", "2026-10-25 02:31", ", timezone: Europe/Vienna");
    let read = Configuration::read(&twice).unwrap();
    let at = UnixSeconds(1_792_889_999);
    let period = read.path().calendar.frozen_at("staging", at, Incoming::default()).unwrap();
    assert_eq!((period.until.unwrap().0 - period.from.unwrap().0), 3_660, "read towards the longer freeze");
}

#[test]
fn a_freeze_comes_once_or_again() {
    let freeze = |keys: &str| with(&format!("freezes:\n  - {{ reason: x{keys} }}"));
    for (keys, said) in [
        ("", "3:5 the freeze has no time | write from: and until:, or days: and times:"),
        (", from: 2026-12-20 18:00", "3:18 the freeze has no end | add until: and its value"),
        (", until: 2026-12-20 18:00", "3:18 the freeze has no beginning | add from: and its value"),
        (
            ", from: 2026-12-20 18:00, days: [mon]",
            "3:42 a freeze comes once, with from and until, or again, with days and times | write two freezes, or take one of them out",
        ),
        (
            ", from: noon, until: 2026-12-20 18:00",
            "3:24 from cannot be \"noon\" | write a day and a time: 2026-12-20 18:00, or with its own zone 2026-12-20T18:00:00+01:00",
        ),
        (
            ", times: 08:00-08:00",
            "3:25 there is no such time of a day as 08:00-08:00 | write a beginning and another end from 00:00 to 24:00; the whole day is 00:00-24:00",
        ),
        (
            ", times: 08:00-24:30",
            "3:25 there is no such time of a day as 08:00-24:30 | write a beginning and another end from 00:00 to 24:00; the whole day is 00:00-24:00",
        ),
        (
            ", times: 8-10",
            "3:25 times cannot be \"8-10\" | write two times of the day, such as 09:00-16:00, or 18:00-08:00 over midnight",
        ),
        (
            ", days: [mon, tues]",
            "3:30 an item of days cannot be \"tues\" | did you mean tue? Good are mon, tue, wed, thu, fri, sat or sun",
        ),
        (
            ", days: [mon], except: [2026-02-30]",
            "3:40 there is no such day as 2026-02-30 | write a day that exists",
        ),
    ] {
        assert_eq!(told(&freeze(keys)), said);
    }
}

#[test]
fn time_zones_are_those_of_the_database() {
    let zone = |name: &str| told(&with(&format!("timezone: {name}")));
    assert_eq!(
        zone("Europe/Viena"),
        "2:11 there is no time zone \"Europe/Viena\" | did you mean Europe/Vienna?"
    );
    let otherwise = "write a name of the IANA database, such as Europe/Vienna";
    for (name, hint) in [
        // Not Kiev, whose name is as near as a whole.
        ("Europe/Wien", otherwise),
        ("Europe/Bern", otherwise),
        ("Vienna", "did you mean Europe/Vienna?"),
        ("Europe/Vien", "did you mean Europe/Vienna?"),
        ("europe/berln", "did you mean Europe/Berlin?"),
        ("New-York", "did you mean America/New_York?"),
        ("Europe/V", otherwise),
        ("America/Arg", otherwise),
    ] {
        let told = zone(name);
        assert!(told.ends_with(&format!("| {hint}")), "{told}");
    }
    assert_eq!(
        zone("Mitteleuropa"),
        "2:11 there is no time zone \"Mitteleuropa\" | write a name of the IANA database, such as Europe/Vienna"
    );
    assert!(zone("+01:00").starts_with("2:11 timezone cannot be \"+01:00\""));
    let own = told(&with("windows: [{ times: 09:00-16:00, timezone: Nowhere }]"));
    assert!(own.starts_with("2:43 there is no time zone \"Nowhere\""), "{own}");
}

#[test]
fn what_is_written_is_what_is_frozen() {
    let lines = "\
timezone: Europe/Vienna
freezes:
  - { from: 2026-12-23 12:00, until: 2026-12-23 13:00, reason: audit }
  - { days: [mon], times: 20:00-21:00, timezone: America/New_York, reason: backup }
windows:
  - { days: [mon, tue, wed, thu], times: 09:00-16:00, environments: [production] }
  - { times: 22:00-02:30, except: [2026-12-21] }
holidays: [2026-12-24]";
    let outside =
        "outside of the windows mon-thu 09:00-16:00 Europe/Vienna; 22:00-02:30 Europe/Vienna".to_owned();
    let wanted = [
        // The window of Sunday has begun before.
        ("21 01:30 to 21 08:00", outside.as_str()),
        ("21 15:00 to 22 08:00", &format!("{outside}, backup")),
        ("22 15:00 to 22 21:00", &outside),
        ("23 01:30 to 23 08:00", &outside),
        ("23 11:00 to 23 12:00", "audit"),
        ("23 15:00 to 23 21:00", &outside),
        ("24 01:30 to 25 00:00", &outside),
    ];
    let wanted: Vec<String> = wanted.iter().map(|(when, why)| format!("{when}: {why}")).collect();
    assert_eq!(frozen(lines, MONDAY, 4), wanted);
}

#[test]
fn what_could_never_be_open_is_refused_and_what_closes_nothing_is_said() {
    let never = "is never open: freezes cover all of the week, or all of its windows | leave some time, or lock the environment instead";
    let always = "freezes:\n  - { times: 08:00-20:00, reason: x }\n  - { times: 20:00-08:00, reason: y, environments: [staging, production] }";
    assert_eq!(told(&with(always)), format!("2:1 production {never}\n2:1 staging {never}"));
    let inside = "windows: [{ days: [mon], times: 09:00-16:00, environments: [production] }]\nfreezes: [{ days: [mon], reason: x }]";
    assert_eq!(told(&with(inside)), format!("3:1 production {never}"));
    let read =
        Configuration::read(&with("windows: [{ times: 00:00-24:00, environments: [staging] }]")).unwrap();
    let notices: Vec<_> = read.notices().iter().map(|it| format!("{} {}", it.place, it.message)).collect();
    let said = "2:1 the windows of staging cover all of the week, so they close nothing".to_owned();
    assert!(notices.contains(&said), "{notices:?}");
}
