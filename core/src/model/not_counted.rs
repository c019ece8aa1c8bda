//! Deployments of others that do not count, and why.

use super::UnixMillis;
use serde::{Deserialize, Serialize};

/// A Deployment that somebody else has made of what a deploy brings, and that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCounted {
    /// Whose it is: the file of the workflow whose job made it, else a login.
    pub by: String,
    /// What was said on it last, in GitHub's word.
    pub state: String,
    /// Why it does not count.
    pub why: WhyNotCounted,
    /// When that was said.
    pub at: UnixMillis,
    /// Which of what was said at that moment.
    pub place: u64,
}

/// Why a Deployment that somebody else has made does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WhyNotCounted {
    /// Those that Towpath makes are taken up here, or were once.
    OursAreTakenUp,
    /// Another way to deploy is configured.
    Driver {
        /// Its name.
        name: String,
    },
    /// The operator's programs deploy here.
    Programs,
    /// The configuration says so.
    SaidSo,
    /// Only those of one workflow do.
    OtherWorkflow {
        /// Its file.
        file: String,
    },
}
