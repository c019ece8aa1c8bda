//! The history since a commit, read once: who has what of it. Whoever asks the same of many commits asks git one time.

use std::collections::{BTreeMap, HashMap};

use super::git::Call;
use super::lines::{self, read_lines};
use super::{GitError, Repository};
use crate::model::{BranchName, CommitId};

/// With more commits than this it is quicker to ask about single ones.
const READ_AT_MOST: usize = 200_000;

/// The commits that came with or after one commit, as far as branches and commits that were asked for reach them.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The parents of each among the others; whoever has parents comes before them.
    commits: Vec<(CommitId, Vec<CommitId>)>,
    places: HashMap<CommitId, usize>,
    tips: BTreeMap<BranchName, CommitId>,
    /// Whether there are more than were read.
    is_cut_off: bool,
}

/// Those of a history that have one of its commits.
#[derive(Debug, Clone)]
pub struct Holders {
    commit: CommitId,
    marked: Vec<bool>,
}

impl History {
    /// Those that have `commit`, itself among them.
    pub fn holders(&self, commit: CommitId) -> Holders {
        let mut marked = vec![false; self.commits.len()];
        for (place, (id, parents)) in self.commits.iter().enumerate().rev() {
            marked[place] =
                *id == commit || parents.iter().any(|it| self.places.get(it).is_some_and(|it| marked[*it]));
        }
        Holders { commit, marked }
    }

    /// Whether `tip` has the commit of `holders`; `None` where not all was read that could tell.
    pub fn has(&self, tip: CommitId, holders: &Holders) -> Option<bool> {
        let found = tip == holders.commit || self.places.get(&tip).is_some_and(|it| holders.marked[*it]);
        (found || !self.is_cut_off).then_some(found)
    }

    /// Where a branch points that was asked for, if that came with the commit or after it; `None` where not all was read
    /// that could tell.
    pub fn tip(&self, branch: &BranchName) -> Option<Option<CommitId>> {
        let tip = self.tips.get(branch).copied();
        (tip.is_some() || !self.is_cut_off).then_some(tip)
    }
}

impl Repository {
    /// The history since `commit`, as far as `branches` and `tips` reach it, in one question. What is not here is left out.
    pub async fn history_since(
        &self,
        commit: CommitId,
        branches: &[&BranchName],
        tips: &[CommitId],
    ) -> Result<History, GitError> {
        let names: Vec<String> = self.names(branches.iter().copied()).collect();
        let input = lines::list(tips) + &lines::list(&names) + &format!("^{commit}^@\n");
        // Only among these names a branch is looked for.
        let decorated = names.iter().map(|name| format!("--decorate-refs={name}"));
        let call = Call::new("log")
            .args(["--no-show-signature", "--no-patch", "--no-mailmap", "--topo-order", "--ignore-missing"])
            .args(["--decorate=full", "--format=tformat:%H %P%x09%D"])
            .arg(format!("--max-count={}", READ_AT_MOST + 1))
            .args(decorated)
            .arg("--stdin")
            .input(input);
        let mut found = BTreeMap::new();
        let read = read_lines("log", &self.git.ask(call).await?, |line| {
            let (ids, names) = line.split_once('\t')?;
            let mut ids = ids.split_whitespace().map(|digits| digits.parse::<CommitId>().ok());
            let listed = (ids.next()??, ids.collect::<Option<Vec<_>>>()?);
            Some((listed, names.to_owned()))
        })?;
        let is_cut_off = read.len() > READ_AT_MOST;
        let mut history = History { is_cut_off, ..History::default() };
        for ((id, parents), decorations) in read {
            let full_refs = decorations.split(", ").map(|name| name.strip_prefix("HEAD -> ").unwrap_or(name));
            found.extend(full_refs.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), id)));
            history.places.insert(id, history.commits.len());
            history.commits.push((id, parents));
        }
        let tips = self.tips_among(branches.iter().copied(), &found).into_iter();
        history.tips = tips.map(|(branch, tip)| (branch, tip.commit)).collect();
        Ok(history)
    }
}
