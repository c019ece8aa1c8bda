//! What people have locked and frozen, and which findings they have overridden.

use super::StoreError;
use crate::model::{
    EnvironmentName, Lock, ManualFreeze, Override, PullNumber, RepositoryId, UnixMillis, UserId,
};
use async_trait::async_trait;

/// How many overrides a repository may have from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverridesLeft {
    /// How many of them at most.
    pub count: u32,
    /// From when on they count.
    pub since: UnixMillis,
}

/// What came of overrides that were to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenOverrides {
    /// They are kept, now or by an earlier call, with the numbers that they have.
    Kept {
        /// The overrides, in order of their numbers.
        overrides: Vec<Override>,
        /// How many the budget counts by now, these included; 0 where there is none.
        used: u32,
    },
    /// One that lasts was given for the same before, or is waited for to be confirmed: no other is kept.
    Known(Box<Override>),
    /// The budget does not have room for all of them, and none is kept.
    UsedUp {
        /// How many it counts.
        used: u32,
    },
}

/// Questions about locks and overrides, in force or over, and the giving of overrides. A lock is written by
/// [`super::Change::Lock`], what becomes of an override by [`super::Change::Override`].
#[async_trait]
pub trait LockStore {
    /// The newest lock of an environment, in force or over.
    async fn lock(&self, repository: RepositoryId, environment: &str) -> Result<Option<Lock>, StoreError>;

    /// The freezes by commands that nobody has ended, of all environments of a repository, by environment and number.
    async fn freezes(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(EnvironmentName, ManualFreeze)>, StoreError>;

    /// The environments with locks that the end of this pull request ends, and that nobody has ended.
    async fn locks_while_open(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<EnvironmentName>, StoreError>;

    /// Every override that was given on a pull request, in order of their numbers.
    async fn overrides(
        &self,
        repository: RepositoryId,
        number: PullNumber,
    ) -> Result<Vec<Override>, StoreError>;

    /// Gives overrides on a pull request, all of them or none, and marks it: they get the next numbers, whatever they have,
    /// and are counted against the budget in the same transaction, so that two at once neither take the same number nor
    /// the same place, nor both get one for the same finding. What [`Override::command`] of the first of them has given before
    /// is answered again.
    async fn give_overrides(
        &self,
        on: (RepositoryId, PullNumber),
        overrides: Vec<Override>,
        budget: Option<OverridesLeft>,
        now: UnixMillis,
    ) -> Result<GivenOverrides, StoreError>;

    /// Notes who has confirmed overrides of a pull request, by their numbers, and marks it. Of two who confirm at once the
    /// first has: those are answered as they are kept now.
    async fn confirm_overrides(
        &self,
        on: (RepositoryId, PullNumber),
        numbers: Vec<u64>,
        by: (String, Option<UserId>),
        now: UnixMillis,
    ) -> Result<Vec<Override>, StoreError>;

    /// How many overrides were given in a repository since a moment, that one included.
    async fn overrides_since(&self, repository: RepositoryId, since: UnixMillis) -> Result<u32, StoreError>;
}
