//! The pages on which an app is found and installed.

mod common;

use common::Stage;
use common::browser::{browse, done, get, post};
use serde_json::json;
use towpath_sandbox::{AppConfig, AppHandle, Permission};

const PAGE: &str = "/apps/gate/installations/new";
const FORM: &str = "/apps/gate/installations";

/// A stage on which the app of `change` is registered and not installed.
async fn registered(change: impl FnOnce(AppConfig) -> AppConfig) -> (Stage, AppHandle) {
    let stage = Stage::set().await;
    let config = AppConfig { name: "Gate <keeper>".to_owned(), ..AppConfig::new("gate") };
    let config = config.permission("checks", "write").events(["push"]);
    let app = stage.github.app(change(config)).await.expect("it works");
    (stage, app)
}

#[tokio::test]
async fn an_app_is_found_and_installed_on_all_repositories() {
    let (stage, app) = registered(|config| config).await;
    let page = get(&stage, "/apps/gate").await;
    page.says(&["Gate &lt;keeper&gt;", "An app of makers", &format!("href=\"{PAGE}\""), "checks", "push"]);
    page.keeps_quiet_about("<keeper>");
    let page = get(&stage, PAGE).await;
    page.says(&["on acme", "value=\"store\"", "rita (administrator)", ">Install</button>"]);
    page.keeps_quiet_about("ana (");
    let place = done(&stage, FORM, "who=rita&account=acme&selection=all&repository=store").await;
    assert_eq!(place, "/acme");
    get(&stage, "/acme").await.says(&["/apps/gate", "all repositories", "href=\"/acme/store\""]);
    let [installation] = &app.installations()[..] else { panic!("one installation") };
    let heard = stage.webhooks("installation", "created").await;
    let created = heard.last().expect("it was told");
    assert_eq!(created["installation"]["id"], installation.id());
    assert_eq!(
        (&created["sender"]["login"], &created["repositories"][0]["name"]),
        (&json!("rita"), &json!("store"))
    );
    let settings = created["installation"]["html_url"].as_str().expect("an address");
    let settings = settings.strip_prefix(&stage.github.url()).expect("a page of the stand-in");
    let page = browse(&stage, "GET", settings, &[], "").await;
    assert_eq!((page.status, page.header("location")), (303, "/acme"));

    let again = post(&stage, FORM, "who=rita&account=acme&selection=all").await;
    assert_eq!(again.status, 422);
    again.says(&["already installed", &format!("href=\"{PAGE}\"")]);
    get(&stage, PAGE).await.says(&["installed</span>"]);
    get(&stage, "/apps/gate").await.says(&["Installed on", "href=\"/acme\""]);
    assert_eq!(stage.unfit().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_is_installed_on_chosen_repositories_of_a_chosen_account() {
    let (stage, app) = registered(|config| config).await;
    for name in ["acme/second", "acme/third", "ana/notes"] {
        let repository = stage.github.repository(name).with("rita", Permission::Admin);
        repository.create().await.expect("it works");
    }
    let page = get(&stage, PAGE).await;
    page.says(&["acme</a>", "ana</a>"]);
    page.keeps_quiet_about("<form");
    let address =
        page.html.split(&format!("{PAGE}?target_id=")).nth(1).and_then(|rest| rest.split('"').next());
    let page = get(&stage, &format!("{PAGE}?target_id={}", address.expect("a link"))).await;
    page.says(&["on acme", "value=\"second\"", "value=\"third\""]);
    page.keeps_quiet_about("notes");
    done(&stage, FORM, "who=rita&account=acme&selection=selected&repository=store&repository=third").await;
    get(&stage, "/acme").await.says(&["store, third"]);
    let (token, _) = app.installations()[0].token().expect("it works");
    let reached = stage.call_as(&token, "GET", "/installation/repositories", None).await.body;
    assert_eq!((&reached["total_count"], &reached["repository_selection"]), (&json!(2), &json!("selected")));
    get(&stage, PAGE).await.says(&["on ana", "ana (administrator)"]);
}

#[tokio::test]
async fn who_may_not_install_it_is_refused() {
    let (stage, app) = registered(|config| config).await;
    let cases = [
        ("who=ana&account=acme&selection=all", 403, "ana does not administer acme"),
        ("who=nobody&account=acme&selection=all", 422, "Nobody is called"),
        ("who=rita&account=nowhere&selection=all", 404, "Not Found"),
        ("who=rita&account=acme&selection=selected", 422, "Choose one repository at least"),
        ("who=rita&account=acme&selection=selected&repository=secret", 404, "Not Found"),
        ("who=rita&account=acme", 422, "Say whether"),
    ];
    for (form, status, reason) in cases {
        let page = post(&stage, FORM, form).await;
        assert_eq!(page.status, status, "{form}");
        page.says(&[reason]);
    }
    assert!(app.installations().is_empty());
    for path in ["/apps/none", "/apps/none/installations/new", &format!("{PAGE}?target_id=7"), "/nowhere"] {
        assert_eq!(browse(&stage, "GET", path, &[], "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_app_that_is_not_public_is_offered_to_its_owner_alone() {
    let (stage, _) = registered(|config| AppConfig { public: false, ..config }).await;
    get(&stage, PAGE).await.says(&["No account that it may be installed on"]);
    assert_eq!(post(&stage, FORM, "who=rita&account=acme&selection=all").await.status, 404);
    let (stage, app) =
        registered(|config| AppConfig { public: false, owner: "acme".to_owned(), ..config }).await;
    done(&stage, FORM, "who=rita&account=acme&selection=all").await;
    assert_eq!(app.installations().len(), 1);
}

#[tokio::test]
async fn whoever_installed_it_goes_on_where_the_app_says() {
    let setup_url = Some("https://example.com/setup?step=2".to_owned());
    let (stage, app) = registered(|config| AppConfig { setup_url, ..config }).await;
    let page = get(&stage, PAGE).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://example.com;"), "{policy}");
    let place = done(&stage, FORM, "who=rita&account=acme&selection=all").await;
    let id = app.installations()[0].id();
    assert_eq!(place, format!("https://example.com/setup?step=2&installation_id={id}&setup_action=install"));
}
