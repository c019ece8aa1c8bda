//! How an environment is delivered to: how often, how fast, how often it goes wrong, and how soon that is mended.
//!
//! The four figures are those of DORA (dora.dev), by what is on record here alone.

use crate::model::{DeliveryStats, Deploy, DeployState, PullNumber, UnixMillis};
use std::time::Duration;

/// The figures of an environment by its deploys, in any order. `merged` tells when the work of a pull request was merged; `None`
/// for what is no work of its own, such as a promotion.
pub fn delivery_stats(
    deploys: &[Deploy],
    (from, until): (UnixMillis, UnixMillis),
    merged: impl Fn(PullNumber) -> Option<UnixMillis>,
) -> DeliveryStats {
    let mut ordered: Vec<&Deploy> = deploys.iter().filter(|it| it.was_begun()).collect();
    ordered.sort_unstable_by_key(|it| it.number);
    let began = |it: &Deploy| it.requested_at.unwrap_or(it.made_at);
    let in_range = |it: &&&Deploy| from <= began(it) && began(it) < until;
    let releases: Vec<&Deploy> =
        ordered.iter().filter(in_range).filter(|it| !it.is_rollback()).copied().collect();
    let well: Vec<&Deploy> =
        releases.iter().filter(|it| it.state == DeployState::Succeeded).copied().collect();
    let taken_back = |release: &Deploy| {
        let later = ordered.iter().filter(|it| it.is_rollback() && it.number > release.number);
        // The first release after it is another one's matter.
        let next =
            ordered.iter().find(|it| it.number > release.number && !it.is_rollback() && ended_well(it));
        later
            .take_while(|it| next.is_none_or(|next| it.number < next.number))
            .any(|it| it.commit != release.commit)
    };
    let is_failed = |it: &Deploy| {
        matches!(it.state, DeployState::Failed | DeployState::Error) || (ended_well(it) && taken_back(it))
    };
    let failed = releases.iter().filter(|it| is_failed(it)).count();
    let lead_times = well.iter().flat_map(|release| {
        let live = release.ended_at;
        release.pulls.iter().filter_map(|number| Some(live?.since(merged(*number)?))).collect::<Vec<_>>()
    });
    let restored = ordered.iter().filter(in_range).filter_map(|it| {
        let failed_at = match it.state {
            DeployState::Failed | DeployState::Error if it.may_have_touched_the_site() => it.ended_at?,
            // A rollback begins where somebody has noticed.
            _ if it.is_rollback() && ended_well(it) => return Some(it.ended_at?.since(it.made_at)),
            _ => return None,
        };
        let next = ordered.iter().find(|next| next.number > it.number && ended_well(next))?;
        // A rollback that mends it counts once, as its own.
        (!next.is_rollback()).then(|| next.ended_at.map(|at| at.since(failed_at)))?
    });
    DeliveryStats {
        from,
        until,
        releases: well.len(),
        begun: releases.len(),
        failed,
        lead_time: median(lead_times.collect()),
        time_to_restore: median(restored.collect()),
    }
}

fn ended_well(deploy: &Deploy) -> bool {
    deploy.state == DeployState::Succeeded
}

/// The one in the middle; of two the longer one.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::samples::{deploy, rollback};
    use crate::model::{Ending, Phase};

    fn ended(mut deploy: Deploy, (from, to): (i64, i64), state: DeployState) -> Deploy {
        (deploy.made_at, deploy.requested_at) = (UnixMillis(from), Some(UnixMillis(from)));
        (deploy.picked_up_at, deploy.ended_at) = (Some(UnixMillis(from)), Some(UnixMillis(to)));
        deploy.state = state;
        if state == DeployState::Failed {
            deploy.ending = Some(Ending::Failed { phase: Some(Phase::Deploy), words: None });
        }
        deploy
    }

    #[test]
    fn the_figures_are_those_of_what_was_begun_in_the_time() {
        use DeployState::{Failed, Succeeded};
        let with = |deploy: Deploy, pulls: &[u64]| Deploy {
            pulls: pulls.iter().copied().map(PullNumber).collect(),
            ..deploy
        };
        let deploys = [
            with(ended(deploy(1, 1), (10, 20), Succeeded), &[1, 2, 9]),
            with(ended(deploy(2, 2), (100, 120), Failed), &[3]),
            with(ended(deploy(3, 3), (200, 220), Succeeded), &[3, 4]),
            with(ended(deploy(4, 4), (300, 320), Succeeded), &[5]),
            ended(rollback(5, 3), (350, 390), Succeeded),
            with(ended(deploy(6, 6), (2_000, 2_020), Succeeded), &[6]),
        ];
        // Number 9 is a promotion.
        let merged = |number: PullNumber| (number.0 != 9).then_some(UnixMillis(number.0.cast_signed()));
        let stats = delivery_stats(&deploys, (UnixMillis(0), UnixMillis(1_000)), merged);
        assert_eq!((stats.begun, stats.releases, stats.failed), (4, 3, 2), "one failed, one was rolled back");
        // 19, 18, 217, 216, 315.
        assert_eq!(stats.lead_time, Some(Duration::from_millis(216)));
        // The failure until the next release, 100; the rollback, 40.
        assert_eq!(stats.time_to_restore, Some(Duration::from_millis(100)));
        let none = delivery_stats(&[], (UnixMillis(0), UnixMillis(1_000)), merged);
        assert_eq!((none.begun, none.lead_time, none.time_to_restore), (0, None, None));
    }
}
