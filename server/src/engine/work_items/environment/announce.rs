//! The GitHub Deployment of a deploy: looked for, then made.

use super::EnvironmentWork;
use crate::engine::deployment_status::report_of;
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, MadeDeployment, NewDeployment};
use crate::model::{Deploy, DeployState, Ending, Trigger, UserMessage, error_chain};

/// A fresh token is refused for a moment, and GitHub does not know a commit for a moment after it was pushed: what is
/// still refused after so many attempts is meant so.
const REFUSED_AT_MOST: u32 = 3;

/// Whether GitHub has a Deployment by which a deploy can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// It has none, or one that is over.
    Not,
    /// It had one already.
    Before,
    /// One was made just now, so nobody was told of it before.
    Now,
}

impl EnvironmentWork<'_> {
    /// Sees to it that GitHub has a Deployment for it, which an attempt before may have made where this is done `again`.
    pub(super) async fn announce(&mut self, deploy: &Deploy, again: bool) -> Result<Announced, WorkError> {
        if deploy.github_id.is_some() {
            return Ok(Announced::Before);
        }
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        let key = site.key(deploy.number);
        // The database may be another one than the one that has made it.
        let may_be_there = again || !self.is_new(deploy.number);
        let found = if may_be_there {
            site.ctx.api.find_deployment(installation, name, deploy.commit, &key).await
        } else {
            Ok(None)
        };
        match found {
            Ok(Some(found)) => {
                self.adopt(deploy.number, &found).await?;
                let may_go_on = self.newest_state(deploy.number).is_some_and(DeployState::is_under_way);
                return Ok(if may_go_on { Announced::Before } else { Announced::Not });
            }
            Ok(None) if again => self.begin_once_more(deploy).await?,
            Ok(None) => {}
            Err(error) => return self.refused(deploy.number, error),
        }
        let payload = site.request(deploy).payload();
        let description = describe(deploy);
        let mut new = NewDeployment::new(deploy.commit, &deploy.environment, &description, &payload);
        new.production_environment = deploy.production;
        match site.ctx.api.create_deployment(installation, name, &new).await {
            Ok(made) => {
                self.announced(deploy.number, made);
                Ok(Announced::Now)
            }
            Err(error) => self.refused(deploy.number, error),
        }
    }

    /// From now on there is something to take up.
    fn announced(&mut self, number: u64, github_id: u64) {
        let now = self.site.ctx.now();
        if let Some(deploy) = self.queue.get_mut(number) {
            deploy.github_id = Some(github_id);
            deploy.requested_at = Some(now);
            deploy.refusals = 0;
        }
    }

    /// One that was made before: with what was said of it meanwhile.
    async fn adopt(&mut self, number: u64, found: &MadeDeployment) -> Result<(), WorkError> {
        let site = self.site;
        let (installation, name) = (site.repository.installation, &site.repository.full_name);
        let said = site.ctx.api.deployment_statuses(installation, name, found.id).await?;
        self.announced(number, found.id);
        if let Some(deploy) = self.queue.get_mut(number) {
            deploy.shown = said.last().map(super::show::said_as);
            deploy.shown_place = said.last().map_or(0, |last| last.id);
        }
        let now = site.ctx.now();
        for report in said.iter().filter_map(report_of) {
            self.hear(number, &report, now);
        }
        let by_others = said.iter().any(|it| self.site.ctx.api.was_said_by_others(found, it));
        if by_others {
            self.somebody_spoke(true);
        }
        if let Some(deploy) = self.queue.get_mut(number).filter(|_| by_others) {
            deploy.spoken_of_at.get_or_insert(now);
        }
        Ok(())
    }

    fn refused(&mut self, number: u64, error: ApiError) -> Result<Announced, WorkError> {
        let words = match &error {
            ApiError::Refused { status: 409, message, .. } => {
                format!("GitHub does not let it be deployed: {message}")
            }
            ApiError::Refused { message, .. } => format!("GitHub does not take the Deployment: {message}"),
            ApiError::Forbidden { needs: Some(needs), .. } => {
                format!(
                    "the App may not make Deployments here; GitHub asks for {needs}: accept it for the App"
                )
            }
            ApiError::Forbidden { .. } | ApiError::NotFound { .. } => {
                "the App may not make Deployments here; accept its permission deployments: write".to_owned()
            }
            _ => return Err(error.into()),
        };
        // Answers of the first moments may be no refusals.
        let for_sure = matches!(error, ApiError::Refused { status: 409, .. });
        let Some(deploy) = self.queue.get_mut(number) else { return Ok(Announced::Not) };
        deploy.refusals += 1;
        if !for_sure && deploy.refusals < REFUSED_AT_MOST {
            return Err(error.into());
        }
        tracing::warn!(error = error_chain(&error), number, "GitHub does not take a Deployment");
        self.not_handed_over(number, UserMessage::new(words), None);
        Ok(Announced::Not)
    }

    pub(super) fn not_handed_over(&mut self, number: u64, why: UserMessage, log_tail: Option<String>) {
        let now = self.site.ctx.now();
        if let Some(deploy) = self.queue.get_mut(number) {
            deploy.state = DeployState::Error;
            deploy.ending = Some(Ending::NotHandedOver { words: why.into(), log_tail });
            deploy.ended_at = Some(now);
            deploy.handing_over = false;
        }
    }
}

fn describe(deploy: &Deploy) -> String {
    let what = if deploy.is_rollback() { "Roll back to" } else { "Deploy" };
    let numbers: Vec<String> = deploy.pulls.iter().take(5).map(|number| format!("#{number}")).collect();
    let with = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
    match &deploy.trigger {
        Trigger::DirectPush { by: Some(by) } => {
            format!("{what} {}, pushed directly by {by}{with}", deploy.commit.short())
        }
        Trigger::DirectPush { by: None } => {
            format!("{what} {}, pushed directly{with}", deploy.commit.short())
        }
        _ => format!("{what} {}{with}", deploy.commit.short()),
    }
}
