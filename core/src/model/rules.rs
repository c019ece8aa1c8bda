use super::{Code, Outcome};
use std::collections::BTreeMap;

/// How much a kind of finding counts in a project.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As the rule has it.
    #[default]
    Enforce,
    /// It is shown and blocks nothing.
    Warn,
    /// It is shown as an observation, and the check stays a plain success.
    Observe,
    /// It is not looked for.
    Off,
}

impl Level {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Observe => "observe",
            Self::Off => "off",
        }
    }

    /// What a finding of this severity weighs at this level; `None` when it is not shown.
    pub fn weigh(self, severity: Outcome) -> Option<Outcome> {
        match self {
            Self::Enforce => Some(severity),
            Self::Warn => Some(severity.min(Outcome::Warn)),
            Self::Observe => Some(Outcome::Pass),
            Self::Off => None,
        }
    }
}

/// The levels that a project has set, by code. All others are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules(BTreeMap<Code, Level>);

impl Rules {
    /// How much findings of this code count. What could not be decided, and an invalid configuration, are
    /// no rules that could be softened: unknown is never a pass. Rollbacks by pull request are judged or not at all.
    pub fn level(&self, code: Code) -> Level {
        match code {
            Code::CouldNotDecide | Code::ConfigurationInvalid => Level::Enforce,
            // An out-of-date rollback gives files that nobody asked for. Whoever wants none of them turns the rule off.
            Code::PreparedRollback if self.0.get(&code) != Some(&Level::Off) => Level::Enforce,
            _ => self.0.get(&code).copied().unwrap_or_default(),
        }
    }

    /// Sets how much findings of this code count.
    pub fn set(&mut self, code: Code, level: Level) {
        self.0.insert(code, level);
    }

    /// What was set, in the order of the codes.
    pub fn iter(&self) -> impl Iterator<Item = (Code, Level)> + '_ {
        self.0.iter().map(|(code, level)| (*code, *level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_softens_and_never_hardens() {
        assert_eq!(Level::Enforce.weigh(Outcome::Fail), Some(Outcome::Fail));
        assert_eq!(Level::Warn.weigh(Outcome::Fail), Some(Outcome::Warn));
        assert_eq!(Level::Warn.weigh(Outcome::Wait), Some(Outcome::Warn));
        assert_eq!(Level::Warn.weigh(Outcome::Pass), Some(Outcome::Pass));
        assert_eq!(Level::Observe.weigh(Outcome::Fail), Some(Outcome::Pass));
        assert_eq!(Level::Off.weigh(Outcome::Warn), None);
    }

    #[test]
    fn what_is_not_known_cannot_be_softened() {
        let mut rules = Rules::default();
        for code in Code::ALL {
            rules.set(code, Level::Off);
        }
        assert_eq!(rules.level(Code::CarriesHistory), Level::Off);
        assert_eq!(rules.level(Code::CouldNotDecide), Level::Enforce);
        assert_eq!(rules.level(Code::ConfigurationInvalid), Level::Enforce);
        assert_eq!(Rules::default().level(Code::WrongBase), Level::Enforce);
    }
}
