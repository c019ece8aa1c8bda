//! How a deploy stands on the platform, as a report. Pure.

use crate::commerce::codes::CodeClass;
use crate::commerce::log::{LogOutcome, LogReading};
use crate::commerce::platform::{Activity, ActivityEnd, ActivityState, CommandRun};
use crate::deploy::{CancelAnswer, DeployReport, ReportedState};
use crate::model::{CommitId, Deploy, DeployState, Phase, TreeId, UnixMillis, UserMessage};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the platform calls the hook that runs once the shop is open again.
const POST_DEPLOY: &str = "post_deploy";
/// What was asked of the platform is looked for from this long before: clocks differ.
const BEFORE: Duration = Duration::from_secs(120);
/// An integration that has begun nothing for so long begins nothing any more.
const BEGINS_WITHIN: Duration = Duration::from_secs(15 * 60);
/// The code of a commit is so long where it is shown.
const SHORT: usize = 8;

/// What was seen of a deploy's activity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) deploy: &'a Deploy,
    pub(super) activity: &'a Activity,
    pub(super) reading: &'a LogReading,
    /// How many lines of its log were read.
    pub(super) lines: u64,
    /// The time.
    pub(super) now: UnixMillis,
}

/// Why there is another activity for the same.
const AGAIN: &str = "a service did not answer; the same is deployed again, once";

impl Seen<'_> {
    /// How it stands while it has not ended; `behind` is what it waits for.
    pub(super) fn under_way(&self, behind: Option<String>) -> DeployReport {
        match self.activity.state {
            ActivityState::Pending => {
                let mut report = self.report(ReportedState::Running);
                report.phase = Some(Phase::Build);
                report.step = Some("queue".to_owned());
                let waits = match behind {
                    Some(other) => format!("it waits on the platform behind {other}"),
                    None => "it waits for its turn on the platform".to_owned(),
                };
                let is_again = self.deploy.retried_at.is_some();
                report.remark = Some(if is_again { format!("{AGAIN}: {waits}") } else { waits });
                report
            }
            ActivityState::Staged => {
                let mut report = self.report(ReportedState::Waiting);
                report.remark =
                    Some("the project deploys by hand: somebody has to start it on the platform".to_owned());
                report
            }
            _ => {
                let mut report = self.report(ReportedState::Running);
                report.phase = self.reading.phase.or(Some(Phase::Build));
                report.step = self.reading.step.map(str::to_owned);
                // The platform will say so itself in a moment.
                if self.reading.outcome == LogOutcome::Failure {
                    report.diagnosis = Some(self.reading.diagnosis());
                    report.log_tail = self.last_lines();
                }
                report
            }
        }
    }

    /// Somebody has ended it on the platform, or Towpath has.
    pub(super) fn cancelled(&self) -> DeployReport {
        let mut report = self.report(ReportedState::Failed);
        report.cancelled = true;
        report.phase = self.reading.phase.or(Some(Phase::Build));
        report.words = Some("the activity was cancelled on the platform".to_owned());
        report
    }

    /// Whether the deploy itself has gone well, so that its files run; what comes after it may have failed.
    pub(super) fn is_live(&self) -> bool {
        let failed = self.activity.failed_command().map(|it| it.hook.as_str());
        match self.activity.end {
            // Older platforms say success all the same.
            Some(ActivityEnd::Success) => failed.is_none_or(|hook| hook == POST_DEPLOY),
            Some(ActivityEnd::Hook) => failed == Some(POST_DEPLOY),
            _ => false,
        }
    }

    /// Whether the same may go well a little later: a service did not answer.
    pub(super) fn is_transient(&self) -> bool {
        !self.is_live() && self.reading.code.is_some_and(|code| code.class == CodeClass::Service)
    }

    /// Whether the platform may be asked to deploy the same again, with its branch at `head`: it deploys what is there,
    /// whatever failed.
    pub(super) fn is_worth_another_try(&self, head: Option<&str>) -> bool {
        let own = self.deploy.commit.to_string();
        // A rollback brings a commit that was made for it.
        let brought = self.activity.commits.first().unwrap_or(&own);
        matches!(self.deploy.state, DeployState::Requested | DeployState::Running)
            && self.is_transient()
            && self.activity.kind != "environment.redeploy"
            && head == Some(brought.as_str())
    }

    /// It is live.
    pub(super) fn succeeded(&self) -> DeployReport {
        let mut report = self.report(ReportedState::Succeeded);
        report.phase = Some(Phase::Verify);
        let failed = self.activity.failed_command();
        report.degraded = failed.is_some() || self.reading.has_trouble();
        if report.degraded {
            let told = self.reading.diagnosis();
            report.remark = Some(match failed {
                Some(failed) if self.reading.code.is_none() => ended(failed),
                _ => told.line(),
            });
            report.diagnosis = Some(told);
        }
        report
    }

    /// It has failed.
    pub(super) fn failed(&self) -> DeployReport {
        let mut report = self.report(ReportedState::Failed);
        let failed = self.activity.failed_command();
        report.phase = match failed.map(|it| it.hook.as_str()) {
            Some("build") => Some(Phase::Build),
            Some("deploy") => Some(Phase::Deploy),
            Some(POST_DEPLOY) => Some(Phase::Verify),
            _ => self.reading.phase,
        };
        report.step = self.reading.step.map(str::to_owned);
        report.words = Some(match failed {
            Some(failed) => ended(failed),
            None => "the platform says that it failed, and names no hook".to_owned(),
        });
        report.diagnosis = Some(self.reading.diagnosis());
        report.log_tail = self.last_lines();
        report
    }

    /// The last lines of the log, without secrets. Who may read them is settled where they are shown.
    fn last_lines(&self) -> Option<String> {
        let lines = self.reading.last_lines.join("\n");
        (!lines.is_empty()).then_some(lines)
    }

    /// The platform says success, and what runs is something else.
    pub(super) fn other_files(&self, differs: &str, is_over: bool) -> DeployReport {
        let state = if is_over { ReportedState::Failed } else { ReportedState::Running };
        let mut report = self.report(state);
        report.phase = Some(Phase::Verify);
        report.step = Some("compare files".to_owned());
        if is_over {
            report.words = Some(format!("the platform says success, and runs other files: {differs}"));
        } else {
            report.remark = Some("the platform does not say yet that it runs these files".to_owned());
        }
        report
    }

    /// The same is deployed again, once.
    pub(super) fn tried_again(&self, next: Option<&Activity>) -> DeployReport {
        let mut report = self.report(ReportedState::Running);
        report.remark = Some(AGAIN.to_owned());
        report.retries = true;
        report.handle = next.map(|it| it.id.clone()).or(report.handle);
        report
    }

    /// It is as old as what it tells, by the platform's clock, which may be ahead; and no older than the one before.
    fn report(&self, state: ReportedState) -> DeployReport {
        let activity = self.activity;
        let told = activity.completed_at.or(activity.started_at).or(activity.created_at);
        let mut report = not_before(self.deploy, told.unwrap_or(self.now).min(self.now), state);
        // A line more, or an end, is news at the same moment.
        let place = 2 * self.lines + u64::from(activity.state.is_over());
        report.place = if Some(report.at) == self.deploy.reported_at {
            place.max(self.deploy.reported_place)
        } else {
            place
        };
        report.handle = Some(activity.id.clone());
        report.customers = self.reading.customers_now();
        report
    }
}

fn not_before(deploy: &Deploy, at: UnixMillis, state: ReportedState) -> DeployReport {
    let at = deploy.reported_at.map_or(at, |known| known.max(at));
    let place = deploy.reported_at.filter(|known| *known == at).map_or(0, |_| deploy.reported_place);
    DeployReport { place, ..DeployReport::new(at, state) }
}

/// How it stands where nothing new is known of it.
fn as_before(deploy: &Deploy) -> DeployReport {
    let state = if deploy.picked_up_at.is_some() { ReportedState::Running } else { ReportedState::Queued };
    let at = deploy.reported_at.or(deploy.requested_at).unwrap_or(deploy.made_at);
    let mut report = not_before(deploy, at, state);
    report.diagnosis.clone_from(&deploy.diagnosis);
    report
}

/// The platform cannot be asked now, for this reason.
pub(super) fn unseen(deploy: &Deploy, why: &str) -> DeployReport {
    DeployReport { remark: Some(format!("how it stands cannot be seen: {why}")), ..as_before(deploy) }
}

/// The platform has begun nothing for it.
pub(super) fn not_begun(deploy: &Deploy, other: Option<&Activity>) -> DeployReport {
    let remark = other.map(|it| format!("{} is under way there", named(it)));
    DeployReport { remark, ..as_before(deploy) }
}

/// The platform has brought it with a newer commit, so nothing of its own carries it out.
pub(super) fn went_with(deploy: &Deploy, newer: CommitId) -> DeployReport {
    let remark = format!("the platform deploys it together with {}", newer.short());
    DeployReport { remark: Some(remark), went_with: Some(newer), ..as_before(deploy) }
}

/// The platform knew an activity for it and knows it no more.
pub(super) fn vanished(
    deploy: &Deploy,
    activity: &str,
    runs_its_files: Option<bool>,
    now: UnixMillis,
) -> DeployReport {
    let mut report = not_before(deploy, now, ReportedState::Failed);
    let runs = match runs_its_files {
        Some(true) => "; its files are what runs there, and how its hooks ended nobody can tell",
        Some(false) => "; other files run there",
        None => "",
    };
    report.words =
        Some(format!("the platform no longer knows the activity {activity}, which carried it out{runs}"));
    report.phase = deploy.phase();
    report
}

/// Since when the platform may have what it was asked for, by its own clock.
pub(super) fn asked_since(deploy: &Deploy) -> UnixMillis {
    deploy.requested_at.unwrap_or(deploy.made_at) - BEFORE
}

/// Whether an activity that brings a deploy's commit can be the one of this deploy. One that was asked for by name is
/// brought by an activity of its own, and an older one tells of an earlier try.
pub(super) fn may_be_of(deploy: &Deploy, activity: &Activity) -> bool {
    !deploy.was_requested() || activity.created_at.is_none_or(|at| at >= asked_since(deploy))
}

/// Whether the platform's integration may only not have begun it yet.
pub(super) fn may_yet_begin(deploy: &Deploy, now: UnixMillis) -> bool {
    let since = deploy.requested_at.unwrap_or(deploy.made_at);
    now.since(since) < BEGINS_WITHIN
}

/// What can be said to whoever wants a deploy ended whose activity is not there.
pub(super) fn not_there_to_end(known: Option<&str>, may_yet_begin: bool) -> CancelAnswer {
    let why = match known {
        Some(_) => "the platform does not show its activity now, so nobody can say that it has ended",
        None if may_yet_begin => "the platform may still begin it, and nothing can keep it from that",
        None => return CancelAnswer::Ended,
    };
    CancelAnswer::Cannot(UserMessage::new(why))
}

/// What people call an activity.
pub(super) fn named(activity: &Activity) -> String {
    let kind = activity.kind.strip_prefix("environment.").unwrap_or(&activity.kind);
    let of = activity
        .commits
        .first()
        .map(|commit| format!(" of {}", commit.chars().take(SHORT).collect::<String>()));
    let on = activity.environments.first().map(|name| format!(" on {name}"));
    plain(&format!("a {kind}{}{}", of.unwrap_or_default(), on.unwrap_or_default()))
}

/// A text of the platform's in which nothing means anything to whoever shows it.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_. ".contains(*c);
    text.chars().filter(is_plain).take(80).collect()
}

/// How a hook has ended.
fn ended(run: &CommandRun) -> String {
    plain(&format!("the {} hook of {} ended with status {}", run.hook, run.application, run.exit_code))
}

/// In what the trees that run differ from those of the commit; `None` where they are the same. Where the commit describes
/// no application, its whole tree is compared.
pub(super) fn difference(
    ours: &BTreeMap<String, TreeId>,
    whole: TreeId,
    theirs: &BTreeMap<String, String>,
) -> Option<String> {
    let short = |tree: &str| tree.chars().take(SHORT).collect::<String>();
    if theirs.is_empty() {
        return Some("it says of no application what runs".to_owned());
    }
    for (name, tree) in theirs {
        let wanted = if ours.is_empty() { Some(&whole) } else { ours.get(name) };
        let Some(wanted) = wanted.map(ToString::to_string) else {
            let name = plain(name);
            return Some(format!("the application {name} runs, which the commit does not have"));
        };
        if !wanted.eq_ignore_ascii_case(tree) {
            let (name, tree) = (plain(name), plain(&short(tree)));
            return Some(format!("{name} runs the tree {tree}, and the commit has {}", short(&wanted)));
        }
    }
    let missing = ours.keys().find(|name| !theirs.contains_key(*name))?;
    Some(format!("the application {} does not run", plain(missing)))
}

#[cfg(test)]
mod tests;
