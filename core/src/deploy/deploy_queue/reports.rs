//! What reports change about deploys.

use super::cancel::confirm;
use super::{DeployQueue, end};
use crate::deploy::report::{DeployReport, ReportedState};
use crate::model::{CommitId, Deploy, DeployState, Ending, PhaseRun, UnixMillis};
use std::time::Duration;

impl DeployQueue {
    /// Notes a report. Answers whether it changed anything.
    ///
    /// Reports come twice, late and in any order: what is older than what is known changes nothing; an end stays the
    /// end unless whoever carried it out says otherwise later, and nothing else has begun since.
    pub fn report(&mut self, number: u64, report: &DeployReport, now: UnixMillis) -> bool {
        let newer_began = self.deploys.iter().any(|other| other.number > number && other.was_begun());
        let goes_instead = report.went_with.and_then(|commit| self.newer_of(commit, number));
        let Some(deploy) = self.get_mut(number) else { return false };
        let before = deploy.clone();
        if !deploy.was_begun() || deploy.state == DeployState::Waiting {
            return false;
        }
        let said = (report.at, report.place);
        let known = deploy.reported_at.map(|at| (at, deploy.reported_place));
        if known.is_some_and(|known| said < known) {
            return false;
        }
        if deploy.may_still_run() {
            return take_in_end(deploy, report, newer_began, now);
        }
        if let (Some(by), DeployState::Requested) = (goes_instead, deploy.state) {
            end(deploy, DeployState::Superseded, Ending::Superseded { by }, now);
            return true;
        }
        let over = !deploy.state.is_open();
        let says_more = known.is_none_or(|known| said > known);
        let was_replaced = matches!(deploy.ending, Some(Ending::Superseded { .. }));
        if over && (newer_began || !says_more || was_replaced) {
            return false;
        }
        read(deploy, report, now);
        *deploy != before
    }

    /// The deploy of this commit that was asked for after another one.
    fn newer_of(&self, commit: CommitId, number: u64) -> Option<u64> {
        let newer = |it: &&Deploy| it.number > number && it.commit == commit && !it.is_rollback();
        self.deploys.iter().find(newer).map(|it| it.number)
    }
}

/// Of one that counts as over, only its end is news.
fn take_in_end(deploy: &mut Deploy, report: &DeployReport, newer_began: bool, now: UnixMillis) -> bool {
    match report.state {
        ReportedState::Queued | ReportedState::Waiting | ReportedState::Running => return false,
        ReportedState::Succeeded if !newer_began => read(deploy, report, now),
        ReportedState::Succeeded | ReportedState::Failed => {
            note_who_and_where(deploy, report, now);
            confirm(deploy, now);
        }
    }
    true
}

fn read(deploy: &mut Deploy, report: &DeployReport, now: UnixMillis) {
    note_who_and_where(deploy, report, now);
    note_approval(deploy, report.state, now);
    if report.state == ReportedState::Queued {
        if deploy.state == DeployState::Inactive {
            // Somebody is there after all, and has the usual time to take it up.
            deploy.state = DeployState::Requested;
            (deploy.ending, deploy.ended_at, deploy.requested_at) = (None, None, Some(now));
        }
        return;
    }
    if !deploy.state.is_open() {
        // It is carried out anew, and has its time anew.
        (deploy.picked_up_at, deploy.cancellation, deploy.waited_for_approval) = (None, None, Duration::ZERO);
    }
    deploy.picked_up_at.get_or_insert(now);
    enter(deploy, report, now);
    match report.state {
        ReportedState::Queued => {}
        // What is being ended and goes on until then is no news.
        ReportedState::Waiting | ReportedState::Running if deploy.state == DeployState::Cancelling => {}
        ReportedState::Waiting | ReportedState::Running => {
            deploy.state = DeployState::Running;
            (deploy.ending, deploy.ended_at) = (None, None);
        }
        ReportedState::Succeeded => {
            deploy.state = DeployState::Succeeded;
            (deploy.ending, deploy.ended_at, deploy.cancellation) = (None, Some(now), None);
            close_phase(deploy, true, now);
        }
        ReportedState::Failed if deploy.state == DeployState::Cancelling => {
            close_phase(deploy, false, now);
            confirm(deploy, now);
        }
        ReportedState::Failed => {
            let phase = report.phase.or(deploy.phase());
            close_phase(deploy, false, now);
            end(deploy, DeployState::Failed, Ending::Failed { phase, words: report.words.clone() }, now);
        }
    }
}

/// Time that is spent waiting for somebody's approval is not the deploy's.
fn note_approval(deploy: &mut Deploy, state: ReportedState, now: UnixMillis) {
    if state == ReportedState::Waiting {
        deploy.waits_for_approval_since.get_or_insert(now);
    } else if let Some(since) = deploy.waits_for_approval_since.take() {
        deploy.waited_for_approval += now.since(since);
    }
}

fn note_who_and_where(deploy: &mut Deploy, report: &DeployReport, now: UnixMillis) {
    (deploy.reported_at, deploy.reported_place) = (Some(report.at), report.place);
    (deploy.remark, deploy.diagnosis) = (report.remark.clone(), report.diagnosis.clone());
    deploy.degraded = report.degraded;
    // Its log may tell more by now.
    deploy.log_is_read = false;
    if report.customers.is_some() {
        deploy.customers.clone_from(&report.customers);
    }
    if report.retries {
        deploy.retried_at.get_or_insert(now);
    }
    if report.handle.is_some() {
        deploy.handle.clone_from(&report.handle);
    }
    if report.by.is_some() {
        deploy.carried_out_by.clone_from(&report.by);
    }
    if report.log_url.is_some() {
        deploy.log_url.clone_from(&report.log_url);
    }
    if report.environment_url.is_some() {
        deploy.environment_url.clone_from(&report.environment_url);
    }
}

/// Goes on to the phase of a report. A phase that has passed is not entered again by a word about it, except where it
/// begins anew after an end.
fn enter(deploy: &mut Deploy, report: &DeployReport, now: UnixMillis) {
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

fn note_in_phase(deploy: &mut Deploy, report: &DeployReport) {
    let Some(run) = deploy.phases.last_mut() else { return };
    if report.step.is_some() {
        run.step.clone_from(&report.step);
    }
    if report.log_tail.is_some() {
        run.log_tail.clone_from(&report.log_tail);
    }
}

fn close_phase(deploy: &mut Deploy, went_well: bool, now: UnixMillis) {
    if let Some(run) = deploy.phases.last_mut().filter(|run| run.ended_at.is_none()) {
        run.ended_at = Some(now);
        run.went_well = Some(went_well);
    }
}
