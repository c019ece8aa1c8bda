//! Where deploys of an environment begin that the configuration has come to name.

use super::CommitId;
use serde::{Deserialize, Serialize};

/// Where an environment's branch was when the configuration named the two together. What it had by then was there
/// before anybody asked for its deploy; the next move asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartingPoint {
    /// What the branch pointed at, if it was there.
    pub commit: Option<CommitId>,
    /// The number of the newest deploy by then; 0 where there was none.
    pub after: u64,
}
