//! What is said about its place on a pull request: one comment, edited from then on.

use super::PlacesWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_check_run::digest;
use crate::model::{CommentWhen, Deploy, DeployState, Environment, PullNumber, active_environment};
use crate::report::{self, CommentCommands, PlaceOf};
use crate::store::{Change, Desired, WorkItem};
use std::collections::BTreeSet;

impl PlacesWork<'_> {
    /// Says on each pull request that has a place, had one, or waits no more because its time is over, how things stand. The
    /// first word is for those who have waited, whose place is to be freed, or whose deploy has ended badly; others have the
    /// reply to their command.
    pub(super) async fn tell(&mut self, environment: &Environment) -> Result<(), WorkError> {
        if self.path().comment == CommentWhen::Never {
            return Ok(());
        }
        let numbers = self.places.taken.iter().chain(&self.before.taken).chain(&self.moved.freed);
        let waits_ended = self.moved.waits_ended.iter().copied();
        let numbers: BTreeSet<PullNumber> = numbers.map(|it| it.number).chain(waits_ended).collect();
        for number in numbers {
            let deploy = self.deploy_of(environment, number).await?;
            let item = WorkItem::ActiveComment(self.repository.id, number);
            let is_known = self.ctx.store.effect(&item).await?.is_some();
            if !is_known && !self.is_worth_a_comment(number, deploy.as_ref()) {
                continue;
            }
            let about = PlaceOf {
                environment: &environment.name,
                places: &self.places,
                number,
                deploy: deploy.as_ref(),
                wait_ended: self.moved.waits_ended.contains(&number),
                zone: &self.path().calendar.zone,
            };
            let commands = CommentCommands { prefix: &self.path().command_prefix };
            let content = report::active_comment(commands, about);
            let substance = digest(&content);
            self.changes.push(Change::Desire(Desired { item, content, substance, siblings: Vec::new() }));
        }
        Ok(())
    }

    fn is_worth_a_comment(&self, number: PullNumber, deploy: Option<&Deploy>) -> bool {
        let Some(place) = self.places.of(number) else { return self.moved.waits_ended.contains(&number) };
        let failed = |it: &Deploy| {
            it.number > place.after && matches!(it.state, DeployState::Failed | DeployState::Error)
        };
        place.has_waited || !place.is_held() || deploy.is_some_and(failed)
    }

    async fn deploy_of(
        &self,
        environment: &Environment,
        number: PullNumber,
    ) -> Result<Option<Deploy>, WorkError> {
        let Some(place) = self.places.of(number) else { return Ok(None) };
        let name = active_environment(&environment.name, &place.branch);
        Ok(self.ctx.store.newest_deploys(self.repository.id, &name, 1).await?.into_iter().next())
    }
}
