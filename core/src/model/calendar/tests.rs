use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap()
}

fn day(text: &str) -> Day {
    Day::of_text(text).unwrap()
}

fn at(text: &str) -> UnixSeconds {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

fn told(at: Option<UnixSeconds>) -> String {
    at.map_or("?".to_owned(), |at| at.to_date().unwrap().format("%Y-%m-%d %H:%M").to_string())
}

/// A schedule in Vienna, by days such as `mon tue`; every day where none is named.
fn schedule(days: &str, times: &str) -> Schedule {
    let named = |it: &Weekday| days.is_empty() || days.contains(it.as_str());
    Schedule {
        days: Weekday::ALL.into_iter().filter(named).collect(),
        times: Times::of_text(times).unwrap(),
        zone: zone("Europe/Vienna"),
        except: BTreeSet::new(),
    }
}

fn recurring(days: &str, times: &str, reason: &str) -> Freeze {
    let when = FreezeTime::Recurring(schedule(days, times));
    Freeze { when, reason: reason.to_owned(), scope: Scope::default() }
}

fn once(from: &str, until: &str, reason: &str) -> Freeze {
    let when = FreezeTime::Once(Span { from: at(from), until: at(until) });
    Freeze { when, reason: reason.to_owned(), scope: Scope::default() }
}

fn window(days: &str, times: &str) -> Window {
    Window { schedule: schedule(days, times), scope: Scope::default() }
}

fn frozen(calendar: &Calendar, instant: &str) -> String {
    frozen_for(calendar, instant, Incoming::default())
}

fn frozen_for(calendar: &Calendar, instant: &str, incoming: Incoming) -> String {
    match calendar.frozen_at("production", at(instant), incoming) {
        None => "open".to_owned(),
        Some(it) => format!("{} to {}: {}", told(it.from), told(it.until), it.reasons.join(", ")),
    }
}

fn rows(calendar: &Calendar, from: &str, until: &str) -> Vec<String> {
    let rows = calendar.enumerate("production", Span { from: at(from), until: at(until) });
    let row =
        |it: FreezePeriod| format!("{} to {}: {}", told(it.from), told(it.until), it.reasons.join(", "));
    rows.into_iter().map(row).collect()
}

#[test]
fn what_goes_over_into_each_other_has_one_end() {
    let freezes = vec![
        recurring("fri", "16:00-24:00", "weekend"),
        recurring("sat sun", "00:00-24:00", "weekend"),
        recurring("mon", "00:00-08:00", "Monday morning"),
        once("2026-03-02T06:30:00Z", "2026-03-02T09:00:00Z", "stocktaking"),
    ];
    let calendar = Calendar { freezes, ..Calendar::default() };
    let reasons = "2026-02-27 15:00 to 2026-03-02 09:00";
    assert_eq!(
        frozen(&calendar, "2026-02-28T12:00:00Z"),
        format!("{reasons}: weekend, Monday morning, stocktaking")
    );
    assert_eq!(
        frozen(&calendar, "2026-03-02T08:00:00Z"),
        format!("{reasons}: stocktaking, Monday morning, weekend"),
        "first what holds now"
    );
    assert_eq!(frozen(&calendar, "2026-03-02T09:00:00Z"), "open", "an end is the first open second");
    assert_eq!(frozen(&calendar, "2026-02-27T14:59:59Z"), "open");
    assert_eq!(
        rows(&calendar, "2026-02-28T00:00:00Z", "2026-03-07T00:00:00Z"),
        [
            "2026-02-28 00:00 to 2026-03-02 09:00: weekend, Monday morning, stocktaking",
            "2026-03-06 15:00 to 2026-03-07 00:00: weekend",
        ],
        "cut off at both ends"
    );
}

#[test]
fn a_time_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let mut freeze = recurring("fri sat", "16:00-08:00", "nights");
    if let FreezeTime::Recurring(schedule) = &mut freeze.when {
        schedule.except.insert(day("2026-12-26"));
    }
    let calendar = Calendar { freezes: vec![freeze], ..Calendar::default() };
    assert_eq!(
        rows(&calendar, "2026-12-25T00:00:00Z", "2027-01-04T00:00:00Z"),
        [
            "2026-12-25 15:00 to 2026-12-26 07:00: nights",
            "2027-01-01 15:00 to 2027-01-02 07:00: nights",
            "2027-01-02 15:00 to 2027-01-03 07:00: nights",
        ]
    );
}

#[test]
fn an_environment_with_windows_is_closed_outside_of_them_and_a_freeze_inside_wins() {
    let mut office = window("mon tue wed thu", "09:00-16:00");
    office.schedule.except.insert(day("2026-03-03"));
    let freezes = vec![once("2026-03-04T10:00:00Z", "2026-03-04T12:00:00Z", "audit")];
    let calendar = Calendar { freezes, windows: vec![office], ..Calendar::default() };
    let outside = "outside of the window mon-thu 09:00-16:00 Europe/Vienna";
    assert_eq!(
        rows(&calendar, "2026-03-02T00:00:00Z", "2026-03-05T12:00:00Z"),
        [
            format!("2026-03-02 00:00 to 2026-03-02 08:00: {outside}"),
            format!("2026-03-02 15:00 to 2026-03-04 08:00: {outside}"),
            "2026-03-04 10:00 to 2026-03-04 12:00: audit".to_owned(),
            format!("2026-03-04 15:00 to 2026-03-05 08:00: {outside}"),
        ]
    );
    assert_eq!(
        frozen(&calendar, "2026-03-06T12:00:00Z"),
        format!("2026-03-05 15:00 to 2026-03-09 08:00: {outside}")
    );
}

#[test]
fn an_ambiguous_time_makes_the_freeze_longer_and_the_window_shorter() {
    // The clocks show 02:00 to 03:00 twice on 2026-10-25, from 00:00 to 02:00 UTC.
    let freezes = vec![recurring("sun", "02:15-02:45", "backup")];
    let calendar = Calendar { freezes, ..Calendar::default() };
    assert_eq!(frozen(&calendar, "2026-10-25T01:00:00Z"), "2026-10-25 00:15 to 2026-10-25 01:45: backup");
    let calendar = Calendar { windows: vec![window("sun", "02:15-02:45")], ..Calendar::default() };
    let closed = "outside of the window sun 02:15-02:45 Europe/Vienna";
    assert_eq!(
        frozen(&calendar, "2026-10-25T00:20:00Z"),
        format!("2026-10-18 00:45 to 2026-11-01 01:15: {closed}"),
        "it would end before it begins, so it does not open"
    );
    let calendar = Calendar { windows: vec![window("sun", "02:30-12:00")], ..Calendar::default() };
    assert!(frozen(&calendar, "2026-10-25T01:29:59Z").contains("to 2026-10-25 01:30"));
    assert_eq!(frozen(&calendar, "2026-10-25T01:30:00Z"), "open");
}

#[test]
fn a_time_that_the_clocks_leave_out_is_the_next_instant() {
    let freezes = vec![recurring("sun", "02:30-04:00", "backup"), recurring("sun", "02:10-02:20", "none")];
    let calendar = Calendar { freezes, ..Calendar::default() };
    assert_eq!(frozen(&calendar, "2026-03-29T01:00:00Z"), "2026-03-29 01:00 to 2026-03-29 02:00: backup");
    assert_eq!(frozen(&calendar, "2026-03-29T00:59:59Z"), "open");
    assert_eq!(frozen(&calendar, "2026-04-05T00:15:00Z"), "2026-04-05 00:10 to 2026-04-05 00:20: none");
}

#[test]
fn what_is_let_in_is_not_kept_back_by_that_freeze_alone() {
    let mut holidays = once("2026-12-20T00:00:00Z", "2026-12-27T00:00:00Z", "holidays");
    holidays.scope.allow = BTreeSet::from([PullNumber(7)]);
    let mut stock = once("2026-12-21T00:00:00Z", "2026-12-22T00:00:00Z", "stocktaking");
    stock.scope.hotfixes = true;
    let calendar = Calendar { freezes: vec![holidays, stock], ..Calendar::default() };
    let [named, hotfix] = [(Some(PullNumber(7)), false), (None, true)]
        .map(|(number, is_hotfix)| Incoming { number, is_hotfix });
    let both = "2026-12-20 00:00 to 2026-12-27 00:00: holidays, stocktaking";
    assert_eq!(frozen(&calendar, "2026-12-21T12:00:00Z"), both);
    assert_eq!(
        frozen_for(&calendar, "2026-12-21T12:00:00Z", named),
        "2026-12-21 00:00 to 2026-12-22 00:00: stocktaking"
    );
    assert_eq!(
        frozen_for(&calendar, "2026-12-21T12:00:00Z", hotfix),
        "2026-12-20 00:00 to 2026-12-27 00:00: holidays"
    );
    assert_eq!(frozen_for(&calendar, "2026-12-23T12:00:00Z", named), "open");
    let mut office = window("mon", "09:00-16:00");
    office.scope.hotfixes = true;
    let calendar = Calendar { windows: vec![office], ..Calendar::default() };
    assert_eq!(frozen_for(&calendar, "2026-12-23T12:00:00Z", hotfix), "open");
    assert_ne!(frozen_for(&calendar, "2026-12-23T12:00:00Z", named), "open");
}

#[test]
fn what_names_environments_is_for_those_alone() {
    let mut freeze = recurring("", "00:00-12:00", "mornings");
    freeze.scope.environments = vec!["Staging".to_owned()];
    let mut office = window("", "09:00-16:00");
    office.scope.environments = vec!["live".to_owned()];
    let calendar = Calendar { freezes: vec![freeze], windows: vec![office], ..Calendar::default() };
    let at = at("2026-03-02T06:00:00Z");
    let closed = |name| calendar.frozen_at(name, at, Incoming::default()).is_some();
    assert_eq!(["staging", "live", "production"].map(closed), [true, true, false]);
    assert_eq!(["staging", "live", "production"].map(|it| calendar.is_about(it)), [true, true, false]);
    assert_eq!(calendar.next_change_after("production", at), None);
}

#[test]
fn what_has_no_end_in_sight_says_so_in_good_time() {
    let endless = Calendar { freezes: vec![recurring("", "00:00-24:00", "always")], ..Calendar::default() };
    assert_eq!(frozen(&endless, "2026-03-02T06:00:00Z"), "? to ?: always");
    let year = rows(&endless, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
    assert_eq!(year, ["2026-01-01 00:00 to 2027-01-01 00:00: always"]);
    let mut release_days = endless.clone();
    if let FreezeTime::Recurring(schedule) = &mut release_days.freezes[0].when {
        schedule.except = BTreeSet::from([day("2026-06-01"), day("2027-06-01")]);
    }
    assert_eq!(frozen(&release_days, "2026-08-01T00:00:00Z"), "2026-06-01 22:00 to 2027-05-31 22:00: always");
    for extreme in [UnixSeconds::MIN, UnixSeconds(-377_705_116_800), UnixSeconds::MAX] {
        endless.frozen_at("production", extreme, Incoming::default());
        endless.next_change_after("production", extreme);
        let mut windows = Calendar { windows: vec![window("mon", "09:00-16:00")], ..Calendar::default() };
        windows.windows[0].schedule.except.insert(day("2026-06-01"));
        windows.frozen_at("production", extreme, Incoming::default());
        windows.next_change_after("production", extreme);
    }
}

#[test]
fn a_leap_day_and_the_end_of_a_year_are_days_like_others() {
    let calendar =
        Calendar { freezes: vec![recurring("tue thu", "20:00-06:00", "night")], ..Calendar::default() };
    assert_eq!(
        rows(&calendar, "2028-02-28T12:00:00Z", "2028-03-02T12:00:00Z"),
        ["2028-02-29 19:00 to 2028-03-01 05:00: night"]
    );
    assert_eq!(
        rows(&calendar, "2026-12-30T12:00:00Z", "2027-01-02T00:00:00Z"),
        ["2026-12-31 19:00 to 2027-01-01 05:00: night"]
    );
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let zones = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"];
    let days = proptest::sample::subsequence(Weekday::ALL.to_vec(), 1..=7);
    let except = proptest::collection::btree_set(0..60_i64, 0..4);
    let times = (0..48_u16, 1..=48_u16).prop_filter("a length", |(from, until)| from != until);
    (days, times, proptest::sample::select(zones.to_vec()), except).prop_map(|(days, times, name, except)| {
        let shown = |half: u16| format!("{:02}:{:02}", half / 2, half % 2 * 30);
        Schedule {
            days: days.into_iter().collect(),
            times: Times::of_text(&format!("{}-{}", shown(times.0), shown(times.1))).unwrap(),
            zone: zone(name),
            except: except.into_iter().map(|it| day("2026-03-01").plus(it).unwrap()).collect(),
        }
    })
}

prop_compose! {
    fn calendars()(
        freezes in proptest::collection::vec(schedules(), 0..3),
        windows in proptest::collection::vec(schedules(), 0..3),
        once in (0..80_i64, 1..60_i64),
    ) -> Calendar {
        let scope = Scope::default;
        let from = UnixSeconds(at("2026-03-01T00:00:00Z").0 + once.0 * 50_000);
        let until = UnixSeconds(from.0 + once.1 * 9_000);
        let recurring = freezes.into_iter().map(FreezeTime::Recurring);
        let times = recurring.chain([FreezeTime::Once(Span { from, until })]);
        let reason = || "reason".to_owned();
        Calendar {
            freezes: times.map(|when| Freeze { when, reason: reason(), scope: scope() }).collect(),
            windows: windows.into_iter().map(|schedule| Window { schedule, scope: scope() }).collect(),
            ..Calendar::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Rows, single instants and changes say the same.
    #[test]
    fn rows_are_what_every_instant_says(calendar in calendars(), instants in proptest::collection::vec(0..5_000_000_i64, 8)) {
        let from = at("2026-03-01T00:00:00Z");
        let range = Span { from, until: UnixSeconds(from.0 + 5_200_000) };
        let rows = calendar.enumerate("x", range);
        for pair in rows.windows(2) {
            prop_assert!(pair[0].until < pair[1].from);
        }
        for instant in instants {
            let at = UnixSeconds(from.0 + instant);
            let state = |at| calendar.frozen_at("x", at, Incoming::default());
            let row = rows.iter().find(|it| it.from.unwrap() <= at && at < it.until.unwrap());
            match (state(at), row) {
                (None, None) => {}
                (Some(period), Some(row)) => {
                    prop_assert_eq!(row.from.unwrap(), period.from.unwrap_or(range.from).max(range.from));
                    prop_assert_eq!(row.until.unwrap(), period.until.unwrap_or(range.until).min(range.until));
                }
                (state, row) => prop_assert!(false, "{:?} {:?}", state, row),
            }
            let Some(next) = calendar.next_change_after("x", at) else { continue };
            prop_assert!(next > at);
            let before = UnixSeconds(next.0 - 1);
            prop_assert_eq!(state(at).is_some(), state(before).is_some());
        }
    }
}

#[test]
fn what_is_never_open_and_what_never_closes_is_seen() {
    let week = |freezes: Vec<Freeze>, windows: Vec<Window>| {
        Calendar { freezes, windows, ..Calendar::default() }.week("production")
    };
    let day = || recurring("", "08:00-20:00", "day");
    let night = || recurring("", "20:00-08:00", "night");
    assert_eq!(week(vec![day()], vec![]), Week::SomeOfEach);
    assert_eq!(week(vec![day(), night()], vec![]), Week::NeverOpen);
    assert_eq!(
        week(vec![day(), recurring("mon tue wed thu fri sat", "20:00-08:00", "x")], vec![]),
        Week::SomeOfEach
    );
    assert_eq!(
        week(vec![day()], vec![window("mon", "09:00-16:00"), window("sun", "12:00-20:00")]),
        Week::NeverOpen
    );
    assert_eq!(week(vec![day()], vec![window("mon", "09:00-20:30")]), Week::SomeOfEach);
    assert_eq!(
        week(vec![], vec![window("", "08:00-20:00"), window("", "20:00-08:00")]),
        Week::WindowsAlwaysOpen
    );
    let mut elsewhere = night();
    elsewhere.scope.environments = vec!["staging".to_owned()];
    assert_eq!(week(vec![day(), elsewhere], vec![]), Week::SomeOfEach);
    let mut with_exceptions = night();
    if let FreezeTime::Recurring(schedule) = &mut with_exceptions.when {
        schedule.except.insert(self::day("2026-06-01"));
    }
    assert_eq!(week(vec![day(), with_exceptions], vec![]), Week::SomeOfEach);
    let mut hotfixes = night();
    hotfixes.scope.hotfixes = true;
    assert_eq!(week(vec![day(), hotfixes], vec![]), Week::SomeOfEach);
    let mut in_utc = night();
    if let FreezeTime::Recurring(schedule) = &mut in_utc.when {
        (schedule.zone, schedule.times) = (Zone::default(), Times::of_text("19:00-07:00").unwrap());
    }
    assert_eq!(week(vec![day(), in_utc], vec![]), Week::SomeOfEach, "in summer an hour is left");
}
