//! The GitHub Deployment itself: whoever acts on it says how it goes.
//!
//! Where that is a workflow, the run is known from what GitHub tells of its jobs, and can be cancelled. Nobody else can
//! be told to stop.

use super::forge::{Forge, Run, RunState};
use super::{DeployRequest, Driver, DriverError, Means, Started, actions};
use crate::deploy::{CancelAnswer, DeployReport};
use crate::model::{Deploy, UserMessage};
use async_trait::async_trait;
use std::sync::Arc;

/// See [`super::driver`].
#[expect(
    clippy::unnecessary_wraps,
    reason = "drivers are made in one way, and some need what may be missing"
)]
pub(super) fn driver<'a>(means: &impl Means<'a>) -> Result<Arc<dyn Driver + 'a>, DriverError> {
    Ok(Arc::new(DeploymentDriver(means.forge())))
}

/// Leaves the deploy to whoever acts on GitHub's Deployments.
#[derive(Debug)]
pub struct DeploymentDriver<F>(pub F);

impl<F: Forge> DeploymentDriver<F> {
    /// The run that carries a deploy out. The outer `None` means that no run is known to.
    async fn run_of(&self, deploy: &Deploy) -> Result<Option<Option<Run>>, DriverError> {
        match known_run(deploy) {
            Some(id) => self.0.run(id).await.map(Some),
            None => Ok(None),
        }
    }
}

fn known_run(deploy: &Deploy) -> Option<u64> {
    deploy.handle.as_deref().and_then(|handle| handle.parse().ok())
}

#[async_trait]
impl<F: Forge> Driver for DeploymentDriver<F> {
    /// That the Deployment was made is all: it is made before anybody is asked to hand over.
    async fn start(&self, _: &DeployRequest, _: bool) -> Result<Started, DriverError> {
        Ok(Started::default())
    }

    /// What was said of the Deployment; and of a run that was to be cancelled, that it has ended.
    async fn poll(&self, request: &DeployRequest) -> Result<Vec<DeployReport>, DriverError> {
        let mut reports = match request.deploy.github_id {
            Some(id) => self.0.said_of(id).await?,
            None => Vec::new(),
        };
        if request.deploy.cancellation.is_some()
            && let Some(Some(run)) = self.run_of(&request.deploy).await?
            && matches!(run.state, RunState::Succeeded | RunState::Ended(_))
        {
            reports.extend(actions::reports(&run, &[]));
        }
        Ok(reports)
    }

    fn can_cancel(&self, deploy: &Deploy) -> bool {
        known_run(deploy).is_some()
    }

    async fn cancel(&self, request: &DeployRequest) -> Result<CancelAnswer, DriverError> {
        if let Some(run) = self.run_of(&request.deploy).await? {
            return actions::cancel(&self.0, run).await;
        }
        let environment = &request.deploy.environment;
        Ok(CancelAnswer::Cannot(UserMessage::new(format!(
            "whoever deploys {environment} by GitHub's Deployments cannot be told to stop; once it has ended, they set \
             the Deployment to failure or success"
        ))))
    }
}
