//! What a topic brings, and what of it lies on other branches' lines.

use std::collections::{HashMap, HashSet};

use tokio::task::JoinSet;

use super::git::Call;
use super::{BranchTip, GitError, Ledger, Repository, lines, origins};
use crate::model::{
    BranchName, Commit, CommitId, LedgerTip, Line, MergedPull, OpenPull, PullEnds, PushedAt, TipSource,
    TopicHistory,
};

impl Repository {
    /// The history a topic is judged by: `others` are the tips of the other environments and of the copy
    /// branch. A branch that does not exist has no line.
    pub async fn topic(
        &self,
        pull: &PullEnds,
        others: &[&BranchTip],
        ledger: &Ledger,
    ) -> Result<TopicHistory, GitError> {
        let base = pull.base.commit;
        let range = self.topic_range(pull).await?;
        let (brought, ids) = (&range.brought, range.ids());
        let chains = self.first_parents_among(brought, &ids, others);
        let all_pushes = pull.head.branch.as_ref().map_or(&[][..], |branch| ledger.pushes(branch));
        let (chains, pushes) = tokio::join!(chains, self.pushes_among(&ids, all_pushes, base));
        let (chains, pushes) = (chains?, pushes?);
        let was_there = |tip: &&BranchTip| ledger.tips(&tip.branch).iter().any(|it| ids.contains(&it.commit));
        let is_elsewhere = chains.iter().any(|chain| !chain.is_empty()) || others.iter().any(was_there);
        // Where no other branch has any of it there is nothing to excuse, and no patch is compared.
        let before_rebase = if is_elsewhere {
            let ends = (pull.head.commit, base);
            self.pushes_before_rebase(all_pushes, |id| ids.contains(&id), ends).await?
        } else {
            Vec::new()
        };
        let never_pushed = pushes.is_empty() && before_rebase.is_empty();
        let (mut lines, mut elsewhere) = (Vec::new(), Vec::new());
        for (tip, chain) in others.iter().zip(chains) {
            let first_parents: Vec<_> = chain.iter().copied().filter(|id| ids.contains(id)).collect();
            if !chain.is_empty() {
                elsewhere.extend(self.elsewhere(brought, pull, tip, ledger).await?);
            }
            let past = ledger.tips(&tip.branch);
            let holds_none = first_parents.is_empty() && past.iter().all(|tip| !ids.contains(&tip.commit));
            let (here, beyond) = self.gained(past, &ids, never_pushed || holds_none, base).await?;
            let (tips, gained) = here.into_iter().unzip();
            lines.push(Line { branch: tip.branch.clone(), first_parents, tips, gained, beyond });
        }
        let already_merged = self.already_merged(ledger, &pull.base.branch, &ids).await?;
        let effect = self.merge_effect(pull, &range, !already_merged.is_empty(), ledger).await;
        Ok(TopicHistory {
            before_rebase,
            related: is_related(brought, &ids),
            former_tips: former_tips(ledger, &pull.base.branch, &ids),
            already_merged,
            stacked_on: stacked_on(ledger, pull, &ids, others),
            brought: origins::named(range.brought, ledger),
            lines,
            pushes,
            others_pushes: others_pushes(ledger, pull, &ids),
            elsewhere,
            reverts: effect.reverts,
            changes_nothing: effect.changes_nothing,
            merged_back: Vec::new(),
        })
    }

    /// For each of `others`, in order: its first-parent chain, the newest first, if it has any brought
    /// commit at all.
    ///
    /// A branch that has any brought commit has one without brought parents. Where these are few and
    /// recent, as in an ordinary topic, telling which branches contain one is cheaper than walking their
    /// chains; where much is brought it is not.
    async fn first_parents_among(
        &self,
        brought: &[Commit],
        ids: &HashSet<CommitId>,
        others: &[&BranchTip],
    ) -> Result<Vec<Vec<CommitId>>, GitError> {
        let mut chains = vec![Vec::new(); others.len()];
        let mut suspects: Vec<usize> = (0..others.len()).collect();
        if brought.len() <= ORDINARY_TOPIC {
            let containing = self.containing(brought, ids, others).await?;
            suspects.retain(|place| containing.contains(&others[*place].full_ref));
        }
        let mut walks = JoinSet::new();
        for place in suspects {
            // Without leaving out what the base reaches: git walks a bare chain in no time, but the whole
            // history for a difference, since promotion merges are never merged back.
            let walk = Call::new("rev-list").args(["--first-parent", "--end-of-options"]);
            let walk = walk.arg(others[place].commit.to_string());
            let git = self.git.clone();
            walks.spawn(async move { (place, git.ask(walk).await) });
        }
        while let Some(walked) = walks.join_next().await {
            let (place, answer) = walked.map_err(|error| GitError::io("waiting for git", error))?;
            chains[place] = lines::ids("rev-list", &answer?)?;
        }
        Ok(chains)
    }

    /// The full names of those of `others` that contain a brought commit.
    async fn containing(
        &self,
        brought: &[Commit],
        ids: &HashSet<CommitId>,
        others: &[&BranchTip],
    ) -> Result<HashSet<String>, GitError> {
        let lowest = |commit: &&Commit| commit.parents.iter().all(|parent| !ids.contains(parent));
        let contains: Vec<_> =
            brought.iter().filter(lowest).map(|commit| format!("--contains={}", commit.id)).collect();
        if contains.is_empty() || others.is_empty() {
            return Ok(HashSet::new());
        }
        let call = Call::new("for-each-ref")
            .arg("--format=%(refname)")
            .args(contains)
            .args(others.iter().map(|tip| &tip.full_ref))
            .until_refs_move();
        let answer = self.git.ask(call).await?;
        Ok(lines::text(&answer).lines().map(str::to_owned).collect())
    }

    /// What each tip of `past` gained its branch's line, in the order of `past`: the brought tips, and the
    /// pushes to commits beyond them that gained something brought.
    async fn gained(
        &self,
        past: &[LedgerTip],
        ids: &HashSet<CommitId>,
        nothing_excuses: bool,
        base: CommitId,
    ) -> Result<(Moves, Moves), GitError> {
        let is_brought = |tip: &LedgerTip| ids.contains(&tip.commit);
        if nothing_excuses {
            let here = past.iter().filter(|tip| is_brought(tip)).map(|tip| (*tip, Vec::new()));
            return Ok((here.collect(), Vec::new()));
        }
        let call = Call::new("rev-list").args(["--ignore-missing", "--first-parent", "--parents", "--stdin"]);
        let input = lines::list(past.iter().map(|tip| tip.commit)) + &format!("^{base}\n");
        let answer = self.git.ask(call.input(input)).await?;
        let first_parent: HashMap<CommitId, Option<CommitId>> = lines::ids_with_parents("rev-list", &answer)?
            .into_iter()
            .map(|(id, parents)| (id, parents.first().copied()))
            .collect();
        let moves = past.iter().copied().zip(gains(past, ids, &first_parent));
        let (here, beyond): (Moves, Moves) = moves.partition(|(tip, _)| is_brought(tip));
        let proves =
            |(tip, gained): &(LedgerTip, Vec<_>)| tip.source == TipSource::Push && !gained.is_empty();
        Ok((here, beyond.into_iter().filter(proves).collect()))
    }

    /// The pull requests that the target has as other commits. A merge by a merge commit makes its head the
    /// target's: such a head is brought only if the target was pushed back, and then nothing of it is merged.
    async fn already_merged(
        &self,
        ledger: &Ledger,
        base: &BranchName,
        ids: &HashSet<CommitId>,
    ) -> Result<Vec<MergedPull>, GitError> {
        let mut copied = Vec::new();
        let merged = ledger.merged().unwrap_or_default().iter();
        for pull in merged.filter(|it| it.base == *base && ids.contains(&it.head)) {
            let makes_copies = match (pull.method, pull.commit) {
                (Some(method), _) => method.makes_copies(),
                (None, Some(commit)) if self.missing(&[commit]).await?.is_empty() => {
                    !self.reaches(commit, pull.head).await?
                }
                (None, _) => false,
            };
            if makes_copies {
                copied.push(pull.clone());
            }
        }
        Ok(copied)
    }

    /// The pushes in terms of brought commits: a push at a commit that is brought no more counts for the
    /// newest brought commits it contained.
    async fn pushes_among(
        &self,
        ids: &HashSet<CommitId>,
        pushes: &[PushedAt],
        base: CommitId,
    ) -> Result<Vec<PushedAt>, GitError> {
        if pushes.iter().all(|push| ids.contains(&push.commit)) {
            return Ok(pushes.to_vec());
        }
        let call = Call::new("rev-list").args(["--ignore-missing", "--parents", "--stdin"]);
        let input = lines::list(pushes.iter().map(|push| push.commit)) + &format!("^{base}\n");
        let answer = self.git.ask(call.input(input)).await?;
        let parents: HashMap<_, _> = lines::ids_with_parents("rev-list", &answer)?.into_iter().collect();
        let newest = |push: &PushedAt| newest_brought(push.commit, ids, &parents);
        Ok(pushes
            .iter()
            .flat_map(|push| {
                newest(push).into_iter().map(|commit| PushedAt {
                    commit,
                    is_new: push.is_new && commit == push.commit,
                    ..*push
                })
            })
            .collect())
    }
}

/// A topic rarely brings more commits than this.
pub(super) const ORDINARY_TOPIC: usize = 64;

/// Whether the brought commits hang together with the base: every parent that is not brought is a commit
/// of the base's, so one such parent (or nothing brought at all) is enough.
fn is_related(brought: &[Commit], ids: &HashSet<CommitId>) -> bool {
    brought.is_empty() || brought.iter().flat_map(|commit| &commit.parents).any(|id| !ids.contains(id))
}

fn former_tips(ledger: &Ledger, base: &BranchName, ids: &HashSet<CommitId>) -> Vec<LedgerTip> {
    ledger.tips(base).iter().filter(|tip| ids.contains(&tip.commit)).copied().collect()
}

fn others_pushes(ledger: &Ledger, pull: &PullEnds, ids: &HashSet<CommitId>) -> Vec<(BranchName, PushedAt)> {
    let others = ledger.all_pushes().filter(|(branch, _)| pull.head.branch.as_ref() != Some(branch));
    others
        .filter(|(_, push)| ids.contains(&push.commit))
        .map(|(branch, push)| (branch.clone(), *push))
        .collect()
}

/// The open pull requests of other topics; one of this very branch goes elsewhere with the same commits, and
/// an environment's own promotion is no work that somebody stands on.
fn stacked_on(
    ledger: &Ledger,
    pull: &PullEnds,
    ids: &HashSet<CommitId>,
    others: &[&BranchTip],
) -> Vec<OpenPull> {
    let own_branch = pull.head.branch.as_ref();
    let same = |it: &OpenPull| it.origin.fork == pull.head.fork && own_branch == Some(&it.origin.branch);
    let promotion = |it: &OpenPull| others.iter().any(|tip| it.origin.is_of(Some(&tip.branch)));
    let other = |it: &&OpenPull| ids.contains(&it.head) && !same(it) && !promotion(it);
    ledger.open().iter().filter(other).cloned().collect()
}

/// Tips of a branch, each with the brought commits that its line gained thereby.
type Moves = Vec<(LedgerTip, Vec<CommitId>)>;

/// Walks every tip's first-parent chain once, the tips without a pointing time first, then by time. What a
/// walk finds that no earlier one did is what the tip gained. Of a push before which nothing is known, how
/// much of its line was there already is not known either: it gains nothing but itself.
fn gains(
    past: &[LedgerTip],
    ids: &HashSet<CommitId>,
    first_parent: &HashMap<CommitId, Option<CommitId>>,
) -> Vec<Vec<CommitId>> {
    let mut order: Vec<usize> = (0..past.len()).collect();
    order.sort_by_key(|place| (past[*place].source == TipSource::Push, past[*place].at));
    let first = order.first().copied().unwrap_or_default();
    let mut on_the_line = HashSet::new();
    let mut gained = vec![Vec::new(); past.len()];
    for place in order {
        let mut next = Some(past[place].commit);
        while let Some(id) = next.filter(|id| first_parent.contains_key(id) && on_the_line.insert(*id)) {
            gained[place].push(id);
            next = first_parent[&id];
        }
        let known_before = place != first || past[place].source != TipSource::Push;
        gained[place].retain(|id| ids.contains(id) && (known_before || *id == past[place].commit));
    }
    gained
}

/// The first brought commits on the ways down from `start`.
fn newest_brought(
    start: CommitId,
    ids: &HashSet<CommitId>,
    parents: &HashMap<CommitId, Vec<CommitId>>,
) -> Vec<CommitId> {
    let mut newest = Vec::new();
    let mut seen = HashSet::new();
    let mut ahead = vec![start];
    while let Some(id) = ahead.pop() {
        if !seen.insert(id) {
            continue;
        }
        if ids.contains(&id) {
            newest.push(id);
        } else if let Some(parents) = parents.get(&id) {
            ahead.extend(parents);
        }
    }
    newest
}
