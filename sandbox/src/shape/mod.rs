//! The model in GitHub's JSON, the same for REST and webhooks. Every property that GitHub's own description marks as
//! required is there.
//!
//! Does not live here: decisions, HTTP, git.

mod account;
mod actions;
mod app;
mod branch;
mod check;
mod comment;
mod commit;
mod deployment;
mod environment;
mod issue;
mod merge;
mod pull;
mod repository;
mod rules;
mod stack;

use base64::Engine as _;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

pub(crate) use account::{author, collaborator, nullable_user, organization, user};
pub(crate) use actions::{job, job_page, made_for, run_page, run_url, workflow, workflow_run};
pub(crate) use app::{
    app, conversion, delivery, delivery_item, hook_config, installation, repository_stub, token,
};
pub(crate) use branch::{branch, short_branch};
pub(crate) use check::{annotations, run, suite, webhook_run, webhook_suite};
pub(crate) use comment::{comment, reaction, review, webhook_review};
pub(crate) use commit::{commit, git_ref, push_commit, simple_commit};
pub(crate) use deployment::{deployment, deployment_status, webhook_deployment, webhook_deployment_status};
pub(crate) use environment::{environment, protection_rule};
pub(crate) use issue::{full_issue, issue};
pub(crate) use merge::{already_merged, async_merge, without_merge};
pub(crate) use pull::{pull, pull_simple, stack_of};
pub(crate) use repository::{full, minimal};
pub(crate) use rules::{branch_rules, bypass, bypass_actors, ruleset, ruleset_simple};
pub(crate) use stack::{stack, stack_simple};

/// A moment as GitHub writes it.
pub(crate) fn time(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment that may not have come.
pub(crate) fn maybe_time(moment: Option<DateTime<Utc>>) -> Value {
    moment.map_or(Value::Null, |moment| Value::String(time(moment)))
}

/// An opaque id in the form of GitHub's older node ids.
pub(crate) fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    let text = format!("0{}:{kind}{id}", kind.len());
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Puts the properties of one object into another one.
pub(crate) fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// Properties that are all addresses: a name and what follows `prefix`.
fn addresses(prefix: &str, list: &[(&str, &str)]) -> Value {
    let pairs =
        list.iter().map(|(name, rest)| ((*name).to_owned(), Value::String(format!("{prefix}{rest}"))));
    Value::Object(pairs.collect::<Map<_, _>>())
}
