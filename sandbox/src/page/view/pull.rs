//! One pull request.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::conversation::{Conversation, conversation};
use super::page;
use super::parts::{CommitLine, Light, People, State, branch, commits, moment, select};
use crate::page::markdown;

/// A pull request.
#[derive(Debug, Clone)]
pub(in crate::page) struct PullView {
    pub(in crate::page) repository: String,
    pub(in crate::page) number: u64,
    pub(in crate::page) title: String,
    pub(in crate::page) body: Option<String>,
    pub(in crate::page) state: State,
    pub(in crate::page) author: String,
    pub(in crate::page) created_at: DateTime<Utc>,
    pub(in crate::page) head: String,
    pub(in crate::page) base: String,
    pub(in crate::page) branches: Vec<String>,
    pub(in crate::page) checks: Vec<CheckView>,
    pub(in crate::page) conversation: Conversation,
    pub(in crate::page) commits: Vec<CommitLine>,
    pub(in crate::page) merge: MergeBox,
    pub(in crate::page) people: People,
}

/// A check run, or the place of a required one that is not there yet.
#[derive(Debug, Clone)]
pub(in crate::page) struct CheckView {
    /// `None` while it is only expected.
    pub(in crate::page) id: Option<u64>,
    pub(in crate::page) name: String,
    pub(in crate::page) light: Light,
    pub(in crate::page) required: bool,
    pub(in crate::page) title: Option<String>,
    pub(in crate::page) summary: Option<String>,
    pub(in crate::page) text: Option<String>,
    pub(in crate::page) buttons: Vec<Button>,
}

/// A button that an app put on its check run.
#[derive(Debug, Clone)]
pub(in crate::page) struct Button {
    pub(in crate::page) label: String,
    pub(in crate::page) description: String,
    pub(in crate::page) identifier: String,
}

/// Whether it can be merged.
#[derive(Debug, Clone)]
pub(in crate::page) enum MergeBox {
    /// It can.
    Ready,
    /// It cannot, and why.
    Blocked(String),
    /// It was closed or merged; who merged it into what.
    Over(Option<(String, String)>),
}

/// One pull request.
pub(in crate::page) fn pull(view: &PullView) -> Markup {
    let repository = view.repository.as_str();
    let own = format!("/{repository}");
    let at = format!("/{repository}/pull/{}", view.number);
    let body = html! {
        header #state data-live {
            h1 { (view.title) " " span.number { "#" (view.number) } }
            p {
                (view.state.pill()) " " strong { (view.author) } (wish(view.state))
                (branch(&view.head)) " into " (branch(&view.base))
            }
        }
        section.card {
            header { strong { (view.author) } span.soft { "opened this " (moment(view.created_at)) } }
            div.in.md {
                @match view.body.as_deref().filter(|body| !body.trim().is_empty()) {
                    Some(body) => (markdown::render(body)),
                    None => p.soft { "No description." },
                }
            }
        }
        h2 { "Checks" }
        section.card #checks data-live { (checks(view, &at)) }
        h2 { "Conversation" }
        (conversation(&view.conversation, &view.people, &at))
        h2 { "Merge" }
        section #merge data-live { (merge(view, &at)) }
        h2 { "Commits" }
        section.card #commits data-live { (commits(repository, &view.commits)) }
    };
    let title = format!("{} · #{} · {repository}", view.title, view.number);
    page(&title, &[("Repositories", "/"), (repository, &own)], &body)
}

const fn wish(state: State) -> &'static str {
    match state {
        State::Open | State::Draft => " wants to merge ",
        State::Merged => " brought ",
        State::Closed => " wanted to merge ",
    }
}

fn checks(view: &PullView, at: &str) -> Markup {
    html! {
        @if view.checks.is_empty() { p.empty { "No check has reported yet." } }
        @for check in &view.checks {
            article.check.(check.light.colour()) {
                div.head {
                    (check.light.icon())
                    strong { (check.name) }
                    @if let Some(title) = &check.title { span.title { (title) } }
                    @if check.required { span.label { "required" } }
                }
                div.body {
                    @if check.id.is_none() { p.soft { "Expected: waiting for it to be reported." } }
                    @if let Some(summary) = &check.summary { div.md { (markdown::render(summary)) } }
                    @if let Some(text) = &check.text { div.md { (markdown::render(text)) } }
                    @if let Some(id) = check.id { (buttons(view, check, &format!("{at}/checks/{id}"))) }
                }
            }
        }
    }
}

/// The app's own buttons, and the one every check has.
fn buttons(view: &PullView, check: &CheckView, action: &str) -> Markup {
    html! {
        @if !view.people.all.is_empty() {
            form.buttons method="post" action=(action) {
                @for button in &check.buttons {
                    button name="press" value=(button.identifier) title=(button.description) { (button.label) }
                }
                button name="rerun" value="1" title="Ask the app to run this check again" { "Re-run" }
                (view.people.choice())
            }
        }
    }
}

fn merge(view: &PullView, at: &str) -> Markup {
    let colour = match (&view.merge, view.state) {
        (MergeBox::Ready, _) => "green",
        (MergeBox::Blocked(_), _) => "red",
        (MergeBox::Over(_), _) => "grey",
    };
    html! {
        div.card.merge.(colour) { div.in {
            @match &view.merge {
                MergeBox::Ready => p { "Nothing stands in the way of this merge." },
                MergeBox::Blocked(reason) => p { strong { "Merging is blocked. " } (reason) },
                MergeBox::Over(Some((who, base))) => p { (who) " merged this into " (branch(base)) "." },
                MergeBox::Over(None) => p { "This pull request is closed; its commits were not merged." },
            }
            @if matches!(view.state, State::Open | State::Draft) { (merge_form(view, at)) (change_forms(view, at)) }
            @if view.state == State::Closed {
                form.line method="post" action={ (at) "/reopen" } { (view.people.choice()) button { "Reopen" } }
            }
        } }
    }
}

fn merge_form(view: &PullView, at: &str) -> Markup {
    let blocked = matches!(view.merge, MergeBox::Blocked(_));
    html! {
        form.line method="post" action={ (at) "/merge" } {
            label { "How"
                select name="method" {
                    option value="merge" { "Merge commit" }
                    option value="squash" { "Squash into one commit" }
                    option value="rebase" { "Rebase" }
                }
            }
            (view.people.choice())
            button.main disabled[blocked] { "Merge" }
        }
    }
}

fn change_forms(view: &PullView, at: &str) -> Markup {
    let others = view.branches.iter().map(String::as_str).filter(|name| *name != view.head);
    html! {
        details.more style="margin-top:.8rem" {
            summary { "Change or close it" }
            form.line method="post" action={ (at) "/retarget" } style="margin-top:.6rem" {
                label { "Base" (select("base", others, Some(view.base.as_str()))) }
                (view.people.choice())
                button { "Retarget" }
            }
            form.line method="post" action={ (at) "/close" } style="margin-top:.6rem" {
                (view.people.choice())
                button { "Close without merging" }
            }
        }
    }
}
