//! The contract itself: GitHub's recorded payloads fit it, and each way of not fitting is caught and well worded.
#![cfg(feature = "contract")]

mod examples;

use serde_json::{Value, json};
use towpath_sandbox::contract::{Contract, Exchange, Kind, Violation};

#[test]
fn every_schema_compiles() {
    assert!(Contract::github().compile_all() > 500);
}

/// What the contract says to an exchange.
fn judge(
    method: &str,
    target: &str,
    request: impl Into<Option<Value>>,
    status: u16,
    response: impl Into<Option<Value>>,
) -> Result<(), Violation> {
    let (request, response) = (request.into(), response.into());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (request_body, response_body) = (request.as_ref(), response.as_ref());
    Contract::github().check(&Exchange { method, path, query, request_body, status, response_body })
}

/// What the contract says to a request, which is refused so that no answer stands in the way.
fn judge_request(method: &str, target: &str, body: impl Into<Option<Value>>) -> Result<(), Violation> {
    judge(method, target, body, 403, json!({"message": "Resource not accessible by integration"}))
}

#[track_caller]
fn assert_violation(result: Result<(), Violation>, kind: Kind, text: &str) {
    let violation = result.expect_err("this must not fit");
    assert_eq!(violation.to_string(), text);
    assert_eq!(violation.kind, kind);
}

fn reference() -> Value {
    json!({
        "ref": "refs/heads/main",
        "node_id": "MDM6UmVmcmVmcy9oZWFkcy9tYWlu",
        "url": "https://api.github.com/repos/acme/shop/git/refs/heads/main",
        "object": {
            "type": "commit",
            "sha": "aa218f56b14c9653891f9e74264a383fa43fefbd",
            "url": "https://api.github.com/repos/acme/shop/git/commits/aa218f56b14c9653891f9e74264a383fa43fefbd"
        }
    })
}

#[test]
fn good_exchanges_pass() {
    let ok = [
        judge("GET", "/repos/acme/shop/git/ref/heads/main", None, 200, Some(reference())),
        judge("get", "/api/v3/repos/acme/shop/git/ref/heads/main", None, 200, Some(reference())),
        judge("GET", "/repositories/17/git/ref/heads/feature/a%2Fb", None, 200, Some(reference())),
        judge(
            "GET",
            "/repos/acme/shop/commits/feature/x/check-runs?per_page=100&filter=latest&app_id=7",
            None,
            304,
            None,
        ),
        judge(
            "PATCH",
            "/repos/acme/shop/git/refs/heads/main",
            Some(json!({"sha": "aa", "force": false})),
            200,
            Some(reference()),
        ),
        judge("DELETE", "/repos/acme/shop/git/refs/heads/x", None, 204, None),
        judge("POST", "/app/hook/deliveries/12/attempts", Some(json!({})), 202, Some(json!({}))),
        judge(
            "PUT",
            "/repos/acme/shop/pulls/1/merge",
            None,
            405,
            Some(json!({"message": "Pull Request is not mergeable"})),
        ),
        judge(
            "GET",
            "/repos/acme/shop/contents/.github/towpath.yml?ref=main",
            None,
            200,
            Some(json!("version: 1\n")),
        ),
        judge("GET", "/repos/acme/shop/pulls?state=open", None, 502, None),
        judge(
            "GET",
            "/repos/old/name/pulls",
            None,
            301,
            Some(json!({"message": "Moved Permanently", "url": "https://x"})),
        ),
        judge_request(
            "POST",
            "/repos/acme/shop/deployments",
            Some(json!({"ref": "aa", "payload": {"any": {"thing": 1}}})),
        ),
        judge_request(
            "POST",
            "/app/installations/5/access_tokens",
            Some(json!({"permissions": {"checks": "write"}})),
        ),
        judge_request(
            "PATCH",
            "/repos/acme/shop/check-runs/9",
            Some(
                json!({"status": "completed", "conclusion": "success", "output": {"title": "t", "summary": "s"}}),
            ),
        ),
    ];
    for (i, result) in ok.into_iter().enumerate() {
        assert_eq!(result, Ok(()), "exchange {i}");
    }
}

#[test]
fn an_unknown_operation_is_caught() {
    assert_violation(
        judge("GET", "/repos/acme/shop/git/reference/heads/main", None, 200, None),
        Kind::UnknownOperation,
        "GET /repos/acme/shop/git/reference/heads/main: operation: expected an operation that GitHub describes, \
         found none with this method and path",
    );
    // The path exists, but only to be read.
    let result = judge("DELETE", "/repos/acme/shop/commits/main/check-runs", None, 204, None);
    assert_eq!(result.map_err(|violation| violation.kind), Err(Kind::UnknownOperation));
    // An empty segment is no argument.
    let result = judge("GET", "/repos/acme//pulls", None, 304, None);
    assert_eq!(result.map_err(|violation| violation.kind), Err(Kind::UnknownOperation));
}

#[test]
fn the_most_literal_path_wins() {
    // "/commits/{ref}" would take "abc/check-runs" for a branch; it has no parameter "check_name".
    assert_eq!(judge("GET", "/repos/acme/shop/commits/abc/check-runs?check_name=x", None, 304, None), Ok(()));
}

#[test]
fn a_bad_path_parameter_is_caught() {
    assert_violation(
        judge("GET", "/repos/acme/shop/pulls/first", None, 304, None),
        Kind::PathParameter,
        r#"GET /repos/{owner}/{repo}/pulls/{pull_number} (pulls/get): path at pull_number: expected integer, found "first""#,
    );
}

#[test]
fn an_unknown_query_parameter_is_caught() {
    assert_violation(
        judge("GET", "/repos/acme/shop/pulls/1/commits?perpage=100", None, 304, None),
        Kind::UnknownParameter,
        "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits (pulls/list-commits): query at perpage: \
         expected page, per_page, found a parameter of this name",
    );
    assert_violation(
        judge("GET", "/app?page=2", None, 304, None),
        Kind::UnknownParameter,
        "GET /app (apps/get-authenticated): query at page: expected no parameters, found a parameter of this name",
    );
}

#[test]
fn a_bad_query_parameter_is_caught() {
    assert_violation(
        judge("GET", "/repos/acme/shop/pulls?per_page=many", None, 304, None),
        Kind::QueryParameter,
        r#"GET /repos/{owner}/{repo}/pulls (pulls/list): query at per_page: expected integer, found "many""#,
    );
    assert_violation(
        judge("GET", "/repos/acme/shop/pulls?state=Open", None, 304, None),
        Kind::QueryParameter,
        r#"GET /repos/{owner}/{repo}/pulls (pulls/list): query at state: expected "open" or "closed" or "all", found "Open""#,
    );
}

#[test]
fn a_bad_request_body_is_caught() {
    let create = "POST /repos/{owner}/{repo}/check-runs (checks/create): request body";
    let check = |body| judge_request("POST", "/repos/acme/shop/check-runs", body);
    let caught = |body: Value, text: &str| {
        assert_violation(check(Some(body)), Kind::RequestBody, &format!("{create}{text}"));
    };
    assert_violation(check(None), Kind::RequestBody, &format!("{create}: expected a body, found none"));
    caught(json!({"name": "x"}), r#": expected the property "head_sha", found only "name""#);
    caught(
        json!({"name": "x", "head_sha": "aa", "external": "1"}),
        r#": expected no other properties, found "external""#,
    );
    caught(
        json!({"name": "x", "head_sha": "aa", "output": {"title": "t", "summary": "s", "test": "u"}}),
        r#" at /output: expected no other properties, found "test""#,
    );
    caught(
        json!({"name": "x", "head_sha": "aa", "status": "done"}),
        r#" at /status: expected "queued" or "in_progress" or "completed", found "done""#,
    );
    caught(
        json!({"name": "x", "head_sha": "aa", "started_at": "yesterday"}),
        r#" at /started_at: expected the format date-time, found "yesterday""#,
    );
    let action =
        json!({"label": "Open the promotion", "identifier": "open_a_promotion_now", "description": "d"});
    assert_eq!(check(Some(json!({"name": "x", "head_sha": "aa", "actions": [action]}))), Ok(()));
    let action = json!({"label": "Open the promotion now", "identifier": "open", "description": "d"});
    caught(
        json!({"name": "x", "head_sha": "aa", "actions": [action]}),
        r#" at /actions/0/label: expected at most 20 characters, found "Open the promotion now""#,
    );
}

#[test]
fn an_open_description_is_closed_for_requests() {
    // The description lets an update carry anything beside "status"; an App's permissions are a component of their own.
    assert_violation(
        judge_request(
            "PATCH",
            "/repos/acme/shop/check-runs/9",
            Some(json!({"status": "queued", "titel": "x"})),
        ),
        Kind::RequestBody,
        "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id} (checks/update): request body: \
         expected no other properties, found \"titel\"",
    );
    assert_violation(
        judge_request(
            "POST",
            "/app/installations/5/access_tokens",
            Some(json!({"permissions": {"check": "write"}})),
        ),
        Kind::RequestBody,
        "POST /app/installations/{installation_id}/access_tokens (apps/create-installation-access-token): \
         request body at /permissions: expected no other properties, found \"check\"",
    );
}

#[test]
fn a_body_where_none_belongs_is_caught() {
    assert_violation(
        judge_request("GET", "/repos/acme/shop/pulls/1", Some(json!({"state": "open"}))),
        Kind::RequestBody,
        "GET /repos/{owner}/{repo}/pulls/{pull_number} (pulls/get): request body: \
         expected no body, found {\"state\":\"open\"}",
    );
    assert_violation(
        judge("DELETE", "/repos/acme/shop/git/refs/heads/x", None, 204, Some(json!({}))),
        Kind::ResponseBody,
        "DELETE /repos/{owner}/{repo}/git/refs/{ref} (git/delete-ref): answer: expected no body, found {}",
    );
    let not_modified = judge("GET", "/repos/acme/shop/pulls/1", None, 304, Some(json!({})));
    assert_eq!(not_modified.map_err(|violation| violation.kind), Err(Kind::ResponseBody));
}

#[test]
fn an_undescribed_status_is_caught() {
    assert_violation(
        judge("GET", "/repos/acme/shop/git/ref/heads/main", None, 201, Some(reference())),
        Kind::UnknownStatus,
        "GET /repos/{owner}/{repo}/git/ref/{ref} (git/get-ref): status: expected 200, 404, 409, found 201",
    );
}

#[test]
fn a_bad_answer_is_caught() {
    let get = "GET /repos/{owner}/{repo}/git/ref/{ref} (git/get-ref): answer";
    let caught = |status, body, text: &str| {
        let result = judge("GET", "/repos/acme/shop/git/ref/heads/main", None, status, body);
        assert_violation(result, Kind::ResponseBody, &format!("{get}{text}"));
    };
    caught(200, None, ": expected a JSON body, found none");
    let mut short = reference();
    short["object"] = json!({"sha": "aa218f56b14c9653891f9e74264a383fa43fefbd"});
    caught(200, Some(short), r#" at /object: expected the property "type", found only "sha""#);
    let mut relative = reference();
    relative["url"] = json!("/repos/acme/shop");
    caught(200, Some(relative), r#" at /url: expected the format uri, found "/repos/acme/shop""#);
    // Described, by the description of an error; and not described, hence an error as everywhere.
    caught(404, Some(json!({"msg": "no"})), r#": expected the property "message", found only "msg""#);
    caught(429, Some(json!({"msg": "no"})), r#": expected the property "message", found only "msg""#);
}

#[test]
fn of_several_alternatives_the_one_that_was_meant_is_spoken_of() {
    // An assignee is a person or null, a payload an object or text.
    let pulls = json!([{"assignee": {"login": "ana", "id": "seven"}}]);
    let whole = judge("GET", "/repos/acme/shop/pulls", None, 200, pulls);
    assert_eq!(whole.map_err(|violation| violation.place), Err("/0".into()));
    assert_violation(
        judge_request("POST", "/repos/acme/shop/deployments", json!({"ref": "aa", "payload": 5})),
        Kind::RequestBody,
        "POST /repos/{owner}/{repo}/deployments (repos/create-deployment): request body at /payload: \
         expected object or string, found 5",
    );
    let payload = json!({"action": "created", "installation": {"account": {"login": 7}}});
    let violations = Contract::github().webhook_violations("installation", &payload);
    let found = violations.iter().find(|each| each.place.starts_with("/installation/account"));
    let found = found.expect("an account that is none");
    assert_eq!(found.kind, Kind::Payload);
    assert!(!found.expected.contains("null"), "{found}");
}

#[test]
fn bad_webhooks_are_caught() {
    let check = |event: &str, body: Value| Contract::github().check_webhook(event, &body);
    assert_violation(
        check("pull", json!({})),
        Kind::UnknownEvent,
        "webhook pull: event: expected an event that GitHub describes, found none of this name",
    );
    assert_violation(
        check("merge_group", json!({"action": "merged"})),
        Kind::UnknownAction,
        "webhook merge_group: action at /action: expected checks_requested, destroyed, found merged",
    );
    assert_violation(
        check("merge_group", json!({})),
        Kind::UnknownAction,
        "webhook merge_group: action at /action: expected checks_requested, destroyed, found none",
    );
    assert_violation(
        check("ping", json!({"zen": 1})),
        Kind::Payload,
        "webhook ping: payload at /zen: expected string, found 1",
    );
    let example =
        Contract::examples().find(|example| example.event == "merge_group").expect("one is recorded");
    let mut payload = example.json();
    assert_eq!(check("merge_group", payload.clone()), Ok(()));
    payload["merge_group"].as_object_mut().expect("an object").remove("head_sha");
    let text = check("merge_group", payload).expect_err("incomplete").to_string();
    assert!(
        text.contains(r#"payload at /merge_group: expected the property "head_sha", found only "#),
        "{text}"
    );
}
