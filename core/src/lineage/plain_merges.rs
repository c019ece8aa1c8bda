//! Merges that hold no change of their own, as promotions mostly do not.

use super::git::Call;
use super::workbench::Workbench;
use super::{GitError, Repository, lines};
use crate::model::{Commit, CommitId, TreeId, error_chain};
use std::collections::HashMap;

/// So many merges are made again to compare; where there are more, nobody waits for the answer.
const MADE_AGAIN_AT_MOST: usize = 16;

impl Repository {
    /// Those of `commits` that are merges without a change of their own: their files are one parent's, or what git makes
    /// of the parents by itself. What cannot be told counts as a change.
    pub async fn plain_merges(&self, commits: &[&Commit]) -> Result<Vec<CommitId>, GitError> {
        let merges: Vec<&Commit> = commits.iter().copied().filter(|commit| commit.is_merge()).collect();
        let parents: Vec<CommitId> = merges.iter().flat_map(|merge| merge.parents.iter().copied()).collect();
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let trees: HashMap<CommitId, TreeId> =
            parents.iter().copied().zip(self.trees_of(&parents).await?).collect();
        let is_a_parents =
            |merge: &&Commit| merge.parents.iter().any(|it| trees.get(it) == Some(&merge.tree));
        let (plain, others): (Vec<&Commit>, Vec<&Commit>) = merges.into_iter().partition(is_a_parents);
        let mut plain: Vec<CommitId> = plain.into_iter().map(|merge| merge.id).collect();
        let others: Vec<&Commit> = others.into_iter().filter(|merge| merge.parents.len() == 2).collect();
        if !others.is_empty() && others.len() <= MADE_AGAIN_AT_MOST {
            match self.explained(self.made_by_git(&others).await).await {
                Ok(more) => plain.extend(more),
                Err(error) => {
                    tracing::debug!(error = error_chain(&error), "merges could not be made again to compare");
                }
            }
        }
        Ok(plain)
    }

    /// Those of `merges`, of two parents each, that git makes of their parents by itself.
    async fn made_by_git(&self, merges: &[&Commit]) -> Result<Vec<CommitId>, GitError> {
        let near: Vec<CommitId> = merges.iter().flat_map(|merge| merge.parents.iter().copied()).collect();
        self.bring_trees_of(&near).await?;
        let pairs: Vec<[CommitId; 2]> = merges.iter().map(|it| [it.parents[0], it.parents[1]]).collect();
        let made = self.workbench().await?.merge_all(&pairs).await?;
        let same = merges.iter().zip(made).filter(|(merge, made)| *made == Some(merge.tree));
        Ok(same.map(|(merge, _)| merge.id).collect())
    }
}

impl Workbench {
    /// What merging each pair of commits gives, in one run of git; `None` where they conflict.
    async fn merge_all(&self, pairs: &[[CommitId; 2]]) -> Result<Vec<Option<TreeId>>, GitError> {
        let call = Call::new("merge-tree")
            .args(["--write-tree", "--name-only", "--no-messages", "--stdin"])
            .input(lines::list(pairs.iter().map(|[ours, theirs]| format!("{ours} {theirs}"))))
            .fetching_files();
        read(&self.git.ask(call).await?, pairs.len())
    }
}

/// For each merge a status, the tree, and the paths in conflict, each ended by a NUL, then one NUL more.
fn read(answer: &[u8], merges: usize) -> Result<Vec<Option<TreeId>>, GitError> {
    let text = lines::text(answer);
    let mut fields = text.split('\0');
    let mut made = Vec::new();
    while let (Some(status @ ("0" | "1")), Some(tree)) = (fields.next(), fields.next()) {
        let tree = lines::id("merge-tree", tree)?;
        made.push((status == "1").then_some(tree));
        while fields.next().is_some_and(|path| !path.is_empty()) {}
    }
    if made.len() == merges { Ok(made) } else { Err(lines::unreadable("merge-tree", "a merge is missing")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_told_from_the_next() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let answer = format!("1\0{one}\0\x000\0{two}\0a file\0b\0\x001\0{two}\0\0");
        let tree = |digits: &str| Some(digits.parse::<TreeId>().unwrap());
        assert_eq!(read(answer.as_bytes(), 3).unwrap(), [tree(&one), None, tree(&two)]);
        assert!(read(answer.as_bytes(), 4).is_err());
        assert_eq!(read(b"", 0).unwrap(), []);
    }
}
