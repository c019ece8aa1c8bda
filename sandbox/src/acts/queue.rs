//! A merge queue, one group at a time: pull requests put on top of each other, to be checked together.

use std::sync::Arc;

use serde_json::json;

use super::merging::github_merge;
use super::refs::move_refs;
use crate::Refused;
use crate::hub::Hub;
use crate::shape;
use crate::webhooks::{Event, Scope};

/// A group that waits for its checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    /// The commit that the base would point at.
    pub head_sha: String,
    /// What it was put on.
    pub base_sha: String,
    /// Its branch, by its full name.
    pub head_ref: String,
}

/// Puts pull requests of one base on top of it, in this order, and asks for checks of the result.
pub(crate) async fn group(
    hub: &Arc<Hub>,
    repository: u64,
    base: &str,
    numbers: &[u64],
    sender: u64,
) -> Result<MergeGroup, Refused> {
    let base_sha = hub.with(|world| {
        let home = world.repository(repository).ok_or_else(Refused::not_found)?;
        home.branch(base).map(str::to_owned).ok_or_else(Refused::not_found)
    })?;
    let mut head_sha = base_sha.clone();
    for number in numbers {
        head_sha = github_merge(hub, repository, *number, &head_sha).await?;
    }
    let last = numbers.last().copied().unwrap_or_default();
    let head_ref = format!("refs/heads/gh-readonly-queue/{base}/pr-{last}-{base_sha}");
    let refs = vec![(head_ref.clone(), Some(head_sha.clone()))];
    move_refs(hub, repository, refs, sender, None).await?;
    let info = hub.git.commit_info(repository, &head_sha).await?.ok_or_else(Refused::not_found)?;
    let group = MergeGroup { head_sha, base_sha, head_ref };
    hub.with(|world| {
        let fields = json!({
            "merge_group": {
                "head_sha": group.head_sha,
                "head_ref": group.head_ref,
                "base_sha": group.base_sha,
                "base_ref": format!("refs/heads/{base}"),
                "head_commit": shape::simple_commit(&info),
            },
        });
        let scope = Scope::Repository(repository);
        let action = Some("checks_requested");
        world.emit(&Event { name: "merge_group", action, scope, sender, fields });
    });
    Ok(group)
}
