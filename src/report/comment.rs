//! The sticky comment: at most one on a pull request, edited as things change.

use super::Subject;
use super::check::{accounts, folded_account};
use super::dress::{self, FEW};
use super::limits::{BODY, RESERVE, fit};
use super::markdown::folded;
use super::words::{Account, Scene};
use crate::flow::{Flow, Outcome, Verdict};

/// The first line of the comment, which GitHub does not show: by it the comment is found again.
pub const MARKER: &str = "<!-- towpath:verdict -->";

/// The sticky comment of a pull request.
///
/// `earlier` is what the comment showed last while the pull request could not merge, with the base it had
/// then: once it may merge, what was wrong is folded away instead of forgotten. No time and no base tip stand in it, so the
/// same verdict gives the same comment.
pub fn comment(
    flow: &Flow,
    subject: &Subject,
    verdict: &Verdict,
    earlier: Option<&(Subject, Verdict)>,
) -> String {
    let scene = Scene::of(flow, subject);
    let outcome = verdict.outcome();
    let accounts = accounts(&scene, verdict);
    let mut parts = Vec::new();
    if let Some((first, further)) = accounts.split_first() {
        // The marker has to be the first line, and a heading needs no empty line after it.
        parts.push(format!("{MARKER}\n### {} {}", mark(outcome), first.title.markdown()));
        let settled = matches!(outcome, Outcome::Pass | Outcome::Warn);
        match earlier.filter(|(_, earlier)| settled && earlier.outcome() > Outcome::Warn) {
            Some((then, earlier)) => {
                parts.push(match outcome {
                    Outcome::Pass => {
                        "This pull request is on the path now. Nothing more is to be done.".to_owned()
                    }
                    _ => "This pull request may merge now. One thing deserves a look.".to_owned(),
                });
                parts.extend(body(first, subject, outcome));
                parts.push(before(&Scene::of(flow, then), earlier));
            }
            None => parts.extend(body(first, subject, outcome)),
        }
        parts.extend(further.iter().map(|account| folded_account(account, subject)));
    }
    fit(&parts, BODY - RESERVE)
}

fn body(account: &Account, subject: &Subject, outcome: Outcome) -> Vec<String> {
    if outcome == Outcome::Pass {
        return dress::paragraphs(&account.detail);
    }
    let mut parts = dress::advice(account);
    let mut evidence = dress::evidence(account, &subject.web_url, FEW);
    if !evidence.is_empty() {
        evidence.extend(dress::drawing(account));
        parts.push(folded(&dress::evidence_heading(account), &fit(&evidence, BODY / 3)));
    }
    parts.extend(dress::code_line(account, subject));
    parts
}

/// What was wrong, said of the base the pull request had then; without commands, because the commits in them have gone.
fn before(scene: &Scene<'_>, earlier: &Verdict) -> String {
    let lines: Vec<String> = accounts(scene, earlier)
        .iter()
        .flat_map(|account| {
            let code = account.code.map(|code| format!("{code}: ")).unwrap_or_default();
            let title = format!("**{code}{}**", account.title.markdown());
            std::iter::once(title).chain(dress::paragraphs(&account.detail))
        })
        .collect();
    folded("What was wrong before", &fit(&lines, BODY / 4))
}

fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✅",
        Outcome::Warn => "⚠️",
        Outcome::Wait => "⏳",
        Outcome::Unknown => "❔",
        Outcome::Fail => "❌",
    }
}
