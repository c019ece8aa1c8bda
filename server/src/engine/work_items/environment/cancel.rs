//! Ending deploys before their own end, and not taking them for ended before that is sure.

use super::EnvironmentWork;
use super::poll::LOOKED_BACK_FOR;
use crate::deploy::CancelAnswer;
use crate::deploy::drivers::DriverError;
use crate::engine::work_error::WorkError;
use crate::model::{Deploy, DriverSettings, ForPeople, UnixMillis, error_chain};
use std::time::Duration;

/// How often it is asked whether one has ended that is being cancelled or may still run: the event may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl EnvironmentWork<'_> {
    /// Has whatever is to be ended told so, and asks whether it has. What cannot be told is told again, until the clock
    /// ends it.
    pub(super) async fn see_cancelling_through(&mut self) -> Result<(), WorkError> {
        let Some(deploy) = self.queue.cancelling().cloned() else { return Ok(()) };
        if deploy.cancellation.as_ref().is_some_and(|it| !it.told) {
            // Or a restart would take the end that it is given for one of its own.
            self.note().await?;
            self.tell_to_end(&deploy).await?;
        }
        if let Some(deploy) = self.queue.cancelling().cloned()
            && let Err(error) = self.ask(&deploy).await
        {
            tracing::warn!(
                error = error_chain(&error.failure),
                "whether a deploy has ended cannot be asked now"
            );
        }
        Ok(())
    }

    async fn tell_to_end(&mut self, deploy: &Deploy) -> Result<(), WorkError> {
        let answer = match self.site.driver_of(deploy) {
            Ok(driver) => driver.cancel(&self.site.request(deploy)).await,
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error @ DriverError::Refused { .. }) => {
                tracing::debug!(error = error_chain(&error), "a driver does not end a deploy");
                CancelAnswer::Cannot(error.for_people())
            }
            Err(error) => {
                return Err(WorkError::later("a deploy could not be told to end yet").caused_by(error));
            }
        };
        if let (CancelAnswer::Cannot(words), false) = (&answer, deploy.may_still_run()) {
            tracing::warn!(%words, number = deploy.number, "a deploy that is to end cannot be ended");
        }
        let now = self.site.ctx.now();
        self.queue.cancel_answered(deploy.number, answer, now);
        Ok(())
    }

    /// Whether one that counts as over has ended by now.
    pub(super) async fn ask_for_its_end(&mut self, deploy: &Deploy) {
        if self.asks_for_its_end(deploy) {
            if let Err(error) = self.tell_to_end(deploy).await {
                tracing::debug!(error = error_chain(&error.failure), "a deploy that may still run");
            }
        } else if !self.is_silent(deploy) {
            return;
        }
        if let Err(error) = self.ask(deploy).await {
            tracing::debug!(
                error = error_chain(&error.failure),
                "a deploy that may still run cannot be asked about"
            );
        }
    }

    /// Whether it is worth asking again and again. After a day it is for people to say.
    fn asks_for_its_end(&self, deploy: &Deploy) -> bool {
        let lately = deploy.ended_at.is_some_and(|at| self.site.ctx.now().since(at) < LOOKED_BACK_FOR);
        lately && self.can_cancel(deploy)
    }

    pub(super) fn can_cancel(&self, deploy: &Deploy) -> bool {
        self.site.driver_of(deploy).is_ok_and(|driver| driver.can_cancel(deploy))
    }

    /// When to look again because of one that is being ended, or should have.
    pub(super) fn next_look_for_an_end(&self) -> Option<UnixMillis> {
        let now = self.site.ctx.now();
        if let Some(deploy) = self.queue.cancelling() {
            return self.can_cancel(deploy).then_some(now + LOOK_EVERY);
        }
        let stuck = self.queue.unconfirmed().filter(|_| self.queue.under_way().is_none())?;
        self.asks_for_its_end(stuck).then_some(now + LOOK_EVERY)
    }

    /// A newer merge goes instead of one that only waits for somebody's approval, where that one can be ended, or is
    /// carried out by a workflow that begins for every push and not for our Deployment: that one waits for nobody.
    pub(super) async fn outrun_what_waits_for_approval(&mut self) -> Result<(), WorkError> {
        let Some((waits, ending)) = self.queue.outrun_while_waiting() else { return Ok(()) };
        let Some(deploy) = self.queue.get(waits) else { return Ok(()) };
        let (can_cancel, now) = (self.can_cancel(deploy), self.site.ctx.now());
        if !can_cancel && deploy.driver != DriverSettings::Deployment.as_str() {
            return Ok(());
        }
        self.queue.cancel(waits, ending, now);
        if !can_cancel {
            self.queue.cancel_answered(waits, CancelAnswer::Ended, now);
        }
        self.see_cancelling_through().await
    }

    /// Ends what nobody started in time, before another one begins: two would deploy at the same time. Answers whether
    /// there was anything to end.
    pub(super) async fn end_what_was_given_up(&mut self) -> Result<bool, WorkError> {
        let Some((number, Some(ending))) = self.queue.given_up().map(|it| (it.number, it.ending.clone()))
        else {
            return Ok(false);
        };
        let now = self.site.ctx.now();
        self.queue.cancel(number, ending, now);
        self.see_cancelling_through().await?;
        Ok(true)
    }
}
