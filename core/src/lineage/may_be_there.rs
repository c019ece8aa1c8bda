//! Whose work a branch may have got in another form when it moved on: what TP208 finds can come about by that.

use std::collections::{HashMap, HashSet};

use super::git::Call;
use super::merge_effect::without_number;
use super::{GitError, Repository, lines};
use crate::model::CommitId;

/// So many of the commits that a branch has gained are looked at.
const LOOKED_THROUGH: usize = 2_000;

/// What a commit shows of itself: its files and its subject.
struct Shown {
    parents: Vec<CommitId>,
    tree: String,
    subject: String,
}

impl Repository {
    /// Those of `heads` that bring a commit to `to` which looks like one that was gained since `from`: with the same
    /// subject, or with the same files at their ends.
    pub async fn may_have_got(
        &self,
        (from, to): (CommitId, CommitId),
        heads: &[CommitId],
    ) -> Result<HashSet<CommitId>, GitError> {
        if heads.is_empty() {
            return Ok(HashSet::new());
        }
        let gained = self.shown(&[to], from).await?;
        let trees: HashSet<&str> = gained.values().map(|it| it.tree.as_str()).collect();
        let subjects: HashSet<&str> = gained.values().map(|it| without_number(&it.subject)).collect();
        let brought = self.shown(heads, to).await?;
        let is_like_one =
            |shown: &Shown| shown.parents.len() < 2 && subjects.contains(without_number(&shown.subject));
        let found = heads.iter().copied().filter(|head| {
            let same_files = brought.get(head).is_some_and(|it| trees.contains(it.tree.as_str()));
            same_files || reach(*head, &brought).into_iter().any(is_like_one)
        });
        Ok(found.collect())
    }

    /// The commits that `tips` reach and `without` does not.
    async fn shown(
        &self,
        tips: &[CommitId],
        without: CommitId,
    ) -> Result<HashMap<CommitId, Shown>, GitError> {
        const FIELDS: usize = 4;
        let call = Call::new("rev-list")
            .args(["--ignore-missing", "--no-commit-header", "--format=%H%x00%P%x00%T%x00%s%x00"])
            .arg(format!("--max-count={LOOKED_THROUGH}"))
            .arg("--stdin");
        let answer = self.git.ask(call.input(lines::list(tips) + &format!("^{without}\n"))).await?;
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
        let read = |record: &[&[u8]]| {
            let field = |place: usize| lines::text(record[place]);
            let parents = field(1);
            let parents = parents.split_whitespace().map(|digits| lines::id("rev-list", digits));
            let (tree, subject) = (field(2).into_owned(), field(3).into_owned());
            let shown = Shown { parents: parents.collect::<Result<_, _>>()?, tree, subject };
            Ok((lines::id("rev-list", field(0).trim())?, shown))
        };
        fields.chunks_exact(FIELDS).map(read).collect()
    }
}

fn reach(head: CommitId, among: &HashMap<CommitId, Shown>) -> Vec<&Shown> {
    let (mut seen, mut ahead, mut reached) = (HashSet::new(), vec![head], Vec::new());
    while let Some(id) = ahead.pop() {
        if let Some(shown) = among.get(&id).filter(|_| seen.insert(id)) {
            ahead.extend(&shown.parents);
            reached.push(shown);
        }
    }
    reached
}
