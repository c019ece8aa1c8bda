//! Deployments that somebody else has made: which of them count, and what is said of those that do not.

use super::EnvironmentWork;
use crate::engine::deployment_status::report_of;
use crate::engine::work_error::WorkError;
use crate::github::events::DeploymentStatusEvent;
use crate::model::{DriverSettings, ForeignDeployments, NotCounted, WhyNotCounted};

/// For what a Deployment of somebody else's counts.
enum Counts {
    /// It is how the deploy of its commit goes.
    AsDeploy,
    /// Its files were tested; nobody asks what runs.
    AsTested,
    /// For nothing.
    Not(WhyNotCounted),
}

impl EnvironmentWork<'_> {
    /// Notes a Deployment that is none of Towpath's.
    ///
    /// GitHub makes one for each job that names an environment, if only for its secrets; and its maker is the same
    /// whatever the workflow. So it counts where nobody else can tell, or where the configuration says so.
    pub(super) async fn take_in_of_others(&mut self, event: &DeploymentStatusEvent) -> Result<(), WorkError> {
        let site = self.site;
        let commit = event.deployment.sha;
        let counts = self.counts(event).await?;
        let mut begun = self.queue.deploys().iter().rev().filter(|it| it.requested_at.is_some());
        let ours = begun.find(|it| it.commit == commit).map(|it| it.number);
        let Some(report) = report_of(&event.deployment_status) else { return Ok(()) };
        match counts {
            Counts::Not(why) => {
                tracing::info!(%commit, ?why, "a Deployment that somebody else has made does not count");
                if let Some(number) = ours {
                    self.name_not_counted(number, event, why);
                }
                return Ok(());
            }
            Counts::AsDeploy => {
                if let Some(number) = ours {
                    self.queue.report(number, &report, site.ctx.now());
                    self.know_the_run(number, event);
                }
            }
            Counts::AsTested => {}
        }
        let Some(outcome) = report.outcome() else { return Ok(()) };
        let Some(tree) = site.tree_of(commit).await? else {
            tracing::warn!(%commit, "what was deployed is in no branch and is passed over");
            return Ok(());
        };
        self.record((tree, commit), (report.at, report.place), outcome);
        Ok(())
    }

    async fn counts(&mut self, event: &DeploymentStatusEvent) -> Result<Counts, WorkError> {
        if self.has_programs() {
            return Ok(Counts::Not(WhyNotCounted::Programs));
        }
        let settings = &self.site.environment.deploy;
        if settings.driver == DriverSettings::None {
            return Ok(Counts::AsTested);
        }
        Ok(match &settings.foreign {
            ForeignDeployments::All => Counts::AsDeploy,
            ForeignDeployments::None => Counts::Not(WhyNotCounted::SaidSo),
            ForeignDeployments::OfWorkflow { file } if event.workflow_file() == Some(file) => {
                Counts::AsDeploy
            }
            ForeignDeployments::OfWorkflow { file } => {
                Counts::Not(WhyNotCounted::OtherWorkflow { file: file.clone() })
            }
            ForeignDeployments::UntilTakenUp if settings.driver != DriverSettings::Deployment => {
                Counts::Not(WhyNotCounted::Driver { name: settings.driver.as_str().to_owned() })
            }
            ForeignDeployments::UntilTakenUp => {
                if self.activity.taken_up_at.is_none() {
                    self.ask_who_deployed().await?;
                }
                match self.activity.taken_up_at {
                    Some(_) => Counts::Not(WhyNotCounted::OursAreTakenUp),
                    None => Counts::AsDeploy,
                }
            }
        })
    }

    /// Remembers which run carries a deploy out, where that is sure: it can be cancelled then. A job that names the
    /// environment for its secrets alone is none, so the configuration has to name its workflow, or a Deployment has
    /// to have caused it.
    fn know_the_run(&mut self, number: u64, event: &DeploymentStatusEvent) {
        let Some((id, run)) = event.workflow_run.as_ref().and_then(|run| Some((run.id?, run))) else {
            return;
        };
        let is_named = matches!(self.site.environment.deploy.foreign, ForeignDeployments::OfWorkflow { .. });
        let Some(deploy) = self.queue.get_mut(number) else { return };
        if deploy.driver == DriverSettings::Deployment.as_str() && (is_named || run.is_by_deployment()) {
            deploy.handle = Some(id.to_string());
        }
    }

    /// Shown to whoever looks at the deploy.
    fn name_not_counted(&mut self, number: u64, event: &DeploymentStatusEvent, why: WhyNotCounted) {
        let status = &event.deployment_status;
        let login = status.creator.as_ref().map_or("somebody", |it| it.login.as_str());
        let said = NotCounted {
            by: event.workflow_file().unwrap_or(login).to_owned(),
            state: status.state.clone(),
            why,
            at: status.created_at.into(),
            place: status.id,
        };
        if let Some(deploy) = self.queue.get_mut(number)
            && deploy.not_counted.as_ref().is_none_or(|known| (known.at, known.place) < (said.at, said.place))
        {
            deploy.not_counted = Some(said);
        }
    }
}
