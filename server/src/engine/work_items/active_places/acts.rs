//! What people ask for: a place, and its end. Whether they may was asked before.

use super::PlacesWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::commented_on::CommentedOn;
use crate::engine::work_items::too_old::too_old;
use crate::model::{
    ActivePlace, AuditEntry, DeployState, Environment, EnvironmentName, Left, PlaceAnswer, PlaceRequest,
    PullNumber, PullRequestState, Role, UserId, UserKey, WhyToBeFreed, active_environment,
};
use crate::report::{self, CommentCommands};
use crate::store::{ActOutcome, Change, RequestedAct, RequestedActRow, WorkItem};

/// The longest name that GitHub lets an environment have, in characters.
const NAME_MAX: usize = 255;

/// Programs and workflows are given the branch's name, and some hand it to a shell.
const NOT_SPELLED_WELL: &str = "the branch's name would be in its environment's, which has only letters and digits \
                                without accents and . _ - / in it, a letter or a digit first: rename the branch";

/// Who asks.
struct Asker {
    by: String,
    by_id: Option<UserId>,
}

impl PlacesWork<'_> {
    /// Takes up each act. Its outcome is stored with what it changes.
    pub(super) async fn take_up(&mut self, environment: Option<&Environment>) -> Result<(), WorkError> {
        for row in self.ctx.store.open_acts(self.repository.id, self.name.as_str()).await? {
            if !matches!(row.act, RequestedAct::Activate { .. } | RequestedAct::Deactivate { .. }) {
                continue;
            }
            let outcome = match (too_old(row.origin.as_ref(), self.now), environment) {
                (Some(refused), _) => refused,
                (None, None) => {
                    ActOutcome::refused(format!("the configuration names no environment {}", self.name))
                }
                (None, Some(environment)) => self.done(environment, row.act.clone()).await?,
            };
            self.ended(&row, outcome).await?;
        }
        Ok(())
    }

    async fn done(&mut self, environment: &Environment, act: RequestedAct) -> Result<ActOutcome, WorkError> {
        match act {
            RequestedAct::Activate { by, by_id, number, until, lasts } => {
                if until.is_some_and(|until| until <= self.now) {
                    return Ok(ActOutcome::refused("the time at which it was to end is over"));
                }
                let Some(branch) = self.pull(number).await?.map(|it| it.head_branch) else {
                    return Ok(ActOutcome::refused(format!("#{number} is not known")));
                };
                let request = PlaceRequest { number, branch, by, by_id, since: self.now, until, lasts };
                self.activate(environment, request).await
            }
            RequestedAct::Deactivate { by, by_id, number, destroy, maintains } => {
                self.deactivate(environment, number, Asker { by, by_id }, (destroy, maintains)).await
            }
            _ => Ok(ActOutcome::refused("this is no act on places")),
        }
    }

    /// Why a pull request can have no place here.
    async fn is_unfit(
        &self,
        environment: &Environment,
        request: &PlaceRequest,
    ) -> Result<Option<String>, WorkError> {
        let name = &environment.name;
        let pull = self.pull(request.number).await?;
        let Some(pull) = pull.filter(|it| it.state == PullRequestState::Open) else {
            return Ok(Some("the pull request is closed".to_owned()));
        };
        if environment.active.places == 0 {
            return Ok(Some(format!("{name} has no place for another branch: active: 2 gives it one")));
        }
        if pull.head_repository != Some(self.repository.id) {
            return Ok(Some(
                "the pull request comes from a fork: a stranger's code would run with the operator's secrets"
                    .to_owned(),
            ));
        }
        if pull.base_branch != environment.branch {
            return Ok(Some(format!("the pull request does not go into {name}")));
        }
        if self.path().role(&pull.head_branch) != Role::Topic {
            return Ok(Some(format!("{} has an environment of its own", pull.head_branch)));
        }
        if !EnvironmentName::is_spelled_well(pull.head_branch.as_str()) {
            return Ok(Some(NOT_SPELLED_WELL.to_owned()));
        }
        let own = active_environment(name, &pull.head_branch);
        if self.path().environment(&own).is_some() {
            return Ok(Some(format!("the environment {own} is named by the configuration")));
        }
        if own.chars().count() > NAME_MAX {
            return Ok(Some("the name of its environment would be too long".to_owned()));
        }
        Ok(self.ctx.drivers.refuses_branch(self.repository, environment, &own))
    }

    async fn activate(
        &mut self,
        environment: &Environment,
        request: PlaceRequest,
    ) -> Result<ActOutcome, WorkError> {
        let (number, branch, name) = (request.number, request.branch.clone(), &environment.name);
        if let Some(why) = self.is_unfit(environment, &request).await? {
            return Ok(ActOutcome::refused(why));
        }
        let answer = self.places.ask(request, self.now);
        self.go_on(environment).await?;
        let zone = &self.path().calendar.zone;
        let commands = CommentCommands { prefix: &self.path().command_prefix };
        let own = active_environment(name, &branch);
        let is_given = self.moved.given.contains(&number);
        Ok(match answer {
            PlaceAnswer::SameName(other) => ActOutcome::refused(format!(
                "#{other} has the environment {own}, which is to be free first: its holder or a maintainer writes `{}` there",
                commands.deactivate_and_destroy()
            )),
            PlaceAnswer::Full => ActOutcome::refused(format!("too many wait for a place beside {name}")),
            PlaceAnswer::Queued if is_given => ActOutcome::accepted(
                format!("{branch} is active: it is deployed to {own}{}", self.end_of(number)),
                None,
            )
            .next(format!(
                "Each push to it is deployed there, until the pull request is merged or closed. To give the place up, write `{}`.",
                commands.deactivate()
            )),
            PlaceAnswer::Queued => {
                let turn = self.places.turn_of(number).unwrap_or_default();
                let taken = report::places_taken(zone, &self.places);
                let end = self.end_of_wait(number);
                let what = format!("{branch} is number {turn} of the queue for a place beside {name}{end}");
                ActOutcome::accepted(what, None).next(format!(
                    "{taken} Once its turn has come, {branch} is deployed, and a comment says so. To wait no more, write `{}`.",
                    commands.deactivate()
                ))
            }
            PlaceAnswer::Held => {
                let again = self.deploys_again(environment, number).await?;
                let again = if again { ", and its last deploy is tried again" } else { "" };
                ActOutcome::accepted(
                    format!("{branch} has its place beside {name}, as {own}{}{again}", self.end_of(number)),
                    None,
                )
                .next(format!("To give the place up, write `{}`.", commands.deactivate()))
            }
        })
    }

    fn end_of(&self, number: PullNumber) -> String {
        let until = self.places.of(number).and_then(|place| place.until);
        let zone = &self.path().calendar.zone;
        until.map(|at| format!(" until {}", report::moment_in(zone, at.to_seconds()))).unwrap_or_default()
    }

    /// Until when one that waits needs its place, to go on a sentence.
    fn end_of_wait(&self, number: PullNumber) -> String {
        let waits = self.places.queue.iter().find(|it| it.number == number);
        let zone = &self.path().calendar.zone;
        waits.map(|it| report::end_of_request(zone, it)).unwrap_or_default()
    }

    /// Has the last deploy of a branch made again, where it has ended badly. Answers whether it does.
    async fn deploys_again(
        &mut self,
        environment: &Environment,
        number: PullNumber,
    ) -> Result<bool, WorkError> {
        let Some(place) = self.places.of(number) else { return Ok(false) };
        let name = active_environment(&environment.name, &place.branch);
        let newest = self.ctx.store.newest_deploys(self.repository.id, &name, 1).await?;
        let has_failed = |state: DeployState| matches!(state, DeployState::Failed | DeployState::Error);
        let Some(failed) = newest.first().filter(|it| it.number > place.after && has_failed(it.state)) else {
            return Ok(false);
        };
        if let Some(place) = self.places.of_mut(number) {
            place.after = failed.number;
        }
        Ok(true)
    }

    async fn deactivate(
        &mut self,
        environment: &Environment,
        number: PullNumber,
        asker: Asker,
        (destroy, maintains): (bool, bool),
    ) -> Result<ActOutcome, WorkError> {
        let name = &environment.name;
        let place = self.places.of(number).cloned();
        let is_holder = |it: &ActivePlace| it.holder().is(UserKey { login: &asker.by, id: asker.by_id });
        // Without data to be let go a place that is given up is another's at once.
        let ends_at_once = destroy || !environment.active.keeps_data;
        if let Some(place) = place.as_ref().filter(|it| ends_at_once && !maintains && !is_holder(it)) {
            let what = if environment.active.keeps_data { "say that the data may go" } else { "give it up" };
            return Ok(ActOutcome::refused(format!(
                "the place is there for {}: they or a maintainer {what}",
                place.by
            )));
        }
        let left = self.places.leave(number, WhyToBeFreed::GivenUp { by: asker.by }, self.now);
        let (Left::Place, Some(place)) = (left, place) else {
            self.go_on(environment).await?;
            return Ok(match left {
                Left::Queue => {
                    ActOutcome::accepted(format!("#{number} waits for no place beside {name} any more"), None)
                }
                _ => ActOutcome::refused(format!("#{number} has no place beside {name}, and waits for none")),
            });
        };
        if destroy {
            self.moved.freed.extend(self.places.free(number));
        }
        self.go_on(environment).await?;
        let own = active_environment(name, &place.branch);
        let next = match self.moved.given.as_slice() {
            [] => "Nobody waits for it.".to_owned(),
            given => {
                let given: Vec<String> = given.iter().map(|it| format!("#{it}")).collect();
                format!("It goes to {}.", given.join(", "))
            }
        };
        if self.places.of(number).is_none() {
            return Ok(ActOutcome::accepted(format!("the place of {own} is free"), None).next(next));
        }
        let commands = CommentCommands { prefix: &self.path().command_prefix };
        let (by, command) = (&place.by, commands.deactivate_and_destroy());
        Ok(ActOutcome::accepted(format!("the place of {own} is to be freed"), None).next(format!(
            "Nothing is deployed there any more. The place is given on once {by} or a maintainer has said that the data may go, \
             by `{command}`."
        )))
    }

    /// Stores what came of an act, and tells whoever has asked for it.
    async fn ended(&mut self, row: &RequestedActRow, outcome: ActOutcome) -> Result<(), WorkError> {
        let (action, by, reason) = row.act.named();
        let origin = row.origin.as_ref();
        let (ctx, id) = (self.ctx, self.repository.id);
        let on = match origin {
            Some(origin) => CommentedOn::at(ctx, id, origin.number).await?,
            None => CommentedOn::default(),
        };
        let outcome = outcome.commits(on.head, on.base);
        let entry = AuditEntry {
            at: self.now,
            actor: by.to_owned(),
            role: origin.map_or("operator", |it| it.role.as_str()).to_owned(),
            action: action.to_owned(),
            repository: id,
            environment: Some(self.name.as_str().to_owned()),
            pull_request: origin.map(|it| it.number),
            reason: reason.map(str::to_owned),
            head: on.head,
            base: on.base,
            done: outcome.accepted,
            result: outcome.words.clone(),
            delivery: origin.and_then(|it| it.delivery.clone()),
        };
        self.changes.push(Change::Audit(Box::new(entry)));
        self.changes.push(Change::RequestedActDone(row.id, outcome));
        let command = origin.map(|it| WorkItem::Command(id, it.number, it.comment));
        self.changes.extend(command.map(Change::Mark));
        Ok(())
    }
}
