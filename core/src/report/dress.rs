//! An explanation in GitHub's Markdown.

use super::Subject;
use std::fmt::Write as _;

use super::limits::{BODY, fit, shorten_end};
use super::markdown::{block, code, code_in_table, folded};
use super::prose::{Prose, count};
use super::shell;
use super::words::{Evidence, Explanation, Step, origin};
use crate::model::{Code, Commit};

/// Rows of evidence shown where it is not the point.
pub(super) const FEW: usize = 20;

/// Rows of evidence shown at most. More help nobody, and bytes are limited.
pub(super) const MANY: usize = 250;

/// What people see without scrolling: what is wrong and why it hurts, the way out, and who can act.
pub(super) fn first_screen(explanation: &Explanation) -> Vec<String> {
    let mut parts = paragraphs(&explanation.detail);
    if let Some(repair) = &explanation.repair {
        parts.push(format!("**What to do.** {}", repair.lead.markdown()));
        parts.extend(commands(repair));
        // Without commands the remarks are the instructions themselves.
        if repair.commands.is_empty() {
            parts.extend(remarks(repair));
        }
    }
    if let Some(who) = &explanation.who {
        parts.push(format!("**Who can act.** {}", who.markdown()));
    }
    parts
}

/// All that people may want to know besides, each part folded: it must not push the repair off the screen.
pub(super) fn further(explanation: &Explanation, web_url: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let with_commands = explanation.repair.iter().filter(|repair| !repair.commands.is_empty());
    parts.extend(with_commands.filter_map(remarks).map(|text| folded("Notes on the commands", &text)));
    let others: Vec<String> = explanation.alternatives.iter().map(|it| whole("", it).join("\n\n")).collect();
    match others.as_slice() {
        [] => {}
        [one] => parts.push(folded("Another way", one)),
        many => {
            let each: Vec<String> = many.iter().map(|it| format!("**Or:** {it}")).collect();
            parts.push(folded("Other ways", &fit(&each, BODY / 3)));
        }
    }
    if !explanation.background.is_empty() {
        parts.push(folded("Background", &paragraphs(&explanation.background).join("\n\n")));
    }
    let evidence = evidence(explanation, web_url, FEW);
    if !evidence.is_empty() {
        parts.push(folded(&evidence_heading(explanation), &fit(&evidence, BODY / 3)));
    }
    parts
}

/// The same as one text, for where it is folded as a whole.
pub(super) fn advice(explanation: &Explanation) -> Vec<String> {
    let mut parts = first_screen(explanation);
    parts.extend(explanation.repair.iter().filter(|it| !it.commands.is_empty()).filter_map(remarks));
    parts.extend(explanation.alternatives.iter().flat_map(|it| whole("**Another way.** ", it)));
    parts.extend(paragraphs(&explanation.background));
    parts
}

pub(super) fn paragraphs(prose: &[Prose]) -> Vec<String> {
    prose.iter().map(Prose::markdown).collect()
}

fn whole(label: &str, step: &Step) -> Vec<String> {
    std::iter::once(format!("{label}{}", step.lead.markdown()))
        .chain(commands(step))
        .chain(remarks(step))
        .collect()
}

fn commands(step: &Step) -> Option<String> {
    (!step.commands.is_empty()).then(|| block("sh", &shell::script(&step.commands)))
}

fn remarks(step: &Step) -> Option<String> {
    (!step.after.is_empty()).then(|| bullets(&paragraphs(&step.after)))
}

/// Several remarks as a list, one alone as a sentence.
pub(super) fn bullets(remarks: &[String]) -> String {
    match remarks {
        [one] => one.clone(),
        many => many.iter().map(|remark| format!("- {remark}")).collect::<Vec<_>>().join("\n"),
    }
}

/// The tables an explanation rests on, each with at most `rows` rows, and together within what a body holds:
/// rows in some alphabets are three times as long as in others.
pub(super) fn evidence(explanation: &Explanation, web_url: &str, rows: usize) -> Vec<String> {
    let room = BODY / 4 * 3 / explanation.evidence.len().max(1);
    explanation
        .evidence
        .iter()
        .map(|evidence| match evidence {
            Evidence::Commits(caption, commits) => {
                let with_origin = commits.iter().any(|commit| commit.origin.is_some());
                let lines = commits.iter().take(rows).map(|commit| commit_row(commit, web_url, with_origin));
                let head = if with_origin {
                    "| commit | subject | author | brought by |\n|---|---|---|---|"
                } else {
                    "| commit | subject | author |\n|---|---|---|"
                };
                table(caption, head, lines, (commits.len(), room))
            }
            Evidence::Paths(caption, paths) => {
                let lines = paths
                    .iter()
                    .take(rows)
                    .map(|path| format!("| {} |", code_in_table(&shorten_end(path, 200))));
                table(caption, "| file |\n|---|", lines, (paths.len(), room))
            }
        })
        .collect()
}

/// As many of `all` lines as there is `room` for, in bytes.
fn table(
    caption: &Prose,
    head: &str,
    lines: impl Iterator<Item = String>,
    (all, room): (usize, usize),
) -> String {
    let mut text = format!("{}\n\n{head}", caption.markdown());
    let mut shown = 0;
    for line in lines {
        if text.len() + line.len() > room {
            break;
        }
        text.push('\n');
        text.push_str(&line);
        shown += 1;
    }
    if shown < all {
        let _ = write!(text, "\n\n… and {} more.", all - shown);
    }
    text
}

fn commit_row(commit: &Commit, web_url: &str, with_origin: bool) -> String {
    let subject = code_in_table(&shorten_end(&commit.subject, 72));
    let author = code_in_table(&shorten_end(&commit.author, 40));
    let row = format!("| {} | {subject} | {author} |", commit_link(commit, web_url));
    if !with_origin {
        return row;
    }
    let came_with = commit.origin.as_ref().map(|it| origin(it).markdown().replace('|', "\\|"));
    format!("{row} {} |", came_with.unwrap_or_default())
}

fn commit_link(commit: &Commit, web_url: &str) -> String {
    format!("[`{}`]({web_url}/commit/{})", commit.id.short(), commit.id)
}

/// Whether an explanation has more evidence than is shown in short.
pub(super) fn has_more_than_few(explanation: &Explanation) -> bool {
    explanation.evidence.iter().any(|evidence| match evidence {
        Evidence::Commits(_, commits) => commits.len() > FEW,
        Evidence::Paths(_, paths) => paths.len() > FEW,
    })
}

/// The code and where it is explained.
pub(super) fn code_line(explanation: &Explanation, subject: &Subject) -> Option<String> {
    Some(explained(explanation.code?, subject.docs_url.as_deref()))
}

/// A code and where it is explained: on a page, else in the file of the source.
pub(super) fn explained(finding: Code, page: Option<&str>) -> String {
    let name = finding.as_str();
    let anchor = name.to_lowercase();
    match page {
        Some(page) => format!("[{name}: what it means]({page}#{anchor})"),
        None => format!("{name}: see {}", code(&format!("docs/findings.md#{anchor}"))),
    }
}

/// The drawing, folded.
pub(super) fn drawing(explanation: &Explanation) -> Option<String> {
    let drawing = explanation.drawing.as_ref()?;
    Some(folded("Drawing, with the commits in question marked", &block("mermaid", drawing)))
}

/// How much is folded away, for the line that opens it.
pub(super) fn evidence_heading(explanation: &Explanation) -> String {
    let (mut commits, mut paths) = (0, 0);
    for evidence in &explanation.evidence {
        match evidence {
            Evidence::Commits(_, list) => commits += list.len(),
            Evidence::Paths(_, list) => paths += list.len(),
        }
    }
    match (commits, paths) {
        (0, paths) => format!("Evidence: {}", count(paths, "file")),
        (commits, 0) => format!("Evidence: {}", count(commits, "commit")),
        (commits, paths) => format!("Evidence: {}, {}", count(commits, "commit"), count(paths, "file")),
    }
}
