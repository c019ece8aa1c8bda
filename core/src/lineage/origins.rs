//! Which pull request a commit came with.

use std::collections::{HashMap, HashSet};

use super::Ledger;
use crate::model::{Commit, CommitId, MergedPull, Origin};

/// The commits with the pull requests that brought them, as far as those are recorded.
///
/// A recorded merge names its own commit, and what its head reaches among `commits` and no earlier pull
/// request brought. Commits that nothing is recorded of stay as they are.
pub(super) fn named(mut commits: Vec<Commit>, ledger: &Ledger) -> Vec<Commit> {
    let Some(records) = ledger.merged().filter(|it| !it.is_empty()) else { return commits };
    let origins = Origins::of(&commits, records);
    for commit in &mut commits {
        commit.origin = origins.0.get(&commit.id).map(|origin| (*origin).clone());
    }
    commits
}

struct Origins<'a>(HashMap<CommitId, &'a Origin>);

impl<'a> Origins<'a> {
    fn of(commits: &[Commit], records: &'a [MergedPull]) -> Self {
        let parents: HashMap<CommitId, &[CommitId]> =
            commits.iter().map(|commit| (commit.id, commit.parents.as_slice())).collect();
        let mut origins = HashMap::new();
        // Merges first: below one of them lies what came by others.
        for record in records {
            if let Some(made) = record.commit.filter(|id| parents.contains_key(id)) {
                origins.entry(made).or_insert(&record.origin);
            }
        }
        for record in records.iter().filter(|it| parents.contains_key(&it.head)) {
            let mut ahead = vec![record.head];
            let mut seen = HashSet::new();
            while let Some(id) = ahead.pop() {
                let Some(above) = parents.get(&id).filter(|_| seen.insert(id)) else { continue };
                // What an earlier pull request brought, it brought with all below it.
                if origins.contains_key(&id) {
                    continue;
                }
                origins.insert(id, &record.origin);
                ahead.extend(*above);
            }
        }
        Self(origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchName, MergeMethod, PullNumber, UnixSeconds};

    fn id(number: u8) -> CommitId {
        CommitId::from_bytes([number; 20])
    }

    fn commit(number: u8, parents: &[u8]) -> Commit {
        Commit {
            id: id(number),
            tree: crate::model::TreeId::from_bytes([0; 20]),
            parents: parents.iter().map(|parent| id(*parent)).collect(),
            subject: String::new(),
            author: String::new(),
            committed_at: UnixSeconds(0),
            made_by_github: false,
            origin: None,
        }
    }

    fn merged(number: u64, head: u8, made: Option<u8>) -> MergedPull {
        let branch = BranchName::new(format!("feature/{number}")).unwrap();
        MergedPull {
            origin: Origin { number: Some(PullNumber(number)), branch, author: None, fork: false },
            head: id(head),
            base: BranchName::new("staging").unwrap(),
            method: Some(MergeMethod::Merge),
            commit: made.map(id),
        }
    }

    #[test]
    fn each_commit_is_named_by_the_pull_request_that_first_brought_it() {
        // 1 ← 2 is #7, merged by 3; 4 on top of 2 is #8, merged by 5; 6 is nobody's.
        let commits = vec![
            commit(6, &[5]),
            commit(5, &[3, 4]),
            commit(4, &[2]),
            commit(3, &[9, 2]),
            commit(2, &[1]),
            commit(1, &[9]),
        ];
        let mut ledger = Ledger::default();
        ledger.set_merged(vec![merged(7, 2, Some(3)), merged(8, 4, Some(5))]);
        let named = named(commits, &ledger);
        let numbers: Vec<_> =
            named.iter().map(|it| it.origin.as_ref().and_then(|it| it.number).map(|it| it.0)).collect();
        assert_eq!(numbers, [None, Some(8), Some(8), Some(7), Some(7), Some(7)]);
    }
}
