//! What an environment brings to the next one, and what a downstream one would carry back.

use std::collections::HashSet;

use super::git::Call;
use super::snapshots::without_snapshots;
use super::{BranchTip, GitError, Repository, lines};
use crate::flow::{BackMergeHistory, Commit, CommitId, MergeOutcome, PromotionHistory, Pull, TreeId};

/// With more commits than this on the other side, patches are not compared: it would take minutes and
/// need the files of each.
pub(super) const COMPARED_AT_MOST: usize = 5_000;

/// What is asked about a promotion or a back-merge.
#[derive(Debug, Clone, Copy)]
pub struct PromotionQuestion<'a> {
    /// The two ends.
    pub pull: &'a Pull,
    /// The branches upstream of the downstream end: their states are what promotions repeat.
    pub upstream: &'a [&'a BranchTip],
    /// Whether a merge that comes out different from the head needs a cause. A conflict always does.
    pub same_files_expected: bool,
}

impl Repository {
    /// The history a promotion is judged by.
    pub async fn promotion(&self, question: PromotionQuestion<'_>) -> Result<PromotionHistory, GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let (trees, brings, merge_base) =
            tokio::join!(self.trees(head, base), self.count_brought(head, base), self.merge_base(head, base));
        let ((head_tree, base_tree), brings, merge_base) = (trees?, brings?, merge_base?);
        let merge = match merge_base {
            // Histories without a common commit do not merge by themselves, and name no path.
            None => MergeOutcome::Conflicts { paths: Vec::new() },
            Some(common) if common == base || head_tree == base_tree => {
                MergeOutcome::Clean { tree: head_tree }
            }
            Some(common) if common == head => MergeOutcome::Clean { tree: base_tree },
            Some(common) => self.merge(head, base, common).await?,
        };
        let needs_cause = match &merge {
            MergeOutcome::Conflicts { .. } => merge_base.is_some(),
            MergeOutcome::Clean { tree } => question.same_files_expected && brings > 0 && *tree != head_tree,
        };
        let only_on_base =
            if needs_cause { self.causes(base, head, question.upstream).await? } else { Vec::new() };
        let related = merge_base.is_some();
        Ok(PromotionHistory { related, head_tree, base_tree, brings, merge, only_on_base })
    }

    /// The history a back-merge is judged by.
    pub async fn back_merge(&self, question: PromotionQuestion<'_>) -> Result<BackMergeHistory, GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let (private, merge_base) =
            tokio::join!(self.private(head, base, question.upstream), self.merge_base(head, base));
        let private = private?;
        let carries = self.without_equivalents(private, head, base).await;
        Ok(BackMergeHistory { related: merge_base?.is_some(), carries })
    }

    /// The commits only `base` has that explain why merging `head` does not give `head`'s files.
    ///
    /// A commit with an equivalent on the head can still be the cause (the head took it over and reverted
    /// it since), so if nothing else is left those are named rather than nothing.
    async fn causes(
        &self,
        base: CommitId,
        head: CommitId,
        upstream: &[&BranchTip],
    ) -> Result<Vec<Commit>, GitError> {
        let private = self.private(base, head, upstream).await?;
        let without = self.without_equivalents(private.clone(), base, head).await;
        Ok(if without.is_empty() { private } else { without })
    }

    /// The non-merge commits that `downstream` has and `other` has not, the newest first, without those
    /// that only repeat a state of an upstream branch.
    async fn private(
        &self,
        downstream: CommitId,
        other: CommitId,
        upstream: &[&BranchTip],
    ) -> Result<Vec<Commit>, GitError> {
        let range = [downstream.to_string(), format!("^{other}")];
        let mut private = self.log(&["--topo-order", "--no-merges"], &range).await?;
        if private.is_empty() {
            return Ok(private);
        }
        let tips: HashSet<CommitId> = upstream.iter().map(|tip| tip.commit).chain([other]).collect();
        let mut states = Vec::new();
        for tip in tips {
            states.push(self.first_parent_trees(tip, downstream).await?);
        }
        private = without_snapshots(private, &states);
        Ok(private)
    }

    /// `private` without the commits that have an equivalent (the same patch) among those only `other` has.
    ///
    /// Comparing patches needs files, which may be out of reach: then nothing is taken away.
    async fn without_equivalents(
        &self,
        private: Vec<Commit>,
        downstream: CommitId,
        other: CommitId,
    ) -> Vec<Commit> {
        if private.is_empty() {
            return private;
        }
        match self.without_common_patches(downstream, other).await {
            Ok(without) => private.into_iter().filter(|commit| without.contains(&commit.id)).collect(),
            Err(error) => {
                tracing::warn!(%error, "patches could not be compared; commits are told apart by name only");
                private
            }
        }
    }

    /// The non-merge commits only `downstream` has whose patch none of those only `other` has repeats.
    async fn without_common_patches(
        &self,
        downstream: CommitId,
        other: CommitId,
    ) -> Result<HashSet<CommitId>, GitError> {
        let on_the_other_side = self.count_brought(other, downstream).await?;
        if on_the_other_side > COMPARED_AT_MOST {
            let why = format!("{on_the_other_side} commits are too many to compare patches with");
            return Err(GitError::Unreadable { what: "rev-list", why });
        }
        self.bring_trees_between(downstream, other).await?;
        let call = Call::new("rev-list")
            .args(["--left-only", "--cherry-pick", "--no-merges", "--end-of-options"])
            .arg(format!("{downstream}...{other}"))
            .fetching_files();
        let answer = self.git.ask(call).await?;
        Ok(lines::ids("rev-list", &answer)?.into_iter().collect())
    }

    /// The trees on the first-parent chain of `tip` that `downstream` does not reach, the newest first.
    async fn first_parent_trees(&self, tip: CommitId, downstream: CommitId) -> Result<Vec<TreeId>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--no-commit-header", "--format=%T", "--end-of-options"])
            .args([tip.to_string(), format!("^{downstream}")]);
        let answer = self.git.ask(call).await?;
        lines::read_lines("rev-list", &answer, |line| line.parse().ok())
    }

    async fn trees(&self, head: CommitId, base: CommitId) -> Result<(TreeId, TreeId), GitError> {
        let commits = self.log(&["--no-walk=unsorted"], &[head.to_string(), base.to_string()]).await?;
        let tree = |id: CommitId| commits.iter().find(|commit| commit.id == id).map(|commit| commit.tree);
        match (tree(head), tree(base)) {
            (Some(head), Some(base)) => Ok((head, base)),
            _ => Err(GitError::Unreadable { what: "rev-list", why: "a commit is not listed".to_owned() }),
        }
    }

    pub(super) async fn count_brought(&self, head: CommitId, base: CommitId) -> Result<usize, GitError> {
        let call = Call::new("rev-list").args(["--count", "--end-of-options"]);
        let answer = self.git.ask(call.args([head.to_string(), format!("^{base}")])).await?;
        let count = lines::text(&answer);
        let why = || format!("unexpected: {count}");
        count.trim().parse().map_err(|_| GitError::Unreadable { what: "rev-list", why: why() })
    }

    /// One best common ancestor, if there is any.
    async fn merge_base(&self, head: CommitId, base: CommitId) -> Result<Option<CommitId>, GitError> {
        let call = Call::new("merge-base").args(["--end-of-options", &base.to_string(), &head.to_string()]);
        let answer = self.git.run(call).await?;
        if answer.status == 1 {
            return Ok(None);
        }
        lines::id("merge-base", lines::text(&answer.ok()?).trim()).map(Some)
    }

    /// What merging `head` into `base` would produce.
    async fn merge(
        &self,
        head: CommitId,
        base: CommitId,
        common: CommitId,
    ) -> Result<MergeOutcome, GitError> {
        if let Some(tree) = self.test_merge(head, base).await? {
            return Ok(MergeOutcome::Clean { tree });
        }
        self.bring_trees_of(&[common, head, base]).await?;
        self.workbench().await?.merge(&base.to_string(), &head.to_string()).await
    }

    /// The tree of GitHub's own test merge, where it is here and of exactly these two commits.
    async fn test_merge(&self, head: CommitId, base: CommitId) -> Result<Option<TreeId>, GitError> {
        let Some(number) = self.pull else { return Ok(None) };
        let Some(merged) = self.resolve(&format!("refs/pull/{number}/merge")).await? else {
            return Ok(None);
        };
        let commits = self.log(&["--no-walk"], &[merged.to_string()]).await?;
        Ok(commits.first().filter(|commit| commit.parents == [base, head]).map(|commit| commit.tree))
    }
}
