//! Stacks of pull requests.

use std::sync::Arc;

use super::{PullHandle, RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::stacks::{self, RebaseCommitter};
use crate::hub::Hub;

impl RepoHandle {
    /// Makes a stack of pull requests, from the bottom to the top, as the page offers for a chain of them.
    pub fn stack_pulls<'a>(&self, pulls: impl IntoIterator<Item = &'a PullHandle>) -> StackPulls {
        let numbers = pulls.into_iter().map(PullHandle::number).collect();
        StackPulls { repository: self.clone(), numbers, by: SOMEBODY.to_owned() }
    }
}

/// Pull requests to be put in a stack.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct StackPulls {
    repository: RepoHandle,
    numbers: Vec<u64>,
    by: String,
}

impl StackPulls {
    async fn run(self) -> Result<StackHandle, Refused> {
        let (hub, repository) = (Arc::clone(&self.repository.hub), self.repository.id);
        let sender = hub.with(|world| world.person(&self.by));
        let number = stacks::create(&hub, repository, &self.numbers, sender)?;
        Ok(StackHandle { hub, repository, number })
    }
}

/// A stack.
#[derive(Debug, Clone)]
pub struct StackHandle {
    hub: Arc<Hub>,
    repository: u64,
    number: u64,
}

impl StackHandle {
    /// Its number among the repository's stacks.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Puts a pull request on top.
    pub async fn add(&self, pull: &PullHandle) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(SOMEBODY));
        stacks::extend(&self.hub, self.repository, self.number, &[pull.number()], sender)
    }

    /// Presses *Unstack*, of which nobody is told.
    pub async fn unstack(&self) -> Result<(), Refused> {
        stacks::dissolve(&self.hub, self.repository, self.number)
    }

    /// Presses *Rebase stack*.
    pub fn rebase(&self) -> RebaseStack {
        let committer = RebaseCommitter::GitHub;
        RebaseStack { stack: self.clone(), committer, by: SOMEBODY.to_owned() }
    }
}

/// A stack to be rebased.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct RebaseStack {
    stack: StackHandle,
    committer: RebaseCommitter,
    by: String,
}

impl RebaseStack {
    /// The new commits name whoever pressed the button as their committer, and not GitHub.
    pub const fn committed_by_presser(mut self) -> Self {
        self.committer = RebaseCommitter::Presser;
        self
    }

    async fn run(self) -> Result<(), Refused> {
        let StackHandle { hub, repository, number } = &self.stack;
        let sender = hub.with(|world| world.person(&self.by));
        stacks::rebase(hub, *repository, *number, self.committer, sender).await
    }
}

by_whom!(StackPulls, RebaseStack);
sentence!(StackPulls => StackHandle, RebaseStack => ());
