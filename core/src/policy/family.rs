//! How a family of rules says what it needs and what alters it.

use crate::model::Code;

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
    /// The lock on the base's environment.
    Lock,
    /// What people and time have said about a promotion.
    Acceptance,
    /// What the rules of Adobe Commerce find in its files.
    CommerceFiles,
    /// How long the base's environment is frozen.
    Freeze,
    /// The places beside the base's environment.
    ActivePlaces,
    /// The hotfixes that a promotion's source owes its target.
    Hotfixes,
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
    /// The Commerce project, and which environments ask for the ideal state.
    Commerce,
    /// When nothing is merged.
    Calendar,
    /// How long a hotfix may take to come back.
    Hotfixes,
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
    /// A lock on the base's environment began or ended.
    LockChanged,
    /// Somebody has vouched for something on one of the two environments, or taken it back.
    AttestationChanged,
    /// Places beside the base's environment were given or became free, or the queue for them has changed.
    PlacesChanged,
    /// A hotfix of the base was recorded, or is owed otherwise than before.
    HotfixChanged,
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
