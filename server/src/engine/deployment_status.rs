//! Statuses of GitHub's Deployments, as reports on deploys.

use crate::deploy::{DeployReport, ReportedState};
use crate::github::SaidStatus;

/// What a status of GitHub's says, where it says how a deploy stands.
pub(super) fn report_of(status: &SaidStatus) -> Option<DeployReport> {
    let says = match status.state.as_str() {
        "queued" | "pending" => ReportedState::Queued,
        "waiting" => ReportedState::Waiting,
        "in_progress" => ReportedState::Running,
        "success" => ReportedState::Succeeded,
        "failure" | "error" => ReportedState::Failed,
        _ => return None,
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut report = DeployReport::new(status.created_at.into(), says);
    report.place = status.id;
    report.log_url = filled(&status.log_url).or_else(|| filled(&status.target_url));
    report.environment_url = filled(&status.environment_url);
    report.by = status.creator.as_ref().map(|user| user.login.clone());
    Some(report.with_words(status.description.as_deref()))
}
