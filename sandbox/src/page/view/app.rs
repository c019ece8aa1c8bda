//! An app, its installation, and the account that it is installed on.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::page;
use super::parts::People;
use super::registration::demands;

/// An app as everybody may see it.
#[derive(Debug, Clone)]
pub(in crate::page) struct AppView {
    pub(in crate::page) name: String,
    pub(in crate::page) slug: String,
    pub(in crate::page) owner: String,
    pub(in crate::page) url: Option<String>,
    /// Whose accounts it is installed on.
    pub(in crate::page) accounts: Vec<String>,
    pub(in crate::page) permissions: BTreeMap<String, String>,
    pub(in crate::page) events: BTreeSet<String>,
}

/// An app's own page.
pub(in crate::page) fn app(view: &AppView) -> Markup {
    let body = html! {
        h1 { (view.name) }
        p.soft {
            "An app of " (view.owner)
            @if let Some(url) = &view.url { ", " a href=(url) rel="noreferrer" { (url) } }
        }
        p { a href={ "/apps/" (view.slug) "/installations/new" } { "Install" } }
        @if !view.accounts.is_empty() {
            p { "Installed on "
                @for (i, login) in view.accounts.iter().enumerate() {
                    @if i > 0 { ", " }
                    a href={ "/" (login) } { (login) }
                }
            }
        }
        (demands(&view.permissions, &view.events))
    };
    page(&view.name, &[], &body)
}

/// An account on which an app can be installed.
#[derive(Debug, Clone)]
pub(in crate::page) struct Target {
    pub(in crate::page) id: u64,
    pub(in crate::page) login: String,
    /// It is there already.
    pub(in crate::page) installed: bool,
}

/// The form that installs an app on an account.
#[derive(Debug, Clone)]
pub(in crate::page) struct InstallForm {
    pub(in crate::page) account: String,
    /// Their names, without the account's.
    pub(in crate::page) repositories: Vec<String>,
    pub(in crate::page) people: People,
}

/// The page for a new installation: the form, or the accounts that there are to choose from.
pub(in crate::page) fn install(
    (name, slug): (&str, &str),
    targets: &[Target],
    form: Option<&InstallForm>,
) -> Markup {
    let body = html! {
        @if let Some(form) = form {
            h1 { "Install " (name) " on " (form.account) }
            section.card { div.in { (form_of(slug, form)) } }
        } @else {
            h1 { "Install " (name) }
            section.card {
                @if targets.is_empty() { p.empty { "No account that it may be installed on has a repository." } }
                ul.rows { @for target in targets { (target_row(slug, target)) } }
            }
        }
    };
    let own = format!("/apps/{slug}");
    page(&format!("Install {name}"), &[(name, &own)], &body)
}

fn target_row(slug: &str, target: &Target) -> Markup {
    html! {
        li {
            @if target.installed {
                span.grow { a href={ "/" (target.login) } { (target.login) } }
                span.label { "installed" }
            } @else {
                span.grow { a href={ "/apps/" (slug) "/installations/new?target_id=" (target.id) } { (target.login) } }
            }
        }
    }
}

fn form_of(slug: &str, form: &InstallForm) -> Markup {
    html! {
        form.stack method="post" action={ "/apps/" (slug) "/installations" } {
            input type="hidden" name="account" value=(form.account);
            label.choice { input type="radio" name="selection" value="all" checked; "All repositories" }
            label.choice { input type="radio" name="selection" value="selected"; "Only select repositories:" }
            fieldset aria-label="Repositories" {
                @for name in &form.repositories {
                    label.choice { input type="checkbox" name="repository" value=(name); (name) }
                }
            }
            div.line { (form.people.choice()) button.main { "Install" } }
        }
    }
}

/// An app on an account.
#[derive(Debug, Clone)]
pub(in crate::page) struct InstallationLine {
    pub(in crate::page) app: String,
    pub(in crate::page) slug: String,
    /// Names of repositories; `None`: all.
    pub(in crate::page) repositories: Option<Vec<String>>,
    pub(in crate::page) suspended: bool,
}

/// A person or an organisation.
#[derive(Debug, Clone)]
pub(in crate::page) struct AccountView {
    pub(in crate::page) login: String,
    /// Full names.
    pub(in crate::page) repositories: Vec<String>,
    pub(in crate::page) installations: Vec<InstallationLine>,
}

/// An account's page.
pub(in crate::page) fn account(view: &AccountView) -> Markup {
    let body = html! {
        h1 { (view.login) }
        h2 { "Repositories" }
        section.card #repositories data-live {
            @if view.repositories.is_empty() { p.empty { "There is no repository yet." } }
            ul.rows { @for name in &view.repositories { li { a href={ "/" (name) } { (name) } } } }
        }
        h2 { "Installed GitHub Apps" }
        section.card #installations data-live {
            @if view.installations.is_empty() { p.empty { "None is installed." } }
            ul.rows { @for line in &view.installations { (installation_row(line)) } }
        }
    };
    page(&view.login, &[("Repositories", "/")], &body)
}

fn installation_row(line: &InstallationLine) -> Markup {
    html! {
        li {
            span.grow { a href={ "/apps/" (line.slug) } { (line.app) } }
            @if line.suspended { span.label { "suspended" } }
            span.soft {
                @match &line.repositories {
                    None => "all repositories",
                    Some(names) if names.is_empty() => "no repository",
                    Some(names) => (names.join(", ")),
                }
            }
        }
    }
}
