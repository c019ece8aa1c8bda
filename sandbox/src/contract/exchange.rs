//! Judging one request and its answer.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::explain::shown;
use super::operation::{Match, Operations};
use super::schema::{Document, Schema};
use super::{Kind, Violation};

/// A request, and the answer it got.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// The path as it was sent, percent-encoding and all.
    pub path: &'a str,
    /// The query as it was sent, without its question mark; empty for none.
    pub query: &'a str,
    /// The request's body, if it had one.
    pub request_body: Option<&'a Value>,
    /// The answer's status.
    pub status: u16,
    /// The answer's body, if it had one; a file that was asked for raw is one string.
    pub response_body: Option<&'a Value>,
}

/// Statuses that any request can meet, described or not: moved, not modified, not understood, not known, not allowed,
/// not there, not valid, too many, and a broken server.
fn always_possible(status: u16) -> bool {
    matches!(status, 301 | 302 | 304 | 307 | 400 | 401 | 403 | 404 | 422 | 429 | 500..=599)
}

pub(super) fn check(operations: &Operations, exchange: &Exchange) -> Result<(), Violation> {
    let method = exchange.method.to_ascii_uppercase();
    let found = operations.find(&method, exchange.path).ok_or_else(|| Violation {
        kind: Kind::UnknownOperation,
        operation: format!("{method} {}", exchange.path),
        place: String::new(),
        expected: "an operation that GitHub describes".into(),
        found: "none with this method and path".into(),
    })?;
    let judge = Judge { operations, document: &operations.document, found: &found };
    judge.path()?;
    judge.query(exchange.query)?;
    judge.request(exchange.request_body)?;
    judge.answer(exchange.status, exchange.response_body)
}

/// One operation's rules.
struct Judge<'a> {
    operations: &'a Operations,
    document: &'a Document,
    found: &'a Match<'a>,
}

impl Judge<'_> {
    fn path(&self) -> Result<(), Violation> {
        for (name, argument) in &self.found.arguments {
            if let Some(schema) = self.found.operation.path_parameters.get(*name) {
                self.parameter(Kind::PathParameter, schema, name, argument)?;
            }
        }
        Ok(())
    }

    fn query(&self, query: &str) -> Result<(), Violation> {
        let operation = self.found.operation;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, argument) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, argument) = (decoded(name), decoded(argument));
            let Some(schema) = operation.query_parameters.get(&name) else {
                let known: Vec<&str> = operation.query_parameters.keys().map(String::as_str).collect();
                let expected = if known.is_empty() { "no parameters".into() } else { known.join(", ") };
                return Err(self.violation(
                    Kind::UnknownParameter,
                    &name,
                    expected,
                    "a parameter of this name",
                ));
            };
            self.parameter(Kind::QueryParameter, schema, &name, &argument)?;
        }
        Ok(())
    }

    /// A parameter is text on the wire; it fits if the text does, or what the text says read as JSON (`30`, `true`).
    fn parameter(&self, kind: Kind, schema: &Schema, name: &str, argument: &str) -> Result<(), Violation> {
        let text = Value::String(argument.to_owned());
        let Some(misfit) = schema.check(self.document, &text).into_iter().next() else {
            return Ok(());
        };
        let read = serde_json::from_str::<Value>(argument)
            .ok()
            .filter(|value| value.is_number() || value.is_boolean());
        if read.is_some_and(|value| schema.check(self.document, &value).is_empty()) {
            return Ok(());
        }
        Err(self.violation(kind, name, misfit.expected, misfit.found))
    }

    fn request(&self, body: Option<&Value>) -> Result<(), Violation> {
        let body = body.filter(|body| !body.is_null());
        match (&self.found.operation.body, body) {
            (Some(described), Some(body)) => self.fits(Kind::RequestBody, &described.schema, body),
            (Some(described), None) if described.required => {
                Err(self.violation(Kind::RequestBody, "", "a body", "none"))
            }
            // Clients send an empty object where they have nothing to say.
            (None, Some(body)) if body.as_object().is_none_or(|object| !object.is_empty()) => {
                Err(self.violation(Kind::RequestBody, "", "no body", shown(body)))
            }
            _ => Ok(()),
        }
    }

    fn answer(&self, status: u16, body: Option<&Value>) -> Result<(), Violation> {
        let responses = &self.found.operation.responses;
        let described = responses.get(status.to_string().as_str());
        if described.is_none() && !always_possible(status) {
            let known: Vec<&str> = responses.keys().map(String::as_str).collect();
            return Err(self.violation(Kind::UnknownStatus, "", known.join(", "), status.to_string()));
        }
        let refusal = status >= 300 && status != 304;
        match (described.and_then(Option::as_ref), body) {
            (Some(schema), Some(body)) => self.fits(Kind::ResponseBody, schema, body),
            (None, Some(body)) if refusal => self.fits(Kind::ResponseBody, &self.operations.error, body),
            (None, Some(body)) => Err(self.violation(Kind::ResponseBody, "", "no body", shown(body))),
            // A moved page and a proxy's 502 come without a word, so only the described answers must have a body.
            (Some(_), None) if status < 500 => {
                Err(self.violation(Kind::ResponseBody, "", "a JSON body", "none"))
            }
            _ => Ok(()),
        }
    }

    fn fits(&self, kind: Kind, schema: &Schema, body: &Value) -> Result<(), Violation> {
        match schema.check(self.document, body).into_iter().next() {
            Some(misfit) => Err(self.violation(kind, misfit.place, misfit.expected, misfit.found)),
            None => Ok(()),
        }
    }

    fn violation(
        &self,
        kind: Kind,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Violation {
        let operation = self.found.operation.name();
        Violation { kind, operation, place: place.into(), expected: expected.into(), found: found.into() }
    }
}

/// A piece of a query as it was meant.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
