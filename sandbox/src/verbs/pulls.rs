//! Pull requests and their conversation.

use std::sync::Arc;

use super::{CheckHandle, RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::Actor;
use crate::acts::merging::{Merged, Method, Wishes, merge_pull};
use crate::acts::pulls::{self, NewPull};
use crate::hub::Hub;

impl RepoHandle {
    /// Opens a pull request from a branch, or from a fork's branch as `login:branch`.
    pub fn open_pull(&self, head: &str) -> OpenPull {
        OpenPull {
            repository: self.clone(),
            head: head.to_owned(),
            base: None,
            title: None,
            body: None,
            draft: false,
            by: SOMEBODY.to_owned(),
        }
    }

    /// A pull request by number.
    pub fn pull(&self, number: u64) -> Option<PullHandle> {
        let known = self.hub.with(|world| world.pulls.contains_key(&(self.id, number)));
        known.then(|| PullHandle { hub: Arc::clone(&self.hub), repository: self.id, number })
    }

    /// All pull requests, oldest first.
    pub fn pulls(&self) -> Vec<PullHandle> {
        let numbers: Vec<u64> = self.hub.with(|world| {
            let own = world.pulls.keys().filter(|(repository, _)| *repository == self.id);
            own.map(|(_, number)| *number).collect()
        });
        numbers.into_iter().filter_map(|number| self.pull(number)).collect()
    }
}

/// A pull request to be opened.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct OpenPull {
    repository: RepoHandle,
    head: String,
    base: Option<String>,
    title: Option<String>,
    body: Option<String>,
    draft: bool,
    by: String,
}

impl OpenPull {
    /// The branch it should go into; the default branch otherwise.
    pub fn into(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// The title; the head branch's name otherwise.
    pub fn title(mut self, text: &str) -> Self {
        self.title = Some(text.to_owned());
        self
    }

    /// The description.
    pub fn body(mut self, text: &str) -> Self {
        self.body = Some(text.to_owned());
        self
    }

    /// Opens it as a draft.
    pub const fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    async fn run(self) -> Result<PullHandle, Refused> {
        let (hub, id) = (Arc::clone(&self.repository.hub), self.repository.id);
        let (owner, branch) = match self.head.split_once(':') {
            Some((owner, branch)) => (Some(owner), branch),
            None => (None, self.head.as_str()),
        };
        let found = hub.with(|world| {
            let author = world.person(&self.by);
            let home = world.repository(id)?;
            let head_repository = match owner {
                None => id,
                Some(owner) => {
                    let owner = world.account_named(owner)?.id;
                    let mut all = world.repositories.values();
                    let related = all.find(|other| {
                        !other.deleted && other.owner == owner && (other.id == id || other.parent == Some(id))
                    });
                    related?.id
                }
            };
            Some((author, head_repository, home.default_branch.clone()))
        });
        let (author, head_repository, default) = found.ok_or_else(Refused::not_found)?;
        let new = NewPull {
            title: self.title.unwrap_or_else(|| branch.to_owned()),
            body: self.body,
            head_repository,
            head: branch.to_owned(),
            base: self.base.unwrap_or(default),
            draft: self.draft,
        };
        let number = pulls::open(&hub, id, new, Actor::person(author)).await?;
        Ok(PullHandle { hub, repository: id, number })
    }
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct PullHandle {
    pub(super) hub: Arc<Hub>,
    pub(super) repository: u64,
    pub(super) number: u64,
}

/// A pull request at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullState {
    /// Its number in the repository.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The description.
    pub body: Option<String>,
    /// Neither closed nor merged.
    pub open: bool,
    /// Merged.
    pub merged: bool,
    /// Not ready for review.
    pub draft: bool,
    /// The head branch, without its owner.
    pub head: String,
    /// The head commit.
    pub head_sha: String,
    /// The base branch.
    pub base: String,
    /// The base's tip when the pull request was opened, pushed to or retargeted.
    pub base_sha: String,
    /// Who opened it.
    pub author: String,
    /// The test merge while open (`None` on conflict), the merge once merged.
    pub merge_commit: Option<String>,
}

impl PullHandle {
    /// Its number in the repository.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Its page.
    pub fn url(&self) -> String {
        self.hub.with(|world| {
            let name = world.repository(self.repository).map(|found| world.full_name(found));
            format!("{}/{}/pull/{}", world.urls.html, name.unwrap_or_default(), self.number)
        })
    }

    /// How it stands now; `None` only if its repository's model is gone.
    pub fn state(&self) -> Option<PullState> {
        self.hub.with(|world| {
            let pull = world.pulls.get(&(self.repository, self.number))?;
            Some(PullState {
                number: pull.number,
                title: pull.title.clone(),
                body: pull.body.clone(),
                open: pull.open,
                merged: pull.merged(),
                draft: pull.draft,
                head: pull.head.branch.clone(),
                head_sha: pull.head.sha.clone(),
                base: pull.base_ref.clone(),
                base_sha: pull.base_sha.clone(),
                author: world.login(pull.author),
                merge_commit: pull.merge_commit.clone(),
            })
        })
    }

    /// The head commit.
    pub fn head_sha(&self) -> String {
        self.state().map(|state| state.head_sha).unwrap_or_default()
    }

    /// Whether it was merged.
    pub fn merged(&self) -> bool {
        self.state().is_some_and(|state| state.merged)
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.state().is_some_and(|state| state.open)
    }

    /// GitHub's word: `clean`, `blocked`, `behind`, `dirty`, `draft`, `unstable` or `unknown`.
    pub fn mergeable_state(&self) -> &'static str {
        self.hub.with(|world| {
            let pull = world.pulls.get(&(self.repository, self.number));
            pull.map_or("unknown", |pull| world.mergeable_state(pull))
        })
    }

    /// The newest check runs of each app and name on the head commit, oldest first.
    pub fn checks(&self) -> Vec<CheckHandle> {
        let mut ids: Vec<u64> = self.hub.with(|world| {
            let Some(pull) = world.pulls.get(&(self.repository, self.number)) else {
                return Vec::new();
            };
            world.current_runs(self.repository, &pull.head.sha).map(|run| run.id).collect()
        });
        ids.sort_unstable();
        ids.into_iter().map(|id| CheckHandle::new(Arc::clone(&self.hub), id)).collect()
    }

    /// The newest check run of that name on the head commit.
    pub fn check(&self, name: &str) -> Option<CheckHandle> {
        let id = self.hub.with(|world| {
            let pull = world.pulls.get(&(self.repository, self.number))?;
            world.latest_run(self.repository, &pull.head.sha, name, None).map(|run| run.id)
        })?;
        Some(CheckHandle::new(Arc::clone(&self.hub), id))
    }

    /// Gives it another base branch.
    pub fn retarget(&self, base: &str) -> RetargetPull {
        RetargetPull { pull: self.clone(), base: base.to_owned(), by: SOMEBODY.to_owned() }
    }

    /// Closes it without merging.
    pub fn close(&self) -> ClosePull {
        ClosePull { pull: self.clone(), by: SOMEBODY.to_owned() }
    }

    /// Opens it again.
    pub fn reopen(&self) -> ReopenPull {
        ReopenPull { pull: self.clone(), by: SOMEBODY.to_owned() }
    }

    /// Makes a draft ready for review.
    pub fn ready(&self) -> DraftPull {
        DraftPull { pull: self.clone(), draft: false, by: SOMEBODY.to_owned() }
    }

    /// Makes it a draft again.
    pub fn to_draft(&self) -> DraftPull {
        DraftPull { pull: self.clone(), draft: true, by: SOMEBODY.to_owned() }
    }

    /// Changes its title.
    pub async fn rename(&self, title: &str) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(SOMEBODY));
        pulls::edit(&self.hub, self.repository, self.number, Some(title.to_owned()), None, sender);
        Ok(())
    }

    /// Writes another description.
    pub fn describe(&self, text: &str) -> DescribePull {
        DescribePull { pull: self.clone(), text: text.to_owned(), by: SOMEBODY.to_owned() }
    }

    /// Presses the merge button. Refused with GitHub's sentence while required checks are missing or
    /// not green, on a conflict, on a draft.
    pub fn merge(&self, method: Method) -> MergePull {
        MergePull { pull: self.clone(), method, wishes: Wishes::default(), by: SOMEBODY.to_owned() }
    }
}

/// A base to be changed.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct RetargetPull {
    pull: PullHandle,
    base: String,
    by: String,
}

impl RetargetPull {
    async fn run(self) -> Result<(), Refused> {
        let sender = self.pull.hub.with(|world| world.person(&self.by));
        let PullHandle { hub, repository, number } = &self.pull;
        pulls::retarget(hub, *repository, *number, &self.base, sender).await
    }
}

/// A pull request to be closed.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct ClosePull {
    pull: PullHandle,
    by: String,
}

impl ClosePull {
    async fn run(self) -> Result<(), Refused> {
        let sender = self.pull.hub.with(|world| world.person(&self.by));
        pulls::close(&self.pull.hub, self.pull.repository, self.pull.number, sender);
        Ok(())
    }
}

/// A pull request to be opened again.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct ReopenPull {
    pull: PullHandle,
    by: String,
}

impl ReopenPull {
    async fn run(self) -> Result<(), Refused> {
        let sender = self.pull.hub.with(|world| world.person(&self.by));
        pulls::reopen(&self.pull.hub, self.pull.repository, self.pull.number, sender).await
    }
}

/// A draft to be made ready, or the other way round.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct DraftPull {
    pull: PullHandle,
    draft: bool,
    by: String,
}

impl DraftPull {
    async fn run(self) -> Result<(), Refused> {
        let sender = self.pull.hub.with(|world| world.person(&self.by));
        pulls::set_draft(&self.pull.hub, self.pull.repository, self.pull.number, self.draft, sender);
        Ok(())
    }
}

/// A description to be written.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct DescribePull {
    pull: PullHandle,
    text: String,
    by: String,
}

impl DescribePull {
    async fn run(self) -> Result<(), Refused> {
        let sender = self.pull.hub.with(|world| world.person(&self.by));
        pulls::edit(&self.pull.hub, self.pull.repository, self.pull.number, None, Some(self.text), sender);
        Ok(())
    }
}

/// A merge to be made.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct MergePull {
    pull: PullHandle,
    method: Method,
    wishes: Wishes,
    by: String,
}

impl MergePull {
    /// Refuses (409) unless the head is still this commit.
    pub fn at(mut self, sha: &str) -> Self {
        self.wishes.sha = Some(sha.to_owned());
        self
    }

    /// The first line of the merge's message.
    pub fn title(mut self, text: &str) -> Self {
        self.wishes.title = Some(text.to_owned());
        self
    }

    async fn run(self) -> Result<Merged, Refused> {
        let actor = self.pull.hub.with(|world| Actor::person(world.person(&self.by)));
        let PullHandle { hub, repository, number } = &self.pull;
        merge_pull(hub, *repository, *number, self.method, self.wishes, actor).await
    }
}

by_whom!(OpenPull, RetargetPull, ClosePull, ReopenPull, DraftPull, DescribePull, MergePull);
sentence!(
    OpenPull => PullHandle,
    RetargetPull => (),
    ClosePull => (),
    ReopenPull => (),
    DraftPull => (),
    DescribePull => (),
    MergePull => Merged,
);
