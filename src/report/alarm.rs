//! The issue about a copy branch that is none, and the pull request that makes it one again.

use super::limits::{BODY, RESERVE, fit};
use super::markdown::{code, code_in_table};
use super::words::origin;
use crate::flow::{BranchName, Commit};
use std::fmt::Write as _;

/// By this the issue is found again; GitHub does not show it.
pub const ALARM: &str = "<!-- towpath:copy -->";

/// Why the copy branch does not follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCopied {
    /// It has commits of its own.
    Diverged {
        /// Those commits, the newest first.
        only_there: Vec<Commit>,
        /// The pull request that brings the two together, where one could be opened.
        sync: Option<u64>,
    },
    /// GitHub does not let the App move it.
    Protected {
        /// In GitHub's words.
        message: String,
        /// The rules that hold for it, each with its ruleset: `pull_request (ruleset 7 of acme/store)`.
        rules: Vec<String>,
    },
}

/// Title and text of the issue.
pub fn alarm(copy: &BranchName, original: &BranchName, why: &NotCopied) -> (String, String) {
    let (title, body) = words(copy, original, why);
    let end = "This issue is closed by itself as soon as it is repaired.".to_owned();
    (title, fit(&[format!("{ALARM}\n{body}"), end], BODY - RESERVE))
}

/// What is wrong and what to do, wherever it is said.
pub(super) fn words(copy: &BranchName, original: &BranchName, why: &NotCopied) -> (String, String) {
    let (shown_copy, shown_original) = (code(copy.as_str()), code(original.as_str()));
    let mut parts = Vec::new();
    let title = match why {
        NotCopied::Diverged { only_there, sync } => {
            parts.push(format!(
                "{shown_copy} has to be a copy of {shown_original}, and has something of its own. It is not \
                 moved any more, since that would take a force that Towpath never uses."
            ));
            parts.extend(list(only_there));
            parts.push(match sync {
                Some(number) => format!(
                    "**What to do.** Look at each commit. What is meant goes into a topic and takes the path from the \
                     beginning; what is not is reverted on {shown_copy}. #{number} brings {shown_original} over."
                ),
                None => format!(
                    "**What to do.** Look at each commit. What is meant goes into a topic and takes the path from the \
                     beginning; then an admin puts {shown_copy} back to {shown_original}."
                ),
            });
            format!("{copy} is no copy of {original} any more")
        }
        NotCopied::Protected { message, rules } => {
            parts.push(format!(
                "{shown_copy} has to follow {shown_original}, and GitHub does not let Towpath move it: {}.",
                code(message)
            ));
            if !rules.is_empty() {
                let rules: Vec<String> = rules.iter().map(|rule| format!("- {}", code(rule))).collect();
                parts.push(format!("These rules hold for it:\n\n{}", rules.join("\n")));
            }
            parts.push(
                "**What to do.** Add the App Towpath to the bypass list of each of these rulesets, with the mode \
                 *Always*: Settings → Rules → Rulesets. Or write `copy: { mode: pull-request }` in \
                 `.github/towpath.yml`, and merge a pull request after each release."
                .to_owned(),
            );
            format!("{copy} cannot follow {original}")
        }
    };
    (title, fit(&parts, BODY - 2 * RESERVE))
}

/// Text of the pull request that brings the environment over where its copy has gone another way.
pub fn sync_pull(copy: &BranchName, original: &BranchName, only_there: &[Commit]) -> String {
    let (shown_copy, shown_original) = (code(copy.as_str()), code(original.as_str()));
    let mut parts = vec![format!(
        "{shown_copy} is a copy of {shown_original}, and cannot be moved along without a merge."
    )];
    if only_there.is_empty() {
        parts.push("Nothing is lost by merging this.".to_owned());
    } else {
        parts.push(format!(
            "These commits are on {shown_copy} alone. Merging this keeps them there: what is not meant has to be \
             reverted as well."
        ));
        parts.extend(list(only_there));
    }
    parts.push("Merge it with a merge commit.".to_owned());
    fit(&parts, BODY - RESERVE)
}

fn list(commits: &[Commit]) -> Option<String> {
    const SHOWN: usize = 20;
    if commits.is_empty() {
        return None;
    }
    let mut table = "| commit | subject | author | came with |\n|---|---|---|---|".to_owned();
    for commit in commits.iter().take(SHOWN) {
        let came = commit.origin.as_ref().map_or_else(|| "a push".to_owned(), |it| origin(it).markdown());
        let (subject, author) = (code_in_table(&commit.subject), code_in_table(&commit.author));
        let _ = write!(table, "\n| {} | {subject} | {author} | {came} |", code(&commit.id.short()));
    }
    if commits.len() > SHOWN {
        let _ = write!(table, "\n| … and {} more | | | |", commits.len() - SHOWN);
    }
    Some(table)
}
