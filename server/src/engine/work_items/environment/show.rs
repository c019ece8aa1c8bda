//! What GitHub shows of the deploys.

use super::EnvironmentWork;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, NewStatus, SaidStatus};
use crate::model::{Deploy, DeployState, RefusedStatus, error_chain};
use crate::report::{self, DeployStatus};

/// A fresh token is refused for a moment: what is still refused after so many attempts is meant so.
const REFUSED_AT_MOST: u32 = 3;

/// How a status is remembered.
fn shown_as(state: &str, line: &str) -> String {
    format!("{state}: {line}")
}

/// The same for one that was said.
pub(super) fn said_as(status: &SaidStatus) -> String {
    shown_as(&status.state, status.description.as_deref().unwrap_or_default())
}

impl EnvironmentWork<'_> {
    /// Makes GitHub show how each deploy stands. What it does not take of one keeps no other from being shown.
    pub(super) async fn show(&mut self) -> Result<(), WorkError> {
        self.show_those(|_| true).await
    }

    /// The same of those that were cancelled and may still run, before anything begins beside them: whoever acts on
    /// GitHub's Deployments learns of it by nothing else.
    pub(super) async fn show_what_may_still_run(&mut self) -> Result<(), WorkError> {
        self.show_those(Deploy::may_still_run).await
    }

    async fn show_those(&mut self, shown: impl Fn(&Deploy) -> bool) -> Result<(), WorkError> {
        let live = self.queue.live().map(|it| it.number);
        let deploys = self.queue.deploys().iter().filter(|it| shown(it));
        let numbers: Vec<u64> = deploys.map(|it| it.number).collect();
        let mut outcome = Ok(());
        for number in numbers {
            outcome = outcome.and(self.show_one(number, live == Some(number)).await?);
        }
        outcome
    }

    /// Answers what GitHub has not taken, if it is to be told so again at once; an error is anything else.
    async fn show_one(&mut self, number: u64, is_live: bool) -> Result<Result<(), WorkError>, WorkError> {
        let Some(deploy) = self.queue.get(number).cloned() else { return Ok(Ok(())) };
        let Some(github_id) = deploy.github_id else { return Ok(Ok(())) };
        let Some(status) = report::deploy_status(&deploy, is_live) else { return Ok(Ok(())) };
        let wanted = shown_as(status.state, &status.line);
        if deploy.shown.as_ref() == Some(&wanted)
            || is_shown_otherwise(&deploy, status.state)
            || self.is_refused_lately(&deploy, &wanted)
        {
            return Ok(Ok(()));
        }
        let place = match self.told_before(&deploy, github_id, &wanted).await {
            Ok(None) => {
                self.note_showing(number, Some(wanted.clone()));
                // Statuses add up: one that was told and not noted would be told twice.
                self.note().await?;
                let told = self.tell(&deploy, github_id, &status).await;
                if told.as_ref().is_err_and(is_refusal) {
                    // What GitHub has refused it certainly does not show.
                    self.note_showing(number, None);
                }
                told
            }
            Ok(Some(place)) => Ok(place),
            Err(error) => Err(error),
        };
        match place {
            Ok(place) => {
                if let Some(deploy) = self.queue.get_mut(number) {
                    (deploy.shown, deploy.shown_place) = (Some(wanted), place.max(deploy.shown_place));
                    (deploy.showing, deploy.refused_status) = (None, None);
                }
                Ok(Ok(()))
            }
            Err(error) if is_refusal(&error) => Ok(self.status_refused(number, wanted, error)),
            Err(error) => Err(error.into()),
        }
    }

    fn note_showing(&mut self, number: u64, wanted: Option<String>) {
        if let Some(deploy) = self.queue.get_mut(number) {
            deploy.showing = wanted;
        }
    }

    /// Whether GitHub would refuse it as it did before. From time to time it is asked all the same: somebody may have
    /// given the right that was missing.
    fn is_refused_lately(&self, deploy: &Deploy, wanted: &str) -> bool {
        let ctx = self.site.ctx;
        deploy.refused_status.as_ref().is_some_and(|it| {
            it.status == wanted
                && it.times >= REFUSED_AT_MOST
                && (it.at..it.at + ctx.settings.reconcile).contains(&ctx.now())
        })
    }

    fn status_refused(&mut self, number: u64, status: String, error: ApiError) -> Result<(), WorkError> {
        let now = self.site.ctx.now();
        let Some(deploy) = self.queue.get_mut(number) else { return Ok(()) };
        let before = deploy.refused_status.take().filter(|it| it.status == status).map_or(0, |it| it.times);
        let times = before + 1;
        deploy.refused_status = Some(RefusedStatus { status, times, at: now });
        if times < REFUSED_AT_MOST {
            return Err(error.into());
        }
        tracing::warn!(number, error = error_chain(&error), "GitHub does not take the status of a deploy");
        Ok(())
    }

    async fn tell(&self, deploy: &Deploy, github_id: u64, status: &DeployStatus) -> Result<u64, ApiError> {
        let new = NewStatus {
            state: status.state,
            description: &status.line,
            log_url: deploy.log_url.as_deref(),
            environment_url: deploy.environment_url.as_deref(),
        };
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        match site.ctx.api.set_deployment_status(installation, name, github_id, &new).await {
            Err(ApiError::NotFound { .. }) => Ok(gone(deploy)),
            told => told,
        }
    }

    /// GitHub's number of what an attempt has told that was cut off after it took effect. Others may have spoken since.
    async fn told_before(
        &self,
        deploy: &Deploy,
        github_id: u64,
        wanted: &str,
    ) -> Result<Option<u64>, ApiError> {
        if deploy.showing.as_deref() != Some(wanted) {
            return Ok(None);
        }
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        let said = match site.ctx.api.deployment_statuses(installation, name, github_id).await {
            Err(ApiError::NotFound { .. }) => return Ok(Some(gone(deploy))),
            said => said?,
        };
        let is_it = |it: &&SaidStatus| it.id > deploy.shown_place && said_as(it) == wanted;
        Ok(said.iter().rev().find(is_it).map(|it| it.id))
    }
}

/// The place of what is shown on a Deployment that somebody has deleted: there is nothing to show it on.
fn gone(deploy: &Deploy) -> u64 {
    tracing::warn!(number = deploy.number, "GitHub no longer has this Deployment");
    0
}

fn is_refusal(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused { .. } | ApiError::Forbidden { .. })
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
