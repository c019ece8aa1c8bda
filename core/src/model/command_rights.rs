use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike, Days, NaiveTime};

use super::{EnvironmentName, UnixMillis};

/// What somebody may do in a repository, by GitHub's names; each may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepositoryRole {
    /// May read.
    Read,
    /// May label and close.
    Triage,
    /// May push.
    Write,
    /// May change most settings.
    Maintain,
    /// May do everything.
    Admin,
}

impl RepositoryRole {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin];

    /// The least that sets a rule aside, takes a release back, or ends somebody else's lock, where the project does not say.
    pub const SETS_ASIDE: Self = Self::Maintain;

    /// GitHub's word for it, which the configuration uses too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The role that GitHub calls so; `None` for an organisation's own roles.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for RepositoryRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// People who may give a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// Whoever has this role in the repository, or a higher one.
    Role(RepositoryRole),
    /// The members of the organisation's team with this slug.
    Team(String),
}

impl Grantee {
    /// Who is meant by a word of the configuration: a role, or `team:` and a slug.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word.strip_prefix("team:") {
            Some(slug) => Some(Self::Team(slug.to_owned())),
            None => RepositoryRole::named(word).map(Self::Role),
        }
    }
}

impl fmt::Display for Grantee {
    /// The word used in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => role.fmt(f),
            Self::Team(slug) => write!(f, "team:{slug}"),
        }
    }
}

/// To whom a project gives one command. To be one of them is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The same people for every environment.
    Everywhere(Vec<Grantee>),
    /// Other people for each environment that is named here; the others keep the command's default.
    On(BTreeMap<EnvironmentName, Vec<Grantee>>),
}

/// Who may give a command, by its name. A command that is not here keeps its default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandRights(BTreeMap<String, Grant>);

impl CommandRights {
    /// Says who may give the command called `name`.
    pub fn set(&mut self, name: &str, grant: Grant) {
        self.0.insert(name.to_owned(), grant);
    }

    /// Who may give the command called `name` for `environment`; `None` where the project does not say.
    pub fn grantees(&self, name: &str, environment: Option<&str>) -> Option<&[Grantee]> {
        match self.0.get(name)? {
            Grant::Everywhere(people) => Some(people),
            Grant::On(environments) => {
                environments.get(&EnvironmentName::from(environment?)).map(Vec::as_slice)
            }
        }
    }

    /// Whether a team is among those who may give a command.
    pub fn name_a_team(&self) -> bool {
        let is_team = |people: &Vec<Grantee>| people.iter().any(|it| matches!(it, Grantee::Team(_)));
        self.0.values().any(|grant| match grant {
            Grant::Everywhere(people) => is_team(people),
            Grant::On(environments) => environments.values().any(is_team),
        })
    }

    /// What was set, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Grant)> {
        self.0.iter().map(|(name, grant)| (name.as_str(), grant))
    }
}

/// What an override needs besides the right to give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OverrideRules {
    /// Whether a second person has to confirm it.
    pub second: bool,
    /// How many a repository may have; `None` where nobody counts.
    pub budget: Option<OverrideBudget>,
}

/// How many overrides a repository may have in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverrideBudget {
    /// So many, at least one.
    pub count: u32,
    /// In this time.
    pub per: BudgetPeriod,
}

impl OverrideBudget {
    /// The budget that a word of the configuration means, such as `5/month`.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let (count, per) = word.split_once('/')?;
        let per = BudgetPeriod::ALL.into_iter().find(|it| it.as_str() == per)?;
        Some(Self { count: count.parse().ok()?, per })
    }
}

impl fmt::Display for OverrideBudget {
    /// The word used in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.as_str())
    }
}

/// The time after which a budget is whole again. Days, weeks and months are those of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetPeriod {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first to the last day.
    Month,
}

impl BudgetPeriod {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// When the one began that `now` lies in.
    pub fn start(self, now: UnixMillis) -> UnixMillis {
        let day = DateTime::from_timestamp_millis(now.0).unwrap_or_default().date_naive();
        let first = match self {
            Self::Day => day,
            Self::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            Self::Month => day - Days::new(u64::from(day.day0())),
        };
        UnixMillis(first.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
    }

    /// When the next one begins.
    pub fn end(self, now: UnixMillis) -> UnixMillis {
        // None is longer than 31 days, or as long as two.
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
        };
        self.start(self.start(now) + std::time::Duration::from_secs(days * 86_400))
    }

    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for BudgetPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_meant_is_told_as_it_was_written() {
        for word in ["triage", "write", "maintain", "admin", "team:release"] {
            assert_eq!(Grantee::of_word(word).unwrap().to_string(), word);
        }
        assert_eq!(Grantee::of_word("owner"), None);
        for word in ["5/month", "1/day", "999/week"] {
            assert_eq!(OverrideBudget::of_word(word).unwrap().to_string(), word);
        }
        assert_eq!(OverrideBudget::of_word("5/year"), None);
    }

    #[test]
    fn a_period_begins_at_midnight_on_monday_or_on_the_first() {
        let at = |text: &str| UnixMillis(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis());
        // A Sunday.
        let now = at("2026-11-29T17:30:00Z");
        assert_eq!(BudgetPeriod::Day.start(now), at("2026-11-29T00:00:00Z"));
        assert_eq!(BudgetPeriod::Week.start(now), at("2026-11-23T00:00:00Z"));
        assert_eq!(BudgetPeriod::Month.start(now), at("2026-11-01T00:00:00Z"));
        for period in BudgetPeriod::ALL {
            assert_eq!(period.start(period.start(now)), period.start(now));
            assert_eq!(period.start(period.end(now)), period.end(now));
        }
        assert_eq!(BudgetPeriod::Month.end(now), at("2026-12-01T00:00:00Z"));
        assert_eq!(BudgetPeriod::Month.end(at("2027-02-28T00:00:00Z")), at("2027-03-01T00:00:00Z"));
        assert_eq!(BudgetPeriod::Week.end(now), at("2026-11-30T00:00:00Z"));
        for period in BudgetPeriod::ALL {
            assert!(period.end(now) > now);
        }
    }

    #[test]
    fn what_a_project_says_of_one_environment_leaves_the_others_alone() {
        let team = vec![Grantee::Team("release".to_owned())];
        let mut rights = CommandRights::default();
        rights.set("deploy", Grant::On(BTreeMap::from([("Production".into(), team.clone())])));
        rights.set("override", Grant::Everywhere(team.clone()));
        assert_eq!(rights.grantees("deploy", Some("production")), Some(team.as_slice()));
        assert_eq!(rights.grantees("deploy", Some("staging")), None);
        assert_eq!(rights.grantees("deploy", None), None);
        assert_eq!(rights.grantees("override", None), Some(team.as_slice()));
        assert_eq!(rights.grantees("lock", Some("production")), None);
        assert!(rights.name_a_team());
    }

    #[test]
    fn a_team_counts_whatever_it_is_named_for() {
        let mut rights = CommandRights::default();
        rights.set("deploy", Grant::Everywhere(vec![Grantee::Role(RepositoryRole::Triage)]));
        assert!(!rights.name_a_team());
        let team = vec![Grantee::Role(RepositoryRole::Write), Grantee::Team("release".to_owned())];
        rights.set("promote", Grant::On(BTreeMap::from([("production".into(), team)])));
        assert!(rights.name_a_team());
    }
}
