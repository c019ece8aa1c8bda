//! Deploys: when one is made, which goes next, what reports on it change, who carries it out.
//!
//! Lives here: the state machine of an environment's deploys ([`DeployQueue`], pure), what a build is known by
//! ([`slug`]), what the operator allows ([`operator`]), and one file for each way to carry a deploy out
//! ([`drivers`]).
//!
//! Does not live here: when to look and what to store (`engine`), words (`report`), GitHub's REST (`github`): drivers
//! that need GitHub ask for it by a trait.

mod allowed_addresses;
mod deploy_queue;
pub mod drivers;
mod endpoint;
pub mod operator;
mod report;
mod setting_names;
pub mod slug;

pub use deploy_queue::{CancelAnswer, CarriedOutBy, DeployQueue, Limits, RollbackPlan, Wanted};
pub use endpoint::Endpoint;
pub use report::{DeployReport, ReportedState};
pub use setting_names::{AllowedNames, PREFIX as SETTING_PREFIX};

#[cfg(test)]
mod samples;
