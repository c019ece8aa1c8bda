//! The events that come in, as far as they are read.
//!
//! Two readings: [`Envelope`] tells, quickly and at the door, what an event is about; the full events
//! are read later, when there is time. GitHub adds events, actions and fields without notice, so what
//! is not named here is passed over.

use super::bounded::{Paths, first, small_value, text_or_nothing};
use super::calls::{PullJson, UserJson};
use super::deployments::SaidStatus;
use crate::model::{CommitId, InstallationId, PullNumber, RepositoryId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What an event is about: enough to decide whether and where it is needed.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// What happened.
    #[serde(borrow, default)]
    pub action: Option<Cow<'a, str>>,
    /// The installation it came through; absent for webhooks that do not belong to the App.
    #[serde(default)]
    pub installation: Option<Id<InstallationId>>,
    /// The repository it happened in.
    #[serde(default)]
    pub repository: Option<Id<RepositoryId>>,
    /// The pull request.
    #[serde(default)]
    pub pull_request: Option<Numbered>,
    /// The ref that was pushed.
    #[serde(rename = "ref", borrow, default)]
    pub pushed_ref: Option<Cow<'a, str>>,
    /// What was edited.
    #[serde(default)]
    pub changes: Option<Changes>,
    /// The check run.
    #[serde(default)]
    pub check_run: Option<MadeBy>,
    /// The check suite.
    #[serde(default)]
    pub check_suite: Option<MadeBy>,
    /// The deployment.
    #[serde(borrow, default)]
    pub deployment: Option<To<'a>>,
    /// The environment that a job wants to run into. Other events have an object there.
    #[serde(borrow, default, deserialize_with = "text_or_nothing")]
    pub environment: Option<Cow<'a, str>>,
    /// Where its answer goes.
    #[serde(borrow, default)]
    pub deployment_callback_url: Option<Cow<'a, str>>,
    /// The merge group.
    #[serde(borrow, default)]
    pub merge_group: Option<Grouped<'a>>,
    /// The button that was pressed.
    #[serde(borrow, default)]
    pub requested_action: Option<Pressed<'a>>,
    /// The issue or pull request that was commented on.
    #[serde(default)]
    pub issue: Option<Numbered>,
    /// The comment.
    #[serde(borrow, default)]
    pub comment: Option<Written<'a>>,
    /// The review.
    #[serde(borrow, default)]
    pub review: Option<Written<'a>>,
    /// Who did it.
    #[serde(borrow, default)]
    pub sender: Option<Author<'a>>,
}

/// What somebody has written.
#[derive(Debug, Clone, Deserialize)]
pub struct Written<'a> {
    /// Its number.
    pub id: u64,
    /// Its Markdown.
    #[serde(borrow, default)]
    pub body: Option<Cow<'a, str>>,
    /// Of a review: what it says, such as `approved`.
    #[serde(borrow, default)]
    pub state: Option<Cow<'a, str>>,
    /// Who wrote it.
    #[serde(borrow, default)]
    pub user: Option<Author<'a>>,
    /// The App that wrote it, by itself or in somebody's name.
    #[serde(default)]
    pub performed_via_github_app: Option<IgnoredAny>,
}

/// Somebody, by the kind of account.
#[derive(Debug, Clone, Deserialize)]
pub struct Author<'a> {
    /// `User`, `Bot`, `Organization`.
    #[serde(rename = "type", borrow, default)]
    pub kind: Option<Cow<'a, str>>,
}

impl Written<'_> {
    /// Whether it may hold a command: a line begins as one does.
    pub fn may_hold_command(&self) -> bool {
        let text = self.body.as_deref().unwrap_or_default();
        text.split(['\n', '\r']).any(|line| line.trim_start().starts_with(['/', '@']))
    }
}

/// A deployment, by where it goes.
#[derive(Debug, Clone, Deserialize)]
pub struct To<'a> {
    /// The environment's name.
    #[serde(borrow)]
    pub environment: Cow<'a, str>,
}

/// A merge group, by its two ends.
#[derive(Debug, Clone, Deserialize)]
pub struct Grouped<'a> {
    /// What the base would point at.
    pub head_sha: CommitId,
    /// The base's full ref.
    #[serde(borrow)]
    pub base_ref: Cow<'a, str>,
}

/// A button.
#[derive(Debug, Clone, Deserialize)]
pub struct Pressed<'a> {
    /// Which one.
    #[serde(borrow)]
    pub identifier: Cow<'a, str>,
}

/// Something with an id.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Id<T> {
    /// The id.
    pub id: T,
}

/// Something with a number.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Numbered {
    /// The number.
    pub number: PullNumber,
}

/// What was edited.
#[derive(Debug, Deserialize)]
pub struct Changes {
    /// Present when the base branch was.
    #[serde(default)]
    pub base: Option<IgnoredAny>,
    /// Present when the title was.
    #[serde(default)]
    pub title: Option<IgnoredAny>,
}

/// Something an App made.
#[derive(Debug, Deserialize)]
pub struct MadeBy {
    /// Its number.
    #[serde(default)]
    pub id: Option<u64>,
    /// The App.
    #[serde(default)]
    pub app: Option<Id<u64>>,
}

/// `pull_request`.
#[derive(Debug, Deserialize)]
pub struct PullRequestEvent {
    /// The pull request after the change.
    pub pull_request: PullJson,
}

/// `push`.
#[derive(Debug, Deserialize)]
pub struct PushEvent {
    /// The full ref.
    #[serde(rename = "ref")]
    pub pushed_ref: String,
    /// What it pointed at; forty zeros when it is new.
    pub before: CommitId,
    /// What it points at; forty zeros when it was deleted.
    pub after: CommitId,
    /// Whether history was rewritten.
    #[serde(default)]
    pub forced: bool,
    /// Whether the branch was deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Who pushed.
    #[serde(default)]
    pub sender: Option<UserJson>,
    /// The commits, as far as GitHub lists them.
    #[serde(default, deserialize_with = "first::<_, _, COMMITS_LISTED>")]
    pub commits: Vec<PushedCommit>,
    /// The repository.
    pub repository: PushedRepository,
}

impl PushEvent {
    /// Whether nobody had pushed the tip before.
    pub fn tip_is_new(&self) -> bool {
        self.commits.iter().any(|commit| commit.distinct && commit.id == Some(self.after))
    }

    /// Whether the file at `path`, or one in the folder at `path`, may be another one after the push. Lists that may
    /// not be whole, and merges that may hold more than their sides, are not relied on.
    pub fn may_touch(&self, path: &str) -> bool {
        let listed = self.forced || self.deleted || self.before.is_zero() || self.commits.is_empty();
        let whole = !listed && self.commits.len() < COMMITS_LISTED;
        let is_there = |it: &str| it == path || is_under(it, path);
        !whole
            || self.commits.iter().any(|commit| commit.lists().iter().any(|paths| paths.may_have(is_there)))
    }
}

fn is_under(file: &str, folder: &str) -> bool {
    folder.ends_with('/') && file.starts_with(folder)
}

/// GitHub lists no more commits of one push than this.
const COMMITS_LISTED: usize = 2_048;

/// A commit of a push, by the paths it touches.
#[derive(Debug, Deserialize)]
pub struct PushedCommit {
    /// Its id.
    #[serde(default)]
    pub id: Option<CommitId>,
    /// Whether nobody had pushed it before.
    #[serde(default)]
    pub distinct: bool,
    /// Added.
    #[serde(default)]
    pub added: Paths,
    /// Taken away.
    #[serde(default)]
    pub removed: Paths,
    /// Changed.
    #[serde(default)]
    pub modified: Paths,
}

impl PushedCommit {
    fn lists(&self) -> [&Paths; 3] {
        [&self.added, &self.removed, &self.modified]
    }
}

/// The repository of a push, as far as an event is believed: names and addresses come from the API alone, or whoever
/// can sign an event could send git, with a token, anywhere.
#[derive(Debug, Deserialize)]
pub struct PushedRepository {
    /// Its default branch: a push to it has the configuration read again, and nothing else.
    pub default_branch: String,
    /// When, in Unix seconds. Other events write it as text.
    #[serde(default, deserialize_with = "small_value")]
    pub pushed_at: serde_json::Value,
}

/// `installation`, and the part of `installation_repositories` that is read.
#[derive(Debug, Deserialize)]
pub struct InstallationEvent {
    /// What happened.
    pub action: String,
    /// The installation after the change.
    pub installation: super::calls::InstallationJson,
}

/// `deployment_status`.
#[derive(Debug, Deserialize)]
pub struct DeploymentStatusEvent {
    /// What was said of the deployment.
    pub deployment_status: SaidStatus,
    /// The deployment.
    pub deployment: DeploymentJson,
    /// The workflow whose job made it, where one did.
    #[serde(default)]
    pub workflow: Option<WithPath>,
    /// The run of that job.
    #[serde(default)]
    pub workflow_run: Option<RunOfJob>,
}

impl DeploymentStatusEvent {
    /// Whether the bot that has made the deployment says it: an App has one, and so have all workflows together.
    pub fn is_by_the_bot_that_made_it(&self) -> bool {
        match (&self.deployment.creator, &self.deployment_status.creator) {
            (Some(maker), Some(speaker)) => {
                maker.login.ends_with("[bot]") && maker.login.eq_ignore_ascii_case(&speaker.login)
            }
            _ => false,
        }
    }

    /// The file in `.github/workflows` of the workflow whose job made the deployment.
    pub fn workflow_file(&self) -> Option<&str> {
        let of_run = self.workflow_run.as_ref().and_then(|run| run.path.as_deref());
        let path = self.workflow.as_ref().and_then(|it| it.path.as_deref()).or(of_run)?;
        let path = path.split('@').next().unwrap_or_default();
        path.strip_prefix(WORKFLOWS).filter(|file| !file.is_empty())
    }
}

/// Where a repository keeps its workflows.
pub const WORKFLOWS: &str = ".github/workflows/";

/// A workflow, by its file.
#[derive(Debug, Deserialize)]
pub struct WithPath {
    /// The file's path; behind an `@` the ref that it was read from.
    #[serde(default)]
    pub path: Option<String>,
}

/// The run of a job that names an environment.
#[derive(Debug, Deserialize)]
pub struct RunOfJob {
    /// GitHub's number.
    #[serde(default)]
    pub id: Option<u64>,
    /// As [`WithPath::path`].
    #[serde(default)]
    pub path: Option<String>,
    /// The event that has caused it.
    #[serde(default)]
    pub event: Option<String>,
}

impl RunOfJob {
    /// Whether it was caused by a Deployment, which is what those who carry Deployments out are caused by.
    pub fn is_by_deployment(&self) -> bool {
        self.event.as_deref() == Some("deployment")
    }
}

/// A deployment.
#[derive(Debug, Deserialize)]
pub struct DeploymentJson {
    /// GitHub's number.
    pub id: u64,
    /// What was deployed.
    pub sha: CommitId,
    /// Who made it.
    #[serde(default)]
    pub creator: Option<UserJson>,
    /// What whoever made it has put in; nothing where that is much.
    #[serde(default, deserialize_with = "small_value")]
    pub payload: serde_json::Value,
}

/// `workflow_run`.
#[derive(Debug, Deserialize)]
pub struct WorkflowRunEvent {
    /// The run.
    pub workflow_run: Id<u64>,
}

/// `deployment_protection_rule`. GitHub promises none of it.
#[derive(Debug, Deserialize)]
pub struct DeploymentProtectionEvent {
    /// The environment that a job wants to run into.
    #[serde(default)]
    pub environment: Option<String>,
    /// Where the answer goes; the run's number is in it.
    #[serde(default)]
    pub deployment_callback_url: Option<String>,
    /// What the job would deploy.
    #[serde(default)]
    pub deployment: Option<DeploymentJson>,
}

/// `merge_group`.
#[derive(Debug, Deserialize)]
pub struct MergeGroupEvent {
    /// The group.
    pub merge_group: MergeGroupJson,
}

/// Pull requests that a merge queue has put together to be merged.
#[derive(Debug, Deserialize)]
pub struct MergeGroupJson {
    /// What the base would point at.
    pub head_sha: CommitId,
    /// What the group was put on: the base, or the group before it.
    pub base_sha: CommitId,
    /// The base's full ref.
    pub base_ref: String,
}

/// `check_run` and `check_suite`: on which commit somebody wants another look.
#[derive(Debug, Deserialize)]
pub struct RecheckEvent {
    /// The check run.
    #[serde(default)]
    pub check_run: Option<OnCommit>,
    /// The check suite.
    #[serde(default)]
    pub check_suite: Option<OnCommit>,
}

/// `check_run` with a button that was pressed.
#[derive(Debug, Deserialize)]
pub struct ButtonEvent {
    /// The check run that it stands on.
    pub check_run: NamedCheck,
    /// The button.
    pub requested_action: PressedButton,
    /// Who pressed it.
    pub sender: UserJson,
}

/// A check run by its name.
#[derive(Debug, Deserialize)]
pub struct NamedCheck {
    /// The name.
    pub name: String,
    /// The commit it is on.
    pub head_sha: CommitId,
}

/// A button that was pressed.
#[derive(Debug, Deserialize)]
pub struct PressedButton {
    /// What the App has called it.
    pub identifier: String,
}

/// Something on a commit.
#[derive(Debug, Clone, Deserialize)]
pub struct OnCommit {
    /// A check run's name; a suite has none.
    #[serde(default)]
    pub name: Option<String>,
    /// The commit.
    pub head_sha: CommitId,
}
