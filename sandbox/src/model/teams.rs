//! Teams of organisations.

use std::collections::BTreeMap;

use super::{AccountKind, Kind, World};

/// A team.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) organization: u64,
    pub(crate) slug: String,
    pub(crate) members: BTreeMap<u64, Membership>,
}

/// How somebody belongs to a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// Invited to the organisation, and has not accepted.
    Pending,
    Member,
    Maintainer,
}

impl World {
    /// The team of that slug, made if there is none yet, with its organisation; `None` of a person, who has no teams.
    pub(crate) fn ensure_team(&mut self, organization: &str, slug: &str) -> Option<u64> {
        let organization = self.ensure_account(organization, AccountKind::Organization);
        self.accounts.get(&organization).filter(|owner| owner.kind == AccountKind::Organization)?;
        if let Some((id, _)) = self.team(organization, slug) {
            return Some(id);
        }
        let id = self.next(Kind::Team);
        self.teams.insert(id, Team { organization, slug: slug.to_owned(), members: BTreeMap::new() });
        Some(id)
    }

    /// The team of an organisation by its slug.
    pub(crate) fn team(&self, organization: u64, slug: &str) -> Option<(u64, &Team)> {
        let mut all = self.teams.iter();
        let (id, team) =
            all.find(|(_, team)| team.organization == organization && team.slug.eq_ignore_ascii_case(slug))?;
        Some((*id, team))
    }
}
