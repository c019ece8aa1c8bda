//! What was said about a pull request or an issue, and the form to say more.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::parts::{People, moment};
use crate::page::markdown;

/// Everything that was said, oldest first.
#[derive(Debug, Clone)]
pub(in crate::page) struct Conversation {
    pub(in crate::page) said: Vec<CommentView>,
    /// Why it is locked, if it is; empty if nobody said why.
    pub(in crate::page) locked: Option<String>,
    /// What stands in the field of a new comment before anybody types.
    pub(in crate::page) hint: String,
}

/// A comment or a review.
#[derive(Debug, Clone)]
pub(in crate::page) struct CommentView {
    pub(in crate::page) id: u64,
    pub(in crate::page) author: String,
    pub(in crate::page) by_app: bool,
    /// Stands beside the author: the verdict of a review, or the line of a comment.
    pub(in crate::page) note: Option<String>,
    pub(in crate::page) at: DateTime<Utc>,
    pub(in crate::page) edited: bool,
    pub(in crate::page) body: String,
    pub(in crate::page) reactions: Vec<ReactionView>,
}

/// A kind of reaction, and who gave it.
#[derive(Debug, Clone)]
pub(in crate::page) struct ReactionView {
    pub(in crate::page) picture: &'static str,
    pub(in crate::page) name: &'static str,
    pub(in crate::page) by: Vec<String>,
}

/// The conversation of the page `at`.
pub(super) fn conversation(view: &Conversation, people: &People, at: &str) -> Markup {
    html! {
        section #comments data-live="list" {
            @for comment in &view.said { (card(comment)) }
            @if view.said.is_empty() { p.soft #nothing-said { "Nobody has said anything yet." } }
            @if let Some(reason) = &view.locked {
                p.soft #locked data-live {
                    "This conversation is locked"
                    @if !reason.is_empty() { ": " (reason) }
                    ". Only who may write to the repository can comment."
                }
            }
        }
        section.card style="margin-top:.75rem" { div.in {
            form.stack method="post" action={ (at) "/comments" } {
                label { "Comment (Markdown)" textarea name="body" placeholder=(view.hint) required {} }
                div.line { (people.choice()) button.main { "Comment" } }
            }
        } }
    }
}

fn card(comment: &CommentView) -> Markup {
    html! {
        article.card id={ "comment-" (comment.id) } data-live {
            header {
                strong { (comment.author) }
                @if comment.by_app { span.label { "app" } }
                @if let Some(note) = &comment.note { span { (note) } }
                span.soft { (moment(comment.at)) @if comment.edited { ", edited" } }
            }
            div.in {
                div.md { (markdown::render(&comment.body)) }
                @if !comment.reactions.is_empty() {
                    ul.reactions aria-label="Reactions" {
                        @for reaction in &comment.reactions { li { (given(reaction)) } }
                    }
                }
            }
        }
    }
}

/// The picture of a reaction. Who does not see it is told its name and who gave it.
fn given(reaction: &ReactionView) -> Markup {
    let names = reaction.by.join(", ");
    let told = format!("{} by {names}", reaction.name);
    html! {
        span.label role="img" aria-label=(told) title=(told) { (reaction.picture) " " (reaction.by.len()) }
    }
}
