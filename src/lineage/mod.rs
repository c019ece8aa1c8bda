//! The git graph: asking it, keeping a copy of it, remembering what it forgets.
//!
//! Lives here: [`Repository`] (one repository that can be asked for the history a verdict needs),
//! [`Mirror`] (a bare copy of a remote repository's commits, kept fresh), [`Ledger`] (which commit each
//! branch pointed at and when, which git itself does not keep), the commits that carry a repair out
//! ([`Rebuild`]), and the one place that runs git.
//!
//! Does not live here: what the history means for a pull request (`policy`), when to ask (`engine`).

mod back_merge;
mod carried;
mod checkout;
mod content;
mod copy;
mod default_branch;
mod elsewhere;
mod error;
mod fetched;
mod files;
mod generation;
mod git;
mod history;
mod ledger;
mod line;
mod line_parts;
mod lines;
mod may_be_there;
mod merge_effect;
mod mirror;
mod new_branch;
mod origins;
mod program;
mod promotion;
mod reach;
mod rebuild;
mod remote;
mod repository;
mod reverts;
mod snapshot;
mod snapshots;
mod there_already;
mod topic;
mod topic_range;
mod version;
mod workbench;

pub use carried::Rebase;
pub use checkout::check_out;
pub use copy::CopyQuestion;
pub use error::GitError;
pub use history::{History, Holders};
pub use ledger::{Ledger, LedgerError};
pub use line_parts::LinePart;
pub use mirror::{Fetched, Mirror};
pub use new_branch::BranchError;
pub use promotion::PromotionQuestion;
pub use rebuild::{Committer, Conflict, Rebuild, Rebuilt};
pub use remote::{Authorization, Remote};
pub use repository::{BranchTip, Repository, Standing, Survey};
pub use version::require_git;
