//! How a change stands in an environment by the deploys there.

use crate::deploy::DeployQueue;
use crate::model::{Deploy, DeployState, UnixMillis, WaitsFor};
use crate::report::ChangeStage;

/// How the change stands by all deploys, of which these bring it, the newest first.
pub(super) fn stage<'a>(
    queue: &'a DeployQueue,
    bring: &[&'a Deploy],
) -> (ChangeStage, Option<UnixMillis>, Option<&'a Deploy>) {
    let live = queue.live();
    let has_it = |deploy: &Deploy| bring.iter().any(|it| it.number == deploy.number);
    // What is on its way anew does not count while an older deploy of it runs already.
    let on_its_way = bring.iter().find(|it| it.state.is_open()).filter(|_| !live.is_some_and(has_it));
    if let Some(open) = on_its_way {
        let stage = match (open.state, queue.waits_for(open.number)) {
            (DeployState::Waiting, Some(WaitsFor::Hold)) => ChangeStage::Held,
            (DeployState::Waiting, Some(WaitsFor::Unconfirmed { .. })) => ChangeStage::Blocked,
            (DeployState::Waiting, _) => ChangeStage::Waiting,
            _ => ChangeStage::UnderWay,
        };
        return (stage, Some(open.made_at), Some(open));
    }
    if let Some(live) = live.filter(|live| has_it(live)) {
        return since_live(queue, live, &has_it);
    }
    let was_live = bring.iter().find(|it| it.state == DeployState::Succeeded);
    let taken_back = live.filter(|live| live.is_rollback());
    if let (Some(_), Some(live)) = (was_live, taken_back) {
        let since = queue.hold().map(|hold| hold.since).or(live.ended_at);
        return (ChangeStage::RolledBack, since, Some(live));
    }
    match bring.first() {
        Some(newest) => match newest.state {
            DeployState::Failed | DeployState::Error => (ChangeStage::Failed, newest.ended_at, Some(newest)),
            DeployState::Superseded => (ChangeStage::Superseded, newest.ended_at, Some(newest)),
            DeployState::Inactive => (ChangeStage::Merged, Some(newest.made_at), Some(newest)),
            DeployState::Refused => (ChangeStage::Refused, newest.ended_at, Some(newest)),
            _ if was_live.is_some() => (ChangeStage::NoLonger, live.and_then(|it| it.ended_at), live),
            _ => (ChangeStage::NotThere, None, None),
        },
        None => (ChangeStage::NotThere, None, None),
    }
}

/// How a change stands that the last good deploy brought: live, unless something has happened since by which that is
/// not sure any more.
fn since_live<'a>(
    queue: &'a DeployQueue,
    live: &'a Deploy,
    has_it: &impl Fn(&Deploy) -> bool,
) -> (ChangeStage, Option<UnixMillis>, Option<&'a Deploy>) {
    let since = |later: &&Deploy| later.number > live.number && later.was_begun();
    let mut later = queue.deploys().iter().rev().filter(since);
    let going_back = queue.deploys().iter().rev().find(|it| it.is_rollback() && it.state.is_open());
    if let Some(going_back) = going_back.filter(|it| !has_it(it)) {
        return (ChangeStage::GoingBack, Some(going_back.made_at), Some(going_back));
    }
    let error = later.find(|it| !it.state.is_open() && (it.is_rollback() || it.may_have_touched_the_site()));
    match error {
        Some(back) if back.is_rollback() && !has_it(back) => {
            (ChangeStage::NotTakenBack, back.ended_at, Some(back))
        }
        Some(error) if error.may_have_touched_the_site() => {
            (ChangeStage::Uncertain, error.ended_at, Some(error))
        }
        _ => {
            let well = queue.deploys().iter().rev().filter(|it| it.state == DeployState::Succeeded);
            let first = well.take_while(|it| has_it(it)).last();
            (ChangeStage::Live, first.and_then(|it| it.ended_at), Some(live))
        }
    }
}
