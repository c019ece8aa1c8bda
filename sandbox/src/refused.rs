//! The one error of the stand-in's acts: what GitHub would answer.

use serde_json::{Value, json};

/// GitHub says no (or the stand-in's own git failed, as status 500).
///
/// The same value is the error of the prose verbs and the body of a REST answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status}: {message}")]
pub struct Refused {
    /// The HTTP status GitHub answers in this case.
    pub status: u16,
    /// GitHub's sentence.
    pub message: String,
    /// Details of a 422, in GitHub's shape; empty otherwise.
    pub errors: Vec<Value>,
    /// Where it is found: a renamed repository with 301 and 307, a log with 302.
    pub location: Option<String>,
    /// The permissions that are asked for, as GitHub names them in a header; only with 403.
    pub accepted: Option<Box<str>>,
}

impl Refused {
    /// A refusal with a status and GitHub's sentence.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), location: None, accepted: None }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::new(401, "Bad credentials")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "Resource not accessible by integration")
    }

    /// The same, naming what is asked for.
    pub(crate) fn forbidden_without(accepted: String) -> Self {
        Self { accepted: Some(accepted.into()), ..Self::forbidden() }
    }

    /// A 422 about one field of one resource.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        let mut refused = Self::new(422, "Validation Failed");
        refused.errors.push(json!({
            "resource": resource, "field": field, "code": code, "message": message,
        }));
        refused
    }

    /// A 422 of the request's form, as GitHub's schema check words it.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(422, format!("Invalid request.\n\n{}", detail.into()))
    }

    /// The body of a REST answer.
    pub(crate) fn json(&self) -> Value {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.to_string(),
        });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        if let Some(location) = &self.location {
            body["url"] = json!(location);
        }
        body
    }
}
