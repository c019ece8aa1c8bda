//! Who may set a finding aside, and what is said of one that somebody has set aside.

use super::super::limits::{TITLE, shorten_end};
use super::super::prose::Prose;
use super::super::stamp;
use super::{Explanation, Scene};
use crate::model::{Code, Grantee, Overridden, PromotionPath, RepositoryRole};

/// The longest reason that is shown, in characters. The audit log has all of it.
pub(super) const REASON: usize = 500;

/// So much of a title is for who has overridden it, in characters.
const OVERRIDDEN_BY: usize = 34;

/// Whoever may give the command called `name`, which sets a rule aside, where the project does not say by its default. Of
/// roles none below `least` is enough. `None` where nobody may.
pub(super) fn who_may(
    path: &PromotionPath,
    name: &str,
    environment: Option<&str>,
    least: RepositoryRole,
) -> Option<Prose> {
    let default = [Grantee::Role(RepositoryRole::SETS_ASIDE)];
    people(path.commands.grantees(name, environment).unwrap_or(&default), least)
}

/// Whoever may give the command called `name`, for which this role is enough where the project does not say. `None` where
/// nobody may.
pub(super) fn who_may_by(
    path: &PromotionPath,
    (name, environment): (&str, Option<&str>),
    default: RepositoryRole,
) -> Option<Prose> {
    let default = [Grantee::Role(default)];
    people(path.commands.grantees(name, environment).unwrap_or(&default), RepositoryRole::Read)
}

/// These people. `None` where there are none.
pub(super) fn has_role(grantees: &[Grantee]) -> Option<Prose> {
    people(grantees, RepositoryRole::Read)
}

/// These people, of whom none with a role below `least` counts.
fn people(grantees: &[Grantee], least: RepositoryRole) -> Option<Prose> {
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

/// Whether and how a finding can be overridden, as a sentence after who can act.
pub(super) fn overriding(scene: &Scene<'_>, code: Code) -> Prose {
    let environment = scene.path.environments.iter().find(|it| it.branch.as_str() == scene.base());
    let environment = environment.map(|it| it.name.as_str());
    let who = who_may(scene.path, "override", environment, RepositoryRole::Read);
    let Some(who) = who.filter(|_| code.can_be_overridden()) else {
        let nobody = format!(" Nobody can override {code}; admins can change the rules of %.");
        return Prose::new(&nobody, &[scene.base()]);
    };
    let command = scene.comment_commands().overriding(code);
    let second = if scene.path.overrides.second { ", and a second person confirms." } else { "." };
    let can = Prose::new(" ", &[]).then(who.capitalized()).then(Prose::new(" can override it with ", &[]));
    can.command(&command).then(Prose::new(second, &[]))
}

/// Says of a finding that somebody has set it aside: who, why and for how long.
pub(super) fn overridden(explanation: &mut Explanation, given: &Overridden) {
    let by = Prose::new(" (overridden by %)", &[&given.by]).within(OVERRIDDEN_BY);
    let room = TITLE - by.length();
    // Names cut to nothing say less than what kind of finding it is.
    let whole = &explanation.title;
    let title = if whole.length() > room { whole.before_colon().cut(room) } else { whole.clone() };
    explanation.title = title.then(by);
    let reason = shorten_end(&given.reason, REASON);
    let mut words = Prose::new("% has overridden this: %.", &[&given.by, &reason]);
    if let Some(second) = &given.confirmed_by {
        words = words.then(Prose::new(" % has confirmed it.", &[second]));
    }
    let until = given.until.map(|until| format!(", at the latest on {}", stamp::utc(until.to_seconds())));
    let end = " The override ends when the head moves, the base branch changes or something else is found";
    let end = Prose::new(&format!("{end}{}.", until.unwrap_or_default()), &[]);
    explanation.detail.insert(0, words.then(end));
}
