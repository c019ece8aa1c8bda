//! What a pull request finally aims at: a stacked one goes into a topic that goes on.

use crate::flow::{BranchName, Flow, RepositoryId, Role};
use crate::store::{PullRow, PullState};

/// The branch of the path that a pull request into `base` ends up on; `None` if on none.
///
/// A topic goes on as the head of an open pull request, of several as the one with the lowest number that
/// gets somewhere. A fork's branch is another one than the repository's own of that name.
pub(in crate::engine::units) fn aim(
    flow: &Flow,
    base: &BranchName,
    own: RepositoryId,
    open: &[PullRow],
) -> Option<BranchName> {
    let mut seen = vec![base];
    let mut ahead = vec![base];
    while let Some(branch) = ahead.pop() {
        if flow.role(branch) != Role::Topic {
            return Some(branch.clone());
        }
        let goes_on = |it: &&PullRow| {
            it.state == PullState::Open && it.head_repository == Some(own) && it.head_branch == *branch
        };
        let mut next: Vec<&PullRow> = open.iter().filter(goes_on).collect();
        // The lowest number is looked at first, to its end.
        next.sort_by_key(|it| std::cmp::Reverse(it.number));
        for pull in next {
            if !seen.contains(&&pull.base_branch) {
                seen.push(&pull.base_branch);
                ahead.push(&pull.base_branch);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{CommitId, PullNumber};

    fn name(branch: &str) -> BranchName {
        BranchName::new(branch).unwrap()
    }

    fn open(pulls: &[(u64, &str, &str)]) -> Vec<PullRow> {
        let row = |(number, head, base): &(u64, &str, &str)| PullRow {
            repository: RepositoryId(1),
            number: PullNumber(*number),
            state: PullState::Open,
            draft: false,
            head_branch: name(head),
            head_commit: CommitId::from_bytes([1; 20]),
            head_repository: Some(RepositoryId(1)),
            base_branch: name(base),
            author: String::new(),
            updated_at: 0,
            merged: None,
        };
        pulls.iter().map(row).collect()
    }

    fn aimed(base: &str, pulls: &[(u64, &str, &str)]) -> Option<String> {
        let found = aim(&Flow::pro(), &name(base), RepositoryId(1), &open(pulls));
        found.map(|branch| branch.to_string())
    }

    #[test]
    fn a_stack_is_followed_to_its_end() {
        assert_eq!(aimed("staging", &[]).as_deref(), Some("staging"));
        assert_eq!(aimed("a", &[(1, "a", "b"), (2, "b", "integration")]).as_deref(), Some("integration"));
        assert_eq!(aimed("a", &[(1, "a", "elsewhere")]), None);
        assert_eq!(aimed("a", &[]), None);
    }

    #[test]
    fn a_circle_ends_nowhere_and_the_lowest_number_wins() {
        assert_eq!(aimed("a", &[(1, "a", "b"), (2, "b", "a")]), None);
        let several = [(5, "a", "production"), (3, "a", "integration"), (4, "a", "a")];
        assert_eq!(aimed("a", &several).as_deref(), Some("integration"));
        let dead_end_first = [(1, "a", "b"), (2, "a", "staging")];
        assert_eq!(aimed("a", &dead_end_first).as_deref(), Some("staging"));
    }

    #[test]
    fn a_forks_branch_carries_nobody_on() {
        let mut pulls = open(&[(1, "a", "integration")]);
        pulls[0].head_repository = Some(RepositoryId(2));
        assert_eq!(aim(&Flow::pro(), &name("a"), RepositoryId(1), &pulls), None);
    }
}
