//! Changes as people know them: by the pull requests that they came with.

use super::super::prose::{Prose, count};
use super::{Evidence, Explanation, Scene};
use crate::model::{BranchName, Commit, Origin};
use std::collections::HashSet;

/// `#12` or the branch, for a title.
pub(super) fn short_names(pulls: &[Origin]) -> Prose {
    match pulls {
        [one] => match one.number {
            Some(number) => Prose::new(&format!("#{number}"), &[]),
            None => Prose::new("%", &[one.branch.as_str()]),
        },
        many => Prose::new(&count(many.len(), "pull request"), &[]),
    }
}

/// Pull requests as people call them, in a row.
pub(super) fn names(pulls: &[Origin]) -> Prose {
    const SHOWN: usize = 6;
    let mut all = Prose::default();
    for (place, pull) in pulls.iter().take(SHOWN).enumerate() {
        let last = place + 1 == pulls.len();
        all = match place {
            0 => all,
            _ if last => all.then(Prose::new(" and ", &[])),
            _ => all.then(Prose::new(", ", &[])),
        };
        all = all.then(origin(pull));
    }
    match pulls.len().saturating_sub(SHOWN) {
        0 => all,
        more => all.then(Prose::new(&format!(" and {more} more"), &[])),
    }
}

/// One pull request as people call it: `#12 by ana`, else its branch.
pub(in super::super) fn origin(pull: &Origin) -> Prose {
    let named = match pull.number {
        Some(number) => Prose::new(&format!("#{number}"), &[]),
        None => Prose::new("%", &[pull.branch.as_str()]),
    };
    match &pull.author {
        Some(author) => named.then(Prose::new(" by %", &[author])),
        None => named,
    }
}

/// The pull requests that commits came with, each once, and how many commits came with none that is known.
pub(super) fn pull_requests(commits: &[&Commit]) -> (Vec<Origin>, usize) {
    let mut pulls: Vec<Origin> = Vec::new();
    for origin in commits.iter().filter_map(|commit| commit.origin.as_ref()) {
        if !pulls.contains(origin) {
            pulls.push(origin.clone());
        }
    }
    (pulls, commits.iter().filter(|commit| commit.origin.is_none()).count())
}

/// Commits as people know them: by the pull requests that they came with, then the number of all others.
pub(super) fn changes(commits: &[&Commit]) -> Prose {
    let (pulls, others) = pull_requests(commits);
    match (pulls.as_slice(), others) {
        ([], all) => Prose::new(&count(all, "commit"), &[]),
        (pulls, 0) => names(pulls),
        (pulls, more) => names(pulls).then(Prose::new(&format!(" and {}", count(more, "other commit")), &[])),
    }
}

/// Commits, each once though several branches may have it.
pub(super) fn distinct(commits: &[(BranchName, Vec<Commit>)]) -> Vec<&Commit> {
    let mut seen = HashSet::new();
    commits.iter().flat_map(|(_, commits)| commits).filter(|commit| seen.insert(commit.id)).collect()
}

/// The commits that only the base of a promotion has, as evidence.
pub(super) fn base_only_evidence(scene: &Scene<'_>, only_on_base: &[Commit], explanation: &mut Explanation) {
    if !only_on_base.is_empty() {
        let caption = Prose::new("Only on %:", &[scene.base()]);
        explanation.evidence.push(Evidence::Commits(caption, only_on_base.to_vec()));
    }
}
