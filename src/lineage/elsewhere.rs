//! What other branches of the path have of a topic, though not on their lines.

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::{BranchTip, GitError, Ledger, Repository, lines};
use crate::flow::{CommitId, Elsewhere, Entry, Pull, TipSource};

impl Repository {
    /// What `other` has of the commits `brought` by `pull`, and how it got them; `None` if it has none.
    pub(super) async fn elsewhere(
        &self,
        brought: &HashSet<CommitId>,
        pull: &Pull,
        other: &BranchTip,
        ledger: &Ledger,
    ) -> Result<Option<Elsewhere>, GitError> {
        let not_there = Call::new("rev-list").args(["--end-of-options", &pull.head.commit.to_string()]);
        let not_there = not_there.args([format!("^{}", pull.base.commit), format!("^{}", other.commit)]);
        let not_there: HashSet<CommitId> =
            lines::ids("rev-list", &self.git.ask(not_there).await?)?.into_iter().collect();
        // Told as a list in a fixed order, so that the same history gives the same facts.
        let mut commits: Vec<CommitId> =
            brought.iter().filter(|id| !not_there.contains(id)).copied().collect();
        commits.sort_unstable();
        if commits.is_empty() {
            return Ok(None);
        }
        let merges = self.merges_on_the_line(other, ledger).await?;
        let at: HashMap<CommitId, i64> = ledger
            .tips(&other.branch)
            .iter()
            .rev()
            .filter(|tip| tip.source == TipSource::Push)
            .map(|tip| (tip.commit, tip.at))
            .collect();
        let records = ledger.merged().unwrap_or_default();
        let mut entries: Vec<Entry> = Vec::new();
        for (merge, parents) in merges {
            for entered in parents.into_iter().skip(1).filter(|id| brought.contains(id)) {
                let of_it = records.iter().filter(|it| it.base == other.branch && it.head == entered);
                let pulls = of_it.map(|it| it.origin.clone()).collect();
                let first_pushed_by = ledger.first_pushed_at(entered).cloned();
                entries.push(Entry { commit: entered, at: at.get(&merge).copied(), pulls, first_pushed_by });
            }
        }
        Ok(Some(Elsewhere { branch: other.branch.clone(), commits, entries }))
    }

    /// The merges on a branch's line, as far as a first-parent chain or the ledger leads to them.
    async fn merges_on_the_line(
        &self,
        other: &BranchTip,
        ledger: &Ledger,
    ) -> Result<Vec<(CommitId, Vec<CommitId>)>, GitError> {
        let tips = ledger.tips(&other.branch).iter().map(|tip| tip.commit).chain([other.commit]);
        let call = Call::new("rev-list").args([
            "--ignore-missing",
            "--first-parent",
            "--merges",
            "--parents",
            "--stdin",
        ]);
        let answer = self.git.ask(call.input(lines::list(tips))).await?;
        lines::ids_with_parents("rev-list", &answer)
    }
}
