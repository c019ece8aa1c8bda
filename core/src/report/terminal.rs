//! The same words without Markdown: for a terminal, and for JSON.

use super::check::{accounts, judged_ends};
use super::dress::{FEW, bullets};
use super::limits::shorten_end;
use super::local::LocalCheck;
use super::markdown::clean;
use super::prose::Prose;
use super::shell;
use super::words::{Evidence, Explanation, Scene, Step, copied, explanation, origin};
use crate::model::{Commit, Finding, Outcome, Verdict};

/// The words of one finding, in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// What is wrong, and what merging would do.
    pub detail: String,
    /// What to do; commands are indented. Empty when nothing is to be done.
    pub remedy: String,
}

/// The words of one finding of a verdict, for `check pr --json` and the like.
pub fn words(check: &LocalCheck<'_>, verdict: &Verdict, finding: &Finding) -> Words {
    let pull = judged_ends(check.pull, verdict);
    let explanation =
        explanation(&Scene { pull: &pull, snapshot: verdict.snapshot(), ..scene(check) }, finding);
    let mut remedy: Vec<String> = explanation.repair.iter().flat_map(|repair| step("", repair)).collect();
    remedy.extend(explanation.alternatives.iter().flat_map(|other| step("", other)));
    remedy.extend(explanation.who.as_ref().map(Prose::plain));
    Words {
        title: explanation.title.plain(),
        detail: plain(&[explanation.detail, explanation.background].concat()).join("\n\n"),
        remedy: remedy.join("\n\n"),
    }
}

fn scene<'a>(check: &LocalCheck<'a>) -> Scene<'a> {
    let LocalCheck { path, pull, remote, basis } = *check;
    let pushed = basis.and_then(|basis| basis.pushed);
    Scene { path, pull, subject: None, remote, pushed, snapshot: None, copy: None }
}

/// The verdict on the copy branch for a terminal. The pull request stands for its environment merged into it.
pub fn copy_on_terminal(check: &LocalCheck<'_>, verdict: &Verdict, colour: bool) -> String {
    if verdict.findings.is_empty() {
        let copied = heading(&copied(&scene(check)), Outcome::Pass, colour);
        return std::iter::once(copied).chain(check.rests_on()).collect::<Vec<_>>().join("\n\n") + "\n";
    }
    terminal(check, verdict, colour)
}

/// A verdict for a terminal; `colour` adds ANSI colours to the outcome.
pub fn terminal(check: &LocalCheck<'_>, verdict: &Verdict, colour: bool) -> String {
    let scene = scene(check);
    let mut parts = Vec::new();
    let severities = verdict.findings.iter().map(|finding| finding.severity);
    for (explanation, outcome) in accounts(&scene, verdict).iter().zip(severities.chain([Outcome::Pass])) {
        parts.push(heading(explanation, outcome, colour));
        parts.extend(plain(&explanation.detail));
        parts.extend(plain(&explanation.background));
        if let Some(repair) = &explanation.repair {
            parts.extend(step("What to do. ", repair));
        }
        parts.extend(explanation.alternatives.iter().flat_map(|other| step("Another way. ", other)));
        parts.extend(explanation.who.as_ref().map(|who| format!("Who can act. {}", who.plain())));
        parts.extend(explanation.evidence.iter().map(evidence));
    }
    // In a clone, a branch of the same name may be elsewhere than on GitHub.
    if verdict.outcome() != Outcome::Unknown {
        let (head, base) = (check.pull.head.commit.short(), check.pull.base.commit.short());
        parts.push(format!("Checked {head} against {} at {base}.", clean(scene.base())));
    }
    parts.extend(check.rests_on());
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

fn heading(explanation: &Explanation, outcome: Outcome, colour: bool) -> String {
    let code = explanation.code.map(|code| format!("{code} ")).unwrap_or_default();
    format!("{}: {code}{}", outcome_word(outcome.as_str(), outcome, colour), explanation.title.plain())
}

/// A word for an outcome, in its colour where there are colours.
pub(super) fn outcome_word(word: &str, outcome: Outcome, colour: bool) -> String {
    match (colour, outcome) {
        (false, _) => word.to_owned(),
        (true, Outcome::Pass) => format!("\x1b[32m{word}\x1b[0m"),
        (true, Outcome::Fail) => format!("\x1b[31m{word}\x1b[0m"),
        (true, Outcome::Warn | Outcome::Wait | Outcome::Unknown) => format!("\x1b[33m{word}\x1b[0m"),
    }
}

fn plain(prose: &[Prose]) -> Vec<String> {
    prose.iter().map(Prose::plain).collect()
}

fn step(label: &str, step: &Step) -> Vec<String> {
    let mut parts = vec![format!("{label}{}", step.lead.plain())];
    if !step.commands.is_empty() {
        let script = shell::script(&step.commands);
        let indented: Vec<String> = script.lines().map(|line| format!("    {line}")).collect();
        parts.push(indented.join("\n"));
    }
    if !step.after.is_empty() {
        parts.push(bullets(&plain(&step.after)));
    }
    parts
}

fn evidence(evidence: &Evidence) -> String {
    let (caption, lines, all): (_, Vec<String>, _) = match evidence {
        Evidence::Commits(caption, commits) => {
            (caption, commits.iter().take(FEW).map(commit_line).collect(), commits.len())
        }
        Evidence::Paths(caption, paths) => {
            let line = |path: &String| format!("    {}", clean(&shorten_end(path, 200)));
            (caption, paths.iter().take(FEW).map(line).collect(), paths.len())
        }
    };
    let more =
        if all > lines.len() { format!("\n    … and {} more", all - lines.len()) } else { String::new() };
    format!("{}\n{}{more}", caption.plain(), lines.join("\n"))
}

/// One commit of a list.
pub(super) fn commit_line(commit: &Commit) -> String {
    let subject = clean(&shorten_end(&commit.subject, 72));
    let author = clean(&shorten_end(&commit.author, 40));
    let came_with = commit.origin.as_ref().map(|it| format!(", {}", origin(it).plain())).unwrap_or_default();
    format!("    {}  {subject} ({author}{came_with})", commit.id.short())
}
