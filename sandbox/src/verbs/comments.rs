//! The conversation of a pull request or issue.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{AppHandle, PullHandle, RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::{Actor, comments};
use crate::hub::Hub;
use crate::model::World;

/// The comments on an issue or pull request, oldest first.
pub(super) fn conversation(hub: &Arc<Hub>, repository: u64, number: u64) -> Vec<CommentState> {
    let ids: Vec<u64> = hub.with(|world| {
        let listed = world.comments_on(repository, number).into_iter();
        listed.map(|comment| comment.id).collect()
    });
    ids.into_iter().filter_map(|id| CommentHandle::new(Arc::clone(hub), id).state()).collect()
}

impl RepoHandle {
    /// A comment by its id, in a conversation or on a line.
    pub fn comment(&self, id: u64) -> Option<CommentHandle> {
        let own = |world: &mut World| world.comments.get(&id).is_some_and(|it| it.repository == self.id);
        self.hub.with(own).then(|| CommentHandle::new(Arc::clone(&self.hub), id))
    }
}

impl PullHandle {
    /// The conversation, oldest first.
    pub fn comments(&self) -> Vec<CommentState> {
        conversation(&self.hub, self.repository, self.number)
    }

    /// Writes a comment.
    pub fn comment(&self, body: &str) -> AddComment {
        AddComment::on(Arc::clone(&self.hub), (self.repository, self.number), body)
    }
}

/// A comment to be written.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct AddComment {
    hub: Arc<Hub>,
    repository: u64,
    number: u64,
    body: String,
    by: String,
    app: Option<u64>,
}

impl AddComment {
    pub(super) fn on(hub: Arc<Hub>, (repository, number): (u64, u64), body: &str) -> Self {
        Self { hub, repository, number, body: body.to_owned(), by: SOMEBODY.to_owned(), app: None }
    }

    /// An app writes it: its bot is the author.
    pub fn by_app(mut self, app: &AppHandle) -> Self {
        self.by = app.bot();
        self.through(app)
    }

    /// Whoever writes it does so in an app that they have let act for them (`performed_via_github_app`).
    pub fn through(mut self, app: &AppHandle) -> Self {
        self.app = Some(app.id());
        self
    }

    async fn run(self) -> Result<CommentHandle, Refused> {
        let Self { hub, repository, number, body, by, app } = self;
        let actor = hub.with(|world| Actor { account: world.person(&by), app });
        let id = comments::create(&hub, repository, number, &body, actor)?;
        Ok(CommentHandle::new(hub, id))
    }
}

/// A comment, in a conversation or on a line.
#[derive(Debug, Clone)]
pub struct CommentHandle {
    hub: Arc<Hub>,
    id: u64,
}

/// A comment at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentState {
    /// Its id.
    pub id: u64,
    /// Login of the author; ends with `[bot]` for an app, and is `ghost` once the account is deleted.
    pub author: String,
    /// The text, Markdown.
    pub body: String,
    /// Slug of the app that wrote it, if one did.
    pub app: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Login and reaction (`+1`, `eyes`, …), in the order they came.
    pub reactions: Vec<(String, String)>,
}

impl CommentHandle {
    pub(super) const fn new(hub: Arc<Hub>, id: u64) -> Self {
        Self { hub, id }
    }

    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// How it reads now; `None` once deleted.
    pub fn state(&self) -> Option<CommentState> {
        self.hub.with(|world| {
            let comment = world.comments.get(&self.id)?;
            let app = comment.app.and_then(|id| world.apps.get(&id));
            Some(CommentState {
                id: comment.id,
                author: world.login(comment.author),
                body: comment.body.clone(),
                app: app.map(|app| app.slug.clone()),
                created_at: comment.created_at,
                updated_at: comment.updated_at,
                reactions: comment
                    .reactions
                    .iter()
                    .map(|one| (world.login(one.author), one.content.clone()))
                    .collect(),
            })
        })
    }

    fn author(&self, by: Option<&str>) -> u64 {
        self.hub.with(|world| match by {
            Some(login) => world.person(login),
            None => world.comments.get(&self.id).map_or(0, |comment| comment.author),
        })
    }

    /// Login and reaction (`+1`, `eyes`, …), in the order they came.
    pub fn reactions(&self) -> Vec<(String, String)> {
        self.state().map(|state| state.reactions).unwrap_or_default()
    }

    /// Somebody reacts to it: `+1`, `-1`, `laugh`, `confused`, `heart`, `hooray`, `rocket` or `eyes`.
    pub fn react(&self, content: &str) -> React {
        React { comment: self.clone(), content: content.to_owned(), by: SOMEBODY.to_owned() }
    }

    /// Changes its text, as its author or as somebody else.
    pub async fn edit(&self, body: &str, by: Option<&str>) -> Result<(), Refused> {
        comments::edit(&self.hub, self.id, body, Actor::person(self.author(by)))
    }

    /// Deletes it, as its author or as somebody else.
    pub async fn delete(&self, by: Option<&str>) -> Result<(), Refused> {
        comments::delete(&self.hub, self.id, Actor::person(self.author(by)))
    }
}

/// A reaction to be given.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct React {
    comment: CommentHandle,
    content: String,
    by: String,
}

impl React {
    async fn run(self) -> Result<(), Refused> {
        let CommentHandle { hub, id } = self.comment;
        let actor = hub.with(|world| Actor::person(world.person(&self.by)));
        comments::react(&hub, id, &self.content, actor).map(drop)
    }
}

by_whom!(AddComment, React);
sentence!(AddComment => CommentHandle, React => ());
