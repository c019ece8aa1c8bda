//! Holds requests, answers and webhooks against GitHub's own descriptions.
//!
//! A stand-in is worth as much as its likeness. In tests every request that is made and every answer the stand-in gives
//! goes through [`Contract::check`], its webhooks through [`Contract::check_webhook`]; both judge by GitHub's official
//! `OpenAPI` description, reduced to what is used (see `sandbox/fixtures/README.md`). [`Contract::examples`] yields the
//! payloads GitHub itself has sent, for whoever receives webhooks.
//!
//! *Requests are held more strictly than GitHub holds them*: it ignores a property it does not know, and that is how a
//! misspelt one stays unnoticed. *Answers are held as described*: GitHub adds properties at any time.
//!
//! Lives here: the reading of the fixtures and the judging. Does not live here: the stand-in; this looks at it from the
//! outside and works as well on traffic with GitHub itself.

mod exchange;
mod explain;
mod operation;
mod schema;
mod violation;
mod webhook;

pub use exchange::Exchange;
pub use violation::{Kind, Violation};
pub use webhook::Example;

use std::sync::OnceLock;

use serde_json::Value;

use operation::Operations;
use webhook::Webhooks;

/// GitHub's description of its REST interface and its webhooks.
///
/// A description is read on its first use, and each schema in it is compiled on its own first use.
#[derive(Default)]
pub struct Contract {
    operations: OnceLock<Operations>,
    webhooks: OnceLock<Webhooks>,
}

impl Contract {
    /// The contract of github.com; the same one for the whole process.
    pub fn github() -> &'static Self {
        static GITHUB: OnceLock<Contract> = OnceLock::new();
        GITHUB.get_or_init(Self::default)
    }

    /// Whether a request is one that GitHub documents, and the answer one that GitHub could give.
    pub fn check(&self, exchange: &Exchange) -> Result<(), Violation> {
        exchange::check(self.operations(), exchange)
    }

    /// Whether GitHub could send this payload as this event.
    pub fn check_webhook(&self, event: &str, body: &Value) -> Result<(), Violation> {
        self.webhook_violations(event, body).into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that keeps a payload from being one of GitHub's; [`Contract::check_webhook`] tells the first.
    pub fn webhook_violations(&self, event: &str, body: &Value) -> Vec<Violation> {
        self.webhooks().check(event, body)
    }

    /// The payloads that were recorded from GitHub, all of them, in the order of their collection.
    pub fn examples() -> impl Iterator<Item = Example> {
        webhook::examples()
    }

    /// Compiles everything that otherwise waits for its first use and returns the number of schemas.
    ///
    /// Only a test of the fixtures needs this: it proves that no schema fails when its turn comes.
    pub fn compile_all(&self) -> usize {
        self.operations().compile_all() + self.webhooks().compile_all()
    }

    fn operations(&self) -> &Operations {
        self.operations.get_or_init(Operations::read)
    }

    fn webhooks(&self) -> &Webhooks {
        self.webhooks.get_or_init(Webhooks::read)
    }
}
