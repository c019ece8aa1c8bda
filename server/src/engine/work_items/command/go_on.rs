//! Carrying the commands of a comment on, in their order.

use super::call::{AnyCommand, Call, Intent, Step, environment_of};
use super::check::judged_again;
use super::follow::TELLS_THE_END;
use super::people::Asker;
use super::state::{EDITED, Goal, Progress, mistake, refused};
use super::table;
use super::verdict_first::never_judged;
use super::{CommentWork, PATIENCE};
use crate::commands::CommandError;
use crate::commands::grammar::Invocation;
use crate::commands::rights::{Need, Standing};
use crate::commands::spec::{Arguments, Kind, Spec, Subject, WorksOn, bind};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::commented_on::CommentedOn;
use crate::engine::work_items::too_old::why_too_old;
use crate::model::{
    AuditEntry, Environment, PromotionPath, PullRequestState, RepositoryRole, UnixMillis, UserKey,
    capitalized,
};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, CommandOrigin, JudgedPull, RequestedActId, RequestedActRow, command_key};
use std::time::Duration;

/// How many comments of somebody who may only read are replied to within an hour.
const REPLIES_TO_READERS: u32 = 10;
/// How much of a command that was refused stands in the audit log, in characters.
const WRITTEN_MAX: usize = 200;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How many comments of a stranger are reacted to within an hour.
const COMMENTS_OF_STRANGERS: u32 = 20;

impl CommentWork<'_> {
    /// Goes on with each command as far as it comes. One that was refused stops those behind it.
    pub(super) async fn go_on(&mut self) -> Result<(), WorkError> {
        let (ctx, repository) = (self.ctx, self.repository);
        let (author, id) = (self.state.author.clone(), self.state.author_id);
        let asker = Asker::new(ctx, repository, UserKey { login: &author, id });
        if self.state.without_words.is_none() {
            self.decide_on_words(&asker).await?;
        }
        let (mut stopped, mut has_failed, mut event) = (false, false, 0);
        for position in 0..self.state.runs.len() {
            // What an edit asks is no part of what was written before.
            if std::mem::replace(&mut event, self.state.runs[position].event) != event {
                (stopped, has_failed) = (false, false);
            }
            let run = &self.state.runs[position];
            // Why an edit cannot act is known already.
            let is_answered =
                has_failed && table::named(&run.name).is_some_and(AnyCommand::asks_how_things_are);
            let is_skipped = stopped || (has_failed && !is_answered);
            let is_skipped = is_skipped && (run.progress != Progress::Waiting || run.said.is_none());
            match run.progress.clone() {
                Progress::Waiting | Progress::Behind | Progress::Unjudged { .. } if is_skipped => {
                    let why = "an earlier command was refused, or did not end well.";
                    self.state.runs[position].end(CommandReply::new(CommandStatus::Skipped, "skipped", why));
                }
                Progress::Waiting | Progress::Behind | Progress::Unjudged { .. } => {
                    if !self.waits_for_what_is_above(position).await? {
                        self.begin(position, &asker).await?;
                    }
                }
                Progress::Asked { since, goal } => self.ask_after(position, since, goal).await?,
                Progress::Following { environment, deploy, goal } => {
                    self.follow(position, (&environment, deploy), goal).await?;
                }
                Progress::Judging { after } => self.look_for_verdict(position, after).await?,
                Progress::Confirming { number } => self.look_for_confirmation(position, number).await?,
                Progress::Ended => {}
            }
            let run = &self.state.runs[position];
            // How things are is most worth knowing where something has failed.
            let status = run.said.as_ref().filter(|it| it.code != EDITED).map(|it| it.status);
            has_failed |= status == Some(CommandStatus::Failed);
            stopped |= status.is_some_and(|it| it.stops() && it != CommandStatus::Failed);
            // What comes behind waits until it is known whether this one is refused.
            let is_open = matches!(run.progress, Progress::Asked { .. } | Progress::Judging { .. });
            if is_open || matches!(run.progress, Progress::Unjudged { .. }) {
                break;
            }
            // What is written below may ask for what this one stores.
            if std::mem::take(&mut self.stores_first) && self.state.goes_on() {
                self.changes.push(Change::Mark(self.item()));
                break;
            }
        }
        Ok(())
    }

    /// Whether it is one of many by a stranger, who could use up what GitHub lets us ask: nothing is done about it.
    pub(super) async fn is_noise(&mut self) -> Result<bool, WorkError> {
        let (author, id) = (self.state.author.clone(), self.state.author_id);
        let since = self.state.created_at - HOUR;
        if self.ctx.store.commands_since(self.place.id, &author, since).await? < COMMENTS_OF_STRANGERS {
            return Ok(false);
        }
        let asker = Asker::new(self.ctx, self.repository, UserKey { login: &author, id });
        let standing = asker.standing_here().await?;
        let is_noise = matches!(standing, Standing::Nobody | Standing::Stranger);
        if is_noise {
            self.forget();
            self.state.runs.clear();
        }
        Ok(is_noise)
    }

    /// Strangers get no words, and who may only read not always.
    async fn decide_on_words(&mut self, asker: &Asker<'_>) -> Result<(), WorkError> {
        let (ctx, id) = (self.ctx, self.place.id);
        let without_words = match asker.standing_here().await? {
            Standing::Nobody | Standing::Stranger => true,
            Standing::Role(role) if role < RepositoryRole::Write && self.replied_at.is_none() => {
                let since = ctx.now() - HOUR;
                let replies = ctx.store.replies_since(id, &self.state.author, since).await?;
                replies >= REPLIES_TO_READERS
            }
            Standing::Role(_) => false,
        };
        self.state.without_words = Some(without_words);
        Ok(())
    }

    async fn begin(&mut self, position: usize, asker: &Asker<'_>) -> Result<(), WorkError> {
        let run = &self.state.runs[position];
        let intent = run.intent.clone();
        let known = table::named(&run.name).zip(run.invocation.clone());
        let Some((command, invocation)) = known else {
            // A later version has had it.
            let said = CommandReply::new(
                CommandStatus::NotUnderstood,
                "unknown_command",
                "this version does not know it.",
            );
            self.state.runs[position].end(said);
            return Ok(());
        };
        let spec = command.spec();
        let pull = if self.state.is_pull_request {
            self.ctx.store.pull(self.place.id, self.place.number).await?
        } else {
            None
        };
        let path = std::sync::Arc::clone(&self.config.path);
        let (arguments, environment) = match bound(spec, (&invocation, self.dialect.prefix), &path) {
            Ok(bound) => bound,
            Err(error) => {
                self.state.runs[position].end(mistake(&error));
                return Ok(());
            }
        };
        let (dialect, delivery) = (self.dialect, self.state.delivery.clone());
        let call = Call {
            ctx: self.ctx,
            repository: self.repository,
            path: &path,
            dialect: &dialect,
            specs: self.specs,
            asker,
            number: self.place.number,
            is_pull_request: self.state.is_pull_request,
            pull: pull.as_ref(),
            seen_at: self.state.created_at,
            key: &command_key(self.place.number, self.place.comment, position),
            delivery: &delivery,
            spec,
            invocation: &invocation,
            arguments: &arguments,
            intent: intent.as_deref().map(|what| Intent { what, may_be_done: true }),
            environment,
        };
        self.decide(position, command, &call).await
    }

    /// Carries a command out where it may be given, and where it was.
    async fn decide(
        &mut self,
        position: usize,
        command: &dyn AnyCommand,
        call: &Call<'_>,
    ) -> Result<(), WorkError> {
        let spec = call.spec;
        // What is said of one that waits for its verdict is no reason against it.
        let run = &mut self.state.runs[position];
        let by_edit = run.said.take_if(|_| run.progress == Progress::Waiting);
        let names_something = call.environment.is_some() || call.arguments.asks_about_something();
        let said = by_edit.or_else(|| self.is_out_of_place(spec, call.pull, names_something));
        if let Some(said) = said.or_else(|| self.is_too_old(spec)) {
            return self.refuse(position, call, said).await;
        }
        let about = call.environment.or_else(|| environment_of(call.pull, call.path));
        if call.lacks_pull() && self.awaits_verdict(position) {
            return Ok(());
        }
        let need = command.need(call).unwrap_or_else(|| {
            Need::of(spec.name, spec.right, about.filter(|_| spec.kind == Kind::Act), call.path)
        });
        if let Some(said) = call.may_not(&need, self.config).await? {
            return self.refuse(position, call, said).await;
        }
        // Who may act is always answered, also a stranger who is in a team.
        if spec.kind == Kind::Act {
            self.state.without_words = Some(false);
        }
        self.carry_out(position, command, call).await
    }

    /// Ends a command that is not carried out. The audit log tells of each that acts, but for those of strangers, who could
    /// fill it.
    async fn refuse(
        &mut self,
        position: usize,
        call: &Call<'_>,
        said: CommandReply,
    ) -> Result<(), WorkError> {
        let said = call.with_commits(said).await?;
        if call.spec.kind == Kind::Act && matches!(call.asker.standing_here().await?, Standing::Role(_)) {
            let entry = call.audited(&said, call.asker).await?;
            // What was asked for is nowhere else, since nothing came of it.
            let written: String = call.written().chars().take(WRITTEN_MAX).collect();
            let result = format!("{written}: {}", entry.result);
            self.changes.push(Change::Audit(Box::new(AuditEntry { result, ..entry })));
        }
        self.state.runs[position].end(said);
        Ok(())
    }

    async fn carry_out(
        &mut self,
        position: usize,
        command: &dyn AnyCommand,
        call: &Call<'_>,
    ) -> Result<(), WorkError> {
        let now = self.ctx.now();
        let mut step = if call.lacks_pull() { Step::AwaitVerdict } else { command.run(call).await? };
        if let Step::Intend(intent) = step {
            self.state.runs[position].intent = Some(intent.clone());
            self.note().await?;
            let intent = Some(Intent { what: &intent, may_be_done: false });
            step = command.run(&Call { intent, ..*call }).await?;
        }
        let step = match step {
            Step::AwaitVerdict if self.awaits_verdict(position) => return Ok(()),
            Step::AwaitVerdict => never_judged(call.spec),
            step => step,
        };
        let run = &mut self.state.runs[position];
        match step {
            Step::Ended(said, changes) => {
                let said = call.with_commits(said).await?;
                if call.spec.kind == Kind::Act {
                    let entry = call.audited(&said, call.asker).await?;
                    self.changes.push(Change::Audit(Box::new(entry)));
                }
                self.stores_first |= !changes.is_empty();
                self.changes.extend(changes);
                run.end(said);
                if command.may_change_verdict() {
                    self.ask_for_next_verdict(position, call.pull);
                }
            }
            Step::Answered(said) => run.end(said),
            Step::Ask { environment, act, goal } => {
                let origin = CommandOrigin {
                    number: self.place.number,
                    comment: self.place.comment,
                    position,
                    role: call.asker.role().await?,
                    seen_at: self.ctx.api.our_time_of(call.seen_at),
                    delivery: Some(call.delivery.to_owned()),
                };
                let row = RequestedActRow {
                    id: RequestedActId(0),
                    repository: self.place.id,
                    environment,
                    act,
                    origin: Some(origin),
                    made_at: now,
                    progress: None,
                    outcome: None,
                };
                self.changes.push(Change::RequestAct(Box::new(row)));
                run.progress = Progress::Asked { since: now, goal };
            }
            Step::Confirm { number, said, changes } => {
                let said = call.with_commits(said).await?;
                let entry = call.audited(&said, call.asker).await?;
                self.changes.push(Change::Audit(Box::new(entry)));
                self.changes.extend(changes);
                run.progress = Progress::Confirming { number };
                run.said = Some(said);
            }
            Step::Intend(_) => {
                return Err(WorkError::give_up("a command does not do what it is about to do"));
            }
            Step::AwaitVerdict | Step::Judge => {
                self.changes.extend(judged_again(self.place, call.pull));
                run.progress = Progress::Judging { after: call.pull.map_or(0, |pull| pull.judged_version) };
            }
        }
        Ok(())
    }

    /// Why an act comes too late: the server was down, or GitHub was, and nobody expects it any more.
    fn is_too_old(&self, spec: &Spec) -> Option<CommandReply> {
        let age = self.ctx.now().since(self.ctx.api.our_time_of(self.state.created_at));
        let why = why_too_old(age).filter(|_| spec.kind == Kind::Act)?;
        Some(refused("too_old", spec.unchanged, &format!("{}.", capitalized(&why))))
    }

    /// Why a command cannot be given where it was.
    fn is_out_of_place(
        &self,
        spec: &Spec,
        pull: Option<&JudgedPull>,
        names_something: bool,
    ) -> Option<CommandReply> {
        let needs_pull_request = match spec.works_on {
            WorksOn::Anywhere => false,
            WorksOn::PullRequestsOrNamed => !names_something,
            WorksOn::PullRequests | WorksOn::OpenPullRequests => true,
        };
        if needs_pull_request && !self.state.is_pull_request {
            let or = match spec.works_on {
                WorksOn::PullRequestsOrNamed => ", or name what you ask about",
                _ => "",
            };
            let why = format!("This is an issue; write it on a pull request{or}.");
            return Some(refused("not_here", spec.unchanged, &why));
        }
        let is_closed = pull.is_some_and(|it| it.pull.state != PullRequestState::Open);
        let needs_open = spec.works_on == WorksOn::OpenPullRequests;
        (needs_open && is_closed).then(|| refused("not_open", spec.unchanged, "The pull request is closed."))
    }

    /// What has become of an act that was asked for.
    async fn ask_after(&mut self, position: usize, since: UnixMillis, goal: Goal) -> Result<(), WorkError> {
        let super::Place { id, number, comment } = self.place;
        let key = command_key(number, comment, position);
        let row = self.ctx.store.act_of_command(id, &key).await?;
        let run = &mut self.state.runs[position];
        let Some(row) = row else {
            return Err(WorkError::give_up("an act that a command has asked for is gone"));
        };
        let Some(outcome) = row.outcome else {
            let words = row.progress.as_deref().map(report::plain_text);
            let late = self.ctx.now().since(since) >= PATIENCE;
            let begun = words.map(|words| CommandReply::new(CommandStatus::Started, "started", words));
            let waits = || {
                let words = "it was not begun, because other work goes first.";
                CommandReply::new(CommandStatus::Waiting, "waits", words).next("This reply tells when it is.")
            };
            if let Some(said) = begun.or_else(|| late.then(waits)) {
                run.said = Some(said);
            }
            return Ok(());
        };
        let words = report::plain_text(&outcome.words);
        let spec = table::named(&run.name).map(super::call::AnyCommand::spec);
        let unchanged = spec.map_or("nothing was done", |it| it.unchanged);
        let next = outcome.next.as_deref().map(report::plain_text);
        let told = |said: CommandReply| {
            let said = said.commits(outcome.head, outcome.base);
            next.clone().into_iter().fold(said, CommandReply::next)
        };
        match (outcome.accepted, outcome.deploy) {
            (false, _) => {
                run.end(told(refused("refused", unchanged, &format!("{}.", capitalized(&words)))));
            }
            (true, None) => {
                run.end(told(CommandReply::new(CommandStatus::Done, "done", format!("{words}."))));
                if table::named(&run.name).is_some_and(AnyCommand::may_change_verdict) {
                    let pull = self.ctx.store.pull(id, number).await?;
                    self.ask_for_next_verdict(position, pull.as_ref());
                }
            }
            (true, Some(deploy)) => {
                let said = CommandReply::new(CommandStatus::Started, "started", format!("{words}."));
                run.said = Some(told(said).next(TELLS_THE_END));
                run.progress = Progress::Following { environment: row.environment.clone(), deploy, goal };
                self.follow(position, (&row.environment, deploy), goal).await?;
            }
        }
        Ok(())
    }
}

fn bound<'p>(
    spec: &Spec,
    (invocation, prefix): (&Invocation, &str),
    path: &'p PromotionPath,
) -> Result<(Arguments, Option<&'p Environment>), CommandError> {
    let arguments = bind(spec, invocation, prefix)?;
    let mut environment = arguments.environment_if_named(path)?;
    if let Some(Subject::Environment(subject)) = arguments.subject(path)? {
        environment = Some(subject);
    }
    if let Some(place) = arguments.place(path)? {
        environment = Some(place.environment);
    }
    arguments.from(path)?;
    Ok((arguments, environment))
}

impl Call<'_> {
    /// The same with the commits of the pull request that an act was asked for on, where it names none.
    async fn with_commits(&self, said: CommandReply) -> Result<CommandReply, WorkError> {
        let Some(pull) = self.pull.filter(|_| self.spec.kind == Kind::Act) else { return Ok(said) };
        let on = CommentedOn::of(self.ctx, pull).await?;
        let (head, base) = (said.head.or(on.head), said.base.or(on.base));
        Ok(said.commits(head, base))
    }

    /// What the audit log says of it.
    pub(super) async fn audited(
        &self,
        said: &CommandReply,
        asker: &Asker<'_>,
    ) -> Result<AuditEntry, WorkError> {
        Ok(AuditEntry {
            at: self.ctx.now(),
            actor: asker.login.to_owned(),
            role: asker.role().await?,
            action: self.spec.name.to_owned(),
            repository: self.repository.id,
            environment: self.environment.map(|it| it.name.clone()),
            pull_request: Some(self.number),
            reason: self.arguments.reason().map(str::to_owned),
            head: said.head,
            base: said.base,
            done: !said.status.stops(),
            result: said.outcome.clone(),
            delivery: Some(self.delivery.to_owned()),
        })
    }
}
