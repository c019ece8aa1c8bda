//! Repositories: made, forked, renamed, deleted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SOMEBODY;
use crate::acts::refs::move_refs;
use crate::acts::repositories as acts;
use crate::git::is_sha;
use crate::hub::Hub;
use crate::model::Permission;
use crate::{Refused, Sandbox};

impl Sandbox {
    /// A repository to be created (or, with [`NewRepository::find`], found).
    pub fn repository(&self, full_name: &str) -> NewRepository {
        NewRepository::new(Arc::clone(&self.hub), full_name)
    }
}

/// A repository that does not exist yet, or is looked for.
#[derive(Debug)]
#[must_use = "nothing happens before `create` or `find`"]
pub struct NewRepository {
    hub: Arc<Hub>,
    full_name: String,
    default_branch: String,
    public: bool,
    people: Vec<(String, Permission)>,
}

impl NewRepository {
    pub(crate) fn new(hub: Arc<Hub>, full_name: &str) -> Self {
        Self {
            hub,
            full_name: full_name.to_owned(),
            default_branch: "main".to_owned(),
            public: false,
            people: Vec::new(),
        }
    }

    /// Names the default branch; `main` otherwise. It has no commit until somebody makes one.
    pub fn default_branch(mut self, name: &str) -> Self {
        name.clone_into(&mut self.default_branch);
        self
    }

    /// Lets everybody read it.
    pub const fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Gives somebody a role on it.
    pub fn with(mut self, login: &str, permission: Permission) -> Self {
        self.people.push((login.to_owned(), permission));
        self
    }

    /// Creates it; the owner becomes an organisation unless the account is known already.
    pub async fn create(self) -> Result<RepoHandle, Refused> {
        let (owner, name) = self.full_name.split_once('/').ok_or_else(Refused::not_found)?;
        let id = acts::create(&self.hub, owner, name, &self.default_branch).await?;
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&id) {
                found.private = !self.public;
            }
        });
        let handle = RepoHandle { hub: self.hub, id };
        for (login, permission) in self.people {
            handle.allow(&login, permission);
        }
        Ok(handle)
    }

    /// The existing repository of that name.
    pub fn find(self) -> Option<RepoHandle> {
        let (owner, name) = self.full_name.split_once('/')?;
        let id = self.hub.with(|world| Some(world.repository_named(owner, name)?.id))?;
        Some(RepoHandle { hub: self.hub, id })
    }
}

/// A repository.
#[derive(Debug, Clone)]
pub struct RepoHandle {
    pub(crate) hub: Arc<Hub>,
    pub(crate) id: u64,
}

impl RepoHandle {
    /// Its id, which outlives renames.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// `owner/name`; empty once it is deleted.
    pub fn full_name(&self) -> String {
        self.hub
            .with(|world| world.repository(self.id).map(|found| world.full_name(found)).unwrap_or_default())
    }

    /// The address git clones from.
    pub fn clone_url(&self) -> String {
        let html = self.hub.with(|world| world.urls.html.clone());
        format!("{html}/{}.git", self.full_name())
    }

    /// Where the bare repository lies on disk, to look into it with git.
    pub fn path(&self) -> std::path::PathBuf {
        self.hub.git.path(self.id)
    }

    /// The commit a branch points at.
    pub fn tip(&self, branch: &str) -> Option<String> {
        self.hub.with(|world| world.repository(self.id)?.branch(branch).map(str::to_owned))
    }

    /// Every ref and its commit, `refs/pull/…` too.
    pub fn refs(&self) -> BTreeMap<String, String> {
        self.hub.with(|world| world.repository(self.id).map(|found| found.refs.clone()).unwrap_or_default())
    }

    /// Runs git in the bare repository and answers what it printed.
    pub async fn git(&self, args: &[&str]) -> Result<String, Refused> {
        self.hub.git.run(self.id, args).await
    }

    /// Gives somebody a role.
    pub fn allow(&self, login: &str, permission: Permission) {
        acts::allow(&self.hub, self.id, login, permission, None);
    }

    /// Gives somebody a role of the organisation's own, by its name and by what it is built on.
    pub fn allow_as(&self, login: &str, role: &str, base: Permission) {
        acts::allow(&self.hub, self.id, login, base, Some(role));
    }

    /// Forks it to somebody, who may push to the fork.
    pub async fn fork(&self, login: &str) -> Result<Self, Refused> {
        let id = acts::fork(&self.hub, self.id, login).await?;
        Ok(Self { hub: Arc::clone(&self.hub), id })
    }

    /// Deletes it. Open pull requests from it are closed and have no head repository any more.
    pub async fn delete(&self) -> Result<(), Refused> {
        let sender = self.hub.with(|world| {
            let owner = world.repository(self.id).map(|found| found.owner);
            owner.unwrap_or_else(|| world.person(SOMEBODY))
        });
        acts::delete(&self.hub, self.id, sender).await
    }

    /// Deletes somebody's fork of it.
    pub async fn delete_fork(&self, login: &str) -> Result<(), Refused> {
        let fork = self.hub.with(|world| {
            let owner = world.account_named(login)?.id;
            let mut forks = world.repositories.values();
            let found =
                forks.find(|other| !other.deleted && other.parent == Some(self.id) && other.owner == owner);
            found.map(|found| found.id)
        });
        let id = fork.ok_or_else(Refused::not_found)?;
        Self { hub: Arc::clone(&self.hub), id }.delete().await
    }

    /// Renames it; the old name redirects.
    pub async fn rename(&self, name: &str) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(SOMEBODY));
        acts::rename(&self.hub, self.id, name, sender)
    }

    /// Makes it public, or private.
    pub async fn show_to_all(&self, public: bool) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(SOMEBODY));
        acts::show_to_all(&self.hub, self.id, public, sender)
    }

    /// Gives it to another account; the old name redirects until somebody takes it.
    pub async fn transfer(&self, owner: &str) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(SOMEBODY));
        acts::transfer(&self.hub, self.id, owner, sender)
    }

    /// Sets which branch is the default.
    pub fn set_default_branch(&self, name: &str) {
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&self.id) {
                name.clone_into(&mut found.default_branch);
            }
        });
    }

    /// Lets its settings allow these ways of merging alone: `merge`, `squash`, `rebase`. GitHub tells nobody at once.
    pub fn merged_by<'m>(&self, methods: impl IntoIterator<Item = &'m str>) {
        let methods: Vec<String> = methods.into_iter().map(str::to_owned).collect();
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&self.id) {
                found.methods = methods;
            }
        });
    }

    /// Whether its settings have GitHub delete the head of a pull request that is merged. It is only shown: no head goes.
    pub fn delete_heads_on_merge(&self, on: bool) {
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&self.id) {
                found.deletes_heads = on;
            }
        });
    }

    /// Archives it. It is only shown: what is written goes on as before, and nobody is told.
    pub fn archive(&self) {
        self.hub.with(|world| {
            if let Some(found) = world.repositories.get_mut(&self.id) {
                found.archived = true;
            }
        });
    }

    /// Whether its settings have the head of a pull request deleted that is merged.
    pub fn deletes_heads_on_merge(&self) -> bool {
        self.hub.with(|world| world.repository(self.id).is_some_and(|found| found.deletes_heads))
    }

    /// The commit that a branch name or SHA means here.
    pub(crate) async fn resolve(&self, name: &str) -> Result<String, Refused> {
        if let Some(tip) = self.tip(name) {
            return Ok(tip);
        }
        let missing = || Refused::new(422, format!("No commit found for SHA: {name}"));
        if !is_sha(name) {
            return Err(missing());
        }
        self.hub.git.resolve(self.id, name).await?.ok_or_else(missing)
    }

    /// Sets or deletes one ref on behalf of somebody.
    pub(crate) async fn set(&self, name: String, sha: Option<String>, by: &str) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(by));
        let _guard = self.hub.lock(self.id).await;
        move_refs(&self.hub, self.id, vec![(name, sha)], sender, None).await
    }
}
