//! The words on deploys that are ended, that may still run, and on rollbacks.

use super::super::samples::*;
use super::super::{
    BranchStatus, ChangeStage, OperatorActs, change_status, deploy_line, deploy_status, is_worth_a_comment,
};
use super::COMMANDS;
use super::deploy_status::{deploy, failed};
use super::trouble;
use crate::model::{
    CancelEnd, Cancellation, Deploy, DeployState, Ending, Phase, Trigger, UnixMillis, WaitsFor,
};
use std::time::Duration;

const NOTHING: OperatorActs = OperatorActs { roll_back_to: None, try_again: false };

fn stuck() -> Ending {
    Ending::Stuck { phase: Some(Phase::Deploy), within: Duration::from_secs(3_600) }
}

fn cancelled(state: DeployState, why: Ending, end: Option<CancelEnd>) -> Deploy {
    let ending = end.is_some().then(|| why.clone());
    Deploy {
        cancellation: Some(Cancellation { since: UnixMillis(0), why, told: true, end }),
        ..deploy(state, ending)
    }
}

fn unconfirmed() -> Deploy {
    let words = "nobody confirmed its end within 120 s".to_owned();
    cancelled(DeployState::Error, stuck(), Some(CancelEnd::Unconfirmed { words }))
}

fn rollback(deploy: Deploy) -> Deploy {
    let trigger = Trigger::Rollback { by: "rita".to_owned(), reason: "broken".to_owned() };
    Deploy { trigger, production: true, seen_before: Some(id(9)), ..deploy }
}

#[test]
fn what_github_shows_of_what_is_ended() {
    let going = |why| cancelled(DeployState::Cancelling, why, None);
    let back = Ending::Cancelled { by: 4, phase: Some(Phase::Deploy) };
    let over = |why| cancelled(DeployState::Error, why, Some(CancelEnd::Confirmed));
    let in_build = Deploy { phases: failed(Some(Phase::Build)).phases, hand_overs: 1, ..over(back.clone()) };
    let all = [
        going(stuck()),
        going(back.clone()),
        going(Ending::Superseded { by: 4 }),
        over(stuck()),
        over(back),
        Deploy { seen_before: Some(id(9)), ..in_build.clone() },
        Deploy { seen_before: Some(id(9)), production: true, ..in_build },
        unconfirmed(),
        Deploy { state: DeployState::Superseded, ..over(Ending::Superseded { by: 4 }) },
        Deploy { waits_for_approval_since: Some(UnixMillis(1)), ..deploy(DeployState::Running, None) },
        Deploy { beside: Some(2), ..deploy(DeployState::Running, None) },
        Deploy { production: true, seen_before: Some(id(9)), ..failed(Some(Phase::Build)) },
    ];
    let mut lines: Vec<String> = all
        .iter()
        .filter_map(|deploy| deploy_status(deploy, true))
        .inspect(|status| assert!(status.line.chars().count() <= 140))
        .map(|status| format!("{}: {}", status.state, status.line))
        .collect();
    lines.push(deploy_line(&deploy(DeployState::Waiting, None)));
    lines.push(deploy_line(&deploy(DeployState::Superseded, Some(Ending::Superseded { by: 4 }))));
    insta::assert_snapshot!(lines.join("\n"), @"
    in_progress: Being cancelled: it has not ended within 60 min
    in_progress: Being cancelled: deploy 4 rolls it back
    in_progress: Being cancelled: deploy 4 goes instead
    error: Hangs: not ended within 60 min; the site may be in maintenance mode
    error: Cancelled for the rollback, deploy 4: the site may be in maintenance mode until then
    error: Cancelled for the rollback, deploy 4: the site was not touched; 2e2ac13ef still runs there
    error: Cancelled for the rollback, deploy 4: the site was not touched; customers still see 2e2ac13ef
    error: Hangs: not ended within 60 min; the site may be in maintenance mode. Its end is not confirmed: it may still run
    inactive: Superseded by deploy 4
    pending: Waits for somebody's approval
    in_progress: Running; deploy 2 may still run
    failure: Build failed (install): the site was not touched; customers still see 2e2ac13ef
    deploy 3: waits for its turn
    deploy 3: superseded by deploy 4
    ");
    let given_up =
        Deploy { picked_up_at: None, ..going(Ending::NotPickedUp { within: Duration::from_millis(1) }) };
    assert!(deploy_status(&given_up, true).is_none(), "that is shown already");
}

#[test]
fn a_rollback_that_fails_names_what_customers_see() {
    let acts = OperatorActs { roll_back_to: Some(id(7)), try_again: false };
    let told = [failed(Some(Phase::Deploy)), failed(Some(Phase::Build))];
    let told: Vec<String> = told.into_iter().filter_map(|it| trouble(&rollback(it), acts)).collect();
    insta::assert_snapshot!(told.join("\n\n---\n\n"), @r#"
    **staging: the rollback to f1bbcdcbf failed: deploy failed (install): the site may be in maintenance mode.**

    Customers may see the maintenance page, 2e2ac13ef or f1bbcdcbf. Look at `staging` now.

    To try it again, `f1bbcdcbf`, comment:

    ```
    /rollback staging --reason "…"
    ```

    It reported: `install exited with 1`

    The last lines of its log:

    ```
    running setup:upgrade
    ERROR 1205: lock wait timeout exceeded
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)

    ---

    **staging: the rollback to f1bbcdcbf failed: build failed (install): the site was not touched; customers still see 2e2ac13ef.**

    2e2ac13ef still runs. Look at `staging` now.

    To try it again, `f1bbcdcbf`, comment:

    ```
    /rollback staging --reason "…"
    ```

    It reported: `install exited with 1`

    The last lines of its log:

    ```
    running setup:upgrade
    ERROR 1205: lock wait timeout exceeded
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)
    "#);
}

#[test]
fn what_may_still_run_says_what_ends_that() {
    let acts = OperatorActs { roll_back_to: Some(id(4)), try_again: true };
    insta::assert_snapshot!(trouble(&unconfirmed(), acts).unwrap(), @r#"
    **staging: Hangs: not ended within 60 min; the site may be in maintenance mode. Its end is not confirmed: it may still run.**

    Look at `staging` now.

    It may still run: nobody confirmed its end within 120 s. Towpath deploys nothing more to `staging` until whoever runs that deploy reports its end, or somebody starts another one beside it.

    To bring back the last good release, `1715609f7`, comment:

    ```
    /rollback staging --reason "…"
    ```

    If the cause is outside the code, deploy the same again with the comment:

    ```
    /deploy staging
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)
    "#);
}

#[test]
fn where_a_change_is_when_nobody_is_sure() {
    let place = |stage, deploy, waits_for| BranchStatus {
        name: "staging".to_owned(),
        branch: name("staging"),
        stage,
        since: Some(UnixMillis(1_700_000_000_000)),
        deploy: Some(deploy),
        waits_for,
        acts: NOTHING,
        nobody_deploys: false,
        superseded: Vec::new(),
        hotfix: None,
    };
    let (number, commit) = (2, id(4));
    let running = || deploy(DeployState::Running, None);
    let waiting = || deploy(DeployState::Waiting, None);
    let places = [
        place(ChangeStage::Uncertain, failed(Some(Phase::Deploy)), None),
        place(ChangeStage::GoingBack, rollback(running()), None),
        place(ChangeStage::NotTakenBack, rollback(failed(Some(Phase::Deploy))), None),
        place(
            ChangeStage::UnderWay,
            Deploy { waits_for_approval_since: Some(UnixMillis(1)), ..running() },
            None,
        ),
        place(ChangeStage::Waiting, waiting(), Some(WaitsFor::End { number, commit })),
        place(ChangeStage::Blocked, waiting(), Some(WaitsFor::Unconfirmed { number, commit })),
    ];
    let worth: Vec<bool> = places.iter().map(|it| is_worth_a_comment(std::slice::from_ref(it))).collect();
    assert_eq!(worth, [false, false, true, false, false, true]);
    insta::assert_snapshot!(change_status(COMMANDS, &places, None), @"
    <!-- towpath:where -->
    ### Where it is

    | Where | State | Since |
    |---|---|---|
    | `staging` | ❌ was live; since deploy 3 nobody knows what runs there: deploy failed (install): the site may be in maintenance mode | 2023-11-14 22:13 UTC |
    | `staging` | ↩️ being rolled back to f1bbcdcbf | 2023-11-14 22:13 UTC |
    | `staging` | ❌ the rollback to f1bbcdcbf failed: deploy failed (install): the site may be in maintenance mode | 2023-11-14 22:13 UTC |
    | `staging` | ⏳ waits for somebody's approval | 2023-11-14 22:13 UTC |
    | `staging` | ⏳ waits for the end of deploy 2 (1715609f7) | 2023-11-14 22:13 UTC |
    | `staging` | ⏳ not deployed: deploy 2 (1715609f7) may still run | 2023-11-14 22:13 UTC |

    **staging: deploy 2 (1715609f7) may still run.**

    Nobody has confirmed its end. This deploy starts once whoever runs that one reports its end, or once somebody starts this one beside it with the comment:

    ```
    /deploy staging
    ```

    <details><summary>An earlier environment</summary>

    **staging: the rollback to f1bbcdcbf failed: deploy failed (install): the site may be in maintenance mode.**

    Customers may see the maintenance page, 2e2ac13ef or f1bbcdcbf. Look at `staging` now.

    It reported: `install exited with 1`

    The last lines of its log:

    ```
    running setup:upgrade
    ERROR 1205: lock wait timeout exceeded
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)

    </details>
    ");
}
