//! How a hotfix stands on a branch: by the *carried* ladder, by what was taken back since, by what people have said.

use crate::lineage::{GitError, Repository};
use crate::model::{CarryStage, CommitId, Hotfix, HotfixStanding, LandedHotfix};

/// So many of its commits are looked after for being taken back.
const FOLLOWED_AT_MOST: usize = 20;

/// And so many are asked about one by one, the newest first.
const ASKED_AT_MOST: usize = 100;

/// How a merged hotfix stands on the branch whose tip is `tip`.
pub(super) async fn standing(
    repository: &Repository,
    (hotfix, landed): (&Hotfix, &LandedHotfix),
    tip: CommitId,
) -> Result<HotfixStanding, GitError> {
    for said in hotfix.mended.iter().rev() {
        if is_in(repository, tip, said.tip).await? {
            return Ok(HotfixStanding::Mended { by: said.by.clone(), reason: said.reason.clone() });
        }
    }
    let Some(shown) = shown_by(repository, (hotfix, landed), tip).await? else {
        return Ok(HotfixStanding::Missing);
    };
    for commit in shown.into_iter().take(FOLLOWED_AT_MOST) {
        let Some(by) = repository.taken_back(commit, tip).await? else { continue };
        // Somebody may have brought it again in a way that no message tells.
        return Ok(if is_there_by_files(repository, landed, tip).await? {
            HotfixStanding::Carried
        } else {
            HotfixStanding::Reverted { by }
        });
    }
    Ok(HotfixStanding::Carried)
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

/// The commits of the branch that show that it has the hotfix; `None` where it has not.
async fn shown_by(
    repository: &Repository,
    (hotfix, landed): (&Hotfix, &LandedHotfix),
    tip: CommitId,
) -> Result<Option<Vec<CommitId>>, GitError> {
    // What carried it back may have been changed on its way, or squashed: that it was merged is enough.
    if let Some(CarryStage::Merged { made, .. }) = hotfix.carry_back.as_ref().map(|it| &it.stage)
        && is_in(repository, tip, *made).await?
    {
        return Ok(Some(vec![*made]));
    }
    if is_in(repository, tip, landed.made).await? {
        return Ok(Some(vec![landed.made]));
    }
    let is_one_by_one = landed.picks.len() > 1 && landed.picks.contains(&landed.made);
    let asked = if is_one_by_one { landed.picks.as_slice() } else { &[landed.made] };
    let mut shown = Vec::new();
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
                Some(by) => shown.push(by),
                None if is_in(repository, tip, *commit).await? => shown.push(*commit),
                None => {}
            }
        }
    }
    Ok(Some(shown))
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
