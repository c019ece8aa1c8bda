//! What an environment brings to the next one, and what only the next one has.

use std::collections::{HashMap, HashSet};

use super::git::{Call, Git};
use super::snapshots::{Sorted, sort_out_snapshots};
use super::workbench::Workbench;
use super::{BranchTip, GitError, Ledger, Repository, lines, origins};
use crate::model::{
    BranchName, Commit, CommitId, Deployed, IgnoredPaths, MergeOutcome, PromotionHistory, PullEnds, TreeId,
    error_chain,
};

/// With more commits than this on either side, patches are not compared: it would take minutes and
/// need the files of each.
pub(super) const COMPARED_AT_MOST: usize = 5_000;

/// Of more commits than this it is not asked what each has changed.
const TOUCHING_AT_MOST: usize = 100;

/// What is asked about a promotion or a back-merge.
#[derive(Debug, Clone, Copy)]
pub struct PromotionQuestion<'a> {
    /// The two ends.
    pub pull: &'a PullEnds,
    /// The branches upstream of the downstream end: their states are what promotions repeat.
    pub upstream: &'a [&'a BranchTip],
    /// Whether a merge that comes out different from the head needs a cause. A conflict always does.
    pub same_files_expected: bool,
    /// The paths whose differences count for nothing, where any were named.
    pub ignored: Option<&'a IgnoredPaths>,
    /// The name of the environment that the head is, where it is one.
    pub from: Option<&'a str>,
    /// What git forgets.
    pub ledger: &'a Ledger,
}

impl Repository {
    /// The history a promotion is judged by.
    pub async fn promotion(&self, question: PromotionQuestion<'_>) -> Result<PromotionHistory, GitError> {
        self.explained(self.promoted(question).await).await
    }

    async fn promoted(&self, question: PromotionQuestion<'_>) -> Result<PromotionHistory, GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let (trees, brings, merge_base) =
            tokio::join!(self.trees(head, base), self.count_brought(head, base), self.merge_base(head, base));
        let ((head_tree, base_tree), brings, merge_base) = (trees?, brings?, merge_base?);
        let merged = match merge_base {
            // Histories without a common commit do not merge by themselves, and name no path.
            None => Merged::known(MergeOutcome::Conflicts { paths: Vec::new() }),
            Some(common) if common == base || head_tree == base_tree => {
                Merged::known(MergeOutcome::Clean { tree: head_tree })
            }
            Some(common) if common == head => Merged::known(MergeOutcome::Clean { tree: base_tree }),
            Some(common) => self.merge(head, base, common).await?,
        };
        let differing = match &merged.outcome {
            MergeOutcome::Clean { tree } if question.same_files_expected && brings > 0 => {
                self.differing(&merged, (*tree, head_tree), question.ignored).await?
            }
            _ => Vec::new(),
        };
        let differs = !differing.is_empty();
        let merge = merged.outcome;
        let conflicts = matches!(merge, MergeOutcome::Conflicts { .. }) && merge_base.is_some();
        let is_apart = differs || conflicts;
        let (Sorted { kept, snapshots, .. }, is_missing) = if is_apart {
            self.causes(&question, &differing).await?
        } else {
            (Sorted::default(), brings == 0 && head_tree != base_tree)
        };
        let on_upstream = match (is_missing, is_apart) {
            (true, _) => self.on_upstream(&question).await?,
            (false, true) => self.joined_upstream(&question).await?,
            (false, false) => Vec::new(),
        };
        let deployed = question.from.map(|name| question.ledger.deployed(name, head_tree));
        Ok(PromotionHistory {
            related: merge_base.is_some(),
            head_tree,
            base_tree,
            brings,
            merge,
            only_on_base: origins::named(kept, question.ledger),
            cut_by: snapshots.into_iter().next(),
            on_upstream,
            merge_back: None,
            differs,
            differing,
            deployed: deployed.unwrap_or(Deployed::NobodyReports),
        })
    }

    /// The paths that count in which the tree of a merge and another one differ.
    async fn differing(
        &self,
        merged: &Merged,
        (one, other): (TreeId, TreeId),
        ignored: Option<&IgnoredPaths>,
    ) -> Result<Vec<String>, GitError> {
        if one == other {
            return Ok(Vec::new());
        }
        self.bring_trees(vec![one, other]).await?;
        // Only where the merge was made its tree is sure to be.
        let git = merged.made_on.as_ref().map_or(&self.git, |workbench| &workbench.git);
        let mut paths = differing_paths(git, one, other).await?;
        paths.retain(|path| ignored.is_none_or(|ignored| !ignored.holds(path)));
        Ok(paths)
    }

    /// The paths in which two trees of this repository differ, sorted.
    pub async fn differing_paths(&self, one: TreeId, other: TreeId) -> Result<Vec<String>, GitError> {
        self.bring_trees(vec![one, other]).await?;
        differing_paths(&self.git, one, other).await
    }

    /// The commits only `base` has that explain why merging `head` does not give `head`'s files: where they are known to
    /// differ in certain paths, those that touch one of them.
    ///
    /// A commit with an equivalent on the head can still be the cause (the head took it over and reverted
    /// it since), so if nothing else is left those are named rather than nothing. Besides, whether any of them is
    /// missing on the head.
    async fn causes(
        &self,
        question: &PromotionQuestion<'_>,
        differing: &[String],
    ) -> Result<(Sorted, bool), GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let Sorted { mut kept, snapshots, repeated } =
            self.private((base, head), question.upstream, question.ledger).await?;
        let without = self.without_equivalents(kept.clone(), base, head).await;
        let is_missing = !without.is_empty();
        if is_missing {
            kept = without;
        } else {
            kept.extend(repeated);
        }
        Ok((
            Sorted { kept: self.touching(kept, differing).await, snapshots, repeated: Vec::new() },
            is_missing,
        ))
    }

    /// Those of the commits that touch one of these paths; all, where that is none of them or cannot be told.
    async fn touching(&self, commits: Vec<Commit>, paths: &[String]) -> Vec<Commit> {
        if paths.is_empty() || commits.len() < 2 || commits.len() > TOUCHING_AT_MOST {
            return commits;
        }
        let paths: HashSet<&str> = paths.iter().map(String::as_str).collect();
        let mut touching = Vec::new();
        for commit in &commits {
            match self.changed_paths(commit.id).await {
                Ok(changed) if changed.iter().any(|path| paths.contains(path.as_str())) => {
                    touching.push(commit.clone());
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(error = error_chain(&error), "what a commit has changed cannot be told");
                    return commits;
                }
            }
        }
        if touching.is_empty() { commits } else { touching }
    }

    /// The paths that a commit has changed of its first parent's; none where one of the two is not here.
    pub async fn changed_paths(&self, commit: CommitId) -> Result<Vec<String>, GitError> {
        let before = match self.resolve(&format!("{commit}^1")).await? {
            Some(before) => self.tree(before).await?,
            None => None,
        };
        match (before, self.tree(commit).await?) {
            (Some(before), Some(after)) => self.differing_paths(before, after).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The branches upstream that have the base's very commits, where all that only the base has is on the head in another
    /// form.
    async fn joined_upstream(&self, question: &PromotionQuestion<'_>) -> Result<Vec<BranchName>, GitError> {
        let mut found = Vec::new();
        for tip in question.upstream.iter().filter(|_| question.same_files_expected) {
            if self.reaches(tip.commit, question.pull.base.commit).await? {
                found.push(tip.branch.clone());
            }
        }
        Ok(found)
    }

    /// The branches upstream that have all of the base already, and something new for the head: what is asked is what
    /// a pull request that brings the base back there would be asked.
    async fn on_upstream(&self, question: &PromotionQuestion<'_>) -> Result<Vec<BranchName>, GitError> {
        let (head, base) = (question.pull.head.commit, question.pull.base.commit);
        let mut found = Vec::new();
        // The copy branch takes what it takes, and is no step between environments.
        let others = question.upstream.iter().filter(|_| question.same_files_expected);
        for tip in others.filter(|tip| Some(&tip.branch) != question.pull.head.branch.as_ref()) {
            let is_ahead = self.count_brought(tip.commit, head).await? > 0;
            if is_ahead
                && self.carries((base, tip.commit), question.upstream, question.ledger).await?.0.is_empty()
            {
                found.push(tip.branch.clone());
            }
        }
        Ok(found)
    }

    /// The non-merge commits that `downstream` has and `other` has not, the newest first; apart from the
    /// others those that only repeat a state of an upstream branch.
    pub(super) async fn private(
        &self,
        (downstream, other): (CommitId, CommitId),
        upstream: &[&BranchTip],
        ledger: &Ledger,
    ) -> Result<Sorted, GitError> {
        let range = [downstream.to_string(), format!("^{other}")];
        let private = self.log(&["--topo-order", "--no-merges"], &range).await?;
        if private.is_empty() {
            return Ok(Sorted::default());
        }
        let tips: HashSet<CommitId> = upstream.iter().map(|tip| tip.commit).chain([other]).collect();
        let mut states = Vec::new();
        for tip in tips {
            states.push(self.first_parent_trees(tip, downstream).await?);
        }
        let mut sorted = sort_out_snapshots(private, &states);
        // What a topic brought there was no promotion: a hotfix that was carried back gives the state that upstream has then.
        let is_promotion = |commit: &Commit| {
            let by = commit.origin.as_ref();
            by.is_none_or(|by| upstream.iter().any(|tip| by.is_of(Some(&tip.branch))))
        };
        (sorted.snapshots, sorted.repeated) =
            origins::named(sorted.snapshots, ledger).into_iter().partition(is_promotion);
        Ok(sorted)
    }

    /// The trees on the first-parent chain of `tip` that `downstream` does not reach, the newest first.
    pub(super) async fn first_parent_trees(
        &self,
        tip: CommitId,
        downstream: CommitId,
    ) -> Result<Vec<TreeId>, GitError> {
        let call = Call::new("rev-list")
            .args(["--first-parent", "--no-commit-header", "--format=%T", "--end-of-options"])
            .args([tip.to_string(), format!("^{downstream}")]);
        let answer = self.git.ask(call).await?;
        lines::read_lines("rev-list", &answer, |line| line.parse().ok())
    }

    /// Whether two commits differ in a file below a folder.
    pub async fn changes_below(
        &self,
        one: CommitId,
        other: CommitId,
        folder: &str,
    ) -> Result<bool, GitError> {
        let (one, other) = self.trees(one, other).await?;
        Ok(self.differing_paths(one, other).await?.iter().any(|path| path.starts_with(folder)))
    }

    pub(super) async fn trees(&self, head: CommitId, base: CommitId) -> Result<(TreeId, TreeId), GitError> {
        let trees = self.trees_of(&[head, base]).await?;
        Ok((trees[0], trees[1]))
    }

    /// The files of a commit; `None` if it is not here.
    pub async fn tree(&self, commit: CommitId) -> Result<Option<TreeId>, GitError> {
        if !self.missing(&[commit]).await?.is_empty() {
            return Ok(None);
        }
        Ok(self.trees_of(&[commit]).await?.first().copied())
    }

    /// The trees of commits that are there, in their order.
    pub(super) async fn trees_of(&self, commits: &[CommitId]) -> Result<Vec<TreeId>, GitError> {
        let known = |id: &CommitId| self.git.known().and_then(|known| known.tree_of(*id));
        if let Some(trees) = commits.iter().map(known).collect() {
            return Ok(trees);
        }
        let call = Call::new("rev-list")
            .args(["--no-walk=unsorted", "--no-commit-header", "--format=%H %T", "--stdin"])
            .input(lines::list(commits));
        let listed = lines::read_lines("rev-list", &self.git.ask(call).await?, |line| {
            let (id, tree) = line.split_once(' ')?;
            Some((id.parse::<CommitId>().ok()?, tree.parse::<TreeId>().ok()?))
        })?;
        if let Some(known) = self.git.known() {
            known.note_trees_of(listed.iter().copied());
        }
        let listed: HashMap<CommitId, TreeId> = listed.into_iter().collect();
        let unlisted = || GitError::Unreadable { what: "rev-list", why: "a commit is not listed".to_owned() };
        commits.iter().map(|id| listed.get(id).copied().ok_or_else(unlisted)).collect()
    }

    /// The commits that merging `head` would bring to `base`.
    pub async fn brought(&self, head: CommitId, base: CommitId) -> Result<Vec<CommitId>, GitError> {
        let call = Call::new("rev-list").args(["--end-of-options", &head.to_string(), &format!("^{base}")]);
        lines::ids("rev-list", &self.git.ask(call).await?)
    }

    pub(super) async fn count_brought(&self, head: CommitId, base: CommitId) -> Result<usize, GitError> {
        let call = Call::new("rev-list").args(["--count", "--end-of-options"]);
        let answer = self.git.ask(call.args([head.to_string(), format!("^{base}")])).await?;
        let count = lines::text(&answer);
        let why = || format!("unexpected: {count}");
        count.trim().parse().map_err(|_| GitError::Unreadable { what: "rev-list", why: why() })
    }

    /// One best common ancestor, if there is any.
    pub async fn merge_base(&self, head: CommitId, base: CommitId) -> Result<Option<CommitId>, GitError> {
        let call = Call::new("merge-base").args(["--end-of-options", &base.to_string(), &head.to_string()]);
        let answer = self.git.run(call).await?;
        let is_sure = answer.said.is_empty();
        let common = match answer.status {
            1 => None,
            _ => Some(lines::id("merge-base", lines::text(&answer.ok()?).trim())?),
        };
        self.note_reaches((base, head), common == Some(head), is_sure);
        self.note_reaches((head, base), common == Some(base), is_sure);
        Ok(common)
    }

    /// What merging `head` into `base` would produce.
    pub(super) async fn merge(
        &self,
        head: CommitId,
        base: CommitId,
        common: CommitId,
    ) -> Result<Merged, GitError> {
        if let Some(tree) = self.test_merge(head, base).await? {
            return Ok(Merged::known(MergeOutcome::Clean { tree }));
        }
        self.bring_trees_of(&[common, head, base]).await?;
        let workbench = self.workbench().await?;
        let outcome = workbench.merge(&base.to_string(), &head.to_string()).await?;
        Ok(Merged { outcome, made_on: Some(workbench) })
    }

    /// The tree of GitHub's own test merge, where it is here and of exactly these two commits.
    pub(super) async fn test_merge(
        &self,
        head: CommitId,
        base: CommitId,
    ) -> Result<Option<TreeId>, GitError> {
        let Some(number) = self.pull else { return Ok(None) };
        let Some(merged) = self.resolve(&format!("refs/pull/{number}/merge")).await? else {
            return Ok(None);
        };
        let commits = self.log(&["--no-walk"], &[merged.to_string()]).await?;
        Ok(commits.first().filter(|commit| commit.parents == [base, head]).map(|commit| commit.tree))
    }
}

/// What a merge would produce, and where its tree is.
#[derive(Debug)]
pub(super) struct Merged {
    /// What it would produce.
    pub(super) outcome: MergeOutcome,
    /// Where it was made; `None` where nothing had to be, so that the tree is in the repository.
    made_on: Option<Workbench>,
}

impl Merged {
    fn known(outcome: MergeOutcome) -> Self {
        Self { outcome, made_on: None }
    }
}

pub(super) async fn differing_paths(git: &Git, one: TreeId, other: TreeId) -> Result<Vec<String>, GitError> {
    let call = Call::new("diff-tree")
        .args(["-r", "--name-only", "--no-renames", "-z", "--end-of-options"])
        .args([one.to_string(), other.to_string()])
        .fetching_files();
    let said = git.ask(call).await?;
    let said = lines::text(&said);
    Ok(said.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}
