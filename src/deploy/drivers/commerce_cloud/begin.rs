//! What is done when a deploy begins: seeing that it can, and asking for it where nobody else will.

use super::client::below;
use super::fault::CloudFault;
use super::follow::asked_since;
use super::look::Place;
use super::{CloudDriver, takes_nothing_back};
use crate::commerce::platform::{Activity, activity_for, has_source_integration};
use crate::deploy::drivers::forge::Forge;
use crate::deploy::drivers::{DeployRequest, DriverError, Started};
use crate::model::{Deploy, UnixMillis};

impl<F: Forge> CloudDriver<'_, F> {
    pub(super) async fn begin(&self, request: &DeployRequest, again: bool) -> Result<Started, DriverError> {
        let deploy = &request.deploy;
        let place = self.place(deploy).await?;
        let name = &place.environment.name;
        if let Some(status) = place.environment.rests() {
            return Err(DriverError::refused(format!(
                "the platform's environment {name} is {status}, and Towpath activates none; activate it there, then \
                 deploy again"
            )));
        }
        let integrated = self.is_integrated(&place).await?;
        let has_it = place.environment.head_commit.as_deref() == Some(&*deploy.commit.to_string());
        let activities = self.activities(&place).await?;
        let known = activity_for(&activities, &place.environment.id, deploy.commit);
        if !deploy.is_of_branch() && !has_it {
            return Err(DriverError::refused(takes_nothing_back()));
        }
        // What comes by the integration begins by itself, and goes on if it has begun.
        let is_to_come = integrated && (!has_it || !deploy.was_requested());
        if is_to_come || known.is_some_and(|it| !it.state.is_over()) {
            return Ok(watched(deploy, known.filter(|it| !it.state.is_over())));
        }
        if !has_it {
            return Err(DriverError::refused(format!(
                "the project has no source integration, and its branch {name} is not at {}; Towpath does not push to the \
                 platform: add a GitHub integration to the project, or push the commit there and deploy again",
                deploy.commit.short()
            )));
        }
        self.redeploy(request, &place, (&activities, again)).await
    }

    /// Whether the platform fetches the repository itself. Where that is not to be seen, nothing is begun: two ways at
    /// once would deploy twice.
    pub(super) async fn is_integrated(&self, place: &Place) -> Result<bool, CloudFault> {
        match self.client.get(&below(&place.endpoint, &["integrations"], &[])).await {
            Ok(list) => Ok(has_source_integration(&list)),
            Err(CloudFault::Forbidden(_) | CloudFault::Missing(_)) => Err(CloudFault::Forbidden(
                "read the project's integrations, so Towpath cannot know how it is deployed",
            )),
            Err(fault) => Err(fault),
        }
    }

    /// Has the platform deploy what its branch has, unless an attempt before has done so.
    async fn redeploy(
        &self,
        request: &DeployRequest,
        place: &Place,
        (activities, again): (&[Activity], bool),
    ) -> Result<Started, DriverError> {
        let since = asked_since(&request.deploy);
        let begun = |it: &&Activity| is_redeploy_since(it, since);
        if again && let Some(begun) = activities.iter().find(begun) {
            return Ok(watched(&request.deploy, Some(begun)));
        }
        if let (true, Some(at)) = (again, request.look_again_at) {
            // The answer was lost, and the lists may not show it yet.
            return Err(DriverError::NotBefore(at));
        }
        let Some(href) = place.environment.links.get("#redeploy") else {
            return Err(DriverError::later(format!(
                "the platform does not let {} be deployed again now; it is busy, or the user of the API token lacks the right",
                place.environment.name
            )));
        };
        let answer = self.client.post(&self.client.link(&place.endpoint, href)?).await?;
        Ok(watched(&request.deploy, Activity::begun(&answer).first()))
    }
}

fn is_redeploy_since(activity: &Activity, since: UnixMillis) -> bool {
    activity.kind == "environment.redeploy" && activity.created_at.is_some_and(|at| at >= since)
}

/// It is found by its activity, or by its commit until there is one.
fn watched(deploy: &Deploy, activity: Option<&Activity>) -> Started {
    let handle = activity.map_or_else(|| deploy.commit.to_string(), |it| it.id.clone());
    Started { handle: Some(handle), log_url: None }
}
