//! The words on deploys that the platform of Adobe Commerce carries out.

use super::super::{OperatorActs, deploy_status};
use super::deploy_status::deploy;
use super::trouble;
use crate::model::{Deploy, DeployState, Diagnosis, Ending, Phase};
use std::time::Duration;

fn told() -> Diagnosis {
    Diagnosis {
        code: Some(126),
        title: "The upgrade of the database failed".to_owned(),
        customers: "The maintenance page.".to_owned(),
        next: "Repair the module that the log names.".to_owned(),
    }
}

fn on_the_platform(state: DeployState, ending: Option<Ending>) -> Deploy {
    Deploy { driver: "commerce-cloud".to_owned(), log_url: None, ..deploy(state, ending) }
}

fn failed(phase: Option<Phase>) -> Ending {
    Ending::Failed { phase, words: Some("the deploy hook of shop ended with status 126".to_owned()) }
}

#[test]
fn a_failure_says_what_customers_see_and_the_one_next_step() {
    let deploy = Deploy {
        diagnosis: Some(told()),
        ..on_the_platform(DeployState::Failed, Some(failed(Some(Phase::Deploy))))
    };
    insta::assert_snapshot!(trouble(&deploy, OperatorActs::default()).unwrap(), @"
    **staging: Deploy failed: ece:126 The upgrade of the database failed.**

    - **Customers see:** The maintenance page.
    - **Next step:** Repair the module that the log names.
    - `towpath explain ece:126` says more.

    Look at `staging` now. Then fix the fault in a new pull request into `integration`, and promote it again.

    It reported: `the deploy hook of shop ended with status 126`
    ");
}

#[test]
fn the_status_says_what_is_waited_for_and_what_went_wrong() {
    let line =
        |deploy: &Deploy| deploy_status(deploy, true).map(|it| format!("{}: {}", it.state, it.line)).unwrap();
    let with = |deploy: Deploy, remark: &str| Deploy { remark: Some(remark.to_owned()), ..deploy };
    let not_begun = Some(Ending::NotPickedUp { within: Duration::from_secs(900) });
    let lines: Vec<String> = [
        with(
            on_the_platform(DeployState::Requested, None),
            "a merge of abababab on staging is under way there",
        ),
        with(
            on_the_platform(DeployState::Running, None),
            "it waits on the platform behind a push of abababab on staging",
        ),
        Deploy { diagnosis: Some(told()), ..on_the_platform(DeployState::Running, None) },
        Deploy {
            diagnosis: Some(told()),
            ..on_the_platform(DeployState::Failed, Some(failed(Some(Phase::Build))))
        },
        Deploy { diagnosis: Some(told()), ..on_the_platform(DeployState::Failed, Some(failed(None))) },
        with(
            Deploy { degraded: true, ..on_the_platform(DeployState::Succeeded, None) },
            "the post_deploy hook of shop ended with status 1",
        ),
        on_the_platform(DeployState::Error, not_begun.clone()),
        with(
            on_the_platform(DeployState::Error, not_begun),
            "how it stands cannot be seen: the platform's API does not answer",
        ),
    ]
    .iter()
    .map(line)
    .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    queued: Requested, not started yet; a merge of abababab on staging is under way there
    in_progress: Running; it waits on the platform behind a push of abababab on staging
    in_progress: About to fail: ece:126 The upgrade of the database failed
    failure: Build failed: ece:126 The upgrade of the database failed; the site was not touched
    failure: Failed: ece:126 The upgrade of the database failed
    success: f1bbcdcbf is live after 4 min; degraded: the post_deploy hook of shop ended with status 1
    error: The platform has not picked it up within 15 min: nothing was deployed
    error: Not seen to begin on the platform within 15 min: how it stands cannot be seen: the platform's API does not answer
    ");
}

#[test]
fn what_is_not_picked_up_says_how_to_repair_that() {
    let ending = Some(Ending::NotPickedUp { within: Duration::from_secs(900) });
    let said = trouble(&on_the_platform(DeployState::Error, ending), OperatorActs::default()).unwrap();
    assert!(said.contains("`magento-cloud integration:validate`"), "{said}");
}
