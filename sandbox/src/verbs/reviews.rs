//! Reviews of pull requests, and comments on their lines.

use std::sync::Arc;

use super::{AppHandle, CommentHandle, CommentState, PullHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::reviews::{self, NewLineComment, NewReview};
use crate::hub::Hub;
use crate::model::ReviewVerdict;

impl PullHandle {
    fn reviewed(&self, verdict: ReviewVerdict, body: &str) -> SubmitReview {
        let (pull, body) = (self.clone(), body.to_owned());
        SubmitReview { pull, verdict, body, by: SOMEBODY.to_owned(), app: None }
    }

    /// Somebody approves it.
    pub fn approve(&self) -> SubmitReview {
        self.reviewed(ReviewVerdict::Approved, "")
    }

    /// Somebody wants changes first, and says which.
    pub fn request_changes(&self, body: &str) -> SubmitReview {
        self.reviewed(ReviewVerdict::ChangesRequested, body)
    }

    /// Somebody reviews it and says neither yes nor no.
    pub fn review(&self, body: &str) -> SubmitReview {
        self.reviewed(ReviewVerdict::Commented, body)
    }

    /// The reviews, oldest first.
    pub fn reviews(&self) -> Vec<ReviewState> {
        self.hub.with(|world| {
            let all = world.reviews_of(self.repository, self.number);
            let state = |review: &crate::model::PullReview| ReviewState {
                id: review.id,
                author: world.login(review.author),
                verdict: review.verdict,
                body: review.body.clone(),
                commit: review.commit.clone(),
            };
            all.map(state).collect()
        })
    }

    /// Writes a comment on a line of a file, counted from 1. The line must be part of the pull request's difference.
    pub fn comment_on(&self, path: &str, line: u64, body: &str) -> AddLineComment {
        let new = NewLineComment { path: path.to_owned(), line, body: body.to_owned() };
        AddLineComment { pull: self.clone(), new, by: SOMEBODY.to_owned() }
    }

    /// The comments on lines, oldest first.
    pub fn line_comments(&self) -> Vec<CommentState> {
        let ids: Vec<u64> = self.hub.with(|world| {
            let all = world.line_comments_on(self.repository, self.number).into_iter();
            all.map(|comment| comment.id).collect()
        });
        ids.into_iter().filter_map(|id| CommentHandle::new(Arc::clone(&self.hub), id).state()).collect()
    }
}

/// A review to be submitted.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct SubmitReview {
    pull: PullHandle,
    verdict: ReviewVerdict,
    body: String,
    by: String,
    app: Option<u64>,
}

impl SubmitReview {
    /// What the review says, Markdown.
    pub fn saying(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// An app submits it: its bot is the author.
    pub fn by_app(mut self, app: &AppHandle) -> Self {
        self.by = app.bot();
        self.app = Some(app.id());
        self
    }

    async fn run(self) -> Result<ReviewHandle, Refused> {
        let PullHandle { hub, repository, number } = self.pull;
        let actor = hub.with(|world| Actor { account: world.person(&self.by), app: self.app });
        let place = (repository, number);
        let new = NewReview { verdict: self.verdict, body: self.body, commit: None };
        let id = reviews::submit(&hub, place, new, actor)?;
        Ok(ReviewHandle { hub, place, id })
    }
}

/// A review.
#[derive(Debug, Clone)]
pub struct ReviewHandle {
    hub: Arc<Hub>,
    place: (u64, u64),
    id: u64,
}

/// A review at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewState {
    /// Its id.
    pub id: u64,
    /// Login of the reviewer.
    pub author: String,
    /// What it says.
    pub verdict: ReviewVerdict,
    /// The text, Markdown; may be empty.
    pub body: String,
    /// The commit that was looked at.
    pub commit: String,
}

impl ReviewHandle {
    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Dismisses it. Only an approval or a request for changes can be dismissed.
    pub fn dismiss(&self) -> DismissReview {
        DismissReview { review: self.clone(), by: SOMEBODY.to_owned() }
    }
}

/// A review to be dismissed.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct DismissReview {
    review: ReviewHandle,
    by: String,
}

impl DismissReview {
    async fn run(self) -> Result<(), Refused> {
        let ReviewHandle { hub, place, id } = self.review;
        let sender = hub.with(|world| world.person(&self.by));
        reviews::dismiss(&hub, place, id, sender)
    }
}

/// A comment to be written on a line.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct AddLineComment {
    pull: PullHandle,
    new: NewLineComment,
    by: String,
}

impl AddLineComment {
    async fn run(self) -> Result<CommentHandle, Refused> {
        let PullHandle { hub, repository, number } = self.pull;
        let actor = hub.with(|world| Actor::person(world.person(&self.by)));
        let id = reviews::comment(&hub, (repository, number), self.new, actor).await?;
        Ok(CommentHandle::new(hub, id))
    }
}

by_whom!(SubmitReview, DismissReview, AddLineComment);
sentence!(SubmitReview => ReviewHandle, DismissReview => (), AddLineComment => CommentHandle);
