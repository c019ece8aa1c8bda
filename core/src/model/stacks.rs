//! Stacks of pull requests, as GitHub has them, and chains that it offers to make one.
//!
//! Of a stack only the number and the trunk are stored. GitHub does not tell when a stack grows or is dissolved, so a
//! member's position and the size would soon be wrong; the regular comparison with GitHub covers the rest.

use super::{BranchName, Origin};

/// A stack that a pull request is in.
///
/// Its size and the pull request's place are not kept: GitHub tells nobody when another one joins or leaves.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stack {
    /// Its number in the repository, where GitHub names it.
    #[serde(default)]
    pub number: Option<u64>,
    /// The branch that the lowest of its pull requests goes into, whose rules hold for all of them.
    pub trunk: BranchName,
}

/// What is known of a pull request's neighbours, those it is in a stack with and those it could be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackFacts {
    /// Its place in a stack, if it is in one.
    pub member: Option<StackMember>,
    /// The promotions with which this one is a chain that GitHub's pages offer to make a stack.
    pub chained_with: Vec<Origin>,
}

/// One pull request's place in a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackMember {
    /// The stack.
    pub stack: Stack,
    /// The branches of the path that are heads in it, each once, in the order of the pull requests' numbers.
    pub heads: Vec<BranchName>,
    /// The branch that the pull request itself goes into.
    pub goes_into: BranchName,
}
