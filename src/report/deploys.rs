//! Words on deploys: the line that GitHub shows with one, and what people are told who brought the change.

use crate::flow::{Deploy, DeployState, Ending, Millis, Phase};

use super::markdown::{block, code};
use super::shell;
use std::fmt::Write as _;

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
        DeployState::Waiting | DeployState::Superseded | DeployState::Refused => return None,
        DeployState::Requested => ("queued", waits(deploy)),
        DeployState::Running => ("in_progress", runs(deploy.phase())),
        DeployState::Succeeded if is_live => ("success", is_in(deploy)),
        DeployState::Succeeded => ("inactive", "Something newer runs there".to_owned()),
        DeployState::Failed => ("failure", ended(deploy)),
        DeployState::Error => ("error", ended(deploy)),
    };
    Some(DeployStatus { state, line: shortened(&line) })
}

fn waits(deploy: &Deploy) -> String {
    match deploy.driver.as_str() {
        "deployment" => format!("Waits for whoever deploys {} to take it up", deploy.environment),
        _ => "Handed over, not taken up yet".to_owned(),
    }
}

fn runs(phase: Option<Phase>) -> String {
    match phase {
        Some(Phase::Build) => "Builds; the site keeps running",
        Some(Phase::Deploy) => "Deploys; the site may be in maintenance mode",
        Some(Phase::Verify) => "Deployed; the site is being looked at",
        None => "Under way",
    }
    .to_owned()
}

fn is_in(deploy: &Deploy) -> String {
    let mut line = format!("{} is live", deploy.commit.short());
    if let (Some(from), Some(to)) = (deploy.picked_up_at, deploy.ended_at) {
        let _ = write!(line, " after {}", length(to - from));
    }
    if deploy.reuses_slug {
        line.push_str("; the build was used again");
    }
    line
}

/// Why a deploy ended without success, in one line: what failed, and what that means for the site.
pub fn ended(deploy: &Deploy) -> String {
    let step = |phase: Phase| {
        let run = deploy.phases.iter().find(|run| run.phase == phase);
        run.and_then(|run| run.step.as_deref()).map(|step| format!(" ({step})")).unwrap_or_default()
    };
    match &deploy.ending {
        None => String::new(),
        Some(Ending::Failed { phase: Some(Phase::Build), .. }) => {
            format!("Build failed{}: the site was not touched", step(Phase::Build))
        }
        Some(Ending::Failed { phase: Some(Phase::Deploy), .. }) => {
            format!("Deploy failed{}: the site may be in maintenance mode", step(Phase::Deploy))
        }
        Some(Ending::Failed { phase: Some(Phase::Verify), .. }) => {
            format!("Deployed, but verify failed{}: look at the site", step(Phase::Verify))
        }
        Some(Ending::Failed { phase: None, .. }) => {
            "Failed, and nothing says how far it came: the site may be in maintenance mode".to_owned()
        }
        Some(Ending::NotPickedUp { within }) => {
            format!("Nobody took it up within {}: nothing was deployed", length(*within))
        }
        Some(Ending::Stuck { phase: Some(Phase::Build), within }) => {
            format!("Hangs: the build has not ended within {}; the site was not touched", length(*within))
        }
        Some(Ending::Stuck { within, .. }) => {
            format!("Hangs: not ended within {}; the site may be in maintenance mode", length(*within))
        }
        Some(Ending::NotHandedOver { words }) => format!("Not started: {words}"),
        Some(Ending::Superseded { by }) => format!("Superseded by deploy {by}"),
        Some(Ending::OlderThanLive { live }) => {
            format!("Refused: {} runs something newer, {}", deploy.environment, live.short())
        }
        Some(Ending::OffBranch) => "The branch no longer has it".to_owned(),
    }
}

/// The command by which the operator takes an environment back.
pub(super) fn rollback_command(repository: &str, environment: &str) -> String {
    let (repository, environment) = (shell::quote(repository), shell::quote(environment));
    format!("towpath rollback --repository {repository} --environment {environment} --reason '…'")
}

/// What to do about a deploy that ended badly.
fn next_step(repository: &str, deploy: &Deploy) -> String {
    let environment = &deploy.environment;
    match &deploy.ending {
        Some(Ending::Failed { phase: Some(Phase::Build), .. }) => format!(
            "`{environment}` runs what it ran before. Repair the build on the way it came, and merge again."
        ),
        Some(Ending::Failed { .. } | Ending::Stuck { .. }) => format!(
            "Look at `{environment}` now. To go on, repair it and merge again. To bring back what ran before, the operator \
             runs:\n\n{}",
            block("sh", &rollback_command(repository, environment))
        ),
        Some(Ending::NotPickedUp { .. }) => match deploy.driver.as_str() {
            "deployment" => format!(
                "Something has to act on GitHub's Deployments to `{environment}`: a workflow `on: deployment`, or a \
                 service. If nothing should, write `deploy: {{ driver: none }}` for it in `.github/towpath.yml`."
            ),
            _ => "Whoever was told has accepted it and not begun. Look at its own log.".to_owned(),
        },
        _ => "Once that is changed, the next merge is deployed.".to_owned(),
    }
}

/// What is said in a pull request of a deploy that ended badly; `None` of others.
pub fn deploy_trouble(repository: &str, deploy: &Deploy) -> Option<String> {
    if !matches!(deploy.state, DeployState::Failed | DeployState::Error) {
        return None;
    }
    let mut text =
        format!("**{}: {}.**\n\n{}", deploy.environment, ended(deploy), next_step(repository, deploy));
    if let Some(Ending::Failed { words: Some(words), .. }) = &deploy.ending {
        let _ = write!(text, "\n\nIt said: {}", code(words));
    }
    let tail = deploy.phases.last().and_then(|run| run.log_tail.as_deref());
    if let Some(tail) = tail.filter(|tail| !tail.trim().is_empty()) {
        text.push_str("\n\nThe last lines of its log:\n\n");
        text.push_str(&block("", tail.trim_end()));
    }
    if let Some(url) = &deploy.log_url {
        let _ = write!(text, "\n\n[The whole log]({url})");
    }
    Some(text)
}

/// A length of time as people say it.
pub fn length(millis: Millis) -> String {
    let seconds = (millis / 1000).max(0);
    match seconds {
        0 => "less than a second".to_owned(),
        1..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
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
