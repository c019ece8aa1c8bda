//! The page on which an app is registered from a manifest.

mod common;

use common::browser::{FORM, browse, done, get, post};
use common::{Receiver, Stage, jwt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use towpath_sandbox::{Clock, Permission};

const OWN: &str = "/settings/apps";
const ACME: &str = "/organizations/acme/settings/apps";

fn manifest(hook: &str) -> Value {
    json!({
        "name": "Gate <keeper>",
        "url": "https://example.com/keeper",
        "redirect_url": "http://127.0.0.1:8080/setup/registered",
        "hook_attributes": { "url": hook },
        "default_permissions": { "checks": "write" },
        "default_events": ["push"],
    })
}

fn field(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// What another site has the browser send.
fn sent(manifest: &Value) -> String {
    format!("manifest={}", field(&manifest.to_string()))
}

/// What the button sends.
fn confirmed(manifest: &Value, who: &str, name: &str) -> String {
    format!("{}&state=s3&who={who}&name={}", sent(manifest), field(name))
}

#[tokio::test]
async fn another_site_s_manifest_is_shown_and_registered_by_one_button() {
    let stage = Stage::set().await;
    let receiver = Receiver::open().await;
    let wanted = manifest(&receiver.url);
    let foreign = [FORM, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")];
    let page = browse(&stage, "POST", &format!("{ACME}/new?state=s3"), &foreign, &sent(&wanted)).await;
    assert_eq!(page.status, 200, "{}", page.html);
    page.says(&["Create GitHub App for acme", "value=\"Gate &lt;keeper&gt;\"", "value=\"s3\""]);
    page.says(&[&format!("action=\"{ACME}\""), "rita (administrator)", "checks", &receiver.url]);
    page.keeps_quiet_about("<keeper>");
    page.keeps_quiet_about("ana (");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http://127.0.0.1:8080;"), "{policy}");
    assert_eq!(stage.github.apps().len(), 1, "a page alone registers nothing");

    let pressed = browse(&stage, "POST", ACME, &foreign, &confirmed(&wanted, "rita", "Keeper")).await;
    assert_eq!(pressed.status, 403, "no other site presses the button");
    let page = post(&stage, ACME, &confirmed(&wanted, "rita", "Keeper")).await;
    assert_eq!(page.status, 303, "{}", page.html);
    assert_eq!(page.header("set-cookie"), "who=rita; Path=/; HttpOnly; SameSite=Strict");
    let back = page.header("location").strip_prefix("http://127.0.0.1:8080/setup/registered?code=");
    let code = back.and_then(|rest| rest.strip_suffix("&state=s3")).expect("a code and the state");
    let path = format!("/app-manifests/{code}/conversions");
    let app = stage.call_as("", "POST", &path, None).await.body;
    assert_eq!((&app["slug"], &app["owner"]["login"]), (&json!("keeper"), &json!("acme")));
    let own = jwt(&app["id"].to_string(), stage.clock.now(), 540);
    assert_eq!(stage.call_as(&own, "GET", "/app", None).await.status, 200);
    stage.github.settled().await;
    assert_eq!(receiver.all()[0].header("x-github-event"), "ping");
    get(&stage, "/deliveries").await.says(&["ping", "keeper"]);
}

#[tokio::test]
async fn a_person_registers_it_for_themselves_and_changes_a_name_that_is_taken() {
    let stage = Stage::set().await;
    let wanted = manifest("https://example.com/hooks");
    let page = post(&stage, &format!("{OWN}/new"), &sent(&wanted)).await;
    page.says(&["Create GitHub App for a personal account", "ana (own account)", "rita (own account)"]);
    page.keeps_quiet_about("name=\"state\"");
    let again = post(&stage, OWN, &confirmed(&wanted, "ana", "Checker")).await;
    assert_eq!(again.status, 422);
    again.says(&["Name is already taken", "value=\"Checker\"", &format!("action=\"{OWN}\""), "value=\"s3\""]);
    let policy = again.header("content-security-policy");
    assert!(policy.contains("http://127.0.0.1:8080"), "{policy}");
    done(&stage, OWN, &confirmed(&wanted, "ana", "Ana's checker")).await;
    assert_eq!(stage.github.apps()[1].slug(), "ana-s-checker");
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_is_said() {
    let stage = Stage::set().await;
    let mut without_hook = manifest("https://example.com/hooks");
    without_hook["hook_attributes"] = json!({});
    let mut without_url = manifest("https://example.com/hooks");
    without_url["url"].take();
    let cases = [
        (sent(&without_hook), "&quot;url&quot; wasn't supplied."),
        (sent(&without_url), "&quot;url&quot; wasn't supplied."),
        (sent(&manifest("ssh://example.com")), "is no address with http or https"),
        ("manifest=%7B".to_owned(), "It is no JSON object."),
        (String::new(), "It is no JSON object."),
    ];
    for (form, reason) in cases {
        for place in [OWN, ACME] {
            let page = post(&stage, &format!("{place}/new"), &form).await;
            assert_eq!(page.status, 422, "{form}");
            page.says(&["does not appear to be a valid GitHub App manifest", reason]);
        }
    }
}

#[tokio::test]
async fn who_may_not_register_it_is_refused() {
    let stage = Stage::set().await;
    stage.repo.allow("eve", Permission::Maintain);
    let wanted = manifest("https://example.com/hooks");
    let page = post(&stage, ACME, &confirmed(&wanted, "eve", "Keeper")).await;
    assert_eq!(page.status, 403);
    page.says(&["eve does not administer acme"]);
    assert_eq!(post(&stage, ACME, &confirmed(&wanted, "nobody", "Keeper")).await.status, 422);
    for place in ["/organizations/nowhere/settings/apps", "/organizations/rita/settings/apps"] {
        assert_eq!(post(&stage, &format!("{place}/new"), &sent(&wanted)).await.status, 404, "{place}");
        assert_eq!(post(&stage, place, &confirmed(&wanted, "rita", "Keeper")).await.status, 404, "{place}");
    }
    assert_eq!(stage.github.apps().len(), 1);
}
