//! A platform that fits into a test: the API by which Adobe Commerce on cloud infrastructure is deployed, with projects,
//! environments, a source integration, activities and their logs, over HTTP on a loopback port.
//!
//! [`Platform`] is the whole of it. Each project has a git repository of its own, whose branches are its environments, so
//! that the trees that it says it has deployed are git's. It deploys nothing: whoever tells the story says how far an
//! activity has come, and the API shows it.
//!
//! ```no_run
//! # async fn story(repo: &towpath_sandbox::RepoHandle) -> Result<(), Box<dyn std::error::Error>> {
//! use towpath_sandbox::platform::{Config, Ending, Platform, Role};
//!
//! let platform = Platform::start(Config::default()).await?;
//! let project = platform.project("abc123").environment("staging").create().await?;
//! platform.api_token("a token", &["abc123"], Role::Admin);
//! project.integrate();
//! let pushed = project.fetch(repo).await?;
//! pushed[0].starts()?.says("Building application 'app' (runtime type: php:8.3, tree: 9851a01)");
//! pushed[0].ends(Ending::success())?;
//! # Ok(()) }
//! ```
//!
//! Paths, fields and words are those of the platform's public API; what is not needed to deploy and to watch a deploy is
//! left out. `merge`, `synchronize`, `deactivate`, `activate` and deletions are there to be seen: they are noted and do
//! nothing.
//!
//! Without an integration the platform is pushed to. [`Platform::ssh`] is a program that takes the place of ssh: it lets in whoever
//! shows a certificate of the platform's, and runs git here. A push becomes an activity with the next request to the API.
//!
//! `world` is what is known, `hub` what all share, `code` is git, `remote` how it is pushed to, `certifier` makes certificates for that, `shape` the API's JSON; `logs` sends what is logged while it
//! is logged, `handles` are the verbs of a story, `routes` answers, `server` listens, `face` starts it.

mod certifier;
mod code;
mod face;
mod handles;
mod hub;
mod logs;
mod remote;
mod routes;
mod server;
mod shape;
mod world;

pub use face::{Config, Platform};
pub use handles::{ActivityHandle, Ending, NewProject, ProjectHandle};
pub use hub::Asked;
pub use world::{ActivityState, Role};
