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

use super::room::{Room, Trouble};
use crate::store::{Change, Lease, Unit};

/// Works on a unit; the answer is what is to be stored.
pub(super) async fn run(room: &Room, lease: &Lease) -> Result<Vec<Change>, Trouble> {
    match &lease.unit {
        Unit::App => app::run(room, &lease.unit).await,
        Unit::Installation(id) => installation::run(room, &lease.unit, *id).await,
        Unit::Repository(id) => repository::run(room, &lease.unit, *id).await,
        Unit::Configuration(id) => configuration::run(room, *id).await,
        Unit::Proposal(id, number) => proposal::run(room, *id, *number).await,
        Unit::Branch(id, branch) => branch::run(room, &lease.unit, *id, branch).await,
        Unit::Backfill(id, branch) => backfill::run(room, *id, branch).await,
        Unit::Environment(id, name) => environment::run(room, lease, *id, name).await,
        Unit::Runs(id) => runs::run(room, &lease.unit, *id).await,
        Unit::Gate(id, run, name) => gate::run(room, lease, *id, *run, name).await,
        Unit::Whereabouts(id, number) => whereabouts::run(room, *id, *number).await,
        Unit::Copy(id) => copy::run(room, *id).await,
        Unit::BranchRewrite(id, branch) => rewrite::run(room, *id, branch).await,
        Unit::Group(id, head, base) => group::run(room, &lease.unit, *id, *head, base).await,
        Unit::Button(id, check) => button::run(room, &lease.unit, *id, *check).await,
        Unit::Pull(id, number) => pull::run(room, &lease.unit, *id, *number).await,
        Unit::Stack(id, number) => stack::run(room, *id, *number).await,
        Unit::Check(id, ..)
        | Unit::ConfigurationCheck(id, _)
        | Unit::CopyCheck(id, _)
        | Unit::Alarm(id)
        | Unit::BranchAlarm(id, _)
        | Unit::Comment(id, _) => effect::run(room, lease, *id).await,
    }
}
