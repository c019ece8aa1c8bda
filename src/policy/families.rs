//! What each family of rules says of itself: the codes that it finds, the facts that it needs, and the changes that can
//! alter its verdict. What is gathered before a pull request is judged, and who is judged again after a change, follow
//! from that alone.
//!
//! A change of the pull request itself alters every verdict, so no family names it. A branch that appears or vanishes
//! decides whether anything can be judged at all, and is no family's either.

use super::{Route, back_merge, known_work, promotion, source, stacks, topic, undone};
use crate::model::{Code, Level, PromotionPath, Pull, Role, Snapshot};

/// Something that is gathered before a pull request is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact {
    /// What a topic brings, and what other branches have of it.
    TopicHistory,
    /// What merging an environment into the next branch would give.
    PromotionHistory,
    /// What a downstream environment would carry upstream.
    BackMergeHistory,
    /// How pull requests may be merged into the base.
    MergeMethods,
    /// The deploys and holds of the two environments.
    Deploys,
    /// Whether the head stands where an environment has been.
    Snapshot,
    /// The stack that it is in, and those it could be put into one with.
    Stacks,
}

/// A part of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfigKey {
    /// The environments, what each accepts, and the copy branch.
    Path,
    /// What a promotion has to show first.
    Requires,
    /// The paths whose differences count for nothing.
    IgnorePaths,
    /// Who deploys, and how.
    Deploy,
}

/// Something that happens and can alter verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The base moved to a commit that contains the former one.
    BaseAdvanced,
    /// The base moved in another direction.
    BaseRewritten,
    /// Another branch of the path moved to a commit that contains the former one.
    OtherBranchAdvanced,
    /// Another branch of the path moved in another direction.
    OtherBranchRewritten,
    /// A deploy of one of the two environments went on or ended, or a hold began or ended.
    DeployChanged,
    /// The base may be merged into in another way.
    MergeMethodsChanged,
    /// Another pull request was opened, closed, merged or pushed to.
    OtherPullRequestChanged,
    /// A pull request of the same stack or chain has changed.
    StackChanged,
    /// This part of the configuration was changed.
    ConfigChanged(ConfigKey),
    /// Findings of this code count otherwise.
    LevelChanged(Code),
    /// Findings of this code were not looked for, and are now.
    SwitchedOn(Code),
}

/// Which verdicts a change can alter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach(u8);

impl Reach {
    /// None.
    pub const NEVER: Self = Self(0);
    /// Any.
    pub const ALWAYS: Self = Self(1);
    /// Those with findings.
    pub const WITH_FINDINGS: Self = Self(1 << 1);
    /// Those on pull requests that bring a commit which the moved branch gained.
    pub const SHARING_COMMITS: Self = Self(1 << 2);
    /// Those on pull requests that bring a change which the moved branch gained in another commit.
    pub const SHARING_CHANGES: Self = Self(1 << 3);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether these are among them.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any verdict is, or this one by its findings alone.
    pub const fn alters(self, has_findings: bool) -> bool {
        self.has(Self::ALWAYS) || (has_findings && self.has(Self::WITH_FINDINGS))
    }
}

/// What a family of rules says of itself.
#[derive(Debug)]
pub struct Family {
    /// What it is called in the documentation.
    pub name: &'static str,
    /// The codes of its findings.
    pub codes: &'static [Code],
    /// What it needs to know.
    pub facts: &'static [Fact],
    /// What can alter its verdict, in groups, apart from how much its findings count.
    pub altered_by: &'static [&'static [(Trigger, Reach)]],
}

/// Whatever moves on the path.
pub(super) const ANY_MOVE: &[(Trigger, Reach)] = &[
    (Trigger::BaseAdvanced, Reach::ALWAYS),
    (Trigger::BaseRewritten, Reach::ALWAYS),
    (Trigger::OtherBranchAdvanced, Reach::ALWAYS),
    (Trigger::OtherBranchRewritten, Reach::ALWAYS),
];

/// What moves alter about topics. A base that moves forward takes commits away from what is brought and adds none, and
/// less is found in less. Another branch that moves forward counts where it gained what is brought; where one moves in
/// another direction, what was found may be gone.
pub(super) const MOVES_FOR_TOPICS: &[(Trigger, Reach)] = &[
    (Trigger::BaseAdvanced, Reach::WITH_FINDINGS),
    (Trigger::BaseRewritten, Reach::ALWAYS),
    (Trigger::OtherBranchAdvanced, Reach::SHARING_COMMITS),
    (Trigger::OtherBranchRewritten, Reach::WITH_FINDINGS.and(Reach::SHARING_COMMITS)),
];

/// The path decides which families judge at all.
pub(super) const PATH: &[(Trigger, Reach)] = &[(Trigger::ConfigChanged(ConfigKey::Path), Reach::ALWAYS)];

/// Every family that judges pull requests.
pub const FAMILIES: [&Family; 9] = [
    &source::FAMILY,
    &source::SNAPSHOT,
    &topic::FAMILY,
    &known_work::FAMILY,
    &undone::FAMILY,
    &promotion::FAMILY,
    &promotion::INTO_COPY,
    &back_merge::FAMILY,
    &stacks::FAMILY,
];

impl Family {
    /// Which of its verdicts a change can alter.
    pub fn reach(&self, trigger: Trigger) -> Reach {
        match trigger {
            Trigger::LevelChanged(code) if self.codes.contains(&code) => Reach::WITH_FINDINGS,
            Trigger::SwitchedOn(code) if self.codes.contains(&code) => Reach::ALWAYS,
            _ => {
                let meant = self.altered_by.iter().copied().flatten().filter(|(one, _)| *one == trigger);
                meant.fold(Reach::NEVER, |all, (_, reach)| all.and(*reach))
            }
        }
    }
}

/// A pull request, as far as it decides which families judge it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The path that it is judged by.
    pub path: &'a PromotionPath,
    /// Its two ends.
    pub pull: &'a Pull,
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
        match source::route(path, pull) {
            Route::NotJudged | Route::Refused(_) => {}
            Route::Topic => families.extend([&topic::FAMILY, &known_work::FAMILY, &undone::FAMILY]),
            Route::Promotion => match path.role(&pull.base.branch) {
                Role::Copy(_) => families.push(&promotion::INTO_COPY),
                Role::Environment(_) | Role::Topic => families.push(&promotion::FAMILY),
            },
            Route::BackMerge => families.push(&back_merge::FAMILY),
        }
        families.push(&stacks::FAMILY);
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

/// What a new configuration changes, as far as verdicts can rest on it.
pub fn config_changes(before: &PromotionPath, now: &PromotionPath) -> Vec<Trigger> {
    let path = |it: &PromotionPath| {
        let environments = it.environments.iter();
        let environments = environments.map(|it| (it.name.clone(), it.branch.clone(), it.accepts.clone()));
        (environments.collect::<Vec<_>>(), it.copy.clone())
    };
    let requires = |it: &PromotionPath| it.environments.iter().map(|it| it.requires).collect::<Vec<_>>();
    let deploy = |it: &PromotionPath| it.environments.iter().map(|it| it.deploy.clone()).collect::<Vec<_>>();
    let differ = [
        (ConfigKey::Path, path(before) != path(now)),
        (ConfigKey::Requires, requires(before) != requires(now)),
        (ConfigKey::IgnorePaths, before.ignore_paths != now.ignore_paths),
        (ConfigKey::Deploy, deploy(before) != deploy(now)),
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
