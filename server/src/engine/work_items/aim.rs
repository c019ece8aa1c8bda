//! What a pull request finally aims at: a stacked one goes into a topic that goes on.

use crate::model::{BranchName, PromotionPath, PullRequest, PullRequestState, RepositoryId, Role};

/// The branch of the path that a pull request ends up on; `None` if on none.
///
/// Of one in a stack GitHub tells where all of it goes, and asks for the checks of that trunk. Else a topic goes on as
/// the head of an open pull request, of several as the one with the lowest number that gets somewhere. A fork's branch
/// is another one than the repository's own of that name.
pub(super) fn aim(path: &PromotionPath, pull: &PullRequest, open: &[PullRequest]) -> Option<BranchName> {
    let own_base = Some(&pull.base_branch).filter(|base| path.role(base) != Role::Topic);
    // A trunk that is on no path leaves one that goes into a branch of the path with that one's question.
    ends_on(path, goes_on_to(pull), pull.repository, open).or_else(|| own_base.cloned())
}

/// Where a pull request leads.
fn goes_on_to(pull: &PullRequest) -> &BranchName {
    pull.stack.as_ref().map_or(&pull.base_branch, |stack| &stack.trunk)
}

fn ends_on(
    path: &PromotionPath,
    base: &BranchName,
    own: RepositoryId,
    open: &[PullRequest],
) -> Option<BranchName> {
    let mut seen = vec![base];
    let mut ahead = vec![base];
    while let Some(branch) = ahead.pop() {
        if path.role(branch) != Role::Topic {
            return Some(branch.clone());
        }
        let goes_on = |it: &&PullRequest| {
            it.state == PullRequestState::Open && it.head_repository == Some(own) && it.head_branch == *branch
        };
        let mut next: Vec<&PullRequest> = open.iter().filter(goes_on).collect();
        // The lowest number is looked at first, to its end.
        next.sort_by_key(|it| std::cmp::Reverse(it.number));
        for pull in next {
            let next = goes_on_to(pull);
            if !seen.contains(&next) {
                seen.push(next);
                ahead.push(next);
            }
        }
    }
    None
}

/// The branch of the path that a pull request in a stack goes into itself, where it is judged for another one.
pub(super) fn own_base<'a>(
    path: &PromotionPath,
    row: &'a PullRequest,
    aimed: &BranchName,
) -> Option<&'a BranchName> {
    let base = Some(&row.base_branch).filter(|base| *base != aimed && row.stack.is_some());
    base.filter(|base| path.role(base) != Role::Topic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, PullNumber, PullRequestDetails, Stack, UnixMillis};

    fn name(branch: &str) -> BranchName {
        BranchName::new(branch).unwrap()
    }

    fn open(pulls: &[(u64, &str, &str)]) -> Vec<PullRequest> {
        let row = |(number, head, base): &(u64, &str, &str)| PullRequest {
            repository: RepositoryId(1),
            number: PullNumber(*number),
            state: PullRequestState::Open,
            head_branch: name(head),
            head_commit: CommitId::from_bytes([1; 20]),
            head_repository: Some(RepositoryId(1)),
            base_branch: name(base),
            author: String::new(),
            updated_at: UnixMillis(0),
            merged: None,
            stack: None,
            details: PullRequestDetails::default(),
        };
        pulls.iter().map(row).collect()
    }

    fn aimed(base: &str, pulls: &[(u64, &str, &str)]) -> Option<String> {
        aimed_of(&open(&[(99, "head", base)])[0], &open(pulls))
    }

    fn aimed_of(pull: &PullRequest, open: &[PullRequest]) -> Option<String> {
        let found = aim(&PromotionPath::pro(), pull, open);
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
        assert_eq!(aimed_of(&open(&[(99, "head", "a")])[0], &pulls), None);
    }

    #[test]
    fn of_a_stack_the_trunk_counts() {
        let on = |trunk: &str| Some(Stack { number: Some(7), trunk: name(trunk) });
        let chain = open(&[(1, "a", "integration")]);
        let mut pull = open(&[(2, "b", "a")])[0].clone();
        pull.stack = on("staging");
        assert_eq!(aimed_of(&pull, &chain).as_deref(), Some("staging"), "whatever the bases say");
        pull.stack = on("a");
        assert_eq!(aimed_of(&pull, &chain).as_deref(), Some("integration"), "a trunk that goes on");
        pull.stack = on("release/1");
        assert_eq!(aimed_of(&pull, &chain), None);
        pull.base_branch = name("staging");
        assert_eq!(aimed_of(&pull, &chain).as_deref(), Some("staging"), "it is a question all the same");
        let mut lower = chain.clone();
        lower[0].stack = on("production");
        let above = open(&[(3, "c", "a")])[0].clone();
        assert_eq!(aimed_of(&above, &lower).as_deref(), Some("production"), "what stands on a member");
    }
}
