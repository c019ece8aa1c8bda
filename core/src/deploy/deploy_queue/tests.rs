use super::*;
use crate::deploy::samples::{LIMITS, begin, commit, deploy, hold, report, rollback};
use crate::deploy::{DeployReport, ReportedState};
use crate::model::{Diagnosis, Phase, UnixMillis};
use std::time::Duration;

fn queue(deploys: Vec<Deploy>) -> DeployQueue {
    DeployQueue::new(deploys, None, None)
}

fn state(queue: &DeployQueue, number: u64) -> DeployState {
    queue.get(number).unwrap().state
}

#[test]
fn a_tip_is_deployed_once_and_the_baseline_never() {
    let tip = Some(commit(1));
    assert_eq!(DeployQueue::new(vec![], None, tip).wanted(tip), Wanted::Nothing);
    assert_eq!(queue(vec![]).wanted(None), Wanted::Nothing);
    assert_eq!(queue(vec![]).wanted(tip), Wanted::Deploy(commit(1)));
    assert_eq!(queue(vec![deploy(1, 1)]).wanted(tip), Wanted::Nothing);
    // A rollback is no answer to what the branch asks.
    assert_eq!(queue(vec![deploy(1, 2), rollback(2, 1)]).wanted(Some(commit(2))), Wanted::Nothing);
    assert_eq!(queue(vec![deploy(1, 2), rollback(2, 1)]).wanted(tip), Wanted::Deploy(commit(1)));
}

#[test]
fn a_branch_that_has_given_its_place_up_is_deployed_again_once_it_has_one() {
    let mut queue = queue(vec![deploy(1, 1)]);
    assert_eq!(begin(&mut queue, UnixMillis(0)), 1);
    report(&mut queue, 1, UnixMillis(1), ReportedState::Succeeded);
    queue.add(deploy(2, 2));
    queue.leave_place(false, UnixMillis(2));
    assert_eq!([1, 2].map(|it| state(&queue, it)), [DeployState::Succeeded, DeployState::Superseded]);
    assert_eq!(queue.wanted(Some(commit(2))), Wanted::Deploy(commit(2)), "it has taken the place back");
    queue.leave_place(true, UnixMillis(3));
    assert_eq!((state(&queue, 1), queue.live()), (DeployState::Superseded, None));
    assert_eq!(queue.wanted(Some(commit(1))), Wanted::Deploy(commit(1)));
}

#[test]
fn one_goes_at_a_time_and_then_the_newest_of_those_that_waited() {
    let mut queue = queue(vec![deploy(1, 1)]);
    assert_eq!(begin(&mut queue, UnixMillis(0)), 1);
    queue.add(deploy(2, 2));
    queue.add(deploy(3, 3));
    assert_eq!(queue.next_to_start(UnixMillis(5)), None);
    assert_eq!(state(&queue, 2), DeployState::Superseded);
    assert_eq!(queue.get(2).unwrap().ending, Some(Ending::Superseded { by: 3 }));
    assert!(report(&mut queue, 1, UnixMillis(10), ReportedState::Succeeded));
    assert_eq!(begin(&mut queue, UnixMillis(11)), 3);
    assert!(
        !report(&mut queue, 2, UnixMillis(12), ReportedState::Succeeded),
        "a superseded one has nothing to say"
    );
}

#[test]
fn what_waits_is_cancelled_whole_and_its_commit_is_not_wanted_again() {
    let mut queue = queue(vec![deploy(1, 1), deploy(2, 2)]);
    assert_eq!(queue.cancel_waiting("rita", UnixMillis(5)), Some(2));
    for number in [1, 2] {
        let why = Ending::CancelledByPerson { by: "rita".to_owned(), phase: None };
        assert_eq!(queue.get(number).unwrap().ending, Some(why));
    }
    assert_eq!(queue.next_to_start(UnixMillis(6)), None);
    assert_eq!(queue.wanted(Some(commit(2))), Wanted::Nothing);
    assert_eq!(queue.may_deploy(commit(2), false), Ok(()), "whoever wants it asks for it");
    assert_eq!(queue.cancel_waiting("rita", UnixMillis(7)), None);
}

#[test]
fn nobody_took_it_up_is_another_end_than_that_it_hangs() {
    let mut queue = queue(vec![deploy(1, 1), deploy(2, 2)]);
    begin(&mut queue, UnixMillis(0));
    assert_eq!(queue.next_expiry(LIMITS), Some(UnixMillis(100)));
    assert!(queue.expire(LIMITS, UnixMillis(99)).is_empty());
    assert_eq!(queue.expire(LIMITS, UnixMillis(100)), [2]);
    assert_eq!(
        queue.get(2).unwrap().ending,
        Some(Ending::NotPickedUp { within: Duration::from_millis(100) })
    );
    queue.add(deploy(3, 3));
    begin(&mut queue, UnixMillis(200));
    let report =
        DeployReport::new(UnixMillis(210), ReportedState::Running).with_words(Some("deploy: maintenance-on"));
    assert!(queue.report(3, &report, UnixMillis(210)));
    assert_eq!(queue.next_expiry(LIMITS), Some(UnixMillis(1_210)));
    assert_eq!(queue.expire(LIMITS, UnixMillis(1_210)), [3]);
    assert_eq!(state(&queue, 3), DeployState::Cancelling);
    queue.cancel_answered(3, CancelAnswer::Ended, UnixMillis(1_211));
    let ending = queue.get(3).unwrap().ending.clone();
    assert_eq!(ending, Some(Ending::Stuck { phase: Some(Phase::Deploy), within: LIMITS.whole }));
}

#[test]
fn reports_twice_late_and_out_of_order_change_nothing() {
    let mut queue = queue(vec![deploy(1, 1)]);
    assert!(!report(&mut queue, 1, UnixMillis(1), ReportedState::Succeeded), "it was not even handed over");
    begin(&mut queue, UnixMillis(0));
    assert!(!report(&mut queue, 9, UnixMillis(1), ReportedState::Running), "there is no such deploy");
    assert!(report(&mut queue, 1, UnixMillis(10), ReportedState::Succeeded));
    assert!(!report(&mut queue, 1, UnixMillis(10), ReportedState::Succeeded));
    assert!(!report(&mut queue, 1, UnixMillis(9), ReportedState::Running));
    assert!(
        !report(&mut queue, 1, UnixMillis(10), ReportedState::Failed),
        "two ends of one second: the first that came"
    );
    assert_eq!(state(&queue, 1), DeployState::Succeeded);
}

#[test]
fn an_older_deploy_that_finishes_last_does_not_win() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    report(&mut queue, 1, UnixMillis(1), ReportedState::Running);
    queue.expire(LIMITS, UnixMillis(5_000));
    queue.cancel_answered(1, CancelAnswer::Ended, UnixMillis(5_000));
    queue.add(deploy(2, 2));
    begin(&mut queue, UnixMillis(5_001));
    report(&mut queue, 2, UnixMillis(5_002), ReportedState::Succeeded);
    assert!(!report(&mut queue, 1, UnixMillis(5_003), ReportedState::Succeeded));
    assert_eq!(queue.live().unwrap().number, 2);
}

#[test]
fn that_the_same_is_asked_for_again_is_kept_once() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    for at in [10, 20] {
        let mut report = DeployReport::new(UnixMillis(at), ReportedState::Running);
        report.retries = true;
        queue.report(1, &report, UnixMillis(at));
        assert_eq!(queue.get(1).unwrap().retried_at, Some(UnixMillis(10)));
    }
}

#[test]
fn what_went_with_a_newer_one_makes_room_for_it() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    let mut report = DeployReport::new(UnixMillis(10), ReportedState::Queued);
    report.went_with = Some(commit(2));
    queue.report(1, &report, UnixMillis(10));
    assert_eq!(state(&queue, 1), DeployState::Requested, "the newer one is not known yet");
    queue.add(deploy(2, 2));
    assert!(queue.report(1, &report, UnixMillis(20)));
    assert_eq!(queue.get(1).unwrap().ending, Some(Ending::Superseded { by: 2 }));
    assert_eq!(queue.next_to_start(UnixMillis(20)), Some(2));
}

#[test]
fn what_was_given_up_and_still_comes_to_an_end_counts_while_nothing_else_has_begun() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    queue.expire(LIMITS, UnixMillis(100));
    assert!(report(&mut queue, 1, UnixMillis(150), ReportedState::Running));
    assert!(report(&mut queue, 1, UnixMillis(160), ReportedState::Failed));
    assert!(
        report(&mut queue, 1, UnixMillis(170), ReportedState::Running),
        "run again by whoever carries it out"
    );
    assert!(report(&mut queue, 1, UnixMillis(180), ReportedState::Succeeded));
    assert_eq!(queue.get(1).unwrap().ending, None);
}

#[test]
fn phases_begin_end_and_are_not_entered_again() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    let tell = |queue: &mut DeployQueue, at, state, words| {
        queue.report(1, &DeployReport::new(at, state).with_words(Some(words)), at)
    };
    tell(&mut queue, UnixMillis(1), ReportedState::Running, "build: compile");
    tell(&mut queue, UnixMillis(5), ReportedState::Running, "deploy: maintenance-on");
    tell(&mut queue, UnixMillis(6), ReportedState::Running, "build: late word");
    tell(&mut queue, UnixMillis(9), ReportedState::Failed, "the database does not answer");
    let deploy = queue.get(1).unwrap();
    let seen: Vec<_> = deploy
        .phases
        .iter()
        .map(|run| (run.phase, run.began_at.0, run.ended_at.map(|at| at.0), run.went_well))
        .collect();
    assert_eq!(seen, [(Phase::Build, 1, Some(5), Some(true)), (Phase::Deploy, 5, Some(9), Some(false))]);
    assert_eq!(deploy.phases[1].step.as_deref(), Some("maintenance-on"));
    let words = Some("the database does not answer".to_owned());
    assert_eq!(deploy.ending, Some(Ending::Failed { phase: Some(Phase::Deploy), words }));
}

#[test]
fn while_a_hold_is_in_force_only_a_rollback_goes() {
    let mut queue = DeployQueue::new(vec![deploy(3, 3), rollback(4, 1)], Some(hold()), None);
    assert_eq!(begin(&mut queue, UnixMillis(0)), 4);
    assert_eq!(state(&queue, 3), DeployState::Waiting);
    report(&mut queue, 4, UnixMillis(1), ReportedState::Succeeded);
    assert_eq!(queue.next_to_start(UnixMillis(2)), None);
    let mut lifted = hold();
    lifted.lifted =
        Some(crate::model::Lifted { at: UnixMillis(3), by: "op".to_owned(), reason: "fixed".to_owned() });
    queue.set_hold(lifted);
    assert_eq!(queue.next_to_start(UnixMillis(4)), Some(5), "it begins after 4, and is numbered so");
    assert_eq!(queue.get(3).unwrap().ending, Some(Ending::Superseded { by: 5 }));
    assert_eq!(queue.get(5).unwrap().commit, commit(3));
}

#[test]
fn a_rollback_whose_hold_was_lifted_before_its_turn_takes_no_merge_away() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    queue.add(deploy(2, 3));
    queue.cancel(1, Ending::Cancelled { by: 3, phase: None }, UnixMillis(1));
    queue.add(rollback(3, 9));
    let mut lifted = hold();
    lifted.lifted =
        Some(crate::model::Lifted { at: UnixMillis(2), by: "op".to_owned(), reason: "fixed".to_owned() });
    queue.set_hold(lifted);
    assert_eq!(queue.next_to_start(UnixMillis(3)), None, "the first one has not ended yet");
    queue.cancel_answered(1, CancelAnswer::Ended, UnixMillis(4));
    assert_eq!(begin(&mut queue, UnixMillis(5)), 3);
    assert_eq!(state(&queue, 2), DeployState::Waiting, "it is what the branch has");
    report(&mut queue, 3, UnixMillis(6), ReportedState::Succeeded);
    assert_eq!(begin(&mut queue, UnixMillis(7)), 4);
    assert_eq!(queue.get(4).unwrap().commit, commit(3));
    // What is merged after that goes instead of a rollback that has not begun.
    queue.add(rollback(5, 9));
    queue.add(deploy(6, 4));
    queue.next_to_start(UnixMillis(8));
    assert_eq!(queue.get(5).unwrap().ending, Some(Ending::Superseded { by: 6 }));
}

#[test]
fn what_is_carried_out_anew_has_its_time_anew() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    report(&mut queue, 1, UnixMillis(10), ReportedState::Running);
    report(&mut queue, 1, UnixMillis(20), ReportedState::Failed);
    report(&mut queue, 1, UnixMillis(5_000), ReportedState::Running);
    assert_eq!(queue.expire(LIMITS, UnixMillis(5_001)), Vec::<u64>::new());
}

#[test]
fn nobody_is_late_who_cannot_have_heard_of_it() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    queue.get_mut(1).unwrap().handing_over = true;
    assert_eq!(queue.expire(LIMITS, UnixMillis(200)), Vec::<u64>::new());
    queue.get_mut(1).unwrap().github_id = Some(7);
    assert_eq!(queue.expire(LIMITS, UnixMillis(200)), [1]);
}

#[test]
fn what_waits_for_a_branch_that_is_gone_is_not_deployed() {
    let mut queue = queue(vec![deploy(1, 1)]);
    queue.leave_branch(&HashSet::from([commit(1)]), UnixMillis(4));
    assert_eq!(state(&queue, 1), DeployState::Waiting);
    queue.leave_branch(&HashSet::new(), UnixMillis(5));
    assert_eq!(queue.get(1).unwrap().ending, Some(Ending::OffBranch));
    assert_eq!(queue.next_to_start(UnixMillis(6)), None);
    assert_eq!(queue.wanted(Some(commit(1))), Wanted::Deploy(commit(1)), "it came back");
}

#[test]
fn an_environment_that_was_named_anew_begins_with_the_next_move() {
    let start = |n: Option<u8>, after| Some(StartingPoint { commit: n.map(commit), after });
    let back = |n| queue(vec![deploy(1, 1)]).since(start(n, 1));
    assert_eq!(back(Some(2)).wanted(Some(commit(2))), Wanted::Nothing, "it was there when it was named");
    assert_eq!(back(Some(1)).wanted(Some(commit(1))), Wanted::Nothing);
    assert_eq!(back(Some(2)).wanted(Some(commit(3))), Wanted::Deploy(commit(3)));
    assert_eq!(back(None).wanted(Some(commit(1))), Wanted::Deploy(commit(1)), "there was no branch");
    let mut later = queue(vec![deploy(1, 1)]).since(start(Some(2), 1));
    later.add(deploy(2, 3));
    assert_eq!(later.wanted(Some(commit(3))), Wanted::Nothing);
    assert_eq!(later.wanted(Some(commit(2))), Wanted::Deploy(commit(2)), "it went back by a move");
}

#[test]
fn a_number_that_was_told_of_is_not_given_again() {
    let mut queue = queue(vec![deploy(1, 1)]);
    assert_eq!(queue.next_number(), 2);
    queue.was_told_of(7);
    queue.was_told_of(5);
    assert_eq!(queue.next_number(), 8);
    assert_eq!(queue.renumber(1, UnixMillis(20)), Some(8));
    assert_eq!(queue.get(1).unwrap().ending, Some(Ending::Superseded { by: 8 }));
    assert_eq!(queue.next_to_start(UnixMillis(21)), Some(8));
    assert_eq!(queue.get(8).unwrap().commit, commit(1));
}

#[test]
fn what_waits_in_an_environment_that_is_none_any_more_goes_no_more() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    queue.add(deploy(2, 2));
    queue.add(rollback(3, 9));
    queue.leave_path(UnixMillis(5));
    assert_eq!([1, 2, 3].map(|it| state(&queue, it)), {
        use DeployState::{Requested, Superseded};
        [Requested, Superseded, Superseded]
    });
    assert_eq!(queue.get(2).unwrap().ending, Some(Ending::OffPath));
}

#[test]
fn one_that_ended_with_the_server_may_have_touched_the_site() {
    let mut queue = queue(vec![deploy(1, 1)]);
    begin(&mut queue, UnixMillis(0));
    report(&mut queue, 1, UnixMillis(10), ReportedState::Running);
    queue.get_mut(1).unwrap().hand_overs = 3;
    queue.cut_off(1, UnixMillis(20));
    let cut = queue.get(1).unwrap();
    assert_eq!((cut.state, cut.ended_at), (DeployState::Error, Some(UnixMillis(20))));
    assert_eq!(cut.ending, Some(Ending::CutOff { phase: None, times: 3 }));
    assert!(cut.may_have_touched_the_site());
}

#[test]
fn of_what_is_unknown_why_failed_the_latest_are_asked_again() {
    let undiagnosed = |queue: &DeployQueue, since| {
        let found = queue.undiagnosed(UnixMillis(since));
        found.map(|it| it.number).collect::<Vec<_>>()
    };
    let mut now = queue(vec![deploy(1, 1)]);
    begin(&mut now, UnixMillis(0));
    assert!(undiagnosed(&now, 0).is_empty());
    report(&mut now, 1, UnixMillis(5), ReportedState::Failed);
    assert_eq!(undiagnosed(&now, 9), [1], "it has failed just now, whenever that was");
    let mut before = queue(now.deploys().to_vec());
    assert_eq!(undiagnosed(&before, 4), [1], "its log could not be read then");
    assert!(undiagnosed(&before, 5).is_empty(), "that is long ago");
    let words = || "x".to_owned();
    let told = Diagnosis { code: None, title: words(), customers: words(), next: words() };
    before.get_mut(1).unwrap().diagnosis = Some(told);
    assert!(undiagnosed(&before, 4).is_empty());
}
