use crate::model::{BranchName, CommitId, EnvironmentName, InstallationId, PullNumber, RepositoryId};
use std::fmt;
use std::str::FromStr;

/// Something that is worked on by one worker at a time. Marking it dirty says "look at it (again)".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WorkItem {
    /// The App itself: asking GitHub again for deliveries that failed.
    App,
    /// An account with the App installed: which repositories there are.
    Installation(InstallationId),
    /// A repository as a whole: its open pull requests and refs against what is stored.
    Repository(RepositoryId),
    /// The configuration of a repository, to be read again.
    Configuration(RepositoryId),
    /// A pull request that changes the configuration: whether it can, and what would become of others.
    ConfigPreview(RepositoryId, PullNumber),
    /// The check that GitHub shall show on a commit that changes the configuration.
    ConfigurationCheck(RepositoryId, CommitId),
    /// A branch that was pushed to.
    Branch(RepositoryId, BranchName),
    /// The line of a branch, to be read into the ledger part by part.
    Backfill(RepositoryId, BranchName),
    /// An environment whose deploys were reported: one and the same in whatever spelling somebody calls it.
    Environment(RepositoryId, EnvironmentName),
    /// The runs of workflows: which deploy one of them belongs to is not told by its event.
    WorkflowRuns(RepositoryId),
    /// A job of a run of a workflow that waits to be let into an environment, by the run's number and the environment.
    DeploymentProtection(RepositoryId, u64, EnvironmentName),
    /// Where a merged pull request has come to.
    ChangeStatus(RepositoryId, PullNumber),
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
    MergeGroup(RepositoryId, CommitId, BranchName),
    /// A check run on which somebody pressed a button.
    Button(RepositoryId, u64),
    /// A pull request to judge.
    PullRequest(RepositoryId, PullNumber),
    /// What stands on a pull request: marked when its head, its base or its state has changed.
    Stack(RepositoryId, PullNumber),
    /// A check run that GitHub shall show: on a commit, for a base branch.
    Check(RepositoryId, CommitId, BranchName),
    /// The sticky comment that GitHub shall show on a pull request.
    Comment(RepositoryId, PullNumber),
}

impl WorkItem {
    /// The repository it belongs to, where there is one.
    pub fn repository(&self) -> Option<RepositoryId> {
        match self {
            Self::App | Self::Installation(_) => None,
            Self::Repository(id)
            | Self::Configuration(id)
            | Self::ConfigPreview(id, _)
            | Self::ConfigurationCheck(id, _)
            | Self::Branch(id, _)
            | Self::Backfill(id, _)
            | Self::Environment(id, _)
            | Self::WorkflowRuns(id)
            | Self::DeploymentProtection(id, _, _)
            | Self::ChangeStatus(id, _)
            | Self::Copy(id)
            | Self::Alarm(id)
            | Self::BranchRewrite(id, _)
            | Self::BranchAlarm(id, _)
            | Self::CopyCheck(id, _)
            | Self::MergeGroup(id, _, _)
            | Self::Button(id, _)
            | Self::PullRequest(id, _)
            | Self::Stack(id, _)
            | Self::Check(id, _, _)
            | Self::Comment(id, _) => Some(*id),
        }
    }
}

impl fmt::Display for WorkItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => f.write_str("app"),
            Self::Installation(id) => write!(f, "installation:{id}"),
            Self::Repository(id) => write!(f, "repository:{id}"),
            Self::Configuration(id) => write!(f, "configuration:{id}"),
            Self::ConfigPreview(id, number) => write!(f, "config-preview:{id}:{number}"),
            Self::ConfigurationCheck(id, head) => write!(f, "configuration-check:{id}:{head}"),
            Self::Branch(id, branch) => write!(f, "branch:{id}:{branch}"),
            Self::Backfill(id, branch) => write!(f, "backfill:{id}:{branch}"),
            Self::Environment(id, name) => write!(f, "environment:{id}:{}", name.key()),
            Self::WorkflowRuns(id) => write!(f, "workflow-runs:{id}"),
            Self::DeploymentProtection(id, run, name) => {
                write!(f, "deployment-protection:{id}:{run}:{}", name.key())
            }
            Self::ChangeStatus(id, number) => write!(f, "change-status:{id}:{number}"),
            Self::Copy(id) => write!(f, "copy:{id}"),
            Self::Alarm(id) => write!(f, "alarm:{id}"),
            Self::BranchRewrite(id, branch) => write!(f, "branch-rewrite:{id}:{branch}"),
            Self::BranchAlarm(id, branch) => write!(f, "branch-alarm:{id}:{branch}"),
            Self::CopyCheck(id, head) => write!(f, "copy-check:{id}:{head}"),
            Self::MergeGroup(id, head, base) => write!(f, "merge-group:{id}:{head}:{base}"),
            Self::Button(id, check) => write!(f, "button:{id}:{check}"),
            Self::PullRequest(id, number) => write!(f, "pull-request:{id}:{number}"),
            Self::Stack(id, number) => write!(f, "stack:{id}:{number}"),
            Self::Check(id, head, base) => write!(f, "check:{id}:{head}:{base}"),
            Self::Comment(id, number) => write!(f, "comment:{id}:{number}"),
        }
    }
}

/// A text that names no work item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no work item")]
pub struct InvalidWorkItem(String);

impl FromStr for WorkItem {
    type Err = InvalidWorkItem;

    fn from_str(text: &str) -> Result<Self, InvalidWorkItem> {
        parse(text).ok_or_else(|| InvalidWorkItem(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<WorkItem> {
    if text == "app" {
        return Some(WorkItem::App);
    }
    let (kind, rest) = text.split_once(':')?;
    let (id, tail) = match rest.split_once(':') {
        Some((id, tail)) => (id.parse().ok()?, Some(tail)),
        None => (rest.parse().ok()?, None),
    };
    let repository = RepositoryId(id);
    match (kind, tail) {
        ("installation", None) => Some(WorkItem::Installation(InstallationId(id))),
        ("repository", None) => Some(WorkItem::Repository(repository)),
        ("configuration", None) => Some(WorkItem::Configuration(repository)),
        ("config-preview", Some(number)) => {
            Some(WorkItem::ConfigPreview(repository, PullNumber(number.parse().ok()?)))
        }
        ("configuration-check", Some(head)) => {
            Some(WorkItem::ConfigurationCheck(repository, head.parse().ok()?))
        }
        ("branch", Some(branch)) => Some(WorkItem::Branch(repository, branch.parse().ok()?)),
        ("backfill", Some(branch)) => Some(WorkItem::Backfill(repository, branch.parse().ok()?)),
        ("environment", Some(name)) => Some(WorkItem::Environment(repository, name.into())),
        ("workflow-runs", None) => Some(WorkItem::WorkflowRuns(repository)),
        ("deployment-protection", Some(tail)) => {
            let (run, name) = tail.split_once(':')?;
            Some(WorkItem::DeploymentProtection(repository, run.parse().ok()?, name.into()))
        }
        ("change-status", Some(number)) => {
            Some(WorkItem::ChangeStatus(repository, PullNumber(number.parse().ok()?)))
        }
        ("copy", None) => Some(WorkItem::Copy(repository)),
        ("alarm", None) => Some(WorkItem::Alarm(repository)),
        ("branch-rewrite", Some(branch)) => Some(WorkItem::BranchRewrite(repository, branch.parse().ok()?)),
        ("branch-alarm", Some(branch)) => Some(WorkItem::BranchAlarm(repository, branch.parse().ok()?)),
        ("copy-check", Some(head)) => Some(WorkItem::CopyCheck(repository, head.parse().ok()?)),
        ("merge-group", Some(tail)) => {
            let (head, base) = tail.split_once(':')?;
            Some(WorkItem::MergeGroup(repository, head.parse().ok()?, base.parse().ok()?))
        }
        ("button", Some(check)) => Some(WorkItem::Button(repository, check.parse().ok()?)),
        ("pull-request", Some(number)) => {
            Some(WorkItem::PullRequest(repository, PullNumber(number.parse().ok()?)))
        }
        ("stack", Some(number)) => Some(WorkItem::Stack(repository, PullNumber(number.parse().ok()?))),
        ("comment", Some(number)) => Some(WorkItem::Comment(repository, PullNumber(number.parse().ok()?))),
        ("check", Some(tail)) => {
            let (head, base) = tail.split_once(':')?;
            Some(WorkItem::Check(repository, head.parse().ok()?, base.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_items_round_trip_through_their_names() {
        let branch = || BranchName::new("a/b'c").unwrap();
        let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        for item in [
            WorkItem::App,
            WorkItem::Installation(InstallationId(9)),
            WorkItem::Repository(RepositoryId(42)),
            WorkItem::Branch(RepositoryId(42), branch()),
            WorkItem::Backfill(RepositoryId(42), branch()),
            WorkItem::Configuration(RepositoryId(42)),
            WorkItem::ConfigPreview(RepositoryId(42), PullNumber(7)),
            WorkItem::ConfigurationCheck(RepositoryId(42), head),
            WorkItem::Environment(RepositoryId(42), "Staging: EU/1".into()),
            WorkItem::WorkflowRuns(RepositoryId(42)),
            WorkItem::DeploymentProtection(RepositoryId(42), 7, "Staging: EU/1".into()),
            WorkItem::ChangeStatus(RepositoryId(42), PullNumber(7)),
            WorkItem::Copy(RepositoryId(42)),
            WorkItem::Alarm(RepositoryId(42)),
            WorkItem::BranchRewrite(RepositoryId(42), "a/b".parse().unwrap()),
            WorkItem::BranchAlarm(RepositoryId(42), "release/1".parse().unwrap()),
            WorkItem::CopyCheck(RepositoryId(42), head),
            WorkItem::MergeGroup(RepositoryId(42), head, branch()),
            WorkItem::Button(RepositoryId(42), 7),
            WorkItem::PullRequest(RepositoryId(42), PullNumber(7)),
            WorkItem::Stack(RepositoryId(42), PullNumber(7)),
            WorkItem::Check(RepositoryId(42), head, branch()),
            WorkItem::Comment(RepositoryId(42), PullNumber(7)),
        ] {
            assert_eq!(item.to_string().parse::<WorkItem>().unwrap(), item);
        }
        let spelled = ["staging", "Staging"].map(|name| WorkItem::Environment(RepositoryId(42), name.into()));
        assert_eq!(spelled[0].to_string(), spelled[1].to_string());
        for bad in [
            "",
            "app:1",
            "pull-request:42",
            "pull-request:x:1",
            "check:42:short:main",
            "branch:42:a..b",
            "other:1",
        ] {
            assert!(bad.parse::<WorkItem>().is_err(), "{bad}");
        }
    }
}
