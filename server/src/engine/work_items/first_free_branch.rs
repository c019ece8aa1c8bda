//! A branch for commits that Towpath makes: the first free one of some names.

use super::not_done::NotDone;
use crate::lineage::{BranchError, Pushed, Repository};
use crate::model::{BranchName, CommitId, ForPeople};

/// How many names are tried.
const NAMES_TRIED: u32 = 9;

/// `name`, `name-2`, `name-3` and so on, as far as they are tried.
pub(super) fn names(name: &str) -> impl Iterator<Item = BranchName> {
    let more = (2..=NAMES_TRIED).map(move |number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(more).filter_map(|name| BranchName::new(name).ok())
}

/// Gives the commit a branch of its own: of those names the first that is free, or has it already.
pub(super) async fn push_to_first_free(
    repository: &Repository,
    name: &str,
    commit: CommitId,
) -> Result<(BranchName, Pushed), NotDone> {
    for branch in names(name) {
        match repository.push_new_branch(&branch, commit).await {
            Ok(pushed) => return Ok((branch, pushed)),
            Err(BranchError::Exists { .. } | BranchError::InTheWay { .. }) => {}
            Err(error @ (BranchError::Refused { .. } | BranchError::Unfit { .. })) => {
                return Err(NotDone::Refused(error.for_people()));
            }
            Err(BranchError::Git(error)) => return Err(error.into()),
        }
    }
    Err(NotDone::refused(format!("every branch name like {name} is taken")))
}
