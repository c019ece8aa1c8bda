//! What the log of a failed deploy tells, as a comment has it.

use super::super::samples::*;
use super::trouble;
use crate::model::{Deploy, DeployState, Diagnosis, Ending, Phase, Trigger};
use crate::report::OperatorActs;

fn told() -> Diagnosis {
    Diagnosis {
        code: Some(126),
        title: "The database upgrade failed".to_owned(),
        customers: "The maintenance page.".to_owned(),
        next: "Read the output of setup:upgrade.".to_owned(),
    }
}

#[test]
fn it_stands_before_what_can_be_done() {
    let mut deploy = Deploy::new(3, "staging", (id(1), id(2)), Trigger::Merge);
    deploy.state = DeployState::Failed;
    deploy.ending = Some(Ending::Failed { phase: Some(Phase::Deploy), words: None });
    deploy.diagnosis = Some(told());
    insta::assert_snapshot!(trouble(&deploy, OperatorActs::default()).unwrap(), @"
    **staging: Deploy failed: ece:126 The database upgrade failed.**

    - **Customers see:** The maintenance page.
    - **Next step:** Read the output of setup:upgrade.
    - `towpath explain ece:126` says more.

    Look at `staging` now. Then fix the fault in a new pull request into `integration`, and promote it again.
    ");
    if let Some(told) = &mut deploy.diagnosis {
        told.code = None;
    }
    let without = trouble(&deploy, OperatorActs::default()).unwrap();
    assert!(without.contains("Deploy failed: The database upgrade failed.**\n"), "{without}");
    assert!(!without.contains("towpath explain"), "{without}");
}

#[test]
fn where_it_is_not_what_ended_the_deploy_it_names_what_happened() {
    let mut deploy = Deploy::new(3, "staging", (id(1), id(2)), Trigger::Merge);
    deploy.state = DeployState::Failed;
    deploy.diagnosis = Some(told());
    deploy.ending = Some(Ending::Stuck { phase: None, within: std::time::Duration::from_secs(60) });
    let text = trouble(&deploy, OperatorActs::default()).unwrap();
    assert!(text.contains("- **By its log:** ece:126 The database upgrade failed.\n"), "{text}");
}
