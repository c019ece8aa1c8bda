//! Schema, reader and document agree.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngAlgorithm, RngSeed};
use serde_json::{Value, json};
use towpath::model::config::{Configuration, schema};

use crate::{documented, in_the_house, towpath};

#[test]
fn every_example_of_the_document_is_valid() {
    for text in documented() {
        let read = Configuration::read(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
        assert_eq!(Configuration::read(&read.effective()).unwrap().path(), read.path(), "{text}");
    }
    let default = Configuration::read(&documented()[0]).unwrap();
    assert_eq!(default.path(), Configuration::built_in().path(), "the first example is the default");
}

#[test]
fn every_key_of_the_schema_is_in_the_document() {
    let document = std::fs::read_to_string(in_the_house("docs/configuration.md")).unwrap();
    let schema = schema();
    let definitions = ["Environment", "Requires", "CopyBranch", "Freeze", "Window", "Overrides", "Commerce"];
    let places = definitions.iter().map(|name| &schema["$defs"][name]).chain([&schema]);
    for place in places {
        for key in place["properties"].as_object().unwrap().keys() {
            let named = [
                format!("`{key}`"),
                format!(".{key}`"),
                format!(" {key},"),
                format!(" {key} "),
                format!(".{key}."),
            ];
            assert!(named.iter().any(|named| document.contains(named)), "{key} is not in the document");
        }
    }
}

#[test]
fn the_schema_in_the_documents_is_the_one_that_is_used() {
    let printed = towpath(Path::new("/"), &["config", "schema"]);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    let kept = std::fs::read_to_string(in_the_house("docs/towpath.schema.json")).unwrap_or_default();
    assert!(
        printed.stdout == kept,
        "run `towpath config schema > docs/towpath.schema.json`, and look at what has changed"
    );
    jsonschema::meta::validate(&schema()).unwrap();
}

/// JSON is YAML, so one value can be given to the reader and to a judge of the schema who knows nothing of it.
fn read_says(value: &Value) -> bool {
    Configuration::read(&value.to_string()).is_ok()
}

static JUDGE: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).unwrap());

pub(crate) fn full() -> Value {
    json!({
        "version": 1,
        "environments": [
            { "name": "a", "branch": "main", "accepts": ["topics", "hotfixes"], "active": 2,
              "active_idle": "5d", "active_keeps_data": false,
              "deploy": { "driver": "deployment", "timeout": "30m" } },
            { "name": "b", "accepts": ["a"],
              "requires": { "tested": "if-reported", "signoffs": ["qa"], "readiness": ["notes"], "soak": "2h" },
              "deploy": { "driver": "actions", "file": "deploy.yml", "foreign": { "workflow": "ci.yml" } } },
            { "name": "c", "accepts": ["a", "b"], "requires": { "tested": true },
              "deploy": { "driver": "webhook", "endpoint": "cloud", "foreign": true } },
        ],
        "copy": { "branch": "master", "of": "c", "mode": "report" },
        "rules": { "TP201": "warn", "TP401": "off", "TP503": "observe" },
        "ignore_paths": ["docs/", "*.md"],
        "comment": "never",
        "timezone": "Europe/Vienna",
        "freezes": [
            { "from": "2026-12-20T18:00:00Z", "until": "2026-12-21 18:00", "reason": "é", "environments": ["c"] },
            { "days": ["fri", "sat"], "times": "16:00-08:00", "timezone": "Asia/Kathmandu", "except": ["2026-12-25"],
              "reason": "weekend", "allow": [7], "hotfixes": true },
        ],
        "windows": [
            { "days": ["mon"], "times": "09:00-16:00", "timezone": "UTC", "except": ["2026-12-24"], "environments": ["c"],
              "allow": [8], "hotfixes": false },
        ],
        "holidays": ["2026-12-26"],
        "commands": { "deploy": ["maintain", "team:release"], "promote": { "c": ["write"] } },
        "command_prefix": "tp-",
        "overrides": { "second": true, "budget": "5/month" },
        "preset": "commerce",
        "commerce": { "plan": "pro", "root": "apps/shop", "services_by_ticket": ["b"], "disk": 5120 },
    })
}

/// The full file with one thing changed in it.
fn changed(pointer: &str, value: Value) -> Value {
    let mut file = full();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match file.pointer_mut(parent).unwrap() {
        Value::Object(keys) => _ = keys.insert(key.to_owned(), value),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
    file
}

fn good() -> Vec<Value> {
    vec![
        json!({ "version": 1 }),
        full(),
        changed("/copy", json!("none")),
        changed("/copy", json!({ "branch": "master", "of": "a" })),
        changed("/ignore_paths", json!([])),
        changed("/rules", json!({})),
        changed("/environments/1/requires/tested", json!(false)),
        changed("/environments/1/requires", json!({})),
        changed("/environments/0/active", json!(1)),
        changed("/environments/0/deploy", json!({ "driver": "deployment" })),
        changed("/environments/2/deploy/foreign", json!(false)),
        changed("/environments/2/deploy/foreign", json!({ "workflow": "release.yaml" })),
        changed("/freezes/1", json!({ "times": "08:00-10:00", "reason": "x" })),
        changed("/windows/0", json!({ "times": "08:00-24:00" })),
        changed("/holidays", json!([])),
        changed("/commands/deploy", json!({})),
        changed("/commands/cancel", json!({ "a": ["team:qa"], "c": ["admin"] })),
        changed("/overrides", json!({})),
        changed("/commerce", json!({ "plan": "starter", "root": "." })),
        changed("/commerce/services_by_ticket", json!([])),
        changed("/environments/1/requires/ideal_state", json!(true)),
    ]
}

/// The full file with one value in it that nobody would write by chance.
fn wrong() -> Vec<Value> {
    vec![
        changed("/version", json!(2)),
        changed("/version", json!("1")),
        changed("/comment", json!("sometimes")),
        changed("/copy", json!("nothing")),
        changed("/copy/mode", json!("rebase")),
        changed("/rules/TP201", json!("wran")),
        changed("/rules/TP601", json!("warn")),
        changed("/rules/TP999", json!("warn")),
        changed("/ignore_paths", json!(["docs/", "docs/"])),
        changed("/ignore_paths", json!(["x".repeat(201)])),
        changed("/ignore_paths", (0..101).map(|at| json!(format!("{at}/"))).collect()),
        changed("/environments", json!([])),
        changed("/environments/0/name", json!("a!b")),
        changed("/environments/0/accepts", json!([])),
        changed("/environments/0/accepts", json!(["topics", "topics"])),
        changed("/environments/0/active", json!(0)),
        changed("/environments/0/active", json!(1001)),
        changed("/environments/0/active_idle", json!("soon")),
        changed("/environments/0/active_keeps_data", json!("yes")),
        changed("/environments/1/requires/tested", json!("yes")),
        changed("/environments/1/requires/soak", json!("2 hours")),
        changed("/environments/1/requires/soak", json!("0h")),
        changed("/environments/0/deploy/driver", json!("actions")),
        changed("/environments/1/deploy/endpoint", json!("cloud")),
        changed("/environments/0/deploy", json!({ "driver": "none", "foreign": true })),
        changed("/environments/1/deploy/foreign", json!("ci.yml")),
        changed("/environments/1/deploy/foreign/workflow", json!("../ci.yml")),
        changed("/environments/1/deploy/foreign", json!({})),
        changed("/environments/1/deploy/file", json!("../deploy.yml")),
        changed("/freezes/0/from", json!("2026-12-20")),
        changed("/freezes/0/reason", json!("a\nb")),
        changed("/freezes/0/reason", json!("x".repeat(201))),
        changed("/freezes/0/environments", json!([])),
        changed("/freezes/1/days", json!([])),
        changed("/freezes/1/days", json!(["monday"])),
        changed("/freezes/1/times", json!("8:00-10:00")),
        changed("/freezes/1/allow", json!([0])),
        changed("/freezes", (0..101).map(|_| json!({ "days": ["sat"], "reason": "x" })).collect()),
        changed("/windows/0", json!({ "days": ["mon"] })),
        changed("/windows/0/reason", json!("x")),
        changed("/windows/0/except", json!(["2026-12-24", "2026-12-24"])),
        changed("/holidays", json!(["25.12.2026"])),
        changed("/timezone", json!("+01:00")),
        changed("/commands/deploy", json!(["read"])),
        changed("/commands/help", json!(["write"])),
        changed("/commands/promote/c", json!([])),
        changed("/commands/promote/c", json!(["read"])),
        changed("/command_prefix", json!("tp")),
        changed("/command_prefix", json!("")),
        changed("/preset", json!("shopware")),
        changed("/commerce/plan", json!("Pro")),
        changed("/commerce/root", json!("../shop")),
        changed("/commerce/root", json!("/shop")),
        changed("/commerce/disk", json!(127)),
        changed("/commerce/services_by_ticket", json!(["b", "b"])),
        changed("/environments/1/requires/ideal_state", json!("yes")),
        changed("/overrides/budget", json!("0/day")),
        changed("/overrides/budget", json!("5/year")),
        changed("/overrides/second", json!("yes")),
    ]
}

/// The full file with each of its values replaced by some that nothing takes.
fn replaced() -> Vec<Value> {
    let mut bad = Vec::new();
    for pointer in pointers(&full(), "") {
        bad.push(changed(&pointer, json!(null)));
        bad.push(changed(&pointer, json!(-1)));
        bad.push(changed(&pointer, json!(1.5)));
        bad.push(changed(&pointer, json!({ "elsewhere": 1 })));
        bad.push(changed(&pointer, json!([[]])));
        if full().pointer(&pointer).unwrap().is_object() {
            bad.push(changed(&format!("{pointer}/elsewhere"), json!("topics")));
        }
    }
    bad
}

/// A file with so many environments.
fn many(count: usize) -> Value {
    let environments: Vec<_> =
        (0..count).map(|at| json!({ "name": format!("e{at}"), "accepts": ["topics"] })).collect();
    json!({ "version": 1, "environments": environments })
}

#[test]
fn schema_and_reader_agree() {
    for file in [good(), vec![many(1), many(16)]].concat() {
        assert!(JUDGE.is_valid(&file), "the schema refuses {file}");
        assert!(read_says(&file), "{file}: {:?}", Configuration::read(&file.to_string()));
    }
    let other = vec![json!({}), json!([]), json!("version"), json!(null), many(0), many(17)];
    for file in [wrong(), replaced(), other].concat() {
        assert!(!JUDGE.is_valid(&file), "the schema takes {file}");
        assert!(!read_says(&file), "the reader takes {file}");
    }
}

/// The places of all values in a value.
fn pointers(value: &Value, here: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(keys) => keys.iter().map(|(key, value)| (format!("{here}/{key}"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(at, it)| (format!("{here}/{at}"), it)).collect()
        }
        _ => Vec::new(),
    };
    inner.into_iter().flat_map(|(at, value)| [vec![at.clone()], pointers(value, &at)].concat()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_the_schema_refuses_the_reader_refuses(
        at in any::<Index>(),
        with in any::<Index>(),
    ) {
        let full = full();
        let places = pointers(&full, "");
        let other = full.pointer(&places[with.index(places.len())]).unwrap().clone();
        let file = changed(&places[at.index(places.len())], other);
        prop_assert!(JUDGE.is_valid(&file) || !read_says(&file), "{}", file);
    }
}
