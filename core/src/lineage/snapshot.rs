//! Whether a branch was ever where somebody's branch is now.

use super::git::Call;
use super::{BranchTip, GitError, Ledger, Repository, lines};
use crate::model::{BranchName, CommitId, TipSource};

impl Repository {
    /// Whether the branch has pointed at `commit`: as the ledger has it, and where that knows nothing of the branch, by
    /// its first-parent chain, with which a ledger begins.
    pub async fn has_pointed_at(
        &self,
        tip: &BranchTip,
        commit: CommitId,
        ledger: &Ledger,
    ) -> Result<bool, GitError> {
        let known = ledger.tips(&tip.branch);
        if tip.commit == commit || known.iter().any(|tip| tip.commit == commit) {
            return Ok(true);
        }
        if !known.is_empty() || !self.missing(&[commit]).await?.is_empty() {
            return Ok(false);
        }
        let call =
            Call::new("rev-list").args(["--first-parent", "--end-of-options", &tip.commit.to_string()]);
        Ok(lines::ids("rev-list", &self.git.ask(call).await?)?.contains(&commit))
    }
}

impl Ledger {
    /// Whether `topic` was pushed at a commit before `branch` was pointed there: then the branch was moved to the
    /// topic, and not the topic cut from the branch.
    pub fn was_pushed_first(&self, topic: &BranchName, branch: &BranchName, commit: CommitId) -> bool {
        let pushed = self.pushes(topic).iter().filter(|push| push.commit == commit).map(|push| push.at).min();
        let tips = self.tips(branch).iter().filter(|tip| tip.commit == commit);
        let pointed = tips.clone().filter(|tip| tip.source == TipSource::Push).map(|tip| tip.at).min();
        let known_earlier = tips.into_iter().any(|tip| tip.source != TipSource::Push);
        match (pushed, pointed) {
            (Some(pushed), Some(pointed)) => pushed < pointed && !known_earlier,
            _ => false,
        }
    }
}
