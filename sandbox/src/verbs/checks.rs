//! Check runs, as people see and press them, and as other apps make them.

use std::sync::Arc;

use super::{AppHandle, RepoHandle, sentence};
use crate::Refused;
use crate::acts::checks::{self, RunChange};
use crate::hub::Hub;

/// A check run.
#[derive(Debug, Clone)]
pub struct CheckHandle {
    hub: Arc<Hub>,
    id: u64,
}

/// A check run at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckState {
    /// Its id.
    pub id: u64,
    /// Its name, which branch protection knows it by.
    pub name: String,
    /// Slug of the app that made it.
    pub app: String,
    /// The commit it is about.
    pub head_sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// `success`, `failure`, …; `None` until completed.
    pub conclusion: Option<String>,
    /// The app's own key.
    pub external_id: String,
    /// Where "Details" leads.
    pub details_url: Option<String>,
    /// The output's title.
    pub title: Option<String>,
    /// The remarks at lines of files, all that were ever sent.
    pub annotations: Vec<Annotation>,
    /// The output's summary, Markdown.
    pub summary: Option<String>,
    /// The output's text, Markdown.
    pub text: Option<String>,
    /// The buttons; people see them once the run is completed.
    pub buttons: Vec<Button>,
}

/// A button on a check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What is written on it.
    pub label: String,
    /// What it will do.
    pub description: String,
    /// What the app is told when it is pressed.
    pub identifier: String,
}

/// A remark at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file.
    pub path: String,
    /// The line where it begins, from 1.
    pub line: u64,
    /// `notice`, `warning` or `failure`.
    pub level: String,
    /// Its title.
    pub title: String,
}

impl Annotation {
    fn of(sent: &serde_json::Value) -> Self {
        let text = |name: &str| sent[name].as_str().unwrap_or_default().to_owned();
        let line = sent["start_line"].as_u64().unwrap_or_default();
        Self { path: text("path"), line, level: text("annotation_level"), title: text("title") }
    }
}

impl CheckHandle {
    pub(crate) const fn new(hub: Arc<Hub>, id: u64) -> Self {
        Self { hub, id }
    }

    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// How it stands now.
    pub fn state(&self) -> Option<CheckState> {
        self.hub.with(|world| {
            let run = world.runs.get(&self.id)?;
            let buttons = run.actions.iter().map(|action| Button {
                label: action.label.clone(),
                description: action.description.clone(),
                identifier: action.identifier.clone(),
            });
            Some(CheckState {
                id: run.id,
                name: run.name.clone(),
                app: world.apps.get(&run.app).map(|app| app.slug.clone()).unwrap_or_default(),
                head_sha: run.head_sha.clone(),
                status: run.status.clone(),
                conclusion: run.conclusion.clone(),
                external_id: run.external_id.clone(),
                details_url: run.details_url.clone(),
                title: run.output.title.clone(),
                summary: run.output.summary.clone(),
                text: run.output.text.clone(),
                buttons: buttons.collect(),
                annotations: run.output.annotations.iter().map(Annotation::of).collect(),
            })
        })
    }

    fn person(&self, login: &str) -> u64 {
        self.hub.with(|world| world.person(login))
    }

    /// Somebody presses the button of this identifier. 404 if it is not shown.
    pub async fn press(&self, identifier: &str, by: &str) -> Result<(), Refused> {
        checks::press(&self.hub, self.id, identifier, self.person(by))
    }

    /// Somebody presses a button that their page still shows, whatever is shown by now.
    pub async fn press_late(&self, identifier: &str, by: &str) -> Result<(), Refused> {
        checks::press_late(&self.hub, self.id, identifier, self.person(by))
    }

    /// Somebody presses "Re-run".
    pub async fn rerequest(&self, by: &str) -> Result<(), Refused> {
        checks::rerequest(&self.hub, self.id, self.person(by))
    }

    /// Somebody presses "Re-run all checks" of the same app on the same commit.
    pub async fn rerequest_suite(&self, by: &str) -> Result<(), Refused> {
        let suite = self.hub.with(|world| world.runs.get(&self.id).map(|run| run.suite));
        checks::rerequest_suite(&self.hub, suite.unwrap_or_default(), self.person(by))
    }
}

impl RepoHandle {
    /// Every check run ever made here, those too that a newer one of the same name hides, oldest first.
    pub fn every_check(&self) -> Vec<CheckHandle> {
        let ids: Vec<u64> = self.hub.with(|world| {
            let own = world.runs.values().filter(|run| run.repository == self.id);
            own.map(|run| run.id).collect()
        });
        ids.into_iter().map(|id| CheckHandle::new(Arc::clone(&self.hub), id)).collect()
    }

    /// Another app reports a check on a commit or branch: a CI that is not the one under test.
    pub fn check(&self, app: &AppHandle, name: &str, commit: &str) -> CreateCheck {
        CreateCheck {
            repository: self.clone(),
            app: app.id(),
            commit: commit.to_owned(),
            change: RunChange { name: Some(name.to_owned()), ..RunChange::default() },
        }
    }
}

/// A check run to be reported.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct CreateCheck {
    repository: RepoHandle,
    app: u64,
    commit: String,
    change: RunChange,
}

impl CreateCheck {
    /// Completes it: `success`, `failure`, …; queued otherwise.
    pub fn concluded(mut self, conclusion: &str) -> Self {
        self.change.conclusion = Some(conclusion.to_owned());
        self
    }

    /// Leaves it running.
    pub fn running(mut self) -> Self {
        self.change.status = Some("in_progress".to_owned());
        self
    }

    async fn run(self) -> Result<CheckHandle, Refused> {
        let sha = self.repository.resolve(&self.commit).await?;
        let hub = Arc::clone(&self.repository.hub);
        let id = checks::create(&hub, self.repository.id, self.app, &sha, self.change).await?;
        Ok(CheckHandle { hub, id })
    }
}

sentence!(CreateCheck => CheckHandle);
