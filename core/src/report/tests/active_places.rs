//! The words of TP409.

use super::super::samples::*;
use super::shown;
use crate::model::{BranchName, Cause, Outcome, PlaceTaken, PullNumber, UnixMillis};

#[test]
fn whoever_waits_for_a_place_is_told_who_has_it() {
    let place = |number, until, to_be_freed| PlaceTaken {
        number: PullNumber(number),
        branch: BranchName::new("feature/cart").unwrap(),
        by: "ana".to_owned(),
        since: UnixMillis(1_700_000_000_000),
        until,
        to_be_freed,
    };
    let taken = vec![place(7, Some(UnixMillis(1_700_100_000_000)), false), place(8, None, true)];
    let cause = Cause::PlaceAwaited { environment: "integration".to_owned(), turn: 2, taken };
    let shown = shown(&subject("feature/x", "integration"), verdict(Outcome::Warn, cause));
    insta::assert_snapshot!(shown, @"
    success [] Number 2 of the queue for a place beside integration

    This pull request wants a place beside `integration`, and is number 2 of the queue. It may be merged all the same.

    `feature/cart` of #7 has a place: asked for by `ana`, since 2023-11-14 22:13 UTC, until 2023-11-16 02:00 UTC.

    `feature/cart` of #8 had a place, which is to be freed once somebody has said that the data may go: asked for by `ana`, since 2023-11-14 22:13 UTC.

    **What to do.** Wait: once its turn has come, Towpath deploys it and says so here. To wait no more, comment `/deactivate`.

    [TP409: what it means](https://towpath.example/findings#tp409)

    _Checked `d93f69dd0` against `integration` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}
