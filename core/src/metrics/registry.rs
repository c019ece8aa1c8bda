use super::describe::{Declared, Description};
use super::sample::{Budget, INSTALLATIONS_SHOWN, Sample};
use crate::model::{Outcome, Phase};
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, Registry, TextEncoder,
};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// From a millisecond, in which a delivery is stored on a fast disk, to what GitHub waits at most.
const ACKNOWLEDGED: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 10.0];
/// From a look that changes nothing to an hour, after which work is ended.
const WORKED: [f64; 9] = [0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 3_600.0];
/// From what people do not notice to what they complain of.
const CHECKED: [f64; 11] = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 3_600.0];

/// What came of one piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkResult {
    /// It is done.
    Done,
    /// It failed and is tried again.
    Retried,
    /// It was asked to wait, and has not failed.
    Waiting,
    /// It was given up.
    GivenUp,
    /// It ended without a result, or what it came to could not be stored.
    Lost,
}

impl WorkResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Waiting => "waiting",
            Self::GivenUp => "given_up",
            Self::Lost => "lost",
        }
    }
}

/// What the comparison with GitHub has found that nobody had told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// A branch that was moved.
    BranchMove,
    /// A pull request without a verdict on what it is now.
    PullRequest,
    /// Something that GitHub does not show yet: a check or a comment.
    Shown,
}

impl Repair {
    fn as_str(self) -> &'static str {
        match self {
            Self::BranchMove => "branch_move",
            Self::PullRequest => "pull_request",
            Self::Shown => "shown",
        }
    }
}

/// The whole of a deploy, or one phase of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeployPart {
    /// From its beginning to its end.
    Whole,
    /// One of its phases.
    Phase(Phase),
}

impl DeployPart {
    fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Phase(phase) => phase.as_str(),
        }
    }
}

/// Every number that is counted. One of these belongs to each engine.
pub struct Metrics {
    registry: Registry,
    descriptions: Vec<Description>,
    counted: Counted,
    measured: Measured,
    /// What is measured is set and written by one at a time.
    turn: Mutex<()>,
}

struct Counted {
    received: IntCounterVec,
    refused: IntCounterVec,
    acknowledgement: Histogram,
    work: IntCounterVec,
    work_time: HistogramVec,
    verdicts: IntCounterVec,
    to_check: Histogram,
    requests: IntCounterVec,
    deploys: IntCounterVec,
    commands: IntCounterVec,
    redeliveries: IntCounter,
    repairs: IntCounterVec,
}

struct Measured {
    ready: Gauge,
    heartbeat_age: Gauge,
    last_webhook_age: Gauge,
    access: GaugeVec,
    queue: GaugeVec,
    queue_age: Gauge,
    budget: GaugeVec,
    least_budget: GaugeVec,
    installations: Gauge,
    repositories: Gauge,
    mirrors: Gauge,
    mirror_bytes: Gauge,
    mirror_bytes_max: Gauge,
    database_bytes: Gauge,
    disk_free: GaugeVec,
    disk_size: GaugeVec,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut of = Declared::default();
        let build = ("towpath_build_info", "Always 1. Its label says which version runs.");
        of.gauges(build, &["version"]).with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        let measured = Measured::declare(&mut of);
        let counted = Counted::declare(&mut of);
        let Declared { registry, descriptions } = of;
        Self { registry, descriptions, counted, measured, turn: Mutex::default() }
    }
}

impl Counted {
    fn declare(of: &mut Declared) -> Self {
        let counted = Self {
            received: of.counters(("towpath_webhooks_received_total", "Webhook calls that GitHub has signed, by event and by what was made of them: stored, repeated (it was there before) or not_needed. Events that Towpath does not know are other."), &["event", "result"]),
            refused: of.counters(("towpath_webhooks_refused_total", "Webhook calls that were refused, by reason."), &["reason"]),
            acknowledgement: of.histogram(("towpath_webhook_acknowledgement_seconds", "From the head of a webhook call to its answer, of those that were taken."), &ACKNOWLEDGED),
            work: of.counters(("towpath_work_total", "Pieces of work that have ended, by kind of work item and by result: done, retried (it failed), waiting (it was asked to wait), given_up or lost."), &["kind", "result"]),
            work_time: of.histograms(("towpath_work_seconds", "How long a piece of work took, by kind of work item."), &["kind"], &WORKED),
            verdicts: of.counters(("towpath_verdicts_total", "Verdicts that were stored, by outcome."), &["outcome"]),
            to_check: of.histogram(("towpath_webhook_to_check_seconds", "From the arrival of the webhook that gave rise to a verdict until GitHub has the check run that shows it."), &CHECKED),
            requests: of.counters(("towpath_github_requests_total", "Requests to GitHub's REST API, by method and path without names, and by status; none where there was no answer."), &["endpoint", "status"]),
            deploys: of.counters(("towpath_deploys_total", "Deploys that have ended, by phase and result. The phase whole is the deploy from its beginning to its end."), &["phase", "result"]),
            commands: of.counters(("towpath_commands_total", "Commands in comments that have ended, by name and result. Those that were not understood may have any name and are other."), &["command", "result"]),
            redeliveries: of.counter(("towpath_redeliveries_total", "Failed deliveries that GitHub was asked to bring again.")),
            repairs: of.counters(("towpath_repairs_total", "What the comparison with GitHub has found that nobody had told, by what it was: branch_move, pull_request (without a verdict on what it is now) or shown (a check or comment that GitHub lacks)."), &["what"]),
        };
        // So that the first of them is seen to come: a series that begins with 1 has never grown.
        for outcome in [Outcome::Pass, Outcome::Warn, Outcome::Wait, Outcome::Unknown, Outcome::Fail] {
            counted.verdicts.with_label_values(&[outcome.as_str()]);
        }
        for repair in [Repair::BranchMove, Repair::PullRequest, Repair::Shown] {
            counted.repairs.with_label_values(&[repair.as_str()]);
        }
        for part in [DeployPart::Whole].into_iter().chain(Phase::ALL.map(DeployPart::Phase)) {
            for result in ["succeeded", "failed"] {
                counted.deploys.with_label_values(&[part.as_str(), result]);
            }
        }
        counted
    }
}

impl Measured {
    fn declare(of: &mut Declared) -> Self {
        Self {
            ready: of.gauge(("towpath_ready", "1 where deliveries can be stored and are worked on, else 0.")),
            heartbeat_age: of.gauge(("towpath_engine_heartbeat_age_seconds", "How long ago the engine last asked for work and was answered.")),
            last_webhook_age: of.gauge(("towpath_last_webhook_age_seconds", "How long ago GitHub's last webhook came, or the server was started where none is known.")),
            access: of.gauges(("towpath_github_access", "1 for what the last call in the App's own name has shown: accepted, refused, unreachable or unknown."), &["state"]),
            queue: of.gauges(("towpath_queue_work_items", "Work items that are not done: due (could be taken now), later (wait for a moment to come), leased (are worked on) or given_up."), &["state"]),
            queue_age: of.gauge(("towpath_queue_age_seconds", "For how long the work item that has waited longest could have been taken.")),
            budget: of.gauges(("towpath_github_rate_limit_remaining", "Requests that GitHub still takes before the budget is renewed, of the App itself (app) and of the 50 installations with the fewest, by number."), &["installation"]),
            least_budget: of.gauges(("towpath_github_rate_limit_remaining_min", "The fewest requests that GitHub still takes from any installation. Absent before GitHub has told."), &[]),
            installations: of.gauge(("towpath_installations", "Accounts with the App installed.")),
            repositories: of.gauge(("towpath_repositories", "Repositories that the App can see.")),
            mirrors: of.gauge(("towpath_mirrors", "Mirrors of repositories on the disk.")),
            mirror_bytes: of.gauge(("towpath_mirrors_bytes", "What the mirrors take, when each was last measured.")),
            mirror_bytes_max: of.gauge(("towpath_mirrors_limit_bytes", "What the mirrors may take.")),
            database_bytes: of.gauge(("towpath_database_bytes", "What the database takes, with the log beside it.")),
            disk_free: of.gauges(("towpath_disk_free_bytes", "What can still be written on the disk of the data folder."), &[]),
            disk_size: of.gauges(("towpath_disk_size_bytes", "The size of the disk of the data folder."), &[]),
        }
    }

    fn set(&self, sample: &Sample) {
        let flag = |is: bool| if is { 1.0 } else { 0.0 };
        self.ready.set(flag(sample.ready));
        self.heartbeat_age.set(sample.heartbeat_age.as_secs_f64());
        self.last_webhook_age.set(sample.last_webhook_age.as_secs_f64());
        let (shown, all) = sample.access;
        for state in all {
            self.access.with_label_values(&[*state]).set(flag(*state == shown));
        }
        let queue = sample.queue;
        let states = [
            ("due", queue.due),
            ("later", queue.later),
            ("leased", queue.leased),
            ("given_up", queue.given_up),
        ];
        for (state, count) in states {
            self.queue.with_label_values(&[state]).set(as_f64(count));
        }
        self.queue_age.set(queue.age.as_secs_f64());
        self.set_budgets(&sample.budgets);
        self.installations.set(as_f64(sample.installations));
        self.repositories.set(as_f64(sample.repositories));
        self.mirrors.set(as_f64(sample.mirrors));
        self.mirror_bytes.set(as_f64(sample.mirror_bytes));
        self.mirror_bytes_max.set(as_f64(sample.mirror_bytes_max));
        self.database_bytes.set(as_f64(sample.database_bytes));
        self.disk_free.reset();
        self.disk_size.reset();
        if let Some(disk) = sample.disk {
            self.disk_free.with_label_values::<&str>(&[]).set(as_f64(disk.free));
            self.disk_size.with_label_values::<&str>(&[]).set(as_f64(disk.size));
        }
    }

    fn set_budgets(&self, budgets: &[Budget]) {
        self.budget.reset();
        self.least_budget.reset();
        let mut of_installations: Vec<_> =
            budgets.iter().filter_map(|it| Some((it.remaining, it.installation?))).collect();
        of_installations.sort_unstable();
        if let Some((least, _)) = of_installations.first() {
            self.least_budget.with_label_values::<&str>(&[]).set(as_f64(*least));
        }
        for (remaining, installation) in of_installations.iter().take(INSTALLATIONS_SHOWN) {
            self.budget.with_label_values(&[installation.to_string().as_str()]).set(as_f64(*remaining));
        }
        if let Some(app) = budgets.iter().find(|it| it.installation.is_none()) {
            self.budget.with_label_values(&["app"]).set(as_f64(app.remaining));
        }
    }
}

impl Metrics {
    /// What each metric is, in the order of the list.
    pub fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }

    /// All numbers in Prometheus' text format, with what was measured just now.
    pub fn text(&self, sample: &Sample) -> String {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.measured.set(sample);
        let mut text = String::new();
        // Writing into a text does not fail, and all families have names and series.
        let _ = TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text);
        text
    }

    /// A webhook call came that GitHub has signed. Both are words of a fixed list.
    pub fn note_received(&self, event: &'static str, result: &'static str) {
        self.counted.received.with_label_values(&[event, result]).inc();
    }

    /// A webhook call was refused, for a reason of a fixed list.
    pub fn note_refused(&self, reason: &'static str) {
        self.counted.refused.with_label_values(&[reason]).inc();
    }

    /// A webhook call was taken, so long after its head came.
    pub fn note_acknowledged(&self, after: Duration) {
        self.counted.acknowledgement.observe(after.as_secs_f64());
    }

    /// A piece of work on a work item of this kind has ended.
    pub fn note_work(&self, kind: &'static str, result: WorkResult, took: Duration) {
        self.counted.work.with_label_values(&[kind, result.as_str()]).inc();
        self.counted.work_time.with_label_values(&[kind]).observe(took.as_secs_f64());
    }

    /// A verdict was stored.
    pub fn note_verdict(&self, outcome: Outcome) {
        self.counted.verdicts.with_label_values(&[outcome.as_str()]).inc();
    }

    /// GitHub has the check run that a webhook gave rise to, so long after that came.
    pub fn note_check(&self, after: Duration) {
        self.counted.to_check.observe(after.as_secs_f64());
    }

    /// A request to GitHub has ended. Both are words of a fixed list.
    pub fn note_request(&self, endpoint: &'static str, status: &'static str) {
        self.counted.requests.with_label_values(&[endpoint, status]).inc();
    }

    /// A deploy or a phase of one has ended, with a result of a fixed list.
    pub fn note_deploy(&self, part: DeployPart, result: &'static str) {
        self.counted.deploys.with_label_values(&[part.as_str(), result]).inc();
    }

    /// A command has ended. Both are words of a fixed list.
    pub fn note_command(&self, name: &'static str, result: &'static str) {
        self.counted.commands.with_label_values(&[name, result]).inc();
    }

    /// GitHub was asked to bring a failed delivery again.
    pub fn note_redelivery(&self) {
        self.counted.redeliveries.inc();
    }

    /// The comparison with GitHub has found something that nobody had told.
    pub fn note_repair(&self, what: Repair) {
        self.counted.repairs.with_label_values(&[what.as_str()]).inc();
    }
}

/// Prometheus knows no other numbers; past 2⁵³ the last digits are lost.
#[expect(clippy::cast_precision_loss, reason = "a metric is a floating point number")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_our_name_its_help_and_a_unit_that_fits() {
        let metrics = Metrics::default();
        for Description { name, kind, help, labels } in metrics.descriptions() {
            assert!(name.starts_with("towpath_") && help.ends_with('.'), "{name}: {help}");
            assert_eq!(name.ends_with("_total"), *kind == super::super::Kind::Counter, "{name}");
            let named = ["repository", "login", "branch", "user", "pull_request"];
            assert!(labels.iter().all(|label| !named.contains(label)), "{name} names somebody");
        }
    }

    #[test]
    fn however_many_installations_there_are_fifty_of_them_and_the_app_have_series() {
        let metrics = Metrics::default();
        let budgets = (1..=600).map(|id| Budget { installation: Some(id), remaining: 5_000 - id });
        let app = Budget { installation: None, remaining: 4_999 };
        let sample = Sample { budgets: budgets.chain([app]).collect(), ..Sample::default() };
        let text = metrics.text(&sample);
        let series = |text: &str| text.matches("towpath_github_rate_limit_remaining{").count();
        assert_eq!(series(&text), 51, "{text}");
        assert!(text.contains("towpath_github_rate_limit_remaining{installation=\"600\"} 4400\n"), "{text}");
        assert!(text.contains("towpath_github_rate_limit_remaining{installation=\"app\"} 4999\n"), "{text}");
        assert!(text.contains("\ntowpath_github_rate_limit_remaining_min 4400\n"), "{text}");
        assert_eq!(series(&metrics.text(&Sample::default())), 0, "what is not known is not told");
    }

    #[test]
    fn what_was_counted_and_measured_is_written_with_its_help() {
        let metrics = Metrics::default();
        metrics.note_received("push", "stored");
        metrics.note_check(Duration::from_millis(700));
        metrics.note_work("branch", WorkResult::GivenUp, Duration::from_secs(2));
        let access = ("accepted", ["accepted", "refused"].as_slice());
        let text = metrics.text(&Sample { ready: true, access, ..Sample::default() });
        for line in [
            "# TYPE towpath_webhooks_received_total counter",
            "towpath_webhooks_received_total{event=\"push\",result=\"stored\"} 1",
            "towpath_webhook_to_check_seconds_bucket{le=\"0.5\"} 0",
            "towpath_webhook_to_check_seconds_bucket{le=\"1\"} 1",
            "towpath_work_total{kind=\"branch\",result=\"given_up\"} 1",
            "towpath_verdicts_total{outcome=\"unknown\"} 0",
            "towpath_ready 1",
            "towpath_github_access{state=\"accepted\"} 1",
            "towpath_github_access{state=\"refused\"} 0",
        ] {
            assert!(text.lines().any(|it| it == line), "no line {line:?} in\n{text}");
        }
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for name in lines.map(|line| line.split(['{', ' ']).next().unwrap_or_default()) {
            let of = ["", "_bucket", "_sum", "_count"].map(|end| name.strip_suffix(end).unwrap_or(name));
            assert!(of.iter().any(|name| text.contains(&format!("# HELP {name} "))), "{name} has no help");
        }
    }
}
