//! Tables of what is known, and what is said of it: what no story can bring about.

use super::app::AppFacts;
use super::facts::listed;
use super::installation::InstallationFacts;
use super::machine::{Disk, MachineFacts};
use super::repository::{BranchFacts, ConfigFile, RepositoryFacts};
use super::{app, branch_rules, installation, machine};
use crate::github::{
    Access, AccessState, BranchJson, Budget, InstallationJson, RegisteredAppJson, RepositorySettingsJson,
    RulesetJson, WebhookConfigJson,
};
use crate::model::{
    BranchName, Grants, InstallationId, NEEDED_EVENTS, NEEDED_PERMISSIONS, PromotionPath, SetupFinding,
    SetupRepair, SetupState, UnixMillis, UnixSeconds,
};
use crate::store::DatabaseState;
use chrono::TimeDelta;
use serde_json::{Value, json};

fn grants() -> Grants {
    Grants {
        permissions: NEEDED_PERMISSIONS.iter().map(|it| (it.name.to_owned(), it.level.to_owned())).collect(),
        events: NEEDED_EVENTS.iter().map(|it| it.name.to_owned()).collect(),
    }
}

fn budget(limit: u64, remaining: u64) -> Budget {
    Budget { limit, remaining, renewed_at: UnixSeconds(0) }
}

fn state_of(findings: &[SetupFinding], code: &str) -> Option<SetupState> {
    findings.iter().find(|it| it.code == code).map(|it| it.state)
}

fn app_facts() -> AppFacts {
    let html_url = Some("https://github.com/apps/towpath".to_owned());
    AppFacts {
        id: "7".to_owned(),
        base_url: "https://api.github.com/".to_owned(),
        access: AccessState { access: Access::Accepted, error: None, clock_ahead: TimeDelta::zero() },
        app: Ok(RegisteredAppJson {
            name: "Towpath".to_owned(),
            slug: None,
            html_url,
            grants: Some(grants()),
        }),
        hook: Ok(hook("https://towpath.example.com/webhooks/github", json!("0"))),
        public_url: None,
        lost: Ok(Vec::new()),
    }
}

fn hook(url: &str, insecure_ssl: Value) -> WebhookConfigJson {
    WebhookConfigJson { url: Some(url.to_owned()), secret: Some("********".to_owned()), insecure_ssl }
}

#[test]
fn a_webhook_address_is_right_wherever_the_server_may_be() {
    use SetupState::{Fault, Ok as Sound};
    let public = "https://towpath.example.com";
    for (url, insecure, public_url, wanted) in [
        ("https://towpath.example.com/webhooks/github", json!("0"), None, Sound),
        ("https://towpath.example.com:8443/webhooks/github", json!(0), None, Sound),
        // A proxy may keep it behind a path of its own.
        ("https://example.com/towpath/webhooks/github", json!("0"), None, Sound),
        ("http://localhost:8080/webhooks/github", json!("0"), None, Sound),
        ("http://127.0.0.1/webhooks/github", json!("0"), None, Sound),
        ("http://towpath.example.com/webhooks/github", json!("0"), None, Fault),
        ("http://localhost.example.com/webhooks/github", json!("0"), None, Fault),
        ("https://towpath.example.com/", json!("0"), None, Fault),
        ("https://towpath.example.com/webhooks", json!("0"), None, Fault),
        ("towpath.example.com/webhooks/github", json!("0"), None, Fault),
        ("", json!("0"), None, Fault),
        ("https://towpath.example.com/webhooks/github", json!("1"), None, Fault),
        ("https://towpath.example.com/webhooks/github", json!(1), None, Fault),
        ("https://towpath.example.com/webhooks/github", json!("0"), Some(public), Sound),
        ("https://other.example.com/webhooks/github", json!("0"), Some(public), Fault),
    ] {
        let facts = AppFacts {
            hook: Ok(hook(url, insecure.clone())),
            public_url: public_url.map(str::to_owned),
            ..app_facts()
        };
        let found = state_of(&app::judge(&facts), "webhook-address");
        assert_eq!(found, Some(wanted), "{url} {insecure} {public_url:?}");
    }
}

#[test]
fn a_clock_is_wrong_from_a_minute_on_and_unknown_where_nobody_tells_the_time() {
    for (ahead, access, wanted) in [
        (0, Access::Accepted, SetupState::Ok),
        (-59, Access::Accepted, SetupState::Ok),
        (60, Access::Accepted, SetupState::Fault),
        (-7_200, Access::Refused, SetupState::Fault),
        (0, Access::Unreachable, SetupState::Unknown),
        (0, Access::Unknown, SetupState::Unknown),
    ] {
        let access = AccessState { access, error: None, clock_ahead: TimeDelta::seconds(ahead) };
        let facts = AppFacts { access, ..app_facts() };
        assert_eq!(state_of(&app::judge(&facts), "clock"), Some(wanted), "{ahead} s");
    }
}

#[test]
fn what_may_not_be_read_is_no_fault() {
    let why = || "GitHub refuses it".to_owned();
    let facts = AppFacts { hook: Err(why()), lost: Err(why()), ..app_facts() };
    let findings = app::judge(&facts);
    assert!(findings.iter().all(|it| it.state != SetupState::Fault), "{findings:#?}");
    for code in ["webhook-address", "webhook-secret", "deliveries"] {
        assert_eq!(state_of(&findings, code), Some(SetupState::Unknown), "{code}");
    }
    let silent =
        AppFacts { app: app_facts().app.map(|it| RegisteredAppJson { grants: None, ..it }), ..app_facts() };
    assert_eq!(state_of(&app::judge(&silent), "app-permissions"), Some(SetupState::Unknown));
}

#[test]
fn the_hours_calls_of_an_installation_run_out_before_they_are_gone() {
    let installation: InstallationJson = serde_json::from_value(json!({
        "id": 7, "account": { "login": "acme" }, "html_url": "",
        "permissions": grants().permissions, "events": grants().events,
    }))
    .unwrap();
    let asked_for = grants();
    for (left, wanted) in [
        (Ok(Some(budget(5_000, 5_000))), SetupState::Ok),
        (Ok(Some(budget(5_000, 250))), SetupState::Ok),
        (Ok(Some(budget(5_000, 249))), SetupState::Fault),
        (Ok(None), SetupState::Ok),
        (Err("no answer".to_owned()), SetupState::Unknown),
    ] {
        let shown = format!("{left:?}");
        let facts =
            InstallationFacts { installation: &installation, asked_for: Some(&asked_for), budget: left };
        assert_eq!(state_of(&installation::judge(&facts), "rate-budget"), Some(wanted), "{shown}");
    }
}

fn machine_facts() -> MachineFacts {
    let state = DatabaseState { damage: Vec::new(), waiting: 0, oldest: None, given_up: 0 };
    let disk = Disk { free: 40_000_000_000, used: 0, bound: 30_000_000_000 };
    MachineFacts { git: Ok(()), disk: Ok(disk), database: Some(Ok(state)), now: UnixMillis(10_000_000) }
}

#[test]
fn a_machine_is_judged_by_each_thing_alone() {
    type Plant = fn(&mut MachineFacts);
    let disk = |facts: &mut MachineFacts, free: u64, used: u64| {
        facts.disk = Ok(Disk { free, used, bound: 30_000_000_000 });
    };
    let table: [(&str, Plant); 7] = [
        ("git", |it| it.git = Err("git 2.30 is too old".to_owned())),
        ("disk", |it| it.disk = Ok(Disk { free: 3_000_000_000, used: 0, bound: 30_000_000_000 })),
        ("database", |it| it.database = Some(Err("no database".to_owned()))),
        ("database", |it| state(it).damage = vec!["row 3 missing from index".to_owned()]),
        ("backlog", |it| (state(it).waiting, state(it).oldest) = (3, Some(UnixMillis(9_000_000)))),
        ("given-up", |it| state(it).given_up = 1),
        ("given-up", |it| state(it).given_up = 12),
    ];
    for (code, plant) in table {
        let mut facts = machine_facts();
        plant(&mut facts);
        let findings = machine::judge(&facts);
        let faults: Vec<_> = findings.iter().filter(|it| it.state == SetupState::Fault).collect();
        assert_eq!(faults.iter().map(|it| it.code).collect::<Vec<_>>(), [code], "{findings:#?}");
        assert!(faults[0].repair.is_some() && !faults[0].effect.is_empty(), "{findings:#?}");
    }
    let mut facts = machine_facts();
    disk(&mut facts, 3_000_000_000, 29_000_000_000);
    assert_eq!(state_of(&machine::judge(&facts), "disk"), Some(SetupState::Ok), "what is used is there");
    (state(&mut facts).waiting, state(&mut facts).oldest) = (900, Some(UnixMillis(9_900_000)));
    assert_eq!(state_of(&machine::judge(&facts), "backlog"), Some(SetupState::Ok), "it is being done");
    facts.database = None;
    assert_eq!(state_of(&machine::judge(&facts), "database"), Some(SetupState::Unknown));
}

fn state(facts: &mut MachineFacts) -> &mut DatabaseState {
    facts.database.as_mut().and_then(|it| it.as_mut().ok()).unwrap()
}

#[test]
fn several_things_are_one_sentence() {
    let all = |names: &[&str]| listed(&names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    assert_eq!([all(&[]), all(&["a"]), all(&["a", "b", "c"])], ["", "a", "a, b and c"]);
    assert!(matches!(app::not_configured().repair, Some(SetupRepair::Words(_))));
}

fn repository(ruleset: RulesetJson) -> RepositoryFacts {
    RepositoryFacts {
        installation: InstallationId(1),
        grants: Some(grants()),
        app_id: 7,
        settings: RepositorySettingsJson {
            full_name: "acme/store".to_owned(),
            default_branch: "master".to_owned(),
            ..RepositorySettingsJson::default()
        },
        file: Ok(ConfigFile::default()),
        path: PromotionPath::pro().into(),
        branches: vec![BranchFacts {
            name: BranchName::new("integration").unwrap(),
            found: Ok(Some(BranchJson::default())),
            rules: Ok(Vec::new()),
        }],
        rulesets: vec![ruleset],
        open: Ok(Vec::new()),
    }
}

#[test]
fn a_ruleset_of_a_former_repair_is_switched_on_and_completed() {
    let check = |app: Option<u64>| match app {
        Some(app) => json!({ "context": "towpath: integration", "integration_id": app }),
        None => json!({ "context": "towpath: integration" }),
    };
    let other = json!({ "context": "ci" });
    let required = |checks: Value| {
        json!({ "type": "required_status_checks", "parameters": {
            "required_status_checks": checks, "strict_required_status_checks_policy": false,
        } })
    };
    let ruleset = RulesetJson {
        id: 3,
        name: "Towpath: integration".to_owned(),
        source_type: "Repository".to_owned(),
        source: "acme/store".to_owned(),
        rules: vec![json!({ "type": "deletion" }), required(json!([other, check(None)]))],
        current_user_can_bypass: None,
    };
    let findings = branch_rules::judge(&repository(ruleset));
    let faults = findings.iter().filter(|it| it.state == SetupState::Fault);
    let repairs: Vec<_> = faults.map(|it| it.repair.clone().unwrap()).collect();
    assert_eq!(repairs.len(), 3, "{findings:#?}");
    assert!(repairs.iter().all(|it| *it == repairs[0]), "one call repairs all: {repairs:#?}");
    let SetupRepair::Call(call) = &repairs[0] else { panic!("{repairs:#?}") };
    assert_eq!((call.method, call.path.as_str()), ("PUT", "/repos/acme/store/rulesets/3"));
    let rules = [
        required(json!([other, check(Some(7))])),
        json!({ "type": "non_fast_forward" }),
        json!({ "type": "deletion" }),
    ];
    assert_eq!(call.body, json!({ "enforcement": "active", "rules": rules }));
}

#[test]
fn a_look_at_many_repositories_leaves_the_server_a_fifth_of_the_hours_calls() {
    let installation: InstallationJson = serde_json::from_value(json!({ "id": 7, "account": null })).unwrap();
    let of = |limit| Ok(Some(budget(limit, 12)));
    for (left, wanted) in
        [(of(5_000), 1_000), (of(12_501), 2_501), (Ok(None), 0), (Err("no answer".to_owned()), 0)]
    {
        let facts = InstallationFacts { installation: &installation, asked_for: None, budget: left };
        assert_eq!(facts.left_to_checks(), wanted);
    }
}

#[test]
fn an_archived_repository_is_one_line() {
    let mut facts = repository(RulesetJson {
        id: 3,
        name: String::new(),
        source_type: String::new(),
        source: String::new(),
        rules: Vec::new(),
        current_user_can_bypass: None,
    });
    facts.settings.archived = true;
    let findings = super::repository::judge(&facts);
    assert_eq!(findings.iter().map(|it| it.state).collect::<Vec<_>>(), [SetupState::Ok]);
    assert_eq!(branch_rules::judge(&facts), []);
}
