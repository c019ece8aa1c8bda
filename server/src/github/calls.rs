use super::api::{Api, Call, Caller};
use super::check_annotations::CheckRunAnnotation;
use super::error::ApiError;
use super::paging::next_page;
use super::stacks::StackJson;
use crate::model::{
    CommitId, Grants, InstallationId, MergeMethods, MethodsFrom, PullNumber, PullRequestDetails,
    RepositoryId, UnixMillis, UserId,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Everything but what a URL's query takes as it is: names from outside must not end a parameter.
pub(super) const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As large as a file is said to be at most that GitHub shows no content of, in bytes.
const LARGE_FILE: usize = 1 << 20;

/// The most pages walked of one listing: ten thousand items at a hundred each.
const PAGES_MAX: usize = 100;

/// A repository as GitHub describes it in answers. In events it is not read: it says where git and links go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryJson {
    /// GitHub's number.
    pub id: RepositoryId,
    /// `owner/name`.
    pub full_name: String,
    /// Where git fetches it from.
    pub clone_url: String,
    /// Where people look at it.
    pub html_url: String,
    /// Its default branch.
    pub default_branch: String,
    /// Whether it can only be read.
    #[serde(default)]
    pub archived: bool,
    /// Whether only those who are let see it; what an answer does not say is taken to be public.
    #[serde(default)]
    pub private: bool,
    /// When somebody pushed to it last.
    #[serde(default)]
    pub pushed_at: Option<DateTime<Utc>>,
}

/// One end of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullEndJson {
    /// The branch's name.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The commit.
    pub sha: CommitId,
    /// The repository; `None` when it was deleted.
    pub repo: Option<PullEndRepositoryJson>,
}

/// The repository of one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PullEndRepositoryJson {
    /// GitHub's number.
    pub id: RepositoryId,
    /// Whether its settings let pull requests be merged by a merge commit. GitHub does not tell everybody.
    #[serde(default)]
    pub allow_merge_commit: Option<bool>,
    /// Whether they let them be squashed.
    #[serde(default)]
    pub allow_squash_merge: Option<bool>,
    /// Whether they let them be rebased.
    #[serde(default)]
    pub allow_rebase_merge: Option<bool>,
}

impl PullEndRepositoryJson {
    /// How its settings let pull requests be merged, where GitHub tells.
    pub fn merge_methods(&self) -> Option<MergeMethods> {
        Some(MergeMethods {
            merge: self.allow_merge_commit?,
            squash: self.allow_squash_merge?,
            rebase: self.allow_rebase_merge?,
            from: MethodsFrom::Settings,
        })
    }
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UserJson {
    /// The login.
    pub login: String,
    /// GitHub's number of the account.
    #[serde(default)]
    pub id: Option<UserId>,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EntryJson {
    /// Its name there.
    pub name: String,
    /// `file` or `dir`, and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// Names what it holds.
    pub sha: String,
}

/// A pull request as GitHub describes it, in answers and in events.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullJson {
    /// Its number.
    pub number: PullNumber,
    /// `open` or `closed`.
    pub state: String,
    /// When it was merged.
    #[serde(default)]
    pub merged_at: Option<DateTime<Utc>>,
    /// Once merged: what the base got. Before that GitHub's test merge.
    #[serde(default)]
    pub merge_commit_sha: Option<CommitId>,
    /// The author; `None` when the account was deleted.
    pub user: Option<UserJson>,
    /// What would be merged.
    pub head: PullEndJson,
    /// Where it would go.
    pub base: PullEndJson,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// The stack it is in. Servers that know no stacks say nothing of one.
    #[serde(default)]
    pub stack: Option<StackJson>,
    /// What else rules need.
    #[serde(flatten)]
    pub details: PullRequestDetails,
}

/// An installation of the App.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InstallationJson {
    /// GitHub's number.
    pub id: InstallationId,
    /// The account it is on.
    pub account: Option<UserJson>,
    /// Since when it is suspended.
    #[serde(default)]
    pub suspended_at: Option<DateTime<Utc>>,
    /// What it grants; `None` where GitHub does not say.
    #[serde(flatten)]
    pub grants: Option<Grants>,
    /// Its page, where its account accepts what the App asks for.
    #[serde(default)]
    pub html_url: String,
}

/// A check run as it is sent, in GitHub's own terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRunBody {
    /// The check's name.
    pub name: String,
    /// The commit it is on.
    pub head_sha: CommitId,
    /// Our own key, by which it is found again.
    pub external_id: String,
    /// `completed`, or `in_progress` while it waits for what ends by itself.
    pub status: String,
    /// `success`, `failure`, `action_required` or `cancelled`, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<String>,
    /// The words.
    pub output: CheckRunOutput,
    /// The buttons.
    pub actions: Vec<CheckRunAction>,
}

/// The words of a check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRunOutput {
    /// The line in the list of checks.
    pub title: String,
    /// The page, in Markdown.
    pub summary: String,
    /// More of it, below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Remarks at lines of files, at most fifty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<CheckRunAnnotation>,
}

/// A button of a check run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRunAction {
    /// What stands on it.
    pub label: String,
    /// What it does.
    pub description: String,
    /// What comes back when it is pressed.
    pub identifier: String,
}

/// A delivery that GitHub could not bring to us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FailedDeliveryJson {
    /// GitHub's number, by which it is asked for again.
    pub id: u64,
    /// The id it carries.
    pub guid: String,
    /// When it was tried.
    pub delivered_at: DateTime<Utc>,
    /// What we answered, 0 if we did not.
    pub status_code: u16,
    /// The kind of event.
    pub event: String,
    /// What happened, where the event tells.
    pub action: Option<String>,
}

#[derive(Deserialize)]
struct App {
    id: u64,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    started_at: Option<DateTime<Utc>>,
    app: Option<App>,
}

/// A check run of ours that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCheckRun {
    /// GitHub's number.
    pub id: u64,
    /// When it was made, in GitHub's time, where it tells.
    pub made_at: Option<UnixMillis>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    performed_via_github_app: Option<App>,
}

impl Api {
    /// Every installation of the App.
    pub async fn installations(&self) -> Result<Vec<InstallationJson>, ApiError> {
        self.all_pages(Caller::App, "/app/installations?per_page=100", |page: Vec<InstallationJson>| page)
            .await
    }

    /// One installation of the App.
    pub async fn installation(&self, id: InstallationId) -> Result<InstallationJson, ApiError> {
        self.get(Caller::App, &format!("/app/installations/{id}")).await
    }

    /// The repositories that an installation covers.
    pub async fn repositories(&self, id: InstallationId) -> Result<Vec<RepositoryJson>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            repositories: Vec<RepositoryJson>,
        }
        let path = "/installation/repositories?per_page=100";
        self.all_pages(Caller::Installation(id), path, |page: Page| page.repositories).await
    }

    /// A file of a repository, from this branch or the default one.
    pub async fn file(
        &self,
        id: InstallationId,
        repository: &str,
        path: &str,
        branch: Option<&str>,
    ) -> Result<Vec<u8>, ApiError> {
        #[derive(Deserialize)]
        struct Contents {
            #[serde(rename = "type")]
            kind: String,
            size: usize,
            #[serde(default)]
            content: String,
        }
        let at = match branch {
            // The whole name: a tag could have the short one.
            Some(branch) => format!("?ref={}", utf8_percent_encode(&format!("refs/heads/{branch}"), QUERY)),
            None => String::new(),
        };
        let path = format!("/repos/{repository}/contents/{path}{at}");
        let call = || format!("GET {path}");
        let found: serde_json::Value = self.get(Caller::Installation(id), &path).await?;
        // A folder is answered as a list.
        let found: Option<Contents> = (!found.is_array())
            .then(|| serde_json::from_value(found).map_err(|error| ApiError::unreadable(call(), error)))
            .transpose()?;
        let Some(found) = found.filter(|it| it.kind == "file") else {
            return Err(ApiError::NotFound { call: call() });
        };
        // GitHub sends no content of a file past a megabyte; as many spaces are as invalid, and as long.
        if found.content.is_empty() && found.size > 0 {
            return Ok(vec![b' '; found.size.min(LARGE_FILE)]);
        }
        let digits: Vec<u8> = found.content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        STANDARD.decode(digits).map_err(|error| ApiError::unreadable(call(), error))
    }

    /// What a folder holds on a branch.
    pub async fn folder(
        &self,
        id: InstallationId,
        repository: &str,
        path: &str,
        branch: &str,
    ) -> Result<Vec<EntryJson>, ApiError> {
        let at = utf8_percent_encode(&format!("refs/heads/{branch}"), QUERY).to_string();
        self.get(Caller::Installation(id), &format!("/repos/{repository}/contents/{path}?ref={at}")).await
    }

    /// Makes a check run; the answer is its id.
    pub async fn create_check(
        &self,
        id: InstallationId,
        repository: &str,
        check: &CheckRunBody,
    ) -> Result<u64, ApiError> {
        let path = format!("/repos/{repository}/check-runs");
        let made: CheckRun = self.write(Caller::Installation(id), Method::POST, &path, check).await?;
        Ok(made.id)
    }

    /// Makes an existing check run say this.
    pub async fn update_check(
        &self,
        id: InstallationId,
        repository: &str,
        check_id: u64,
        check: &CheckRunBody,
    ) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Update<'a> {
            external_id: &'a str,
            status: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            conclusion: Option<&'a str>,
            output: &'a CheckRunOutput,
            actions: &'a [CheckRunAction],
        }
        let CheckRunBody { external_id, status, conclusion, output, actions, .. } = check;
        let conclusion = conclusion.as_deref();
        let update = Update { external_id, status, conclusion, output, actions };
        let path = format!("/repos/{repository}/check-runs/{check_id}");
        let _: CheckRun = self.write(Caller::Installation(id), Method::PATCH, &path, &update).await?;
        Ok(())
    }

    /// The id of our own check run with this name and external id on a commit, if there is one.
    pub async fn find_check(
        &self,
        id: InstallationId,
        repository: &str,
        check: &CheckRunBody,
    ) -> Result<Option<FoundCheckRun>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            check_runs: Vec<CheckRun>,
        }
        let name = utf8_percent_encode(&check.name, QUERY);
        let app = utf8_percent_encode(self.app_id(), QUERY);
        let path = format!(
            "/repos/{repository}/commits/{}/check-runs?check_name={name}&app_id={app}&filter=all&per_page=100",
            check.head_sha
        );
        let runs = self.all_pages(Caller::Installation(id), &path, |page: Page| page.check_runs).await?;
        let ours = |run: &&CheckRun| {
            self.is_ours(run.app.as_ref()) && run.external_id.as_deref() == Some(check.external_id.as_str())
        };
        let newest = runs.iter().filter(ours).max_by_key(|run| run.id);
        Ok(newest.map(|run| FoundCheckRun { id: run.id, made_at: run.started_at.map(UnixMillis::from) }))
    }

    /// Writes a comment on a pull request; the answer is its id.
    pub async fn create_comment(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
        body: &str,
    ) -> Result<u64, ApiError> {
        let path = format!("/repos/{repository}/issues/{number}/comments");
        let made: Comment =
            self.write(Caller::Installation(id), Method::POST, &path, &CommentBody { body }).await?;
        Ok(made.id)
    }

    /// Makes an existing comment say this.
    pub async fn update_comment(
        &self,
        id: InstallationId,
        repository: &str,
        comment: u64,
        body: &str,
    ) -> Result<(), ApiError> {
        let path = format!("/repos/{repository}/issues/comments/{comment}");
        let _: Comment =
            self.write(Caller::Installation(id), Method::PATCH, &path, &CommentBody { body }).await?;
        Ok(())
    }

    /// The id of our own comment that has `marker` on a line of its own, if there is one. A marker in somebody else's
    /// comment proves nothing: who wrote it is what counts; nor does one within a line, where we quote somebody.
    pub async fn find_comment(
        &self,
        id: InstallationId,
        repository: &str,
        number: PullNumber,
        marker: &str,
    ) -> Result<Option<u64>, ApiError> {
        let path = format!("/repos/{repository}/issues/{number}/comments?per_page=100");
        let comments = self.all_pages(Caller::Installation(id), &path, |page: Vec<Comment>| page).await?;
        let ours = |comment: &&Comment| {
            self.is_ours(comment.performed_via_github_app.as_ref())
                && comment.body.as_deref().is_some_and(|body| body.lines().any(|line| line.trim() == marker))
        };
        Ok(comments.iter().find(ours).map(|comment| comment.id))
    }

    /// Deliveries that failed, newest first, back to `since`.
    pub async fn failed_deliveries(&self, since: UnixMillis) -> Result<Vec<FailedDeliveryJson>, ApiError> {
        let mut failed: Vec<FailedDeliveryJson> = Vec::new();
        let mut next = Some("/app/hook/deliveries?status=failure&per_page=100".to_owned());
        for _ in 0..PAGES_MAX {
            let Some(path) = next else { break };
            let answer =
                self.send(Call { caller: Caller::App, method: Method::GET, path: &path, body: None }).await?;
            let page: Vec<FailedDeliveryJson> = answer.read()?;
            let reached = page.last().is_none_or(|oldest| UnixMillis::from(oldest.delivered_at) < since);
            // An older server passes over the filter for the status.
            let lost = |it: &FailedDeliveryJson| {
                UnixMillis::from(it.delivered_at) >= since && !(200..300).contains(&it.status_code)
            };
            failed.extend(page.into_iter().filter(lost));
            next = if reached { None } else { next_page(&answer.headers) };
        }
        Ok(failed)
    }

    /// The newest ping among the last deliveries.
    pub async fn last_ping(&self) -> Result<Option<FailedDeliveryJson>, ApiError> {
        let all: Vec<FailedDeliveryJson> = self.get(Caller::App, "/app/hook/deliveries?per_page=100").await?;
        Ok(all.into_iter().find(|it| it.event == "ping"))
    }

    /// Asks GitHub to bring a delivery again.
    pub async fn redeliver(&self, delivery: u64) -> Result<(), ApiError> {
        let path = &format!("/app/hook/deliveries/{delivery}/attempts");
        self.send(Call { caller: Caller::App, method: Method::POST, path, body: None }).await.map(drop)
    }

    fn is_ours(&self, app: Option<&App>) -> bool {
        app.is_some_and(|app| app.id.to_string() == self.app_id())
    }

    pub(super) async fn all_pages<P: DeserializeOwned, T>(
        &self,
        caller: Caller,
        path: &str,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, ApiError> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..PAGES_MAX {
            let Some(path) = next else { break };
            let answer = self.send(Call { caller, method: Method::GET, path: &path, body: None }).await?;
            all.extend(items(answer.read()?));
            next = next_page(&answer.headers);
        }
        // Whoever compares a list with what is stored must not take its first part for all of it.
        if next.is_none() {
            return Ok(all);
        }
        let call = format!("GET {}", path.split('?').next().unwrap_or_default());
        Err(ApiError::unreadable(call, format!("it has more than {PAGES_MAX} pages")))
    }
}

#[derive(Serialize)]
struct CommentBody<'a> {
    body: &'a str,
}
