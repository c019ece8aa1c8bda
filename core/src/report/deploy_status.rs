//! Words on deploys: the line that GitHub shows with one, and what people are told who brought the change.

use crate::model::{
    BranchName, CommitId, Deploy, DeployState, Diagnosis, Ending, NotCounted, Phase, WhyNotCounted,
};

use super::advice::{CommentCommands, to_comment};
use super::markdown::code;
use super::shell;
use super::told_by_log::{end_of_log, told_by_log};
use std::fmt::Write as _;

pub use crate::model::length;

/// What is said where nobody deploys, and what to do about it.
pub(super) const NOBODY_DEPLOYS: &str = "Nothing deploys here: Towpath makes no Deployments until there is a \
     workflow on: deployment, a status, or deploy: in .github/towpath.yml";

/// What to do where the platform begins nothing.
const NOT_PICKED_UP: &str = "The platform has begun nothing. Where its integration brings merges, it does not seem to hear of them: \
     on the platform, validate it (`magento-cloud integration:validate`); on GitHub, look whether its webhook is delivered. Where \
     Towpath pushes, look at the environment's activities on the platform. Then deploy again.";

/// GitHub takes no longer line with a status, in characters.
const LINE_MAX: usize = 140;

/// What GitHub shows of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployStatus {
    /// GitHub's word for how it stands.
    pub state: &'static str,
    /// One line, of at most 140 characters.
    pub line: String,
}

/// The status of a deploy; `None` while it waits, and where it was never more than a wish.
pub fn deploy_status(deploy: &Deploy, is_live: bool) -> Option<DeployStatus> {
    let (state, line) = match deploy.state {
        // One that was begun has something to be shown on.
        DeployState::Superseded if deploy.was_begun() => ("inactive", ended(deploy)),
        DeployState::Waiting | DeployState::Refused | DeployState::Superseded => return None,
        // That nobody took it up is said already.
        DeployState::Cancelling if deploy.picked_up_at.is_none() && !is_asked_to_end(deploy) => return None,
        DeployState::Cancelling => ("in_progress", is_being_ended(deploy)),
        DeployState::Requested => ("queued", remarked(waits(deploy), deploy)),
        DeployState::Running if deploy.waits_for_approval_since.is_some() => {
            ("pending", remarked("Waits for somebody's approval".to_owned(), deploy))
        }
        DeployState::Running => ("in_progress", remarked(runs_now(deploy), deploy)),
        DeployState::Succeeded if is_live => ("success", is_in(deploy)),
        DeployState::Succeeded => ("inactive", "Something newer runs there".to_owned()),
        DeployState::Failed => ("failure", ended(deploy)),
        DeployState::Error => ("error", ended(deploy)),
        DeployState::Inactive => ("inactive", ended(deploy)),
    };
    let line = match deploy.beside {
        Some(other) if deploy.state.is_open() => format!("{line}; deploy {other} may still run"),
        _ => line,
    };
    Some(DeployStatus { state, line: shortened(&line) })
}

fn waits(deploy: &Deploy) -> String {
    let mut line = match deploy.driver.as_str() {
        "deployment" => format!("Waits for whoever deploys {} to start", deploy.environment),
        _ => "Requested, not started yet".to_owned(),
    };
    if let Some(other) = &deploy.not_counted {
        let _ = write!(line, "; the Deployment of {} does not count", other.by);
    }
    line
}

/// Why a Deployment does not count that somebody else has made of the same, in one sentence; `None` where there is none.
pub fn not_counted(deploy: &Deploy) -> Option<String> {
    let NotCounted { by, state, why, .. } = deploy.not_counted.as_ref()?;
    let why = match why {
        WhyNotCounted::OursAreTakenUp => {
            "something acts on the Deployments that Towpath makes. If that other one is the deploy, write foreign: \
             { workflow: FILE } below deploy"
                .to_owned()
        }
        WhyNotCounted::Driver { name } => format!("driver: {name} deploys here"),
        WhyNotCounted::Programs => "the operator's programs deploy here".to_owned(),
        WhyNotCounted::SaidSo => "the configuration says foreign: false".to_owned(),
        WhyNotCounted::OtherWorkflow { file } => format!("by the configuration only those of {file} do"),
    };
    Some(format!("A Deployment of {by} says {state} and does not count: {why}"))
}

/// A line with what whoever carries it out says beside it.
fn remarked(line: String, deploy: &Deploy) -> String {
    match &deploy.remark {
        Some(remark) => format!("{line}; {remark}"),
        None => line,
    }
}

fn runs_now(deploy: &Deploy) -> String {
    match &deploy.diagnosis {
        Some(told) => format!("About to fail: {}", told.line()),
        None => runs(deploy.phase()),
    }
}

fn runs(phase: Option<Phase>) -> String {
    match phase {
        Some(Phase::Build) => "Building; the site keeps running",
        Some(Phase::Deploy) => "Deploying; the site may be in maintenance mode",
        Some(Phase::Verify) => "Deployed; verifying the site",
        None => "Running",
    }
    .to_owned()
}

fn is_asked_to_end(deploy: &Deploy) -> bool {
    let why = deploy.cancellation.as_ref().map(|it| &it.why);
    matches!(
        why,
        Some(Ending::Cancelled { .. } | Ending::CancelledByPerson { .. } | Ending::Superseded { .. })
    )
}

fn is_being_ended(deploy: &Deploy) -> String {
    let why = match deploy.cancellation.as_ref().map(|it| &it.why) {
        Some(Ending::Cancelled { by, .. }) => format!("deploy {by} rolls it back"),
        Some(Ending::CancelledByPerson { by, .. }) => format!("{by} asked for it"),
        Some(Ending::Superseded { by }) => format!("deploy {by} goes instead"),
        Some(Ending::Stuck { within, .. }) => format!("it has not ended within {}", length(*within)),
        _ => "nobody started it in time".to_owned(),
    };
    format!("Being cancelled: {why}")
}

/// How a deploy stands, in one line for who waits for it.
pub fn deploy_line(deploy: &Deploy) -> String {
    format!("deploy {}: {}", deploy.number, how_it_stands(deploy))
}

fn how_it_stands(deploy: &Deploy) -> String {
    let line = match deploy.state {
        DeployState::Waiting => "Waits for its turn".to_owned(),
        DeployState::Superseded | DeployState::Refused => ended(deploy),
        DeployState::Cancelling => is_being_ended(deploy),
        _ => deploy_status(deploy, true).map(|status| status.line).unwrap_or_default(),
    };
    uncapitalized(&line)
}

fn is_in(deploy: &Deploy) -> String {
    format!("{} is live{}", deploy.commit.short(), how_it_went(deploy))
}

fn how_it_went(deploy: &Deploy) -> String {
    let mut line = String::new();
    if let (Some(from), Some(to)) = (deploy.picked_up_at, deploy.ended_at) {
        let _ = write!(line, " after {}", length(to.since(from)));
    }
    if deploy.reuses_slug {
        line.push_str("; same build as before");
    }
    if deploy.degraded {
        let what = deploy.remark.as_deref().unwrap_or("what comes after a deploy failed");
        let _ = write!(line, "; degraded: {what}");
    }
    line
}

/// What became of a deploy, whatever runs there now.
pub(super) fn deploy_on_record(deploy: &Deploy) -> String {
    let (number, commit) = (deploy.number, deploy.commit.short());
    match deploy.state {
        DeployState::Succeeded => format!("Deploy {number}: {commit} went live{}", how_it_went(deploy)),
        _ => format!("Deploy {number}: {} ({commit})", how_it_stands(deploy)),
    }
}

/// Why a deploy ended without success, in one line: what failed, and what that means for the site.
pub fn ended(deploy: &Deploy) -> String {
    let text = why_ended(deploy);
    match deploy.unconfirmed() {
        Some(_) => format!("{text}. Its end is not confirmed: it may still run"),
        None => text,
    }
}

/// What runs in the environment where a deploy has not touched it.
fn untouched(deploy: &Deploy) -> String {
    let seen = deploy.seen_before.map(|commit| commit.short());
    match (seen, deploy.production) {
        (Some(seen), true) => format!("the site was not touched; customers still see {seen}"),
        (Some(seen), false) => format!("the site was not touched; {seen} still runs there"),
        (None, _) => "the site was not touched".to_owned(),
    }
}

fn why_ended(deploy: &Deploy) -> String {
    let step = |phase: Phase| {
        let run = deploy.phases.iter().find(|run| run.phase == phase);
        run.and_then(|run| run.step.as_deref()).map(|step| format!(" ({step})")).unwrap_or_default()
    };
    if let (Some(Ending::Failed { phase, .. }), Some(told)) = (&deploy.ending, &deploy.diagnosis) {
        return failed_as_told(*phase, told, deploy);
    }
    match &deploy.ending {
        None => String::new(),
        Some(Ending::Failed { phase: Some(Phase::Build), .. }) => {
            format!("Build failed{}: {}", step(Phase::Build), untouched(deploy))
        }
        Some(Ending::Failed { phase: Some(Phase::Deploy), .. }) => {
            format!("Deploy failed{}: the site may be in maintenance mode", step(Phase::Deploy))
        }
        Some(Ending::Failed { phase: Some(Phase::Verify), .. }) => {
            format!("Deployed, but verify failed{}: look at the site", step(Phase::Verify))
        }
        Some(Ending::Failed { phase: None, .. }) => {
            "Failed at an unknown step: the site may be in maintenance mode".to_owned()
        }
        Some(Ending::NotPickedUp { within }) if deploy.is_on_platform() => {
            let within = length(*within);
            match &deploy.remark {
                Some(remark) => format!("Not seen to begin on the platform within {within}: {remark}"),
                None => format!("The platform has not picked it up within {within}: nothing was deployed"),
            }
        }
        Some(Ending::NotPickedUp { within }) => {
            format!("Nobody started it within {}: nothing was deployed", length(*within))
        }
        Some(Ending::NobodyDeploys) => NOBODY_DEPLOYS.to_owned(),
        Some(Ending::Stuck { phase: Some(Phase::Build), within }) => {
            format!("Hangs: the build has not ended within {}; {}", length(*within), untouched(deploy))
        }
        Some(Ending::Stuck { within, .. }) => {
            format!("Hangs: not ended within {}; the site may be in maintenance mode", length(*within))
        }
        Some(Ending::NotHandedOver { words, .. }) if was_begun_before(deploy) => {
            format!("Not started again, and the site may be in maintenance mode: {words}")
        }
        Some(Ending::NotHandedOver { words, .. }) => format!("Not started: {words}"),
        Some(Ending::Superseded { by }) => format!("Superseded by deploy {by}"),
        Some(Ending::OlderThanLive { live }) => {
            format!("Refused: {} runs something newer, {}", deploy.environment, live.short())
        }
        Some(Ending::OffBranch) => "The branch no longer has it".to_owned(),
        Some(Ending::PlaceFreed) => "Its branch has no place any more".to_owned(),
        Some(Ending::OffPath) => {
            format!("{} left the configuration before its turn came", deploy.environment)
        }
        Some(Ending::CutOff { times, .. }) => {
            format!(
                "Cut off: Towpath's server stopped {times} times during it; the site may be in maintenance mode"
            )
        }
        Some(Ending::Cancelled { by, .. }) if deploy.may_have_touched_the_site() => {
            format!("Cancelled for the rollback, deploy {by}: the site may be in maintenance mode until then")
        }
        Some(Ending::Cancelled { by, .. }) => {
            format!("Cancelled for the rollback, deploy {by}: {}", untouched(deploy))
        }
        Some(Ending::CancelledByPerson { by, .. }) if deploy.may_have_touched_the_site() => {
            format!("Cancelled by {by}: the site may be in maintenance mode")
        }
        Some(Ending::CancelledByPerson { by, .. }) => format!("Cancelled by {by}: {}", untouched(deploy)),
    }
}

/// A failure of which the log tells more than the phase.
fn failed_as_told(phase: Option<Phase>, told: &Diagnosis, deploy: &Deploy) -> String {
    let line = told.line();
    match phase {
        Some(Phase::Build) => format!("Build failed: {line}; {}", untouched(deploy)),
        Some(Phase::Deploy) => format!("Deploy failed: {line}"),
        Some(Phase::Verify) => format!("Deployed, but verify failed: {line}"),
        None => format!("Failed: {line}"),
    }
}

/// Whether it ran already, and what could not be handed over was only its next try.
fn was_begun_before(deploy: &Deploy) -> bool {
    deploy.hand_overs > 0 && deploy.may_have_touched_the_site()
}

/// What can be done about an environment now: nothing is advised that would be refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OperatorActs {
    /// What a rollback would bring back.
    pub roll_back_to: Option<CommitId>,
    /// Whether the deploy that this is about would be tried again.
    pub try_again: bool,
}

/// The command by which the operator takes an environment back.
pub(super) fn rollback_command(repository: &str, environment: &str) -> String {
    let (repository, environment) = (shell::quote(repository), shell::quote(environment));
    format!("towpath rollback --repository {repository} --environment {environment} --reason '…'")
}

/// The command by which the operator has the branch's tip deployed.
pub(super) fn deploy_command(repository: &str, environment: &str) -> String {
    let (repository, environment) = (shell::quote(repository), shell::quote(environment));
    format!("towpath deploy --repository {repository} --environment {environment}")
}

/// What to do about a deploy that ended badly.
fn next_step(commands: CommentCommands<'_>, deploy: &Deploy, acts: OperatorActs, entry: Entry<'_>) -> String {
    let environment = &deploy.environment;
    let fix = fix(entry);
    let mut parts = vec![match &deploy.ending {
        Some(_) if deploy.is_rollback() => first_after_rollback(deploy),
        Some(Ending::Failed { phase: Some(Phase::Build), .. }) => {
            format!("`{environment}` still runs what it ran before. Fix the build {fix}.")
        }
        Some(_) if deploy.may_still_run() => format!("Look at `{environment}` now."),
        Some(Ending::NotHandedOver { .. }) if was_begun_before(deploy) => {
            format!(
                "Look at `{environment}` now. Once you have changed that, Towpath deploys the next merge."
            )
        }
        Some(Ending::Failed { .. } | Ending::Stuck { .. } | Ending::CutOff { .. }) => {
            format!("Look at `{environment}` now. Then fix the fault {fix}.")
        }
        Some(Ending::Cancelled { by, .. }) => format!("Deploy {by} rolls `{environment}` back."),
        Some(Ending::CancelledByPerson { .. }) if deploy.may_have_touched_the_site() => {
            format!("Look at `{environment}` now. Then deploy again, or roll it back.")
        }
        Some(Ending::CancelledByPerson { .. }) => {
            format!("`{environment}` still runs what it ran before.")
        }
        Some(Ending::NotPickedUp { .. }) => match deploy.driver.as_str() {
            "deployment" => format!(
                "Something has to act on GitHub's Deployments to `{environment}`: a workflow `on: deployment`, or a \
                 service. If nothing should, write `deploy: {{ driver: none }}` for it in `.github/towpath.yml`."
            ),
            _ if deploy.is_on_platform() => NOT_PICKED_UP.to_owned(),
            _ => "Whoever deploys has accepted it and not started. Look at its own log.".to_owned(),
        },
        _ => "Once you have changed that, Towpath deploys the next merge.".to_owned(),
    }];
    if let Some(words) = deploy.unconfirmed() {
        parts.push(format!(
            "It may still run: {words}. Towpath deploys nothing more to `{environment}` until whoever runs that deploy \
             reports its end, or somebody starts another one beside it."
        ));
    }
    if let Some(to) = acts.roll_back_to.filter(|_| deploy.is_rollback() || deploy.may_have_touched_the_site())
    {
        let again = if deploy.is_rollback() { "try it again" } else { "bring back the last good release" };
        parts.push(format!(
            "To {again}, {}, comment:\n\n{}",
            code(&to.short()),
            to_comment(&commands.rollback(environment, None))
        ));
    }
    if acts.try_again && !deploy.is_rollback() {
        parts.push(format!(
            "If the cause is outside the code, deploy the same again with the comment:\n\n{}",
            to_comment(&commands.deploy(environment))
        ));
    }
    parts.join("\n\n")
}

fn first_after_rollback(deploy: &Deploy) -> String {
    let environment = &deploy.environment;
    let who = if deploy.production { "Customers" } else { "Users" };
    let what = match deploy.seen_before.map(|commit| commit.short()) {
        Some(seen) if deploy.may_have_touched_the_site() => {
            format!("{who} may see the maintenance page, {seen} or {}", deploy.commit.short())
        }
        Some(seen) => format!("{seen} still runs"),
        None => format!("Nobody knows what {} see", who.to_lowercase()),
    };
    format!("{what}. Look at `{environment}` now.")
}

/// The branch that new work goes into.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its name.
    pub branch: &'a BranchName,
    /// Whether it is the branch of the environment in question itself.
    pub is_here: bool,
}

/// Where to fix what failed.
fn fix(entry: Entry<'_>) -> String {
    let then = if entry.is_here { "" } else { ", and promote it again" };
    format!("in a new pull request into {}{then}", code(entry.branch.as_str()))
}

/// What a pull request's comment says of a deploy that ended badly; `None` of others.
pub fn deploy_trouble(
    commands: CommentCommands<'_>,
    deploy: &Deploy,
    acts: OperatorActs,
    entry: Entry<'_>,
) -> Option<String> {
    if !matches!(deploy.state, DeployState::Failed | DeployState::Error) {
        return None;
    }
    let what = if deploy.is_rollback() {
        format!("the rollback to {} failed: {}", deploy.commit.short(), uncapitalized(&ended(deploy)))
    } else {
        ended(deploy)
    };
    let mut text = format!("**{}: {what}.**", deploy.environment);
    text.push_str(&told_by_log(deploy, &what));
    let _ = write!(text, "\n\n{}", next_step(commands, deploy, acts, entry));
    if let Some(Ending::Failed { words: Some(words), .. }) = &deploy.ending {
        let _ = write!(text, "\n\nIt reported: {}", code(words));
    }
    text.push_str(&end_of_log(deploy));
    Some(text)
}

pub(super) fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= LINE_MAX {
        return line.to_owned();
    }
    let mut short: String = line.chars().take(LINE_MAX - 1).collect();
    short.push('…');
    short
}
