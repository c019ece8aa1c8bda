//! Verdicts in words: the check on a pull request, the sticky comment, the terminal.
//!
//! Lives here: what each finding says (`words`), how it is laid out for GitHub (`check`, `comment`) and for a terminal
//! (`terminal`), what a promotion brings (`manifest`), the words of deploys and of the operator's acts (`deploy_status`, `change_status`, `operator`), how a
//! repair is carried out in a clone (`repair_plan`), and what keeps the words safe: escaping (`markdown`), quoting
//! (`shell`), size limits (`limits`), drawings (`drawing`).
//!
//! Does not live here: deciding (`policy`), sending (`engine`), time. The same verdict gives the same words, always.
//!
//! Open first: `words/topic.rs` for the words of one finding, then `check.rs` for what GitHub shows. Exact texts are
//! in `tests/`.
//!
//! # Promises, and the tests that hold them
//!
//! - What is printed to be pasted runs to its last line, and leads nobody in a circle:
//!   `every_block_that_is_printed_runs_and_does_what_it_says`,
//!   `whoever_brings_production_back_is_led_on_and_never_round_in_a_circle`.

mod active_places;
mod advice;
mod aftercare;
mod aftermath;
mod alarm;
mod carried;
mod change_status;
mod check;
mod command_help;
mod comment;
mod config_preview;
mod copy_standing;
mod deploy_page;
mod deploy_status;
mod deployment_protection;
mod diagnosis;
mod drawing;
mod dress;
mod environment_status;
mod explained;
mod file_findings;
mod file_remarks;
mod forecast;
mod frozen;
mod hotfixes;
mod install_report;
mod limits;
mod local;
mod locks;
mod manifest;
mod markdown;
mod missing_grants;
mod notes;
mod one_line;
mod operator;
mod proposal;
mod prose;
mod release_log;
mod repair_plan;
mod reply;
mod revert_pull;
mod rewritten;
mod setup_findings;
mod shell;
mod stamp;
mod suspects;
mod terminal;
mod told_by_log;
mod why;
mod withdrawn;
mod words;

pub use active_places::{
    ACTIVE, PlaceOf, active_as_json, active_comment, active_on_terminal, end_of_request, places_taken,
};
pub use advice::CommentCommands;
pub use aftermath::{Aftermath, aftermath};
pub use alarm::{ALARM, alarm, sync_pull};
pub use carried::{carried_as_json, carried_on_terminal};
pub use change_status::{
    BranchStatus, CHANGE_STATUS, ChangeStage, change_status, change_status_as_json,
    change_status_on_terminal, change_status_table, hotfix_debts, hotfix_debts_on_terminal,
    is_worth_a_comment,
};
pub use check::{
    Action, CheckText, Conclusion, REBUILD, RECHECK, RETARGET, check, check_of_copy, check_of_group,
    check_of_shared_name, check_with_forecast,
};
pub use command_help::{CommandHelp, CommandRight, FlagHelp, help, help_on};
pub use comment::{MARKER, comment};
pub use config_preview::{BackTest, ChangedVerdict, ConfigPreview, config_preview};
pub use copy_standing::{CopyStanding, Guard, NotCopied, Refuser};
pub use deploy_page::{DeployPage, PageContext, PhaseLine, deploy_page};
pub use deploy_status::{
    DeployStatus, Entry, OperatorActs, deploy_line, deploy_status, deploy_trouble, ended, length, not_counted,
};
pub use deployment_protection::{ProtectionWords, WaitingJob, deployment_protection};
pub use diagnosis::consequences;
pub use environment_status::{
    EnvironmentStatus, environment_status, environment_status_as_json, environment_status_on_terminal,
};
pub use explained::{explained, explained_anywhere};
pub use file_findings::{file_finding_words, file_findings_on_terminal, said_plainly};
pub use file_remarks::{FileRemark, file_remarks};
pub use frozen::{frozen_line, moment_in};
pub use hotfixes::{
    HOTFIX_COMMENT, HotfixWay, carry_back_closed, carry_pull, carry_title, hotfix_comment, hotfix_cut,
    hotfix_pull,
};
pub use install_report::{install_report_as_json, install_report_on_terminal};
pub use local::{Basis, ConfigSource, LocalCheck, SeenAs};
pub use locks::lock_line;
pub use manifest::{BroughtPull, MANIFEST, Manifest, TestedSince, manifest, promotion_title, pull_requests};
pub use missing_grants::{missing_grants, missing_grants_line, with_missing_grants};
pub use notes::{Note, replacement, with_notes};
pub use one_line::one_line;
pub use operator::{AskedFor, cannot_cancel, deploy_refused, rollback_refused, waits_for};
pub use proposal::{PROPOSAL_TITLE, proposal};
pub use release_log::{ReleaseLog, release_as_json, release_on_terminal, stats_as_json, stats_on_terminal};
pub use repair_plan::{RepairPlan, RepairStage, repair_plan};
pub use reply::{CommandReply, CommandStatus, listed, plain_text, reply, reply_marker, sentence};
pub use revert_pull::{
    back_by_merge, ends_first, goes_first, no_revert_beside, revert_by_hand, revert_prepared, revert_pull,
    revert_title, reverted_already,
};
pub use rewritten::{Rewritten, rewritten_alarm, rewritten_marker};
pub use setup_findings::{GitHubCli, setup_findings_as_json, setup_findings_on_terminal, setup_plan};
pub use shell::quote as shell_word;
pub use stamp::utc as moment;
pub use terminal::{Words, copy_on_terminal, terminal, words};
pub use why::{finding_title, rule, verdict_at_length};
pub use withdrawn::{NotAgain, Withdrawn, asked_again, is_withdrawn, withdrawn, withdrawn_comment};
pub use words::fetch_every_branch;

use crate::model::{PullEnds, UnixSeconds};

/// The pull request that words are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The repository's full name, `acme/store`.
    pub repository: String,
    /// The repository's page, `https://github.com/acme/store`, without a slash at the end.
    pub web_url: String,
    /// The page that explains the codes, without a fragment; `None` names the file instead.
    pub docs_url: Option<String>,
    /// The pull request's number.
    pub number: u64,
    /// Its two ends.
    pub pull: PullEnds,
    /// When it was judged.
    pub judged_at: UnixSeconds,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod repair_runs;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
