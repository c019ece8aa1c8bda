//! Making history: commits, merges, squashes, moved and deleted branches, all with their events.

use super::{RepoHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::merging::{self, FastForward};
use crate::acts::refs::move_refs;
use crate::git::{NewCommit, Signature, valid_branch};

impl RepoHandle {
    fn commit_sentence(&self, branch: &str) -> Commit {
        Commit {
            repository: self.clone(),
            branch: branch.to_owned(),
            from: None,
            orphan: false,
            files: Vec::new(),
            message: None,
            at: None,
            by: SOMEBODY.to_owned(),
        }
    }

    /// Commits onto a branch and pushes. A branch that does not exist starts at the default branch,
    /// at [`Commit::from`], or (the very first one) at nothing. Answers the commit's id.
    pub fn commit_on(&self, branch: &str) -> Commit {
        self.commit_sentence(branch)
    }

    /// Makes a branch (or tag, with a full `refs/tags/…` name) at a branch or commit.
    pub fn branch(&self, name: &str) -> PushRef {
        PushRef { repository: self.clone(), name: name.to_owned(), from: None, by: SOMEBODY.to_owned() }
    }

    /// Merges a branch or commit into [`MergeBranch::into`] and pushes. Answers the new tip.
    pub fn merge(&self, head: &str) -> MergeBranch {
        MergeBranch {
            repository: self.clone(),
            head: head.to_owned(),
            base: None,
            forward: FastForward::Allowed,
            message: None,
            by: SOMEBODY.to_owned(),
        }
    }

    /// Puts a branch's whole difference onto [`SquashBranch::onto`] as one commit and pushes.
    pub fn squash(&self, head: &str) -> SquashBranch {
        SquashBranch {
            repository: self.clone(),
            head: head.to_owned(),
            base: None,
            message: None,
            by: SOMEBODY.to_owned(),
        }
    }

    /// Takes one commit over to [`Pick::onto`] and pushes.
    pub fn cherry_pick(&self, commit: &str) -> Pick {
        Pick {
            repository: self.clone(),
            commit: commit.to_owned(),
            base: None,
            trailer: false,
            by: SOMEBODY.to_owned(),
        }
    }

    /// Moves an existing branch to [`MoveRef::to`], backwards and sideways too (a force-push).
    pub fn move_branch(&self, name: &str) -> MoveRef {
        MoveRef { repository: self.clone(), name: name.to_owned(), to: None, by: SOMEBODY.to_owned() }
    }

    /// Deletes a branch.
    pub fn delete_branch(&self, name: &str) -> MoveRef {
        self.move_branch(name)
    }
}

fn full(name: &str) -> Result<String, Refused> {
    let short = name.strip_prefix("refs/tags/").unwrap_or(name);
    if !valid_branch(short) {
        return Err(Refused::new(422, format!("{name} is not a valid ref name.")));
    }
    Ok(if short == name { format!("refs/heads/{name}") } else { name.to_owned() })
}

/// A commit to be made.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct Commit {
    repository: RepoHandle,
    branch: String,
    from: Option<String>,
    orphan: bool,
    files: Vec<(String, Option<Vec<u8>>)>,
    message: Option<String>,
    at: Option<i64>,
    by: String,
}

impl Commit {
    /// Where the branch starts if it does not exist yet: a branch or a commit.
    pub fn from(mut self, start: &str) -> Self {
        self.from = Some(start.to_owned());
        self
    }

    /// Starts the branch anew, with no parent at all.
    pub const fn orphan(mut self) -> Self {
        self.orphan = true;
        self
    }

    /// Writes a file.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), Some(content.as_ref().to_vec())));
        self
    }

    /// Removes a file.
    pub fn without(mut self, path: &str) -> Self {
        self.files.push((path.to_owned(), None));
        self
    }

    /// The message; made from the file names otherwise.
    pub fn message(mut self, text: &str) -> Self {
        self.message = Some(text.to_owned());
        self
    }

    /// The date of author and committer, in Unix seconds; a minute after the repository's last
    /// commit otherwise.
    pub const fn at(mut self, seconds: i64) -> Self {
        self.at = Some(seconds);
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let name = full(&self.branch)?;
        let (hub, id) = (&self.repository.hub, self.repository.id);
        let sender = hub.with(|world| world.person(&self.by));
        // Held from reading the tip to moving it, so that no commit is lost.
        let _guard = hub.lock(id).await;
        let parent = self.parent().await?;
        let message = self.message.unwrap_or_else(|| {
            let paths: Vec<&str> = self.files.iter().map(|(path, _)| path.as_str()).collect();
            format!("Change {}", paths.join(", "))
        });
        let next =
            hub.with(|world| world.repositories.get_mut(&id).map(crate::model::Repository::next_commit_date));
        let date = self.at.or(next).ok_or_else(Refused::not_found)?;
        let new = NewCommit {
            parents: parent.into_iter().collect(),
            files: self.files,
            message: format!("{}\n", message.trim_end()),
            author: Signature::of(&self.by, date),
        };
        let sha = hub.git.commit(id, &new).await?;
        move_refs(hub, id, vec![(name, Some(sha.clone()))], sender, None).await?;
        Ok(sha)
    }

    async fn parent(&self) -> Result<Option<String>, Refused> {
        if self.orphan {
            return Ok(None);
        }
        if let Some(tip) = self.repository.tip(&self.branch) {
            return Ok(Some(tip));
        }
        if let Some(from) = &self.from {
            return self.repository.resolve(from).await.map(Some);
        }
        let id = self.repository.id;
        Ok(self.repository.hub.with(|world| {
            let found = world.repository(id)?;
            found.branch(&found.default_branch).map(str::to_owned)
        }))
    }
}

/// A branch to be made.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct PushRef {
    repository: RepoHandle,
    name: String,
    from: Option<String>,
    by: String,
}

impl PushRef {
    /// The branch or commit it starts at; the default branch otherwise.
    pub fn from(mut self, start: &str) -> Self {
        self.from = Some(start.to_owned());
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let name = full(&self.name)?;
        let id = self.repository.id;
        let default =
            self.repository.hub.with(|world| world.repository(id).map(|found| found.default_branch.clone()));
        let start = self.from.or(default).unwrap_or_default();
        let sha = self.repository.resolve(&start).await?;
        self.repository.set(name, Some(sha.clone()), &self.by).await?;
        Ok(sha)
    }
}

/// A branch to be merged into another one.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct MergeBranch {
    repository: RepoHandle,
    head: String,
    base: Option<String>,
    forward: FastForward,
    message: Option<String>,
    by: String,
}

impl MergeBranch {
    /// The branch it is merged into.
    pub fn into(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// Always makes a merge commit.
    pub const fn no_ff(mut self) -> Self {
        self.forward = FastForward::Never;
        self
    }

    /// Only moves the branch forward; refused with 409 if it cannot.
    pub const fn ff_only(mut self) -> Self {
        self.forward = FastForward::Only;
        self
    }

    /// The message of the merge commit.
    pub fn message(mut self, text: &str) -> Self {
        self.message = Some(text.to_owned());
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let base = self.base.unwrap_or_default();
        let head = self.repository.resolve(&self.head).await?;
        let message = self.message.unwrap_or_else(|| format!("Merge branch '{}' into {base}", self.head));
        let sender = self.repository.hub.with(|world| world.person(&self.by));
        let (hub, id) = (&self.repository.hub, self.repository.id);
        merging::merge_branch(hub, id, (&base, &head), &format!("{message}\n"), self.forward, sender).await
    }
}

/// A branch to be squashed onto another one.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct SquashBranch {
    repository: RepoHandle,
    head: String,
    base: Option<String>,
    message: Option<String>,
    by: String,
}

impl SquashBranch {
    /// The branch it goes onto.
    pub fn onto(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// The message of the one commit.
    pub fn message(mut self, text: &str) -> Self {
        self.message = Some(text.to_owned());
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let base = self.base.unwrap_or_default();
        let head = self.repository.resolve(&self.head).await?;
        let message = self.message.unwrap_or_else(|| format!("Squash {}", self.head));
        let sender = self.repository.hub.with(|world| world.person(&self.by));
        let (hub, id) = (&self.repository.hub, self.repository.id);
        merging::squash_branch(hub, id, (&base, &head), &format!("{message}\n"), sender).await
    }
}

/// A commit to be cherry-picked.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct Pick {
    repository: RepoHandle,
    commit: String,
    base: Option<String>,
    trailer: bool,
    by: String,
}

impl Pick {
    /// The branch it goes onto.
    pub fn onto(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// Says in the message where it comes from, as `git cherry-pick -x` does.
    pub const fn with_trailer(mut self) -> Self {
        self.trailer = true;
        self
    }

    async fn run(self) -> Result<String, Refused> {
        let base = self.base.unwrap_or_default();
        let commit = self.repository.resolve(&self.commit).await?;
        let sender = self.repository.hub.with(|world| world.person(&self.by));
        let (hub, id) = (&self.repository.hub, self.repository.id);
        merging::pick(hub, id, (&base, &commit), self.trailer, sender).await
    }
}

/// A branch to be moved or, without a goal, deleted.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct MoveRef {
    repository: RepoHandle,
    name: String,
    to: Option<String>,
    by: String,
}

impl MoveRef {
    /// The branch or commit it should point at.
    pub fn to(mut self, goal: &str) -> Self {
        self.to = Some(goal.to_owned());
        self
    }

    async fn run(self) -> Result<(), Refused> {
        let name = full(&self.name)?;
        let sha = match &self.to {
            Some(goal) => Some(self.repository.resolve(goal).await?),
            None => None,
        };
        if !self.repository.refs().contains_key(&name) {
            return Err(Refused::new(422, "Reference does not exist"));
        }
        self.repository.set(name, sha, &self.by).await
    }
}

by_whom!(Commit, PushRef, MergeBranch, SquashBranch, Pick, MoveRef);
sentence!(
    Commit => String,
    PushRef => String,
    MergeBranch => String,
    SquashBranch => String,
    Pick => String,
    MoveRef => (),
);
