//! What is done for each kind of unit. All of it can be done again at any time with the same result.

mod app;
mod branch;
mod effect;
mod installation;
mod news;
mod pull;
mod repository;

use super::room::{Room, Trouble};
use crate::store::{Change, Lease, Unit};

/// Works on a unit; the answer is what is to be stored.
pub(super) async fn run(room: &Room, lease: &Lease) -> Result<Vec<Change>, Trouble> {
    match &lease.unit {
        Unit::App => app::run(room, &lease.unit).await,
        Unit::Installation(id) => installation::run(room, &lease.unit, *id).await,
        Unit::Repository(id) => repository::run(room, &lease.unit, *id).await,
        Unit::Branch(id, branch) => branch::run(room, &lease.unit, *id, branch).await,
        Unit::Pull(id, number) => pull::run(room, &lease.unit, *id, *number).await,
        Unit::Check(id, ..) | Unit::Comment(id, _) => effect::run(room, lease, *id).await,
    }
}
