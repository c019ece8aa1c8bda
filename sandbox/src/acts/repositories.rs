//! Making, forking, renaming and deleting repositories.

use std::sync::Arc;

use serde_json::json;

use crate::Refused;
use crate::git::{valid_branch, valid_name};
use crate::hub::Hub;
use crate::model::{AccountKind, Permission, World};
use crate::shape;
use crate::webhooks::{Event, Scope};

/// Makes an empty repository; its owner is made too, as an organisation, if there is none.
pub(crate) async fn create(
    hub: &Arc<Hub>,
    owner: &str,
    name: &str,
    default_branch: &str,
) -> Result<u64, Refused> {
    if !valid_name(owner) || !valid_name(name) || !valid_branch(default_branch) {
        return Err(Refused::invalid("Repository", "name", "invalid", "name is not allowed"));
    }
    let id = hub.with(|world| {
        if world.repository_named(owner, name).is_some() {
            let sentence = "name already exists on this account";
            return Err(Refused::invalid("Repository", "name", "custom", sentence));
        }
        let owner = world.ensure_account(owner, AccountKind::Organization);
        Ok(world.add_repository(owner, name, default_branch, None))
    })?;
    hub.git.init(id, default_branch).await?;
    Ok(id)
}

/// Forks a repository to a person; answers the fork's id.
pub(crate) async fn fork(hub: &Arc<Hub>, parent: u64, login: &str) -> Result<u64, Refused> {
    let _guard = hub.lock(parent).await;
    let (id, default_branch, refs) = hub.with(|world| {
        let owner = world.person(login);
        let found = world.repository(parent).ok_or_else(Refused::not_found)?.clone();
        if world.repository_named(login, &found.name).is_some() {
            return Err(Refused::new(403, "Name already exists on this account"));
        }
        let id = world.add_repository(owner, &found.name, &found.default_branch, Some(parent));
        Ok((id, found.default_branch, found.refs))
    })?;
    hub.git.copy(parent, id, &default_branch).await?;
    hub.with(|world| {
        if let Some(fork) = world.repositories.get_mut(&id) {
            fork.refs = refs.into_iter().filter(|(name, _)| !name.starts_with("refs/pull/")).collect();
        }
    });
    Ok(id)
}

/// Deletes a repository. Pull requests from it stay, without a head repository, and are closed.
pub(crate) async fn delete(hub: &Arc<Hub>, id: u64, sender: u64) -> Result<(), Refused> {
    let _guard = hub.lock(id).await;
    let orphans = hub.with(|world| {
        let found = world.repositories.get_mut(&id).ok_or_else(Refused::not_found)?;
        found.deleted = true;
        let scope = Scope::Repository(id);
        let fields = json!({});
        world.emit(&Event { name: "repository", action: Some("deleted"), scope, sender, fields });
        let mut orphans = Vec::new();
        for pull in world.pulls.values_mut() {
            if pull.head.repository == Some(id) && pull.repository != id {
                pull.head.repository = None;
                orphans.push((pull.repository, pull.number));
            }
        }
        Ok::<_, Refused>(orphans)
    })?;
    for (repository, number) in orphans {
        super::pulls::close(hub, repository, number, sender);
    }
    hub.git.remove(id).await;
    Ok(())
}

/// Renames a repository; requests for the old name are redirected.
pub(crate) fn rename(hub: &Hub, id: u64, name: &str, sender: u64) -> Result<(), Refused> {
    if !valid_name(name) {
        return Err(Refused::invalid("Repository", "name", "invalid", "name is not allowed"));
    }
    hub.with(|world| {
        let owner = world.repository(id).ok_or_else(Refused::not_found)?.owner;
        let from = moved(world, id, owner, name)?.1;
        let fields = json!({ "changes": { "repository": { "name": { "from": from } } } });
        let scope = Scope::Repository(id);
        world.emit(&Event { name: "repository", action: Some("renamed"), scope, sender, fields });
        Ok(())
    })
}

/// Shows a repository to everybody, or only to those who are let.
pub(crate) fn show_to_all(hub: &Hub, id: u64, public: bool, sender: u64) -> Result<(), Refused> {
    hub.with(|world| {
        world.repositories.get_mut(&id).ok_or_else(Refused::not_found)?.private = !public;
        let action = Some(if public { "publicized" } else { "privatized" });
        let scope = Scope::Repository(id);
        world.emit(&Event { name: "repository", action, scope, sender, fields: json!({}) });
        Ok(())
    })
}

/// Gives a repository to another account, an organisation unless it is known already; requests for the
/// old name are redirected. Installations on the old account lose it.
pub(crate) fn transfer(hub: &Hub, id: u64, to: &str, sender: u64) -> Result<(), Refused> {
    let losers = hub.with(|world| {
        let name = world.repository(id).ok_or_else(Refused::not_found)?.name.clone();
        let owner = world.ensure_account(to, AccountKind::Organization);
        let losers = world.installations.values();
        let losers = losers.filter(|one| one.repositories.as_ref().is_some_and(|all| all.contains(&id)));
        let losers: Vec<u64> = losers.map(|one| one.id).collect();
        let from = moved(world, id, owner, &name)?.0;
        let organization = world.accounts.get(&from).is_some_and(|one| one.kind == AccountKind::Organization);
        let from = if organization {
            json!({ "organization": shape::organization(world, from) })
        } else {
            json!({ "user": shape::user(world, from) })
        };
        let fields = json!({ "changes": { "owner": { "from": from } } });
        let scope = Scope::Repository(id);
        world.emit(&Event { name: "repository", action: Some("transferred"), scope, sender, fields });
        Ok::<_, Refused>(losers)
    })?;
    for installation in losers {
        super::apps::select(hub, installation, &[id], false, sender)?;
    }
    Ok(())
}

fn moved(world: &mut World, id: u64, owner: u64, name: &str) -> Result<(u64, String), Refused> {
    let login = world.login(owner);
    if world.repository_named(&login, name).is_some_and(|taken| taken.id != id) {
        let sentence = "name already exists on this account";
        return Err(Refused::invalid("Repository", "name", "custom", sentence));
    }
    world.move_repository(id, owner, name).ok_or_else(Refused::not_found)
}

/// Gives somebody a role; with a name one of the organisation's own, which permits at least this.
pub(crate) fn allow(hub: &Hub, id: u64, login: &str, permission: Permission, custom: Option<&str>) {
    hub.with(|world| {
        let person = world.person(login);
        if let Some(found) = world.repositories.get_mut(&id) {
            found.collaborators.insert(person, permission);
            match custom {
                Some(name) => found.custom_roles.insert(person, name.to_owned()),
                None => found.custom_roles.remove(&person),
            };
        }
    });
}
