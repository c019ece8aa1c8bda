//! What is done when a deploy begins: seeing that it can, and asking for it where nobody else will.

use super::client::below;
use super::fault::CloudFault;
use super::follow::asked_since;
use super::look::Place;
use super::{CloudDriver, takes_nothing_back};
use crate::commerce::platform::{Activity, activity_for, has_source_integration};
use crate::deploy::drivers::forge::Forge;
use crate::deploy::drivers::{DeployRequest, DriverError, Started};
use crate::model::{CommitId, UnixMillis};

impl<F: Forge> CloudDriver<'_, F> {
    pub(super) async fn begin(&self, request: &DeployRequest, again: bool) -> Result<Started, DriverError> {
        let deploy = &request.deploy;
        let place = self.place(&deploy.environment).await?;
        let name = &place.environment.name;
        if let Some(status) = place.environment.rests() {
            return Err(DriverError::refused(format!(
                "the platform's environment {name} is {status}, and Towpath activates none; activate it there, then \
                 deploy again"
            )));
        }
        if !self.is_integrated(&place).await? {
            return self.begin_by_push(request, &place, again).await;
        }
        let has_it = place.environment.head_commit.as_deref() == Some(&*deploy.commit.to_string());
        let activities = self.activities(&place).await?;
        let known = activity_for(&activities, &place.environment.id, deploy.commit);
        if !deploy.is_of_branch() && !has_it && !self.is_at_tip(request).await? {
            return Err(DriverError::refused(takes_nothing_back()));
        }
        let under_way = known.filter(|it| !it.state.is_over());
        // What comes by the integration begins by itself, and goes on if it has begun.
        if !has_it || !deploy.was_requested() || under_way.is_some() {
            return Ok(watched(deploy.commit, under_way));
        }
        self.redeploy(request, &place, (&activities, deploy.commit, again)).await
    }

    /// Whether the branch on GitHub is at what is to be deployed, so that the integration is to bring that.
    async fn is_at_tip(&self, request: &DeployRequest) -> Result<bool, DriverError> {
        Ok(self.forge.tip_of(&request.branch).await? == Some(request.deploy.commit))
    }

    /// Where nothing fetches the repository: pushes what the platform's branch does not have, and has deployed again what it
    /// has.
    async fn begin_by_push(
        &self,
        request: &DeployRequest,
        place: &Place,
        again: bool,
    ) -> Result<Started, DriverError> {
        let deploy = &request.deploy;
        let now = self.branch_now(deploy, place).await?;
        let activities = self.activities(place).await?;
        let brought = now.tip.filter(|_| now.has_files).unwrap_or(deploy.commit);
        let known = activity_for(&activities, &place.environment.id, brought).filter(|_| now.has_files);
        let since = asked_since(deploy);
        // An attempt before may have pushed it, and its deploy may have ended by now.
        let is_its_own = |it: &&Activity| !it.state.is_over() || again && is_since(it, since);
        if let Some(known) = known.filter(is_its_own) {
            return Ok(watched(brought, Some(known)));
        }
        let address = if now.has_files { None } else { self.git_address(place).await? };
        let Some(address) = address else {
            return self.redeploy(request, place, (&activities, brought, again)).await;
        };
        let pushed = self.push(request, place, (&address, now)).await?;
        Ok(watched(pushed, None))
    }

    /// Whether the platform fetches the repository itself. Where that is not to be seen, nothing is begun: two ways at
    /// once would deploy twice.
    pub(super) async fn is_integrated(&self, place: &Place) -> Result<bool, CloudFault> {
        match self.client.get(&below(&place.endpoint, &["integrations"], &[])).await {
            Ok(list) => Ok(has_source_integration(&list)),
            Err(CloudFault::Forbidden(_) | CloudFault::Missing(_)) => Err(CloudFault::Forbidden(
                "read the project's integrations, so Towpath cannot know how it is deployed, and pushes nothing",
            )),
            Err(fault) => Err(fault),
        }
    }

    /// Has the platform deploy what its branch has, unless an attempt before has done so.
    async fn redeploy(
        &self,
        request: &DeployRequest,
        place: &Place,
        (activities, brought, again): (&[Activity], CommitId, bool),
    ) -> Result<Started, DriverError> {
        let since = asked_since(&request.deploy);
        let begun = |it: &&Activity| it.kind == "environment.redeploy" && is_since(it, since);
        if again && let Some(begun) = activities.iter().find(begun) {
            return Ok(watched(brought, Some(begun)));
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
        Ok(watched(brought, Activity::begun(&answer).first()))
    }
}

fn is_since(activity: &Activity, since: UnixMillis) -> bool {
    activity.created_at.is_some_and(|at| at >= since)
}

/// It is found by its activity, or until there is one by the commit that the platform's branch is at.
fn watched(brought: CommitId, activity: Option<&Activity>) -> Started {
    let handle = activity.map_or_else(|| brought.to_string(), |it| it.id.clone());
    Started { handle: Some(handle), log_url: None }
}
