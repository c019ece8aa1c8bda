//! What GitHub shows of the deploys.

use super::Work;
use crate::engine::room::Trouble;
use crate::flow::{Deploy, DeployState};
use crate::github::{ApiError, NewStatus};
use crate::report::{self, DeployStatus};

/// How a status is remembered.
pub(super) fn shown_as(state: &str, line: &str) -> String {
    format!("{state}: {line}")
}

impl Work<'_> {
    /// Makes GitHub show how each deploy stands.
    pub(super) async fn show(&mut self) -> Result<(), Trouble> {
        let live = self.course.live().map(|it| it.number);
        let numbers: Vec<u64> = self.course.deploys().iter().map(|it| it.number).collect();
        for number in numbers {
            let Some(deploy) = self.course.get(number).cloned() else { continue };
            let Some(github_id) = deploy.github_id else { continue };
            let Some(status) = report::deploy_status(&deploy, live == Some(number)) else { continue };
            let wanted = shown_as(status.state, &status.line);
            if deploy.shown.as_ref() == Some(&wanted) || is_shown_otherwise(&deploy, status.state) {
                continue;
            }
            if !self.is_shown_already(&deploy, github_id, &wanted).await? {
                if let Some(deploy) = self.course.get_mut(number) {
                    deploy.showing = Some(wanted.clone());
                }
                // Statuses add up: one that was told and not noted would be told twice.
                self.note().await?;
                self.tell(&deploy, github_id, &status).await?;
            }
            if let Some(deploy) = self.course.get_mut(number) {
                deploy.shown = Some(wanted);
                deploy.showing = None;
            }
        }
        Ok(())
    }

    async fn tell(&self, deploy: &Deploy, github_id: u64, status: &DeployStatus) -> Result<(), Trouble> {
        let new = NewStatus {
            state: status.state,
            description: &status.line,
            log_url: deploy.log_url.as_deref(),
            environment_url: deploy.environment_url.as_deref(),
        };
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        match site.room.api.set_deployment_status(installation, name, github_id, &new).await {
            Ok(()) => Ok(()),
            // Somebody has deleted it: there is nothing to show it on.
            Err(ApiError::NotFound { .. }) => {
                tracing::warn!(number = deploy.number, "GitHub no longer has this Deployment");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an attempt to tell it was cut off after it took effect.
    async fn is_shown_already(&self, deploy: &Deploy, github_id: u64, wanted: &str) -> Result<bool, Trouble> {
        if deploy.showing.as_deref() != Some(wanted) {
            return Ok(false);
        }
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        let said = site.room.api.deployment_statuses(installation, name, github_id).await?;
        let last = said.last().map(|it| shown_as(&it.state, it.description.as_deref().unwrap_or_default()));
        Ok(last.as_deref() == Some(wanted))
    }
}

/// Whether GitHub shows as much in other words: whoever carries it out has said it there, and a success of a newer
/// one makes an older one inactive by itself, except in production.
fn is_shown_otherwise(deploy: &Deploy, state: &str) -> bool {
    let shown = deploy.shown.as_deref().and_then(|shown| shown.split(':').next());
    match state {
        "inactive" if matches!(deploy.state, DeployState::Superseded | DeployState::Inactive) => {
            shown == Some("inactive")
        }
        "inactive" => shown == Some("inactive") || !deploy.production,
        "failure" => matches!(shown, Some("failure" | "error")),
        "in_progress" => shown == Some("in_progress") && deploy.driver == "deployment",
        "success" => shown == Some("success"),
        _ => deploy.state == DeployState::Requested && shown.is_some() && shown != Some("queued"),
    }
}
