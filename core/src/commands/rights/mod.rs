//! Who may give a command.
//!
//! A command needs to be given by somebody with one of several rights ([`Need`]): the roles and teams that the project's
//! configuration names, or the command's default. Who somebody is ([`Person`]) is what GitHub answers when it is asked for
//! their permission on the repository: their association with it, which comes along with each comment, says nothing
//! about rights and is never looked at.

use std::fmt;

use crate::model::{Environment, Grantee, PromotionPath, RepositoryRole};

/// The right that a command needs where the project does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultRight {
    /// The least role for production: each environment that no other accepts.
    pub production: RepositoryRole,
    /// The least role for every other environment, and for commands without one.
    pub elsewhere: RepositoryRole,
}

impl DefaultRight {
    /// For what only asks.
    pub const READ: Self = Self::everywhere(RepositoryRole::Read);
    /// For everyday work.
    pub const WRITE: Self = Self::everywhere(RepositoryRole::Write);
    /// For what customers see.
    pub const WRITE_BELOW_PRODUCTION: Self =
        Self { production: RepositoryRole::Maintain, elsewhere: RepositoryRole::Write };
    /// For what sets a rule aside or takes a release back.
    pub const MAINTAIN: Self = Self::everywhere(RepositoryRole::SETS_ASIDE);

    const fn everywhere(role: RepositoryRole) -> Self {
        Self { production: role, elsewhere: role }
    }
}

impl fmt::Display for DefaultRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { production, elsewhere } = self;
        if production == elsewhere {
            elsewhere.fmt(f)
        } else {
            write!(f, "{elsewhere}; {production} on production")
        }
    }
}

/// What one command needs of who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The roles and teams that may. To be one of them is enough.
    any_of: Vec<Grantee>,
}

impl Need {
    /// What the command called `name` needs for `environment`: what the project says, otherwise its default.
    pub fn of(
        name: &str,
        default: DefaultRight,
        environment: Option<&Environment>,
        path: &PromotionPath,
    ) -> Self {
        let said = path.commands.grantees(name, environment.map(|it| it.name.as_str()));
        let any_of = said.map_or_else(
            || {
                let is_production = environment.is_some_and(|it| path.is_production(&it.name));
                vec![Grantee::Role(if is_production { default.production } else { default.elsewhere })]
            },
            <[Grantee]>::to_vec,
        );
        Self { any_of }
    }

    /// One of these roles and teams.
    pub fn one_of(any_of: Vec<Grantee>) -> Self {
        Self { any_of }
    }

    /// The same with at least this role, for what is more than the command usually does: to take away somebody else's
    /// lock. Teams that the project names may still.
    #[must_use]
    pub fn at_least(mut self, least: RepositoryRole) -> Self {
        for grantee in &mut self.any_of {
            if let Grantee::Role(role) = grantee {
                *role = least.max(*role);
            }
        }
        self
    }

    /// Who may.
    pub fn grantees(&self) -> &[Grantee] {
        &self.any_of
    }

    /// The slugs of the teams that count: whether somebody is in one of them has to be asked.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.any_of.iter().filter_map(|it| match it {
            Grantee::Team(slug) => Some(slug.as_str()),
            Grantee::Role(_) => None,
        })
    }

    /// The least role that may, if one does.
    pub fn role(&self) -> Option<RepositoryRole> {
        let roles = self.any_of.iter().filter_map(|it| match it {
            Grantee::Role(role) => Some(*role),
            Grantee::Team(_) => None,
        });
        roles.min()
    }
}

/// What GitHub answers when it is asked for somebody's permission on a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionAnswer<'a> {
    /// `permission`: `admin`, `write`, `read` or `none`.
    pub permission: &'a str,
    /// `role_name`: the role, or the name that an organisation has given to one of its own.
    pub role_name: Option<&'a str>,
    /// `user.permissions`.
    pub user: Option<UserPermissions>,
}

/// `user.permissions`: what somebody may do, one by one. It tells what an organisation's own role is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "GitHub answers five of them")]
pub struct UserPermissions {
    /// Whether they have the rights of an administrator.
    pub admin: bool,
    /// Whether they may do what a maintainer may.
    pub maintain: bool,
    /// Whether they may push.
    pub push: bool,
    /// Whether they may label and close.
    pub triage: bool,
    /// Whether they may read.
    pub pull: bool,
}

impl UserPermissions {
    /// The highest role whose right is here. Old servers leave some of those between out.
    fn role(self) -> Option<RepositoryRole> {
        let rights = [self.pull, self.triage, self.push, self.maintain, self.admin];
        RepositoryRole::ALL.into_iter().zip(rights).filter(|(_, has)| *has).map(|(role, _)| role).max()
    }
}

impl PermissionAnswer<'_> {
    /// The role that somebody has by this answer, or the standard one that theirs is worth; `None` for none.
    ///
    /// What is not understood gives no right, and nothing gives more than `permission` can mean.
    pub fn role(&self) -> Option<RepositoryRole> {
        let (least, most) = match self.permission {
            "admin" => (RepositoryRole::Admin, RepositoryRole::Admin),
            "write" => (RepositoryRole::Write, RepositoryRole::Maintain),
            "read" => (RepositoryRole::Read, RepositoryRole::Triage),
            _ => return None,
        };
        let standard = self.role_name.and_then(RepositoryRole::named);
        let exact = standard.or_else(|| self.user.and_then(UserPermissions::role));
        Some(exact.unwrap_or(least).min(most))
    }
}

/// Somebody who gives a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// Whoever runs the server: by its command line, with every right.
    Operator,
    /// A bot, an App or a deleted user: they have no right.
    Nobody,
    /// Somebody on GitHub.
    User {
        /// Their role in the repository; `None` for none.
        role: Option<RepositoryRole>,
        /// Whether the repository counts them among its collaborators. GitHub answers `read` for every user of a public
        /// repository.
        is_collaborator: bool,
        /// The slugs of those teams of [`Need::teams`] that they are an active member of.
        teams: Vec<String>,
    },
}

/// Whether somebody may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// They may.
    Allowed,
    /// They may not.
    Refused(Refusal),
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The least that is missing: the least role that may, or else a team.
    pub missing: Option<Grantee>,
    /// What they have.
    pub has: Standing,
    /// All who may.
    pub who_may: Vec<Grantee>,
}

/// What somebody is to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// A bot, an App or a deleted user.
    Nobody,
    /// A user who is no collaborator: of a public repository.
    Stranger,
    /// A collaborator with this role.
    Role(RepositoryRole),
}

impl Person {
    /// What they are to the repository; `None` for the operator.
    pub fn standing(&self) -> Option<Standing> {
        match self {
            Self::Operator => None,
            Self::Nobody => Some(Standing::Nobody),
            Self::User { role: Some(role), is_collaborator, .. }
                if *is_collaborator || *role > RepositoryRole::Read =>
            {
                Some(Standing::Role(*role))
            }
            Self::User { .. } => Some(Standing::Stranger),
        }
    }

    fn is(&self, grantee: &Grantee) -> bool {
        match (grantee, self) {
            (Grantee::Role(least), _) => {
                matches!(self.standing(), Some(Standing::Role(role)) if role >= *least)
            }
            (Grantee::Team(slug), Self::User { teams, .. }) => {
                teams.iter().any(|team| team.eq_ignore_ascii_case(slug))
            }
            (Grantee::Team(_), _) => false,
        }
    }
}

/// Whether somebody has the right that a command needs. A stranger has none, not even to ask, unless the project names a
/// team that they are in.
pub fn decide(need: &Need, person: &Person) -> Decision {
    let Some(has) = person.standing() else { return Decision::Allowed };
    if need.any_of.iter().any(|grantee| person.is(grantee)) {
        return Decision::Allowed;
    }
    let missing = need.role().map(Grantee::Role).or_else(|| need.any_of.first().cloned());
    Decision::Refused(Refusal { missing, has, who_may: need.any_of.clone() })
}

#[cfg(test)]
mod tests;
