//! What the log of a failed deploy tells, as a comment has it.

use super::super::samples::*;
use super::trouble;
use crate::model::{
    Clue, Deploy, DeployState, Diagnosis, Ending, Phase, PhaseRun, PullNumber, SuspectedPull, ToldFailure,
    Trigger, UnixMillis,
};
use crate::report::OperatorActs;
use crate::report::told_by_log::{taken_back, trouble_ahead};

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

/// A deploy of two pull requests that runs, and whose log tells that it fails.
fn failing() -> Deploy {
    let suspect = |number, author: &str, clue| SuspectedPull {
        number: PullNumber(number),
        author: Some(author.to_owned()),
        clue,
    };
    let suspects = vec![
        suspect(12, "ana", Some(Clue::Named("app/code/Acme/Tax/Rates.php".to_owned()))),
        suspect(11, "ben", Some(Clue::Touched("composer.lock".to_owned()))),
        suspect(14, "cy", None),
    ];
    let run = PhaseRun {
        phase: Phase::Deploy,
        began_at: UnixMillis(5),
        ended_at: None,
        went_well: None,
        step: None,
        log_tail: Some("In Rates.php line 12\n[126] The upgrade command failed\n".to_owned()),
    };
    Deploy {
        state: DeployState::Running,
        requested_at: Some(UnixMillis(4)),
        diagnosis: Some(told()),
        told: Some(Box::new(ToldFailure { diagnosis: told(), suspects })),
        phases: vec![run],
        log_url: Some("https://towpath.example/deploys/7.staging.3/0f".to_owned()),
        ..Deploy::new(3, "staging", (id(1), id(2)), Trigger::Merge)
    }
}

#[test]
fn while_it_runs_it_says_what_fails_who_may_have_caused_it_and_that_more_comes() {
    insta::assert_snapshot!(trouble_ahead(&failing()).unwrap(), @"
    **staging: deploy 3 is about to fail: ece:126 The database upgrade failed.**

    - **Customers see:** The maintenance page.
    - **Next step:** Read the output of setup:upgrade.
    - `towpath explain ece:126` says more.

    Deploy 3 brought #12 by `ana` (the log names `app/code/Acme/Tax/Rates.php`), #11 by `ben` (it changes `composer.lock`), #14 by `cy`.

    It has not ended yet. This comment will tell how it did.

    The last lines of its log:

    ```
    In Rates.php line 12
    [126] The upgrade command failed
    ```

    [The whole log](https://towpath.example/deploys/7.staging.3/0f)
    ");
    assert_eq!(taken_back(&failing()), None);
}

#[test]
fn in_public_the_code_and_words_of_ours_are_left() {
    let mut deploy = failing();
    assert!(deploy.quotes_its_log());
    deploy.leave_out_log();
    assert!(!deploy.quotes_its_log());
    insta::assert_snapshot!(trouble_ahead(&deploy).unwrap(), @"
    **staging: deploy 3 is about to fail: ece:126 The database upgrade failed.**

    - **Customers see:** The maintenance page.
    - **Next step:** Read the output of setup:upgrade.
    - `towpath explain ece:126` says more.

    Deploy 3 brought #12 by `ana`, #11 by `ben` (it changes `composer.lock`), #14 by `cy`.

    It has not ended yet. This comment will tell how it did.

    [The whole log](https://towpath.example/deploys/7.staging.3/0f)
    ");
}

#[test]
fn what_did_not_come_about_is_taken_back() {
    let goes_on = Deploy {
        diagnosis: None,
        remark: Some("a service did not answer; the same is deployed again, once".to_owned()),
        ..failing()
    };
    insta::assert_snapshot!(taken_back(&goes_on).unwrap(), @"
    **staging: deploy 3 goes on: a service did not answer; the same is deployed again, once.**

    Its log had told: ece:126 The database upgrade failed.
    ");
    let well = Deploy { state: DeployState::Succeeded, diagnosis: None, ..failing() };
    insta::assert_snapshot!(taken_back(&well).unwrap(), @"
    **staging: deploy 3 has ended well after all.**

    Its log had told: ece:126 The database upgrade failed. Nothing is to be done about that.
    ");
    let remark = Some("the post_deploy hook of shop ended with status 1".to_owned());
    let degraded = taken_back(&Deploy { degraded: true, remark, ..well }).unwrap();
    assert!(
        degraded.ends_with("It is live, and degraded: the post_deploy hook of shop ended with status 1."),
        "{degraded}"
    );
    assert_eq!(trouble_ahead(&goes_on), None);
}
