//! Judging webhooks, and the recorded ones.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::explain::Misfit;
use super::schema::{Document, Schema};
use super::{Kind, Violation};

/// The reduced description; `fixtures/reduce.mjs` says what is in it.
const FIXTURE: &str = include_str!("../../fixtures/github-webhooks.json");

/// The recorded payloads, one a line.
const EXAMPLES: &str = include_str!("../../fixtures/webhook-examples.jsonl");

/// The events, their actions and their payloads' schemas.
pub(super) struct Webhooks {
    document: Document,
    /// An event without actions has one of the empty name.
    events: BTreeMap<String, BTreeMap<String, Schema>>,
}

impl Webhooks {
    /// Reads the description.
    ///
    /// # Panics
    /// If the fixture is not what `reduce.mjs` writes; it is part of this crate.
    pub(super) fn read() -> Self {
        let fixture: Fixture = serde_json::from_str(FIXTURE).expect("the fixture is part of this crate");
        let document: Value = serde_json::from_str(FIXTURE).expect("the fixture is part of this crate");
        let mut events = BTreeMap::new();
        for (event, actions) in fixture.events {
            let schemas = actions.into_keys().map(|action| {
                let schema = Schema::at(["events", &event, &action]);
                (action, schema)
            });
            events.insert(event.clone(), schemas.collect());
        }
        Self { document: Document::new("urn:github:webhooks", document), events }
    }

    pub(super) fn check(&self, event: &str, body: &Value) -> Vec<Violation> {
        let violation = |kind, name: &str, misfit: Misfit| {
            let Misfit { place, expected, found } = misfit;
            Violation { kind, operation: format!("webhook {name}"), place, expected, found }
        };
        let Some(actions) = self.events.get(event) else {
            let expected = "an event that GitHub describes".into();
            let misfit = Misfit { place: String::new(), expected, found: "none of this name".into() };
            return vec![violation(Kind::UnknownEvent, event, misfit)];
        };
        let action = body.get("action").and_then(Value::as_str);
        let Some(schema) = actions.get("").or_else(|| actions.get(action.unwrap_or_default())) else {
            let expected = actions.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let misfit =
                Misfit { place: "/action".into(), expected, found: action.unwrap_or("none").to_owned() };
            return vec![violation(Kind::UnknownAction, event, misfit)];
        };
        let name = action.map_or_else(|| event.to_owned(), |action| format!("{event}.{action}"));
        let misfits = schema.check(&self.document, body).into_iter();
        misfits.map(|misfit| violation(Kind::Payload, &name, misfit)).collect()
    }

    pub(super) fn compile_all(&self) -> usize {
        let all = self.events.values().flat_map(BTreeMap::values);
        all.inspect(|schema| {
            schema.validator(&self.document);
        })
        .count()
    }
}

#[derive(Deserialize)]
struct Fixture {
    events: BTreeMap<String, BTreeMap<String, Value>>,
}

/// A payload that GitHub has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// What `X-GitHub-Event` says.
    pub event: &'static str,
    /// The payload's JSON text, with its properties in the order they were recorded in.
    pub body: &'static str,
}

impl Example {
    /// The payload, read.
    ///
    /// # Panics
    /// If it is no JSON; the examples are part of this crate, and a test reads them all.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.body)
            .expect("the examples are part of this crate, and a test reads them all")
    }
}

pub(super) fn examples() -> impl Iterator<Item = Example> {
    EXAMPLES.lines().filter_map(|line| line.split_once('\t')).map(|(event, body)| Example { event, body })
}
