//! The course of one environment's deploys: one at a time, the newest first of those that wait, nothing older than
//! what is live. Pure: what is known goes in, what is to be kept comes out.

use super::report::{Report, Says};
use crate::flow::{CommitId, Deploy, DeployState, Ending, Hold, Millis, PhaseRun};
use std::collections::HashSet;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From being handed over until somebody takes it up, in milliseconds.
    pub pick_up: Millis,
    /// From being taken up to its end, in milliseconds.
    pub whole: Millis,
}

/// What the branch's tip asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: the tip was seen to, or there is none.
    Nothing,
    /// A deploy of the tip.
    Deploy(CommitId),
}

/// The deploys of one environment and what changes about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    deploys: Vec<Deploy>,
    /// The same as they were, to tell what has changed.
    before: Vec<Deploy>,
    hold: Option<Hold>,
    baseline: Option<CommitId>,
}

impl Course {
    /// The course so far: `deploys` in the order of their numbers, `baseline` is where the branch was when deploys
    /// began to be kept.
    pub fn new(deploys: Vec<Deploy>, hold: Option<Hold>, baseline: Option<CommitId>) -> Self {
        Self { before: deploys.clone(), deploys, hold, baseline }
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

    /// The number of the next one.
    pub fn next_number(&self) -> u64 {
        self.deploys.last().map_or(1, |newest| newest.number + 1)
    }

    /// What runs in the environment, as far as known.
    pub fn live(&self) -> Option<&Deploy> {
        self.deploys.iter().rev().find(|deploy| deploy.state == DeployState::Succeeded)
    }

    /// The one that has the environment to itself.
    pub fn under_way(&self) -> Option<&Deploy> {
        self.deploys.iter().find(|deploy| deploy.state.is_under_way())
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
        let was_left = |deploy: &Deploy| deploy.ending == Some(Ending::OffBranch);
        let newest = self.deploys.iter().rev().find(|it| !it.is_rollback() && !was_left(it));
        let seen_to = newest.map(|deploy| deploy.commit).or(self.baseline);
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
    pub fn leave_branch(&mut self, there: &HashSet<CommitId>, now: Millis) {
        for deploy in &mut self.deploys {
            if waits_for_its_branch(deploy) && !there.contains(&deploy.commit) {
                end(deploy, DeployState::Superseded, Ending::OffBranch, now);
            }
        }
    }

    /// Ends one whose turn has come, though what is live has it already.
    pub fn refuse(&mut self, number: u64, live: CommitId, now: Millis) {
        if let Some(deploy) = self.get_mut(number) {
            end(deploy, DeployState::Refused, Ending::OlderThanLive { live }, now);
        }
    }

    /// Whose turn it is: the newest of those that wait, if the environment is free; the others are superseded. While a
    /// hold is in force only a rollback goes.
    ///
    /// Numbers tell the order in which deploys begin. What waited behind a hold while a rollback went goes on as a
    /// deploy of a new number.
    pub fn turn(&mut self, now: Millis) -> Option<u64> {
        let held = self.hold().is_some();
        let may_go =
            |deploy: &&Deploy| deploy.state == DeployState::Waiting && (!held || deploy.is_rollback());
        let next = self.deploys.iter().rfind(may_go)?.number;
        for deploy in &mut self.deploys {
            let stays = held && !deploy.is_rollback();
            if deploy.state == DeployState::Waiting && deploy.number < next && !stays {
                end(deploy, DeployState::Superseded, Ending::Superseded { by: next }, now);
            }
        }
        if self.under_way().is_some() {
            return None;
        }
        let last_begun = self.deploys.iter().filter(|it| it.requested_at.is_some()).map(|it| it.number).max();
        if last_begun.is_none_or(|begun| begun < next) {
            return Some(next);
        }
        let number = self.next_number();
        let waited = self.get_mut(next)?;
        let anew = Deploy { number, made_at: now, ..waited.clone() };
        end(waited, DeployState::Superseded, Ending::Superseded { by: number }, now);
        self.deploys.push(anew);
        Some(number)
    }

    /// Ends what nobody took up in time, and what hangs. Answers the numbers of those.
    pub fn expire(&mut self, limits: Limits, now: Millis) -> Vec<u64> {
        let mut expired = Vec::new();
        for deploy in &mut self.deploys {
            if due(deploy, limits).is_none_or(|due| due > now) {
                continue;
            }
            let ending = match deploy.state {
                DeployState::Running => Ending::Stuck { phase: deploy.phase(), within: limits.whole },
                _ if deploy.handing_over => {
                    Ending::NotHandedOver { words: "nobody could be told of it in time".to_owned() }
                }
                _ => Ending::NotPickedUp { within: limits.pick_up },
            };
            end(deploy, DeployState::Error, ending, now);
            expired.push(deploy.number);
        }
        expired
    }

    /// When the first of them will have taken too long.
    pub fn next_expiry(&self, limits: Limits) -> Option<Millis> {
        self.deploys.iter().filter_map(|deploy| due(deploy, limits)).min()
    }

    /// Takes a report in. Answers whether it changed anything.
    ///
    /// Reports come twice, late and in any order: what is older than what is known changes nothing; an end stays the
    /// end unless whoever carried it out says otherwise later, and nothing else has begun since.
    pub fn report(&mut self, number: u64, report: &Report, now: Millis) -> bool {
        let newer_began =
            self.deploys.iter().any(|other| other.number > number && other.requested_at.is_some());
        let Some(deploy) = self.get_mut(number) else { return false };
        let before = deploy.clone();
        if deploy.state == DeployState::Waiting || matches!(deploy.ending, Some(Ending::Superseded { .. })) {
            return false;
        }
        let is_late = deploy.reported_at.is_some_and(|known| report.at < known);
        let over = !deploy.state.is_open();
        let says_more = deploy.reported_at.is_none_or(|known| report.at > known);
        if is_late || (over && (newer_began || !says_more)) {
            return false;
        }
        take_in(deploy, report, now);
        *deploy != before
    }
}

fn waits_for_its_branch(deploy: &Deploy) -> bool {
    deploy.state == DeployState::Waiting && !deploy.is_rollback()
}

fn due(deploy: &Deploy, limits: Limits) -> Option<Millis> {
    match deploy.state {
        // Nobody can have heard of it: that is GitHub's silence, and no fault of whoever deploys.
        DeployState::Requested if deploy.handing_over && deploy.github_id.is_none() => None,
        DeployState::Requested => Some(deploy.requested_at? + limits.pick_up),
        DeployState::Running => Some(deploy.picked_up_at? + limits.whole),
        _ => None,
    }
}

fn end(deploy: &mut Deploy, state: DeployState, ending: Ending, now: Millis) {
    deploy.state = state;
    deploy.ending = Some(ending);
    deploy.ended_at = Some(now);
    deploy.handing_over = false;
}

fn take_in(deploy: &mut Deploy, report: &Report, now: Millis) {
    deploy.reported_at = Some(report.at);
    if report.by.is_some() {
        deploy.carried_out_by.clone_from(&report.by);
    }
    if report.log_url.is_some() {
        deploy.log_url.clone_from(&report.log_url);
    }
    if report.environment_url.is_some() {
        deploy.environment_url.clone_from(&report.environment_url);
    }
    if report.says == Says::Queued {
        return;
    }
    if !deploy.state.is_open() {
        // It is carried out anew, and has its time anew.
        deploy.picked_up_at = None;
    }
    deploy.picked_up_at.get_or_insert(now);
    enter(deploy, report, now);
    match report.says {
        Says::Queued => {}
        Says::Running => {
            deploy.state = DeployState::Running;
            (deploy.ending, deploy.ended_at) = (None, None);
        }
        Says::Succeeded => {
            deploy.state = DeployState::Succeeded;
            (deploy.ending, deploy.ended_at) = (None, Some(now));
            close_phase(deploy, true, now);
        }
        Says::Failed => {
            let phase = report.phase.or(deploy.phase());
            close_phase(deploy, false, now);
            end(deploy, DeployState::Failed, Ending::Failed { phase, words: report.words.clone() }, now);
        }
    }
}

/// Goes on to the phase of a report. A phase that has passed is not entered again by a word about it, except where it
/// begins anew after an end.
fn enter(deploy: &mut Deploy, report: &Report, now: Millis) {
    let Some(phase) = report.phase else {
        note_in_phase(deploy, report);
        return;
    };
    let over = !deploy.state.is_open();
    match deploy.phase() {
        Some(present) if present == phase && !over => {}
        Some(present) if present > phase && !over => return,
        _ => {
            if !over {
                close_phase(deploy, true, now);
            }
            deploy.phases.retain(|run| run.phase < phase);
            deploy.phases.push(PhaseRun {
                phase,
                began_at: now,
                ended_at: None,
                went_well: None,
                step: None,
                log_tail: None,
            });
        }
    }
    note_in_phase(deploy, report);
}

fn note_in_phase(deploy: &mut Deploy, report: &Report) {
    let Some(run) = deploy.phases.last_mut() else { return };
    if report.step.is_some() {
        run.step.clone_from(&report.step);
    }
    if report.log_tail.is_some() {
        run.log_tail.clone_from(&report.log_tail);
    }
}

fn close_phase(deploy: &mut Deploy, went_well: bool, now: Millis) {
    if let Some(run) = deploy.phases.last_mut().filter(|run| run.ended_at.is_none()) {
        run.ended_at = Some(now);
        run.went_well = Some(went_well);
    }
}

#[cfg(test)]
mod tests;
