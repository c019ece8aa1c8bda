//! The operations of the REST interface, and which of them a request is.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use super::schema::{Document, Schema};

/// The reduced description; `fixtures/reduce.mjs` says what is in it.
const FIXTURE: &str = include_str!("../../fixtures/github-openapi.json");

/// All operations, and the schemas they share.
pub(super) struct Operations {
    pub(super) document: Document,
    /// What GitHub says when it refuses.
    pub(super) error: Schema,
    all: Vec<Operation>,
}

/// One method on one path.
pub(super) struct Operation {
    id: String,
    method: String,
    path: String,
    wide: Vec<String>,
    pub(super) path_parameters: BTreeMap<String, Schema>,
    pub(super) query_parameters: BTreeMap<String, Schema>,
    pub(super) body: Option<Body>,
    /// By status; `None` is an answer without a body.
    pub(super) responses: BTreeMap<String, Option<Schema>>,
}

/// What a request may carry.
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) schema: Schema,
}

/// An operation, and what the path says for each of its parameters.
pub(super) struct Match<'a> {
    pub(super) operation: &'a Operation,
    pub(super) arguments: Vec<(&'a str, String)>,
}

impl Operations {
    /// Reads the description.
    ///
    /// # Panics
    /// If the fixture is not what `reduce.mjs` writes; it is part of this crate.
    pub(super) fn read() -> Self {
        let fixture: Fixture = serde_json::from_str(FIXTURE).expect("the fixture is part of this crate");
        let document: Value = serde_json::from_str(FIXTURE).expect("the fixture is part of this crate");
        Self {
            document: Document::new("urn:github:openapi", document),
            error: Schema::at(["$defs", "basic-error"]),
            all: fixture.operations.into_iter().enumerate().map(|(i, raw)| raw.operation(i)).collect(),
        }
    }

    /// The operation with this method whose path fits most literally.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let segments = segments(path);
        self.all
            .iter()
            .filter(|operation| operation.method == method)
            .filter_map(|operation| {
                let arguments = operation.arguments(&segments)?;
                Some(Match { operation, arguments })
            })
            .max_by_key(|found| found.operation.literal_segments())
    }

    pub(super) fn compile_all(&self) -> usize {
        let all = self.all.iter().flat_map(Operation::schemas).chain([&self.error]);
        all.inspect(|schema| {
            schema.validator(&self.document);
        })
        .count()
    }
}

/// The segments of a path as they are sent, with the two other ways of saying the same taken back:
/// GitHub Enterprise Server has everything under `/api/v3`, and GitHub leads from a repository's old name, and from page
/// to page, by the repository's number.
fn segments(path: &str) -> Vec<&str> {
    let path =
        path.strip_prefix("/api/v3").filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path);
    let mut segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if let ["repositories", number, ..] = segments[..]
        && number.parse::<u64>().is_ok()
    {
        segments.splice(0..1, ["repos", "repositories"]);
    }
    segments
}

impl Operation {
    /// As it is named in messages.
    pub(super) fn name(&self) -> String {
        format!("{} {} ({})", self.method, self.path, self.id)
    }

    fn template(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.trim_start_matches('/').split('/')
    }

    fn literal_segments(&self) -> usize {
        self.template().filter(|part| variable(part).is_none()).count()
    }

    /// What the path says for each parameter, or nothing if it is another path.
    fn arguments(&self, path: &[&str]) -> Option<Vec<(&str, String)>> {
        let mut left = path;
        let mut arguments = Vec::new();
        let template: Vec<&str> = self.template().collect();
        for (i, part) in template.iter().enumerate() {
            let Some(name) = variable(part) else {
                left = left.strip_prefix(&[*part])?;
                continue;
            };
            // A branch, a file's path: as many segments as the rest of the template leaves over.
            let wide = self.wide.iter().any(|wide| wide == name);
            let take = if wide { left.len().checked_sub(template.len() - i - 1)? } else { 1 };
            let (taken, rest) = left.split_at_checked(take).filter(|_| take > 0)?;
            let argument = taken.join("/");
            if argument.is_empty() {
                return None;
            }
            arguments.push((name, percent_decode_str(&argument).decode_utf8_lossy().into_owned()));
            left = rest;
        }
        left.is_empty().then_some(arguments)
    }

    fn schemas(&self) -> impl Iterator<Item = &Schema> {
        let parameters = self.path_parameters.values().chain(self.query_parameters.values());
        let body = self.body.iter().map(|body| &body.schema);
        parameters.chain(body).chain(self.responses.values().flatten())
    }
}

fn variable(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

#[derive(Deserialize)]
struct Fixture {
    operations: Vec<Raw>,
}

/// An operation as the fixture has it. Of the schemas only their places in the document count.
#[derive(Deserialize)]
struct Raw {
    id: String,
    method: String,
    path: String,
    wide: Vec<String>,
    params: BTreeMap<String, Value>,
    query: BTreeMap<String, Value>,
    body: Option<RawBody>,
    responses: BTreeMap<String, Option<Value>>,
}

#[derive(Deserialize)]
struct RawBody {
    required: bool,
}

impl Raw {
    fn operation(self, index: usize) -> Operation {
        let index = index.to_string();
        let at = |group: &str, name: &str| Schema::at(["operations", &index, group, name]);
        Operation {
            path_parameters: self
                .params
                .into_keys()
                .map(|name| (name.clone(), at("params", &name)))
                .collect(),
            query_parameters: self.query.into_keys().map(|name| (name.clone(), at("query", &name))).collect(),
            body: self.body.map(|body| Body { required: body.required, schema: at("body", "schema") }),
            responses: self
                .responses
                .into_iter()
                .map(|(status, schema)| {
                    let schema = schema.map(|_| at("responses", &status));
                    (status, schema)
                })
                .collect(),
            id: self.id,
            method: self.method,
            path: self.path,
            wide: self.wide,
        }
    }
}
