//! Whether a commit, a hotfix above all, is in a branch. Asked for one commit and for many, the answer is the same.
//!
//! [`Repository::carried`] lists the ways to tell, from the surest down: `patches.rs` and `similar.rs` compare,
//! `repeats.rs` looks through a branch, `rebase.rs` recognizes what GitHub rebased.

mod patches;
mod rebase;
mod repeats;
mod similar;

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::workbench::Workbench;
use super::{GitError, Repository, lines};
use crate::model::{Carried, CarriedAnswer, Commit, CommitId, Compared, MergeOutcome, error_chain};
pub use rebase::Rebase;
use repeats::{Repeats, Sought};

/// Of a merge that brought more commits than this not each is asked about.
const BROUGHT_AT_MOST: usize = 1_000;
/// And of those that are not found together so many are asked about one by one.
const ONE_BY_ONE_AT_MOST: usize = 16;

impl Repository {
    /// Whether `commit` is in the branch whose tip is `into`; the first that holds:
    ///
    /// 1. *ancestor*: it is part of the branch's history. This also holds when a later commit reverts it.
    /// 2. *patch-id*: a commit that the branch has and `commit`'s history has not makes the same change.
    ///    White space does not count, unless `commit` changes nothing else. Merges are not compared, and
    ///    nothing is where the branch has more than 5,000 commits that `commit` does not reach.
    /// 3. *similar*: such a commit has the same author, author's date and subject, or names the same pull request as
    ///    `(#N)`, and changes the same lines of the same files, though in other places.
    /// 4. *trailer*: the message of such a commit, merge or not, says `(cherry picked from commit …)`, with
    ///    the whole id or at least seven digits of it that mean no other commit.
    /// 5. *no-op*: applying it to the branch changes nothing. This also holds for a commit that is empty.
    ///
    /// A merge counts as its difference from its first parent. Where the branch has that in no form, it is
    /// carried if each commit is that the merge brought: then the weakest of their answers is the merge's.
    ///
    /// A shallow clone is an error ([`GitError::Shallow`]), and so are a commit that is not there
    /// ([`GitError::NoSuchCommit`]) and a file that a partial clone left out ([`GitError::FilesLeftOut`]).
    pub async fn carried(&self, commit: CommitId, into: CommitId) -> Result<CarriedAnswer, GitError> {
        if self.is_shallow().await {
            return Err(GitError::Shallow);
        }
        if let Some(commit) = self.missing(&[commit, into]).await?.first() {
            return Err(GitError::NoSuchCommit { commit: *commit });
        }
        if self.reaches(into, commit).await? {
            let (brought, compared) = (Vec::new(), Compared::default());
            return Ok(CarriedAnswer { carried: Carried::Ancestor, brought, compared });
        }
        self.explained(self.asked(commit, into).await).await
    }

    /// Whether applying a commit to the branch whose tip is `into` changes nothing, whatever the branch's history says.
    pub async fn changes_nothing_on(&self, commit: CommitId, into: CommitId) -> Result<bool, GitError> {
        let found = self.log(&["--no-walk=unsorted"], &[commit.to_string(), into.to_string()]).await?;
        let [commit, target] = found.as_slice() else {
            return Err(GitError::NoSuchCommit { commit });
        };
        let workbench = self.workbench().await?;
        let question = CarriedQuestion { repository: self, workbench, commit, target };
        self.explained(question.changes_nothing(commit.id).await).await
    }

    /// `private`, commits of `downstream` that are no merges, without those that `other` has in another form.
    ///
    /// Comparing patches needs files, which may be out of reach: then nothing is taken away.
    pub(super) async fn without_equivalents(
        &self,
        private: Vec<Commit>,
        downstream: CommitId,
        other: CommitId,
    ) -> Vec<Commit> {
        if private.is_empty() {
            return private;
        }
        let sought = Sought {
            commits: &private,
            told: HashMap::new(),
            branch: [other.to_string(), format!("^{downstream}")],
            both: vec![format!("{other}...{downstream}")],
        };
        let repeats = async { self.repeats(&self.workbench().await?, &sought).await };
        match repeats.await {
            Ok(Repeats { found, .. }) => {
                private.into_iter().filter(|commit| !found.contains_key(&commit.id)).collect()
            }
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "patches could not be compared; commits are told apart by name only"
                );
                private
            }
        }
    }

    /// Whether a branch that does not reach `commit` has it in another form.
    async fn asked(&self, commit: CommitId, into: CommitId) -> Result<CarriedAnswer, GitError> {
        let found = self.log(&["--no-walk=unsorted"], &[commit.to_string(), into.to_string()]).await?;
        let [commit, target] = found.as_slice() else {
            return Err(GitError::NoSuchCommit { commit });
        };
        let workbench = self.workbench().await?;
        let asked = CarriedQuestion { repository: self, workbench, commit, target };
        asked.answer().await
    }
}

/// A commit, and the tip it would go onto.
struct CarriedQuestion<'a> {
    repository: &'a Repository,
    workbench: Workbench,
    commit: &'a Commit,
    target: &'a Commit,
}

impl CarriedQuestion<'_> {
    async fn answer(&self) -> Result<CarriedAnswer, GitError> {
        let Repeats { found, compared } = self.alone(self.commit).await?;
        let whole = |carried| CarriedAnswer { carried, brought: Vec::new(), compared };
        if let Some(carried) = found.get(&self.commit.id) {
            return Ok(whole(*carried));
        }
        let brought = if self.commit.is_merge() { self.brought().await? } else { Vec::new() };
        let weakest = brought.iter().map(|(_, carried)| *carried).max();
        if let Some(carried) = weakest.filter(|weakest| weakest.is_carried()) {
            return Ok(CarriedAnswer { carried, brought, compared });
        }
        if self.changes_nothing(self.commit.id).await? {
            return Ok(whole(Carried::NoOp));
        }
        Ok(CarriedAnswer { carried: Carried::Missing, brought, compared })
    }

    /// In which form the branch has one commit, but for what it is applied to.
    async fn alone(&self, commit: &Commit) -> Result<Repeats, GitError> {
        let branch = [self.target.id.to_string(), format!("^{}", commit.id)];
        let mut told = HashMap::new();
        // git compares no merges, so one is told as an ordinary commit.
        if let [first, _, ..] = commit.parents.as_slice() {
            let Commit { tree, .. } = commit;
            let nobody = "nobody <> 0 +0000";
            let text = format!("tree {tree}\nparent {first}\nauthor {nobody}\ncommitter {nobody}\n\n");
            told.insert(commit.id, self.workbench.write_commit(text.into_bytes()).await?);
        }
        let id = told.get(&commit.id).copied().unwrap_or(commit.id);
        let mut both = vec![format!("{}...{id}", self.target.id)];
        both.extend(commit.parents.iter().map(|parent| format!("^{parent}")));
        let commits = std::slice::from_ref(commit);
        self.repository.repeats(&self.workbench, &Sought { commits, told, branch, both }).await
    }

    /// How each commit that the merge brought is in the branch, other merges left out. Nothing where there are too many.
    async fn brought(&self) -> Result<Vec<(CommitId, Carried)>, GitError> {
        let (merge, target) = (self.commit, self.target);
        let Some(first) = merge.parents.first() else { return Ok(Vec::new()) };
        let range = [merge.id.to_string(), format!("^{first}")];
        let limit = format!("--max-count={}", BROUGHT_AT_MOST + 1);
        let all = self.repository.log(&["--no-merges", "--topo-order", &limit], &range).await?;
        if all.len() > BROUGHT_AT_MOST {
            return Ok(Vec::new());
        }
        let not_there = self.not_reached(&range).await?;
        let open: Vec<Commit> = all.iter().filter(|it| not_there.contains(&it.id)).cloned().collect();
        let sought = Sought {
            commits: &open,
            told: HashMap::new(),
            branch: [target.id.to_string(), format!("^{}", merge.id)],
            both: vec![format!("{}...{}", target.id, merge.id), format!("^{first}")],
        };
        let mut found = self.repository.repeats(&self.workbench, &sought).await?.found;
        let left: Vec<&Commit> = open.iter().filter(|it| !found.contains_key(&it.id)).collect();
        for commit in left.into_iter().take(ONE_BY_ONE_AT_MOST) {
            // Alone it is also compared with what the merge's own branch has in common with this one.
            let carried = match self.alone(commit).await?.found.get(&commit.id) {
                Some(carried) => *carried,
                None if self.changes_nothing(commit.id).await? => Carried::NoOp,
                None => Carried::Missing,
            };
            found.insert(commit.id, carried);
        }
        let how = |commit: &Commit| {
            let here = if not_there.contains(&commit.id) { Carried::Missing } else { Carried::Ancestor };
            found.get(&commit.id).copied().unwrap_or(here)
        };
        Ok(all.iter().map(|commit| (commit.id, how(commit))).collect())
    }

    /// Those of a range that the branch does not reach.
    async fn not_reached(&self, range: &[String; 2]) -> Result<HashSet<CommitId>, GitError> {
        let call = Call::new("rev-list").args(["--no-merges", "--end-of-options"]).args(range);
        let call = call.arg(format!("^{}", self.target.id));
        Ok(lines::ids("rev-list", &self.repository.git.ask(call).await?)?.into_iter().collect())
    }

    /// Whether applying a commit to the branch changes nothing.
    async fn changes_nothing(&self, commit: CommitId) -> Result<bool, GitError> {
        let change = self.repository.change_of(commit).await?;
        self.repository.bring_trees_of(&[self.target.id]).await?;
        let outcome = self.workbench.apply(change, self.target.tree).await?;
        Ok(outcome == MergeOutcome::Clean { tree: self.target.tree })
    }
}
