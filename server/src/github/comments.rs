//! Calls about comments with commands: reactions to them, and who somebody is that writes them.

use super::api::{Api, Call, Caller};
use super::calls::QUERY;
use super::error::{ApiError, found};
use crate::model::{CommentKey, InstallationId, PullNumber};
use http::Method;
use octocrab::models::reactions::ReactionContent;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Membership {
    state: String,
}

impl Api {
    /// Reacts to a comment; who has reacted so before changes nothing. The text of a review takes no reactions by this
    /// API, so nothing is sent for one.
    ///
    /// Source: GitHub's REST API, "Reactions".
    pub async fn react(
        &self,
        id: InstallationId,
        repository: &str,
        comment: CommentKey,
        content: &ReactionContent,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct New<'a> {
            content: &'a ReactionContent,
        }
        let path = match comment {
            CommentKey::Conversation(key) => format!("/repos/{repository}/issues/comments/{key}/reactions"),
            CommentKey::Line(key) => format!("/repos/{repository}/pulls/comments/{key}/reactions"),
            CommentKey::Review(_) => return Ok(()),
        };
        let new = New { content };
        let _: serde_json::Value = self.write(Caller::Installation(id), Method::POST, &path, &new).await?;
        Ok(())
    }

    /// Whether a comment is there. Of a review nobody asks: nothing is done to one that could find it missing.
    ///
    /// Source: GitHub's REST API, "Get an issue comment" and "Get a review comment for a pull request".
    pub async fn has_comment(
        &self,
        id: InstallationId,
        repository: &str,
        comment: CommentKey,
    ) -> Result<bool, ApiError> {
        match comment {
            CommentKey::Conversation(key) => {
                self.is_there(id, &format!("/repos/{repository}/issues/comments/{key}")).await
            }
            CommentKey::Line(key) => {
                self.is_there(id, &format!("/repos/{repository}/pulls/comments/{key}")).await
            }
            CommentKey::Review(_) => Ok(true),
        }
    }

    /// Whether an issue or pull request is there: issues can be deleted, and moved to other repositories.
    ///
    /// Source: GitHub's REST API, "Get an issue".
    pub async fn has_conversation(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
    ) -> Result<bool, ApiError> {
        self.is_there(id, &format!("/repos/{repository}/issues/{number}")).await
    }

    async fn is_there(&self, id: InstallationId, path: &str) -> Result<bool, ApiError> {
        let call = Call { caller: Caller::Installation(id), method: Method::GET, path, body: None };
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(ApiError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a repository counts somebody among its collaborators: members of the organisation with a right to it do.
    /// Of a public repository anybody has the permission to read, so that alone does not tell.
    ///
    /// Source: GitHub's REST API, "Check if a user is a repository collaborator".
    pub async fn is_collaborator(
        &self,
        id: InstallationId,
        repository: &str,
        login: &str,
    ) -> Result<bool, ApiError> {
        let login = utf8_percent_encode(login, QUERY);
        self.is_there(id, &format!("/repos/{repository}/collaborators/{login}")).await
    }

    /// Whether somebody is an active member of an organisation's team, by its slug. An invitation that is not accepted is
    /// no membership.
    ///
    /// Source: GitHub's REST API, "Get team membership for a user".
    pub async fn is_team_member(
        &self,
        id: InstallationId,
        organisation: &str,
        team: &str,
        login: &str,
    ) -> Result<bool, ApiError> {
        let (team, login) = (utf8_percent_encode(team, QUERY), utf8_percent_encode(login, QUERY));
        let path = format!("/orgs/{organisation}/teams/{team}/memberships/{login}");
        let membership: Option<Membership> = found(self.get(Caller::Installation(id), &path).await)?;
        Ok(membership.is_some_and(|it| it.state == "active"))
    }
}
