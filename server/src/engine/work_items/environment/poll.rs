//! How deploys go, by those who carry them out when they are asked, and by the clock.

use super::{COMMAND, EnvironmentWork};
use crate::deploy::drivers::DriverError;
use crate::engine::work_error::WorkError;
use crate::model::{Deploy, DeployState, DriverSettings, Ending, error_chain};
use std::time::Duration;

/// How long a deploy that ended badly is asked about: a day.
pub(super) const LOOKED_BACK_FOR: Duration = Duration::from_secs(24 * 60 * 60);

impl EnvironmentWork<'_> {
    /// Asks whoever carries it out, where they have to be asked.
    pub(super) async fn poll(&mut self, has_news: bool) -> Result<(), WorkError> {
        let Some(deploy) = self.under_way() else {
            match self.queue.unconfirmed().cloned() {
                Some(deploy) => self.ask_for_its_end(&deploy).await,
                None => self.look_back().await,
            }
            return Ok(());
        };
        if deploy.handing_over || deploy.state == DeployState::Cancelling {
            return Ok(());
        }
        if deploy.driver == COMMAND {
            // It is on this machine, so asking costs nothing.
            return self.ask(&deploy).await;
        }
        let must = self.site.driver_of(&deploy).ok().and_then(|it| it.poll_every()).is_some();
        let asks = if must { !has_news || deploy.handle.is_some() } else { self.is_silent(&deploy) };
        if !asks {
            return Ok(());
        }
        self.ask(&deploy).await
    }

    /// Asks once more about the last one that ended badly, where somebody has to be asked: it may have begun after it was
    /// given up, or was run again.
    async fn look_back(&mut self) {
        let begun = self.queue.deploys().iter().rev().find(|it| it.requested_at.is_some());
        let Some(deploy) = begun.filter(|it| self.may_go_on(it)).cloned() else { return };
        if let Err(error) = self.ask(&deploy).await {
            tracing::debug!(
                error = error_chain(&error.failure),
                "a deploy that is over cannot be asked about"
            );
        }
    }

    fn may_go_on(&self, deploy: &Deploy) -> bool {
        let ended_badly = matches!(deploy.state, DeployState::Failed | DeployState::Error)
            // That one was cancelled, and what it says of it is no end of its own.
            && deploy.cancellation.is_none()
            && !matches!(deploy.ending, Some(Ending::Stuck { .. }));
        let lately = deploy.ended_at.is_some_and(|at| self.site.ctx.now().since(at) < LOOKED_BACK_FOR);
        let is_asked = || self.site.driver_of(deploy).ok().and_then(|it| it.poll_every()).is_some();
        ended_badly && lately && deploy.handle.is_some() && is_asked()
    }

    /// Whether whoever tells by himself has told nothing for so long that a word of his may have been lost.
    pub(super) fn is_silent(&self, deploy: &Deploy) -> bool {
        let ctx = self.site.ctx;
        let heard = deploy.reported_at.max(deploy.requested_at).unwrap_or(deploy.made_at);
        ctx.now().since(heard) >= ctx.settings.reconcile
    }

    pub(super) async fn ask(&mut self, deploy: &Deploy) -> Result<(), WorkError> {
        self.ask_once(deploy).await?;
        let retried = self.queue.get(deploy.number).filter(|it| it.retried_at != deploy.retried_at).cloned();
        let Some(retried) = retried else { return Ok(()) };
        // Before it is asked for: after a restart it must not be asked for once more.
        self.note().await?;
        self.ask_once(&retried).await
    }

    async fn ask_once(&mut self, deploy: &Deploy) -> Result<(), WorkError> {
        let Ok(driver) = self.site.driver_of(deploy) else { return Ok(()) };
        let reports = match driver.poll(&self.site.request(deploy)).await {
            Ok(reports) => reports,
            Err(DriverError::NotBefore(at)) => {
                return Err(WorkError::not_before(at, "whoever carries the deploy out may not be asked yet"));
            }
            Err(error) => return Err(error.into()),
        };
        let now = self.site.ctx.now();
        if !reports.is_empty() && deploy.driver == DriverSettings::Deployment.as_str() {
            self.somebody_spoke(true);
            self.put_own_before_foreign(deploy.number);
            if let Some(deploy) = self.queue.get_mut(deploy.number) {
                deploy.spoken_of_at.get_or_insert(now);
            }
        }
        for report in &reports {
            self.hear(deploy.number, report, now);
        }
        Ok(())
    }

    /// Ends what has taken too long, after asking once more: its end may have been told to nobody.
    /// Answers whether anything was ended.
    pub(super) async fn expire(&mut self) -> bool {
        let (limits, now) = (self.site.limits(), self.site.ctx.now());
        if self.queue.next_expiry(limits).is_none_or(|at| at > now) {
            return false;
        }
        if let Some(deploy) = self.under_way() {
            // Nobody's silence keeps a deploy open for ever.
            if let Err(error) = self.ask(&deploy).await {
                tracing::warn!(
                    error = error_chain(&error.failure),
                    "a deploy's time is up and it cannot be asked about"
                );
            }
        }
        let expired = self.queue.expire(limits, now);
        self.rest(&expired);
        !expired.is_empty()
    }
}

impl EnvironmentWork<'_> {
    /// Lets go of programs that have ended, once their end is kept: until then a restart has to find that they were
    /// under way.
    pub(super) async fn delete_old(&mut self) -> Result<(), WorkError> {
        let ended = self.queue.changed().filter(|it| it.driver == COMMAND && !it.state.is_open());
        let keys: Vec<String> = ended.map(|it| self.site.key(it.number)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        self.note().await?;
        let ctx = self.site.ctx;
        for key in &keys {
            ctx.drivers.commands.forget(key);
        }
        ctx.drivers.commands.set_live(ctx.store.live_slugs().await?);
        Ok(())
    }
}
