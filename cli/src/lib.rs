//! The command line of Towpath. The crate `towpath` has it under the same name, and says in which order to read the rooms.
//!
//! It is a crate of its own so that it is compiled while the embedded GitHub is, which it does not know. And cargo begins first
//! what most others wait for: since this waits for the rooms of the server, they are begun before the embedded GitHub.

pub mod cli;

// So that a path does not tell in which crate a room lies.
use towpath_core::{commands, commerce, deploy, lineage, model, report, store, traces};
use towpath_server::{engine, github, web};
