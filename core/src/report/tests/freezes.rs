//! The words of TP401.

use super::super::samples::*;
use super::shown;
use crate::model::calendar::Zone;
use crate::model::{Cause, Outcome, PromotionPath, UnixSeconds};
use crate::report::check;

/// Noon in Vienna on some day.
const NOON: UnixSeconds = UnixSeconds(1_795_604_400);

#[test]
fn frozen_until_a_time() {
    let shown = shown(&subject("staging", "production"), verdict(Outcome::Wait, frozen(Some(NOON))));
    insta::assert_snapshot!(shown, @r#"
    in_progress [Re-check] Frozen until 25 Nov 11:00 UTC

    `production` is frozen until 2026-11-25 11:00 UTC: `Holidays, ask @ops`, `outside of the window mon-thu 09:00-16:00 UTC`. Until then nothing is merged into `production`. Rollbacks still go.

    **What to do.** Wait until the freeze ends: Towpath then checks this again by itself.

    **Who can act.** Whoever may change `.github/towpath.yml` on the default branch. Anyone with the role `maintain` or a higher one can override it with `/override TP401 --reason "…"`.

    [TP401: what it means](https://towpath.example/findings#tp401)

    <details><summary>Another way</summary>

    To let this pull request in all the same, add `12` to `allow` of what keeps it back, in `.github/towpath.yml` on the default branch.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn frozen_with_no_end_in_sight() {
    let shown = shown(&subject("feature/x", "production"), verdict(Outcome::Wait, frozen(None)));
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] production is frozen

    `production` is frozen, with no end in sight: `Holidays, ask @ops`, `outside of the window mon-thu 09:00-16:00 UTC`. Meanwhile nothing is merged into `production`. Rollbacks still go.

    **What to do.** Wait until the freeze ends: Towpath then checks this again by itself.

    **Who can act.** Whoever may change `.github/towpath.yml` on the default branch. Anyone with the role `maintain` or a higher one can override it with `/override TP401 --reason "…"`.

    [TP401: what it means](https://towpath.example/findings#tp401)

    <details><summary>Another way</summary>

    To let this pull request in all the same, add `12` to `allow` of what keeps it back, in `.github/towpath.yml` on the default branch.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_end_is_told_in_utc_and_in_the_configured_zone() {
    let mut path = PromotionPath::pro();
    let titles: Vec<String> = ["Europe/Vienna", "Pacific/Kiritimati", "Asia/Kathmandu", "UTC"]
        .into_iter()
        .map(|zone| {
            path.calendar.zone = Zone::new(zone).unwrap();
            let cause = frozen(Some(NOON));
            check(&path, &[(subject("staging", "production"), verdict(Outcome::Wait, cause))]).title
        })
        .collect();
    assert_eq!(
        titles,
        [
            "Frozen until 25 Nov 11:00 UTC (12:00 CET)",
            "Frozen until 25 Nov 11:00 UTC (26 Nov 01:00 +14)",
            "Frozen until 25 Nov 11:00 UTC (16:45 +0545)",
            "Frozen until 25 Nov 11:00 UTC",
        ]
    );
    path.calendar.zone = Zone::new("Europe/Vienna").unwrap();
    let reasons = (0..40).map(|at| format!("`x` <b>@all {at} {}", "y".repeat(180))).collect();
    let cause =
        Cause::Frozen { environment: "production".to_owned(), since: None, until: Some(NOON), reasons };
    let check = check(&path, &[(subject("staging", "production"), verdict(Outcome::Wait, cause))]);
    assert!(
        check.summary.contains("2026-11-25 11:00 UTC (2026-11-25 12:00 in Europe/Vienna)"),
        "{}",
        check.summary
    );
    assert!(check.summary.contains(" and 35 more. Until then"), "{}", check.summary);
    assert!(check.summary.len() < 2_500, "{}", check.summary);
}
