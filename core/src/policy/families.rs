//! What each family of rules says of itself: the codes that it finds, the facts that it needs, and the changes that can
//! alter its verdict. What is gathered before a pull request is judged, and who is judged again after a change, follow
//! from that alone.
//!
//! A change of the pull request itself alters every verdict, so no family names it. A branch that appears or vanishes
//! decides whether anything can be judged at all, and is no family's either.

use super::family::{ConfigKey, Fact, Family, Reach, Trigger};
use super::source::Route;
use super::{
    acceptance, active_places, back_merge, files, freezes, hotfixes, known_work, locks, promotion, rollbacks,
    source, stacks, topic, undone,
};
use crate::model::{Code, Level, PromotionPath, PullEnds, Requires, Role, Snapshot};

/// Every family that judges pull requests.
pub const FAMILIES: [&Family; 16] = [
    &source::FAMILY,
    &source::SNAPSHOT,
    &rollbacks::FAMILY,
    &topic::FAMILY,
    &known_work::FAMILY,
    &undone::FAMILY,
    &promotion::FAMILY,
    &promotion::INTO_COPY,
    &acceptance::FAMILY,
    &hotfixes::FAMILY,
    &back_merge::FAMILY,
    &files::FAMILY,
    &stacks::FAMILY,
    &freezes::FAMILY,
    &locks::FAMILY,
    &active_places::FAMILY,
];

/// A pull request, as far as it decides which families judge it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The path that it is judged by.
    pub path: &'a PromotionPath,
    /// Its two ends.
    pub pull: &'a PullEnds,
    /// The snapshot that its head is.
    pub snapshot: Option<&'a Snapshot>,
}

impl Judged<'_> {
    /// The families that judge it.
    pub fn families(&self) -> Vec<&'static Family> {
        let path = self.path;
        let promoting = self.snapshot.map(|snapshot| self.pull.promoting(snapshot));
        let pull = promoting.as_ref().unwrap_or(self.pull);
        let mut families = vec![&source::FAMILY];
        if self.snapshot.is_some() || !source::may_be_snapshot_of(path, pull).is_empty() {
            families.push(&source::SNAPSHOT);
        }
        if source::may_be_rollback(path, pull) {
            families.push(&rollbacks::FAMILY);
        }
        let route = source::route(path, pull);
        if files::are_judged(path, pull, &route) {
            families.push(&files::FAMILY);
        }
        match route {
            Route::NotJudged | Route::Refused(_) => {}
            Route::Topic => families.extend([&topic::FAMILY, &known_work::FAMILY, &undone::FAMILY]),
            Route::Promotion => match path.role(&pull.base.branch) {
                Role::Copy(_) => families.push(&promotion::INTO_COPY),
                Role::Environment(_) | Role::Topic => {
                    families.extend([&promotion::FAMILY, &acceptance::FAMILY, &hotfixes::FAMILY]);
                }
            },
            Route::BackMerge => families.push(&back_merge::FAMILY),
        }
        families.push(&stacks::FAMILY);
        if matches!(path.role(&pull.base.branch), Role::Environment(_)) {
            families.extend([&freezes::FAMILY, &locks::FAMILY, &active_places::FAMILY]);
        }
        families
    }

    /// Whether its verdict needs a fact.
    pub fn needs(&self, fact: Fact) -> bool {
        self.families().iter().any(|family| family.facts.contains(&fact))
    }

    /// Which of its verdicts a change can alter.
    pub fn reach(&self, trigger: Trigger) -> Reach {
        self.families().iter().fold(Reach::NEVER, |all, family| all.and(family.reach(trigger)))
    }
}

/// What is asked of a promotion, whatever its files are.
fn asked(requires: &Requires) -> Requires {
    Requires { ideal_state: false, ..requires.clone() }
}

/// What a new configuration changes, as far as verdicts can rest on it.
pub fn config_changes(before: &PromotionPath, now: &PromotionPath) -> Vec<Trigger> {
    let path = |it: &PromotionPath| {
        let environments = it.environments.iter();
        let environments = environments.map(|it| (it.name.clone(), it.branch.clone(), it.accepts.clone()));
        (environments.collect::<Vec<_>>(), it.copy.clone())
    };
    let requires =
        |it: &PromotionPath| it.environments.iter().map(|it| asked(&it.requires)).collect::<Vec<_>>();
    let commerce = |it: &PromotionPath| {
        let ideal = it.environments.iter().map(|it| it.requires.ideal_state).collect::<Vec<_>>();
        (it.commerce.clone(), ideal)
    };
    let deploy = |it: &PromotionPath| it.environments.iter().map(|it| it.deploy.clone()).collect::<Vec<_>>();
    let differ = [
        (ConfigKey::Path, path(before) != path(now)),
        (ConfigKey::Requires, requires(before) != requires(now)),
        (ConfigKey::IgnorePaths, before.ignore_paths != now.ignore_paths),
        (ConfigKey::Deploy, deploy(before) != deploy(now)),
        (ConfigKey::Commerce, commerce(before) != commerce(now)),
        (ConfigKey::Calendar, before.calendar != now.calendar),
        (ConfigKey::Hotfixes, before.carry_back_within != now.carry_back_within),
    ];
    let keys = differ.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| Trigger::ConfigChanged(key));
    let levels = Code::ALL.into_iter().filter_map(|code| {
        let (was, is) = (before.rules.level(code), now.rules.level(code));
        match (was, is) {
            _ if was == is => None,
            (Level::Off, _) => Some(Trigger::SwitchedOn(code)),
            _ => Some(Trigger::LevelChanged(code)),
        }
    });
    keys.chain(levels).collect()
}
