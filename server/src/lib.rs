//! The rooms of Towpath that know GitHub: its API, the engine, and HTTP around it. The crate `towpath` has them under the same
//! names, and says in which order to read them.
//!
//! They are a crate of their own so that they are compiled while the embedded GitHub is, which only the rooms above them know.

pub mod engine;
pub mod github;
pub mod web;

// So that a path does not tell in which crate a room lies.
use towpath_core::{commands, commerce, deploy, lineage, metrics, model, policy, process, report, store};
