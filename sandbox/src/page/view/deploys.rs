//! What is deployed where.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::parts::{Light, branch, moment, short};

/// An environment, and the newest deployment to it.
#[derive(Debug, Clone)]
pub(in crate::page) struct EnvironmentLine {
    pub(in crate::page) name: String,
    pub(in crate::page) sha: String,
    /// What was reported last; nothing for a deployment nobody has acted on.
    pub(in crate::page) state: Option<String>,
    pub(in crate::page) at: DateTime<Utc>,
    pub(in crate::page) description: String,
    /// Where the log is; may be empty.
    pub(in crate::page) log_url: String,
}

fn light(state: Option<&str>) -> Light {
    match state {
        Some("success") => Light::Success,
        Some("failure" | "error") => Light::Failure,
        Some("inactive") => Light::Neutral,
        _ => Light::Running,
    }
}

/// The state in words, as a link to the log if there is one on the web.
fn state(line: &EnvironmentLine) -> Markup {
    let word = line.state.as_deref().unwrap_or("requested").replace('_', " ");
    let web = line.log_url.starts_with("https://") || line.log_url.starts_with("http://");
    html! {
        @if web { a href=(line.log_url) { (word) } } @else { (word) }
    }
}

/// All environments, or nothing at all.
pub(super) fn environments(repository: &str, lines: &[EnvironmentLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { "Environments" }
            div.card { table.log {
                thead { tr { th style="width:1%" {} th { "Environment" } th { "Commit" } th { "When" } } }
                tbody { @for line in lines { tr {
                    td { (light(line.state.as_deref()).icon()) }
                    td {
                        (branch(&line.name)) " " (state(line))
                        @if !line.description.is_empty() { br; span.soft { (line.description) } }
                    }
                    td { a.sha href={ "/" (repository) "/commit/" (line.sha) } { (short(&line.sha)) } }
                    td { span.soft { (moment(line.at)) } }
                } } }
            } }
        }
    }
}
