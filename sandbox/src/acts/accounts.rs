//! Renaming and deleting accounts.

use crate::Refused;
use crate::hub::Hub;
use crate::model::AccountKind;

/// Gives somebody another login, which nobody may have.
pub(crate) fn rename(hub: &Hub, login: &str, to: &str) -> Result<(), Refused> {
    hub.with(|world| {
        if world.account_named(to).is_some() {
            return Err(Refused::new(422, "The login is taken."));
        }
        let found = world.account_named(login).filter(|found| found.kind == AccountKind::User);
        let id = found.ok_or_else(Refused::not_found)?.id;
        if let Some(account) = world.accounts.get_mut(&id) {
            to.clone_into(&mut account.login);
        }
        Ok(())
    })
}

/// Deletes somebody's account and every right that they had. What they wrote stays, by nobody.
pub(crate) fn delete(hub: &Hub, login: &str) -> Result<(), Refused> {
    hub.with(|world| {
        let found = world.account_named(login).filter(|found| found.kind == AccountKind::User);
        let id = found.ok_or_else(Refused::not_found)?.id;
        if world.repositories.values().any(|owned| !owned.deleted && owned.owner == id) {
            return Err(Refused::new(422, "The account still owns repositories."));
        }
        world.accounts.remove(&id);
        for repository in world.repositories.values_mut() {
            repository.collaborators.remove(&id);
        }
        for team in world.teams.values_mut() {
            team.members.remove(&id);
        }
        Ok(())
    })
}
