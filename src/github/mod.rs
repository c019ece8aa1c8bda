//! GitHub: verification and events coming in, the REST client going out.
//!
//! Lives here: webhook signatures, the shapes of the events and answers we read, App and installation
//! authentication, one classified error for everything a call can end with. Nothing above this room
//! knows octocrab. Entered by `engine` alone.
//!
//! Does not live here: retries (the engine has the one policy), decisions, storage.

mod access;
mod actions;
mod api;
mod app;
mod blocking;
mod bounded;
mod calls;
mod deployments;
mod error;
pub mod events;
mod jwt;
mod paging;
mod pulls;
mod pulls_between;
mod refs;
mod repositories;
mod signature;
mod single_flight;
mod stacks;
mod tokens;

pub use access::{Access, AccessState};
pub use actions::{WorkflowJob, WorkflowRun, WorkflowStep};
pub use api::{Api, ApiConfig, Caller, Now};
pub use app::RegisteredApp;
pub(crate) use blocking::off_the_runtime;
pub use calls::{
    CheckRunAction, CheckRunAnnotation, CheckRunBody, CheckRunOutput, Entry, FailedDelivery, Installation,
    Pull, PullEnd, PullEndRepository, Repository, User,
};
pub use deployments::{
    DESCRIPTION_MAX, DeploymentProtectionAnswer, MadeDeployment, NewDeployment, NewStatus, SaidStatus,
    is_keyed,
};
pub use error::{ApiError, RetryAdvice};
pub use jwt::{AppKey, InvalidKey};
pub use pulls::NewPull;
pub use refs::BranchRule;
pub use signature::{Secret, Signature, SignatureError, Verifier};
pub(crate) use single_flight::SingleFlight;
pub use tokens::Scope;
