//! The issue about a copy branch that is none, and the pull request that makes it one again.

use super::copy_standing::NotCopied;
use super::limits::{BODY, RESERVE, fit};
use super::markdown::{code, code_in_table};
use super::words::{Scene, not_copied, origin};
use super::{Subject, dress};
use crate::model::{BranchName, Commit, PromotionPath};
use std::fmt::Write as _;

/// By this the issue is found again; GitHub does not show it.
pub const ALARM: &str = "<!-- towpath:copy -->";

/// Title and text of the issue. `subject` stands for the environment merged into its copy. The repair is in the words of
/// the check.
pub fn alarm(path: &PromotionPath, subject: &Subject, why: &NotCopied) -> (String, String) {
    let scene = Scene::of(path, subject);
    let (copy, original) = (scene.base(), scene.head());
    let title = match why {
        NotCopied::Diverged { .. } => format!("{copy} is no copy of {original} any more"),
        NotCopied::Refused { .. } => format!("{copy} cannot follow {original}"),
    };
    let mut parts = dress::advice(&not_copied(&scene, why));
    if let NotCopied::Diverged { only_there, .. } = why {
        parts.extend(list(only_there));
    }
    if let Some(first) = parts.first_mut() {
        // The marker has to be the first line.
        first.insert_str(0, &format!("{ALARM}\n"));
    }
    parts.push("This issue is closed by itself as soon as it is repaired.".to_owned());
    (title, fit(&parts, BODY - RESERVE))
}

/// Text of the pull request that brings the environment over where its copy cannot be moved along, and has nothing of its
/// own.
pub fn sync_pull(copy: &BranchName, original: &BranchName) -> String {
    let (copy, original) = (code(copy.as_str()), code(original.as_str()));
    [
        format!("{copy} is a copy of {original}, and cannot be moved along without a merge."),
        "Nothing is lost by merging this.".to_owned(),
        "Merge it with a merge commit.".to_owned(),
    ]
    .join("\n\n")
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
