//! Calls about merging a pull request: what has to stand first, and the merge, which GitHub carries out by itself.

use super::api::{Api, Call, Caller};
use super::calls::QUERY;
use super::error::ApiError;
use crate::model::{CommitId, InstallationId, PullNumber, UserId};
use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

/// How a check on a commit stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CheckStandingJson {
    /// Its name.
    pub name: String,
    /// `completed` once it has ended.
    pub status: String,
    /// How it has ended.
    #[serde(default)]
    pub conclusion: Option<String>,
    #[serde(default)]
    app: Option<AppJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct AppJson {
    id: u64,
}

impl CheckStandingJson {
    /// The App whose it is.
    pub fn app(&self) -> Option<u64> {
        self.app.as_ref().map(|app| app.id)
    }
}

/// A status that somebody has set on a commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatusJson {
    /// Its name.
    pub context: String,
    /// `success`, `pending`, `failure` or `error`.
    pub state: String,
}

/// A review of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReviewJson {
    /// GitHub's number, which counts up.
    #[serde(default)]
    pub id: u64,
    /// Who wrote it; `None` when the account was deleted.
    pub user: Option<ReviewerJson>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `DISMISSED`, `COMMENTED` or `PENDING`; events have it in small letters.
    pub state: String,
    /// The commit that was the head when it was written; `None` where git has forgotten it.
    #[serde(default)]
    pub commit_id: Option<CommitId>,
    /// When it was sent off.
    #[serde(default)]
    pub submitted_at: Option<DateTime<Utc>>,
}

/// `pull_request_review`: somebody has reviewed a pull request, or a review was dismissed.
#[derive(Debug, Deserialize)]
pub struct ReviewEvent {
    /// The review as it is now.
    pub review: ReviewJson,
}

/// Who wrote a review.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReviewerJson {
    /// GitHub's number of the account.
    #[serde(default)]
    pub id: Option<UserId>,
    /// The login.
    pub login: String,
    /// `User`, or `Bot`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// Whether a pull request can be merged, as GitHub sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MergeStateJson {
    /// `open` or `closed`.
    pub state: String,
    /// Whether it was merged.
    #[serde(default)]
    pub merged: bool,
    /// Once merged: what the base got.
    #[serde(default)]
    pub merge_commit_sha: Option<CommitId>,
    /// Whether it is a draft.
    #[serde(default)]
    pub draft: bool,
    /// `clean`, `unstable`, `has_hooks`, `blocked`, `behind`, `dirty`, `draft` or `unknown`.
    #[serde(default)]
    pub mergeable_state: String,
    /// What would be merged.
    pub head: HeadJson,
}

/// The head of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct HeadJson {
    /// The commit.
    pub sha: CommitId,
}

/// How a merge that was asked for stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeStanding {
    /// It goes on, under this name.
    Pending(String),
    /// It is done: what the base got.
    Merged(Option<CommitId>),
    /// It is in the merge queue.
    Enqueued,
    /// It came to nothing, in GitHub's words.
    Failed(String),
}

#[derive(Deserialize)]
struct MergeAnswer {
    status: String,
    #[serde(default)]
    details: MergeDetails,
}

#[derive(Deserialize, Default)]
struct MergeDetails {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    sha: Option<CommitId>,
}

impl MergeAnswer {
    fn standing(self) -> Result<MergeStanding, ApiError> {
        let MergeDetails { message, uuid, sha } = self.details;
        Ok(match (self.status.as_str(), uuid) {
            ("pending", Some(uuid)) => MergeStanding::Pending(uuid),
            ("merged", _) => MergeStanding::Merged(sha),
            ("enqueued", _) => MergeStanding::Enqueued,
            ("failed", _) => MergeStanding::Failed(message.unwrap_or_else(|| "without a reason".to_owned())),
            (other, _) => {
                return Err(ApiError::unreadable("merge-async", format!("its status is {other:?}")));
            }
        })
    }
}

impl Api {
    /// The newest check of each name on a commit.
    pub async fn checks_on(
        &self,
        id: InstallationId,
        repository: &str,
        commit: CommitId,
    ) -> Result<Vec<CheckStandingJson>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            check_runs: Vec<CheckStandingJson>,
        }
        let path = format!("/repos/{repository}/commits/{commit}/check-runs?filter=latest&per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Page| page.check_runs).await
    }

    /// The newest status of each name on a commit; none where the server knows no statuses of it.
    pub async fn statuses_on(
        &self,
        id: InstallationId,
        repository: &str,
        commit: CommitId,
    ) -> Result<Vec<StatusJson>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            statuses: Vec<StatusJson>,
        }
        let path = format!("/repos/{repository}/commits/{commit}/status?per_page=100");
        match self.all_pages(Caller::Installation(id), &path, |page: Page| page.statuses).await {
            Err(ApiError::NotFound { .. }) => Ok(Vec::new()),
            read => read,
        }
    }

    /// The reviews of a pull request, the oldest first.
    pub async fn reviews(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
    ) -> Result<Vec<ReviewJson>, ApiError> {
        let path = format!("/repos/{repository}/pulls/{number}/reviews?per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Vec<ReviewJson>| page).await
    }

    /// Whether a pull request can be merged, as GitHub sees it now.
    pub async fn merge_state(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
    ) -> Result<MergeStateJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/pulls/{number}")).await
    }

    /// Asks GitHub to merge a pull request by a merge commit, or by the branch's merge queue, if its head is still this one.
    /// One that was asked for before and has not ended is found, and no other one begun.
    ///
    /// Source: GitHub's REST API, "Merge a pull request asynchronously": 202 and 409 name the request, 200 says that there
    /// is nothing to do, 400 why it cannot be.
    pub async fn request_merge(
        &self,
        id: InstallationId,
        repository: &str,
        (number, head): (PullNumber, CommitId),
        by_queue: bool,
    ) -> Result<MergeStanding, ApiError> {
        #[derive(Serialize)]
        struct Wish {
            sha: CommitId,
            #[serde(skip_serializing_if = "Option::is_none")]
            merge_method: Option<&'static str>,
        }
        // A queue merges in its own way, and takes no other wish.
        let wish = Wish { sha: head, merge_method: (!by_queue).then_some("merge") };
        let path = format!("/repos/{repository}/pulls/{number}/merge-async");
        let body = serde_json::to_value(&wish).map_err(|error| ApiError::unreadable(path.clone(), error))?;
        let caller = Caller::Installation(id);
        let call = Call { caller, method: Method::PUT, path: &path, body: Some(body) };
        self.send_and_hear(call, &[400, 409]).await?.read::<MergeAnswer>()?.standing()
    }

    /// How a merge stands that was asked for; `None` once GitHub has forgotten it, a day after its end.
    pub async fn merge_standing(
        &self,
        id: InstallationId,
        repository: &str,
        (number, uuid): (PullNumber, &str),
    ) -> Result<Option<MergeStanding>, ApiError> {
        let uuid = utf8_percent_encode(uuid, QUERY);
        let path = format!("/repos/{repository}/pulls/{number}/merge-async/{uuid}");
        match self.get::<MergeAnswer>(Caller::Installation(id), &path).await {
            Ok(answer) => answer.standing().map(Some),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_to_a_merge_is_understood() {
        let read = |text: &str| serde_json::from_str::<MergeAnswer>(text).unwrap().standing();
        let pending = r#"{"status":"pending","details":{"message":"x","uuid":"u-1","merge_method":"merge"}}"#;
        assert_eq!(read(pending).unwrap(), MergeStanding::Pending("u-1".to_owned()));
        let sha = CommitId::from_bytes([1; 20]);
        let merged = format!(r#"{{"status":"merged","details":{{"message":"x","sha":"{sha}"}}}}"#);
        assert_eq!(read(&merged).unwrap(), MergeStanding::Merged(Some(sha)));
        assert_eq!(read(r#"{"status":"enqueued"}"#).unwrap(), MergeStanding::Enqueued);
        let failed = r#"{"status":"failed","details":{"message":"Pull request is closed."}}"#;
        assert_eq!(read(failed).unwrap(), MergeStanding::Failed("Pull request is closed.".to_owned()));
        assert!(read(r#"{"status":"pending","details":{}}"#).is_err(), "nothing could be asked about it");
        assert!(read(r#"{"status":"other"}"#).is_err());
    }
}
