//! The check runs that were desired, found by what they are on.

use super::reads;
use crate::model::RepositoryId;
use crate::store::{ChecksOf, Effect, StoreError, WorkItem};
use rusqlite::{Connection, named_params};

/// The keys of work items that begin alike lie side by side in the index.
pub(super) const CHECKS: &str = "
    SELECT u.key, e.content, e.substance, e.applied, e.github_id, e.attempted
    FROM work_items u JOIN effects e ON e.work_item = u.id
    WHERE u.key >= :from AND u.key < :to ORDER BY u.id DESC LIMIT :limit";

/// More checks of one kind than these are not looked through.
const AT_MOST: u32 = 500;

pub(super) fn checks(
    connection: &Connection,
    repository: RepositoryId,
    of: ChecksOf,
) -> Result<Vec<(WorkItem, Effect)>, StoreError> {
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(CHECKS)?;
    for (from, to) in ranges(repository, of) {
        let parameters = named_params! { ":from": from, ":to": to, ":limit": AT_MOST };
        let rows = statement.query_map(parameters, |row| Ok((row.get("key")?, reads::effect_from(row)?)))?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// From which key on, and before which: `;` is what comes after `:`.
fn ranges(id: RepositoryId, of: ChecksOf) -> Vec<(String, String)> {
    let all_of = |kind: &str| (format!("{kind}:{id}:"), format!("{kind}:{id};"));
    match of {
        ChecksOf::Copy => vec![all_of("copy-check")],
        ChecksOf::Configuration => vec![all_of("configuration-check")],
        ChecksOf::Commit(commit) => {
            let one = |kind: &str| (format!("{kind}:{id}:{commit}"), format!("{kind}:{id}:{commit};"));
            vec![one("check"), one("configuration-check"), one("copy-check")]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchName, CommitId};

    fn within((from, to): &(String, String), item: &WorkItem) -> bool {
        let key = item.to_string();
        *from <= key && key < *to
    }

    #[test]
    fn the_checks_of_one_repository_and_commit_lie_between_their_keys_and_no_others() {
        let (id, commit) = (RepositoryId(4), CommitId::from_bytes([7; 20]));
        let work_items = |id, commit| {
            let branch = BranchName::new("é/ü").unwrap();
            [
                WorkItem::Check(id, commit, branch),
                WorkItem::ConfigurationCheck(id, commit),
                WorkItem::CopyCheck(id, commit),
            ]
        };
        let found = |of| {
            let ranges = ranges(id, of);
            let all = [id, RepositoryId(42), RepositoryId(5)].map(|id| {
                [commit, CommitId::from_bytes([8; 20])].map(|commit| {
                    work_items(id, commit)
                        .map(|item| ranges.iter().filter(|range| within(range, &item)).count())
                })
            });
            let others: usize = all[1..].iter().flatten().flatten().sum();
            assert_eq!(others, 0, "another repository's");
            all[0]
        };
        assert_eq!(found(ChecksOf::Commit(commit)), [[1, 1, 1], [0, 0, 0]]);
        assert_eq!(found(ChecksOf::Copy), [[0, 0, 1], [0, 0, 1]]);
        assert_eq!(found(ChecksOf::Configuration), [[0, 1, 0], [0, 1, 0]]);
    }
}
