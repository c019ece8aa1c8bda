//! What a rollback goes back to. The act and the advice ask the same question here.

use super::DeployQueue;
use crate::model::{CommitId, Deploy, DeployState, PullNumber, RollbackRefusal};

/// What a rollback does.
#[derive(Debug, Clone, PartialEq)]
pub struct RollbackPlan {
    /// The deploy that ended well and whose commit is deployed again.
    pub target: Deploy,
    /// What is taken back: never the target's own commit.
    pub from: CommitId,
    /// The number of the one under way, which is ended first.
    pub cancels: Option<u64>,
    /// What ended well before the target, of another commit.
    pub before: Option<CommitId>,
}

/// The release that brought a pull request: the commit of the first deploy with it that ended well. `deploys` are the newest
/// first.
pub fn release_of(deploys: &[Deploy], number: PullNumber) -> Option<CommitId> {
    let brought =
        |it: &&Deploy| it.state == DeployState::Succeeded && it.pulls.contains(&number) && !it.is_rollback();
    deploys.iter().rev().find(brought).map(|it| it.commit)
}

/// What has run well and was not taken back, and what has gone wrong since.
struct Releases<'a> {
    /// The oldest first.
    good: Vec<&'a Deploy>,
    /// The newest deploy that may have touched the site and did not end well, while none has ended well since.
    trouble: Option<&'a Deploy>,
}

impl DeployQueue {
    /// What a rollback does now: to the named commit, or to what ran last and well before the present trouble. A
    /// deploy under way is trouble, whatever it has done so far: then the last good release is brought back, never the
    /// one before it.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn rollback(&self, to: Option<CommitId>) -> Result<RollbackPlan, RollbackRefusal> {
        let going_back = self.deploys.iter().rev().find(|it| it.is_rollback() && it.state.is_open());
        if let Some(going) = going_back.filter(|it| to.is_none_or(|to| to == self.restored_by(it))) {
            return Err(RollbackRefusal::UnderWay { number: going.number, to: self.restored_by(going) });
        }
        let releases = self.releases();
        let target = match to {
            Some(to) => self.went_well(to).ok_or(RollbackRefusal::NeverRan(to))?,
            None => self.last_good(&releases)?,
        };
        let under_way = self.under_way();
        let is_quiet = releases.trouble.is_none() && under_way.is_none() && going_back.is_none();
        let present = releases.good.last();
        if is_quiet && present.is_some_and(|present| present.commit == target.commit) {
            return Err(RollbackRefusal::IsLive(target.commit));
        }
        let from = self.taken_back(&releases, target.commit).ok_or(RollbackRefusal::IsLive(target.commit))?;
        let older = releases.good.iter().rev().filter(|it| it.number < target.number);
        let before = older.map(|it| it.commit).find(|commit| *commit != target.commit);
        Ok(RollbackPlan { target: target.clone(), from, cancels: under_way.map(|it| it.number), before })
    }

    /// What a rollback without a commit would bring back, where it would not be refused.
    pub fn rollback_target(&self) -> Option<CommitId> {
        self.rollback(None).ok().map(|plan| plan.target.commit)
    }

    /// What a deploy brings back, if it is a rollback: where the branch was given the old files, the commit that had them;
    /// else its own commit.
    pub fn restored_by(&self, deploy: &Deploy) -> CommitId {
        if !deploy.is_rollback() {
            return deploy.commit;
        }
        let ran_before = |it: &&Deploy| {
            it.number < deploy.number && it.state == DeployState::Succeeded && !it.is_rollback()
        };
        let ran = || self.deploys.iter().rev().filter(ran_before);
        let same = ran().find(|it| it.commit == deploy.commit);
        same.or_else(|| ran().find(|it| it.tree == deploy.tree)).map_or(deploy.commit, |it| it.commit)
    }

    /// The newest deploy of a commit that ended well.
    fn went_well(&self, commit: CommitId) -> Option<&Deploy> {
        self.deploys.iter().rev().find(|it| it.commit == commit && it.state == DeployState::Succeeded)
    }

    /// A rollback takes away what it goes back behind, whether or not it has ended well: what somebody called broken
    /// is not brought back because bringing back the one before it failed.
    fn releases(&self) -> Releases<'_> {
        let mut good: Vec<&Deploy> = Vec::new();
        let mut trouble = None;
        for deploy in &self.deploys {
            let well = deploy.state == DeployState::Succeeded;
            if !deploy.was_begun() && !deploy.state.is_open() {
                continue;
            }
            if deploy.is_rollback() {
                self.go_back(&mut good, deploy);
            } else if well && good.last().is_none_or(|last| last.commit != deploy.commit) {
                good.push(deploy);
            }
            if well {
                trouble = None;
            } else if !deploy.state.is_open() && (deploy.is_rollback() || deploy.may_have_touched_the_site())
            {
                trouble = Some(deploy);
            }
        }
        Releases { good, trouble }
    }

    fn go_back<'a>(&'a self, good: &mut Vec<&'a Deploy>, rollback: &Deploy) {
        let restored = self.restored_by(rollback);
        if let Some(at) = good.iter().rposition(|it| it.commit == restored) {
            good.truncate(at + 1);
            return;
        }
        // Something that was taken back before, and was asked for by name.
        let well = |it: &&Deploy| it.commit == restored && it.state == DeployState::Succeeded;
        if let Some(source) = self.deploys.iter().rev().filter(|it| it.number < rollback.number).find(well) {
            good.retain(|it| it.number < source.number);
            good.push(source);
        }
    }

    fn last_good<'a>(&'a self, releases: &Releases<'a>) -> Result<&'a Deploy, RollbackRefusal> {
        let newest_but =
            |commit: CommitId| releases.good.iter().rev().find(|it| it.commit != commit).copied();
        let nothing = RollbackRefusal::NothingBefore;
        if let Some(going) = self.under_way() {
            return newest_but(going.commit).ok_or(nothing);
        }
        let present = releases.good.last().copied();
        if let Some(trouble) = releases.trouble {
            let target = if trouble.is_rollback() { present } else { newest_but(trouble.commit) };
            return target.ok_or(nothing);
        }
        let Some(present) = present else { return Err(nothing) };
        let before = newest_but(present.commit);
        let before_it = before.map(|it| it.commit);
        if self.hold().is_some() {
            return Err(RollbackRefusal::Held { at: present.commit, before: before_it });
        }
        match self.newest_begun().filter(|it| it.state != DeployState::Succeeded) {
            Some(newest) => Err(RollbackRefusal::Untouched {
                number: newest.number,
                live: present.commit,
                before: before_it,
            }),
            None => before.ok_or(nothing),
        }
    }

    /// What going back to `to` takes back: what the environment is held for already, else what is under way, what has
    /// gone wrong, or what runs.
    fn taken_back(&self, releases: &Releases<'_>, to: CommitId) -> Option<CommitId> {
        let held_for = self.hold().map(|hold| hold.from);
        let last_held_for = self.hold.as_ref().map(|hold| hold.from);
        let under_way = self.under_way().map(|it| it.commit);
        let trouble = releases.trouble.map(|it| it.commit);
        let present = releases.good.last().map(|it| it.commit);
        let begun = self.deploys.iter().rev().filter(|it| it.was_begun()).map(|it| it.commit);
        let known = [held_for, under_way, trouble, present, last_held_for].into_iter().flatten();
        known.chain(begun).find(|commit| *commit != to)
    }
}

#[cfg(test)]
mod tests;
