//! A work item: something that is looked at by one worker at a time, and the word it is stored under.

use crate::model::{
    BranchName, CommentKey, CommitId, EnvironmentName, InstallationId, PullNumber, RepositoryId,
};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A part of a work item's key.
trait KeyPart: Sized {
    /// The part as the key has it.
    fn write(&self) -> Cow<'_, str>;

    /// Reads it from the beginning of `rest`, and takes it away from there.
    fn read(rest: &mut &str) -> Option<Self>;

    /// The number, where it is a pull request's.
    fn pull_request(&self) -> Option<PullNumber> {
        None
    }
}

/// What the key has up to the next colon.
fn next_part<'a>(rest: &mut &'a str) -> &'a str {
    let (part, after) = rest.split_once(':').unwrap_or((rest, ""));
    *rest = after;
    part
}

/// Parts without a colon.
macro_rules! key_parts {
    ($($type:ty: $read:expr;)+) => {
        $(impl KeyPart for $type {
            fn write(&self) -> Cow<'_, str> {
                self.to_string().into()
            }

            fn read(rest: &mut &str) -> Option<Self> {
                next_part(rest).parse().ok().map($read)
            }
        })+
    };
}

key_parts! {
    u64: |number| number;
    RepositoryId: RepositoryId;
    CommitId: |commit| commit;
    BranchName: |branch| branch;
    CommentKey: |comment| comment;
}

impl KeyPart for PullNumber {
    fn write(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn read(rest: &mut &str) -> Option<Self> {
        next_part(rest).parse().ok().map(Self)
    }

    fn pull_request(&self) -> Option<PullNumber> {
        Some(*self)
    }
}

/// It may contain anything, and is the last part.
impl KeyPart for EnvironmentName {
    fn write(&self) -> Cow<'_, str> {
        self.key().into()
    }

    fn read(rest: &mut &str) -> Option<Self> {
        let name = std::mem::take(rest);
        (!name.is_empty()).then(|| name.into())
    }
}

/// Makes the kinds of work item: what is stored of each is its word, the repository, and what else tells it from others.
macro_rules! work_items {
    ($($(#[$doc:meta])* $word:literal => $kind:ident($($part:ident: $type:ty),*),)+) => {
        /// Something that is worked on by one worker at a time. Marking it dirty says "look at it (again)".
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum WorkItem {
            /// The App itself: asking GitHub again for deliveries that failed.
            App,
            /// An account with the App installed: which repositories there are.
            Installation(InstallationId),
            $($(#[$doc])* $kind(RepositoryId, $($type),*),)+
        }

        impl WorkItem {
            /// The repository it belongs to, where there is one.
            pub const fn repository(&self) -> Option<RepositoryId> {
                match self {
                    Self::App | Self::Installation(_) => None,
                    $(Self::$kind(id, ..) => Some(*id),)+
                }
            }

            /// The word under which its kind is stored.
            pub const fn kind(&self) -> &'static str {
                match self {
                    Self::App => "app",
                    Self::Installation(_) => "installation",
                    $(Self::$kind(..) => $word,)+
                }
            }

            /// The pull request that it is about, where it names one.
            pub fn pull_request(&self) -> Option<PullNumber> {
                match self {
                    Self::App | Self::Installation(_) => None,
                    $(Self::$kind(_, $($part),*) => None$(.or(KeyPart::pull_request($part)))*,)+
                }
            }
        }

        impl fmt::Display for WorkItem {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::App => f.write_str("app"),
                    Self::Installation(id) => write!(f, "installation:{id}"),
                    $(Self::$kind(id, $($part),*) => {
                        write!(f, concat!($word, ":{}"), id)?;
                        $(write!(f, ":{}", $part.write())?;)*
                        Ok(())
                    })+
                }
            }
        }

        fn parse(text: &str) -> Option<WorkItem> {
            let mut rest = text;
            let item = match next_part(&mut rest) {
                "app" => WorkItem::App,
                "installation" => WorkItem::Installation(InstallationId(u64::read(&mut rest)?)),
                $($word => WorkItem::$kind(
                    RepositoryId::read(&mut rest)?,
                    $(<$type as KeyPart>::read(&mut rest)?),*
                ),)+
                _ => return None,
            };
            rest.is_empty().then_some(item)
        }
    };
}

work_items! {
    /// A repository as a whole: its open pull requests and refs against what is stored.
    "repository" => Repository(),
    /// The install report of a repository.
    "install-report" => InstallReport(),
    /// The pull request that proposes the configuration of an install report.
    "propose-configuration" => ProposeConfiguration(),
    /// The configuration of a repository, to be read again.
    "configuration" => Configuration(),
    /// A pull request that changes the configuration: whether it can, and what would become of others.
    "config-preview" => ConfigPreview(number: PullNumber),
    /// The check that GitHub should show on a commit that changes the configuration.
    "configuration-check" => ConfigurationCheck(head: CommitId),
    /// A branch that was pushed to.
    "branch" => Branch(branch: BranchName),
    /// The line of a branch, to be read into the ledger part by part.
    "backfill" => Backfill(branch: BranchName),
    /// An environment whose deploys were reported: one and the same in whatever spelling somebody calls it.
    "environment" => Environment(environment: EnvironmentName),
    /// The promotion into an environment: who asks for it, and what its pull request says.
    "promotion" => Promotion(environment: EnvironmentName),
    /// The manifest that GitHub should show in a pull request that promotes an environment.
    "manifest" => Manifest(number: PullNumber),
    /// The runs of workflows: which deploy one of them belongs to is not told by its event.
    "workflow-runs" => WorkflowRuns(),
    /// A job of a run of a workflow that waits to be let into an environment.
    "deployment-protection" => DeploymentProtection(run: u64, environment: EnvironmentName),
    /// Where a merged pull request has come to.
    "change-status" => ChangeStatus(number: PullNumber),
    /// The copy branch, to be made a copy again.
    "copy" => Copy(),
    /// The issue about the copy branch that GitHub should show.
    "alarm" => Alarm(),
    /// A branch of the path that somebody may have rewritten.
    "branch-rewrite" => BranchRewrite(branch: BranchName),
    /// The issue about it that GitHub should show.
    "branch-alarm" => BranchAlarm(branch: BranchName),
    /// The check on the copy branch that GitHub should show on its environment's commit.
    "copy-check" => CopyCheck(head: CommitId),
    /// A merge group: its head commit, and the branch it goes into.
    "merge-group" => MergeGroup(head: CommitId, base: BranchName),
    /// A check run on which somebody pressed a button.
    "button" => Button(check: u64),
    /// A comment with commands.
    "command" => Command(number: PullNumber, comment: CommentKey),
    /// The reply to it that GitHub should show.
    "reply" => Reply(number: PullNumber, comment: CommentKey),
    /// The reviews of a pull request, where they are sign-offs.
    "reviews" => Reviews(number: PullNumber),
    /// A pull request to judge.
    "pull-request" => PullRequest(number: PullNumber),
    /// What stands on a pull request: marked when its head, its base or its state has changed.
    "stack" => Stack(number: PullNumber),
    /// A lock on an environment that began, was changed or ended: whose verdicts rest on it.
    "lock" => Lock(name: EnvironmentName),
    /// The calendar of an environment: whose verdicts a freeze that begins or ends makes untrue.
    "freeze" => Freeze(name: EnvironmentName),
    /// The places beside an environment: who has one, who waits, what is over.
    "active-places" => ActivePlaces(name: EnvironmentName),
    /// The comment about its place that GitHub should show on a pull request.
    "active-comment" => ActiveComment(number: PullNumber),
    /// The hotfixes of a repository: what they have come to, and whether they have come back.
    "hotfixes" => Hotfixes(),
    /// What GitHub should show in the pull request of a hotfix, or in the one that carries it back, of how it comes back.
    "hotfix-comment" => HotfixComment(number: PullNumber),
    /// A check run that GitHub should show: on a commit, for a base branch.
    "check" => Check(head: CommitId, base: BranchName),
    /// The sticky comment that GitHub should show on a pull request.
    "comment" => Comment(number: PullNumber),
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
            WorkItem::InstallReport(RepositoryId(42)),
            WorkItem::ProposeConfiguration(RepositoryId(42)),
            WorkItem::Configuration(RepositoryId(42)),
            WorkItem::ConfigPreview(RepositoryId(42), PullNumber(7)),
            WorkItem::ConfigurationCheck(RepositoryId(42), head),
            WorkItem::Environment(RepositoryId(42), "Staging: EU/1".into()),
            WorkItem::Promotion(RepositoryId(42), "Staging: EU/1".into()),
            WorkItem::Manifest(RepositoryId(42), PullNumber(7)),
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
            WorkItem::Reviews(RepositoryId(42), PullNumber(7)),
            WorkItem::PullRequest(RepositoryId(42), PullNumber(7)),
            WorkItem::Stack(RepositoryId(42), PullNumber(7)),
            WorkItem::Lock(RepositoryId(42), EnvironmentName::from("qa: eu")),
            WorkItem::Freeze(RepositoryId(42), EnvironmentName::from("qa: eu")),
            WorkItem::ActivePlaces(RepositoryId(42), EnvironmentName::from("qa: eu")),
            WorkItem::ActiveComment(RepositoryId(42), PullNumber(7)),
            WorkItem::Hotfixes(RepositoryId(42)),
            WorkItem::HotfixComment(RepositoryId(42), PullNumber(7)),
            WorkItem::Check(RepositoryId(42), head, branch()),
            WorkItem::Comment(RepositoryId(42), PullNumber(7)),
        ] {
            assert_eq!(item.to_string().parse::<WorkItem>().unwrap(), item);
            assert_eq!(item.to_string().split(':').next(), Some(item.kind()));
        }
        assert_eq!(WorkItem::Stack(RepositoryId(42), PullNumber(7)).pull_request(), Some(PullNumber(7)));
        assert_eq!(WorkItem::MergeGroup(RepositoryId(42), head, branch()).pull_request(), None);
        let spelled = ["staging", "Staging"].map(|name| WorkItem::Environment(RepositoryId(42), name.into()));
        assert_eq!(spelled[0].to_string(), spelled[1].to_string());
        for bad in [
            "",
            "app:1",
            "pull-request:42",
            "pull-request:x:1",
            "check:42:short:main",
            "branch:42:a..b",
            "branch:42",
            "copy:42:1",
            "pull-request:42:1:2",
            "environment:42:",
            "other:1",
        ] {
            assert!(bad.parse::<WorkItem>().is_err(), "{bad}");
        }
    }
}
