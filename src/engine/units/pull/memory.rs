//! What the store remembers, as the ledger that verdicts are made with.

use crate::engine::room::{Room, Trouble};
use crate::flow::{BranchName, Flow, PullNumber, RepositoryId, Role};
use crate::lineage::Ledger;
use crate::store::{LedgerRows, PullRow};

/// What is remembered of a repository, as one branch of it needs it.
pub(in crate::engine::units) struct Memory {
    rows: LedgerRows,
    topic: BranchName,
}

impl Memory {
    /// Reads what a verdict on `topic` needs.
    pub(in crate::engine::units) async fn of(
        room: &Room,
        flow: &Flow,
        repository: RepositoryId,
        topic: &BranchName,
    ) -> Result<Self, Trouble> {
        let branches: Vec<_> = flow.judged_branches().cloned().collect();
        let rows = room.store.ledger(repository, &branches, Some(topic)).await?;
        Ok(Self { rows, topic: topic.clone() })
    }

    /// The open pull requests.
    pub(in crate::engine::units) fn open(&self) -> &[PullRow] {
        &self.rows.open
    }

    /// The ledger for a verdict on the pull request of this number; none other is stacked on itself.
    pub(in crate::engine::units) fn ledger(&self, flow: &Flow, judged: Option<PullNumber>) -> Ledger {
        let mut ledger = Ledger::default();
        for (branch, tip) in &self.rows.tips {
            ledger.add_tip(branch.clone(), *tip);
        }
        for push in &self.rows.pushes {
            ledger.add_push(self.topic.clone(), *push);
        }
        for (branch, push) in &self.rows.shared_pushes {
            ledger.add_push(branch.clone(), *push);
        }
        ledger.set_merged(self.rows.merged.iter().map(PullRow::as_merged).collect());
        let others = self.rows.open.iter().filter(|row| Some(row.number) != judged);
        ledger.set_open(others.map(PullRow::as_open).collect());
        let from = match flow.role(&self.topic) {
            Role::Environment(environment) => Some(&environment.name),
            Role::Copy(_) | Role::Topic => None,
        };
        // Where nobody ever reported a deploy, nothing is known of any.
        if self.rows.verified.iter().any(|it| Some(&it.environment) == from) {
            ledger.set_verified(self.rows.verified.clone());
        }
        ledger
    }
}
