//! What rules demand of a merge: approvals, and who is let past.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Stage, checker};
use serde_json::{Value, json};
use towpath_sandbox::{AppConfig, BypassMode, Method, Permission};

const MERGE: &str = "/repos/acme/store/pulls/1/merge";

async fn stage_with(app: AppConfig) -> Stage {
    Stage::set_with(app.events(["pull_request_review"]).webhook("http://127.0.0.1:9/")).await
}

#[tokio::test]
async fn a_merge_waits_for_approvals_of_who_may_write() {
    let stage = stage_with(checker()).await;
    stage.repo.allow("omar", Permission::Write);
    stage.repo.allow("eve", Permission::Read);
    stage.repo.protect("main").require_approvals(2).dismiss_stale_reviews();
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    let refusal = async || pull.merge(Method::Merge).by("rita").await.unwrap_err().message;
    let wanted = "At least 2 approving reviews are required by reviewers with write access.";
    assert_eq!((refusal().await.as_str(), pull.mergeable_state()), (wanted, "blocked"));
    pull.approve().by("omar").await.unwrap();
    pull.approve().by("eve").await.unwrap();
    pull.approve().by_app(&stage.app).await.unwrap();
    assert_eq!(refusal().await, wanted, "readers and apps do not count");
    let no = pull.request_changes("Wait").by("rita").await.unwrap();
    assert_eq!(refusal().await, "Changes have been requested by reviewers with write access.");
    pull.review("Hm").by("rita").await.unwrap();
    assert!(refusal().await.starts_with("Changes"), "a comment takes nothing back");
    no.dismiss().by("ana").await.unwrap();
    assert_eq!(refusal().await, wanted);
    pull.approve().by("rita").await.unwrap();
    assert_eq!(pull.mergeable_state(), "clean");

    stage.repo.commit_on("feature/cart").file("cart.txt", "two\n").by("ana").await.unwrap();
    assert_eq!(refusal().await, wanted, "the push took the approvals away");
    assert_eq!(stage.webhooks("pull_request_review", "dismissed").await.len(), 5);
    stage.repo.protect("main").require("ci").require_approvals(1);
    let both = "At least 1 approving review is required by reviewers with write access. \
                Required status check \"ci\" is expected.";
    assert_eq!(refusal().await, both);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn rulesets_tell_their_rules_and_to_some_who_gets_past() {
    let stage = stage_with(checker().permission("administration", "write")).await;
    let app = stage.app.id();
    stage.repo.protect("main").require_from("ci", app).require_approvals(1).up_to_date();
    stage.repo.protect("main").let_pass_as(app, BypassMode::PullRequests);
    stage.repo.protect("main").let_role_pass(Permission::Admin, BypassMode::Always);
    stage.repo.protect("feature/cart").by_organization().restrict_updates();
    stage.repo.protect("old").by_classic_rule().require_approvals(3);
    let rules = stage.get("/repos/acme/store/rules/branches/main").await.body;
    let kinds: Vec<_> = rules.as_array().unwrap().iter().map(|rule| rule["type"].clone()).collect();
    assert_eq!(kinds, ["required_status_checks", "pull_request"]);
    assert_eq!(rules[1]["parameters"]["required_approving_review_count"], 1);
    let other = stage.get("/repos/acme/store/rules/branches/feature/cart").await.body;
    assert_eq!(
        (&other[0]["ruleset_source_type"], &other[0]["ruleset_source"]),
        (&json!("Organization"), &json!("acme"))
    );
    let ids = [&rules[0]["ruleset_id"], &rules[1]["ruleset_id"], &other[0]["ruleset_id"]];
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    assert_eq!(stage.get("/repos/acme/store/rules/branches/old").await.body, json!([]));

    let list = "/repos/acme/store/rulesets";
    let names = async |path: &str| {
        let all = stage.get(path).await.body;
        all.as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(names(list).await, ["Protect feature/cart", "Protect main"]);
    assert_eq!(names(&format!("{list}?includes_parents=false")).await, ["Protect main"]);
    let shown = stage.get(&format!("{list}/{}", ids[0])).await.body;
    assert_eq!(shown["conditions"]["ref_name"]["include"], json!(["refs/heads/main"]));
    assert_eq!(shown["current_user_can_bypass"], "pull_requests_only");
    let actors = json!([
        { "actor_id": app, "actor_type": "Integration", "bypass_mode": "pull_request" },
        { "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" },
    ]);
    assert_eq!(shown["bypass_actors"], actors);
    assert_eq!(stage.get(&format!("{list}/5")).await.status, 404);
    let tokens = format!("/app/installations/{}/access_tokens", stage.installation.id());
    let narrow = json!({ "permissions": { "metadata": "read" } });
    let narrow = stage.call_as(&stage.jwt(), "POST", &tokens, Some(narrow)).await;
    let token = narrow.body["token"].as_str().unwrap().to_owned();
    let shown = stage.call_as(&token, "GET", &format!("{list}/{}", ids[2]), None).await.body;
    assert_eq!((&shown["bypass_actors"], &shown["current_user_can_bypass"]), (&json!(null), &json!("never")));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_on_the_bypass_list_merges_past_what_is_required() {
    for mode in [BypassMode::Always, BypassMode::PullRequests, BypassMode::Exempt] {
        let stage = stage_with(checker()).await;
        let pull = stage.repo.open_pull("feature/cart").into("main").by("ana").await.unwrap();
        stage.repo.protect("main").require("ci").require_approvals(1);
        assert_eq!(stage.call("PUT", MERGE, None).await.status, 405);
        stage.repo.protect("main").let_pass_as(stage.app.id(), mode);
        assert_eq!(
            pull.merge(Method::Merge).by("rita").await.unwrap_err().status,
            405,
            "people are not let past"
        );
        let next = stage.repo.commit_on("next").from("main").file("next.txt", "1\n").by("ana").await.unwrap();
        let push =
            stage.call("PATCH", "/repos/acme/store/git/refs/heads/main", Some(json!({ "sha": next }))).await;
        assert_eq!(push.status, if mode == BypassMode::PullRequests { 422 } else { 200 });
        assert_eq!(stage.call("PUT", MERGE, None).await.status, 200);
        assert!(pull.merged());
    }
}

#[tokio::test]
async fn an_administrator_adds_rules_and_changes_them() {
    let stage =
        stage_with(checker().permission("administration", "write").permission("contents", "write")).await;
    let (app, list) = (stage.app.id(), "/repos/acme/store/rulesets");
    let rules = json!([{ "type": "deletion" }, { "type": "non_fast_forward" }]);
    let conditions = json!({ "ref_name": { "include": ["refs/heads/main"], "exclude": [] } });
    let body = json!({ "name": "Keep main", "target": "branch", "enforcement": "active", "conditions": conditions,
        "rules": rules });
    let made = stage.call("POST", list, Some(body)).await;
    assert_eq!((made.status, &made.body["rules"]), (201, &rules));
    let heads = "/repos/acme/store/git/refs/heads";
    assert_eq!(stage.call("DELETE", &format!("{heads}/main"), None).await.status, 422);
    let back = stage.repo.commit_on("aside").from("feature/cart").file("a", "1\n").by("ana").await.unwrap();
    let forced = json!({ "sha": back, "force": true });
    assert_eq!(
        stage.call("PATCH", &format!("{heads}/main"), Some(forced.clone())).await.status,
        200,
        "it is ahead"
    );
    let behind = stage.repo.tip("feature/cart").unwrap();
    let behind = json!({ "sha": behind, "force": true });
    assert_eq!(stage.call("PATCH", &format!("{heads}/main"), Some(behind.clone())).await.status, 422);

    let check = json!({ "context": "ci", "integration_id": app });
    let parameters =
        json!({ "required_status_checks": [check], "strict_required_status_checks_policy": false });
    let body = json!({ "rules": [{ "type": "required_status_checks", "parameters": parameters }] });
    let path = format!("{list}/{}", made.body["id"]);
    let changed = stage.call("PUT", &path, Some(body)).await.body;
    assert_eq!(changed["rules"][0]["parameters"]["required_status_checks"], json!([check]));
    assert_eq!(
        stage.call("PATCH", &format!("{heads}/main"), Some(behind)).await.status,
        200,
        "no rule is left"
    );
    let body = json!({ "delete_branch_on_merge": true, "allow_squash_merge": false });
    let settings = stage.call("PATCH", "/repos/acme/store", Some(body)).await.body;
    assert_eq!(
        (&settings["delete_branch_on_merge"], &settings["allow_squash_merge"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_changes_its_own_webhook() {
    let stage = stage_with(checker()).await;
    let jwt = stage.jwt();
    let read = stage.call_as(&jwt, "GET", "/app/hook/config", None).await.body;
    let wanted = json!({ "content_type": "json", "insecure_ssl": "0", "secret": "********", "url": "http://127.0.0.1:9/" });
    assert_eq!(read, wanted);
    let body = json!({ "url": "http://127.0.0.1:9/hooks" });
    let changed = stage.call_as(&jwt, "PATCH", "/app/hook/config", Some(body)).await.body;
    assert_eq!(
        (&changed["url"], &changed["secret"]),
        (&json!("http://127.0.0.1:9/hooks"), &json!("********"))
    );
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_environment_tells_which_apps_watch_over_its_jobs() {
    let stage = stage_with(checker().permission("actions", "read")).await;
    stage.repo.watch_jobs("Production", stage.app.id(), true);
    let all = stage.get("/repos/acme/store/environments").await.body;
    assert_eq!(all["environments"][0]["name"], "Production");
    let rules = stage.get("/repos/acme/store/environments/production/deployment_protection_rules").await.body;
    let rule = &rules["custom_deployment_protection_rules"][0];
    assert_eq!((&rule["enabled"], &rule["app"]["id"]), (&json!(true), &json!(stage.app.id())));
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}
