//! Teams of organisations.

use std::sync::Arc;

use crate::hub::Hub;
use crate::model::{Membership, Team};
use crate::{Refused, Sandbox};

impl Sandbox {
    /// The team `organisation/slug`, made on first mention. A person has no teams (422).
    pub async fn team(&self, name: &str) -> Result<TeamHandle, Refused> {
        let (organization, slug) = name.split_once('/').ok_or_else(Refused::not_found)?;
        let id = self.hub.with(|world| world.ensure_team(organization, slug));
        let id = id.ok_or_else(|| Refused::new(422, format!("{organization} is not an organization.")))?;
        Ok(TeamHandle { hub: Arc::clone(&self.hub), id })
    }
}

/// A team.
#[derive(Debug, Clone)]
pub struct TeamHandle {
    hub: Arc<Hub>,
    id: u64,
}

impl TeamHandle {
    fn change(&self, login: &str, act: impl FnOnce(&mut Team, u64)) {
        self.hub.with(|world| {
            let person = world.person(login);
            if let Some(team) = world.teams.get_mut(&self.id) {
                act(team, person);
            }
        });
    }

    fn set(&self, login: &str, membership: Membership) {
        self.change(login, |team, person| {
            team.members.insert(person, membership);
        });
    }

    /// Makes somebody a member.
    pub fn add(&self, login: &str) {
        self.set(login, Membership::Member);
    }

    /// Makes somebody a maintainer of the team, which is a member too.
    pub fn add_maintainer(&self, login: &str) {
        self.set(login, Membership::Maintainer);
    }

    /// Invites somebody, who does not accept: the membership is pending.
    pub fn invite(&self, login: &str) {
        self.set(login, Membership::Pending);
    }

    /// Takes somebody out.
    pub fn remove(&self, login: &str) {
        self.change(login, |team, person| {
            team.members.remove(&person);
        });
    }
}
