//! When the verify step of what runs is run again.
//!
//! Which times are due follows from when the deploy ended, from what was run since, and from the clock: a server that slept
//! runs what it has missed once, and goes on.

use super::{DeployQueue, DeployReport, ReportedState};
use crate::model::{AftercareEnd, AftercareRun, Deploy, Phase, UnixMillis};
use std::time::Duration;

/// What was due so long ago is not made good: whoever adds a time to the configuration does not mean a release of last month.
const MISSED_AT_MOST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is to be done about a deploy that has gone live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextCheck {
    /// It is run now, as the one that was due so long after the deploy. Those before it count as run with it.
    Now(Duration),
    /// It is run at this moment.
    At(UnixMillis),
}

/// When the verify step of a deploy is run again, of these times after its end; `None` where all have been.
pub fn next_check(times: &[Duration], deploy: &Deploy, now: UnixMillis) -> Option<NextCheck> {
    let ended = deploy.ended_at?;
    let run = deploy.aftercare.iter().map(AftercareRun::after).max();
    let left = || times.iter().copied().filter(|after| run.is_none_or(|run| *after > run));
    let due = left().filter(|after| ended + *after <= now).max();
    if let Some(after) = due.filter(|after| now.since(ended + *after) <= MISSED_AT_MOST) {
        return Some(NextCheck::Now(after));
    }
    left().map(|after| ended + after).filter(|at| *at > now).min().map(NextCheck::At)
}

/// The number of a later deploy that may have changed what this one has brought, or is changing it.
pub fn overtaken_by(queue: &DeployQueue, deploy: &Deploy) -> Option<u64> {
    let later = queue.deploys().iter().rev().filter(|it| it.number > deploy.number);
    later.filter(|it| it.may_have_touched_the_site()).map(|it| it.number).next()
}

/// What the last report on a verify step says that was run again. Only a step of it that failed says something of the
/// release: what failed before that, such as a disk that is full, does not. Whose files the log names is left open.
pub fn aftercare_end(report: &DeployReport) -> AftercareEnd {
    if report.state == ReportedState::Succeeded {
        return AftercareEnd::Passed;
    }
    let words = report.words.clone().unwrap_or_else(|| "it failed".to_owned());
    if report.phase == Some(Phase::Verify) && report.step.is_some() {
        AftercareEnd::Failed { words, named: Vec::new() }
    } else {
        AftercareEnd::NotRun { words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, DeployState, Ending, TreeId, Trigger};
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;
    const TIMES: [Duration; 3] =
        [Duration::from_secs(1_200), Duration::from_secs(3_600), Duration::from_secs(86_400)];

    fn deploy(number: u64, state: DeployState) -> Deploy {
        let ids = (CommitId::from_bytes([1; 20]), TreeId::from_bytes([1; 20]));
        let deploy = Deploy::new(number, "production", ids, Trigger::Merge);
        let ended_at = (!state.is_open()).then_some(UnixMillis(0));
        Deploy { state, ended_at, requested_at: Some(UnixMillis(0)), ..deploy }
    }

    fn run(after: Duration) -> AftercareRun {
        let ended = Some((UnixMillis(1), AftercareEnd::Passed));
        AftercareRun { after: after.as_secs(), begun_at: UnixMillis(1), hand_overs: 1, ended }
    }

    fn next(done: &[Duration], minutes: i64) -> Option<NextCheck> {
        let aftercare = done.iter().copied().map(run).collect();
        let deploy = Deploy { aftercare, ..deploy(3, DeployState::Succeeded) };
        next_check(&TIMES, &deploy, UnixMillis(minutes * MINUTE))
    }

    #[test]
    fn each_time_comes_once_and_what_was_missed_is_run_once() {
        let at = |minutes: i64| Some(NextCheck::At(UnixMillis(minutes * MINUTE)));
        assert_eq!(next(&[], 0), at(20));
        assert_eq!(next(&[], 20), Some(NextCheck::Now(TIMES[0])));
        assert_eq!(next(&TIMES[..1], 20), at(60));
        assert_eq!(next(&TIMES[..1], 61), Some(NextCheck::Now(TIMES[1])));
        assert_eq!(next(&TIMES[1..2], 61), at(1_440));
        // It slept for two days.
        assert_eq!(next(&[], 2_880), Some(NextCheck::Now(TIMES[2])));
        assert_eq!(next(&TIMES[2..], 2_880), None);
        assert_eq!(next(&[], 30 * 1_440), None, "nobody asks about a release of last month");
        let open = deploy(3, DeployState::Running);
        assert_eq!(next_check(&TIMES, &open, UnixMillis(MINUTE)), None, "it has not ended");
    }

    #[test]
    fn what_may_have_changed_the_site_overtakes_a_deploy() {
        let by = |later: Deploy| {
            let live = deploy(3, DeployState::Succeeded);
            let queue = DeployQueue::new(vec![live.clone(), later], None, None);
            overtaken_by(&queue, &live)
        };
        assert_eq!(by(deploy(4, DeployState::Running)), Some(4));
        assert_eq!(by(Deploy { requested_at: None, ..deploy(4, DeployState::Waiting) }), None);
        let failed = |phase| {
            let ending = Some(Ending::Failed { phase: Some(phase), words: None });
            Deploy { ending, hand_overs: 1, ..deploy(4, DeployState::Failed) }
        };
        assert_eq!(by(failed(Phase::Build)), None, "the site was not touched");
        assert_eq!(by(failed(Phase::Deploy)), Some(4));
    }

    #[test]
    fn only_a_step_that_failed_says_something_of_the_release() {
        let end = |state, phase, step: Option<&str>| {
            let (step, words) = (step.map(str::to_owned), Some("x".to_owned()));
            let report = DeployReport { phase, step, words, ..DeployReport::new(UnixMillis(1), state) };
            aftercare_end(&report)
        };
        let (words, named) = ("x".to_owned(), Vec::new());
        let failed = AftercareEnd::Failed { words: words.clone(), named };
        let not_run = AftercareEnd::NotRun { words };
        let (bad, verify) = (ReportedState::Failed, Some(Phase::Verify));
        assert_eq!(end(ReportedState::Succeeded, None, None), AftercareEnd::Passed);
        assert_eq!(end(bad, verify, Some("smoke")), failed);
        assert_eq!(end(bad, verify, None), not_run, "its home cannot be made");
        assert_eq!(end(bad, Some(Phase::Build), None), not_run, "the disk is full");
        assert_eq!(end(bad, None, None), not_run);
    }

    proptest! {
        /// However the clock goes, no time is run twice, and those that are run come in their order.
        #[test]
        fn no_time_is_run_twice(steps in proptest::collection::vec(-90_i64..2_000, 1..40)) {
            let (mut now, mut done): (i64, Vec<Duration>) = (0, Vec::new());
            for step in steps {
                now = (now + step).max(0);
                if let Some(NextCheck::Now(after)) = next(&done, now) {
                    prop_assert!(done.iter().all(|before| *before < after));
                    done.push(after);
                }
            }
            prop_assert!(done.len() <= TIMES.len());
        }
    }
}
