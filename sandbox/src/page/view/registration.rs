//! An app that is to be registered from a manifest.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::page;
use super::parts::People;

/// An app that is to be registered.
#[derive(Debug, Clone)]
pub(in crate::page) struct RegistrationView {
    /// The organisation that will own it; `None`: whoever registers it.
    pub(in crate::page) organization: Option<String>,
    pub(in crate::page) name: String,
    /// In characters.
    pub(in crate::page) longest_name: usize,
    /// As it was sent.
    pub(in crate::page) manifest: String,
    pub(in crate::page) state: Option<String>,
    pub(in crate::page) hook_url: Option<String>,
    pub(in crate::page) permissions: BTreeMap<String, String>,
    pub(in crate::page) events: BTreeSet<String>,
    /// Why it could not be registered like that.
    pub(in crate::page) problem: Option<String>,
    pub(in crate::page) people: People,
}

/// The page with the one button.
pub(in crate::page) fn registration(view: &RegistrationView) -> Markup {
    let owner = view.organization.as_deref().unwrap_or("a personal account");
    let title = format!("Create GitHub App for {owner}");
    let place = view.organization.as_ref().map(|login| format!("/organizations/{login}"));
    let body = html! {
        h1 { (title) }
        @if let Some(problem) = &view.problem { p.said role="alert" { (problem) } }
        section.card { div.in {
            form.stack method="post" action={ (place.unwrap_or_default()) "/settings/apps" } {
                input type="hidden" name="manifest" value=(view.manifest);
                @if let Some(state) = &view.state { input type="hidden" name="state" value=(state); }
                label { "GitHub App name" input name="name" required maxlength=(view.longest_name) value=(view.name); }
                div.line { (view.people.choice()) button.main { (title) } }
            }
        } }
        (demands(&view.permissions, &view.events))
        @if let Some(url) = &view.hook_url { p.soft { "Its webhooks go to " code { (url) } "." } }
    };
    page(&title, &[], &body)
}

/// What an app may do and hear.
pub(super) fn demands(permissions: &BTreeMap<String, String>, events: &BTreeSet<String>) -> Markup {
    html! {
        h2 { "Permissions" }
        section.card { ul.rows {
            @for (name, level) in permissions { li { span.grow { (name) } span.label { (level) } } }
        } }
        h2 { "Events" }
        section.card { ul.rows {
            @if events.is_empty() { li { span.soft { "None beside those that every app is sent." } } }
            @for name in events { li { (name) } }
        } }
    }
}
