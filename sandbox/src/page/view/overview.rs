//! The list of repositories, one repository, and the form for a new pull request.

use maud::{Markup, html};

use super::deploys::{EnvironmentLine, environments};
use super::issue::{IssueLine, issues};
use super::page;
use super::parts::{CommitLine, People, PullLine, branch, commits, moment, pulls, select, short};

/// A repository in the list of all.
#[derive(Debug, Clone)]
pub(in crate::page) struct RepositoryLine {
    pub(in crate::page) name: String,
    pub(in crate::page) description: Option<String>,
    pub(in crate::page) default_branch: String,
    pub(in crate::page) open_pulls: usize,
}

/// All repositories.
pub(in crate::page) fn home(lines: &[RepositoryLine]) -> Markup {
    let body = html! {
        h1 { "Repositories" }
        section.card #repositories data-live {
            @if lines.is_empty() {
                p.empty { "There is no repository yet." }
            }
            ul.rows {
                @for line in lines {
                    li {
                        span.grow {
                            a href={ "/" (line.name) } { (line.name) }
                            @if let Some(text) = &line.description { br; span.soft { (text) } }
                        }
                        (branch(&line.default_branch))
                        span.soft { (line.open_pulls) " open" }
                    }
                }
            }
        }
    };
    page("Repositories", &[], &body)
}

/// A branch, and its newest commits.
#[derive(Debug, Clone)]
pub(in crate::page) struct BranchView {
    pub(in crate::page) name: String,
    pub(in crate::page) tip: CommitLine,
    pub(in crate::page) is_default: bool,
    /// Names of the checks that a merge into it needs.
    pub(in crate::page) required: Vec<String>,
    pub(in crate::page) commits: Vec<CommitLine>,
}

/// A repository.
#[derive(Debug, Clone)]
pub(in crate::page) struct RepositoryView {
    pub(in crate::page) name: String,
    pub(in crate::page) clone_url: String,
    pub(in crate::page) environments: Vec<EnvironmentLine>,
    pub(in crate::page) issues: Vec<IssueLine>,
    pub(in crate::page) branches: Vec<BranchView>,
    pub(in crate::page) open: Vec<PullLine>,
    pub(in crate::page) closed: Vec<PullLine>,
    pub(in crate::page) people: People,
}

/// One repository.
pub(in crate::page) fn repository(view: &RepositoryView) -> Markup {
    let name = view.name.as_str();
    let body = html! {
        h1 { (name) }
        @if let Some(login) = view.people.clones_as() {
            p.soft { code { "git clone " (as_login(&view.clone_url, login)) } " as " (login) "; any password will do" }
        }
        h2 { "Open pull requests" }
        section.card #open data-live { (pulls(name, &view.open, "None is open.")) }
        p { a href={ "/" (name) "/pulls/new" } { "New pull request" } }
        section #environments data-live { (environments(name, &view.environments)) }
        section #issues data-live { (issues(name, &view.issues)) }
        h2 { "Branches" }
        section.card #branches data-live {
            @if view.branches.is_empty() { p.empty { "Nothing has been pushed yet." } }
            ul.rows { @for each in &view.branches { (branch_row(name, each)) } }
        }
        h2 { "Make a commit" }
        section.card { div.in { (topic(view)) } }
        h2 { "Closed pull requests" }
        section.card #closed data-live { (pulls(name, &view.closed, "None was closed yet.")) }
    };
    page(name, &[("Repositories", "/")], &body)
}

fn branch_row(repository: &str, view: &BranchView) -> Markup {
    html! {
        li {
            span.grow {
                (branch(&view.name)) " "
                @if view.is_default { span.label { "default" } " " }
                @for check in &view.required { span.label { "needs " (check) } " " }
                details.more {
                    summary {
                        span.soft { (view.tip.title) ", " (moment(view.tip.at)) }
                    }
                    (commits(repository, &view.commits))
                }
            }
            a.sha href={ "/" (repository) "/commit/" (view.tip.sha) } { (short(&view.tip.sha)) }
            a href={ "/" (repository) "/pulls/new?head=" (query(&view.name)) } { "Pull request" }
        }
    }
}

/// A form that makes one commit, on a new branch or on an old one.
fn topic(view: &RepositoryView) -> Markup {
    let branches = view.branches.iter().map(|each| each.name.as_str());
    let default = view.branches.iter().find(|each| each.is_default).map(|each| each.name.as_str());
    html! {
        form.stack method="post" action={ "/" (view.name) "/commits" } {
            div.line {
                label.grow { "Starting from" (select("from", branches, default)) }
                label.grow { "New branch (empty: onto that branch itself)" input name="branch" placeholder="feature/my-change"; }
            }
            div.line {
                label.grow { "File" input name="path" required value="notes.txt"; }
                label.grow { "Commit message" input name="message" required placeholder="Say what changes"; }
            }
            label { "Its new content" textarea name="content" {} }
            div.line { (view.people.choice()) button { "Commit" } }
        }
    }
}

/// The address with a login in it. The password stands there too, so that git does not ask for one.
fn as_login(clone_url: &str, login: &str) -> String {
    clone_url.replacen("://", &format!("://{login}:any@"), 1)
}

/// A value in a query.
fn query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The form for a new pull request.
#[derive(Debug, Clone)]
pub(in crate::page) struct NewPull {
    pub(in crate::page) repository: String,
    pub(in crate::page) branches: Vec<String>,
    pub(in crate::page) head: Option<String>,
    pub(in crate::page) base: Option<String>,
    pub(in crate::page) people: People,
}

/// A page with the form for a new pull request.
pub(in crate::page) fn new_pull(view: &NewPull) -> Markup {
    let name = view.repository.as_str();
    let branches = || view.branches.iter().map(String::as_str);
    let body = html! {
        h1 { "New pull request" }
        section.card { div.in {
            form.stack method="post" action={ "/" (name) "/pulls" } {
                div.line {
                    label.grow { "From" (select("head", branches(), view.head.as_deref())) }
                    label.grow { "Into" (select("base", branches(), view.base.as_deref())) }
                }
                label { "Title" input name="title" required maxlength="250"; }
                label { "Description (Markdown)" textarea name="body" {} }
                div.line { (view.people.choice()) button.main { "Open the pull request" } }
            }
        } }
    };
    let own = format!("/{name}");
    page("New pull request", &[("Repositories", "/"), (name, &own)], &body)
}
