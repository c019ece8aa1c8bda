//! Pull requests in a stack: what is known of it, and the check for the branch that one goes into itself.
//!
//! The verdict is for the trunk, as GitHub asks for the trunk's checks. Where a member goes into another branch of the
//! path, GitHub asks for that one's as soon as the stack is dissolved, and tells nobody; so it is kept up to date, too.

use super::{Judged, PullRequestWork, ends};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::aim::{aim, own_base};
use crate::model::{
    BranchName, PromotionPath, PullRequest, PullRequestState, Role, StackFacts, StackMember, Verdict,
};
use crate::policy;
use crate::report::{CheckText, RECHECK, Subject};
use crate::store::Change;

/// What is known of a pull request's neighbours, among those that are open.
pub(in crate::engine::work_items) fn stack_facts(
    path: &PromotionPath,
    row: &PullRequest,
    open: &[PullRequest],
) -> StackFacts {
    let others: Vec<&PullRequest> = open.iter().filter(|it| is_another(row, it)).collect();
    let member = row.stack.as_ref().map(|stack| {
        let same = others.iter().filter(|it| is_with(row, it)).copied();
        let mut members: Vec<&PullRequest> = same.chain([row]).filter(|it| is_of_path(path, it)).collect();
        members.sort_by_key(|it| it.number);
        let mut heads: Vec<BranchName> = Vec::new();
        for member in members {
            if !heads.contains(&member.head_branch) {
                heads.push(member.head_branch.clone());
            }
        }
        StackMember { stack: stack.clone(), heads, goes_into: row.base_branch.clone() }
    });
    let chained = others.iter().filter(|it| is_chain(path, row, it));
    StackFacts { member, chained_with: chained.map(|it| it.origin()).collect() }
}

fn is_another(row: &PullRequest, other: &PullRequest) -> bool {
    other.number != row.number && other.state == PullRequestState::Open
}

/// Whether two pull requests are in the same stack. Without its number the trunk has to tell.
pub(in crate::engine::work_items) fn is_with(row: &PullRequest, other: &PullRequest) -> bool {
    let (Some(one), Some(another)) = (&row.stack, &other.stack) else { return false };
    match (one.number, another.number) {
        // Each was told when it changed itself, so their trunks may be of different times.
        (Some(one), Some(another)) => one == another,
        _ => one.trunk == another.trunk,
    }
}

/// Whether a branch of the path is the head: then others build on it, and nobody may rewrite it.
pub(in crate::engine::work_items) fn is_of_path(path: &PromotionPath, row: &PullRequest) -> bool {
    row.head_repository == Some(row.repository) && path.role(&row.head_branch) != Role::Topic
}

/// Whether two promotions are a chain that GitHub's pages offer to make a stack. Topics into an environment that is
/// being promoted are offered the same, but that is every topic nearly always.
pub(in crate::engine::work_items) fn is_chain(
    path: &PromotionPath,
    one: &PullRequest,
    other: &PullRequest,
) -> bool {
    let on_top = |upper: &PullRequest, lower: &PullRequest| upper.base_branch == lower.head_branch;
    let free = [one, other].iter().all(|it| it.stack.is_none() && is_of_path(path, it));
    free && (on_top(one, other) || on_top(other, one))
}

impl PullRequestWork<'_> {
    /// The check for the branch that it goes into itself, where that is not the one it is judged for. Nothing decided
    /// there is nothing decided here.
    pub(super) async fn check_for_own_base(&self, judged: &Judged) -> Result<Option<Change>, WorkError> {
        let row = &judged.row;
        let Some(base) = own_base(&self.config.path, row, &judged.pull.base.branch) else { return Ok(None) };
        let (pull, verdict, forecast) = match &judged.for_own_base {
            Some(also) => also.clone(),
            None => (ends(row, base.clone()), judged.verdict.clone(), None),
        };
        let (for_own_base, look_again, error) = (None, None, None);
        let also = Judged { row: row.clone(), pull, verdict, forecast, for_own_base, look_again, error };
        self.check(&also, false).await.map(Some)
    }

    /// What can be done by a button is done by the verdict for the trunk; the other check has the one that looks again.
    pub(super) fn without_dead_buttons(&self, judged: &Judged, text: &mut CheckText) {
        let aimed = aim(&self.config.path, &judged.row, &self.open);
        if aimed.is_some_and(|aimed| aimed != judged.pull.base.branch) {
            text.actions.retain(|action| *action == RECHECK);
        }
    }

    fn by_stack_alone(&self, row: &PullRequest, base: &BranchName) -> Verdict {
        let stacks = stack_facts(&self.config.path, row, &self.open);
        policy::judge_stack(&self.config.path, &ends(row, base.clone()), &stacks)
    }

    /// Those that have a check in common with `judged` because they go into its base themselves, though they are judged
    /// for their trunk.
    pub(super) fn sharing_by_own_base(&self, judged: &Judged) -> Vec<(Subject, Verdict)> {
        let (path, base) = (&self.config.path, &judged.pull.base.branch);
        let open = &self.open;
        let shares = |row: &&PullRequest| {
            let aimed = aim(path, row, open);
            is_another(&judged.row, row)
                && row.head_commit == judged.row.head_commit
                && aimed.is_some_and(|aimed| own_base(path, row, &aimed) == Some(base))
        };
        let of = |row: &PullRequest| {
            let subject = self.subject_of(row.number, &ends(row, base.clone()));
            (subject, self.by_stack_alone(row, base))
        };
        open.iter().filter(shares).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, PullNumber, PullRequestDetails, RepositoryId, Stack, UnixMillis};

    fn member(number: Option<u64>, trunk: &str) -> PullRequest {
        let name = |branch| BranchName::new(branch).unwrap();
        PullRequest {
            repository: RepositoryId(1),
            number: PullNumber(1),
            state: PullRequestState::Open,
            head_branch: name("head"),
            head_commit: CommitId::from_bytes([1; 20]),
            head_repository: Some(RepositoryId(1)),
            base_branch: name("base"),
            author: String::new(),
            updated_at: UnixMillis(0),
            merged: None,
            stack: Some(Stack { number, trunk: name(trunk) }),
            details: PullRequestDetails::default(),
        }
    }

    #[test]
    fn a_stack_is_known_by_its_number_and_else_by_its_trunk() {
        let one = member(Some(7), "staging");
        assert!(is_with(&one, &member(Some(7), "production")), "told before the trunk was another one");
        assert!(!is_with(&one, &member(Some(8), "staging")));
        assert!(is_with(&one, &member(None, "staging")));
        assert!(!is_with(&one, &member(None, "production")));
        assert!(!is_with(&one, &PullRequest { stack: None, ..one.clone() }));
    }
}
