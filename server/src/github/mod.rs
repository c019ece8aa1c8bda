//! GitHub: verification and events coming in, the REST client going out.
//!
//! Lives here: webhook signatures, the shapes of the events and answers that are read, App and installation
//! authentication, one classified error for everything a call can end with. Nothing above this room knows octocrab.
//! `engine` makes the calls.
//!
//! Does not live here: retries (the engine has the one policy), decisions, storage.
//!
//! Open first: `api.rs`, how a call is sent; `events.rs`, what comes in. The other files have the calls by subject.
//!
//! octocrab is the transport. Its retries repeat POSTs, its token cache lets many callers fetch a token at once, its paging
//! sends credentials to other hosts, and it does not encode refs. So requests are built here. A call is sent once, and
//! once more if a token was refused or the address has moved. Every error says by its type whether trying again can help.
//!
//! octocrab's models are used where they take all that GitHub may say: for a rate limit, and for reactions, which are sent.
//! The others do not: its check runs have no buttons and no `external_id`; its enumerations refuse a word that GitHub adds
//! later, and with it the whole answer; an account that was deleted (`null`) or an address that an Enterprise Server leaves
//! out fails them. For those, and for events, this room has types of its own, which hold what is needed and no more.
//!
//! # Promises, and the tests that hold them
//!
//! - A payload, however well it is signed, leads git nowhere: `a_payload_of_an_unknown_repository_leads_git_nowhere`,
//!   `a_payload_leads_git_away_from_no_known_repository`. Of a repository an event is believed its number and no more;
//!   names and addresses come from the API, and whether an installation covers it from that installation's list.
//! - Other processes of the same user cannot read the server's environment, where its key is:
//!   `other_processes_of_the_same_user_cannot_read_its_environment`.

mod access;
mod actions;
mod api;
mod app;
mod blocking;
mod bounded;
mod branches;
mod caller;
mod calls;
mod check_annotations;
pub mod comment_events;
mod comments;
mod deployments;
mod endpoint;
mod error;
pub mod events;
mod job_logs;
mod jwt;
mod merging;
mod paging;
mod pulls;
mod pulls_between;
mod rate_limits;
mod refs;
mod registration;
mod repositories;
mod setup;
mod signature;
mod single_flight;
mod stacks;
mod tokens;

pub use access::{Access, AccessState};
pub use actions::{WorkflowJobJson, WorkflowRunJson, WorkflowStepJson};
pub use api::{Api, ApiConfig, Caller, Now};
pub use app::RegisteredAppJson;
pub(crate) use blocking::off_the_runtime;
pub use branches::{
    BranchJson, BranchProtectionJson, BranchRuleJson, DemandedCheckJson, DemandedChecksJson,
    RequiredCheckJson, RuleParametersJson, methods_of_rules,
};
pub use calls::{
    CheckRunAction, CheckRunBody, CheckRunOutput, EntryJson, FailedDeliveryJson, FoundCheckRun,
    InstallationJson, PullEndJson, PullEndRepositoryJson, PullJson, RepositoryJson, UserJson,
};
pub use check_annotations::CheckRunAnnotation;
pub use deployments::{
    DESCRIPTION_MAX, DeploymentProtectionAnswer, MadeDeployment, NewDeployment, NewStatus, SaidStatus,
    is_keyed,
};
pub use error::{ApiError, RetryAdvice};
pub use jwt::{AppKey, InvalidKey};
pub use merging::{
    CheckStandingJson, MergeStanding, MergeStateJson, ReviewEvent, ReviewJson, ReviewerJson, StatusJson,
};
pub use octocrab::models::reactions::ReactionContent;
pub use pulls::{CollaboratorJson, CollaboratorUserJson, NewPull, PermissionsJson};
pub use rate_limits::Budget;
pub use registration::{RegistrationJson, exchange_code};
pub use setup::{RepositorySettingsJson, RulesetJson, WebhookConfigJson};
pub use signature::{Secret, Signature, SignatureError, Verifier};
pub(crate) use single_flight::SingleFlight;
pub use tokens::Scope;
