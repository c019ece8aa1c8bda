//! The vocabulary: names, environments, facts and verdicts, as pure data.
//!
//! Lives here: validated names ([`BranchName`], [`CommitId`], [`TreeId`]), the shape of a project's path
//! ([`PromotionPath`]), its configuration ([`config`]), its [`calendar`], what is known about a pull request before it is judged
//! ([`Facts`]) and what was decided ([`Verdict`]), deploys ([`Deploy`]); and what all errors share,
//! [`error_chain()`] for the log and [`UserMessage`] for people. Every other room may use this one; it uses
//! none of them.
//!
//! Does not live here: judging (`policy`), asking git (`lineage`), wording (`report`), any I/O.
//!
//! Open first: `facts.rs` and `verdict.rs`, what the rules are given and what they answer; then `cause.rs`, which
//! lists every finding. `environments.rs` is the path, `deploy.rs` a deploy.
//!
//! # Promises, and the tests that hold them
//!
//! - The first mistake of a configuration that is shown is the cause: `the_first_mistake_shown_is_the_cause`.
//! - No check stands in the place of another: `no_valid_configuration_has_two_checks_of_one_name`,
//!   `a_check_that_shares_its_name_lets_nothing_merge`.
//! - What GitHub takes for one name is one here: `a_job_that_spells_its_environment_otherwise_counts_as_tested`,
//!   `a_hold_keeps_jobs_and_merge_groups_out_by_whatever_name`.
//! - Of moves reported in any order the newest is deployed:
//!   `of_two_pushes_within_a_second_the_newer_is_deployed_though_it_is_told_first`,
//!   `in_whatever_order_moves_are_told_the_branch_ends_where_it_is`.

mod acceptance;
mod active_places;
mod aftercare;
mod attestation;
mod audit;
pub mod calendar;
mod carried;
mod cause;
mod cause_code;
mod cause_nature;
mod check_names;
mod codes;
mod command_rights;
mod command_word;
mod comment_key;
mod commerce;
mod commerce_environments;
mod commit;
pub mod config;
mod credentials;
mod delivery_stats;
mod deploy;
mod deploy_acts;
mod deploy_ending;
mod deploy_settings;
mod diagnosis;
mod docs_url;
mod drivers;
mod environments;
mod error_chain;
mod facts;
mod file_finding;
mod file_tree;
mod finding_override;
mod folded_names;
mod forecast;
mod found_in_files;
mod glob;
mod grants;
mod holds;
mod hotfix;
mod ids;
mod install_report;
mod ledger;
mod lock;
mod manual_freeze;
mod moves;
mod names;
mod needed_grants;
mod not_counted;
mod outcome;
mod paths;
mod phase;
mod pull_request;
mod readiness_presets;
mod records;
mod refused_status;
mod repair;
mod requires;
mod revert_pull;
mod reverts;
mod rules;
mod sentence;
mod setup_finding;
mod snapshot;
mod stacks;
mod starting_point;
mod time;
mod undecided;
mod user_key;
mod user_message;
mod verdict;
mod ways_out;
mod workflow;

pub use acceptance::{
    AcceptanceFacts, FormerSignOff, ReadinessState, SaidReady, SignOffState, SoakState, TicketState, WhyOpen,
};
pub use active_places::{
    ActivePlace, ActivePlaces, ActiveRules, Left, PlaceAnswer, PlaceAwaited, PlaceRequest, PlaceTaken,
    PlacesMoved, ToBeFreed, WhyToBeFreed, active_environment,
};
pub use aftercare::{AftercareEnd, AftercareRun, LateFailure, late_failure};
pub use attestation::{Attestation, Attested, WhyNoSignOff, Withdrawal};
pub use audit::{AuditEntry, AuditFault, AuditHash, AuditRow, InvalidAuditHash, audit_faults};
pub use carried::{Carried, CarriedAnswer, Compared};
pub use cause::{Cause, Code};
pub use check_names::CheckName;
pub use command_rights::{
    BudgetPeriod, CommandRights, Grant, Grantee, OverrideBudget, OverrideRules, RepositoryRole,
};
pub use command_word::{DASHES, TYPOGRAPHIC_QUOTES, command_word};
pub use comment_key::{CommentKey, InvalidCommentKey};
pub use commerce::{CommercePlan, CommerceSettings};
pub use commit::Commit;
pub use credentials::without_credentials;
pub use delivery_stats::DeliveryStats;
pub use deploy::{Deploy, DeployState, Trigger};
pub use deploy_acts::{DeployRefusal, RollbackRefusal, WaitsFor};
pub use deploy_ending::{CancelEnd, Cancellation, Ending};
pub use deploy_settings::{DeploySettings, DriverSettings, ForeignDeployments};
pub use diagnosis::{Clue, Diagnosis, SuspectedPull, ToldFailure};
pub use docs_url::DocsUrl;
pub(crate) use drivers::drivers;
pub use environments::{
    CommentWhen, CopyAfter, CopyBranch, CopyMode, Environment, PromotionPath, Role, Source,
};
pub use error_chain::{ErrorContext, SharedError, error_chain, root_cause, shared_error};
pub use facts::{
    BackMergeHistory, Base, CopyHistory, DeployFacts, Deployed, Elsewhere, Entry, Facts, Head, HeadDeploy,
    History, LedgerTip, Line, MergeOutcome, MergedBack, Moment, PromotionHistory, PullEnds, PushedAt,
    TipSource, TopicHistory,
};
pub use file_finding::FileFinding;
pub use file_tree::{EntryKind, TreeEntry};
pub use finding_override::{Overridden, Override};
pub use folded_names::{EnvironmentName, RepositoryName};
pub use forecast::{BuiltOn, DeployRecord, Expected, Forecast, ForecastFact, ForecastTopic, PhaseLengths};
pub use found_in_files::{FilePlace, FoundInFiles};
pub use grants::{CommandGrant, Grants, MissingGrants};
pub use holds::{Hold, Lifted};
pub use hotfix::{
    CarryBack, CarryStage, Hotfix, HotfixAccount, HotfixEnd, HotfixStanding, LandedHotfix, Mended,
    MendedHotfix, OwedHotfix,
};
pub use ids::{InstallationId, PullNumber, RepositoryId, UserId};
pub use install_report::{
    Found, InstallReport, PathReport, PathSource, ProposedConfiguration, RuleGap, StopReason, StoppedPull,
};
pub use ledger::LedgerEntry;
pub use lock::{Lock, LockEnd};
pub use manual_freeze::ManualFreeze;
pub use moves::{Move, Placed, in_order};
pub use names::{BranchName, CommitId, InvalidName, TreeId};
pub use needed_grants::{
    MissingGrant, NEEDED_EVENTS, NEEDED_PERMISSIONS, NeededEvent, NeededPermission, grant_in_words,
};
pub use not_counted::{NotCounted, WhyNotCounted};
pub use outcome::Outcome;
pub use paths::{IgnoredPaths, InvalidPattern};
pub use phase::{Phase, PhaseRun};
pub use pull_request::{Merged, PullRequest, PullRequestDetails, PullRequestState};
pub use readiness_presets::readiness_preset;
pub use records::{
    DeployOutcome, MergeMethod, MergeMethods, MergedPull, MethodsFrom, OpenPull, Origin, VerifiedTree,
};
pub use refused_status::RefusedStatus;
pub use repair::{Divergence, MergeBack, PromoteFirst, Repair};
pub use requires::{ReadinessItem, Requires, SignOffRole, Tested, TicketRule, TicketsOn};
pub use revert_pull::{PreparedRollback, RevertPull, RollbackStanding};
pub use reverts::{Revert, RevertEffect};
pub use rules::{Level, Rules};
pub use sentence::{Sentence, capitalized};
pub use setup_finding::{
    RepairWords, SetupCall, SetupCaller, SetupChange, SetupFinding, SetupLine, SetupRepair, SetupState,
};
pub use snapshot::Snapshot;
pub use stacks::{Stack, StackFacts, StackMember};
pub use starting_point::StartingPoint;
pub use time::{UnixMillis, UnixSeconds, length};
pub use undecided::Undecided;
pub use user_key::UserKey;
pub use user_message::{ForPeople, UserMessage};
pub use verdict::{Finding, Verdict};
pub use workflow::{WorkflowInputs, runs_on_deployments, workflow_inputs};
