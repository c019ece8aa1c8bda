//! A deploy of the branch's tip that the operator asks for, and what a deploy waits for.

use super::DeployQueue;
use crate::model::{CommitId, Deploy, DeployRefusal, DeployState, Ending, WaitsFor};

impl DeployQueue {
    /// Whether the branch's tip may be deployed because the operator asks for it: where it was not deployed yet, or
    /// `again` where it was.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn may_deploy(&self, tip: CommitId, again: bool) -> Result<(), DeployRefusal> {
        if self.hold().is_some() {
            return Err(DeployRefusal::Held);
        }
        let all_of_it = || self.deploys.iter().rev().filter(|it| it.commit == tip);
        if let Some(open) = all_of_it().find(|it| it.state.is_open()) {
            return match self.waits_for(open.number) {
                // Asked for by name, it goes all the same.
                Some(WaitsFor::Unconfirmed { .. }) => Ok(()),
                _ => Err(DeployRefusal::IsOpen { number: open.number }),
            };
        }
        if again {
            return Ok(());
        }
        if let Some(live) = self.seen().filter(|it| it.commit == tip) {
            return Err(DeployRefusal::IsLive { number: live.number });
        }
        let was_never_begun = |it: &&Deploy| {
            let is_over =
                matches!(it.state, DeployState::Superseded | DeployState::Refused | DeployState::Inactive);
            is_over || !it.was_begun()
        };
        match all_of_it().find(|it| !was_never_begun(it)) {
            Some(tried) if tried.state != DeployState::Succeeded => {
                Err(DeployRefusal::WasTried { number: tried.number })
            }
            Some(ran) if self.deploys.iter().any(|it| it.number > ran.number && it.is_rollback()) => {
                Err(DeployRefusal::WasTakenBack { number: ran.number })
            }
            _ => Ok(()),
        }
    }

    /// Whether trying a deploy again that ended badly would be taken, by what is known of its environment.
    pub fn may_try_again(&self, deploy: &Deploy) -> bool {
        let newest = self.deploys.iter().rev().find(|it| !it.is_rollback());
        let is_newest = newest.is_some_and(|it| it.number == deploy.number);
        let left =
            matches!(deploy.ending, Some(Ending::OffBranch | Ending::OffPath | Ending::OlderThanLive { .. }));
        is_newest && !left && !deploy.state.is_open() && self.may_deploy(deploy.commit, true).is_ok()
    }

    /// What a deploy waits for; `None` where it waits no more.
    pub fn waits_for(&self, number: u64) -> Option<WaitsFor> {
        let deploy = self.get(number).filter(|it| it.state == DeployState::Waiting)?;
        if self.hold().is_some() && !deploy.is_rollback() {
            return Some(WaitsFor::Hold);
        }
        if let Some(going) = self.under_way() {
            let (number, commit) = (going.number, going.commit);
            let since = going.cancellation.as_ref().map(|it| it.since);
            return Some(match since.filter(|_| going.state == DeployState::Cancelling) {
                Some(since) => WaitsFor::Cancelling { number, commit, since },
                None => WaitsFor::End { number, commit },
            });
        }
        let stuck = self.unconfirmed().filter(|_| !deploy.was_requested() && !deploy.is_rollback());
        Some(
            stuck.map_or(WaitsFor::Nothing, |it| WaitsFor::Unconfirmed {
                number: it.number,
                commit: it.commit,
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::deploy::samples::{begin, commit, deploy, hold, report, requested, rollback};
    use crate::deploy::{CancelAnswer, DeployQueue, ReportedState};
    use crate::model::{DeployRefusal, DeployState, Ending, UnixMillis, UserMessage, WaitsFor};
    use std::time::Duration;

    fn ended(state: ReportedState) -> DeployQueue {
        let mut queue = DeployQueue::new(vec![deploy(1, 1)], None, None);
        begin(&mut queue, UnixMillis(10));
        report(&mut queue, 1, UnixMillis(20), state);
        queue
    }

    #[test]
    fn a_tip_goes_once_unless_it_is_asked_for_again() {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        assert_eq!(queue.may_deploy(commit(1), false), Ok(()), "nobody has deployed it yet");
        queue.add(deploy(1, 1));
        for again in [false, true] {
            assert_eq!(queue.may_deploy(commit(1), again), Err(DeployRefusal::IsOpen { number: 1 }));
        }
        let refused = |queue: &DeployQueue| queue.may_deploy(commit(1), false).unwrap_err();
        for (state, why) in [
            (ReportedState::Succeeded, DeployRefusal::IsLive { number: 1 }),
            (ReportedState::Failed, DeployRefusal::WasTried { number: 1 }),
        ] {
            let queue = ended(state);
            assert_eq!(refused(&queue), why);
            assert_eq!(queue.may_deploy(commit(1), true), Ok(()));
        }
        let mut back = DeployQueue::new(ended(ReportedState::Succeeded).deploys().to_vec(), None, None);
        back.add(rollback(2, 9));
        begin(&mut back, UnixMillis(30));
        report(&mut back, 2, UnixMillis(40), ReportedState::Succeeded);
        assert_eq!(refused(&back), DeployRefusal::WasTakenBack { number: 1 });
        back.set_hold(hold());
        assert_eq!(back.may_deploy(commit(1), true), Err(DeployRefusal::Held));
    }

    #[test]
    fn what_was_superseded_or_left_the_branch_was_not_deployed_yet() {
        let mut queue = DeployQueue::new(vec![deploy(1, 1), deploy(2, 2)], None, None);
        queue.next_to_start(UnixMillis(5));
        assert_eq!(queue.get(1).unwrap().state, DeployState::Superseded);
        assert_eq!(queue.may_deploy(commit(1), false), Ok(()));
    }

    #[test]
    fn only_the_newest_that_ended_badly_is_worth_trying_again() {
        let queue = ended(ReportedState::Failed);
        assert!(queue.may_try_again(queue.get(1).unwrap()));
        let mut newer = queue.clone();
        newer.add(deploy(2, 2));
        assert!(!newer.may_try_again(newer.get(1).unwrap()), "the branch has gone on");
        let mut held = queue;
        held.set_hold(hold());
        assert!(!held.may_try_again(held.get(1).unwrap()));
    }

    #[test]
    fn what_it_waits_for_is_told() {
        let mut queue = DeployQueue::new(vec![deploy(1, 1)], None, None);
        assert_eq!(queue.waits_for(1), Some(WaitsFor::Nothing));
        begin(&mut queue, UnixMillis(10));
        queue.add(deploy(2, 2));
        assert_eq!(queue.waits_for(1), None);
        assert_eq!(queue.waits_for(2), Some(WaitsFor::End { number: 1, commit: commit(1) }));
        queue.cancel(1, Ending::Stuck { phase: None, within: Duration::from_millis(5) }, UnixMillis(20));
        let cancelling = WaitsFor::Cancelling { number: 1, commit: commit(1), since: UnixMillis(20) };
        assert_eq!(queue.waits_for(2), Some(cancelling));
        queue.cancel_answered(1, CancelAnswer::Cannot(UserMessage::new("no way")), UnixMillis(21));
        assert_eq!(queue.waits_for(2), Some(WaitsFor::Unconfirmed { number: 1, commit: commit(1) }));
        assert_eq!(queue.may_deploy(commit(2), false), Ok(()), "this is how the operator has it go on");
        queue.add(requested(3, 2));
        assert_eq!(queue.waits_for(3), Some(WaitsFor::Nothing));
        assert_eq!(queue.next_to_start(UnixMillis(30)), Some(3));
        queue.set_hold(hold());
        assert_eq!(queue.waits_for(3), Some(WaitsFor::Hold));
    }
}
