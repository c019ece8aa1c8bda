//! Towpath keeps every change of a repository on the path integration → staging → production → master.
//!
//! Each module is a room. Its front page says what lives there, what does not, and which file to open first. Arrows go
//! one way: `tests/architecture` holds which room may use which. Read them in this order:
//!
//! 1. [`model`]: the words that all others speak.
//! 2. [`lineage`] asks git, [`policy`] judges, [`report`] words the verdict. That is a check from end to end.
//! 3. [`commands`]: what people may say in comments, and who may say it.
//! 4. [`commerce`]: what the files and the deploys of Adobe Commerce on cloud infrastructure say.
//! 5. [`deploy`]: the queue of deploys, and those who carry them out. [`process`] ends the programs that it runs,
//!    [`tls`] encrypts its calls.
//! 6. [`store`] is what is on disk, [`github`] is GitHub's API and its webhooks, [`metrics`] are the numbers of all of it,
//!    [`traces`] tell which work a delivery has given rise to.
//! 7. [`engine`] brings all of these together. It is the only room where pure code meets I/O.
//! 8. [`web`] puts HTTP around it. [`demo`] tells a story with it, [`cli`] is the command line.
//!
//! `docs/architecture.md` tells the way of an event through them, on two pages.

#[doc(inline)]
pub use towpath_core::{
    commands, commerce, deploy, lineage, metrics, model, policy, process, report, store, tls, traces,
};

#[doc(inline)]
pub use towpath_server::{engine, github, web};

#[doc(inline)]
pub use towpath_cli::cli;

#[cfg(feature = "demo")]
pub mod demo;
