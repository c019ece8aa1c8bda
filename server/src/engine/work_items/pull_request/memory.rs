//! What the store remembers, as the ledger that verdicts are made with.

use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::lineage::{Ledger, Repository};
use crate::model::{BranchName, PromotionPath, PullEnds, PullNumber, PullRequest, PushedAt, RepositoryId};
use crate::store::LedgerRows;

/// What is remembered of a repository, as one branch of it needs it.
pub(in crate::engine::work_items) struct Memory {
    rows: LedgerRows,
    topic: BranchName,
    /// Who else was pushed at what it brings.
    others_pushes: Vec<(BranchName, PushedAt)>,
}

/// For how many commits it is looked up who else was pushed at them. What brings more than that carries
/// another line.
const LOOKED_UP: usize = 10_000;

impl Memory {
    /// Reads what a verdict on `topic` needs.
    pub(in crate::engine::work_items) async fn of(
        ctx: &EngineContext,
        path: &PromotionPath,
        repository: RepositoryId,
        topic: &BranchName,
    ) -> Result<Self, WorkError> {
        let branches: Vec<_> = path.judged_branches().cloned().collect();
        let rows = ctx.store.ledger(repository, &branches, Some(topic)).await?;
        Ok(Self { rows, topic: topic.clone(), others_pushes: Vec::new() })
    }

    /// The same with what else was pushed at the commits that `pull` brings: that tells whose they were first.
    pub(in crate::engine::work_items) async fn for_topic(
        mut self,
        ctx: &EngineContext,
        id: RepositoryId,
        repository: &Repository,
        pull: &PullEnds,
    ) -> Result<Self, WorkError> {
        let mut brought = repository.brought(pull.head.commit, pull.base.commit).await?;
        brought.truncate(LOOKED_UP);
        // The newest are known already; what a branch was moved to before may be among what is brought, too.
        for (branch, tip) in ctx.store.tips_at(id, &brought).await? {
            let is_known = self.rows.tips.iter().any(|(of, it)| *of == branch && it.commit == tip.commit);
            if !is_known {
                self.rows.tips.push((branch, tip));
            }
        }
        let pushes = ctx.store.pushed_at(id, &brought).await?;
        self.others_pushes = pushes.into_iter().filter(|(branch, _)| *branch != self.topic).collect();
        Ok(self)
    }

    /// The open pull requests.
    pub(in crate::engine::work_items) fn open(&self) -> &[PullRequest] {
        &self.rows.open
    }

    /// The ledger for a verdict on the pull request of this number; none other is stacked on itself.
    pub(in crate::engine::work_items) fn ledger(&self, judged: Option<PullNumber>) -> Ledger {
        let mut ledger = Ledger::default();
        for (branch, tip) in &self.rows.tips {
            ledger.add_tip(branch.clone(), *tip);
        }
        for push in &self.rows.pushes {
            ledger.add_push(self.topic.clone(), *push);
        }
        for (branch, push) in &self.others_pushes {
            ledger.add_push(branch.clone(), *push);
        }
        ledger.set_merged(self.rows.merged.iter().map(PullRequest::as_merged).collect());
        let others = self.rows.open.iter().filter(|row| Some(row.number) != judged);
        ledger.set_open(others.map(PullRequest::as_open).collect());
        ledger.set_reported(self.rows.verified.clone(), self.rows.reported.clone());
        ledger
    }
}
