//! What merging a topic would do to the files of its base: whether it changes any, and whether it takes away work of
//! others that the topic has taken back.
//!
//! Most topics are told by what is known of their commits alone: an ordinary one costs one question more where the
//! base has gone on, and none where it has not. A merge is predicted, and files are compared, only where something
//! speaks for it: a commit of the base's that may be one of the topic's in another form, or a revert.

use std::collections::HashSet;

use super::git::Call;
use super::promotion::differing_paths;
use super::topic_range::TopicRange;
use super::workbench::{Change, Workbench};
use super::{GitError, Ledger, Repository, lines};
use crate::model::{CommitId, MergeOutcome, PullEnds, Revert, RevertEffect, TreeId, error_chain};

/// So many of the base's newest commits are compared with the topic's.
const LOOKED_THROUGH: usize = 2_000;

/// What merging would do.
#[derive(Debug, Default)]
pub(super) struct MergeEffect {
    pub(super) reverts: Vec<Revert>,
    pub(super) changes_nothing: bool,
}

/// A merge that is not made: what would come out, against what the base has.
struct Predicted {
    workbench: Workbench,
    base: TreeId,
    merged: TreeId,
}

impl Repository {
    /// What merging `pull` would do. `copied` tells that the base has a pull request of the topic's as other commits.
    ///
    /// Only warnings hang on it, and files that are out of reach keep nobody waiting for the rest.
    pub(super) async fn merge_effect(
        &self,
        pull: &PullEnds,
        range: &TopicRange,
        copied: bool,
        ledger: &Ledger,
    ) -> MergeEffect {
        match self.told_effect(pull, range, copied, ledger).await {
            Ok(effect) => effect,
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "what a merge would change could not be told");
                MergeEffect::default()
            }
        }
    }

    async fn told_effect(
        &self,
        pull: &PullEnds,
        range: &TopicRange,
        copied: bool,
        ledger: &Ledger,
    ) -> Result<MergeEffect, GitError> {
        if range.brought.is_empty() || range.boundary.is_empty() {
            return Ok(MergeEffect::default());
        }
        let known = known_by_trees(pull, range);
        let reverts = self.reverts(pull, range, ledger).await?;
        let unclear = match known {
            Some(_) => false,
            None => copied || self.may_be_there_already(pull, range).await?,
        };
        if reverts.is_empty() && !unclear {
            return Ok(MergeEffect { reverts: Vec::new(), changes_nothing: known.unwrap_or_default() });
        }
        // What conflicts cannot be merged: nothing comes of it.
        let Some(predicted) = self.predicted(pull, range).await? else { return Ok(MergeEffect::default()) };
        let mut told = Vec::new();
        for (mut revert, change) in reverts {
            revert.effect = self.effect_of(&predicted, range, &revert, change).await?;
            told.push(revert);
        }
        let changes_nothing = known.unwrap_or(predicted.merged == predicted.base);
        Ok(MergeEffect { reverts: told, changes_nothing })
    }

    /// Whether one of the base's commits looks like one of the topic's in another form.
    async fn may_be_there_already(&self, pull: &PullEnds, range: &TopicRange) -> Result<bool, GitError> {
        const FIELDS: usize = 2;
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--format=%T%x00%s%x00"])
            .arg(format!("--max-count={LOOKED_THROUGH}"))
            .args(["--end-of-options", &pull.base.commit.to_string(), &format!("^{}", pull.head.commit)]);
        let answer = self.git.ask(call).await?;
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
        let own: Vec<_> = range.brought.iter().filter(|commit| !commit.is_merge()).collect();
        let subjects: HashSet<&str> = own.iter().map(|it| without_number(&it.subject)).collect();
        let head = range.get(pull.head.commit).map(|head| head.tree.to_string());
        let is_like_one = |record: &[&[u8]]| {
            let (tree, subject) = (lines::text(record[0]), lines::text(record[1]));
            head.as_deref() == Some(tree.trim_start()) || subjects.contains(without_number(&subject))
        };
        Ok(fields.chunks_exact(FIELDS).any(is_like_one))
    }

    /// What the merge would give; `None` where it conflicts.
    async fn predicted(&self, pull: &PullEnds, range: &TopicRange) -> Result<Option<Predicted>, GitError> {
        let (head, base) = (pull.head.commit, pull.base.commit);
        let (head_tree, base_tree) = self.trees(head, base).await?;
        let workbench = self.workbench().await?;
        let merged = if is_forward(pull, range) {
            head_tree
        } else if let Some(tree) = self.test_merge(head, base).await? {
            tree
        } else {
            let Some(common) = self.merge_base(head, base).await? else { return Ok(None) };
            self.bring_trees_of(&[common, head, base]).await?;
            match workbench.merge(&base.to_string(), &head.to_string()).await? {
                MergeOutcome::Clean { tree } => tree,
                MergeOutcome::Conflicts { .. } => return Ok(None),
            }
        };
        Ok(Some(Predicted { workbench, base: base_tree, merged }))
    }

    /// What becomes of the work that `revert` takes back.
    async fn effect_of(
        &self,
        predicted: &Predicted,
        range: &TopicRange,
        revert: &Revert,
        change: Change,
    ) -> Result<RevertEffect, GitError> {
        let Predicted { workbench, base, merged } = predicted;
        if change.is_empty() {
            return Ok(RevertEffect::Nothing);
        }
        self.bring_trees(vec![change.before, change.after, *base, *merged]).await?;
        let kept = |outcome: &MergeOutcome, tree: TreeId| *outcome == MergeOutcome::Clean { tree };
        if kept(&workbench.apply(change, *merged).await?, *merged) {
            return Ok(RevertEffect::Nothing);
        }
        let there = match workbench.apply(change, *base).await? {
            MergeOutcome::Clean { tree } => tree == *base,
            // The base has changed the same lines since: what counts is whether the merge changes those files.
            MergeOutcome::Conflicts { .. } => {
                let git = &workbench.git;
                let its: HashSet<String> =
                    differing_paths(git, change.before, change.after).await?.into_iter().collect();
                differing_paths(git, *base, *merged).await?.iter().any(|path| its.contains(path))
            }
        };
        let brought = range.ids();
        let is_brought = revert.commits.iter().any(|commit| brought.contains(&commit.id));
        Ok(if there {
            RevertEffect::TakenFromBase
        } else if is_brought {
            RevertEffect::NeverArrives
        } else {
            RevertEffect::Nothing
        })
    }
}

/// Whether the head contains the base, so that the merge gives the head's files.
fn is_forward(pull: &PullEnds, range: &TopicRange) -> bool {
    range.boundary.iter().any(|commit| commit.id == pull.base.commit)
}

/// Whether merging changes nothing, where the trees of the two ends and of what they have in common tell.
fn known_by_trees(pull: &PullEnds, range: &TopicRange) -> Option<bool> {
    let head = range.get(pull.head.commit)?;
    if let Some(base) = range.boundary.iter().find(|commit| commit.id == pull.base.commit) {
        return Some(head.tree == base.tree);
    }
    match range.boundary.as_slice() {
        [common] if common.tree == head.tree => Some(true),
        _ => None,
    }
}

/// A subject without the `(#12)` that GitHub puts behind it.
pub(super) fn without_number(subject: &str) -> &str {
    let subject = subject.trim();
    let Some((before, number)) = subject.rsplit_once(" (#") else { return subject };
    let digits = number.strip_suffix(')').unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { before.trim_end() } else { subject }
}

/// The ids of commits that came into the topic by merges, and not along its first parents.
pub(super) fn came_by_merges(range: &TopicRange, head: CommitId) -> HashSet<CommitId> {
    let chain: HashSet<CommitId> = range.first_parents(head).iter().map(|commit| commit.id).collect();
    range.brought.iter().map(|commit| commit.id).filter(|id| !chain.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_behind_a_subject_is_githubs() {
        assert_eq!(without_number("Add the cart (#12)"), "Add the cart");
        assert_eq!(without_number("Add the cart (#12"), "Add the cart (#12");
        assert_eq!(without_number("Add (#x)"), "Add (#x)");
        assert_eq!(without_number(" Add "), "Add");
    }
}
