//! Pieces that several pages share.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) enum Light {
    Success,
    Failure,
    ActionRequired,
    Running,
    Neutral,
    Cancelled,
}

impl Light {
    /// From a check run's status and conclusion.
    pub(in crate::page) fn of(conclusion: Option<&str>) -> Self {
        match conclusion {
            Some("success") => Self::Success,
            Some("neutral" | "skipped") => Self::Neutral,
            Some("action_required") => Self::ActionRequired,
            Some("cancelled" | "stale") => Self::Cancelled,
            Some(_) => Self::Failure,
            None => Self::Running,
        }
    }

    pub(super) const fn colour(self) -> &'static str {
        match self {
            Self::Success => "green",
            Self::Failure => "red",
            Self::ActionRequired => "amber",
            Self::Running => "blue",
            Self::Neutral | Self::Cancelled => "grey",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::ActionRequired => "action required",
            Self::Running => "in progress",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
        }
    }

    const fn stroke(self) -> &'static str {
        match self {
            Self::Success => "M4.5 8.3l2.4 2.4 4.6-5",
            Self::Failure => "M5.5 5.5l5 5m0-5l-5 5",
            Self::ActionRequired => "M8 4.3v4.4M8 11.4v.2",
            Self::Running => "M8 4.5V8l2.4 1.6",
            Self::Neutral => "M5 8h6",
            Self::Cancelled => "M5.5 10.5l5-5",
        }
    }

    /// A small picture that also says its meaning.
    pub(in crate::page) fn icon(self) -> Markup {
        html! {
            svg.icon.(self.colour()) viewBox="0 0 16 16" role="img" aria-label=(self.word()) {
                title { (self.word()) }
                circle cx="8" cy="8" r="8" fill="currentColor" {}
                path.mark d=(self.stroke()) fill="none" stroke-width="1.7"
                    stroke-linecap="round" stroke-linejoin="round" {}
            }
        }
    }
}

/// The life of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) enum State {
    Open,
    Draft,
    Merged,
    Closed,
}

impl State {
    pub(super) fn pill(self) -> Markup {
        let (class, word) = match self {
            Self::Open => ("open", "Open"),
            Self::Draft => ("draft", "Draft"),
            Self::Merged => ("merged", "Merged"),
            Self::Closed => ("closed", "Closed"),
        };
        html! { span.pill.(class) { (word) } }
    }
}

/// Who may act, and who acts.
#[derive(Debug, Clone, Default)]
pub(in crate::page) struct People {
    /// Logins and roles.
    pub(in crate::page) all: Vec<(String, String)>,
    /// Who acted last here.
    pub(in crate::page) current: Option<String>,
}

impl People {
    /// Who would clone the repository: who acted last, else the first.
    pub(super) fn clones_as(&self) -> Option<&str> {
        let known = self.current.as_deref().filter(|login| self.all.iter().any(|(known, _)| known == login));
        known.or_else(|| self.all.first().map(|(login, _)| login.as_str()))
    }

    /// The choice of who does what a form asks for.
    pub(super) fn choice(&self) -> Markup {
        html! {
            @if self.all.is_empty() {
                span.soft { "Nobody has the role that this takes." }
            } @else { label {
                "As"
                select name="who" required {
                    @for (login, role) in &self.all {
                        option value=(login) selected[self.current.as_deref() == Some(login.as_str())] {
                            (login) " (" (role) ")"
                        }
                    }
                }
            } }
        }
    }
}

/// A commit in a list.
#[derive(Debug, Clone)]
pub(in crate::page) struct CommitLine {
    pub(in crate::page) sha: String,
    pub(in crate::page) title: String,
    pub(in crate::page) author: String,
    pub(in crate::page) at: DateTime<Utc>,
}

/// A pull request in a list.
#[derive(Debug, Clone)]
pub(in crate::page) struct PullLine {
    pub(in crate::page) number: u64,
    pub(in crate::page) title: String,
    pub(in crate::page) state: State,
    pub(in crate::page) author: String,
    pub(in crate::page) head: String,
    pub(in crate::page) base: String,
    pub(in crate::page) lights: Vec<Light>,
}

pub(super) fn moment(at: DateTime<Utc>) -> Markup {
    let exact = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    html! { time datetime=(exact) title=(exact) { (at.format("%-d %b %Y, %H:%M").to_string()) } }
}

pub(super) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

pub(super) fn commits(repository: &str, lines: &[CommitLine]) -> Markup {
    html! {
        ul.rows {
            @for line in lines {
                li {
                    a.sha href={ "/" (repository) "/commit/" (line.sha) } { (short(&line.sha)) }
                    span.grow { (line.title) }
                    span.soft { (line.author) ", " (moment(line.at)) }
                }
            }
        }
    }
}

pub(super) fn pulls(repository: &str, lines: &[PullLine], none: &str) -> Markup {
    html! {
        @if lines.is_empty() {
            p.empty { (none) }
        } @else {
            ul.rows {
                @for line in lines {
                    li {
                        (line.state.pill())
                        span.grow {
                            a href={ "/" (repository) "/pull/" (line.number) } { (line.title) }
                            " " span.soft { "#" (line.number) " by " (line.author) }
                        }
                        span { @for light in &line.lights { (light.icon()) " " } }
                        span { (branch(&line.head)) " → " (branch(&line.base)) }
                    }
                }
            }
        }
    }
}

/// A choice of one of `options`.
pub(super) fn select<'a>(name: &str, options: impl Iterator<Item = &'a str>, chosen: Option<&str>) -> Markup {
    html! {
        select name=(name) required {
            @for option in options { option selected[chosen == Some(option)] { (option) } }
        }
    }
}

pub(super) fn branch(name: &str) -> Markup {
    html! { span.branch { (name) } }
}
