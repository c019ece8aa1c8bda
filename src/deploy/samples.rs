//! Deploys for tests.

use crate::flow::{CommitId, Deploy, DeployState, TreeId, Trigger};

/// A deploy that waits: of a commit and a tree whose bytes are `n`.
pub(crate) fn deploy(number: u64, n: u8) -> Deploy {
    Deploy::new(
        number,
        "staging",
        (CommitId::from_bytes([n; 20]), TreeId::from_bytes([n; 20])),
        Trigger::Merge,
    )
}

#[test]
fn a_new_deploy_waits() {
    assert_eq!(deploy(1, 1).state, DeployState::Waiting);
}
