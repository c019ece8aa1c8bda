//! What the page looks like: view structs in, markup out. No I/O, no model.

mod app;
mod commit;
mod conversation;
mod deliveries;
mod deploys;
mod issue;
mod overview;
mod parts;
mod pull;
mod registration;

pub(super) use app::{AccountView, AppView, InstallForm, InstallationLine, Target, account, app, install};
pub(super) use commit::{CommitView, commit};
pub(super) use conversation::{CommentView, Conversation, ReactionView};
pub(super) use deliveries::{DeliveryLine, deliveries};
pub(super) use deploys::EnvironmentLine;
pub(super) use issue::{IssueLine, IssueView, issue};
pub(super) use overview::{BranchView, NewPull, RepositoryLine, RepositoryView, home, new_pull, repository};
pub(super) use parts::{CommitLine, Light, People, PullLine, State};
pub(super) use pull::{Button, CheckView, MergeBox, PullView, pull};
pub(super) use registration::{RegistrationView, registration};

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The only style; small enough to travel with each page.
const STYLE: &str = include_str!("../style.css");

/// The only script; the pages work without it.
pub(super) const SCRIPT: &str = include_str!("../live.js");

/// A whole page.
fn page(title: &str, crumbs: &[(&str, &str)], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.top {
                    div {
                        strong { "GitHub stand-in" }
                        nav {
                            a href="/" { "Repositories" }
                            a href="/deliveries" { "Deliveries" }
                        }
                    }
                }
                main {
                    @if !crumbs.is_empty() {
                        p.crumbs {
                            @for (i, (text, href)) in crumbs.iter().enumerate() {
                                @if i > 0 { " / " }
                                a href=(href) { (text) }
                            }
                        }
                    }
                    (body)
                }
                footer { "Real git repositories, signed webhooks, no account: nothing here leaves this machine." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// What somebody is told when something was refused.
pub(super) fn refusal(status: u16, sentence: &str, back: &str) -> Markup {
    let body = html! {
        h1 { "That was refused" }
        p.said role="alert" { (sentence) " " span.soft { "(" (status) ")" } }
        p { a href=(back) { "Back" } }
    };
    page("Refused", &[], &body)
}
