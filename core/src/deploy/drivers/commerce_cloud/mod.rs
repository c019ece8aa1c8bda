//! The platform of Adobe Commerce on cloud infrastructure: it deploys what its source integration brings, or what Towpath
//! pushes where it has none, and is watched until what runs there is what was to be deployed.
//!
//! A merge on GitHub reaches the platform by its own integration, or by a push over SSH; either way the platform makes an
//! *activity* for it. It is found by its environment and its commit, and how it ends is told by the API: its state, its result,
//! the exit statuses of the hooks. That git ended well says nothing.
//! The log is followed beside that; it tells the phase, the step, what customers see and why something failed, and is
//! never the evidence that a deploy ended well. That is git: nothing counts as deployed before the trees that the
//! platform says it runs are those of the commit.
//!
//! Towpath asks the platform for three things only, by the links that the API shows: to deploy the same again, to cancel
//! what still builds, and to be told.
//!
//! `client` calls, `tokens` keeps the access tokens, `shared` is what is remembered while the server runs, `look` finds
//! out how a deploy stands, `follow` words that as a report, `begin` is what is done when a deploy begins, `push` brings a commit
//! to the platform's branch, `identity` is by what it is let in there, `refusal` words why it is not.

mod begin;
mod client;
mod fault;
mod follow;
mod identity;
mod look;
mod push;
mod refusal;
mod shared;
mod tokens;

pub use shared::{CloudShared, Pushes};

use super::forge::Forge;
use super::programs::Commands;
use super::{DeployRequest, Driver, DriverError, Means, RollbackWay, Started};
use crate::commerce::platform::{ActivityEnd, folded};
use crate::deploy::{CancelAnswer, CloudProject, DeployReport, ReportedState};
use crate::model::{Deploy, UnixMillis, UserMessage, error_chain};
use async_trait::async_trait;
use client::Client;
use fault::CloudFault;
use std::sync::Arc;
use std::time::Duration;

/// For how long it is no news that the platform's API does not answer.
const UNSEEN_FOR: Duration = Duration::from_secs(60);

/// Watches the platform.
struct CloudDriver<'a, F> {
    forge: F,
    project: &'a CloudProject,
    client: Client<'a>,
    shared: &'a CloudShared,
    logs: &'a Commands,
    /// What the repository's own file says of the platform's environment.
    said: Option<String>,
    now: UnixMillis,
}

/// See [`super::driver`].
pub(super) fn driver<'a>(
    means: &impl Means<'a>,
    project: Option<&str>,
    environment: Option<&str>,
) -> Result<Arc<dyn Driver + 'a>, DriverError> {
    let (allowed, token) = means.cloud_project()?;
    if project.is_some_and(|said| said != allowed.project) {
        return Err(DriverError::refused(
            "the repository's file names another project than the operator's, which alone counts; take project: out of it",
        ));
    }
    let (shared, now) = (means.cloud_shared(), means.now());
    let client =
        Client { caller: means.caller(), project: allowed, api_token: token, tokens: shared.tokens(), now };
    let (said, logs) = (environment.map(str::to_owned), means.logs());
    Ok(Arc::new(CloudDriver { forge: means.forge(), project: allowed, client, shared, logs, said, now }))
}

impl<F: Forge> CloudDriver<'_, F> {
    /// The platform's environment for a deploy's, by the operator's file.
    fn target(&self, ours: &str) -> Result<&str, DriverError> {
        let Some(target) = self.project.environment(ours) else {
            return Err(DriverError::refused(format!(
                "the operator's file names no environment of the platform for {ours:?}; add it under commerce.environments"
            )));
        };
        match &self.said {
            Some(said) if folded(said) != folded(target) => Err(DriverError::refused(format!(
                "the repository's file says that {ours:?} is another environment of the platform than the operator's file \
                 does, which alone counts; take environment: out of it"
            ))),
            _ => Ok(target),
        }
    }

    /// How it stands is not to be seen now. A moment of that is no news.
    fn unseen(&self, request: &DeployRequest, fault: &CloudFault) -> Vec<DeployReport> {
        let since = self.shared.unseen_since(&request.key, self.now);
        if self.now.since(since) < UNSEEN_FOR {
            return Vec::new();
        }
        vec![follow::unseen(&request.deploy, &fault.brief())]
    }
}

#[async_trait]
impl<F: Forge> Driver for CloudDriver<'_, F> {
    async fn start(&self, request: &DeployRequest, again: bool) -> Result<Started, DriverError> {
        self.begin(request, again).await
    }

    /// What cannot be seen now is seen later: nothing of that is an end.
    async fn poll(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, DriverError> {
        match self.look(request).await {
            Ok(reports) => {
                self.shared.seen(&request.key);
                if reports
                    .iter()
                    .any(|it| matches!(it.state, ReportedState::Succeeded | ReportedState::Failed))
                {
                    self.shared.forget(&request.key);
                }
                Ok(reports)
            }
            Err(fault) => {
                tracing::debug!(error = error_chain(&fault), "the platform cannot be asked about a deploy");
                Ok(self.unseen(request, &fault))
            }
        }
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(self.shared.look_every())
    }

    /// Redeploys count as well: their deploy phase is the same.
    async fn phase_record(&self, environment: &str) -> Result<Vec<Duration>, DriverError> {
        let place = self.place(environment).await?;
        let all = self.activities(&place).await?;
        let ended_well = all.iter().filter(|it| it.end == Some(ActivityEnd::Success));
        Ok(ended_well.filter_map(|it| it.deploy_took).collect())
    }

    fn can_cancel(&self, _: &Deploy) -> bool {
        true
    }

    /// What an integration brings is what the branch has; a push brings whatever files are wanted.
    async fn rollback_way(&self, target: &Deploy) -> Result<RollbackWay, DriverError> {
        let place = self.place(&target.environment).await?;
        let is_integrated = self.is_integrated(&place).await?;
        Ok(if is_integrated { RollbackWay::Revert } else { RollbackWay::Deploy })
    }

    async fn cancel(&self, request: &DeployRequest) -> Result<CancelAnswer, DriverError> {
        Ok(self.end_build(request).await?)
    }
}

/// Why the platform takes no environment back, and what to do instead.
fn takes_nothing_back() -> UserMessage {
    UserMessage::new(
        "the platform deploys what its integration brings, and takes nothing older from Towpath; revert the merge \
         on GitHub, in a pull request into this branch",
    )
}
