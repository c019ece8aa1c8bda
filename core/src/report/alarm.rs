//! The issue about a copy branch that is none, and the pull request that makes it one again.

use super::copy_standing::NotCopied;
use super::limits::{BODY, RESERVE, fit};
use super::markdown::{code, code_in_table, folded};
use super::prose::count;
use super::words::{Scene, not_copied, origin};
use super::{Subject, dress};
use crate::model::{BranchName, Commit, PromotionPath};
use std::fmt::Write as _;

/// The end of an issue.
pub(super) const CLOSES_ITSELF: &str = "Towpath closes this issue once it is repaired.";

/// By this the issue is found again; GitHub does not show it.
pub const ALARM: &str = "<!-- towpath:copy -->";

/// Title and text of the issue. `subject` stands for the environment merged into its copy. The repair is in the words of
/// the check.
pub fn alarm(path: &PromotionPath, subject: &Subject, why: &NotCopied) -> (String, String) {
    let scene = Scene::of(path, subject);
    let (copy, original) = (scene.base(), scene.head());
    let title = match why {
        NotCopied::Diverged { .. } => format!("{copy} is no longer a copy of {original}"),
        NotCopied::Refused { .. } => format!("{copy} cannot follow {original}"),
    };
    let explanation = not_copied(&scene, why);
    let mut parts = dress::first_screen(&explanation);
    parts.push(CLOSES_ITSELF.to_owned());
    parts.extend(dress::further(&explanation, &subject.web_url));
    if let NotCopied::Diverged { only_there, .. } = why {
        parts.extend(list(only_there));
    }
    if let Some(first) = parts.first_mut() {
        // The marker has to be the first line.
        first.insert_str(0, &format!("{ALARM}\n"));
    }
    (title, fit(&parts, BODY - RESERVE))
}

/// Text of the pull request that brings the environment over where its copy cannot be moved along, and has nothing of its
/// own.
pub fn sync_pull(copy: &BranchName, original: &BranchName) -> String {
    let (copy, original) = (code(copy.as_str()), code(original.as_str()));
    format!(
        "{copy} is a copy of {original}, and Towpath cannot update it without a merge. Merge this with a merge commit; \
         nothing gets lost."
    )
}

fn list(commits: &[Commit]) -> Option<String> {
    const SHOWN: usize = 20;
    if commits.is_empty() {
        return None;
    }
    let mut table = "| commit | subject | author | brought by |\n|---|---|---|---|".to_owned();
    for commit in commits.iter().take(SHOWN) {
        let came = commit.origin.as_ref().map_or_else(|| "a push".to_owned(), |it| origin(it).markdown());
        let (subject, author) = (code_in_table(&commit.subject), code_in_table(&commit.author));
        let _ = write!(table, "\n| {} | {subject} | {author} | {came} |", code(&commit.id.short()));
    }
    if commits.len() > SHOWN {
        let _ = write!(table, "\n| … and {} more | | | |", commits.len() - SHOWN);
    }
    Some(folded(&format!("Evidence: {}", count(commits.len(), "commit")), &table))
}
