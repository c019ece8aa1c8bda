//! What is done for each kind of unit. All of it can be done again at any time with the same result.

mod affected;
mod app;
mod asked;
mod backfill;
mod branch;
mod button;
mod configuration;
mod copy;
mod effect;
mod environment;
mod gate;
mod group;
mod installation;
mod introduction;
mod news;
mod proposal;
mod pull;
mod reconfigured;
mod repository;
mod rewrite;
mod runs;
mod shown;
mod stack;
mod whereabouts;
mod withdrawal;

pub(super) use environment::{ToldNumbers, report_of};

use super::context::{EngineContext, WorkError};
use crate::store::{Change, Lease, Unit};

/// Works on a unit; the answer is what is to be stored.
pub(super) async fn run(context: &EngineContext, lease: &Lease) -> Result<Vec<Change>, WorkError> {
    match &lease.unit {
        Unit::App => app::run(context, &lease.unit).await,
        Unit::Installation(id) => installation::run(context, &lease.unit, *id).await,
        Unit::Repository(id) => repository::run(context, &lease.unit, *id).await,
        Unit::Configuration(id) => configuration::run(context, *id).await,
        Unit::Proposal(id, number) => proposal::run(context, *id, *number).await,
        Unit::Branch(id, branch) => branch::run(context, &lease.unit, *id, branch).await,
        Unit::Backfill(id, branch) => backfill::run(context, *id, branch).await,
        Unit::Environment(id, name) => environment::run(context, lease, *id, name).await,
        Unit::Runs(id) => runs::run(context, &lease.unit, *id).await,
        Unit::Gate(id, run, name) => gate::run(context, lease, *id, *run, name).await,
        Unit::Whereabouts(id, number) => whereabouts::run(context, *id, *number).await,
        Unit::Copy(id) => copy::run(context, *id).await,
        Unit::BranchRewrite(id, branch) => rewrite::run(context, *id, branch).await,
        Unit::Group(id, head, base) => group::run(context, &lease.unit, *id, *head, base).await,
        Unit::Button(id, check) => button::run(context, &lease.unit, *id, *check).await,
        Unit::Pull(id, number) => pull::run(context, &lease.unit, *id, *number).await,
        Unit::Stack(id, number) => stack::run(context, *id, *number).await,
        Unit::Check(id, ..)
        | Unit::ConfigurationCheck(id, _)
        | Unit::CopyCheck(id, _)
        | Unit::Alarm(id)
        | Unit::BranchAlarm(id, _)
        | Unit::Comment(id, _) => effect::run(context, lease, *id).await,
    }
}
