//! Who was merged into whom, by git alone: where a team merges without pull requests.
//!
//! A branch's line is its tip and that one's first parents. What was merged into it is told by the other parents of the
//! merges on its line: a commit on another branch's line stands for that branch, any other one for a topic that is gone.

use super::guess::{BranchMerges, TRUNK, stage};
use crate::model::{BranchName, CommitId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// A commit on a branch's line, with its parents.
pub type LineCommit = (CommitId, Vec<CommitId>);

/// Who was merged into whom, by the lines of branches.
pub fn merges_of_lines(lines: &BTreeMap<BranchName, Vec<LineCommit>>) -> Vec<BranchMerges> {
    let mut on: HashMap<CommitId, Vec<&BranchName>> = HashMap::new();
    for (branch, line) in lines {
        for (commit, _) in line {
            on.entry(*commit).or_default().push(branch);
        }
    }
    let mut times: BTreeMap<(BranchName, BranchName), usize> = BTreeMap::new();
    for (branch, line) in lines {
        let merges = line.iter().filter(|(commit, _)| own(&on, *commit) == Some(branch));
        for merged in merges.flat_map(|(_, parents)| parents.iter().skip(1)) {
            if let Some(from) = source(&on, *merged, branch) {
                *times.entry((from, branch.clone())).or_default() += 1;
            }
        }
    }
    times.into_iter().map(|((from, into), times)| BranchMerges { from, into, times }).collect()
}

/// The branch on whose line alone a commit is. A trunk that was moved along to another branch has that one's commits on its
/// own line; of any other two it cannot be told.
fn own<'a>(on: &HashMap<CommitId, Vec<&'a BranchName>>, commit: CommitId) -> Option<&'a BranchName> {
    let all = on.get(&commit)?;
    let mut others = all.iter().filter(|it| stage(it) != Some(TRUNK));
    match (others.next(), others.next(), &all[..]) {
        (Some(one), None, _) | (None, None, [one]) => Some(one),
        _ => None,
    }
}

/// What was merged with a commit: of several branches that it may have come from, the one furthest along the path.
fn source(
    on: &HashMap<CommitId, Vec<&BranchName>>,
    merged: CommitId,
    into: &BranchName,
) -> Option<BranchName> {
    let Some(all) = on.get(&merged) else {
        // A topic that nobody knows the name of any more.
        return BranchName::new(merged.to_string()).ok();
    };
    if all.contains(&into) {
        return None;
    }
    let along = |it: &&&BranchName| Reverse(stage(it).filter(|stage| *stage != TRUNK));
    all.iter().min_by_key(along).map(|it| BranchName::clone(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::BranchHistory;

    fn id(number: u8) -> CommitId {
        CommitId::from_bytes([number; 20])
    }

    /// Lines of branches: each commit as its number and those of its parents, the newest first.
    fn lines(all: &[(&str, &[&[u8]])]) -> BTreeMap<BranchName, Vec<LineCommit>> {
        let commit = |numbers: &&[u8]| (id(numbers[0]), numbers[1..].iter().map(|it| id(*it)).collect());
        let line = |(name, commits): &(&str, &[&[u8]])| {
            (BranchName::new(*name).unwrap(), commits.iter().map(commit).collect())
        };
        all.iter().map(line).collect()
    }

    fn told(lines: &BTreeMap<BranchName, Vec<LineCommit>>) -> Vec<String> {
        let short = |name: &BranchName| name.as_str().chars().take(10).collect::<String>();
        let merges = merges_of_lines(lines).into_iter();
        merges.map(|it| format!("{} > {} {}", short(&it.from), short(&it.into), it.times)).collect()
    }

    fn guessed(lines: &BTreeMap<BranchName, Vec<LineCommit>>) -> Option<String> {
        let branches = lines.keys().cloned().collect();
        let history = BranchHistory { branches, default_branch: None, merges: merges_of_lines(lines) };
        history.guess().map(|path| crate::model::config::in_one_line(&path))
    }

    #[test]
    fn promotions_and_topics_are_told_by_the_other_parents() {
        let lines = lines(&[
            ("develop", &[&[12, 11, 91], &[11, 10, 90], &[10, 1], &[1]]),
            ("uat", &[&[22, 21, 12], &[21, 1, 11], &[1]]),
            ("main", &[&[31, 1, 21], &[1]]),
        ]);
        assert_eq!(
            told(&lines),
            ["5a5a5a5a5a > develop 1", "5b5b5b5b5b > develop 1", "develop > uat 2", "uat > main 1"]
        );
        assert_eq!(guessed(&lines).as_deref(), Some("develop → uat → main, no copy branch"));
    }

    #[test]
    fn a_trunk_that_is_moved_along_is_a_copy_and_no_environment() {
        let production: &[&[u8]] = &[&[31, 1, 21], &[1]];
        let lines = lines(&[
            ("dev", &[&[11, 1, 90], &[1]]),
            ("staging", &[&[21, 1, 11], &[1]]),
            ("production", production),
            ("master", production),
        ]);
        assert_eq!(told(&lines), ["5a5a5a5a5a > dev 1", "dev > staging 1", "staging > production 1"]);
        assert_eq!(
            guessed(&lines).as_deref(),
            Some("dev → staging → production, master is a copy of production")
        );
    }

    #[test]
    fn what_cannot_be_told_counts_for_nobody() {
        // From before the branches were cut, and a branch that is merged into what it was cut from by a later merge.
        let before: &[&[u8]] = &[&[2, 1, 90], &[1]];
        let lines =
            lines(&[("develop", before), ("uat", before), ("main", &[&[3, 2, 1], &[2, 1, 90], &[1]])]);
        assert_eq!(told(&lines), [""; 0]);
        assert_eq!(guessed(&lines), None);
    }

    #[test]
    fn what_two_have_alike_came_from_the_one_further_along() {
        let ahead: &[&[u8]] = &[&[11, 1, 90], &[1]];
        let lines = lines(&[("develop", ahead), ("uat", ahead), ("main", &[&[31, 1, 11], &[1]])]);
        assert_eq!(told(&lines), ["uat > main 1"]);
    }
}
