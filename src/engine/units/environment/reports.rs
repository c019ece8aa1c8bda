//! What is said of deploys: by events, by those who carry them out when they are asked, and by the clock.

use super::{COMMAND, Work};
use crate::deploy::drivers::webhook::CallBack;
use crate::deploy::drivers::{DriverError, parse_key};
use crate::deploy::{Report, Says};
use crate::engine::room::Trouble;
use crate::flow::{Deploy, DeployState, DriverSettings, Ending, Millis};
use crate::github::events::DeploymentStatusEvent;
use crate::github::{Remedy, SaidStatus, is_keyed};
use crate::store::{Change, DeliveryRow, VerifiedRow};

/// How long a deploy that ended badly is asked about, in milliseconds: a day.
const LOOKED_BACK_FOR: Millis = 24 * 60 * 60_000;

/// What a status of GitHub's says, where it says how a deploy stands.
pub(in crate::engine) fn report_of(status: &SaidStatus) -> Option<Report> {
    let says = match status.state.as_str() {
        "queued" | "pending" => Says::Queued,
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

    /// Asks whoever carries it out, where they have to be asked.
    pub(super) async fn look(&mut self, has_news: bool) -> Result<(), Trouble> {
        let Some(deploy) = self.under_way() else {
            self.look_back().await;
            return Ok(());
        };
        if deploy.handing_over {
            return Ok(());
        }
        if deploy.driver == COMMAND {
            // It is on this machine, so asking costs nothing.
            return self.ask(&deploy).await;
        }
        let must = self.site.driver_of(&deploy).ok().and_then(|it| it.look_every()).is_some();
        let asks = if must { !has_news || deploy.handle.is_some() } else { self.is_silent(&deploy) };
        if !asks {
            return Ok(());
        }
        self.ask(&deploy).await
    }

    /// Asks once more about the last one that ended badly, where somebody has to be asked: it may have begun after it was
    /// given up, or was run again.
    async fn look_back(&mut self) {
        let begun = self.course.deploys().iter().rev().find(|it| it.requested_at.is_some());
        let Some(deploy) = begun.filter(|it| self.may_go_on(it)).cloned() else { return };
        if let Err(trouble) = self.ask(&deploy).await {
            tracing::debug!(what = trouble.what, "a deploy that is over cannot be asked about");
        }
    }

    fn may_go_on(&self, deploy: &Deploy) -> bool {
        let ended_badly = matches!(deploy.state, DeployState::Failed | DeployState::Error)
            // That one was stopped, and what it says of it is no end of its own.
            && !matches!(deploy.ending, Some(Ending::Stuck { .. }));
        let lately = deploy.ended_at.is_some_and(|at| self.site.room.now() - at < LOOKED_BACK_FOR);
        let is_asked = || self.site.driver_of(deploy).ok().and_then(|it| it.look_every()).is_some();
        ended_badly && lately && deploy.handle.is_some() && is_asked()
    }

    /// Whether whoever tells by himself has told nothing for so long that a word of his may have been lost.
    fn is_silent(&self, deploy: &Deploy) -> bool {
        let room = self.site.room;
        let heard = deploy.reported_at.max(deploy.requested_at).unwrap_or(deploy.made_at);
        room.now() - heard >= room.settings.reconcile
    }

    async fn ask(&mut self, deploy: &Deploy) -> Result<(), Trouble> {
        let Ok(driver) = self.site.driver_of(deploy) else { return Ok(()) };
        let reports = match driver.look(&self.site.order(deploy)).await {
            Ok(reports) => reports,
            Err(DriverError::NotBefore(at)) => {
                let what = "whoever carries the deploy out may not be asked yet".to_owned();
                return Err(Trouble { what, remedy: Remedy::NotBefore(at), changes: Vec::new() });
            }
            Err(DriverError::Later(what) | DriverError::Refused(what)) => return Err(Trouble::later(what)),
        };
        let now = self.site.room.now();
        for report in &reports {
            self.course.report(deploy.number, report, now);
        }
        Ok(())
    }

    async fn stop(&self, deploy: &Deploy) {
        let order = self.site.order(deploy);
        if let Ok(driver) = self.site.driver_of(deploy)
            && let Err(error) = driver.stop(&order).await
        {
            tracing::warn!(%error, number = deploy.number, "a deploy whose time is up could not be stopped");
        }
        // What it says of being stopped is no end of its own.
        self.site.room.means.commands.forget(&order.key);
    }

    /// Stops what nobody took up in time, before another one begins: two would deploy at the same time.
    pub(super) async fn stop_what_was_given_up(&self) {
        let begun = self.course.deploys().iter().rev().find(|it| it.requested_at.is_some());
        let given_up = |it: &&Deploy| matches!(it.ending, Some(Ending::NotPickedUp { .. }));
        if let Some(deploy) = begun.filter(given_up) {
            self.stop(deploy).await;
        }
    }

    /// Ends what has taken too long, after asking once more: its end may have been told to nobody.
    /// Answers whether anything was ended.
    pub(super) async fn expire(&mut self) -> bool {
        let (limits, now) = (self.site.limits(), self.site.room.now());
        if self.course.next_expiry(limits).is_none_or(|at| at > now) {
            return false;
        }
        if let Some(deploy) = self.under_way() {
            // Nobody's silence keeps a deploy open for ever.
            if let Err(trouble) = self.ask(&deploy).await {
                tracing::warn!(what = trouble.what, "a deploy's time is up and it cannot be asked about");
            }
        }
        let expired = self.course.expire(limits, now);
        for &number in &expired {
            let Some(deploy) = self.course.get(number).cloned() else { continue };
            // What nobody has taken up yet may still go, until another one does.
            if deploy.picked_up_at.is_some() || deploy.driver == COMMAND {
                self.stop(&deploy).await;
            }
        }
        !expired.is_empty()
    }
}

impl Work<'_> {
    /// Lets go of programs that have ended, once their end is kept: until then a restart has to find that they were
    /// under way.
    pub(super) async fn let_go(&mut self) -> Result<(), Trouble> {
        let ended = self.course.changed().filter(|it| it.driver == COMMAND && !it.state.is_open());
        let keys: Vec<String> = ended.map(|it| self.site.key(it.number)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        self.note().await?;
        let room = self.site.room;
        for key in &keys {
            room.means.commands.forget(key);
        }
        room.means.commands.set_live(room.store.live_slugs().await?);
        Ok(())
    }
}

/// Whether a status is what the App has said itself. GitHub does not always tell the App.
fn said_by_us(deploy: &Deploy, status: &SaidStatus) -> bool {
    let line = status.description.as_deref().unwrap_or_default();
    let said = super::show::shown_as(&status.state, line);
    [&deploy.shown, &deploy.showing].into_iter().flatten().any(|ours| *ours == said)
}
