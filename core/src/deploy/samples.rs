//! Deploys for tests.

use super::{DeployQueue, DeployReport, Limits, ReportedState};
use crate::model::{CommitId, Deploy, DeployState, Hold, TreeId, Trigger, UnixMillis};
use std::time::Duration;

pub(crate) const LIMITS: Limits = Limits {
    pick_up: Duration::from_millis(100),
    whole: Duration::from_secs(1),
    cancel: Duration::from_millis(50),
};

/// The commit whose bytes are `n`.
pub(crate) fn commit(n: u8) -> CommitId {
    CommitId::from_bytes([n; 20])
}

/// A deploy that waits: of a commit and a tree whose bytes are `n`.
pub(crate) fn deploy(number: u64, n: u8) -> Deploy {
    Deploy::new(number, "staging", (commit(n), TreeId::from_bytes([n; 20])), Trigger::Merge)
}

/// One that the operator asked for.
pub(crate) fn requested(number: u64, n: u8) -> Deploy {
    Deploy { trigger: Trigger::Requested { by: "op".to_owned(), reason: None }, ..deploy(number, n) }
}

/// One that takes the environment back.
pub(crate) fn rollback(number: u64, n: u8) -> Deploy {
    let trigger = Trigger::Rollback { by: "op".to_owned(), reason: "broken".to_owned() };
    Deploy { trigger, ..deploy(number, n) }
}

/// From 2 to 1.
pub(crate) fn hold() -> Hold {
    let who = ("op".to_owned(), "broken".to_owned());
    Hold::new((commit(2), commit(1)), who, UnixMillis(0), Vec::new()).unwrap()
}

/// Begins whose turn it is, and whoever carries it out hears of it.
pub(crate) fn begin(queue: &mut DeployQueue, now: UnixMillis) -> u64 {
    let number = queue.next_to_start(now).unwrap();
    queue.begin(number, ("deployment".to_owned(), None), now);
    queue.get_mut(number).unwrap().handing_over = false;
    number
}

/// Somebody says this at that moment.
pub(crate) fn report(queue: &mut DeployQueue, number: u64, at: UnixMillis, state: ReportedState) -> bool {
    queue.report(number, &DeployReport::new(at, state), at)
}

#[test]
fn a_new_deploy_waits() {
    assert_eq!(deploy(1, 1).state, DeployState::Waiting);
    assert_eq!(
        Hold::new((commit(1), commit(1)), Default::default(), UnixMillis(0), Vec::new()),
        None,
        "from X to X"
    );
}
