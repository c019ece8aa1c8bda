//! What can be done on GitHub, by whatever way it is asked for: a REST call, a push, a person's verb. Each act changes
//! git and model together and causes the webhooks that GitHub would send.
//!
//! Does not live here: HTTP, permissions of tokens.
//!
//! Open first: `refs.rs`: most of what happens follows from a ref that moves.

pub(crate) mod accounts;
pub(crate) mod actions;
pub(crate) mod apps;
pub(crate) mod async_merges;
pub(crate) mod checks;
pub(crate) mod comments;
pub(crate) mod deploys;
mod following;
pub(crate) mod gates;
pub(crate) mod issues;
pub(crate) mod jobs;
pub(crate) mod locks;
pub(crate) mod manifests;
pub(crate) mod merging;
pub(crate) mod pulls;
pub(crate) mod queue;
pub(crate) mod refs;
pub(crate) mod repositories;
pub(crate) mod reviews;
pub(crate) mod runs;
pub(crate) mod stacks;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The person, or the bot of an app.
    pub(crate) account: u64,
    /// The app, if an app does it.
    pub(crate) app: Option<u64>,
}

impl Actor {
    /// A person.
    pub(crate) const fn person(account: u64) -> Self {
        Self { account, app: None }
    }
}
