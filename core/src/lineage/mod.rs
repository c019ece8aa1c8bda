//! The git graph: asking it, keeping a copy of it, remembering what it forgets.
//!
//! Lives here: [`Repository`] (one repository that can be asked for the history a verdict needs), [`Mirror`] (a bare
//! copy of a remote repository's commits, kept fresh), [`Ledger`] (which commit each branch pointed at and when, which
//! git itself does not remember), the commits that a repair makes ([`Rebuild`]), and the one place that runs git.
//!
//! Does not live here: what the history means for a pull request (`policy`), when to ask (`engine`).
//!
//! Open first: `topic.rs`, what a topic brings; `promotion.rs` is the same for an environment. `git.rs` runs git.
//!
//! Git is run as a program; only whether a remote has anything new, and what that is where it is little, is asked without one
//! (`smart_http/`). The mirror is a bare clone with `--filter=tree:0`: every commit and no files. Sets of commits are exact
//! there, while GitHub's compare API shows one merge base and 250 commits. Files are fetched only to predict a merge where
//! GitHub's own test merge does not fit.
//!
//! # Promises, and the tests that hold them
//!
//! - No contaminated pull request passes and no clean one fails, whatever people did to the branches:
//!   `no_contaminated_pull_request_passes_and_no_clean_one_fails`.
//! - A repair keeps every commit of the author's own: `every_own_change_survives_the_rebuild_and_the_result_is_clean`,
//!   `the_usual_advice_would_have_lost_work`, `what_was_taken_over_and_reverted_is_not_left_out`.
//! - A damaged mirror is repaired, and whoever asks meanwhile gets no wrong answer:
//!   `those_who_fetch_ask_and_throw_away_at_once_get_in_nobodys_way`,
//!   `a_question_that_meets_damage_is_asked_again_before_anything_is_shown`.
//! - A verdict reads a bounded part of the ledger: `a_verdict_reads_a_bounded_part_of_the_ledger`.

mod answer;
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
mod hooks;
mod known;
mod landed;
mod ledger;
mod line;
mod line_parts;
mod lines;
mod may_be_there;
mod merge_effect;
mod merged_back;
mod merged_files;
mod mirror;
mod named_objects;
mod new_branch;
mod origins;
mod plain_merges;
mod program;
mod promotion;
mod reach;
mod rebuild;
mod ref_files;
mod remote;
mod remote_turns;
mod repository;
mod reverts;
mod smart_http;
mod snapshot;
mod snapshots;
mod ssh;
mod ssh_push;
mod taken_back;
mod there_already;
mod topic;
mod topic_range;
mod tree;
mod version;
mod with_file;
mod workbench;

pub use carried::Rebase;
pub use checkout::{CheckOut, check_out};
pub use copy::CopyQuestion;
pub use error::GitError;
pub use history::{History, Holders};
pub use hooks::{HookFolder, hook_folder};
pub use landed::Landed;
pub use ledger::{Ledger, LedgerError};
pub use line_parts::LinePart;
pub use merged_back::{BringsBack, Downstream};
pub use merged_files::MergedFiles;
pub use mirror::{Fetched, Mirror};
pub use new_branch::{BranchError, Pushed};
pub use promotion::PromotionQuestion;
pub use rebuild::{Committer, Conflict, Rebuild, Rebuilt};
pub use remote::{Authorization, Remote};
pub use remote_turns::{Asking, RemoteTurns};
pub use repository::{BranchTip, FetchedTips, Repository, Survey};
pub use smart_http::SmartHttp;
pub use ssh::SshRemote;
pub use ssh_push::{PushBench, SshAnswer};
pub use tree::FileContent;
pub use version::require_git;
