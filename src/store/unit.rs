use crate::model::{BranchName, CommitId, EnvironmentName, InstallationId, PullNumber, RepositoryId};
use std::fmt;
use std::str::FromStr;

/// Something that is worked on by one worker at a time. Marking it dirty says "look at it (again)".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The App itself: asking GitHub again for deliveries that failed.
    App,
    /// An account with the App installed: which repositories there are.
    Installation(InstallationId),
    /// A repository as a whole: its open pull requests and refs against what is stored.
    Repository(RepositoryId),
    /// The configuration of a repository, to be read again.
    Configuration(RepositoryId),
    /// A pull request that changes the configuration: whether it can, and what would become of others.
    Proposal(RepositoryId, PullNumber),
    /// The check that GitHub shall show on a commit that changes the configuration.
    ConfigurationCheck(RepositoryId, CommitId),
    /// A branch that was pushed to.
    Branch(RepositoryId, BranchName),
    /// The line of a branch, to be read into the ledger part by part.
    Backfill(RepositoryId, BranchName),
    /// An environment whose deploys were reported: one and the same in whatever spelling somebody calls it.
    Environment(RepositoryId, EnvironmentName),
    /// The runs of workflows: which deploy one of them belongs to is not told by its event.
    Runs(RepositoryId),
    /// A job of a run of a workflow that waits to be let into an environment, by the run's number and the environment.
    Gate(RepositoryId, u64, EnvironmentName),
    /// Where a merged pull request has come to.
    Whereabouts(RepositoryId, PullNumber),
    /// The copy branch, to be made a copy again.
    Copy(RepositoryId),
    /// The issue about the copy branch that GitHub shall show.
    Alarm(RepositoryId),
    /// A branch of the path that somebody may have rewritten.
    BranchRewrite(RepositoryId, BranchName),
    /// The issue about it that GitHub shall show.
    BranchAlarm(RepositoryId, BranchName),
    /// The check on the copy branch that GitHub shall show on its environment's commit.
    CopyCheck(RepositoryId, CommitId),
    /// A merge group: its head commit, and the branch it goes into.
    Group(RepositoryId, CommitId, BranchName),
    /// A check run on which somebody pressed a button.
    Button(RepositoryId, u64),
    /// A pull request to judge.
    Pull(RepositoryId, PullNumber),
    /// What stands on a pull request: marked when its head, its base or its state has changed.
    Stack(RepositoryId, PullNumber),
    /// A check run that GitHub shall show: on a commit, for a base branch.
    Check(RepositoryId, CommitId, BranchName),
    /// The sticky comment that GitHub shall show on a pull request.
    Comment(RepositoryId, PullNumber),
}

impl Unit {
    /// The repository it belongs to, where there is one.
    pub fn repository(&self) -> Option<RepositoryId> {
        match self {
            Self::App | Self::Installation(_) => None,
            Self::Repository(id)
            | Self::Configuration(id)
            | Self::Proposal(id, _)
            | Self::ConfigurationCheck(id, _)
            | Self::Branch(id, _)
            | Self::Backfill(id, _)
            | Self::Environment(id, _)
            | Self::Runs(id)
            | Self::Gate(id, _, _)
            | Self::Whereabouts(id, _)
            | Self::Copy(id)
            | Self::Alarm(id)
            | Self::BranchRewrite(id, _)
            | Self::BranchAlarm(id, _)
            | Self::CopyCheck(id, _)
            | Self::Group(id, _, _)
            | Self::Button(id, _)
            | Self::Pull(id, _)
            | Self::Stack(id, _)
            | Self::Check(id, _, _)
            | Self::Comment(id, _) => Some(*id),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str("app"),
            Self::Installation(id) => write!(f, "installation:{id}"),
            Self::Repository(id) => write!(f, "repository:{id}"),
            Self::Configuration(id) => write!(f, "configuration:{id}"),
            Self::Proposal(id, number) => write!(f, "proposal:{id}:{number}"),
            Self::ConfigurationCheck(id, head) => write!(f, "configuration-check:{id}:{head}"),
            Self::Branch(id, branch) => write!(f, "branch:{id}:{branch}"),
            Self::Backfill(id, branch) => write!(f, "backfill:{id}:{branch}"),
            Self::Environment(id, name) => write!(f, "environment:{id}:{}", name.key()),
            Self::Runs(id) => write!(f, "runs:{id}"),
            Self::Gate(id, run, name) => write!(f, "gate:{id}:{run}:{}", name.key()),
            Self::Whereabouts(id, number) => write!(f, "whereabouts:{id}:{number}"),
            Self::Copy(id) => write!(f, "copy:{id}"),
            Self::Alarm(id) => write!(f, "alarm:{id}"),
            Self::BranchRewrite(id, branch) => write!(f, "branch-rewrite:{id}:{branch}"),
            Self::BranchAlarm(id, branch) => write!(f, "branch-alarm:{id}:{branch}"),
            Self::CopyCheck(id, head) => write!(f, "copy-check:{id}:{head}"),
            Self::Group(id, head, base) => write!(f, "group:{id}:{head}:{base}"),
            Self::Button(id, check) => write!(f, "button:{id}:{check}"),
            Self::Pull(id, number) => write!(f, "pull:{id}:{number}"),
            Self::Stack(id, number) => write!(f, "stack:{id}:{number}"),
            Self::Check(id, head, base) => write!(f, "check:{id}:{head}:{base}"),
            Self::Comment(id, number) => write!(f, "comment:{id}:{number}"),
        }
    }
}

/// A text that names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no unit of work")]
pub struct InvalidUnit(String);

impl FromStr for Unit {
    type Err = InvalidUnit;

    fn from_str(text: &str) -> Result<Self, InvalidUnit> {
        parse(text).ok_or_else(|| InvalidUnit(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Unit> {
    if text == "app" {
        return Some(Unit::App);
    }
    let (kind, rest) = text.split_once(':')?;
    let (id, tail) = match rest.split_once(':') {
        Some((id, tail)) => (id.parse().ok()?, Some(tail)),
        None => (rest.parse().ok()?, None),
    };
    let repository = RepositoryId(id);
    match (kind, tail) {
        ("installation", None) => Some(Unit::Installation(InstallationId(id))),
        ("repository", None) => Some(Unit::Repository(repository)),
        ("configuration", None) => Some(Unit::Configuration(repository)),
        ("proposal", Some(number)) => Some(Unit::Proposal(repository, PullNumber(number.parse().ok()?))),
        ("configuration-check", Some(head)) => Some(Unit::ConfigurationCheck(repository, head.parse().ok()?)),
        ("branch", Some(branch)) => Some(Unit::Branch(repository, branch.parse().ok()?)),
        ("backfill", Some(branch)) => Some(Unit::Backfill(repository, branch.parse().ok()?)),
        ("environment", Some(name)) => Some(Unit::Environment(repository, name.into())),
        ("runs", None) => Some(Unit::Runs(repository)),
        ("gate", Some(tail)) => {
            let (run, name) = tail.split_once(':')?;
            Some(Unit::Gate(repository, run.parse().ok()?, name.into()))
        }
        ("whereabouts", Some(number)) => {
            Some(Unit::Whereabouts(repository, PullNumber(number.parse().ok()?)))
        }
        ("copy", None) => Some(Unit::Copy(repository)),
        ("alarm", None) => Some(Unit::Alarm(repository)),
        ("branch-rewrite", Some(branch)) => Some(Unit::BranchRewrite(repository, branch.parse().ok()?)),
        ("branch-alarm", Some(branch)) => Some(Unit::BranchAlarm(repository, branch.parse().ok()?)),
        ("copy-check", Some(head)) => Some(Unit::CopyCheck(repository, head.parse().ok()?)),
        ("group", Some(tail)) => {
            let (head, base) = tail.split_once(':')?;
            Some(Unit::Group(repository, head.parse().ok()?, base.parse().ok()?))
        }
        ("button", Some(check)) => Some(Unit::Button(repository, check.parse().ok()?)),
        ("pull", Some(number)) => Some(Unit::Pull(repository, PullNumber(number.parse().ok()?))),
        ("stack", Some(number)) => Some(Unit::Stack(repository, PullNumber(number.parse().ok()?))),
        ("comment", Some(number)) => Some(Unit::Comment(repository, PullNumber(number.parse().ok()?))),
        ("check", Some(tail)) => {
            let (head, base) = tail.split_once(':')?;
            Some(Unit::Check(repository, head.parse().ok()?, base.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_round_trip_through_their_names() {
        let branch = || BranchName::new("a/b'c").unwrap();
        let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        for unit in [
            Unit::App,
            Unit::Installation(InstallationId(9)),
            Unit::Repository(RepositoryId(42)),
            Unit::Branch(RepositoryId(42), branch()),
            Unit::Backfill(RepositoryId(42), branch()),
            Unit::Configuration(RepositoryId(42)),
            Unit::Proposal(RepositoryId(42), PullNumber(7)),
            Unit::ConfigurationCheck(RepositoryId(42), head),
            Unit::Environment(RepositoryId(42), "Staging: EU/1".into()),
            Unit::Runs(RepositoryId(42)),
            Unit::Gate(RepositoryId(42), 7, "Staging: EU/1".into()),
            Unit::Whereabouts(RepositoryId(42), PullNumber(7)),
            Unit::Copy(RepositoryId(42)),
            Unit::Alarm(RepositoryId(42)),
            Unit::BranchRewrite(RepositoryId(42), "a/b".parse().unwrap()),
            Unit::BranchAlarm(RepositoryId(42), "release/1".parse().unwrap()),
            Unit::CopyCheck(RepositoryId(42), head),
            Unit::Group(RepositoryId(42), head, branch()),
            Unit::Button(RepositoryId(42), 7),
            Unit::Pull(RepositoryId(42), PullNumber(7)),
            Unit::Stack(RepositoryId(42), PullNumber(7)),
            Unit::Check(RepositoryId(42), head, branch()),
            Unit::Comment(RepositoryId(42), PullNumber(7)),
        ] {
            assert_eq!(unit.to_string().parse::<Unit>().unwrap(), unit);
        }
        let spelled = ["staging", "Staging"].map(|name| Unit::Environment(RepositoryId(42), name.into()));
        assert_eq!(spelled[0].to_string(), spelled[1].to_string());
        for bad in ["", "app:1", "pull:42", "pull:x:1", "check:42:short:main", "branch:42:a..b", "other:1"] {
            assert!(bad.parse::<Unit>().is_err(), "{bad}");
        }
    }
}
