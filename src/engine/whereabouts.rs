//! Where a change has come to: on which branches it is, where it was deployed, where it runs.

use crate::flow::{
    CommitId, Deploy, DeployState, Environment, Flow, Hold, Millis, PullNumber, RepositoryId, Role, TipSource,
};
use crate::lineage::{GitError, Mirror, Repository};
use crate::report::{Place, Stand};
use crate::store::{PullRow, Store, StoreError, TipRow};
use std::path::Path;

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: u32 = 30;

/// Why it could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// git did not answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Where a merged pull request has come to, for each environment of the path and the copy branch, in their order.
pub async fn whereabouts(
    store: &dyn Store,
    repository: &Repository,
    flow: &Flow,
    pull: &PullRow,
) -> Result<Vec<Place>, NotTold> {
    let commit = pull.merged.and_then(|merged| merged.commit).unwrap_or(pull.head_commit);
    let asked = Asked { store, repository, id: pull.repository, commit, number: pull.number };
    let mut places = Vec::new();
    for environment in &flow.environments {
        places.push(asked.in_environment(environment).await?);
    }
    if let Some(copy) = &flow.copy {
        let tip = repository.branch(&copy.branch).await?;
        let is_there = asked.is_in(tip).await?;
        let since = if is_there {
            asked.since_on(&store.tips(asked.id, Some(&copy.branch)).await?).await?
        } else {
            None
        };
        let stand = if is_there { Stand::Copied } else { Stand::NotThere };
        places.push(Place {
            name: copy.branch.to_string(),
            branch: copy.branch.clone(),
            stand,
            since,
            deploy: None,
        });
    }
    Ok(places)
}

/// The copy that the server with this data folder keeps of a repository, for who only wants to look; `None` where there
/// is none.
pub async fn mirror_of(data_dir: &Path, id: RepositoryId) -> Option<Repository> {
    let folder = data_dir.join("mirrors").join(format!("{id}.git"));
    Repository::open(&Mirror::newest_in(&folder)?).await.ok()
}

struct Asked<'a> {
    store: &'a dyn Store,
    repository: &'a Repository,
    id: RepositoryId,
    commit: CommitId,
    number: PullNumber,
}

impl Asked<'_> {
    async fn is_in(&self, tip: Option<CommitId>) -> Result<bool, GitError> {
        match tip {
            Some(tip) if tip == self.commit => Ok(true),
            Some(tip) if self.repository.missing(&[tip, self.commit]).await?.is_empty() => {
                self.repository.reaches(tip, self.commit).await
            }
            _ => Ok(false),
        }
    }

    async fn in_environment(&self, environment: &Environment) -> Result<Place, NotTold> {
        let tip = self.repository.branch(&environment.branch).await?;
        let on_branch = self.is_in(tip).await?;
        let deploys = self.store.newest_deploys(self.id, &environment.name, DEPLOYS_AT_MOST).await?;
        let hold = self.store.hold(self.id, &environment.name).await?;
        let mut bring = Vec::new();
        for deploy in &deploys {
            if deploy.pulls.contains(&self.number) || self.is_in(Some(deploy.commit)).await? {
                bring.push(deploy);
            }
        }
        let (stand, since, deploy) = stand(&deploys, &bring, hold.as_ref());
        let (stand, since) = match (stand, on_branch) {
            (Stand::NotThere, true) => {
                let tips = self.store.tips(self.id, Some(&environment.branch)).await?;
                (Stand::Merged, self.since_on(&tips).await?)
            }
            (stand, _) => (stand, since),
        };
        let (name, branch) = (environment.name.clone(), environment.branch.clone());
        Ok(Place { name, branch, stand, since, deploy: deploy.cloned() })
    }

    /// Since when the branch has the commit, in milliseconds, where a push told.
    async fn since_on(&self, tips: &[TipRow]) -> Result<Option<Millis>, GitError> {
        let mut since = None;
        for tip in tips.iter().rev().filter(|tip| tip.source != TipSource::Backfill) {
            if !self.is_in(tip.commit).await? {
                break;
            }
            since = Some(tip.at * 1000);
        }
        Ok(since)
    }
}

/// How the change stands where these are all deploys and those that bring it, both the newest first.
fn stand<'a>(
    deploys: &'a [Deploy],
    bring: &[&'a Deploy],
    hold: Option<&Hold>,
) -> (Stand, Option<Millis>, Option<&'a Deploy>) {
    let live = deploys.iter().find(|it| it.state == DeployState::Succeeded);
    let has_it = |deploy: &Deploy| bring.iter().any(|it| it.number == deploy.number);
    // What is on its way anew does not count while an older deploy of it runs already.
    let on_its_way = bring.iter().find(|it| it.state.is_open()).filter(|_| !live.is_some_and(has_it));
    if let Some(open) = on_its_way {
        let waits_for_the_hold = hold.is_some_and(|it| it.lifted.is_none()) && !open.is_rollback();
        let stand = match open.state {
            DeployState::Waiting if waits_for_the_hold => Stand::Held,
            DeployState::Waiting => Stand::Waiting,
            _ => Stand::UnderWay,
        };
        return (stand, Some(open.made_at), Some(open));
    }
    if let Some(live) = live.filter(|live| has_it(live)) {
        let well = deploys.iter().filter(|it| it.state == DeployState::Succeeded);
        let first = well.take_while(|it| has_it(it)).last();
        return (Stand::Live, first.and_then(|it| it.ended_at), Some(live));
    }
    let was_live = bring.iter().find(|it| it.state == DeployState::Succeeded);
    let taken_back = live.filter(|live| live.is_rollback());
    if let (Some(_), Some(live)) = (was_live, taken_back) {
        return (Stand::RolledBack, hold.map(|hold| hold.since).or(live.ended_at), Some(live));
    }
    match bring.first() {
        Some(newest) => match newest.state {
            DeployState::Failed | DeployState::Error => (Stand::Failed, newest.ended_at, Some(newest)),
            DeployState::Superseded => (Stand::Superseded, newest.ended_at, Some(newest)),
            DeployState::Refused => (Stand::Refused, newest.ended_at, Some(newest)),
            _ if was_live.is_some() => (Stand::NoLonger, live.and_then(|it| it.ended_at), live),
            _ => (Stand::NotThere, None, None),
        },
        None => (Stand::NotThere, None, None),
    }
}

/// Whether anything went otherwise than it should lately, so that somebody may have to be told.
pub(super) async fn is_troubled(
    store: &dyn Store,
    flow: &Flow,
    id: RepositoryId,
) -> Result<bool, StoreError> {
    for environment in &flow.environments {
        let deploys = store.newest_deploys(id, &environment.name, DEPLOYS_AT_MOST).await?;
        let troubled = |it: &Deploy| {
            it.is_rollback()
                || matches!(it.state, DeployState::Failed | DeployState::Error | DeployState::Refused)
        };
        if deploys.iter().any(troubled) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether where a pull request has come to is worth telling: it went into an environment.
pub(super) fn travels(flow: &Flow, pull: &PullRow) -> bool {
    matches!(flow.role(&pull.base_branch), Role::Environment(_)) && pull.merged.is_some()
}
