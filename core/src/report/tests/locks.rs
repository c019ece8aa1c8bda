//! The words of TP402.

use super::super::samples::*;
use super::shown;
use crate::model::{
    BranchName, Cause, CommandRights, Grant, Grantee, Lock, Outcome, PromotionPath, RepositoryRole,
    UnixMillis,
};
use crate::report::check;

/// Noon on some day.
const NOON: UnixMillis = UnixMillis(1_795_608_000_000);

#[test]
fn locked_until_somebody_unlocks_it() {
    let shown = shown(&subject("staging", "production"), verdict(Outcome::Wait, locked(None, None)));
    insta::assert_snapshot!(shown, @"
    action_required [Re-check] production is locked by rita

    `rita` locked `production` on 2023-11-14 22:13 UTC: `stocktaking, see @ops`. Until somebody unlocks it, nothing is merged into `production`. Rollbacks still go.

    **What to do.** Wait until the lock ends: Towpath then checks this again by itself. To end it, comment `/unlock production`.

    **Who can act.** `rita`, who holds the lock; and anyone with the role `maintain` or a higher one, with `/unlock production --force`. Nobody can override TP402; admins can change the rules of `production`.

    [TP402: what it means](https://towpath.example/findings#tp402)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn locked_until_a_time_or_the_end_of_a_pull_request() {
    let cause = locked(Some(NOON), Some(14));
    let shown = shown(&subject("feature/x", "production"), verdict(Outcome::Wait, cause));
    insta::assert_snapshot!(shown, @"
    in_progress [Re-check] Locked until 25 Nov 12:00 UTC by rita

    `rita` locked `production` on 2023-11-14 22:13 UTC: `stocktaking, see @ops`. Until 2026-11-25 12:00 UTC or until #14 is closed, unless somebody unlocks it before, nothing is merged into `production`. Rollbacks still go.

    **What to do.** Wait until the lock ends: Towpath then checks this again by itself. To end it, comment `/unlock production`.

    **Who can act.** `rita`, who holds the lock; and anyone with the role `maintain` or a higher one, with `/unlock production --force`. Nobody can override TP402; admins can change the rules of `production`.

    [TP402: what it means](https://towpath.example/findings#tp402)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn who_may_unlock_is_as_the_project_has_it_and_titles_stay_short() {
    let mut path = PromotionPath::pro();
    path.command_prefix = "tp-".to_owned();
    path.environments[2].name = "live shop".to_owned();
    path.environments[2].branch = BranchName::new("live").unwrap();
    let mut rights = CommandRights::default();
    let teams = ["release", "ops"].map(|slug| Grantee::Team(slug.to_owned()));
    let people = [Grantee::Role(RepositoryRole::Admin)].into_iter().chain(teams).collect();
    rights.set("unlock", Grant::Everywhere(people));
    path.commands = rights;
    let Cause::Locked { lock, .. } = locked(Some(NOON), None) else { unreachable!() };
    let (by, reason) = ("a-very-long-login-of-39-characters-or-so".to_owned(), "`x` <b>".repeat(2_000));
    let cause = Cause::Locked { environment: "live shop".to_owned(), lock: Lock { by, reason, ..lock } };
    let check = check(&path, &[(subject("staging", "live"), verdict(Outcome::Wait, cause))]);
    assert_eq!(check.title, "Locked until 25 Nov 12:00 UTC by a-very-long-l…racters-or-so");
    assert!(check.summary.len() < 2_500, "{}", check.summary);
    let who = check.summary.lines().find(|line| line.contains("Who can act")).unwrap();
    insta::assert_snapshot!(who, @"**Who can act.** `a-very-long-login-of-39-characters-or-so`, who holds the lock; and anyone with the role `admin` or the members of the team `release` or the members of the team `ops`, with `/tp-unlock 'live shop' --force`. Nobody can override TP402; admins can change the rules of `live`.");
}

#[test]
fn whoever_may_unlock_needs_more_for_what_another_has_locked() {
    let mut path = PromotionPath::pro();
    path.commands.set("unlock", Grant::Everywhere(vec![Grantee::Role(RepositoryRole::Write)]));
    let judged = (subject("staging", "production"), verdict(Outcome::Wait, locked(None, None)));
    let summary = check(&path, &[judged]).summary;
    assert!(summary.contains("anyone with the role `maintain` or a higher one, with"), "{summary}");
}
