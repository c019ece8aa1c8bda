//! Deploys that take too long: those that nobody takes up, those that hang, and those whose end nobody confirms.

use super::cancel::give_up;
use super::{DeployQueue, end};
use crate::model::{Deploy, DeployState, Ending, UnixMillis};
use std::time::Duration;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From being handed over until somebody takes it up.
    pub pick_up: Duration,
    /// From being taken up to its end.
    pub whole: Duration,
    /// From the moment when it is to be ended until that is confirmed.
    pub cancel: Duration,
}

impl DeployQueue {
    /// Ends what nobody started in time, and begins to end what hangs. What is not confirmed to have ended in time
    /// counts as one that may still run. Answers the numbers of all of them.
    pub fn expire(&mut self, limits: Limits, now: UnixMillis) -> Vec<u64> {
        let due = |deploy: &&Deploy| due(deploy, limits).is_some_and(|due| due <= now);
        let late: Vec<u64> = self.deploys.iter().filter(due).map(|deploy| deploy.number).collect();
        for &number in &late {
            let Some(deploy) = self.get_mut(number) else { continue };
            match deploy.state {
                DeployState::Cancelling => give_up(deploy, limits.cancel, now),
                DeployState::Running => {
                    let why = Ending::Stuck { phase: deploy.phase(), within: limits.whole };
                    self.cancel(number, why, now);
                }
                _ if deploy.handing_over => {
                    let words = "nobody could be asked to run it in time".to_owned();
                    end(deploy, DeployState::Error, Ending::NotHandedOver { words, log_tail: None }, now);
                    // Somebody may have heard of it all the same: that is asked before another one begins.
                    deploy.handing_over = true;
                }
                _ => end(deploy, DeployState::Error, Ending::NotPickedUp { within: limits.pick_up }, now),
            }
        }
        late
    }

    /// When the first of them will have taken too long.
    pub fn next_expiry(&self, limits: Limits) -> Option<UnixMillis> {
        self.deploys.iter().filter_map(|deploy| due(deploy, limits)).min()
    }
}

fn due(deploy: &Deploy, limits: Limits) -> Option<UnixMillis> {
    match deploy.state {
        // Nobody can have heard of it: that is GitHub's silence, and no fault of whoever deploys.
        DeployState::Requested if deploy.handing_over && deploy.github_id.is_none() => None,
        DeployState::Requested => Some(deploy.requested_at? + limits.pick_up),
        // A person takes the time that a person takes.
        DeployState::Running if deploy.waits_for_approval_since.is_some() => None,
        DeployState::Running => Some(deploy.picked_up_at? + limits.whole + deploy.waited_for_approval),
        DeployState::Cancelling => Some(deploy.cancellation.as_ref()?.since + limits.cancel),
        _ => None,
    }
}
