//! Comments with commands, the acts that they have asked for, and what tells what their authors have seen.

use super::{CommandRow, RequestedActId, RequestedActRow, StoreError};
use crate::model::{BranchName, CommentKey, Move, PullNumber, PushedAt, RepositoryId, UnixMillis};
use async_trait::async_trait;

/// Questions about comments with commands. They are written by [`super::Change::Command`] and
/// [`super::Change::RequestAct`].
#[async_trait]
pub trait CommandStore {
    /// Keeps an act that the operator asks for, and marks the work item that takes it up.
    async fn request_act(&self, row: RequestedActRow) -> Result<RequestedActId, StoreError>;

    /// What has become of a requested act.
    async fn requested_act(&self, id: RequestedActId) -> Result<Option<RequestedActRow>, StoreError>;

    /// The act that a command has asked for, by [`super::CommandOrigin::key`].
    async fn act_of_command(
        &self,
        repository: RepositoryId,
        key: &str,
    ) -> Result<Option<RequestedActRow>, StoreError>;

    /// What is known of a comment with commands.
    async fn command(
        &self,
        repository: RepositoryId,
        number: PullNumber,
        comment: CommentKey,
    ) -> Result<Option<CommandRow>, StoreError>;

    /// The comments of a repository with commands that go on.
    async fn open_commands(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<(PullNumber, CommentKey)>, StoreError>;

    /// How many comments of somebody were replied to since a moment.
    async fn replies_since(
        &self,
        repository: RepositoryId,
        author: &str,
        since: UnixMillis,
    ) -> Result<u32, StoreError>;

    /// How many comments with commands somebody has written since a moment, by GitHub's clock.
    async fn commands_since(
        &self,
        repository: RepositoryId,
        author: &str,
        since: UnixMillis,
    ) -> Result<u32, StoreError>;

    /// Every commit that one topic is known to have been pushed at, in order of the first time.
    async fn topic_pushes(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Vec<PushedAt>, StoreError>;

    /// The last pushes of one topic that were told of, each by itself, in the order in which they were told.
    async fn topic_moves(
        &self,
        repository: RepositoryId,
        branch: &BranchName,
    ) -> Result<Vec<Move>, StoreError>;
}
