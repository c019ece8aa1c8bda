//! A comment with commands: read, acknowledged, carried out in order, answered with a reaction and one reply.
//!
//! The comment is the work item, so its commands never run twice at once. What a command changes is stored together with
//! how far it has come; an act on an environment is asked for under a key of the command's own, and the environment takes
//! it up once. Killed anywhere in between, it goes on where it was.
//!
//! `read.rs` reads what events tell, `table.rs` has the commands, `people.rs` asks who somebody is, `seen.rs` whether
//! things are as they were when the comment was written, `verdict_first.rs` lets a command wait for the verdict, `in_order.rs`
//! for what is written above it, `go_on.rs` carries commands on, `answer.rs` reacts and replies.
//! Each command has a file of its own.

mod activate;
mod answer;
mod call;
mod cancel;
mod carried;
mod check;
mod confirm_override;
mod deactivate;
mod deploy;
mod follow;
mod freeze;
mod go_on;
mod help;
mod hotfix;
mod in_order;
mod lock;
mod override_finding;
mod people;
mod promote;
mod read;
mod ready;
mod rebuild;
mod refusal;
mod resume;
mod retarget;
mod right;
mod rollback;
mod seen;
mod signoff;
mod state;
mod sync;
mod table;
mod thaw;
mod ticket;
mod topic_then;
mod unlock;
mod verdict_first;
mod vouch;
mod where_is;
mod why;

use super::pending_deliveries::PendingDeliveries;
use super::propose_configuration::PROPOSES_CONFIGURATION;
use crate::commands::grammar::{Dialect, FreeText};
use crate::commands::spec::{Kind, Spec, docs};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::comment_events::CommentEvent;
use crate::model::config::RepositoryConfig;
use crate::model::{CommentKey, PullNumber, RepositoryId};
use crate::store::{Change, CommandRow, Lease, RepositoryRow, RepositoryState, WorkItem};
pub(super) use people::Asker;
pub(super) use right::Right;
pub(super) use signoff::made_a_change;
use state::{CommandRun, CommentState};
use std::time::Duration;

/// The events that tell of comments.
const EVENTS: [&str; 3] = ["issue_comment", "pull_request_review", "pull_request_review_comment"];

/// How long an act that was asked for is given before it is said that it is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every command says of itself.
pub(in crate::engine) fn specs() -> Vec<Spec> {
    table::specs()
}

/// The Markdown of `docs/commands.md`.
pub fn command_documentation() -> String {
    docs(&specs())
}

/// What the audit log calls the acts that are in it, in the order of the documentation.
pub fn act_names() -> Vec<&'static str> {
    let acts = specs().into_iter().filter(|spec| spec.kind == Kind::Act);
    acts.map(|spec| spec.name).chain([PROPOSES_CONFIGURATION]).collect()
}

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
    number: PullNumber,
    comment: CommentKey,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, &lease.item).await?;
    let processed = pending.processed(&lease.item);
    let (events, _) = pending.events::<CommentEvent>(&EVENTS);
    let (known, introduced) = pending.repository(ctx, id).await?.unzip();
    let mut changes: Vec<Change> = introduced.flatten().into_iter().collect();
    let Some(repository) = known.filter(|row| row.state == RepositoryState::Active) else {
        changes.extend(processed);
        return Ok(changes);
    };
    let row = ctx.store.command(id, number, comment).await?;
    let before = match &row {
        Some(row) => Some(serde_json::from_str(&row.state).map_err(|error| {
            WorkError::give_up("the stored state of a comment cannot be read").caused_by(error)
        })?),
        None => None,
    };
    let config = ctx.repository_config(&repository).await?;
    let handle = ctx.handle().await?;
    let specs = table::specs();
    let names: Vec<&str> = specs.iter().map(|it| it.name).collect();
    let free_text: Vec<FreeText> = specs.iter().filter_map(Spec::free_text).collect();
    let prefix = &config.path.command_prefix;
    let dialect = Dialect { prefix, handle: &handle, names: &names, free_text: &free_text };
    changes.extend(processed);
    if matches!(comment, CommentKey::Review(_)) && !events.is_empty() {
        // Besides its commands it says yes or no.
        changes.push(Change::Mark(WorkItem::Reviews(id, number)));
    }
    let ended =
        before.iter().flat_map(|state: &CommentState| &state.runs).map(CommandRun::has_ended).collect();
    let state = events
        .iter()
        .fold(before, |state, (delivery, event)| read::read(state, event, &delivery.guid, &dialect));
    let Some(state) = state else { return Ok(changes) };
    let place = Place { id, number, comment };
    let replied_at = row.and_then(|row| row.replied_at);
    let mut work = CommentWork {
        ctx,
        lease,
        repository: &repository,
        config: &config,
        dialect,
        specs: &specs,
        place,
        state,
        replied_at,
        changes,
        stores_first: false,
    };
    let outcome = work.carry_on().await;
    count_ended(ctx, &work.state, ended, &names);
    let kept = work.into_changes()?;
    match outcome {
        Ok(()) => Ok(kept),
        Err(error) => Err(WorkError { changes: kept, ..error }),
    }
}

/// Counts the commands that have come to their end, but for those that had before.
fn count_ended(ctx: &EngineContext, state: &CommentState, ended: Vec<bool>, names: &[&'static str]) {
    let before = ended.into_iter().chain(std::iter::repeat(false));
    for (run, _) in state.runs.iter().zip(before).filter(|(run, before)| run.has_ended() && !before) {
        let name = names.iter().find(|name| **name == run.name).copied().unwrap_or("other");
        ctx.tally.metrics().note_command(name, run.result());
    }
}

/// Which comment it is.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: RepositoryId,
    number: PullNumber,
    comment: CommentKey,
}

/// One look at a comment.
struct CommentWork<'a> {
    ctx: &'a EngineContext,
    lease: &'a Lease,
    repository: &'a RepositoryRow,
    config: &'a RepositoryConfig,
    dialect: Dialect<'a>,
    specs: &'a [Spec],
    place: Place,
    state: CommentState,
    replied_at: Option<crate::model::UnixMillis>,
    changes: Vec<Change>,
    /// Whether a command has something stored before the next one is begun.
    stores_first: bool,
}

impl CommentWork<'_> {
    async fn carry_on(&mut self) -> Result<(), WorkError> {
        if self.state.without_words.is_none() && !self.state.deleted && self.is_noise().await? {
            return Ok(());
        }
        if !self.acknowledge().await? {
            return Ok(());
        }
        if self.state.deleted {
            self.forget();
            return Ok(());
        }
        self.go_on().await?;
        self.answer().await
    }

    /// Keeps how far it has come, in the middle of the work.
    async fn note(&mut self) -> Result<(), WorkError> {
        let row = self.row()?;
        if !self.ctx.store.note(self.lease, vec![row], self.ctx.now()).await? {
            return Err(WorkError::later("the lease was lost in the middle of a command"));
        }
        Ok(())
    }

    /// All that has changed.
    fn into_changes(self) -> Result<Vec<Change>, WorkError> {
        let row = self.row()?;
        let mut changes = self.changes;
        changes.push(row);
        Ok(changes)
    }

    /// The comment as it is to be kept.
    fn row(&self) -> Result<Change, WorkError> {
        let Place { id, number, comment } = self.place;
        let state = serde_json::to_string(&self.state).map_err(|error| {
            WorkError::give_up("the state of a comment cannot be written").caused_by(error)
        })?;
        let row = CommandRow {
            repository: id,
            number,
            comment,
            author: self.state.author.clone(),
            created_at: self.state.created_at,
            replied_at: self.replied_at,
            open: self.state.goes_on(),
            state,
        };
        Ok(Change::Command(Box::new(row)))
    }

    fn item(&self) -> WorkItem {
        WorkItem::Command(self.place.id, self.place.number, self.place.comment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::grammar::parse;
    use crate::commands::spec::bind;

    #[test]
    fn the_document_is_what_the_commands_say() {
        let written = include_str!("../../../../../docs/commands.md");
        let renew = "cargo run -- config commands > docs/commands.md";
        assert!(written == command_documentation(), "docs/commands.md is another; renew it: {renew}");
    }

    #[test]
    fn every_command_has_a_name_and_an_example_of_its_own() {
        let specs = specs();
        let names: Vec<&str> = specs.iter().map(|it| it.name).collect();
        let free_text: Vec<FreeText> = specs.iter().filter_map(Spec::free_text).collect();
        for spec in &specs {
            assert_eq!(names.iter().filter(|name| **name == spec.name).count(), 1, "{}", spec.name);
            for prefix in ["", "tp-"] {
                let dialect = Dialect { prefix, handle: "towpath", names: &names, free_text: &free_text };
                let read = parse(&spec.example(prefix), &dialect).remove(0).unwrap();
                assert_eq!(read.name, spec.name);
                bind(spec, &read, prefix).unwrap();
            }
        }
    }
}
