//! What people do, as prose: sentences that end with `.await`.
//!
//! Persons are made when they are first named. The verbs do not ask whether somebody may push or
//! merge by role (the stand-in's callers decide who acts); what GitHub checks of the *thing* itself,
//! such as required checks, conflicts and missing branches, is refused as GitHub refuses it.

#![expect(
    clippy::unused_async,
    reason = "all verbs read alike; which of them reach git is not the caller's concern"
)]

mod accounts;
mod actions;
mod apps;
mod checks;
mod comments;
mod deployments;
mod gates;
mod history;
mod issues;
mod jobs;
mod lists;
mod locks;
mod manifests;
mod merges;
mod protection;
mod pulls;
mod releases;
mod repositories;
mod reviews;
mod stacks;
mod teams;

pub use actions::{DeclareWorkflow, RunHandle};
pub use apps::{AppHandle, Install, InstallationHandle};
pub use checks::{Annotation, Button, CheckHandle, CheckState, CreateCheck};
pub use comments::{AddComment, CommentHandle, CommentState, React};
pub use deployments::{DeploymentHandle, ReportStatus, StatusState};
pub use gates::{GateAnswer, JobWaits};
pub use history::{Commit, MergeBranch, MoveRef, Pick, PushRef, SquashBranch};
pub use issues::{IssueHandle, OpenIssue, TurnIssue};
pub use jobs::{CauseRun, JobHandle};
pub use locks::LockConversation;
pub use manifests::RegisterFromManifest;
pub use protection::Protect;
pub use pulls::{
    ClosePull, DescribePull, DraftPull, MergePull, OpenPull, PullHandle, PullState, ReopenPull, RetargetPull,
};
pub use releases::{FormGroup, ReportDeploy};
pub use repositories::{NewRepository, RepoHandle};
pub use reviews::{AddLineComment, DismissReview, ReviewHandle, ReviewState, SubmitReview};
pub use stacks::{RebaseStack, StackHandle, StackPulls};
pub use teams::TeamHandle;

/// Makes a sentence end with `.await`.
macro_rules! sentence {
    ($($subject:ty => $output:ty),+ $(,)?) => {$(
        impl std::future::IntoFuture for $subject {
            type Output = Result<$output, crate::Refused>;
            type IntoFuture =
                std::pin::Pin<Box<dyn std::future::Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    )+};
}
pub(crate) use sentence;

/// Adds `by(login)` to sentences with a field `by`.
macro_rules! by_whom {
    ($($subject:ty),+ $(,)?) => {$(
        impl $subject {
            /// Says who does it.
            pub fn by(mut self, login: &str) -> Self {
                login.clone_into(&mut self.by);
                self
            }
        }
    )+};
}
pub(crate) use by_whom;

/// Who acts where a sentence does not say.
const SOMEBODY: &str = "octocat";
