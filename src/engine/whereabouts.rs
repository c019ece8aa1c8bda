//! Where a change has come to: on which branches it is, where it was deployed, where it runs.

use super::dormancy::is_dormant;
use crate::deploy::Course;
use crate::flow::{
    CommitId, Deploy, DeployState, Environment, Flow, Millis, PullNumber, RepositoryId, Role, TipSource,
    WaitsFor,
};
use crate::lineage::{GitError, Mirror, Repository};
use crate::report::{OperatorActs, Place, Stand};
use crate::store::{PullRow, Store, StoreError, TipRow};
use std::path::Path;

/// How many deploys of an environment are looked through.
const DEPLOYS_AT_MOST: usize = 30;

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
    let nobody_deploys = is_dormant(&store.deploy_activity(pull.repository).await?, flow);
    let asked = Asked { store, repository, id: pull.repository, commit, number: pull.number, nobody_deploys };
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
            waits_for: None,
            acts: OperatorActs::default(),
            nobody_deploys: false,
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
    nobody_deploys: bool,
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
        let lane = self.store.lane(self.id, &environment.name, &environment.branch).await?;
        let course = Course::new(lane.deploys, lane.hold, lane.baseline);
        let mut bring = Vec::new();
        for deploy in course.deploys().iter().rev().take(DEPLOYS_AT_MOST) {
            if deploy.pulls.contains(&self.number) || self.is_in(Some(deploy.commit)).await? {
                bring.push(deploy);
            }
        }
        let (stand, since, deploy) = stand(&course, &bring);
        let (stand, since) = match (stand, on_branch) {
            (Stand::NotThere, true) => {
                let tips = self.store.tips(self.id, Some(&environment.branch)).await?;
                (Stand::Merged, self.since_on(&tips).await?)
            }
            (stand, _) => (stand, since),
        };
        let (name, branch) = (environment.name.clone(), environment.branch.clone());
        let waits_for = deploy.and_then(|it| course.waits_for(it.number));
        let acts = OperatorActs {
            roll_back_to: course.rollback_target(),
            try_again: deploy.is_some_and(|it| course.may_try_again(it)),
        };
        let nobody_deploys = self.nobody_deploys && stand == Stand::Merged;
        Ok(Place { name, branch, stand, since, deploy: deploy.cloned(), waits_for, acts, nobody_deploys })
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

/// How the change stands by all deploys, of which these bring it, the newest first.
fn stand<'a>(course: &'a Course, bring: &[&'a Deploy]) -> (Stand, Option<Millis>, Option<&'a Deploy>) {
    let live = course.live();
    let has_it = |deploy: &Deploy| bring.iter().any(|it| it.number == deploy.number);
    // What is on its way anew does not count while an older deploy of it runs already.
    let on_its_way = bring.iter().find(|it| it.state.is_open()).filter(|_| !live.is_some_and(has_it));
    if let Some(open) = on_its_way {
        let stand = match (open.state, course.waits_for(open.number)) {
            (DeployState::Waiting, Some(WaitsFor::Hold)) => Stand::Held,
            (DeployState::Waiting, Some(WaitsFor::Unconfirmed { .. })) => Stand::Blocked,
            (DeployState::Waiting, _) => Stand::Waiting,
            _ => Stand::UnderWay,
        };
        return (stand, Some(open.made_at), Some(open));
    }
    if let Some(live) = live.filter(|live| has_it(live)) {
        return since_live(course, live, &has_it);
    }
    let was_live = bring.iter().find(|it| it.state == DeployState::Succeeded);
    let taken_back = live.filter(|live| live.is_rollback());
    if let (Some(_), Some(live)) = (was_live, taken_back) {
        let since = course.hold().map(|hold| hold.since).or(live.ended_at);
        return (Stand::RolledBack, since, Some(live));
    }
    match bring.first() {
        Some(newest) => match newest.state {
            DeployState::Failed | DeployState::Error => (Stand::Failed, newest.ended_at, Some(newest)),
            DeployState::Superseded => (Stand::Superseded, newest.ended_at, Some(newest)),
            DeployState::Inactive => (Stand::Merged, Some(newest.made_at), Some(newest)),
            DeployState::Refused => (Stand::Refused, newest.ended_at, Some(newest)),
            _ if was_live.is_some() => (Stand::NoLonger, live.and_then(|it| it.ended_at), live),
            _ => (Stand::NotThere, None, None),
        },
        None => (Stand::NotThere, None, None),
    }
}

/// How a change stands that the last good deploy brought: live, unless something has happened since by which that is
/// not sure any more.
fn since_live<'a>(
    course: &'a Course,
    live: &'a Deploy,
    has_it: &impl Fn(&Deploy) -> bool,
) -> (Stand, Option<Millis>, Option<&'a Deploy>) {
    let since = |later: &&Deploy| later.number > live.number && later.was_begun();
    let mut later = course.deploys().iter().rev().filter(since);
    let going_back = course.deploys().iter().rev().find(|it| it.is_rollback() && it.state.is_open());
    if let Some(going_back) = going_back.filter(|it| !has_it(it)) {
        return (Stand::GoingBack, Some(going_back.made_at), Some(going_back));
    }
    let trouble =
        later.find(|it| !it.state.is_open() && (it.is_rollback() || it.may_have_touched_the_site()));
    match trouble {
        Some(back) if back.is_rollback() && !has_it(back) => (Stand::NotTakenBack, back.ended_at, Some(back)),
        Some(trouble) if trouble.may_have_touched_the_site() => {
            (Stand::Uncertain, trouble.ended_at, Some(trouble))
        }
        _ => {
            let well = course.deploys().iter().rev().filter(|it| it.state == DeployState::Succeeded);
            let first = well.take_while(|it| has_it(it)).last();
            (Stand::Live, first.and_then(|it| it.ended_at), Some(live))
        }
    }
}

/// Whether anything went otherwise than it should lately, so that somebody may have to be told.
pub(super) async fn is_troubled(
    store: &dyn Store,
    flow: &Flow,
    id: RepositoryId,
) -> Result<bool, StoreError> {
    for environment in &flow.environments {
        let at_most = u32::try_from(DEPLOYS_AT_MOST).unwrap_or(u32::MAX);
        let deploys = store.newest_deploys(id, &environment.name, at_most).await?;
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
