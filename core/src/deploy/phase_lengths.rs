//! How long deploys to an environment took, by what they have told.

use crate::model::{Deploy, DeployRecord, DeployState, Phase, PhaseLengths};
use std::time::Duration;

/// So many of the newest deploys count.
const COUNTED: usize = 10;

/// How long the deploy phase of the newest deploys took that ended well and have told when it began and ended; `deploys` are
/// those of one environment, the newest first. What failed says little of how long a release takes, so it does not count.
pub fn deploy_record<'d>(deploys: impl IntoIterator<Item = &'d Deploy>) -> DeployRecord {
    let ended_well = deploys.into_iter().filter(|it| it.state == DeployState::Succeeded);
    phase_lengths(ended_well.filter_map(deploy_phase)).map_or(DeployRecord::Empty, DeployRecord::Known)
}

/// The median and the longest of the newest of these lengths; `None` where there are none.
pub fn phase_lengths(newest_first: impl IntoIterator<Item = Duration>) -> Option<PhaseLengths> {
    let mut took: Vec<Duration> = newest_first.into_iter().take(COUNTED).collect();
    took.sort_unstable();
    let longest = took.last().copied()?;
    let (lower, upper) = (took[(took.len() - 1) / 2], took[took.len() / 2]);
    Some(PhaseLengths { deploys: took.len(), median: (lower + upper) / 2, longest })
}

fn deploy_phase(deploy: &Deploy) -> Option<Duration> {
    let run = deploy.phases.iter().find(|run| run.phase == Phase::Deploy)?;
    Some(run.ended_at?.since(run.began_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::samples::deploy;
    use crate::model::{PhaseRun, UnixMillis};

    fn run(phase: Phase, seconds: Option<i64>) -> PhaseRun {
        PhaseRun {
            phase,
            began_at: UnixMillis(1_000),
            ended_at: seconds.map(|it| UnixMillis(1_000 + it * 1_000)),
            went_well: seconds.map(|_| true),
            step: None,
            log_tail: None,
        }
    }

    fn ended(number: u64, seconds: Option<i64>, state: DeployState) -> Deploy {
        let mut deploy = deploy(number, 1);
        deploy.state = state;
        deploy.phases =
            vec![run(Phase::Build, Some(9_000)), run(Phase::Deploy, seconds), run(Phase::Verify, Some(1))];
        deploy
    }

    /// How many count, the median and the longest, in milliseconds.
    fn told(deploys: &[Deploy]) -> Option<(usize, u128, u128)> {
        match deploy_record(deploys) {
            DeployRecord::Known(it) => Some((it.deploys, it.median.as_millis(), it.longest.as_millis())),
            _ => None,
        }
    }

    #[test]
    fn the_deploy_phase_of_the_last_ten_that_ended_well_counts() {
        use DeployState::{Failed, Succeeded};
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[ended(1, None, Succeeded), ended(2, Some(5), Failed)]), None);
        assert_eq!(told(&[ended(1, Some(60), Succeeded)]), Some((1, 60_000, 60_000)));
        let two = [ended(2, Some(90), Succeeded), ended(1, Some(60), Succeeded)];
        assert_eq!(told(&two), Some((2, 75_000, 90_000)));
        let mut many: Vec<Deploy> = (1..=10).map(|number| ended(number, Some(10), Succeeded)).collect();
        many[3] = ended(4, Some(100), Succeeded);
        many.push(ended(11, Some(9_000), Succeeded));
        assert_eq!(told(&many), Some((10, 10_000, 100_000)), "the eleventh is too old");
        let mut without = ended(1, Some(60), Succeeded);
        without.phases.clear();
        assert_eq!(told(&[without]), None, "who tells of no phase tells nothing of its length");
    }
}
