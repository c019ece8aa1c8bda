//! A status of a Deployment that GitHub does not take.

use super::UnixMillis;
use serde::{Deserialize, Serialize};

/// What GitHub was told of a deploy and has refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedStatus {
    /// The status.
    pub status: String,
    /// How often it was refused.
    pub times: u32,
    /// When it was refused last.
    pub at: UnixMillis,
}
