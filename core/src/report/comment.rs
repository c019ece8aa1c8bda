//! The sticky comment: at most one on a pull request, edited as things change.

use super::Subject;
use super::check::accounts;
use super::limits::{BODY, RESERVE, fit};
use super::prose::{Prose, row};
use super::words::{Explanation, Scene};
use crate::model::{Cause, Code, Finding, Level, Outcome, PromotionPath, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The first line of the comment, which GitHub does not show: by it the comment is found again.
pub const MARKER: &str = "<!-- towpath:verdict -->";

/// How many findings the comment names of what was wrong before.
const NAMED: usize = 3;

/// The sticky comment of a pull request: a digest of at most twelve lines that leads to the check and repeats nothing of
/// it.
///
/// `earlier` is what the comment showed last while the pull request could not merge, with the base it had then: once it may
/// merge, the comment names what was wrong. No time and no base tip is in it, so the same verdict gives the same comment.
pub fn comment(
    path: &PromotionPath,
    subject: &Subject,
    verdict: &Verdict,
    earlier: Option<&(Subject, Verdict)>,
) -> String {
    let outcome = verdict.outcome();
    let accounts = accounts(&Scene::of(path, subject), verdict);
    let Some((first, further)) = accounts.split_first() else { return MARKER.to_owned() };
    // The marker has to be the first line, and a heading needs no empty line after it.
    let heading = format!("{MARKER}\n### {} {}", mark(outcome), first.title.markdown());
    let settled = matches!(outcome, Outcome::Pass | Outcome::Warn);
    let earlier = earlier.filter(|(_, earlier)| settled && earlier.outcome() > Outcome::Warn);
    let mut sentences = match earlier {
        Some((_, earlier)) => vec![relief(path, verdict, earlier), see_the_check(subject, "says more")],
        None => vec![standing_of(outcome).to_owned(), see_the_check(subject, what_the_check_says(outcome))],
    };
    sentences.extend(also_found(further));
    let mut parts = vec![heading, sentences.join(" ")];
    if let Some((then, earlier)) = earlier {
        let stands = standing(verdict, earlier, then.pull.base == subject.pull.base);
        let mut gone = super::check::accounts(&Scene::of(path, then), earlier);
        gone.retain(|explanation| explanation.code.is_none_or(|code| !stands.contains(&code)));
        parts.extend((!gone.is_empty()).then(|| before(&gone)));
    }
    fit(&parts, BODY - RESERVE)
}

fn standing_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "You can merge this pull request.",
        Outcome::Warn => "You can merge this pull request, but look at the warning first.",
        Outcome::Wait => "This pull request has to wait.",
        Outcome::Unknown => "Towpath could not decide about this pull request.",
        Outcome::Fail => "Do not merge this pull request as it is.",
    }
}

fn what_the_check_says(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "says what Towpath compared",
        Outcome::Warn => "says what it is about",
        Outcome::Wait => "says for what",
        Outcome::Unknown => "says why, and what happens next",
        Outcome::Fail => "says why, and gives the repair",
    }
}

fn see_the_check(subject: &Subject, says: &str) -> String {
    format!("[The check]({}/pull/{}/checks) {says}.", subject.web_url, subject.number)
}

fn also_found(further: &[Explanation]) -> Option<String> {
    let codes: BTreeSet<&str> = further.iter().filter_map(|it| it.code).map(Code::as_str).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    (!codes.is_empty()).then(|| format!("Also found: {}.", codes.join(", ")))
}

/// Why it may merge now, where it could not before: what was found may be repaired, or count for less.
fn relief(path: &PromotionPath, verdict: &Verdict, earlier: &Verdict) -> String {
    let blocked =
        |code: Code| earlier.findings.iter().any(|it| it.severity > Outcome::Warn && it.cause.code() == code);
    let overridden = |it: &&Finding| it.overridden.is_some() && blocked(it.cause.code());
    if let Some(finding) = verdict.findings.iter().find(overridden) {
        let by = finding.overridden.as_ref().map_or("", |given| given.by.as_str());
        let code = finding.cause.code();
        let words = format!("This pull request may merge now, because % has overridden {code}.");
        return Prose::new(&words, &[by]).markdown();
    }
    let softened = verdict.findings.iter().filter(|it| it.level != Level::Enforce);
    let relaxed = levels(softened.clone().map(|it| (it.cause.code(), it.level)).filter(|it| blocked(it.0)));
    if let Some(relaxed) = relaxed {
        let words = Prose::new("This pull request may merge now, because this project's rules set ", &[]);
        return words.then(relaxed).then(Prose::new(". What Towpath found still stands.", &[])).markdown();
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
        let words = "This pull request may merge now, because this project's rules no longer look for ";
        return Prose::new(words, &[]).then(row(&off, "and")).then(Prose::new(".", &[])).markdown() + look;
    }
    if warned > 0 {
        return format!("This pull request may merge now.{look}");
    }
    match softened.count() {
        0 => "This pull request is on the path now. You can merge it.".to_owned(),
        _ => "This pull request may merge now. What Towpath still notes counts for nothing.".to_owned(),
    }
}

/// `TP201 to warn and TP204 to observe`, each once.
fn levels(softened: impl Iterator<Item = (Code, Level)>) -> Option<Prose> {
    let each: BTreeMap<Code, Level> = softened.collect();
    let mut words =
        each.iter().map(|(code, level)| Prose::new(&format!("{} to %", code.as_str()), &[level.as_str()]));
    let first = words.next()?;
    Some(words.fold(first, |all, more| all.then(Prose::new(" and ", &[])).then(more)))
}

/// The codes of what was found before and is found still.
fn standing(verdict: &Verdict, earlier: &Verdict, same_base: bool) -> BTreeSet<Code> {
    let now: Vec<Cause> = verdict.findings.iter().map(|it| it.cause.as_found()).collect();
    let still = |then: &&Finding| same_base && now.contains(&then.cause.as_found());
    earlier.findings.iter().filter(still).map(|it| it.cause.code()).collect()
}

/// What was wrong, by its title alone: the commits that an explanation names have gone.
pub(super) fn before(accounts: &[Explanation]) -> String {
    let line = |explanation: &Explanation| {
        let code = explanation.code.map(|code| format!("{code}: ")).unwrap_or_default();
        format!("\n- {code}{}", explanation.title.markdown())
    };
    let named: String = accounts.iter().take(NAMED).map(line).collect();
    let more = match accounts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\n- … and {more} more"),
    };
    format!("What was wrong before:{named}{more}")
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
