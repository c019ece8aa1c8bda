//! The stack that a pull request is in.

use serde::Deserialize;

/// The stack a pull request is in, as the pull request names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StackJson {
    /// Its number in the repository.
    #[serde(default)]
    pub number: Option<u64>,
    /// Where all of it goes.
    pub base: StackBase,
}

/// Where a stack goes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StackBase {
    /// The branch's name.
    #[serde(rename = "ref")]
    pub branch: String,
}
