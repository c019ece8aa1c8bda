//! TP406, TP408, and the words on deploys, the copy branch, the gate and where a change is.

use super::super::samples::*;
use super::super::{
    BranchStatus, ChangeStage, OperatorActs, ProtectionWords, WaitingJob, change_status,
    change_status_as_json, change_status_on_terminal, deploy_status, deployment_protection,
};
use super::{COMMANDS, shown, trouble};
use crate::model::{
    Cause, Deploy, DeployState, Ending, Hold, NotCounted, Outcome, Phase, PhaseRun, Trigger, UnixMillis,
    UserMessage, WhyNotCounted,
};
use std::time::Duration;

fn promotion(severity: Outcome, cause: Cause) -> String {
    shown(&subject("staging", "production"), verdict(severity, cause))
}

#[test]
fn a_held_environment_waits_and_says_who_lifts_the_hold() {
    insta::assert_snapshot!(promotion(Outcome::Wait, held(false)), @r#"
    action_required [Re-check] Held: production was rolled back to 1715609f7

    `rita` rolled `production` back from `b54cda58f` to `1715609f7` on 2023-11-14 22:13 UTC: `checkout is broken`.

    This took back #81 and #82. Merging this may bring the fault back. Until somebody lifts the hold, Towpath deploys nothing to `production`.

    **What to do.** Once the fix is upstream, lift the hold with the comment `/resume production --reason "…"`. Towpath then checks this again by itself.

    **Who can act.** Anyone with the role `maintain` or a higher one, and the operator of Towpath. Nobody can override TP406; admins can change the rules of `production`.

    [TP406: what it means](https://towpath.example/findings#tp406)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn the_next_promotion_names_what_it_brings_back() {
    insta::assert_snapshot!(promotion(Outcome::Warn, held(true)), @"
    success [] Brings back what was rolled back on production

    `rita` rolled `production` back from `b54cda58f` to `1715609f7` on 2023-11-14 22:13 UTC: `checkout is broken`.

    This took back #81 and #82. `rita` lifted the hold: `repaired in #83`.

    **What to do.** If the fix is in here, merge. Otherwise revert the faulty work upstream first.

    [TP406: what it means](https://towpath.example/findings#tp406)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    ");
}

#[test]
fn a_deploy_under_way_is_waited_for_by_itself() {
    insta::assert_snapshot!(promotion(Outcome::Wait, deploying(None)), @r#"
    in_progress [Re-check] Waits for the deploy of d93f69dd0 to staging

    `production` takes only what was deployed to `staging` first. The deploy of `staging` (`d93f69dd0`) has been running since 2023-11-14 22:13 UTC.

    **What to do.** Wait. Towpath checks this again when the deploy ends.

    **Who can act.** Nobody has to. Anyone with the role `maintain` or a higher one can override it with `/override TP408 --reason "…"`.

    [TP408: what it means](https://towpath.example/findings#tp408)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

#[test]
fn a_failed_deploy_waits_for_a_person() {
    let ended = "Deploy failed (install): the site may be in maintenance mode";
    insta::assert_snapshot!(promotion(Outcome::Wait, deploying(Some(ended))), @r#"
    action_required [Re-check] The deploy of d93f69dd0 to staging did not succeed

    `production` takes only what was deployed to `staging` first. The deploy of `staging` (`d93f69dd0`) did not succeed: `Deploy failed (install): the site may be in maintenance mode`.

    **What to do.** Fix it and merge the fix into `staging`, or run its deploy again. Once the same files are deployed there, Towpath checks this again.

    **Who can act.** Anyone who deploys to `staging`. Anyone with the role `maintain` or a higher one can override it with `/override TP408 --reason "…"`.

    [TP408: what it means](https://towpath.example/findings#tp408)

    _Checked `d93f69dd0` against `production` at `7776e3968`, 2023-11-14 22:13 UTC._
    "#);
}

pub(super) fn deploy(state: DeployState, ending: Option<Ending>) -> Deploy {
    Deploy {
        state,
        ending,
        driver: "deployment".to_owned(),
        requested_at: Some(UnixMillis(1_700_000_000_000)),
        picked_up_at: Some(UnixMillis(1_700_000_000_000)),
        ended_at: Some(UnixMillis(1_700_000_243_000)),
        log_url: Some("https://towpath.example/deploys/7.staging.3/0a1b".to_owned()),
        ..Deploy::new(3, "staging", (id(7), id(8)), Trigger::Merge)
    }
}

pub(super) fn failed(phase: Option<Phase>) -> Deploy {
    let run = |phase| PhaseRun {
        phase,
        began_at: UnixMillis(0),
        ended_at: None,
        went_well: None,
        step: Some("install".to_owned()),
        log_tail: Some("running setup:upgrade\nERROR 1205: lock wait timeout exceeded".to_owned()),
    };
    let words = Some("install exited with 1".to_owned());
    let failed = deploy(DeployState::Failed, Some(Ending::Failed { phase, words }));
    Deploy { phases: phase.map(run).into_iter().collect(), ..failed }
}

#[test]
fn what_github_shows_of_a_deploy() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let error = |ending| deploy(DeployState::Error, Some(ending));
    let all = vec![
        deploy(DeployState::Requested, None),
        Deploy { driver: "webhook".to_owned(), ..deploy(DeployState::Requested, None) },
        deploy(DeployState::Running, None),
        deploy(DeployState::Succeeded, None),
        Deploy { reuses_slug: true, ..deploy(DeployState::Succeeded, None) },
        failed(Some(Phase::Build)),
        failed(Some(Phase::Deploy)),
        failed(Some(Phase::Verify)),
        failed(None),
        error(Ending::NotPickedUp { within: HOUR / 4 }),
        error(Ending::Stuck { phase: Some(Phase::Build), within: HOUR }),
        error(Ending::Stuck { phase: Some(Phase::Deploy), within: HOUR * 3 }),
        error(Ending::NotHandedOver { words: "x".repeat(200), log_tail: None }),
        deploy(DeployState::Inactive, Some(Ending::NobodyDeploys)),
        Deploy {
            not_counted: Some(not_counted(WhyNotCounted::SaidSo)),
            ..deploy(DeployState::Requested, None)
        },
    ];
    let lines: Vec<String> = all
        .iter()
        .filter_map(|deploy| deploy_status(deploy, true))
        .inspect(|status| assert!(status.line.chars().count() <= 140))
        .map(|status| format!("{}: {}", status.state, status.line))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    queued: Waits for whoever deploys staging to start
    queued: Requested, not started yet
    in_progress: Running
    success: f1bbcdcbf is live after 4 min
    success: f1bbcdcbf is live after 4 min; same build as before
    failure: Build failed (install): the site was not touched
    failure: Deploy failed (install): the site may be in maintenance mode
    failure: Deployed, but verify failed (install): look at the site
    failure: Failed at an unknown step: the site may be in maintenance mode
    error: Nobody started it within 15 min: nothing was deployed
    error: Hangs: the build has not ended within 60 min; the site was not touched
    error: Hangs: not ended within 3 h; the site may be in maintenance mode
    error: Not started: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    inactive: Nothing deploys here: Towpath makes no Deployments until there is a workflow on: deployment, a status, or deploy: in .github/towpath.yml
    queued: Waits for whoever deploys staging to start; the Deployment of ci.yml does not count
    ");
    assert!(deploy_status(&deploy(DeployState::Waiting, None), false).is_none());
}

#[test]
fn what_is_said_where_the_change_came_from() {
    insta::assert_snapshot!(trouble(&failed(Some(Phase::Deploy)), OperatorActs { roll_back_to: Some(id(4)), try_again: true }).unwrap(), @r#"
    **staging: Deploy failed (install): the site may be in maintenance mode.**

    Look at `staging` now. Then fix the fault in a new pull request into `integration`, and promote it again.

    To bring back the last good release, `1715609f7`, comment:

    ```
    /rollback staging --reason "…"
    ```

    If the cause is outside the code, deploy the same again with the comment:

    ```
    /deploy staging
    ```

    It reported: `install exited with 1`

    The last lines of its log:

    ```
    running setup:upgrade
    ERROR 1205: lock wait timeout exceeded
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)
    "#);
    let nobody = deploy(DeployState::Error, Some(Ending::NotPickedUp { within: Duration::from_secs(900) }));
    insta::assert_snapshot!(trouble(&nobody, NOTHING).unwrap(), @"
    **staging: Nobody started it within 15 min: nothing was deployed.**

    Something has to act on GitHub's Deployments to `staging`: a workflow `on: deployment`, or a service. If nothing should, write `deploy: { driver: none }` for it in `.github/towpath.yml`.

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)
    ");
    assert_eq!(trouble(&deploy(DeployState::Succeeded, None), NOTHING), None);
}

const NOTHING: OperatorActs = OperatorActs { roll_back_to: None, try_again: false };
const ACTS: OperatorActs = OperatorActs { roll_back_to: None, try_again: true };
fn not_counted(why: WhyNotCounted) -> NotCounted {
    NotCounted { by: "ci.yml".to_owned(), state: "success".to_owned(), why, at: UnixMillis(0), place: 0 }
}

#[test]
fn what_does_not_count_is_named_with_the_reason() {
    let reasons = [
        WhyNotCounted::OursAreTakenUp,
        WhyNotCounted::Driver { name: "actions".to_owned() },
        WhyNotCounted::Programs,
        WhyNotCounted::SaidSo,
        WhyNotCounted::OtherWorkflow { file: "ship.yml".to_owned() },
    ];
    let said = reasons.map(|why| {
        let deploy = Deploy { not_counted: Some(not_counted(why)), ..deploy(DeployState::Requested, None) };
        crate::report::not_counted(&deploy).unwrap()
    });
    insta::assert_snapshot!(said.join("\n"), @"
    A Deployment of ci.yml says success and does not count: something acts on the Deployments that Towpath makes. If that other one is the deploy, write foreign: { workflow: FILE } below deploy
    A Deployment of ci.yml says success and does not count: driver: actions deploys here
    A Deployment of ci.yml says success and does not count: the operator's programs deploy here
    A Deployment of ci.yml says success and does not count: the configuration says foreign: false
    A Deployment of ci.yml says success and does not count: by the configuration only those of ship.yml do
    ");
    let deploy = Deploy {
        not_counted: Some(not_counted(WhyNotCounted::Programs)),
        ..deploy(DeployState::Running, None)
    };
    let places = vec![
        BranchStatus { deploy: Some(deploy), stage: ChangeStage::UnderWay, ..places().remove(0) },
        BranchStatus { deploy: None, stage: ChangeStage::Merged, nobody_deploys: true, ..places().remove(1) },
    ];
    insta::assert_snapshot!(change_status_on_terminal(&places), @"
    integration  being deployed since 2023-11-14 22:13 UTC
                 A Deployment of ci.yml says success and does not count: the operator's programs deploy here
    staging      merged, not deployed since 2023-11-14 22:13 UTC
                 Nothing deploys here: Towpath makes no Deployments until there is a workflow on: deployment, a status, or deploy: in .github/towpath.yml
    ");
    let comment = change_status(COMMANDS, &places, None);
    assert!(comment.contains("`integration`: `A Deployment of ci.yml says success"), "{comment}");
    assert!(
        change_status_as_json(&places, &[])["places"][1]["note"]
            .as_str()
            .unwrap()
            .starts_with("Nothing deploys here")
    );
}

fn places() -> Vec<BranchStatus> {
    let place = |name_of: &str, stage, deploy| BranchStatus {
        name: name_of.to_owned(),
        branch: name(name_of),
        stage,
        since: Some(UnixMillis(1_700_000_000_000)),
        deploy,
        waits_for: None,
        acts: ACTS,
        nobody_deploys: false,
        superseded: Vec::new(),
        hotfix: None,
    };
    vec![
        place("integration", ChangeStage::Live, Some(deploy(DeployState::Succeeded, None))),
        place("staging", ChangeStage::Failed, Some(failed(Some(Phase::Build)))),
        BranchStatus { since: None, ..place("production", ChangeStage::NotThere, None) },
        place("master", ChangeStage::Copied, None),
    ]
}

#[test]
fn where_a_change_is() {
    insta::assert_snapshot!(change_status(COMMANDS, &places(), None), @"
    <!-- towpath:where -->
    ### Where it is

    | Where | State | Since |
    |---|---|---|
    | `integration` | ✅ live | 2023-11-14 22:13 UTC |
    | `staging` | ❌ build failed (install): the site was not touched | 2023-11-14 22:13 UTC |
    | `production` | · not there yet |  |
    | `master` | ✅ copied | 2023-11-14 22:13 UTC |

    **staging: Build failed (install): the site was not touched.**

    `staging` still runs what it ran before. Fix the build in a new pull request into `integration`, and promote it again.

    If the cause is outside the code, deploy the same again with the comment:

    ```
    /deploy staging
    ```

    It reported: `install exited with 1`

    The last lines of its log:

    ```
    running setup:upgrade
    ERROR 1205: lock wait timeout exceeded
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0a1b)
    ");
    insta::assert_snapshot!(change_status_on_terminal(&places()), @"
    integration  live since 2023-11-14 22:13 UTC
    staging      build failed (install): the site was not touched since 2023-11-14 22:13 UTC
    production   not there yet
    master       copied since 2023-11-14 22:13 UTC
    ");
}

#[test]
fn what_is_said_at_the_gate() {
    let hold = Hold {
        from: id(5),
        to: id(4),
        by: "rita".to_owned(),
        reason: "checkout is broken".to_owned(),
        since: UnixMillis(0),
        pulls: Vec::new(),
        lifted: None,
        revert: None,
    };
    let job = WaitingJob {
        commands: COMMANDS,
        environment: "production",
        branch: "production",
        commit: Some(id(7)),
    };
    let all = [
        deployment_protection(&job, ProtectionWords::Open),
        deployment_protection(&job, ProtectionWords::Held(&hold)),
        deployment_protection(&job, ProtectionWords::Older { tip: id(9), roll_back_to: Some(id(4)) }),
        deployment_protection(&job, ProtectionWords::Older { tip: id(9), roll_back_to: None }),
        deployment_protection(&job, ProtectionWords::OffPath),
        deployment_protection(
            &WaitingJob { environment: "qa", ..job },
            ProtectionWords::NoEnvironment(&["staging", "production"]),
        ),
        deployment_protection(&WaitingJob { commit: None, ..job }, ProtectionWords::NoCommit),
        deployment_protection(&job, ProtectionWords::Unreadable(".github/towpath.yml")),
        deployment_protection(&job, ProtectionWords::Undecided(&UserMessage::new("GitHub did not answer"))),
    ];
    assert!(all.iter().all(|comment| comment.chars().count() <= 1_024));
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    `f1bbcdcbf` is the tip of `production`, so it may go to `production`.

    `production` was rolled back to `1715609f7` by `rita` and is held: `checkout is broken`. Until the hold is lifted, only that commit may go there. The comment `/resume production --reason "…"` lifts it.

    `f1bbcdcbf` is older than `production`, which is at `2e2ac13ef`. Run the job for that commit. To bring back the last good release, `1715609f7`, comment `/rollback production --reason "…"`.

    `f1bbcdcbf` is older than `production`, which is at `2e2ac13ef`. Run the job for that commit.

    `f1bbcdcbf` is not on `production`. Merge it into `production` through a pull request first, and run the job for the merge commit.

    The configuration has no environment `qa`; it has `staging`, `production`. Add it to `.github/towpath.yml`, or remove this rule from the environment.

    GitHub does not tell which commit the job would deploy, so Towpath keeps it out.

    `.github/towpath.yml` cannot be read, so Towpath does not know what may go to `production`. `towpath config check` names the mistake; run the job again once it is fixed.

    Towpath could not decide yet, and tries again: `GitHub did not answer`
    "#);
}

#[test]
fn what_ended_with_the_server_says_what_that_means_for_the_site() {
    let line = |deploy: &Deploy| deploy_status(deploy, false).unwrap().line;
    let cut = deploy(DeployState::Error, Some(Ending::CutOff { phase: None, times: 3 }));
    let words = "Cut off: Towpath's server stopped 3 times during it; the site may be in maintenance mode";
    assert_eq!(line(&cut), words);
    let problem = trouble(&cut, OperatorActs::default()).unwrap();
    assert!(problem.contains(words) && problem.contains("Look at `staging` now."), "{problem}");
    let ending = Ending::NotHandedOver { words: "the programs are gone".to_owned(), log_tail: None };
    let never = deploy(DeployState::Error, Some(ending));
    assert_eq!(line(&never), "Not started: the programs are gone");
    let again = Deploy { hand_overs: 1, ..never };
    assert_eq!(
        line(&again),
        "Not started again, and the site may be in maintenance mode: the programs are gone"
    );
    let problem = trouble(&again, OperatorActs::default()).unwrap();
    assert!(problem.contains("Look at `staging` now."), "{problem}");
}
