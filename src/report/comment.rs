//! The sticky comment: at most one on a pull request, edited as things change.

use super::Subject;
use super::check::{accounts, folded_account};
use super::dress::{self, FEW};
use super::limits::{BODY, RESERVE, fit};
use super::markdown::folded;
use super::prose::{Prose, row};
use super::words::{Explanation, Scene};
use crate::model::{Code, Finding, Level, Outcome, PromotionPath, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The first line of the comment, which GitHub does not show: by it the comment is found again.
pub const MARKER: &str = "<!-- towpath:verdict -->";

/// The sticky comment of a pull request.
///
/// `earlier` is what the comment showed last while the pull request could not merge, with the base it had
/// then: once it may merge, what was wrong is folded away instead of forgotten. No time and no base tip stand in it, so the
/// same verdict gives the same comment.
pub fn comment(
    path: &PromotionPath,
    subject: &Subject,
    verdict: &Verdict,
    earlier: Option<&(Subject, Verdict)>,
) -> String {
    let scene = Scene::of(path, subject);
    let outcome = verdict.outcome();
    let accounts = accounts(&scene, verdict);
    let mut parts = Vec::new();
    if let Some((first, further)) = accounts.split_first() {
        // The marker has to be the first line, and a heading needs no empty line after it.
        parts.push(format!("{MARKER}\n### {} {}", mark(outcome), first.title.markdown()));
        let settled = matches!(outcome, Outcome::Pass | Outcome::Warn);
        match earlier.filter(|(_, earlier)| settled && earlier.outcome() > Outcome::Warn) {
            Some((then, earlier)) => {
                parts.push(relief(path, verdict, earlier));
                parts.extend(body(first, subject, outcome));
                let stands = standing(verdict, earlier, then.pull.base == subject.pull.base);
                let mut gone = super::check::accounts(&Scene::of(path, then), earlier);
                gone.retain(|explanation| explanation.code.is_none_or(|code| !stands.contains(&code)));
                if !gone.is_empty() {
                    parts.push(before(&gone));
                }
            }
            None => parts.extend(body(first, subject, outcome)),
        }
        parts.extend(further.iter().map(|explanation| folded_account(explanation, subject)));
    }
    fit(&parts, BODY - RESERVE)
}

/// Why it may merge now, where it could not before: what was found may be mended, or count for less.
fn relief(path: &PromotionPath, verdict: &Verdict, earlier: &Verdict) -> String {
    let blocked =
        |code: Code| earlier.findings.iter().any(|it| it.severity > Outcome::Warn && it.cause.code() == code);
    let softened = verdict.findings.iter().filter(|it| it.level != Level::Enforce);
    let relaxed = levels(softened.clone().map(|it| (it.cause.code(), it.level)).filter(|it| blocked(it.0)));
    if let Some(relaxed) = relaxed {
        let words = Prose::new("This pull request may merge now, because this project's rules have ", &[]);
        return words.then(relaxed).then(Prose::new(". What was found still stands.", &[])).markdown();
    }
    let is_off = |code: &Code| path.rules.level(*code) == Level::Off && blocked(*code);
    let off: BTreeSet<Code> = earlier.findings.iter().map(|it| it.cause.code()).filter(is_off).collect();
    let warned = verdict.findings.iter().filter(|it| it.severity == Outcome::Warn).count();
    let look = match warned {
        0 => "",
        1 => " One thing deserves a look.",
        _ => " Some things deserve a look.",
    };
    if !off.is_empty() {
        let off: Vec<&str> = off.iter().map(|code| code.as_str()).collect();
        let words = "This pull request may merge now, because this project's rules do not look for ";
        return Prose::new(words, &[]).then(row(&off, "and")).then(Prose::new(" any more.", &[])).markdown()
            + look;
    }
    if warned > 0 {
        return format!("This pull request may merge now.{look}");
    }
    match softened.count() {
        0 => "This pull request is on the path now. Nothing more is to be done.".to_owned(),
        _ => "This pull request may merge now. What is noted below counts for nothing.".to_owned(),
    }
}

/// `TP201 as warn and TP204 as observe`, each once.
fn levels(softened: impl Iterator<Item = (Code, Level)>) -> Option<Prose> {
    let each: BTreeMap<Code, Level> = softened.collect();
    let mut words =
        each.iter().map(|(code, level)| Prose::new(&format!("{} as %", code.as_str()), &[level.as_str()]));
    let first = words.next()?;
    Some(words.fold(first, |all, more| all.then(Prose::new(" and ", &[])).then(more)))
}

/// The codes of what was found before and is found still.
fn standing(verdict: &Verdict, earlier: &Verdict, same_base: bool) -> BTreeSet<Code> {
    let still = |then: &&Finding| same_base && verdict.findings.iter().any(|now| now.cause == then.cause);
    earlier.findings.iter().filter(still).map(|it| it.cause.code()).collect()
}

fn body(explanation: &Explanation, subject: &Subject, outcome: Outcome) -> Vec<String> {
    if outcome == Outcome::Pass {
        return dress::paragraphs(&explanation.detail);
    }
    let mut parts = dress::advice(explanation);
    let mut evidence = dress::evidence(explanation, &subject.web_url, FEW);
    if !evidence.is_empty() {
        evidence.extend(dress::drawing(explanation));
        parts.push(folded(&dress::evidence_heading(explanation), &fit(&evidence, BODY / 3)));
    }
    parts.extend(dress::code_line(explanation, subject));
    parts
}

/// What was wrong, said of the base the pull request had then; without commands, because the commits in them have gone.
pub(super) fn before(accounts: &[Explanation]) -> String {
    let lines: Vec<String> = accounts
        .iter()
        .flat_map(|explanation| {
            let code = explanation.code.map(|code| format!("{code}: ")).unwrap_or_default();
            let title = format!("**{code}{}**", explanation.title.markdown());
            std::iter::once(title).chain(dress::paragraphs(&explanation.detail))
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
