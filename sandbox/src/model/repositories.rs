//! Repositories, who may do what on them, and their refs.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{AccountKind, Kind, Permission, Protection, World};

/// One repository. Its refs mirror those of the bare git repository of the same id.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "GitHub has as many of its settings")]
pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) owner: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) default_branch: String,
    pub(crate) private: bool,
    pub(crate) collaborators: BTreeMap<u64, Permission>,
    /// The names of roles of the organisation's own making; what they permit stands above.
    pub(crate) custom_roles: BTreeMap<u64, String>,
    pub(crate) parent: Option<u64>,
    pub(crate) deleted: bool,
    pub(crate) protections: BTreeMap<String, Protection>,
    /// The ways in which its settings let pull requests be merged.
    pub(crate) methods: Vec<String>,
    /// The head of a pull request goes once that is merged.
    pub(crate) deletes_heads: bool,
    /// Whether it is shown as one that can only be read.
    pub(crate) archived: bool,
    pub(crate) refs: BTreeMap<String, String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) pushed_at: DateTime<Utc>,
    pub(crate) next_number: u64,
    commits_made: i64,
}

impl Repository {
    /// GitHub's sentence if an app may not move a ref by hand.
    pub(crate) fn refuses(&self, name: &str, app: Option<u64>) -> Option<String> {
        self.protections.get(name.strip_prefix("refs/heads/")?)?.against(app?, false)
    }

    /// The commit a branch points at.
    pub(crate) fn branch(&self, name: &str) -> Option<&str> {
        self.refs.get(&format!("refs/heads/{name}")).map(String::as_str)
    }

    /// Names and tips of all branches, in order.
    pub(crate) fn branches(&self) -> impl Iterator<Item = (&str, &str)> {
        self.refs.iter().filter_map(|(name, sha)| Some((name.strip_prefix("refs/heads/")?, sha.as_str())))
    }

    /// The date of the next commit made here: a minute after the last one, from a fixed start, so
    /// that the same acts give the same commit ids in every run.
    pub(crate) fn next_commit_date(&mut self) -> i64 {
        const START: i64 = 1_767_600_000;
        self.commits_made += 1;
        START + TimeDelta::minutes(self.commits_made).num_seconds()
    }
}

impl World {
    /// Adds an empty repository.
    pub(crate) fn add_repository(
        &mut self,
        owner: u64,
        name: &str,
        default_branch: &str,
        parent: Option<u64>,
    ) -> u64 {
        let id = self.next(Kind::Repository);
        let now = self.now;
        self.former_names.remove(&self.full_name_key(owner, name));
        self.repositories.insert(
            id,
            Repository {
                id,
                owner,
                name: name.to_owned(),
                description: None,
                default_branch: default_branch.to_owned(),
                private: true,
                collaborators: BTreeMap::from([(owner, Permission::Admin)]),
                custom_roles: BTreeMap::new(),
                parent,
                deleted: false,
                protections: BTreeMap::new(),
                methods: ["merge", "squash", "rebase"].map(str::to_owned).to_vec(),
                deletes_heads: false,
                archived: false,
                refs: BTreeMap::new(),
                created_at: now,
                updated_at: now,
                pushed_at: now,
                next_number: 0,
                commits_made: 0,
            },
        );
        id
    }

    /// `owner/name` of a repository.
    pub(crate) fn full_name(&self, repository: &Repository) -> String {
        format!("{}/{}", self.login(repository.owner), repository.name)
    }

    fn full_name_key(&self, owner: u64, name: &str) -> String {
        format!("{}/{name}", self.login(owner)).to_ascii_lowercase()
    }

    /// A living repository by id.
    pub(crate) fn repository(&self, id: u64) -> Option<&Repository> {
        self.repositories.get(&id).filter(|found| !found.deleted)
    }

    /// A living repository by its present name.
    pub(crate) fn repository_named(&self, owner: &str, name: &str) -> Option<&Repository> {
        let owner = self.account_named(owner)?.id;
        self.repositories.values().find(|candidate| {
            !candidate.deleted && candidate.owner == owner && candidate.name.eq_ignore_ascii_case(name)
        })
    }

    /// A living repository that once had this name.
    pub(crate) fn repository_formerly(&self, owner: &str, name: &str) -> Option<&Repository> {
        let key = format!("{owner}/{name}").to_ascii_lowercase();
        self.former_names.get(&key).and_then(|id| self.repository(*id))
    }

    /// Gives a repository another name, or owner. The old name goes on pointing at it until somebody
    /// takes it; the new one points at nothing else any more. Answers owner and name as they were.
    pub(crate) fn move_repository(&mut self, id: u64, owner: u64, name: &str) -> Option<(u64, String)> {
        let repository = self.repositories.get(&id)?;
        let old = (repository.owner, repository.name.clone());
        let key = self.full_name_key(old.0, &old.1);
        self.former_names.insert(key, id);
        self.former_names.remove(&self.full_name_key(owner, name));
        let now = self.now;
        if let Some(repository) = self.repositories.get_mut(&id) {
            name.clone_into(&mut repository.name);
            repository.owner = owner;
            repository.collaborators.insert(owner, Permission::Admin);
            repository.updated_at = now;
        }
        Some(old)
    }

    /// What somebody may do on a repository; a public one is everybody's to read who has an account.
    pub(crate) fn permission_of(&self, repository: &Repository, account: u64) -> Permission {
        let granted = repository.collaborators.get(&account).copied();
        granted.unwrap_or(if repository.private || !self.accounts.contains_key(&account) {
            Permission::None
        } else {
            Permission::Read
        })
    }

    /// The living repositories of an account, in order of id.
    pub(crate) fn repositories_of(&self, account: u64) -> impl Iterator<Item = &Repository> {
        self.repositories.values().filter(move |found| !found.deleted && found.owner == account)
    }

    /// Whether somebody administers an account: their own, or an organisation in whose every repository they have the
    /// role admin, for the stand-in knows no owners of organisations.
    pub(crate) fn administers(&self, person: u64, account: u64) -> bool {
        let kind = |id: u64| self.accounts.get(&id).map(|found| found.kind);
        if kind(person) != Some(AccountKind::User) {
            return false;
        }
        let mut own = self.repositories_of(account).peekable();
        let of_all =
            own.peek().is_some() && own.all(|found| self.permission_of(found, person) == Permission::Admin);
        person == account || (kind(account) == Some(AccountKind::Organization) && of_all)
    }

    /// The name of the role that somebody has on a repository.
    pub(crate) fn role_of(&self, repository: &Repository, account: u64) -> String {
        let custom = repository.custom_roles.get(&account).cloned();
        custom.unwrap_or_else(|| self.permission_of(repository, account).role_name().to_owned())
    }

    /// The next number for a pull request or issue of a repository.
    pub(crate) fn next_number(&mut self, repository: u64) -> u64 {
        self.repositories.get_mut(&repository).map_or(0, |repository| {
            repository.next_number += 1;
            repository.next_number
        })
    }
}
