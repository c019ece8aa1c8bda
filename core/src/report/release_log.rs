//! A release in words, and for programs.

use super::aftercare::aftercare_line;
use super::deploy_status::{deploy_line, deploy_on_record, length};
use super::markdown::{code, folded};
use super::one_line::one_line;
use super::stamp;
use crate::model::{
    AftercareEnd, AftercareRun, Attestation, DeliveryStats, Deploy, Override, PhaseRun, PullRequest,
    UnixMillis,
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a line for a terminal may be, in characters.
const LINE_MAX: usize = 1_000;

/// All that is on record of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseLog {
    /// Its merged promotion.
    pub promotion: PullRequest,
    /// The environment that it came from.
    pub source: String,
    /// The environment that it went to.
    pub target: String,
    /// The work that it brought, by the order of its deploys.
    pub pulls: Vec<PullRequest>,
    /// The overrides that were given on the promotion as it was merged.
    pub overrides: Vec<Override>,
    /// Who has accepted its files where it came from, and nobody has taken back.
    pub signoffs: Vec<Attestation>,
    /// The deploys of it, the oldest first.
    pub deploys: Vec<Deploy>,
    /// The rollback that took it back.
    pub taken_back: Option<Deploy>,
}

/// A release for a terminal.
pub fn release_on_terminal(log: &ReleaseLog) -> String {
    let number = log.promotion.number;
    let mut lines = vec![format!("Release #{number}: {} → {}", log.source, log.target)];
    if let Some(merged) = log.promotion.merged {
        lines.push(format!("  merged at {}", stamp::utc(merged.at)));
    }
    lines.push(String::new());
    lines.push(match log.pulls.len() {
        0 => "No pull request is known that it brought.".to_owned(),
        1 => "It brought 1 pull request:".to_owned(),
        some => format!("It brought {some} pull requests:"),
    });
    lines.extend(log.pulls.iter().map(|it| {
        let title = it.details.title.as_deref().map(|title| format!("  {title}")).unwrap_or_default();
        format!("  #{} by {}{title}", it.number, it.author)
    }));
    let overridden = |it: &Override| {
        let second = it.confirmed_by.as_ref().map(|by| format!(" and {by}")).unwrap_or_default();
        format!("  {} overridden by {}{second}: {}", it.code, it.by, it.reason)
    };
    lines.extend(log.overrides.iter().map(overridden));
    let accepted = |it: &Attestation| {
        let note = it.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let role = it.roles().join(" and ");
        format!("  accepted by {} as {role} at {}{note}", it.by, stamp::utc(it.at.to_seconds()))
    };
    lines.extend(log.signoffs.iter().map(accepted));
    lines.push(String::new());
    if log.deploys.is_empty() {
        lines.push("No deploy of it is known.".to_owned());
    }
    for deploy in &log.deploys {
        lines.push(deploy_on_record(deploy));
        let waited = deploy.picked_up_at.map(|at| at.since(deploy.made_at));
        lines.extend(waited.map(|waited| format!("  waited {}", length(waited))));
        lines.extend(deploy.phases.iter().map(|run| format!("  {}", phase_line(run))));
        lines.extend(deploy.aftercare.iter().map(|run| format!("  {}", aftercare_line(run))));
    }
    if let Some(back) = &log.taken_back {
        lines.push(format!("Taken back by {}", deploy_line(back)));
    }
    // Titles, reasons and notes are anybody's words.
    lines.iter().map(|line| one_line(line, LINE_MAX) + "\n").collect()
}

fn phase_line(run: &PhaseRun) -> String {
    let took =
        run.ended_at.map(|ended| format!(", {}", length(ended.since(run.began_at)))).unwrap_or_default();
    let how = match run.went_well {
        Some(true) => "well",
        Some(false) => "failed",
        None => "not ended",
    };
    format!("{}: {how}{took}", run.phase.as_str())
}

/// The same at the end of the promotion's comment: what has ended, so that it is not worded anew for every step of a deploy.
pub(super) fn release_in_comment(log: &ReleaseLog) -> String {
    let mut lines = Vec::new();
    if !log.pulls.is_empty() {
        let brought: Vec<String> = log.pulls.iter().map(|it| format!("#{}", it.number)).collect();
        lines.push(format!("It brought {}.", brought.join(", ")));
    }
    lines.extend(log.overrides.iter().map(|it| {
        let second = it.confirmed_by.as_ref().map(|by| format!(" and {}", code(by))).unwrap_or_default();
        format!("{} was overridden by {}{second}: {}", it.code, code(&it.by), code(&it.reason))
    }));
    lines.extend(log.signoffs.iter().map(|it| {
        let note = it.note.as_ref().map(|note| format!(": {}", code(note))).unwrap_or_default();
        let role = code(&it.roles().join(", "));
        format!("Accepted by {} as {role}, {}{note}", code(&it.by), stamp::utc(it.at.to_seconds()))
    }));
    lines.extend(log.deploys.iter().filter(|it| !it.state.is_open()).map(|it| {
        let phases: Vec<String> = it.phases.iter().map(phase_line).collect();
        let phases = if phases.is_empty() { String::new() } else { format!(" ({})", phases.join("; ")) };
        let after = it.aftercare.iter().filter(|run| !run.is_open()).map(aftercare_line);
        let after: Vec<String> = after.map(|line| format!("; {}", code(&line))).collect();
        let after = after.concat();
        // As code: it may name people and steps.
        format!("{}{phases}{after}", code(&deploy_on_record(it)))
    }));
    lines.extend(log.taken_back.iter().map(|it| format!("Taken back by {}", code(&deploy_line(it)))));
    if lines.is_empty() {
        return String::new();
    }
    let items: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    folded("What is on record of this release", &items.join("\n"))
}

/// A release for programs: times are Unix seconds, lengths of time are seconds.
pub fn release_as_json(log: &ReleaseLog) -> Value {
    let at = |time: Option<UnixMillis>| time.map(UnixMillis::to_seconds);
    let phase = |run: &PhaseRun| {
        json!({
            "phase": run.phase.as_str(), "began_at": at(Some(run.began_at)), "ended_at": at(run.ended_at),
            "went_well": run.went_well,
        })
    };
    let aftercare = |run: &AftercareRun| {
        let (went_well, words) = match run.end() {
            Some(AftercareEnd::Passed) => (Some(true), None),
            Some(AftercareEnd::Failed { words, .. }) => (Some(false), Some(words)),
            Some(AftercareEnd::NotRun { words }) => (None, Some(words)),
            None => (None, None),
        };
        json!({
            "after": run.after, "began_at": at(Some(run.begun_at)),
            "ended_at": at(run.ended.as_ref().map(|(ended, _)| *ended)), "went_well": went_well, "why": words,
        })
    };
    let deploy = |it: &Deploy| {
        json!({
            "number": it.number, "sha": it.commit, "state": it.state.as_str(), "made_at": at(Some(it.made_at)),
            "picked_up_at": at(it.picked_up_at), "ended_at": at(it.ended_at),
            "phases": it.phases.iter().map(phase).collect::<Vec<_>>(),
            "aftercare": it.aftercare.iter().map(aftercare).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema_version": 1,
        "number": log.promotion.number,
        "from": log.source,
        "to": log.target,
        "merged_at": log.promotion.merged.map(|it| it.at),
        "pull_requests": log.pulls.iter().map(|it| json!({
            "number": it.number, "author": it.author, "title": it.details.title,
        })).collect::<Vec<_>>(),
        "overrides": log.overrides.iter().map(|it| json!({
            "code": it.code, "by": it.by, "confirmed_by": it.confirmed_by, "reason": it.reason,
        })).collect::<Vec<_>>(),
        "signoffs": log.signoffs.iter().flat_map(|it| it.roles().iter().map(move |role| json!({
            "role": role, "by": it.by, "at": at(Some(it.at)), "note": it.note,
        }))).collect::<Vec<_>>(),
        "deploys": log.deploys.iter().map(deploy).collect::<Vec<_>>(),
        "rolled_back_by": log.taken_back.as_ref().map(deploy),
    })
}

/// The figures of an environment for a terminal.
pub fn stats_on_terminal(environment: &str, stats: &DeliveryStats) -> String {
    let days = days(stats);
    let time = |time: Option<Duration>| time.map_or_else(|| "not known".to_owned(), length);
    let rate = rate(stats).map_or_else(|| "not known".to_owned(), |rate| format!("{rate:.0} %"));
    let often = if stats.releases == 0 { 0.0 } else { per_week(stats) };
    format!(
        "{environment}, the last {days} days\n  deploy frequency    {often:.1} a week ({} that ended well)\n  lead time           \
         {} (median, from the merge of a pull request until it was live)\n  change failure rate {rate} ({} of {} failed or were rolled \
         back)\n  time to restore     {} (median)\n",
        stats.releases,
        time(stats.lead_time),
        stats.failed,
        stats.begun,
        time(stats.time_to_restore),
    )
}

/// The same for programs: lengths of time are seconds.
pub fn stats_as_json(environment: &str, stats: &DeliveryStats) -> Value {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
    json!({
        "schema_version": 1,
        "environment": environment,
        "from": stats.from.to_seconds(),
        "until": stats.until.to_seconds(),
        "releases": stats.releases,
        "begun": stats.begun,
        "failed": stats.failed,
        "releases_per_week": per_week(stats),
        "change_failure_rate": rate(stats).map(|rate| rate / 100.0),
        "lead_time": seconds(stats.lead_time),
        "time_to_restore": seconds(stats.time_to_restore),
    })
}

fn days(stats: &DeliveryStats) -> u64 {
    stats.until.since(stats.from).as_secs().div_ceil(86_400).max(1)
}

#[expect(clippy::cast_precision_loss, reason = "there are few deploys and few days")]
fn per_week(stats: &DeliveryStats) -> f64 {
    stats.releases as f64 * 7.0 / days(stats) as f64
}

#[expect(clippy::cast_precision_loss, reason = "there are few deploys")]
fn rate(stats: &DeliveryStats) -> Option<f64> {
    (stats.begun > 0).then(|| stats.failed as f64 * 100.0 / stats.begun as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        BranchName, CommitId, PullNumber, PullRequestDetails, PullRequestState, RepositoryId,
    };

    fn pull(number: u64, title: &str) -> PullRequest {
        PullRequest {
            repository: RepositoryId(1),
            number: PullNumber(number),
            state: PullRequestState::Merged,
            head_branch: BranchName::new("feature/x").unwrap(),
            head_commit: CommitId::from_bytes([1; 20]),
            head_repository: Some(RepositoryId(1)),
            base_branch: BranchName::new("integration").unwrap(),
            author: "ana".to_owned(),
            updated_at: UnixMillis(1),
            merged: None,
            stack: None,
            details: PullRequestDetails { title: Some(title.to_owned()), ..PullRequestDetails::default() },
        }
    }

    #[test]
    fn a_title_neither_ends_its_line_nor_does_anything_to_a_terminal() {
        let log = ReleaseLog {
            promotion: pull(3, "Release"),
            source: "staging".to_owned(),
            target: "production".to_owned(),
            pulls: vec![pull(1, "\x1b[2Jcart\nDeploy 9: 1f0c2d7 went live")],
            overrides: Vec::new(),
            signoffs: Vec::new(),
            deploys: Vec::new(),
            taken_back: None,
        };
        let expected = "\
Release #3: staging → production

It brought 1 pull request:
  #1 by ana  \\u{1b}[2Jcart\\nDeploy 9: 1f0c2d7 went live

No deploy of it is known.
";
        assert_eq!(release_on_terminal(&log), expected);
    }
}
