//! Which commit somebody means by its first digits.

use super::change_status::{MERGED_AT_MOST, NotTold, own_commit};
use crate::lineage::Repository;
use crate::model::{CommitId, PromotionPath, RepositoryId};
use crate::store::Store;
use std::collections::BTreeSet;

/// How many deploys of each environment are looked through.
const DEPLOYS_AT_MOST: u32 = 10_000;

/// The commits that begin with these digits, among what the server has stored of a repository and, where nothing there
/// does, among all that git has.
pub async fn commits_that_begin(
    store: &dyn Store,
    repository: &Repository,
    path: &PromotionPath,
    (id, digits): (RepositoryId, &str),
) -> Result<BTreeSet<CommitId>, NotTold> {
    let mut known: Vec<CommitId> = store.tips(id, None).await?.iter().filter_map(|it| it.commit).collect();
    for environment in &path.environments {
        let deploys = store.newest_deploys(id, &environment.name, DEPLOYS_AT_MOST).await?;
        known.extend(deploys.iter().map(|it| it.commit));
    }
    let merged = store.merged_pulls(id, MERGED_AT_MOST).await?;
    known.extend(merged.iter().flat_map(|it| [own_commit(it), it.head_commit]));
    known.retain(|it| it.to_string().starts_with(digits));
    if known.is_empty() {
        // A branch may have such a name; it is no commit that was asked about.
        let found = repository.resolve(digits).await?;
        known.extend(found.filter(|it| it.to_string().starts_with(digits)));
    }
    Ok(known.into_iter().collect())
}
