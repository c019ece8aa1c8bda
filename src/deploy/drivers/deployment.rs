//! The GitHub Deployment itself: whoever acts on it says how it goes.

use super::forge::Forge;
use super::{Driver, DriverError, Handed, Order};
use crate::deploy::{CancelAnswer, Report};
use async_trait::async_trait;

/// Leaves the deploy to whoever acts on GitHub's Deployments.
#[derive(Debug)]
pub struct DeploymentDriver<F>(pub F);

#[async_trait]
impl<F: Forge> Driver for DeploymentDriver<F> {
    /// That the Deployment was made is all: it is made before anybody is asked to hand over.
    async fn hand_over(&self, _: &Order, _: bool) -> Result<Handed, DriverError> {
        Ok(Handed::default())
    }

    async fn look(&self, order: &Order) -> Result<Vec<Report>, DriverError> {
        match order.deploy.github_id {
            Some(id) => self.0.said_of(id).await,
            None => Ok(Vec::new()),
        }
    }

    async fn cancel(&self, order: &Order) -> Result<CancelAnswer, DriverError> {
        let environment = &order.deploy.environment;
        Ok(CancelAnswer::Cannot(format!(
            "whoever deploys {environment} by GitHub's Deployments cannot be told to stop; once it has ended, they set \
             the Deployment to failure or success"
        )))
    }
}
