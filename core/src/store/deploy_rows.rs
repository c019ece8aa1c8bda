//! Rows about deploys: what an environment's next one depends on, what became of files, what the operator asks for.

use crate::model::{
    CommentKey, CommitId, Deploy, DeployOutcome, Hold, PullNumber, RepositoryId, StartingPoint, TreeId,
    UnixMillis, UserId,
};
use crate::store::WorkItem;
use std::time::Duration;

/// How a deploy of certain files to an environment has ended. Those on the same files replace each other by time,
/// however late they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The repository.
    pub repository: RepositoryId,
    /// The environment's name.
    pub environment: String,
    /// The files.
    pub tree: TreeId,
    /// The commit that was deployed.
    pub commit: CommitId,
    /// When it was said.
    pub at: UnixMillis,
    /// Puts what was said at one moment in order.
    pub place: u64,
    /// How it ended.
    pub outcome: DeployOutcome,
}

/// Whether anybody deploys a repository, as far as was ever seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployActivity {
    /// When somebody first took up a deploy of Towpath's.
    pub taken_up_at: Option<UnixMillis>,
    /// When somebody else was first known to set a status on any Deployment.
    pub reported_at: Option<UnixMillis>,
    /// When GitHub was first asked what had been there before.
    pub asked_at: Option<UnixMillis>,
    /// When it was last found that nobody deploys.
    pub dormant_at: Option<UnixMillis>,
    /// When somebody last asked for a deploy all the same.
    pub woken_at: Option<UnixMillis>,
    /// The workflow of the default branch that runs on Deployments, where one was found.
    pub workflow: Option<String>,
    /// Names the folder that it was looked for in; empty where there was none.
    pub workflows_seen: Option<String>,
}

impl DeployActivity {
    /// Adds what else was seen: firsts stay the earliest, lasts the latest. The workflow stays as it is.
    pub fn join(&mut self, seen: &Self) {
        let first = |known: &mut Option<UnixMillis>, at: Option<UnixMillis>| {
            *known = [*known, at].into_iter().flatten().min();
        };
        first(&mut self.taken_up_at, seen.taken_up_at);
        first(&mut self.reported_at, seen.reported_at);
        first(&mut self.asked_at, seen.asked_at);
        self.dormant_at = self.dormant_at.max(seen.dormant_at);
        self.woken_at = self.woken_at.max(seen.woken_at);
    }
}

/// What the next deploy of an environment depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnvironmentDeploys {
    /// The newest deploys in order of their numbers; the one that is live is among them if there is one.
    pub deploys: Vec<Deploy>,
    /// The newest hold, in force or lifted.
    pub hold: Option<Hold>,
    /// Where the branch was when deploys began to be kept.
    pub baseline: Option<CommitId>,
    /// Where the branch was when the configuration last named it for the environment, where it did not always.
    pub start: Option<StartingPoint>,
    /// Orders of the operator's that nobody has taken up yet, the oldest first.
    pub requested_acts: Vec<RequestedActRow>,
}

/// The row number of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestedActId(pub i64);

/// Something that somebody has asked for: the operator on the command line, or somebody in a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedActRow {
    /// Its number; not looked at when it is stored first.
    pub id: RequestedActId,
    /// The repository.
    pub repository: RepositoryId,
    /// The environment's name.
    pub environment: String,
    /// What is asked for.
    pub act: RequestedAct,
    /// The command that asks for it; `None` where the operator does.
    pub origin: Option<CommandOrigin>,
    /// When.
    pub made_at: UnixMillis,
    /// What whoever asked can be told while it goes on, in words.
    pub progress: Option<String>,
    /// What came of it, once it was taken up.
    pub outcome: Option<ActOutcome>,
}

/// A command in a comment, as far as an act that it asks for has to know. One command asks once for each act, however
/// often it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CommandOrigin {
    /// The pull request or issue that was commented on.
    pub number: PullNumber,
    /// The comment.
    pub comment: CommentKey,
    /// Which of its commands, from 0.
    pub position: usize,
    /// The role of whoever asks, in GitHub's word.
    pub role: String,
    /// When the comment was made, by our clock, in whole seconds: what is newer was not seen by who asks.
    pub seen_at: UnixMillis,
    /// GitHub's id of the delivery that brought the comment.
    pub delivery: Option<String>,
}

impl CommandOrigin {
    /// Tells it from all other commands in the repository.
    pub fn key(&self) -> String {
        command_key(self.number, self.comment, self.position)
    }
}

/// What tells a command from all others in its repository: its comment, and its place there.
pub fn command_key(number: PullNumber, comment: CommentKey, position: usize) -> String {
    format!("{number}:{comment}:{position}")
}

/// What came of something that somebody has asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ActOutcome {
    /// Whether it is done or on its way.
    pub accepted: bool,
    /// In words: what follows and what it waits for, or why it was refused.
    pub words: String,
    /// The number of the deploy that carries it out, where there is one.
    #[serde(default)]
    pub deploy: Option<u64>,
    /// The pull request that was opened or used for it.
    #[serde(default)]
    pub pull_request: Option<PullNumber>,
    /// What follows, and when, for who asked in a comment: plain text, with what can be copied between backticks.
    #[serde(default)]
    pub next: Option<String>,
    /// The head commit that it was about, or what is deployed.
    #[serde(default)]
    pub head: Option<CommitId>,
    /// The base commit, or what ran before.
    #[serde(default)]
    pub base: Option<CommitId>,
}

impl ActOutcome {
    /// It will not be.
    pub fn refused(words: impl Into<String>) -> Self {
        Self { accepted: false, ..Self::accepted(words, None) }
    }

    /// It is done, or on its way with this deploy.
    pub fn accepted(words: impl Into<String>, deploy: Option<u64>) -> Self {
        let (pull_request, next, head, base) = Default::default();
        Self { accepted: true, words: words.into(), deploy, pull_request, next, head, base }
    }

    /// The same by this pull request.
    #[must_use]
    pub fn by_pull_request(self, number: PullNumber) -> Self {
        Self { pull_request: Some(number), ..self }
    }

    /// The same with what follows.
    #[must_use]
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// The same for these commits.
    #[must_use]
    pub fn commits(self, head: Option<CommitId>, base: Option<CommitId>) -> Self {
        Self { head, base, ..self }
    }
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum RequestedAct {
    /// Deploy what ran before.
    Rollback {
        /// The commit; what was live before the present one where none is named.
        to: Option<CommitId>,
        /// Who asks.
        by: String,
        /// Why.
        reason: String,
    },
    /// Deploy the branch's tip.
    Deploy {
        /// Whether it may be one that was deployed, or tried, before.
        again: bool,
        /// Who asks.
        by: String,
        /// Why, where they say.
        reason: Option<String>,
        /// What the tip has to be; where none is named, it is deployed whatever it is.
        #[serde(default)]
        tip: Option<CommitId>,
    },
    /// End the deploy that is under way.
    Cancel {
        /// Who asks.
        by: String,
    },
    /// Let promotions go on after a rollback.
    LiftHold {
        /// Who asks.
        by: String,
        /// Why.
        reason: String,
    },
    /// Stop promotions and asked-for deploys.
    Lock {
        /// Who asks.
        by: String,
        /// Their account; `None` for the operator.
        #[serde(default)]
        by_id: Option<UserId>,
        /// Why.
        reason: String,
        /// When it ends by itself.
        until: Option<UnixMillis>,
        /// The pull request with whose end it ends.
        while_open: Option<PullNumber>,
    },
    /// End a lock.
    Unlock {
        /// Who asks.
        by: String,
        /// Their account; `None` for the operator.
        #[serde(default)]
        by_id: Option<UserId>,
        /// Whether it may be somebody else's: they say so, and have the right.
        force: bool,
    },
    /// Keep everything out for a while.
    Freeze {
        /// Who asks.
        by: String,
        /// Their account; `None` for the operator.
        #[serde(default)]
        by_id: Option<UserId>,
        /// Why.
        reason: String,
        /// Whether the reason is for the operator alone.
        private: bool,
        /// When it ends by itself.
        until: UnixMillis,
        /// The pull requests that it does not keep back.
        allow: Vec<PullNumber>,
        /// Whether hotfixes are not kept back either.
        #[serde(default)]
        hotfixes: bool,
    },
    /// End what was frozen so.
    Thaw {
        /// Who asks.
        by: String,
        /// Their account; `None` for the operator.
        #[serde(default)]
        by_id: Option<UserId>,
        /// Why, where they say.
        reason: Option<String>,
    },
    /// Give a pull request's branch a place beside the environment, or a turn in the queue for one.
    Activate {
        /// Who asks.
        by: String,
        /// Their account.
        by_id: Option<UserId>,
        /// The pull request.
        number: PullNumber,
        /// When it needs the place no more.
        until: Option<UnixMillis>,
        /// For how long it needs it once it has it, where no moment is named.
        #[serde(default)]
        lasts: Option<Duration>,
    },
    /// Give a place, or a turn in the queue, up.
    Deactivate {
        /// Who asks.
        by: String,
        /// Their account.
        by_id: Option<UserId>,
        /// The pull request.
        number: PullNumber,
        /// Whether the data there may go.
        destroy: bool,
        /// Whether they may say so of somebody else's.
        maintains: bool,
    },
    /// Open the pull request that promotes another environment into this one, or bring it up to date.
    Promote {
        /// Who asks.
        by: String,
        /// The name of the environment that it comes from; the only one that is accepted where none is named.
        from: Option<String>,
        /// Whether it is to be merged as well.
        merge: bool,
        /// What the tip of the environment that it comes from has to be; where none is named, whatever it is.
        head: Option<CommitId>,
        /// What this environment's tip has to be; where none is named, whatever it is.
        #[serde(default)]
        base: Option<CommitId>,
    },
    /// Bring the copy branch along with this environment.
    Sync {
        /// Who asks.
        by: String,
    },
}

impl RequestedAct {
    /// The work item that takes it up, where it is asked for on this environment.
    pub fn work_item(&self, repository: RepositoryId, environment: &str) -> WorkItem {
        match self {
            Self::Promote { .. } => WorkItem::Promotion(repository, environment.into()),
            Self::Sync { .. } => WorkItem::Copy(repository),
            Self::Activate { .. } | Self::Deactivate { .. } => {
                WorkItem::ActivePlaces(repository, environment.into())
            }
            Self::Rollback { .. }
            | Self::Deploy { .. }
            | Self::Cancel { .. }
            | Self::LiftHold { .. }
            | Self::Lock { .. }
            | Self::Unlock { .. }
            | Self::Freeze { .. }
            | Self::Thaw { .. } => WorkItem::Environment(repository, environment.into()),
        }
    }

    /// The name of its command, who asks, and why.
    pub fn named(&self) -> (&'static str, &str, Option<&str>) {
        match self {
            Self::Rollback { by, reason, .. } => ("rollback", by, Some(reason)),
            Self::Deploy { by, reason, .. } => ("deploy", by, reason.as_deref()),
            Self::Cancel { by } => ("cancel", by, None),
            Self::LiftHold { by, reason } => ("resume", by, Some(reason)),
            Self::Lock { by, reason, .. } => ("lock", by, Some(reason)),
            Self::Unlock { by, .. } => ("unlock", by, None),
            Self::Freeze { by, reason, .. } => ("freeze", by, Some(reason)),
            Self::Thaw { by, reason, .. } => ("thaw", by, reason.as_deref()),
            Self::Promote { by, .. } => ("promote", by, None),
            Self::Activate { by, .. } => ("activate", by, None),
            Self::Deactivate { by, .. } => ("deactivate", by, None),
            Self::Sync { by } => ("sync", by, None),
        }
    }
}

/// A comment with commands, and what has become of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRow {
    /// The repository.
    pub repository: RepositoryId,
    /// The pull request or issue.
    pub number: PullNumber,
    /// The comment.
    pub comment: CommentKey,
    /// The login of who wrote it.
    pub author: String,
    /// When it was made, by GitHub's clock.
    pub created_at: UnixMillis,
    /// When it was last replied to.
    pub replied_at: Option<UnixMillis>,
    /// Whether anything of it goes on.
    pub open: bool,
    /// All of it, as the engine wrote it.
    pub state: String,
}
