//! Webhooks: rendered at the moment of the change that causes them (`emit`), delivered in order by one task in the
//! background (`desk`), each over HTTP and signed (`send`).

mod desk;
mod emit;
mod send;

pub(crate) use desk::run;
pub(crate) use emit::{Event, Scope};
pub(crate) use send::plain;
