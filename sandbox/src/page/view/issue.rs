//! Issues in a list, and one issue.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::conversation::{Conversation, conversation};
use super::page;
use super::parts::{People, State, moment};
use crate::page::markdown;

/// An issue.
#[derive(Debug, Clone)]
pub(in crate::page) struct IssueLine {
    pub(in crate::page) number: u64,
    pub(in crate::page) title: String,
    pub(in crate::page) state: State,
    pub(in crate::page) author: String,
    pub(in crate::page) labels: Vec<String>,
    pub(in crate::page) at: DateTime<Utc>,
}

/// All issues, or nothing at all.
pub(super) fn issues(repository: &str, lines: &[IssueLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { "Issues" }
            div.card { ul.rows { @for line in lines {
                li {
                    (line.state.pill())
                    span.grow {
                        a href={ "/" (repository) "/issues/" (line.number) } { (line.title) }
                        " " span.soft { "#" (line.number) " by " (line.author) }
                        @for label in &line.labels { " " span.label { (label) } }
                    }
                    span.soft { (moment(line.at)) }
                }
            } } }
        }
    }
}

/// One issue and its conversation.
#[derive(Debug, Clone)]
pub(in crate::page) struct IssueView {
    pub(in crate::page) repository: String,
    pub(in crate::page) line: IssueLine,
    pub(in crate::page) body: Option<String>,
    pub(in crate::page) conversation: Conversation,
    pub(in crate::page) people: People,
}

/// One issue.
pub(in crate::page) fn issue(view: &IssueView) -> Markup {
    let (repository, line) = (view.repository.as_str(), &view.line);
    let own = format!("/{repository}");
    let at = format!("{own}/issues/{}", line.number);
    let (act, word) = if line.state == State::Open { ("close", "Close") } else { ("reopen", "Reopen") };
    let body = html! {
        header #state data-live {
            h1 { (line.title) " " span.number { "#" (line.number) } }
            p {
                (line.state.pill()) " "
                @for label in &line.labels { span.label { (label) } " " }
            }
        }
        section.card #issue data-live {
            header { strong { (line.author) } span.soft { "wrote this " (moment(line.at)) } }
            div.in.md {
                @match view.body.as_deref().filter(|body| !body.trim().is_empty()) {
                    Some(body) => (markdown::render(body)),
                    None => p.soft { "No description." },
                }
            }
        }
        h2 { "Conversation" }
        (conversation(&view.conversation, &view.people, &at))
        section.card #act data-live style="margin-top:.75rem" { div.in {
            form.line method="post" action={ (at) "/" (act) } {
                (view.people.choice()) button { (word) " this issue" }
            }
        } }
    };
    let title = format!("{} · #{} · {repository}", line.title, line.number);
    page(&title, &[("Repositories", "/"), (repository, &own)], &body)
}
