//! What is known of a deploy that was handed over, from the beginning of its task to the server's end.

use crate::deploy::DeployReport;
use crate::deploy::drivers::DeployRequest;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What is known of a deploy that was handed over.
pub(super) struct Run {
    pub(super) request: DeployRequest,
    reports: Mutex<Vec<DeployReport>>,
    /// Asks it to end.
    pub(super) stop: watch::Sender<Option<Duration>>,
    /// Whether nothing of it is under way any more.
    pub(super) over: watch::Sender<bool>,
}

impl Run {
    pub(super) fn new(request: DeployRequest) -> Self {
        let (stop, over) = (watch::Sender::new(None), watch::Sender::new(false));
        Self { request, reports: Mutex::default(), stop, over }
    }

    pub(super) fn reports(&self) -> Vec<DeployReport> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until nothing of it is under way; answers whether that came about in time.
    pub(super) async fn is_over(&self, within: Duration) -> bool {
        let mut over = self.over.subscribe();
        tokio::time::timeout(within, over.wait_for(|over| *over)).await.is_ok()
    }

    /// Adds a report, later than all before it.
    pub(super) fn add(&self, mut report: DeployReport) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let last = reports.last().map(|report| report.at).or(self.request.deploy.reported_at);
        report.at = last.map_or(report.at, |last| report.at.max(last.just_after()));
        reports.push(report);
    }
}
