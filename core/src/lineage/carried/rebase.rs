//! What a rebase by GitHub made of a branch: the same work under other ids.
//!
//! GitHub names itself, or whoever pressed *Rebase stack*, as the committer. Both count if all new commits have one
//! committer, and the authors, dates and subjects of the old ones. For a topic the patches have to be the same as
//! well, since then its earlier pushes count.

use std::collections::HashMap;

use super::patches::Patches;
use super::similar::Authorship;
use crate::lineage::git::Call;
use crate::lineage::{GitError, Repository, lines};
use crate::model::{CommitId, PushedAt, UnixSeconds};

/// A rebase makes no more new commits than this; what does is not looked through.
const MADE_AT_MOST: usize = 500;
/// And they are looked for among so many.
const OLD_AT_MOST: usize = 5_000;
/// So many of the newest pushes are compared with each other.
const PUSHES_AT_MOST: usize = 4;

/// A branch that was moved from some commits to the same ones made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// Whether GitHub itself is the committer of them all. Else one person is: GitHub's own documentation has it that
    /// whoever presses the button is.
    pub by_github: bool,
    /// Each new commit, with the ones it may be the same as.
    pairs: Vec<(CommitId, Vec<CommitId>)>,
}

/// A commit, by what a rebase keeps of it, and by what it does not.
struct Made {
    id: CommitId,
    is_merge: bool,
    authorship: Authorship,
    committer: String,
    committed_at: UnixSeconds,
}

impl Made {
    fn read(fields: &[&str]) -> Result<Self, GitError> {
        let [name, email, date, subject] = [fields[2], fields[3], fields[4], fields[5]].map(str::to_owned);
        Ok(Self {
            id: lines::id("rev-list", fields[0].trim_start())?,
            is_merge: fields[1].contains(' '),
            authorship: Authorship { name, email, date, subject },
            committer: fields[6].to_owned(),
            committed_at: UnixSeconds(fields[7].parse().unwrap_or_default()),
        })
    }
}

impl Repository {
    /// Whether a branch that went from `old` to `new` was rebased: of what it has beyond `without` every commit that it
    /// had not before is one that it had, made again by one and the same committer, and none is a merge.
    ///
    /// Only what was written is compared, and no files: that names a rebase, and proves nothing about the work.
    pub async fn rebase(
        &self,
        old: CommitId,
        new: CommitId,
        without: &[CommitId],
    ) -> Result<Option<Rebase>, GitError> {
        let without = without.iter().map(|id| format!("^{id}"));
        let range: Vec<String> = [new.to_string(), format!("^{old}")].into_iter().chain(without).collect();
        let made = self.made(&range, MADE_AT_MOST).await?;
        let one_committer = made.iter().all(|it| it.committer == made[0].committer);
        if made.is_empty() || made.len() > MADE_AT_MOST || !one_committer || made.iter().any(|it| it.is_merge)
        {
            return Ok(None);
        }
        let before = self.made(&[old.to_string(), format!("^{new}")], OLD_AT_MOST).await?;
        let mut known: HashMap<&Authorship, Vec<&Made>> = HashMap::new();
        for commit in before.iter().filter(|it| !it.is_merge) {
            known.entry(&commit.authorship).or_default().push(commit);
        }
        // What was made before cannot have been made from it: that is the way back.
        let sources = |it: &Made| -> Option<Vec<CommitId>> {
            let akin = known.get(&it.authorship)?.iter().filter(|old| old.committed_at <= it.committed_at);
            Some(akin.map(|old| old.id).collect()).filter(|ids: &Vec<_>| !ids.is_empty())
        };
        let pairs: Option<Vec<_>> = made.iter().map(|it| Some((it.id, sources(it)?))).collect();
        let by_github = lines::is_github(&made[0].committer);
        Ok(pairs.map(|pairs| Rebase { by_github, pairs }))
    }

    /// Where a branch was before the commits of `head` were rebased onto it, the last of which is `made` there; `None` where
    /// `made` is none of them under another id. Only what was written is compared, and no files.
    pub(in crate::lineage) async fn before_rebased(
        &self,
        head: CommitId,
        made: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        if !self.missing(&[head, made]).await?.is_empty() {
            return Ok(None);
        }
        let old = self.made(&[head.to_string(), format!("^{made}")], MADE_AT_MOST).await?;
        let mut old: Vec<Authorship> =
            old.into_iter().filter(|it| !it.is_merge).map(|it| it.authorship).collect();
        let mut count = 0;
        for commit in self.made(&[made.to_string(), format!("^{head}")], MADE_AT_MOST).await? {
            let known = old.iter().position(|it| *it == commit.authorship);
            let Some(known) = known.filter(|_| !commit.is_merge) else { break };
            old.swap_remove(known);
            count += 1;
        }
        if count == 0 { Ok(None) } else { self.resolve(&format!("{made}~{count}")).await }
    }

    async fn made(&self, range: &[String], at_most: usize) -> Result<Vec<Made>, GitError> {
        const FIELDS: usize = 8;
        const FORMAT: &str = "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%s%x00%cn%x00%ct%x00";
        let call = Call::new("rev-list")
            .args(["--no-commit-header", FORMAT, "--topo-order"])
            .arg(format!("--max-count={}", at_most + 1))
            .arg("--end-of-options")
            .args(range);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let mut fields: Vec<&str> = text.split('\0').collect();
        // What follows the last NUL is the last line break.
        fields.pop();
        fields.chunks_exact(FIELDS).map(Made::read).collect()
    }

    /// The pushes of a topic from before it was rebased, as pushes at what the rebase made of them.
    ///
    /// `brought` tells which commits the pull request brings beyond `base`. A push counts for a later one, and for the
    /// head, of whose push nobody may have told, where every commit that the later one brings is the same patch as one
    /// that the earlier push had.
    pub(in crate::lineage) async fn pushes_before_rebase(
        &self,
        pushes: &[PushedAt],
        brought: impl Fn(CommitId) -> bool,
        (head, base): (CommitId, CommitId),
    ) -> Result<Vec<PushedAt>, GitError> {
        let newest = |wanted: bool| {
            let of_kind = pushes.iter().rev().filter(|push| brought(push.commit) == wanted);
            of_kind.take(PUSHES_AT_MOST).copied().collect::<Vec<_>>()
        };
        let (mut now, before) = (newest(true), newest(false));
        if now.iter().all(|push| push.commit != head) {
            now.push(PushedAt { commit: head, at: UnixSeconds::MAX, is_new: false });
        }
        let gone: Vec<CommitId> = before.iter().map(|push| push.commit).collect();
        let missing = if gone.is_empty() { Vec::new() } else { self.missing(&gone).await? };
        let mut kept = Vec::new();
        for earlier in before.iter().filter(|push| !missing.contains(&push.commit)) {
            for later in now.iter().filter(|later| earlier.at <= later.at) {
                let Some(rebase) = self.rebase(earlier.commit, later.commit, &[base]).await? else {
                    continue;
                };
                if self.keeps_patches(&rebase).await? {
                    kept.push(PushedAt { commit: later.commit, ..*earlier });
                }
            }
        }
        Ok(kept)
    }

    async fn keeps_patches(&self, rebase: &Rebase) -> Result<bool, GitError> {
        let all: Vec<CommitId> =
            rebase.pairs.iter().flat_map(|(new, old)| old.iter().chain([new])).copied().collect();
        let parents: Vec<String> = all.iter().map(|id| format!("{id}^@")).collect();
        let call = Call::new("rev-list").args(["--no-walk=unsorted", "--end-of-options"]).args(parents);
        let mut near = lines::ids("rev-list", &self.git.ask(call).await?)?;
        near.extend(&all);
        self.bring_trees_of(&near).await?;
        let patches = Patches::of(&self.workbench().await?, &all).await?;
        let same =
            |(new, old): &(CommitId, Vec<CommitId>)| old.iter().any(|it| patches.are_the_same(*it, *new));
        Ok(rebase.pairs.iter().all(same))
    }
}
