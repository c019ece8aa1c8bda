//! What other branches of the path have of a topic, though not on their lines.

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::topic::ORDINARY_TOPIC;
use super::{BranchTip, GitError, Ledger, Repository, lines};
use crate::model::{Commit, CommitId, Elsewhere, Entry, PullEnds, TipSource, UnixSeconds};

impl Repository {
    /// What `other` has of the commits `brought` by `pull`, and how it got them; `None` if it has none.
    pub(super) async fn elsewhere(
        &self,
        brought: &[Commit],
        pull: &PullEnds,
        other: &BranchTip,
        ledger: &Ledger,
    ) -> Result<Option<Elsewhere>, GitError> {
        let (there, merges) =
            tokio::try_join!(self.there(brought, pull, other), self.merges_on_the_line(other, ledger))?;
        // Told as a list in a fixed order, so that the same history gives the same facts.
        let mut commits: Vec<CommitId> = there.into_iter().collect();
        commits.sort_unstable();
        if commits.is_empty() {
            return Ok(None);
        }
        let ids: HashSet<CommitId> = brought.iter().map(|commit| commit.id).collect();
        let at: HashMap<CommitId, UnixSeconds> = ledger
            .tips(&other.branch)
            .iter()
            .rev()
            .filter(|tip| tip.source == TipSource::Push)
            .map(|tip| (tip.commit, tip.at))
            .collect();
        let records = ledger.merged().unwrap_or_default();
        let mut entries: Vec<Entry> = Vec::new();
        for (merge, parents) in merges {
            for entered in parents.into_iter().skip(1).filter(|id| ids.contains(id)) {
                let of_it = records.iter().filter(|it| it.base == other.branch && it.head == entered);
                let pulls = of_it.map(|it| it.origin.clone()).collect();
                let first_pushed_by = ledger.first_pushed_at(entered).cloned();
                entries.push(Entry { commit: entered, at: at.get(&merge).copied(), pulls, first_pushed_by });
            }
        }
        Ok(Some(Elsewhere { branch: other.branch.clone(), commits, entries }))
    }

    async fn there(
        &self,
        brought: &[Commit],
        pull: &PullEnds,
        other: &BranchTip,
    ) -> Result<HashSet<CommitId>, GitError> {
        if brought.len() <= ORDINARY_TOPIC {
            self.there_but_for_the_rest(brought, pull, other).await
        } else {
            self.there_from_where_they_enter(brought, pull, other).await
        }
    }

    /// Those of `brought` that `other` has, by asking which it has not: soon said where little is brought.
    async fn there_but_for_the_rest(
        &self,
        brought: &[Commit],
        pull: &PullEnds,
        other: &BranchTip,
    ) -> Result<HashSet<CommitId>, GitError> {
        let call = Call::new("rev-list").args(["--end-of-options", &pull.head.commit.to_string()]);
        let call = call.args([format!("^{}", pull.base.commit), format!("^{}", other.commit)]);
        let not_there: HashSet<CommitId> =
            lines::ids("rev-list", &self.git.ask(call).await?)?.into_iter().collect();
        Ok(brought.iter().map(|commit| commit.id).filter(|id| !not_there.contains(id)).collect())
    }

    /// Those of `brought` that `other` has, by asking where the commits of its own stand on what is brought,
    /// and going down from there.
    ///
    /// Where much is brought its oldest commits are old, and to ask for what `other` has not, git walks all
    /// the history down to them; of its own an environment has little that the other two have not.
    async fn there_from_where_they_enter(
        &self,
        brought: &[Commit],
        pull: &PullEnds,
        other: &BranchTip,
    ) -> Result<HashSet<CommitId>, GitError> {
        let parents: HashMap<CommitId, &[CommitId]> =
            brought.iter().map(|commit| (commit.id, commit.parents.as_slice())).collect();
        let call = Call::new("rev-list").args(["--boundary", "--end-of-options"]);
        let call = call.arg(other.commit.to_string());
        let call = call.args([format!("^{}", pull.base.commit), format!("^{}", pull.head.commit)]);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let boundary = text.lines().filter_map(|line| line.strip_prefix('-'));
        let mut ahead: Vec<CommitId> =
            boundary.map(|digits| lines::id("rev-list", digits)).collect::<Result<_, _>>()?;
        ahead.push(other.commit);
        let mut there = HashSet::new();
        while let Some(id) = ahead.pop() {
            if let Some(parents) = parents.get(&id).filter(|_| there.insert(id)) {
                ahead.extend(*parents);
            }
        }
        Ok(there)
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, subsequence};

    use super::*;
    use crate::model::{Base, BranchName, Head};

    /// How many histories are drawn. Each is a repository of its own, so there are few.
    const HISTORIES: u32 = 24;

    /// The parents of each commit, by their places; those without any begin a history.
    type Parents = Vec<Vec<usize>>;

    fn histories() -> impl Strategy<Value = Parents> {
        let parents = (4..40_usize).prop_flat_map(|many| {
            (1..many)
                .map(|place| subsequence((0..place).collect::<Vec<_>>(), 0..=place.min(2)))
                .collect::<Vec<_>>()
        });
        parents.prop_map(|later| std::iter::once(Vec::new()).chain(later).collect())
    }

    fn reached(parents: &Parents, from: usize) -> HashSet<usize> {
        let (mut seen, mut ahead) = (HashSet::new(), vec![from]);
        while let Some(place) = ahead.pop() {
            if seen.insert(place) {
                ahead.extend(&parents[place]);
            }
        }
        seen
    }

    /// Writes the history down; all commits have the same time, so dates help no walk.
    fn write(directory: &Path, parents: &Parents) -> Vec<CommitId> {
        let mut stream = String::new();
        for (place, parents) in parents.iter().enumerate() {
            let mark = place + 1;
            let who = "Ada <ada@example.org> 1700000000 +0000";
            write!(stream, "reset refs/heads/all\n\ncommit refs/heads/all\nmark :{mark}\n").unwrap();
            write!(stream, "committer {who}\ndata <<.\n{place}\n.\n").unwrap();
            for (order, parent) in parents.iter().enumerate() {
                let word = if order == 0 { "from" } else { "merge" };
                writeln!(stream, "{word} :{}", parent + 1).unwrap();
            }
            writeln!(stream).unwrap();
        }
        let init = ["init", "--quiet", "--bare"];
        assert!(Command::new("git").args(init).arg(directory).status().unwrap().success());
        let mut import = Command::new("git")
            .args(["fast-import", "--quiet", "--force", "--export-marks=marks"])
            .current_dir(directory)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
        let marks = std::fs::read_to_string(directory.join("marks")).unwrap();
        let mut marks: Vec<(usize, CommitId)> = marks
            .lines()
            .map(|line| {
                let (mark, id) = line[1..].split_once(' ').unwrap();
                (mark.parse().unwrap(), id.parse().unwrap())
            })
            .collect();
        marks.sort_unstable();
        marks.into_iter().map(|(_, id)| id).collect()
    }

    async fn both_ways_agree(parents: Parents, drawn: Vec<[Index; 3]>) {
        let directory = tempfile::tempdir().unwrap();
        let ids = write(directory.path(), &parents);
        let repository = Repository::open(directory.path()).await.unwrap();
        let name = |name: &str| BranchName::new(name).unwrap();
        for places in drawn {
            let [head, base, other] = places.map(|place| place.index(ids.len()));
            let pull = PullEnds {
                head: Head { branch: None, commit: ids[head], fork: false },
                base: Base { branch: name("integration"), commit: ids[base] },
            };
            let full_ref = "refs/heads/staging".to_owned();
            let other_tip = BranchTip { branch: name("staging"), full_ref, commit: ids[other] };
            let range = [pull.head.commit.to_string(), format!("^{}", pull.base.commit)];
            let brought = repository.log(&["--topo-order"], &range).await.unwrap();
            let theirs = &(&reached(&parents, head) - &reached(&parents, base)) & &reached(&parents, other);
            let want: HashSet<CommitId> = theirs.into_iter().map(|place| ids[place]).collect();
            let rest = repository.there_but_for_the_rest(&brought, &pull, &other_tip).await.unwrap();
            let entered = repository.there_from_where_they_enter(&brought, &pull, &other_tip).await.unwrap();
            assert_eq!(rest, want, "{parents:?} head {head} base {base} other {other}");
            assert_eq!(entered, want, "{parents:?} head {head} base {base} other {other}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(HISTORIES))]

        #[test]
        fn what_another_branch_has_is_the_same_either_way(
            parents in histories(),
            drawn in vec(any::<[Index; 3]>(), 8),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(both_ways_agree(parents, drawn));
        }
    }
}
