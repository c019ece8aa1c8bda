//! Stacks of pull requests.

use chrono::{DateTime, Utc};

use super::{Pull, World};

/// Pull requests of which each goes into the branch of the one below.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) id: u64,
    /// Its number among the stacks of the repository; none is given twice.
    pub(crate) number: u64,
    pub(crate) repository: u64,
    /// The branch that the lowest one goes into.
    pub(crate) trunk: String,
    pub(crate) created_at: DateTime<Utc>,
    /// From the bottom to the top; empty once it was dissolved.
    pub(crate) pulls: Vec<u64>,
}

impl World {
    /// The stack a pull request is in, and its place there, from 1.
    pub(crate) fn stack_of(&self, pull: &Pull) -> Option<(&Stack, usize)> {
        let mut own = self.stacks.values().filter(|stack| stack.repository == pull.repository);
        own.find_map(|stack| {
            let place = stack.pulls.iter().position(|number| *number == pull.number)?;
            Some((stack, place + 1))
        })
    }

    /// The stack of that number, unless it was dissolved.
    pub(crate) fn stack(&self, repository: u64, number: u64) -> Option<&Stack> {
        self.stacks.get(&(repository, number)).filter(|stack| !stack.pulls.is_empty())
    }

    /// The branch whose rules hold for a pull request: of one in a stack the trunk.
    pub(crate) fn rules_for<'world>(&'world self, pull: &'world Pull) -> &'world str {
        self.stack_of(pull).map_or(pull.base_ref.as_str(), |(stack, _)| stack.trunk.as_str())
    }
}
