//! The words on rollbacks by a pull request: its check, its text, and what is answered to whoever asks for it.

use super::super::samples::*;
use super::super::{
    AskedFor, ends_first, goes_first, revert_by_hand, revert_prepared, revert_pull, revert_title,
};
use super::{COMMANDS, shown};
use crate::model::{
    Cause, Deploy, DeployRecord, DeployState, Hold, Outcome, Phase, PhaseLengths, PreparedRollback,
    PromotionPath, PullNumber, RevertPull, RollbackStanding, UnixMillis,
};
use std::time::Duration;

fn prepared(standing: RollbackStanding) -> Cause {
    Cause::PreparedRollback(PreparedRollback {
        environment: "production".to_owned(),
        to: id(4),
        by: "rita".to_owned(),
        reason: "checkout is broken".to_owned(),
        standing,
    })
}

fn check_of(standing: RollbackStanding, outcome: Outcome) -> String {
    let subject = subject("towpath/rollback/production-8ff347857", "production");
    shown(&subject, verdict(outcome, prepared(standing)))
}

#[test]
fn what_was_prepared_is_let_in() {
    insta::assert_snapshot!(check_of(RollbackStanding::Ready, Outcome::Pass), @"
    success [] Rolls production back to 1715609f7

    `rita` asked for `production` to be rolled back to `1715609f7`: `checkout is broken`.

    Merging this gives `production` exactly the files of `1715609f7`, which ran well there, and these are then deployed. It is no promotion, and neither the hold nor a lock or a freeze keeps it out.

    [TP111: what it means](https://towpath.example/findings#tp111)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn what_is_out_of_date_or_wanted_no_longer_is_not() {
    insta::assert_snapshot!(check_of(RollbackStanding::BranchMoved, Outcome::Fail), @r#"
    failure [Re-check] Out of date: production has moved on

    `production` has moved on since this was prepared, so merging it would give other files than those of `1715609f7`.

    `rita` asked for `production` to be rolled back to `1715609f7`: `checkout is broken`.

    **What to do.** Comment `/rollback production --reason "…"`: Towpath then prepares another one on top of `production` as it is now, and closes this one.

    **Who can act.** Whoever may roll `production` back. Nobody can override TP111; admins can change the rules of `production`.

    [TP111: what it means](https://towpath.example/findings#tp111)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
    insta::assert_snapshot!(check_of(RollbackStanding::HoldLifted, Outcome::Fail), @r#"
    failure [Re-check] No longer wanted: production goes on

    Somebody has lifted the hold on `production` since this was prepared. Merging it would take away what people mean to run there.

    `rita` asked for `production` to be rolled back to `1715609f7`: `checkout is broken`.

    **What to do.** Close this pull request:

    ```sh
    gh pr close 12 --repo acme/store
    ```

    **Who can act.** The author of the pull request, and anyone with write access. Nobody can override TP111; admins can change the rules of `production`.

    [TP111: what it means](https://towpath.example/findings#tp111)

    <details><summary>Another way</summary>

    To roll `production` back after all, comment `/rollback production --reason "…"`.

    </details>

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn promotions_wait_for_what_is_to_be_merged_first() {
    let mut cause = held(false);
    if let Cause::Held { by_pull, .. } = &mut cause {
        *by_pull = Some(PullNumber(90));
    }
    let shown = shown(&subject("staging", "production"), verdict(Outcome::Wait, cause));
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Held: production is to go back to 1715609f7

    `rita` asked on 2023-11-14 22:13 UTC for `production` to be rolled back to `1715609f7`: `checkout is broken`. #90 does that once somebody merges it.

    Until somebody lifts the hold, Towpath deploys nothing else to `production`.

    **What to do.** Merge #90. Once the fix is upstream, lift the hold with the comment `/resume production --reason "…"`. Towpath then checks this again by itself.

    **Who can act.** Anyone who can merge into `production`. Nobody can override TP406; admins can change the rules of `production`.

    [TP406: what it means](https://towpath.example/findings#tp406)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn nothing_is_called_rolled_back_before_somebody_merges_it() {
    let mut cause = held(false);
    if let Cause::Held { by_merge, .. } = &mut cause {
        *by_merge = true;
    }
    let shown = shown(&subject("staging", "production"), verdict(Outcome::Wait, cause));
    insta::assert_snapshot!(shown, @r#"
    action_required [Re-check] Held: production is to go back to 1715609f7

    `rita` asked on 2023-11-14 22:13 UTC for `production` to be rolled back to `1715609f7`: `checkout is broken`. A pull request that does that is still to be opened and merged.

    Until somebody lifts the hold, Towpath deploys nothing else to `production`.

    **What to do.** Ask for the rollback again with the comment `/rollback production --reason "…"`, which prepares that pull request or tells how to, and merge it. Once the fix is upstream, lift the hold with the comment `/resume production --reason "…"`. Towpath then checks this again by itself.

    **Who can act.** Anyone who can merge into `production`. Nobody can override TP406; admins can change the rules of `production`.

    [TP406: what it means](https://towpath.example/findings#tp406)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

fn hold() -> Hold {
    let who = ("rita".to_owned(), "checkout is `broken`".to_owned());
    let pulls = vec![PullNumber(81), PullNumber(82)];
    let hold = Hold::new((id(5), id(4)), who, UnixMillis(0), pulls).unwrap();
    let revert = RevertPull::new(name("towpath/rollback/production-8ff347857"), id(5), id(4));
    Hold { revert: Some(revert), ..hold }
}

#[test]
fn the_pull_request_says_what_it_does_and_how_to_go_on() {
    let path = PromotionPath::pro();
    let environment = path.environment("production").unwrap();
    let asked = AskedFor { repository: "acme/store", environment, in_comments: Some(COMMANDS) };
    insta::assert_snapshot!(revert_title("production", id(4)), @"Roll production back to 1715609f7");
    insta::assert_snapshot!(revert_pull(asked, &hold(), Some(&name("integration"))), @r#"
    `rita` asked for `production` to be rolled back to `1715609f7`: `` checkout is `broken` ``.

    Whoever deploys `production` brings what its branch has, and nothing older. So this is one commit on top of `production`, with exactly the files of `1715609f7`. **Merging it deploys them.** It takes back #81 and #82.

    Merge it as it is. With another commit in it, or once `production` has moved on, it is another change: then comment `/rollback production --reason "…"` for a new one.

    `production` is held meanwhile. Once the cause is repaired, `/resume production --reason "…"` lifts the hold.

    For git, what was taken back stays merged, so the next promotion does not bring it again. To bring it again, carry `production` back to `integration`, revert this commit there together with the repair, and promote.
    "#);
}

#[test]
fn whoever_asks_is_told_what_was_prepared_or_how_to_prepare_it() {
    let path = PromotionPath::pro();
    let environment = path.environment("production").unwrap();
    let going = Deploy {
        phases: super::deploy_status::failed(Some(Phase::Deploy)).phases,
        ..super::deploy_status::deploy(DeployState::Running, None)
    };
    let lengths =
        PhaseLengths { deploys: 8, median: Duration::from_secs(360), longest: Duration::from_secs(720) };
    let waits = goes_first(&going, &DeployRecord::Known(lengths));
    let begun = goes_first(&Deploy { phases: Vec::new(), ..going.clone() }, &DeployRecord::Empty);
    for in_comments in [None, Some(COMMANDS)] {
        let asked = AskedFor { repository: "acme/store", environment, in_comments };
        let (words, next) = revert_prepared(asked, &hold(), (PullNumber(90), Some(waits.clone())));
        let hold = hold();
        let revert = hold.revert.as_ref().unwrap();
        let why = ("GitHub does not allow it: contents", Some(ends_first(&going)));
        let (by_hand, _) = revert_by_hand(asked, (&hold, revert, false), why.clone());
        let (only_open, _) = revert_by_hand(asked, (&hold, revert, true), why);
        assert!(!only_open.contains("git push"), "{only_open}");
        let opens = "was not made: GitHub does not allow it: contents; its branch is there, so run `gh pr create --repo";
        assert!(only_open.contains(opens), "{only_open}");
        let all = [words, next, by_hand, begun.clone()].join("\n");
        if in_comments.is_none() {
            insta::assert_snapshot!(all, @r#"
            whoever deploys production brings what its branch has and nothing older; #90 gives production the files of 1715609f7 again: merge it, and they are deployed; deploy 3 (f1bbcdcbf) is past its build and cannot be cancelled, so it comes to its own end, usually after 6 min (at most 12 min in the last 8), and what is merged meanwhile is deployed after it; production is held from now on
            Once the old files run and the cause is repaired, `towpath hold lift --repository acme/store --environment production --reason '…'` lifts the hold.
            whoever deploys production brings what its branch has and nothing older, and the pull request that reverts production was not made: GitHub does not allow it: contents; run `git fetch origin && c=$(git commit-tree 1715609f7c746c69000000000000000000000004 -p b54cda58fbbee87e000000000000000000000005 -m 'Roll production back to 1715609f7') && git push origin "$c":refs/heads/towpath/rollback/production-8ff347857` and `gh pr create --repo acme/store --base production --head towpath/rollback/production-8ff347857 --title 'Roll production back to 1715609f7' --body ''`, and merge that; Towpath cancels deploy 3 (f1bbcdcbf) first; production is held from now on
            deploy 3 (f1bbcdcbf) is under way and comes to its own end, and what is merged meanwhile is deployed after it
            "#);
        } else {
            insta::assert_snapshot!(all, @r#"
            whoever deploys production brings what its branch has and nothing older; #90 gives production the files of 1715609f7 again: merge it, and they are deployed; deploy 3 (f1bbcdcbf) is past its build and cannot be cancelled, so it comes to its own end, usually after 6 min (at most 12 min in the last 8), and what is merged meanwhile is deployed after it; production is held from now on
            Once the old files run and the cause is repaired, `/resume production --reason "…"` lifts the hold.
            whoever deploys production brings what its branch has and nothing older, and the pull request that reverts production was not made: GitHub does not allow it: contents; run `git fetch origin && c=$(git commit-tree 1715609f7c746c69000000000000000000000004 -p b54cda58fbbee87e000000000000000000000005 -m 'Roll production back to 1715609f7') && git push origin "$c":refs/heads/towpath/rollback/production-8ff347857` and `gh pr create --repo acme/store --base production --head towpath/rollback/production-8ff347857 --title 'Roll production back to 1715609f7' --body ''`, and merge that; Towpath cancels deploy 3 (f1bbcdcbf) first; production is held from now on
            deploy 3 (f1bbcdcbf) is under way and comes to its own end, and what is merged meanwhile is deployed after it
            "#);
        }
    }
}
