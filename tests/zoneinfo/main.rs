#![allow(clippy::unwrap_used, reason = "a test may end by unwrapping")]
//! The calendar against an independent one, which rests on Python's zoneinfo: whole years of freezes and windows, in zones
//! that change their clocks in all kinds of ways.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use towpath::model::UnixSeconds;
use towpath::model::calendar::Span;
use towpath::model::config::Configuration;

/// Zones, each with a year in which its clocks do something.
const YEARS: [(&str, i32); 9] = [
    ("Europe/Vienna", 2026),
    ("America/New_York", 2026),
    // By half an hour.
    ("Australia/Lord_Howe", 2026),
    // At midnight: there is a day without one.
    ("America/Sao_Paulo", 2018),
    // Back for Ramadan, and ahead again. Later years are as databases of different age have it.
    ("Africa/Casablanca", 2024),
    // By a quarter of an hour, once.
    ("Asia/Kathmandu", 1986),
    // A day was left out.
    ("Pacific/Apia", 2011),
    // A leap day.
    ("Europe/Vienna", 2028),
    ("UTC", 2026),
];

/// Times that lie on, within or around the hours at which clocks are changed.
const TIMES: [(u16, u16); 12] = [
    (120, 180),
    (150, 210),
    (105, 135),
    (135, 165),
    (165, 240),
    (0, 15),
    (15, 1_440),
    (0, 1_440),
    (1_410, 30),
    (1_080, 480),
    (540, 960),
    (1_435, 0),
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Times that come again, as both are given them.
#[derive(Debug, Clone)]
struct Schedule {
    zone: &'static str,
    days: Vec<&'static str>,
    times: (u16, u16),
    except: Vec<String>,
}

/// A calendar, and the year that is looked at.
#[derive(Debug, Clone)]
struct Case {
    year: i32,
    freezes: Vec<Schedule>,
    windows: Vec<Schedule>,
}

impl Schedule {
    fn json(&self) -> Value {
        let (from, until) = self.times;
        json!({ "zone": self.zone, "days": self.days, "from": from, "until": until, "except": self.except })
    }

    fn yaml(&self) -> String {
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let (days, except) = (self.days.join(", "), self.except.join(", "));
        let times = format!("{}-{}", time(self.times.0), time(self.times.1));
        format!("days: [{days}], times: \"{times}\", timezone: {}, except: [{except}]", self.zone)
    }
}

impl Case {
    /// The year, by UTC.
    fn range(&self) -> Span {
        let begin =
            |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(chrono::NaiveTime::MIN);
        let [from, until] = [self.year, self.year + 1].map(|year| UnixSeconds::from(begin(year).and_utc()));
        Span { from, until }
    }

    fn json(&self) -> Value {
        let all = |schedules: &[Schedule]| schedules.iter().map(Schedule::json).collect::<Vec<_>>();
        let Span { from, until } = self.range();
        json!({ "begin": from, "end": until, "freezes": all(&self.freezes), "windows": all(&self.windows) })
    }

    /// What Towpath says of it, as the configuration has it; `None` where it refuses one that leaves no time.
    fn rows(&self) -> Option<Vec<(i64, i64)>> {
        let freezes = self.freezes.iter().map(|it| format!("  - {{ {}, reason: x }}", it.yaml()));
        let windows = self.windows.iter().map(|it| format!("  - {{ {} }}", it.yaml()));
        let mut lines = vec!["version: 1".to_owned()];
        for (key, items) in [("freezes:", freezes.collect::<Vec<_>>()), ("windows:", windows.collect())] {
            if !items.is_empty() {
                lines.push(key.to_owned());
                lines.extend(items);
            }
        }
        let text = lines.join("\n");
        match Configuration::read(&text) {
            Ok(read) => {
                let rows = read.path().calendar.enumerate("production", self.range());
                Some(rows.iter().map(|it| (it.from.unwrap().0, it.until.unwrap().0)).collect())
            }
            Err(problems) => {
                assert!(problems[0].message.contains("is never open"), "{text}{problems:?}");
                None
            }
        }
    }
}

/// What Python says of each case, or `None` where it or its zones are missing and nobody insists.
fn asked(cases: &[Case]) -> Option<Vec<Vec<(i64, i64)>>> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/zoneinfo/calendar.py");
    let zones =
        "from zoneinfo import ZoneInfo as Z\nfor zone in ('Europe/Vienna', 'Africa/Casablanca'): Z(zone)";
    let known = Command::new("python3").args(["-c", zones]).stderr(Stdio::null()).status();
    if !known.is_ok_and(|it| it.success()) {
        let words =
            "NOT TESTED: nothing was compared with Python, as python3 or its time zones are not installed";
        assert!(std::env::var_os("CI").is_none(), "{words}");
        // The macros' output is kept back from tests that end well.
        let _ = writeln!(std::io::stderr(), "\n*** {words} ***\n");
        return None;
    }
    let input: String = cases.iter().flat_map(|it| [it.json().to_string(), "\n".to_owned()]).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let output = Command::new("python3").arg(program).stdin(file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<_> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), cases.len(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(rows)
}

fn compared(cases: &[Case]) {
    let Some(wanted) = asked(cases) else { return };
    let mut rows = 0;
    for (case, wanted) in cases.iter().zip(&wanted) {
        match case.rows() {
            Some(told) => {
                let differs = told.iter().zip(wanted).find(|(told, wanted)| told != wanted);
                assert_eq!(&told, wanted, "{differs:?} in {case:?}");
                rows += told.len();
            }
            None => assert_eq!(wanted.len(), 1, "{case:?}"),
        }
    }
    assert!(rows > 5_000, "they have too little to say: {rows} rows");
}

#[test]
fn a_year_of_every_zone_is_as_zoneinfo_has_it() {
    let mut cases = Vec::new();
    for (zone, year) in YEARS {
        for times in TIMES {
            let every_day = Schedule { zone, days: DAYS.to_vec(), times, except: Vec::new() };
            // Clocks are changed on Sundays, and what begins on a Saturday runs into that.
            let except = vec![format!("{year}-02-28"), format!("{year}-12-31")];
            let some_days = Schedule { days: vec!["sat", "sun", "wed"], except, ..every_day.clone() };
            cases.push(Case { year, freezes: vec![some_days], windows: Vec::new() });
            cases.push(Case { year, freezes: Vec::new(), windows: vec![every_day] });
        }
    }
    compared(&cases);
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let zones: Vec<&str> = YEARS.iter().map(|(zone, _)| *zone).collect();
    let days = proptest::sample::subsequence(DAYS.to_vec(), 1..=7);
    let times = prop_oneof![
        proptest::sample::select(TIMES.to_vec()),
        (0..1_440_u16, 1..=1_440_u16).prop_filter("a length", |(from, until)| from != until),
    ];
    let except = proptest::collection::btree_set((1..=12_u32, 1..=28_u32), 0..6);
    (proptest::sample::select(zones), days, times, except).prop_map(|(zone, days, times, except)| {
        let except = except.into_iter().map(|(month, day)| format!("2024-{month:02}-{day:02}")).collect();
        Schedule { zone, days, times, except }
    })
}

fn case() -> impl Strategy<Value = Case> {
    let some = |most| proptest::collection::vec(schedule(), 0..=most);
    (some(3), some(2)).prop_map(|(freezes, windows)| Case { year: 2024, freezes, windows })
}

#[test]
fn freezes_and_windows_of_many_zones_join_as_by_zoneinfo() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..80).map(|_| case().new_tree(&mut runner).unwrap().current()).collect();
    compared(&cases);
}
