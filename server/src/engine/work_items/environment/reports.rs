//! What is said of deploys by events and by those who call back.

use super::EnvironmentWork;
use super::dormant::is_ours;
use crate::deploy::drivers::parse_key;
use crate::deploy::drivers::webhook::CallBack;
use crate::engine::deployment_status::report_of;
use crate::engine::work_error::WorkError;
use crate::github::events::DeploymentStatusEvent;
use crate::github::is_keyed;
use crate::model::{Deploy, DriverSettings};
use crate::store::DeliveryRow;

impl EnvironmentWork<'_> {
    /// Reads what GitHub says of its Deployments.
    pub(super) async fn read(
        &mut self,
        events: &[(&DeliveryRow, DeploymentStatusEvent)],
    ) -> Result<(), WorkError> {
        for (_, event) in events {
            let status = &event.deployment_status;
            if self.site.ctx.api.said_it(status) {
                continue;
            }
            if let Some(deploy) = self.being_made(event) {
                // It was made, and that could not be kept yet: it is looked for, and proven to be ours.
                self.announce(&deploy, true).await?;
            }
            let number =
                self.queue.deploys().iter().rev().find(|it| it.github_id == Some(event.deployment.id));
            match number.map(|it| it.number) {
                Some(number) => self.take_in_status(number, event),
                // Of a deploy that was forgotten.
                None if is_ours(event, self.site.repository.id) => {}
                None => {
                    self.somebody_spoke(false);
                    self.take_in_of_others(event).await?;
                }
            }
        }
        Ok(())
    }

    /// Reads what was called back. It was proven when it came.
    pub(super) fn take_in_called_back(&mut self, calls: &[(&DeliveryRow, CallBack)]) {
        for (delivery, call) in calls {
            let number = parse_key(&call.data.deploy).map(|(_, _, number)| number).unwrap_or_default();
            let at = delivery.received_at;
            if !self.hear(number, &call.report(at), at) {
                tracing::debug!(number, "a call back changes nothing");
            }
        }
    }

    fn take_in_status(&mut self, number: u64, event: &DeploymentStatusEvent) {
        let status = &event.deployment_status;
        let Some(deploy) = self.queue.get(number) else { return };
        if said_by_us(deploy, event) {
            return;
        }
        let carries_it_out = deploy.driver == DriverSettings::Deployment.as_str();
        self.somebody_spoke(carries_it_out);
        if !carries_it_out {
            tracing::warn!(number, state = status.state, "a status from somebody who does not carry it out");
            return;
        }
        self.put_own_before_foreign(number);
        let Some(report) = report_of(status) else { return };
        let now = self.site.ctx.now();
        if self.hear(number, &report, now)
            && let Some(deploy) = self.queue.get_mut(number)
        {
            deploy.spoken_of_at.get_or_insert(now);
            // GitHub shows it already, since it came from there, unless something was said after it.
            if status.id == 0 || status.id > deploy.shown_place {
                (deploy.shown, deploy.shown_place) = (Some(super::show::said_as(status)), status.id);
            }
        }
    }

    /// Whoever speaks on the Deployment itself is right against those who spoke of it elsewhere until then, though that
    /// may have been later.
    pub(super) fn put_own_before_foreign(&mut self, number: u64) {
        if let Some(deploy) = self.queue.get_mut(number).filter(|it| it.spoken_of_at.is_none()) {
            deploy.reported_at = None;
        }
    }

    /// The deploy whose Deployment this seems to be, where nothing is known of one yet.
    fn being_made(&self, event: &DeploymentStatusEvent) -> Option<Deploy> {
        let named = |it: &&Deploy| is_keyed(&event.deployment.payload, &self.site.key(it.number));
        let being_made = self.queue.deploys().iter().find(|it| it.handing_over && it.github_id.is_none());
        being_made.filter(named).cloned()
    }

    pub(super) fn has_programs(&self) -> bool {
        self.site.ctx.drivers.has_programs(self.site.repository, self.site.carrier())
    }
}

/// Whether a status on a Deployment of the App's is what the App has said itself. GitHub does not always tell the App;
/// but who has made the Deployment is the App's own bot.
fn said_by_us(deploy: &Deploy, event: &DeploymentStatusEvent) -> bool {
    let status = &event.deployment_status;
    if event.is_by_the_bot_that_made_it() {
        return true;
    }
    let said = super::show::said_as(status);
    [&deploy.shown, &deploy.showing].into_iter().flatten().any(|ours| *ours == said)
}
