//! What is said of deploys by events and by those who call back.

use super::Work;
use crate::deploy::drivers::parse_key;
use crate::deploy::drivers::webhook::CallBack;
use crate::deploy::{Report, Says};
use crate::engine::room::Trouble;
use crate::flow::{Deploy, DriverSettings};
use crate::github::events::DeploymentStatusEvent;
use crate::github::{SaidStatus, is_keyed};
use crate::store::{Change, DeliveryRow, VerifiedRow};

/// What a status of GitHub's says, where it says how a deploy stands.
pub(in crate::engine) fn report_of(status: &SaidStatus) -> Option<Report> {
    let says = match status.state.as_str() {
        "queued" | "pending" => Says::Queued,
        "waiting" => Says::Waiting,
        "in_progress" => Says::Running,
        "success" => Says::Succeeded,
        "failure" | "error" => Says::Failed,
        _ => return None,
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut report = Report::new(status.created_at.timestamp_millis(), says);
    report.log_url = filled(&status.log_url).or_else(|| filled(&status.target_url));
    report.environment_url = filled(&status.environment_url);
    report.by = status.creator.as_ref().map(|user| user.login.clone());
    Some(report.with_words(status.description.as_deref()))
}

impl Work<'_> {
    /// Takes in what GitHub tells of its Deployments.
    pub(super) async fn take_in(
        &mut self,
        events: &[(&DeliveryRow, DeploymentStatusEvent)],
    ) -> Result<(), Trouble> {
        for (_, event) in events {
            let status = &event.deployment_status;
            if self.site.room.api.said_it(status) {
                continue;
            }
            if let Some(deploy) = self.being_made(event) {
                // It was made, and that could not be kept yet: it is looked for, and proven to be ours.
                self.announce(&deploy).await?;
            }
            let number =
                self.course.deploys().iter().rev().find(|it| it.github_id == Some(event.deployment.id));
            match number.map(|it| it.number) {
                Some(number) => self.take_in_status(number, status),
                None => self.take_in_of_others(event).await?,
            }
        }
        Ok(())
    }

    /// Takes in what was called back. It was proven when it came.
    pub(super) fn take_in_called_back(&mut self, calls: &[(&DeliveryRow, CallBack)]) {
        for (delivery, call) in calls {
            let number = parse_key(&call.data.deploy).map(|(_, _, number)| number).unwrap_or_default();
            let at = delivery.received_at;
            if !self.course.report(number, &call.report(at), at) {
                tracing::debug!(number, "a call back changes nothing");
            }
        }
    }

    fn take_in_status(&mut self, number: u64, status: &SaidStatus) {
        let Some(deploy) = self.course.get(number) else { return };
        if deploy.driver != DriverSettings::Deployment.as_str() {
            tracing::warn!(number, state = status.state, "a status from somebody who does not carry it out");
            return;
        }
        if said_by_us(deploy, status) {
            return;
        }
        let Some(report) = report_of(status) else { return };
        let now = self.site.room.now();
        if self.course.report(number, &report, now)
            && let Some(deploy) = self.course.get_mut(number)
        {
            deploy.spoken_of_at.get_or_insert(now);
            // GitHub shows it already: it came from there.
            deploy.shown =
                Some(super::show::shown_as(&status.state, status.description.as_deref().unwrap_or_default()));
        }
    }

    /// The deploy whose Deployment this seems to be, where nothing is known of one yet.
    fn being_made(&self, event: &DeploymentStatusEvent) -> Option<Deploy> {
        let named = |it: &&Deploy| is_keyed(&event.deployment.payload, &self.site.key(it.number));
        let being_made = self.course.deploys().iter().find(|it| it.handing_over && it.github_id.is_none());
        being_made.filter(named).cloned()
    }

    /// A Deployment that somebody else has made: where nobody is told to deploy, it is all there is to know, and where
    /// whoever likes may take a deploy up, it may be how they do.
    async fn take_in_of_others(&mut self, event: &DeploymentStatusEvent) -> Result<(), Trouble> {
        let site = self.site;
        let commit = event.deployment.sha;
        let counts =
            matches!(site.environment.deploy.driver, DriverSettings::Deployment | DriverSettings::None)
                && !self.has_programs();
        if !counts {
            tracing::warn!(%commit, "a Deployment of somebody who does not deploy this environment is passed over");
            return Ok(());
        }
        let mut begun = self.course.deploys().iter().rev().filter(|it| it.requested_at.is_some());
        let ours = begun.find(|it| it.commit == commit);
        if ours.is_some_and(|it| it.spoken_of_at.is_some()) {
            tracing::debug!(%commit, "whoever deploys it tells of it on another Deployment");
            return Ok(());
        }
        if let (Some(number), Some(report)) = (ours.map(|it| it.number), report_of(&event.deployment_status))
        {
            self.course.report(number, &report, site.room.now());
        }
        if event.deployment_status.state != "success" {
            return Ok(());
        }
        let Some(tree) = site.tree_of(commit).await? else {
            tracing::warn!(%commit, "what was deployed is in no branch and is passed over");
            return Ok(());
        };
        self.changes.push(Change::Verified(VerifiedRow {
            repository: site.repository.id,
            environment: site.environment.name.clone(),
            tree,
            commit,
            at: event.deployment_status.created_at.timestamp(),
        }));
        self.others_wait = true;
        Ok(())
    }

    pub(super) fn has_programs(&self) -> bool {
        self.site.room.has_programs(self.site.repository, self.site.environment)
    }
}

/// Whether a status is what the App has said itself. GitHub does not always tell the App.
fn said_by_us(deploy: &Deploy, status: &SaidStatus) -> bool {
    let line = status.description.as_deref().unwrap_or_default();
    let said = super::show::shown_as(&status.state, line);
    [&deploy.shown, &deploy.showing].into_iter().flatten().any(|ours| *ours == said)
}
