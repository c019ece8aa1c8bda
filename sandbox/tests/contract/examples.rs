//! GitHub's recorded payloads, and why some of them are not quite what the description says today.

use std::collections::BTreeSet;

use towpath_sandbox::contract::{Contract, Violation};

/// Properties that the description requires and that payloads recorded earlier do not have yet: the object's name, and
/// the properties. They are missing where they are missing; what *is* there is held to the description everywhere.
const YOUNGER_THAN_THE_RECORDING: &[(&str, &[&str])] = &[
    ("", &["requester"]),
    ("alert", &["node_id", "number", "state"]),
    ("app", &["events", "permissions"]),
    ("check_run", &["details_url", "node_id"]),
    ("comment", &["performed_via_github_app", "reactions"]),
    ("comment", &["line", "original_line", "original_start_line", "side", "start_line", "start_side"]),
    ("discussion", &["state_reason"]),
    ("forkee", &["topics", "visibility"]),
    ("from", &["is_one_time"]),
    ("installation", &["app_slug", "suspended_at", "suspended_by"]),
    ("issue", &["active_lock_reason", "reactions"]),
    ("label", &["description"]),
    ("labels", &["description"]),
    ("new_discussion", &["state_reason"]),
    ("new_repository", &["has_discussions"]),
    ("pull_request", &["active_lock_reason", "auto_merge", "draft"]),
    ("release", &["immutable", "updated_at"]),
    ("repo", &["has_discussions", "topics", "visibility"]),
    ("repository", &["disabled", "has_discussions", "topics", "visibility"]),
    ("rule", &["lock_branch_enforcement_level"]),
    ("security_advisory", &["cvss", "cwes"]),
    ("sender", &["node_id"]),
    ("verification", &["verified_at"]),
    ("workflow_job", &["created_at", "head_branch", "run_attempt", "workflow_name"]),
    ("workflow_run", &["actor", "display_title", "path", "triggering_actor"]),
];

/// Values in recorded payloads that the description does not know: event, property, what it asks for, and why it is so.
const OTHERWISE_RECORDED: &[(&str, &str, &str, &str)] = &[
    ("installation", "created_at", "string", "an App's installation says seconds since 1970 here"),
    ("installation", "updated_at", "string", "the same"),
    ("installation_repositories", "created_at", "string", "the same"),
    ("installation_repositories", "updated_at", "string", "the same"),
    (
        "check_run",
        "created_at",
        "the format date-time",
        "the App's dates were recorded as `2018-04-25 20:42:10`",
    ),
    ("check_run", "updated_at", "the format date-time", "the same"),
    (
        "marketplace_purchase",
        "price_model",
        r#""FREE" or "FLAT_RATE" or "PER_UNIT""#,
        "GitHub sends `flat-rate` and `per-unit`",
    ),
];

/// The exception a violation falls under, if any.
fn excused(event: &str, violation: &Violation) -> Option<String> {
    // "/issue/labels/0" is one of the "labels".
    let name = violation.place.rsplit('/').find(|step| step.parse::<usize>().is_err()).unwrap_or_default();
    for (object, properties) in YOUNGER_THAN_THE_RECORDING {
        for property in *properties {
            if *object == name && violation.expected == format!("the property {property:?}") {
                return Some(format!("{object}.{property}"));
            }
        }
    }
    OTHERWISE_RECORDED
        .iter()
        .find(|(of, property, expected, _)| {
            *of == event && *property == name && *expected == violation.expected
        })
        .map(|(of, property, ..)| format!("{of}: {property}"))
}

#[test]
fn all_recorded_payloads_fit_or_are_excused() {
    let mut used = BTreeSet::new();
    let mut count = 0;
    for example in Contract::examples() {
        count += 1;
        for violation in Contract::github().webhook_violations(example.event, &example.json()) {
            match excused(example.event, &violation) {
                Some(excuse) => used.insert(excuse),
                None => panic!("{violation}"),
            };
        }
    }
    assert_eq!(count, 329);
    let listed = YOUNGER_THAN_THE_RECORDING.iter().map(|(_, properties)| properties.len()).sum::<usize>();
    assert_eq!(
        used.len(),
        listed + OTHERWISE_RECORDED.len(),
        "an excuse nobody needs any more; needed: {used:?}"
    );
}
