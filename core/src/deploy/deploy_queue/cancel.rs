//! Ending a deploy before its own end. Until that is confirmed the environment is its own, for a while.

use super::{DeployQueue, end};
use crate::model::{CancelEnd, Cancellation, Deploy, DeployState, Ending, Phase, UnixMillis, UserMessage};
use std::time::Duration;

/// What a driver says when it is to end a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelAnswer {
    /// Nothing of it runs any more.
    Ended,
    /// Whoever carries it out was told and has said yes; its end will show.
    Told,
    /// It cannot be ended from here, for this reason.
    Cannot(UserMessage),
}

impl DeployQueue {
    /// The one that is being ended.
    pub fn cancelling(&self) -> Option<&Deploy> {
        self.under_way().filter(|deploy| deploy.state == DeployState::Cancelling)
    }

    /// Begins to end one, which will have ended as `why` says unless it comes to an end of its own first. One that is
    /// being ended already is ended as was said before.
    pub fn cancel(&mut self, number: u64, why: Ending, now: UnixMillis) {
        let Some(deploy) = self.get_mut(number).filter(|it| it.state != DeployState::Cancelling) else {
            return;
        };
        deploy.state = DeployState::Cancelling;
        (deploy.ending, deploy.ended_at) = (None, None);
        deploy.cancellation = Some(Cancellation { since: now, why, told: false, end: None });
    }

    /// Ends all that waits for its turn, because somebody wants it to. Answers the newest of it, if there was any.
    pub fn cancel_waiting(&mut self, by: &str, now: UnixMillis) -> Option<u64> {
        let mut newest = None;
        for deploy in self.deploys.iter_mut().filter(|it| it.state == DeployState::Waiting) {
            let why = Ending::CancelledByPerson { by: by.to_owned(), phase: None };
            end(deploy, DeployState::Error, why, now);
            newest = newest.max(Some(deploy.number));
        }
        newest
    }

    /// Notes what its driver answers.
    pub fn cancel_answered(&mut self, number: u64, answer: CancelAnswer, now: UnixMillis) {
        let Some(deploy) = self.get_mut(number) else { return };
        let is_open = deploy.state == DeployState::Cancelling;
        match answer {
            CancelAnswer::Ended if is_open || deploy.may_still_run() => confirm(deploy, now),
            CancelAnswer::Told => {
                if let Some(cancellation) = &mut deploy.cancellation {
                    cancellation.told = true;
                }
            }
            CancelAnswer::Cannot(words) if is_open => {
                if is_nobodys(deploy) {
                    confirm(deploy, now);
                } else {
                    leave_unconfirmed(deploy, words.into(), now);
                }
            }
            CancelAnswer::Ended | CancelAnswer::Cannot(_) => {}
        }
    }

    /// The newest that was begun, if it was given up before anybody took it up: it has to be ended before another one
    /// begins, or the two could run at the same time.
    pub fn given_up(&self) -> Option<&Deploy> {
        self.newest_begun().filter(|deploy| {
            let is_open_question = match &deploy.ending {
                Some(Ending::NotPickedUp { .. }) => true,
                Some(Ending::NotHandedOver { .. }) => deploy.handing_over,
                _ => false,
            };
            deploy.state == DeployState::Error && is_open_question && deploy.cancellation.is_none()
        })
    }

    /// The one under way that does nothing but wait for somebody's approval, while a newer one waits behind it. Merges
    /// do not outrun a rollback. Answers its number and how it ends: a rollback ends it and takes no merge's place.
    pub fn outrun_while_waiting(&self) -> Option<(u64, Ending)> {
        let waits = self.under_way().filter(|deploy| {
            let untouched = deploy.phase().is_none_or(|phase| phase == Phase::Build);
            let waits = deploy.state == DeployState::Running && deploy.waits_for_approval_since.is_some();
            waits && untouched && !deploy.is_rollback()
        })?;
        let next = self.next_in_line().filter(|next| *next > waits.number)?;
        let ending = match self.get(next).filter(|next| next.is_rollback()) {
            Some(_) => Ending::Cancelled { by: next, phase: waits.phase() },
            None => Ending::Superseded { by: next },
        };
        Some((waits.number, ending))
    }
}

/// Whether nobody has ever taken it up, and its time for that is over.
fn is_nobodys(deploy: &Deploy) -> bool {
    let why = deploy.cancellation.as_ref().map(|it| &it.why);
    let is_given_up = matches!(why, Some(Ending::NotPickedUp { .. } | Ending::NotHandedOver { .. }));
    deploy.picked_up_at.is_none() && is_given_up
}

/// It is sure that it runs no more.
pub(super) fn confirm(deploy: &mut Deploy, now: UnixMillis) {
    close(deploy, CancelEnd::Confirmed, now);
}

/// Its time to end is over.
pub(super) fn give_up(deploy: &mut Deploy, within: Duration, now: UnixMillis) {
    let told = deploy.cancellation.as_ref().is_some_and(|it| it.told);
    let seconds = within.as_secs();
    let words = if told {
        format!("nobody confirmed its end within {seconds} s")
    } else {
        format!("whoever runs it could not be told within {seconds} s to stop it")
    };
    leave_unconfirmed(deploy, words, now);
}

fn leave_unconfirmed(deploy: &mut Deploy, words: String, now: UnixMillis) {
    close(deploy, CancelEnd::Unconfirmed { words }, now);
}

fn close(deploy: &mut Deploy, came_of_it: CancelEnd, now: UnixMillis) {
    let phase = deploy.phase();
    let Some(cancellation) = &mut deploy.cancellation else { return };
    let was_open = cancellation.end.is_none();
    cancellation.end = Some(came_of_it);
    let why = match cancellation.why.clone() {
        Ending::Cancelled { by, .. } => Ending::Cancelled { by, phase },
        Ending::CancelledByPerson { by, .. } => Ending::CancelledByPerson { by, phase },
        why => why,
    };
    deploy.waits_for_approval_since = None;
    if was_open {
        let state = match why {
            Ending::Superseded { .. } => DeployState::Superseded,
            _ => DeployState::Error,
        };
        end(deploy, state, why, now);
    }
}
