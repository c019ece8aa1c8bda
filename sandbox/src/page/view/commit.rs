//! One commit.

use maud::{Markup, html};

use super::page;
use super::parts::{CommitLine, Light, moment, short};

/// A commit.
#[derive(Debug, Clone)]
pub(in crate::page) struct CommitView {
    pub(in crate::page) repository: String,
    pub(in crate::page) line: CommitLine,
    pub(in crate::page) message: String,
    pub(in crate::page) parents: Vec<String>,
    pub(in crate::page) branches: Vec<String>,
    pub(in crate::page) checks: Vec<(Light, String, Option<String>)>,
    /// The difference to the first parent, as git words it.
    pub(in crate::page) diff: String,
}

/// One commit.
pub(in crate::page) fn commit(view: &CommitView) -> Markup {
    let repository = view.repository.as_str();
    let rest = view.message.split_once('\n').map_or("", |(_, rest)| rest.trim());
    let body = html! {
        h1 { (view.line.title) }
        p.soft { (view.line.author) ", " (moment(view.line.at)) ", " span.sha { (view.line.sha) } }
        @if !view.parents.is_empty() {
            p.soft {
                @if view.parents.len() == 1 { "Parent" } @else { "Parents" }
                @for parent in &view.parents {
                    " " a.sha href={ "/" (repository) "/commit/" (parent) } { (short(parent)) }
                }
            }
        }
        @if !view.branches.is_empty() {
            p.soft { "Tip of " @for name in &view.branches { span.branch { (name) } " " } }
        }
        @if !rest.is_empty() { section.card { pre.diff { (rest) } } }
        @if !view.checks.is_empty() {
            h2 { "Checks" }
            section.card { ul.rows {
                @for (light, name, title) in &view.checks {
                    li { (light.icon()) strong { (name) } @if let Some(title) = title { span { (title) } } }
                }
            } }
        }
        h2 { "Changes" }
        section.card {
            @if view.diff.is_empty() { p.empty { "Nothing beside its parents." } }
            @else { pre.diff { @for line in view.diff.lines() { (diff_line(line)) "\n" } } }
        }
    };
    let own = format!("/{repository}");
    page(&view.line.title, &[("Repositories", "/"), (repository, &own)], &body)
}

fn diff_line(line: &str) -> Markup {
    let class = match line.bytes().next() {
        Some(b'+') => "add",
        Some(b'-') => "del",
        Some(b'@') => "at",
        _ => "",
    };
    html! { @if class.is_empty() { (line) } @else { span.(class) { (line) } } }
}
