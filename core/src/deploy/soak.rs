//! How long files have been live in an environment, and well.

use crate::model::{AftercareEnd, Deploy, DeployState, TreeId, UnixMillis};
use std::time::Duration;

/// How long files have been live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LiveTime {
    /// In all, while nothing was known to be wrong.
    pub so_far: Duration,
    /// Whether they are live now, and well.
    pub is_live: bool,
}

/// How long the files of a tree have been live, by the deploys of an environment, whichever comes first. Another deploy that
/// may have touched the site ends it, when it was taken up; so does one of the same files that ended badly.
pub fn live_time<'d>(
    deploys: impl IntoIterator<Item = &'d Deploy>,
    tree: TreeId,
    now: UnixMillis,
) -> LiveTime {
    let mut events: Vec<(UnixMillis, bool)> = Vec::new();
    for deploy in deploys {
        let is_well = deploy.state == DeployState::Succeeded;
        let is_same = deploy.tree == tree;
        let began = deploy.picked_up_at.unwrap_or(deploy.made_at);
        if !(is_well && is_same) && (is_well || deploy.may_have_touched_the_site()) {
            events.push((began, false));
        }
        if is_well && is_same {
            events.push((deploy.ended_at.unwrap_or(began), true));
            events.extend(later(deploy));
        }
    }
    events.sort_unstable();
    let (mut so_far, mut since) = (Duration::ZERO, None::<UnixMillis>);
    for (at, is_live) in events {
        match (since, is_live) {
            (None, true) => since = Some(at),
            (Some(from), false) => {
                so_far += at.since(from);
                since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    so_far += since.map_or(Duration::ZERO, |from| now.since(from));
    LiveTime { so_far, is_live: since.is_some() }
}

/// What its verify step has told of a deploy when it was run again: since when the files were not well, or well again.
fn later(deploy: &Deploy) -> impl Iterator<Item = (UnixMillis, bool)> {
    let ended = deploy.aftercare.iter().filter_map(|run| run.ended.as_ref());
    let told = ended.filter_map(|(at, end)| match end {
        AftercareEnd::Failed { .. } => Some((*at, false)),
        AftercareEnd::Passed => Some((*at, true)),
        AftercareEnd::NotRun { .. } => None,
    });
    // That it went well says something only of what had failed.
    told.skip_while(|(_, is_well)| *is_well)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::samples::deploy;
    use crate::model::{AftercareRun, Ending, Phase, PhaseRun};

    fn ended(number: u64, tree: u8, (from, to): (i64, i64), state: DeployState) -> Deploy {
        let mut deploy = deploy(number, 1);
        deploy.tree = TreeId::from_bytes([tree; 20]);
        (deploy.picked_up_at, deploy.ended_at) = (Some(UnixMillis(from)), Some(UnixMillis(to)));
        (deploy.requested_at, deploy.state) = (Some(UnixMillis(from)), state);
        if state == DeployState::Failed {
            deploy.ending = Some(Ending::Failed { phase: Some(Phase::Deploy), words: None });
            deploy.phases = vec![PhaseRun {
                phase: Phase::Deploy,
                began_at: UnixMillis(from),
                ended_at: None,
                went_well: None,
                step: None,
                log_tail: None,
            }];
        }
        deploy
    }

    #[test]
    fn a_verify_step_that_fails_later_ends_it_until_it_passes_again() {
        let tree = TreeId::from_bytes([1; 20]);
        let run = |at, end| AftercareRun {
            after: 1,
            begun_at: UnixMillis(at),
            hand_overs: 1,
            ended: Some((UnixMillis(at), end)),
        };
        let failed = || AftercareEnd::Failed { words: "smoke".to_owned(), named: Vec::new() };
        let mut deploy = ended(1, 1, (0, 10), DeployState::Succeeded);
        let time = |deploy: &Deploy| {
            let time = live_time([deploy], tree, UnixMillis(110));
            (time.so_far.as_millis(), time.is_live)
        };
        deploy.aftercare = vec![run(20, AftercareEnd::Passed)];
        assert_eq!(time(&deploy), (100, true));
        deploy.aftercare.push(run(40, failed()));
        assert_eq!(time(&deploy), (30, false));
        deploy.aftercare.push(run(50, AftercareEnd::NotRun { words: "a full disk".to_owned() }));
        assert_eq!(time(&deploy), (30, false), "that says nothing");
        deploy.aftercare.push(run(60, AftercareEnd::Passed));
        assert_eq!(time(&deploy), (80, true));
    }

    #[test]
    fn it_counts_while_the_files_are_live_and_well() {
        use DeployState::{Failed, Succeeded};
        let tree = TreeId::from_bytes([1; 20]);
        let time = |deploys: &[Deploy], now| {
            let time = live_time(deploys, tree, UnixMillis(now));
            (time.so_far.as_millis(), time.is_live)
        };
        let first = ended(1, 1, (0, 10), Succeeded);
        assert_eq!(time(std::slice::from_ref(&first), 110), (100, true));
        assert_eq!(time(&[], 110), (0, false));
        let other = ended(2, 2, (50, 60), Succeeded);
        assert_eq!(time(&[first.clone(), other.clone()], 110), (40, false), "another release");
        let back = ended(3, 1, (70, 80), Succeeded);
        assert_eq!(time(&[back.clone(), other, first.clone()], 110), (70, true), "in whatever order");
        let broken = ended(2, 2, (50, 60), Failed);
        assert_eq!(time(&[first.clone(), broken.clone()], 110), (40, false), "it may be broken");
        assert_eq!(time(&[first.clone(), broken, back], 110), (70, true));
        let again = ended(2, 1, (50, 60), Succeeded);
        assert_eq!(time(&[first.clone(), again], 110), (100, true), "the same files once more");
        let badly = ended(2, 1, (50, 60), Failed);
        assert_eq!(time(&[first, badly], 110), (40, false));
    }
}
