use super::*;
use crate::commerce::log::LogReader;
use crate::deploy::samples::deploy;
use serde_json::{Value, json};

const MAINTENANCE: &str = "Redeploying environment staging\nExecuting deploy hook for application 'shop'\n\
    W: [2026-03-01T10:04:00+00:00] NOTICE: Enabling Maintenance mode\n\
    W: [2026-03-01T10:05:00+00:00] INFO: Starting update.\n";

fn activity(more: &Value) -> Activity {
    let mut answer = json!({
        "id": "act1", "type": "environment.push", "state": "complete", "environments": ["staging"],
        "created_at": "2026-03-01T10:00:00+00:00", "started_at": "2026-03-01T10:01:00+00:00",
    });
    answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Activity::read(&answer).unwrap()
}

fn reading(log: &str, status: Option<u8>) -> LogReading {
    let mut reader = LogReader::new();
    reader.push(log.as_bytes());
    match status {
        Some(status) => reader.finish_with_status(status),
        None => reader.finish(),
    }
}

fn seen<'a>(deploy: &'a Deploy, activity: &'a Activity, reading: &'a LogReading) -> Seen<'a> {
    Seen { deploy, activity, reading, lines: 4, now: UnixMillis(i64::MAX / 2) }
}

fn run(hook: &str, exit_code: i64) -> Value {
    json!({ "app": "shop", "type": hook, "exit_code": exit_code })
}

#[test]
fn a_hook_that_fails_in_maintenance_is_told_with_what_customers_see() {
    let ended = activity(
        &json!({ "result": "failure", "failure_reason": "shell", "commands": [run("build", 0), run("deploy", 126)] }),
    );
    let log =
        format!("{MAINTENANCE}W: [2026-03-01T10:06:00+00:00] CRITICAL: [126] it failed, password=hunter2\n");
    let (reading, deploy) = (reading(&log, Some(126)), deploy(1, 1));
    let of = seen(&deploy, &ended, &reading);
    assert!(!of.is_live() && !of.is_transient());
    let report = of.failed();
    assert_eq!((report.state, report.phase), (ReportedState::Failed, Some(Phase::Deploy)));
    assert_eq!(report.words.as_deref(), Some("the deploy hook of shop ended with status 126"));
    let told = report.diagnosis.unwrap();
    assert_eq!((told.code, told.customers.starts_with("The maintenance page")), (Some(126), true));
    let tail = report.log_tail.unwrap();
    assert!(tail.contains("[126]") && !tail.contains("hunter2"), "{tail}");
    assert_eq!(report.handle.as_deref(), Some("act1"));
}

#[test]
fn what_fails_after_the_deploy_is_degraded_and_live() {
    let deploy = deploy(1, 1);
    for (result, reason) in [("failure", json!("shell")), ("success", json!(null))] {
        let ended = activity(&json!({
            "result": result, "failure_reason": reason, "commands": [run("deploy", 0), run("post_deploy", 1)],
        }));
        let reading = reading("Opening environment\n", Some(1));
        let of = seen(&deploy, &ended, &reading);
        assert!(of.is_live(), "{result}");
        let report = of.succeeded();
        assert!(report.degraded && report.state == ReportedState::Succeeded);
        assert_eq!(report.remark.as_deref(), Some("the post_deploy hook of shop ended with status 1"));
    }
    let well =
        activity(&json!({ "result": "success", "commands": [run("deploy", 0), run("post_deploy", 0)] }));
    let nothing = reading("", None);
    let report = seen(&deploy, &well, &nothing).succeeded();
    assert!(!report.degraded && report.remark.is_none() && report.diagnosis.is_none());
}

#[test]
fn a_result_that_says_success_over_a_failed_deploy_hook_is_none() {
    let deploy = deploy(1, 1);
    let nothing = reading("", None);
    for (more, live) in [
        (json!({ "result": "success", "commands": [run("deploy", 126)] }), false),
        (json!({ "result": "success", "commands": [] }), true),
        (json!({ "result": "failure", "failure_reason": "error" }), false),
        (json!({ "result": "failure", "failure_reason": "shell", "commands": [run("build", 12)] }), false),
        (json!({ "state": "cancelled", "result": "failure" }), false),
    ] {
        let ended = activity(&more);
        assert_eq!(seen(&deploy, &ended, &nothing).is_live(), live, "{more}");
    }
}

#[test]
fn only_a_service_that_does_not_answer_is_worth_another_try() {
    let deploy = deploy(1, 1);
    let ended =
        activity(&json!({ "result": "failure", "failure_reason": "shell", "commands": [run("deploy", 1)] }));
    for (code, is) in [(107, true), (137, true), (126, false), (131, false)] {
        let log = format!("{MAINTENANCE}W: [2026-03-01T10:06:00+00:00] ERROR: [{code}] it failed\n");
        let reading = reading(&log, None);
        assert_eq!(seen(&deploy, &ended, &reading).is_transient(), is, "{code}");
    }
}

#[test]
fn what_the_platforms_branch_no_longer_is_at_is_not_deployed_again() {
    let mut deploy = deploy(1, 1);
    deploy.state = DeployState::Running;
    let ended = activity(
        &json!({ "result": "failure", "failure_reason": "shell", "commands": [run("deploy", 137)] }),
    );
    let reading = reading(&format!("{MAINTENANCE}W: [2026-03-01T10:06:00+00:00] ERROR: [137] no\n"), None);
    let of = seen(&deploy, &ended, &reading);
    assert!(of.is_worth_another_try(Some(&deploy.commit.to_string())));
    assert!(!of.is_worth_another_try(Some(&"ab".repeat(20))), "somebody has pushed since");
    assert!(!of.is_worth_another_try(None));
}

#[test]
fn what_waits_says_behind_what() {
    let deploy = deploy(1, 1);
    let waits = activity(&json!({ "state": "pending", "started_at": null }));
    let nothing = reading("", None);
    let other = activity(&json!({
        "id": "x", "type": "environment.merge", "state": "in_progress", "environments": ["pro`duction"],
        "parameters": { "new_commit": "ab".repeat(20) },
    }));
    let report = seen(&deploy, &waits, &nothing).under_way(Some(named(&other)));
    assert_eq!(report.phase, Some(Phase::Build));
    assert_eq!(
        report.remark.as_deref(),
        Some("it waits on the platform behind a merge of abababab on production")
    );
}

#[test]
fn what_is_not_there_has_ended_only_where_nothing_can_begin_it() {
    assert_eq!(not_there_to_end(None, false), CancelAnswer::Ended);
    for (known, may_yet_begin) in [(None, true), (Some("act1"), false), (Some("act1"), true)] {
        let answer = not_there_to_end(known, may_yet_begin);
        assert!(matches!(answer, CancelAnswer::Cannot(_)), "{known:?} {may_yet_begin}");
    }
    let mut deploy = deploy(1, 1);
    deploy.requested_at = Some(UnixMillis(0));
    assert!(may_yet_begin(&deploy, UnixMillis(899_999)));
    assert!(!may_yet_begin(&deploy, UnixMillis(900_000)));
}

#[test]
fn what_was_asked_for_by_name_is_not_judged_by_an_earlier_try() {
    let old = activity(&json!({ "result": "failure" }));
    let made = old.created_at.unwrap();
    let mut merged = deploy(1, 1);
    let mut requested = crate::deploy::samples::requested(2, 1);
    for (after, is) in [(60, true), (3600, false)] {
        let at = Some(made + Duration::from_secs(after));
        (merged.requested_at, requested.requested_at) = (at, at);
        assert_eq!(may_be_of(&requested, &old), is, "{after}");
        assert!(may_be_of(&merged, &old), "it may have begun long before Towpath heard of the merge");
    }
}

#[test]
fn a_report_is_never_older_than_the_one_before() {
    let mut deploy = deploy(1, 1);
    deploy.reported_at = Some(UnixMillis(i64::MAX / 4));
    deploy.reported_place = 9;
    let nothing = reading("", None);
    let ended = activity(&json!({ "result": "success", "completed_at": "2026-03-01T10:09:00+00:00" }));
    let report = seen(&deploy, &ended, &nothing).succeeded();
    assert_eq!((report.at, report.place), (UnixMillis(i64::MAX / 4), 9));
    deploy.reported_at = Some(UnixMillis(0));
    let report = seen(&deploy, &ended, &nothing).succeeded();
    assert!(report.at > UnixMillis(0));
    assert!(Seen { now: UnixMillis(5), ..seen(&deploy, &ended, &nothing) }.succeeded().at == UnixMillis(5));
}

#[test]
fn trees_are_the_same_only_where_every_application_runs_its_own() {
    type Listed = &'static [(&'static str, u8)];
    let tree = |digit: u8| TreeId::from_bytes([digit; 20]);
    let text = |digit: u8| tree(digit).to_string();
    let ours = |list: &[(&str, u8)]| {
        list.iter().map(|(name, it)| ((*name).to_owned(), tree(*it))).collect::<BTreeMap<_, _>>()
    };
    let theirs = |list: &[(&str, u8)]| {
        list.iter().map(|(name, it)| ((*name).to_owned(), text(*it))).collect::<BTreeMap<_, _>>()
    };
    let cases: [(Listed, Listed, bool); 7] = [
        (&[("shop", 1)], &[("shop", 1)], true),
        (&[("shop", 1)], &[("shop", 2)], false),
        (&[("shop", 1), ("api", 2)], &[("shop", 1)], false),
        (&[("shop", 1)], &[("shop", 1), ("api", 2)], false),
        (&[("shop", 1)], &[], false),
        (&[], &[("app", 9)], true),
        (&[], &[("app", 1)], false),
    ];
    for (has, runs, same) in cases {
        let differs = difference(&ours(has), tree(9), &theirs(runs));
        assert_eq!(differs.is_none(), same, "{has:?} {runs:?}: {differs:?}");
    }
}
