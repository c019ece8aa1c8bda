//! Who may give a command.

use super::super::prose::Prose;
use crate::model::{Grantee, PromotionPath, RepositoryRole};

/// The longest reason that is shown, in characters. The audit log has all of it.
pub(super) const REASON: usize = 500;

/// Whoever may give the command called `name`: whoever maintains the repository, where the project does not say. Of roles
/// none below `least` is enough. `None` where nobody may.
pub(super) fn who_may(
    path: &PromotionPath,
    name: &str,
    environment: Option<&str>,
    least: RepositoryRole,
) -> Option<Prose> {
    let default = [Grantee::Role(RepositoryRole::Maintain)];
    let grantees = path.commands.grantees(name, environment).unwrap_or(&default);
    let role = grantees.iter().filter_map(|it| match it {
        Grantee::Role(role) => Some(least.max(*role)),
        Grantee::Team(_) => None,
    });
    let role = role.min().map(|role| {
        let higher = if role == RepositoryRole::Admin { "" } else { " or a higher one" };
        Prose::new(&format!("anyone with the role %{higher}"), &[role.as_str()])
    });
    let teams = grantees.iter().filter_map(|it| match it {
        Grantee::Team(slug) => Some(Prose::new("the members of the team %", &[slug])),
        Grantee::Role(_) => None,
    });
    role.into_iter().chain(teams).reduce(|all, more| all.then(Prose::new(" or ", &[])).then(more))
}
