//! Numbers for whoever runs the server: counted where things happen, written as Prometheus reads them.
//!
//! Lives here: the list of all metrics ([`Metrics`]), and their text. `github` counts its requests, `engine` its work and
//! `web` the calls that come in.
//!
//! Does not live here: measuring what is counted by others, such as the queue or the disk: `engine::status` does that
//! when somebody asks. Names of repositories, people and branches: a label has one of a fixed list of values, or the
//! number of one of at most 50 installations.
//!
//! Open first: `registry.rs`, the list.

mod describe;
#[cfg(test)]
mod documents;
mod registry;
mod sample;

pub use describe::{Description, Kind};
pub use registry::{DeployPart, Metrics, Repair, WorkResult};
pub use sample::{Budget, Disk, INSTALLATIONS_SHOWN, Queue, Sample};
