//! All paths on both sides of a merge that nobody has made yet.

use super::git::Call;
use super::tree::entries;
use super::{GitError, Repository};
use crate::model::{CommitId, MergeOutcome, TreeEntry, TreeId};

/// The paths before and after a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedFiles {
    /// Those of the base, or of where the head has left it.
    pub before: Vec<TreeEntry>,
    /// Those that the merge would give, or those of the head.
    pub after: Vec<TreeEntry>,
    /// The tree of `after`, where the merge would give it.
    pub tree: Option<TreeId>,
}

impl Repository {
    /// What merging `head` into `base` would make of the base's paths. Where that is not known, because it conflicts, or
    /// because this is a person's clone, in which nothing is written: what the head has made of those where it left the
    /// base. Where the two share no commit, the head against the base.
    pub async fn merged_files(&self, head: CommitId, base: CommitId) -> Result<MergedFiles, GitError> {
        let Some(common) = self.merge_base(head, base).await? else {
            return self.sides(&base.to_string(), &head.to_string(), &[base, head]).await;
        };
        if common == base || !self.writable {
            let files = self.sides(&common.to_string(), &head.to_string(), &[common, head]).await?;
            let tree = if common == base { self.tree(head).await? } else { None };
            return Ok(MergedFiles { tree, ..files });
        }
        match self.merge(head, base, common).await?.outcome {
            MergeOutcome::Clean { tree } => {
                self.bring_trees(vec![tree]).await?;
                let files = self.sides(&base.to_string(), &tree.to_string(), &[base]).await?;
                Ok(MergedFiles { tree: Some(tree), ..files })
            }
            MergeOutcome::Conflicts { .. } => {
                self.sides(&common.to_string(), &head.to_string(), &[common, head]).await
            }
        }
    }

    async fn sides(&self, before: &str, after: &str, commits: &[CommitId]) -> Result<MergedFiles, GitError> {
        self.bring_trees_of(commits).await?;
        let (before, after) = (self.paths_of(before).await?, self.paths_of(after).await?);
        Ok(MergedFiles { before, after, tree: None })
    }

    /// Every path of a commit or a tree, in git's order.
    pub(super) async fn paths_of(&self, tree: &str) -> Result<Vec<TreeEntry>, GitError> {
        let call = Call::new("ls-tree").args(["-r", "-z", "--full-tree", tree]);
        entries(&self.git.ask(call.fetching_files()).await?)
    }
}
