//! HTTP: the webhook, the probes, and the server under them.
//!
//! Lives here: reading requests within bounds of size and time, and turning what the engine says into
//! statuses. Uses `engine` only.
//!
//! Does not live here: verification, storage, decisions.

mod body;
mod connection;
mod crowd;
mod file_body;
mod manifest;
mod routes;
mod server;
mod setup;

pub use body::Limits;
pub use server::{BindError, Server};
