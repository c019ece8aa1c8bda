//! How a hotfix stands on a branch: by the *carried* ladder, by what was taken back since, by what people have said.

use crate::lineage::{GitError, Repository};
use crate::model::{Carried, CarryStage, CommitId, Hotfix, HotfixStanding, LandedHotfix};
use std::collections::BTreeSet;

/// So many of its commits are looked after for being taken back.
const FOLLOWED_AT_MOST: usize = 20;

/// And so many are asked about one by one, the newest first.
const ASKED_AT_MOST: usize = 100;

/// How a merged hotfix stands on an environment whose branch has this tip. `target` is the tip of the one that it went into.
pub(super) async fn standing(
    repository: &Repository,
    (hotfix, landed): (&Hotfix, &LandedHotfix),
    (environment, tip): (&str, CommitId),
    target: CommitId,
) -> Result<HotfixStanding, GitError> {
    // What was said of the environment itself counts first, the newest; then what it has from upstream.
    let (here, upstream): (Vec<_>, Vec<_>) =
        hotfix.mended.iter().rev().partition(|said| said.environment == environment);
    for said in here.into_iter().chain(upstream) {
        if is_in(repository, tip, said.tip).await? {
            return Ok(HotfixStanding::Mended { by: said.by.clone(), reason: said.reason.clone() });
        }
    }
    let Some(Shown { commits, noted }) = shown_by(repository, (hotfix, landed), tip).await? else {
        return Ok(HotfixStanding::Missing);
    };
    let mut doubt = noted.map(|by| HotfixStanding::Noted { by, as_merge: false });
    if commits == [landed.made]
        && let Some(by) = repository.taken_over_by(landed.made, (tip, target)).await?
        && !is_there_by_files(repository, landed, by).await?
    {
        doubt = Some(HotfixStanding::Noted { by, as_merge: true });
    }
    for commit in commits.into_iter().take(FOLLOWED_AT_MOST) {
        if let Some(by) = repository.taken_back(commit, tip).await? {
            doubt = Some(HotfixStanding::Reverted { by });
            break;
        }
    }
    // Somebody may have brought it again in a way that no message tells.
    Ok(match doubt {
        Some(doubt) if !is_there_by_files(repository, landed, tip).await? => doubt,
        _ => HotfixStanding::Carried,
    })
}

/// Whether the branch that a hotfix went into has it no more in any form, so that it was moved away from it.
pub(super) async fn is_gone_where_it_went(
    repository: &Repository,
    hotfix: (&Hotfix, &LandedHotfix),
    tip: CommitId,
) -> Result<bool, GitError> {
    Ok(shown_by(repository, hotfix, tip).await?.is_none())
}

/// The commit that has taken a hotfix back on the branch that it went into, if one has.
pub(super) async fn taken_back_where_it_went(
    repository: &Repository,
    landed: &LandedHotfix,
    tip: CommitId,
) -> Result<Option<CommitId>, GitError> {
    if !is_in(repository, tip, landed.made).await? {
        return Ok(None);
    }
    let Some(by) = said_to_be_taken_back(repository, landed, tip).await? else { return Ok(None) };
    // Somebody may have brought it again in a way that no message tells.
    Ok(if is_there_by_files(repository, landed, tip).await? { None } else { Some(by) })
}

/// The commit whose message says that it takes a hotfix back, on a branch that has what it was merged as.
async fn said_to_be_taken_back(
    repository: &Repository,
    landed: &LandedHotfix,
    tip: CommitId,
) -> Result<Option<CommitId>, GitError> {
    if let Some(by) = repository.taken_back(landed.made, tip).await? {
        return Ok(Some(by));
    }
    if landed.as_one || landed.picks.len() > FOLLOWED_AT_MOST {
        return Ok(None);
    }
    let mut last = None;
    for pick in &landed.picks {
        match repository.taken_back(*pick, tip).await? {
            Some(by) => last = Some(by),
            None => return Ok(None),
        }
    }
    Ok(last)
}

/// What shows that a branch has a hotfix.
#[derive(Default)]
struct Shown {
    /// The commits that show it.
    commits: Vec<CommitId>,
    /// One of them that shows it by its message alone.
    noted: Option<CommitId>,
}

impl Shown {
    fn by(commit: CommitId) -> Self {
        Self { commits: vec![commit], noted: None }
    }

    fn add(&mut self, by: CommitId, carried: Carried) {
        self.commits.push(by);
        if let Carried::Trailer(by) = carried {
            self.noted.get_or_insert(by);
        }
    }
}

/// What shows that the branch has the hotfix; `None` where it has not.
async fn shown_by(
    repository: &Repository,
    (hotfix, landed): (&Hotfix, &LandedHotfix),
    tip: CommitId,
) -> Result<Option<Shown>, GitError> {
    // What carried it back may have been changed on its way, or squashed: that it was merged is enough.
    if let Some(CarryStage::Merged { made, .. }) = hotfix.carry_back.as_ref().map(|it| &it.stage)
        && is_in(repository, tip, *made).await?
    {
        return Ok(Some(Shown::by(*made)));
    }
    if is_in(repository, tip, landed.made).await? {
        return Ok(Some(Shown::by(landed.made)));
    }
    let is_one_by_one = landed.picks.len() > 1 && landed.picks.contains(&landed.made);
    let asked = if is_one_by_one { landed.picks.as_slice() } else { &[landed.made] };
    let mut shown = Shown::default();
    for commit in asked.iter().rev().take(ASKED_AT_MOST) {
        if !repository.missing(&[*commit]).await?.is_empty() {
            // No branch has it, and nobody can tell what it was.
            return Ok(None);
        }
        let answer = repository.carried(*commit, tip).await?;
        if !answer.carried.is_carried() {
            return Ok(None);
        }
        let whole = [(*commit, answer.carried)];
        let each = if answer.brought.is_empty() { whole.as_slice() } else { &answer.brought };
        for (commit, carried) in each {
            match carried.by() {
                Some(by) => shown.add(by, *carried),
                None if is_in(repository, tip, *commit).await? => shown.commits.push(*commit),
                None => {}
            }
        }
    }
    Ok(Some(shown))
}

/// The files that a hotfix has changed.
pub(super) async fn paths_of(
    repository: &Repository,
    landed: &LandedHotfix,
) -> Result<BTreeSet<String>, GitError> {
    let mut paths = BTreeSet::new();
    for pick in &landed.picks {
        paths.extend(repository.changed_paths(*pick).await?);
    }
    Ok(paths)
}

async fn is_there_by_files(
    repository: &Repository,
    landed: &LandedHotfix,
    tip: CommitId,
) -> Result<bool, GitError> {
    for pick in landed.picks.iter().take(FOLLOWED_AT_MOST) {
        let is_here = repository.missing(&[*pick]).await?.is_empty();
        if !is_here || !repository.changes_nothing_on(*pick, tip).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a commit is part of the branch's history. One that is not here is not.
pub(super) async fn is_in(
    repository: &Repository,
    tip: CommitId,
    commit: CommitId,
) -> Result<bool, GitError> {
    Ok(repository.missing(&[commit]).await?.is_empty() && repository.reaches(tip, commit).await?)
}
