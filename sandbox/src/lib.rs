//! A GitHub that fits into a test: real git repositories, REST, webhooks sent of its own accord,
//! app authentication, failures on order; in one process, on a loopback port, without network.
//!
//! [`Sandbox`] is the whole of it. People act through verbs that read like prose and end with
//! `.await`; programs act over HTTP, as on GitHub.
//!
//! ```no_run
//! # async fn story() -> Result<(), Box<dyn std::error::Error>> {
//! use towpath_sandbox::{AppConfig, Config, Method, Sandbox};
//!
//! let github = Sandbox::start(Config::default()).await?;
//! let repo = github.repository("acme/store").create().await?;
//! repo.commit_on("main").orphan().file("README", "A store\n").by("ana").await?;
//! repo.commit_on("feature/cart").from("main").file("cart.txt", "one\n").by("ana").await?;
//! let app = github.app(AppConfig::new("checker").permission("checks", "write")).await?;
//! app.install("acme").on([&repo]).await?;
//! let pull = repo.open_pull("feature/cart").into("main").by("ana").await?;
//! pull.merge(Method::Merge).by("rita").await?;
//! # Ok(()) }
//! ```
//!
//! Lives here: what GitHub is seen to do by those who call it and by those whom it calls. Four layers, each of which uses
//! those before it: `git` (repositories) and `model` (what is known of everything else); `shape`, the model in GitHub's
//! JSON, and `webhooks`, which send it; `acts`, what can be done; and the ways to ask for it: `rest`, `smart_http`, `page`
//! and `verbs`. `hub` is what they share. `platform` is another stand-in beside it: that of the
//! platform on which shops of Adobe Commerce run. `faults` plants failures, `contract` holds all traffic against GitHub's own
//! description.
//!
//! Does not live here: anything about the programs that are tested with it.
//!
//! Open first: `sandbox.rs`, which starts it; then `acts/merging.rs`, as an example of an act.

mod acts;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod cut_short;
mod faults;
mod git;
mod hub;
mod inflate;
mod model;
mod office;
mod page;
pub mod platform;
mod programs;
mod recorder;
mod refused;
mod rest;
mod sandbox;
mod server;
mod shape;
mod smart_http;
mod verbs;
mod webhooks;

pub use acts::apps::AppConfig;
pub use acts::merging::{FastForward, Merged, Method};
pub use acts::queue::MergeGroup;
pub use clock::{Clock, ManualClock, SystemClock};
pub use faults::{Fault, Faults, HookMatcher, Order, RestMatcher};
pub use model::{AccountKind, BypassMode, Cancelling, Permission, ReviewVerdict};
pub use programs::write_program;
pub use recorder::{Exchange, SentWebhook};
pub use refused::Refused;
pub use sandbox::{Config, Error, Sandbox};
pub use verbs::*;
