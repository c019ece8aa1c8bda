//! The deploy queue of one environment: one deploy at a time, the newest first of those that wait, nothing older than what
//! is live. Pure: what is known goes in, what is to be stored comes out.
//!
//! What happens to the queue is here; `reports.rs` is what drivers say, `cancel.rs` an end before its time,
//! `expiry.rs` what takes too long, `rollback.rs` the way back, `deploy_again.rs` a deploy that the operator asks for.

mod cancel;
mod deploy_again;
mod expiry;
mod reports;
mod rollback;

pub use cancel::CancelAnswer;
pub use expiry::Limits;
pub use rollback::{RollbackPlan, release_of};

use crate::model::{CommitId, Deploy, DeployState, DriverSettings, Ending, Hold, StartingPoint, UnixMillis};
use std::collections::HashSet;

/// Who carries a deploy out: the driver's name, and its settings where the repository has them.
pub type CarriedOutBy = (String, Option<DriverSettings>);

/// What the branch's tip asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: the tip was deployed or needs no deploy, or there is none.
    Nothing,
    /// A deploy of the tip.
    Deploy(CommitId),
}

/// The deploys of one environment and what changes about them.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployQueue {
    deploys: Vec<Deploy>,
    /// The same as they were, to tell what has changed.
    before: Vec<Deploy>,
    hold: Option<Hold>,
    baseline: Option<CommitId>,
    start: Option<StartingPoint>,
    /// The highest number that was ever told of, as far as known.
    told: u64,
}

impl DeployQueue {
    /// The course so far: `deploys` in the order of their numbers, `baseline` is where the branch was when deploys
    /// began to be kept.
    pub fn new(deploys: Vec<Deploy>, hold: Option<Hold>, baseline: Option<CommitId>) -> Self {
        Self { before: deploys.clone(), deploys, hold, baseline, start: None, told: 0 }
    }

    /// Begun where the branch was when the configuration named it, if it was not always named.
    #[must_use]
    pub fn since(self, start: Option<StartingPoint>) -> Self {
        Self { start, ..self }
    }

    /// Numbers up to this one were told of, though the deploys may be forgotten: none of them is given again.
    pub fn was_told_of(&mut self, number: u64) {
        self.told = self.told.max(number);
    }

    /// All of them, in the order of their numbers.
    pub fn deploys(&self) -> &[Deploy] {
        &self.deploys
    }

    /// Those that are not as they were.
    pub fn changed(&self) -> impl Iterator<Item = &Deploy> {
        self.deploys.iter().filter(|deploy| !self.before.contains(deploy))
    }

    /// Those of them that have come further, not only told more.
    pub fn come_further(&self) -> impl Iterator<Item = &Deploy> {
        self.deploys.iter().filter(|deploy| {
            let before = self.before.iter().find(|it| it.number == deploy.number);
            before.is_none_or(|it| it.state != deploy.state || it.pulls != deploy.pulls)
        })
    }

    /// Those of which something else is to be told: what their logs tell of a failure has changed, or ended with them.
    pub fn told_otherwise(&self) -> impl Iterator<Item = &Deploy> {
        self.deploys.iter().filter(|deploy| {
            let before = self.before.iter().find(|it| it.number == deploy.number);
            before.is_none_or(|it| it.told != deploy.told || it.diagnosis != deploy.diagnosis)
        })
    }

    /// Those with a failure of which it has not been told who may have caused it.
    pub fn to_tell(&self) -> impl Iterator<Item = &Deploy> {
        self.deploys.iter().filter(|deploy| {
            let is_failure = deploy.is_about_to_fail() || deploy.state == DeployState::Failed;
            let told = deploy.told.as_ref().map(|it| &it.diagnosis);
            is_failure && deploy.diagnosis.is_some() && deploy.diagnosis.as_ref() != told
        })
    }

    /// Those that have failed, it is unknown of what: all that did so now, and those that ended after `since`.
    pub fn undiagnosed(&self, since: UnixMillis) -> impl Iterator<Item = &Deploy> {
        self.deploys.iter().filter(move |deploy| {
            deploy.state == DeployState::Failed
                && deploy.diagnosis.is_none()
                && !deploy.log_is_read
                && (deploy.ended_at.is_some_and(|at| at > since) || !self.before.contains(deploy))
        })
    }

    /// The number of the next one.
    pub fn next_number(&self) -> u64 {
        self.deploys.last().map_or(0, |newest| newest.number).max(self.told) + 1
    }

    /// What runs in the environment, as far as known.
    pub fn live(&self) -> Option<&Deploy> {
        self.deploys.iter().rev().find(|deploy| deploy.state == DeployState::Succeeded)
    }

    /// The one that has the environment to itself.
    pub fn under_way(&self) -> Option<&Deploy> {
        self.deploys.iter().find(|deploy| deploy.state.is_under_way())
    }

    /// The newest of those that were begun.
    pub fn newest_begun(&self) -> Option<&Deploy> {
        self.deploys.iter().rev().find(|deploy| deploy.was_begun())
    }

    /// The one that counts as over and may run all the same. Whatever was begun after it was meant to be, whatever
    /// it does.
    pub fn unconfirmed(&self) -> Option<&Deploy> {
        self.newest_begun().filter(|deploy| deploy.may_still_run())
    }

    /// What runs in the environment, where that is known for sure: nothing that was begun since may have touched it.
    pub fn seen(&self) -> Option<&Deploy> {
        let touching = self.deploys.iter().rev().find(|it| it.was_begun() && it.may_have_touched_the_site());
        touching.filter(|deploy| deploy.state == DeployState::Succeeded)
    }

    /// One of them.
    pub fn get(&self, number: u64) -> Option<&Deploy> {
        self.deploys.iter().find(|deploy| deploy.number == number)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Deploy> {
        self.deploys.iter_mut().find(|deploy| deploy.number == number)
    }

    /// The hold that is in force.
    pub fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| hold.lifted.is_none())
    }

    /// Puts a hold in force, or another in its place.
    pub fn set_hold(&mut self, hold: Hold) {
        self.hold = Some(hold);
    }

    /// What a branch that points at `tip` asks for. A tip is deployed once; asked again, it is nothing new, unless it
    /// had left the branch before its turn came.
    pub fn wanted(&self, tip: Option<CommitId>) -> Wanted {
        let Some(tip) = tip else { return Wanted::Nothing };
        let was_left = |it: &Deploy| {
            matches!(it.ending, Some(Ending::OffBranch | Ending::PlaceFreed))
                || it.state == DeployState::Inactive
        };
        let (start, after) = self.start.map_or((None, 0), |it| (it.commit, it.after));
        let counts = |it: &&Deploy| it.number > after && it.is_of_branch() && !was_left(it);
        let newest = self.deploys.iter().rev().find(counts);
        let seen_to = newest.map(|deploy| deploy.commit).or(start).or(self.baseline);
        if seen_to == Some(tip) { Wanted::Nothing } else { Wanted::Deploy(tip) }
    }

    /// Adds a deploy, which waits for its turn.
    pub fn add(&mut self, deploy: Deploy) {
        self.deploys.push(deploy);
    }

    /// The commits that wait because a branch brought them.
    pub fn waiting(&self) -> impl Iterator<Item = CommitId> {
        self.deploys.iter().filter(|it| waits_for_its_branch(it)).map(|it| it.commit)
    }

    /// Ends what waits for a branch that no longer has it: all but the commits in `there`.
    pub fn leave_branch(&mut self, there: &HashSet<CommitId>, now: UnixMillis) {
        for deploy in &mut self.deploys {
            if waits_for_its_branch(deploy) && !there.contains(&deploy.commit) {
                end(deploy, DeployState::Superseded, Ending::OffBranch, now);
            }
        }
    }

    /// Ends all that waits: its environment is none any more.
    pub fn leave_path(&mut self, now: UnixMillis) {
        for deploy in self.deploys.iter_mut().filter(|it| it.state == DeployState::Waiting) {
            end(deploy, DeployState::Superseded, Ending::OffPath, now);
        }
    }

    /// Ends what waits for a branch that has given its place up; what has run there is gone as well once that `is_free`.
    pub fn leave_place(&mut self, is_free: bool, now: UnixMillis) {
        for deploy in &mut self.deploys {
            let is_gone = is_free && deploy.state == DeployState::Succeeded;
            if is_gone || waits_for_its_branch(deploy) {
                end(deploy, DeployState::Superseded, Ending::PlaceFreed, now);
            }
        }
    }

    /// Ends one whose turn has come, though what is live has it already.
    pub fn refuse(&mut self, number: u64, live: CommitId, now: UnixMillis) {
        if let Some(deploy) = self.get_mut(number) {
            end(deploy, DeployState::Refused, Ending::OlderThanLive { live }, now);
        }
    }

    /// Whose turn it is: the newest of those that wait, if the environment is free; the others are superseded. While a
    /// hold is in force only a rollback goes, and next to one that may still run only what was asked for by name.
    /// A rollback takes the place of no other but a rollback: what the branch has goes after it, once nothing holds it.
    ///
    /// Numbers tell the order in which deploys begin. What waited behind a hold while a rollback went goes on as a
    /// deploy of a new number.
    pub fn next_to_start(&mut self, now: UnixMillis) -> Option<u64> {
        let next = self.next_in_line()?;
        let goes_back = self.get(next).is_some_and(|it| !it.is_of_branch());
        for deploy in &mut self.deploys {
            let stays = goes_back && deploy.is_of_branch();
            if deploy.state == DeployState::Waiting && deploy.number < next && !stays {
                end(deploy, DeployState::Superseded, Ending::Superseded { by: next }, now);
            }
        }
        let goes_beside = self.get(next).is_some_and(|it| it.was_requested() || it.is_rollback());
        if self.under_way().is_some() || (self.unconfirmed().is_some() && !goes_beside) {
            return None;
        }
        let last_begun = self.newest_begun().map(|it| it.number);
        if last_begun.is_none_or(|begun| begun < next) {
            return Some(next);
        }
        self.renumber(next, now)
    }

    /// Lets one that waits go on as a deploy of a new number. Answers that.
    pub fn renumber(&mut self, number: u64, now: UnixMillis) -> Option<u64> {
        let by = self.next_number();
        let waited = self.get_mut(number)?;
        let anew = Deploy { number: by, made_at: now, ..waited.clone() };
        end(waited, DeployState::Superseded, Ending::Superseded { by }, now);
        self.deploys.push(anew);
        Some(by)
    }

    /// The number under which one goes on that waited behind a hold while a rollback went.
    pub fn goes_on_as(&self, deploy: &Deploy) -> Option<u64> {
        let Some(Ending::Superseded { by }) = deploy.ending else { return None };
        self.get(by).filter(|it| it.commit == deploy.commit).map(|it| it.number)
    }

    /// The one that goes in place of another one, where newer ones have taken its place; the same otherwise.
    pub fn in_place_of<'d>(&'d self, deploy: &'d Deploy) -> &'d Deploy {
        let mut goes = deploy;
        while let Some(Ending::Superseded { by }) = goes.ending
            && let Some(next) = self.get(by).filter(|next| next.number > goes.number && !next.is_rollback())
        {
            goes = next;
        }
        goes
    }

    /// The one whose turn it is as soon as nothing stands in its way.
    pub fn next_in_line(&self) -> Option<u64> {
        let held = self.hold().is_some();
        let may_go =
            |deploy: &&Deploy| deploy.state == DeployState::Waiting && (!held || deploy.is_rollback());
        self.deploys.iter().rfind(may_go).map(|deploy| deploy.number)
    }

    /// Lets rest what was given up because nobody started it in time, and what waits behind it: nobody deploys here.
    pub fn rest(&mut self, number: u64, now: UnixMillis) {
        for deploy in &mut self.deploys {
            if deploy.number == number || waits_for_its_branch(deploy) {
                end(deploy, DeployState::Inactive, Ending::NobodyDeploys, now);
            }
        }
    }

    /// Begins one whose turn it is. It is not known yet whether anybody has been told of it.
    pub fn begin(&mut self, number: u64, (driver, driver_settings): CarriedOutBy, now: UnixMillis) {
        let beside = self.unconfirmed().map(|it| it.number);
        let seen_before = self.seen().map(|it| it.commit);
        if let Some(deploy) = self.get_mut(number) {
            deploy.state = DeployState::Requested;
            deploy.requested_at = Some(now);
            deploy.handing_over = true;
            (deploy.beside, deploy.seen_before) = (beside, seen_before);
            (deploy.driver, deploy.driver_settings) = (driver, driver_settings);
        }
    }

    /// Ends one whose programs ended with the server, again and again.
    pub fn cut_off(&mut self, number: u64, now: UnixMillis) {
        if let Some(deploy) = self.get_mut(number) {
            let why = Ending::CutOff { phase: deploy.phase(), times: deploy.hand_overs };
            end(deploy, DeployState::Error, why, now);
        }
    }
}

fn waits_for_its_branch(deploy: &Deploy) -> bool {
    deploy.state == DeployState::Waiting && deploy.is_of_branch()
}

fn end(deploy: &mut Deploy, state: DeployState, ending: Ending, now: UnixMillis) {
    deploy.state = state;
    deploy.ending = Some(ending);
    deploy.ended_at = Some(now);
    deploy.handing_over = false;
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
