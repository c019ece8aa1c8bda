//! Issues, as people see and close them.

use std::sync::Arc;

use super::comments::conversation;
use super::{AddComment, CommentState, RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::issues::{self, IssueChange};
use crate::hub::Hub;
use crate::model::Issue;

/// An issue.
#[derive(Debug, Clone)]
pub struct IssueHandle {
    pub(super) hub: Arc<Hub>,
    pub(super) repository: u64,
    pub(super) number: u64,
}

impl RepoHandle {
    /// All issues that are not pull requests, oldest first.
    pub fn issues(&self) -> Vec<IssueHandle> {
        let numbers: Vec<u64> =
            self.hub.with(|world| world.issues_of(self.id).map(|issue| issue.number).collect());
        let handle = |number| IssueHandle { hub: Arc::clone(&self.hub), repository: self.id, number };
        numbers.into_iter().map(handle).collect()
    }

    /// Somebody writes an issue.
    pub fn open_issue(&self, title: &str) -> OpenIssue {
        OpenIssue {
            repository: self.clone(),
            new: IssueChange { title: Some(title.to_owned()), ..IssueChange::default() },
            by: SOMEBODY.to_owned(),
        }
    }
}

impl IssueHandle {
    fn read<T: Default>(&self, look: impl FnOnce(&Issue) -> T) -> T {
        self.hub.with(|world| world.issues.get(&(self.repository, self.number)).map(look).unwrap_or_default())
    }

    /// Its number.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Its title.
    pub fn title(&self) -> String {
        self.read(|issue| issue.title.clone())
    }

    /// Its text, Markdown; may be empty.
    pub fn body(&self) -> String {
        self.read(|issue| issue.body.clone()).unwrap_or_default()
    }

    /// `open` or `closed`.
    pub fn state(&self) -> &'static str {
        if self.read(|issue| issue.open) { "open" } else { "closed" }
    }

    /// Its labels.
    pub fn labels(&self) -> Vec<String> {
        self.read(|issue| issue.labels.clone())
    }

    /// Login of who wrote it; ends with `[bot]` for an app.
    pub fn author(&self) -> String {
        let author = self.read(|issue| issue.author);
        self.hub.with(|world| world.login(author))
    }

    /// Its comments, oldest first.
    pub fn comments(&self) -> Vec<CommentState> {
        conversation(&self.hub, self.repository, self.number)
    }

    /// Writes a comment.
    pub fn comment(&self, body: &str) -> AddComment {
        AddComment::on(Arc::clone(&self.hub), (self.repository, self.number), body)
    }

    /// Somebody closes it.
    pub fn close(&self) -> TurnIssue {
        TurnIssue { issue: self.clone(), open: false, by: SOMEBODY.to_owned() }
    }

    /// Somebody opens it again.
    pub fn reopen(&self) -> TurnIssue {
        TurnIssue { issue: self.clone(), open: true, by: SOMEBODY.to_owned() }
    }
}

/// An issue to be written.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct OpenIssue {
    repository: RepoHandle,
    new: IssueChange,
    by: String,
}

impl OpenIssue {
    /// Its text, Markdown.
    pub fn body(mut self, text: &str) -> Self {
        self.new.body = Some(text.to_owned());
        self
    }

    async fn run(self) -> Result<IssueHandle, Refused> {
        let RepoHandle { hub, id } = self.repository;
        let actor = hub.with(|world| Actor::person(world.person(&self.by)));
        let number = issues::open(&hub, id, self.new, actor)?;
        Ok(IssueHandle { hub, repository: id, number })
    }
}

/// An issue to be closed or opened again.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct TurnIssue {
    issue: IssueHandle,
    open: bool,
    by: String,
}

impl TurnIssue {
    async fn run(self) -> Result<(), Refused> {
        let IssueHandle { hub, repository, number } = self.issue;
        let actor = hub.with(|world| Actor::person(world.person(&self.by)));
        let change = IssueChange { open: Some(self.open), ..IssueChange::default() };
        issues::change(&hub, repository, number, change, actor)
    }
}

by_whom!(OpenIssue, TurnIssue);
sentence!(OpenIssue => IssueHandle, TurnIssue => ());
