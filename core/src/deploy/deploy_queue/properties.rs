//! Whatever comes in whatever order: what has to hold of the deploys of an environment all the same.

use super::{CancelAnswer, DeployQueue};
use crate::deploy::samples::{LIMITS, begin, commit, deploy, report, requested, rollback};
use crate::deploy::{DeployReport, ReportedState};
use crate::model::{Deploy, DeployState, Ending, Hold, Lifted, Phase, UnixMillis, UserMessage};
use proptest::prelude::*;
use std::time::Duration;

/// Something that happens.
#[derive(Debug, Clone)]
enum Act {
    Merge(u8),
    AskedFor(u8),
    Turn,
    Report(u64, ReportedState, Option<Phase>),
    Late(u64, ReportedState),
    Rollback(Option<u8>),
    Lift,
    Answer(CancelAnswer),
    GivenUp,
    Outrun,
    Pass(Duration),
}

fn act() -> impl Strategy<Value = Act> {
    let number = || 1_u64..14;
    let state = || {
        prop::sample::select(vec![
            ReportedState::Queued,
            ReportedState::Waiting,
            ReportedState::Running,
            ReportedState::Succeeded,
            ReportedState::Failed,
        ])
    };
    let phase = prop::option::of(prop::sample::select(Phase::ALL.to_vec()));
    let answer = vec![
        CancelAnswer::Ended,
        CancelAnswer::Told,
        CancelAnswer::Cannot(UserMessage::new("there is no way")),
    ];
    prop_oneof![
        3 => (1_u8..6).prop_map(Act::Merge),
        1 => (1_u8..6).prop_map(Act::AskedFor),
        5 => Just(Act::Turn),
        8 => (number(), state(), phase).prop_map(|(number, state, phase)| Act::Report(number, state, phase)),
        1 => (number(), state()).prop_map(|(number, state)| Act::Late(number, state)),
        2 => prop::option::of(1_u8..6).prop_map(Act::Rollback),
        1 => Just(Act::Lift),
        3 => prop::sample::select(answer).prop_map(Act::Answer),
        1 => Just(Act::GivenUp),
        1 => Just(Act::Outrun),
        2 => prop::sample::select(vec![5, 60, 200, 1_500]).prop_map(|millis| Act::Pass(Duration::from_millis(millis))),
    ]
}

fn who() -> (String, String) {
    ("op".to_owned(), "broken".to_owned())
}

/// Does it, as the engine would. What must not be is found by whoever looks at the course afterwards.
fn happens(queue: &mut DeployQueue, now: &mut UnixMillis, act: &Act) {
    *now += Duration::from_millis(10);
    let next = queue.next_number();
    match act {
        Act::Merge(n) => queue.add(deploy(next, *n)),
        Act::AskedFor(n) => {
            if queue.hold().is_none() {
                queue.add(requested(next, *n));
            }
        }
        Act::Turn => {
            if queue.clone().next_to_start(*now).is_some() {
                begin(queue, *now);
            } else {
                queue.next_to_start(*now);
            }
        }
        Act::Report(number, state, phase) => {
            let report = DeployReport { phase: *phase, ..DeployReport::new(*now, *state) };
            queue.report(*number, &report, *now);
        }
        Act::Late(number, state) => {
            report(queue, *number, *now - Duration::from_millis(25), *state);
        }
        Act::Rollback(to) => {
            let Ok(plan) = queue.rollback(to.map(commit)) else { return };
            let hold = Hold::new((plan.from, plan.target.commit), who(), *now, Vec::new());
            queue.set_hold(hold.expect("a hold from X to X"));
            if let Some(going) = plan.cancels {
                queue.cancel(going, Ending::Cancelled { by: next, phase: None }, *now);
            }
            queue.add(Deploy { commit: plan.target.commit, ..rollback(next, 0) });
        }
        Act::Lift => {
            if let Some(hold) = queue.hold().cloned() {
                let lifted = Some(Lifted { at: *now, by: "op".to_owned(), reason: "fine".to_owned() });
                queue.set_hold(Hold { lifted, ..hold });
            }
        }
        Act::Answer(answer) => {
            let asked = queue.cancelling().or(queue.unconfirmed()).map(|it| it.number);
            if let Some(number) = asked {
                queue.cancel_answered(number, answer.clone(), *now);
            }
        }
        Act::GivenUp => {
            if let Some(deploy) = queue.given_up().cloned() {
                queue.cancel(deploy.number, deploy.ending.unwrap(), *now);
            }
        }
        Act::Outrun => {
            if let Some((waits, ending)) = queue.outrun_while_waiting() {
                queue.cancel(waits, ending, *now);
            }
        }
        Act::Pass(time) => {
            *now += *time;
            queue.expire(LIMITS, *now);
        }
    }
}

/// What must hold of every deploy, whatever has happened.
fn is_sound(queue: &DeployQueue) -> Result<(), TestCaseError> {
    let under_way: Vec<_> = queue.deploys().iter().filter(|it| it.state.is_under_way()).collect();
    prop_assert!(under_way.len() <= 1, "two at a time: {under_way:?}");
    for deploy in queue.deploys() {
        let ended = !deploy.state.is_open();
        prop_assert_eq!(deploy.ended_at.is_some(), ended, "{:?}", deploy);
        let well = deploy.state == DeployState::Succeeded;
        prop_assert_eq!(deploy.ending.is_some(), ended && !well, "{:?}", deploy);
        prop_assert!(!(well && deploy.may_still_run()), "{deploy:?}");
        if deploy.state == DeployState::Cancelling {
            let end = deploy.cancellation.as_ref().map(|it| it.end.is_none());
            prop_assert_eq!(end, Some(true), "{:?}", deploy);
        }
    }
    let numbers: Vec<u64> = queue.deploys().iter().map(|it| it.number).collect();
    prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// At most one has the environment to itself, and what is live is never older than what was live before, unless
    /// it turned out to have failed.
    #[test]
    fn one_at_a_time_and_never_backwards(acts in prop::collection::vec(act(), 1..80)) {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        let (mut now, mut live) = (UnixMillis(100), 0);
        for act in &acts {
            happens(&mut queue, &mut now, act);
            is_sound(&queue)?;
            let now_live = queue.live().map_or(0, |it| it.number);
            let failed = queue.get(live).is_some_and(|it| it.state != DeployState::Succeeded);
            prop_assert!(now_live >= live || failed, "{act:?}");
            live = now_live;
        }
    }

    /// What may still run has company only of what the operator asked for by name, and that knows of it.
    #[test]
    fn nothing_begins_unasked_beside_one_that_may_still_run(acts in prop::collection::vec(act(), 1..80)) {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        let mut now = UnixMillis(100);
        for act in &acts {
            let (before, held) = (queue.clone(), queue.hold().is_some());
            happens(&mut queue, &mut now, act);
            let begun = queue.deploys().iter().find(|it| {
                it.was_begun() && before.get(it.number).is_none_or(|known| !known.was_begun())
            });
            let Some(begun) = begun else { continue };
            prop_assert!(before.under_way().is_none(), "{begun:?}");
            prop_assert!(!held || begun.is_rollback(), "{begun:?}");
            let beside = before.unconfirmed().map(|it| it.number);
            prop_assert_eq!(begun.beside, beside);
            prop_assert!(beside.is_none() || begun.was_requested(), "{begun:?}");
        }
    }

    /// A rollback takes no merge's place: what was merged goes after it, or something newer that was merged does.
    #[test]
    fn a_merge_gives_way_to_no_rollback(acts in prop::collection::vec(act(), 1..80)) {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        let mut now = UnixMillis(100);
        for act in &acts {
            happens(&mut queue, &mut now, act);
            for deploy in queue.deploys().iter().filter(|it| !it.is_rollback()) {
                let Some(Ending::Superseded { by }) = deploy.ending else { continue };
                let by = queue.get(by);
                prop_assert!(by.is_some_and(|it| !it.is_rollback()), "{deploy:?} by {by:?}");
            }
        }
    }

    /// Asked without a name, a rollback never brings back what an earlier one has taken back: the release that it
    /// goes to has run well, and since then nobody has gone back behind it.
    #[test]
    fn a_rollback_never_brings_back_what_was_taken_back(acts in prop::collection::vec(act(), 1..80)) {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        let mut now = UnixMillis(100);
        for act in &acts {
            happens(&mut queue, &mut now, act);
            let Ok(plan) = queue.rollback(None) else { continue };
            prop_assert_ne!(plan.from, plan.target.commit);
            prop_assert_eq!(plan.target.state, DeployState::Succeeded);
            prop_assert_eq!(queue.rollback_target(), Some(plan.target.commit));
            let newest_back = queue.deploys().iter().rev().find(|it| it.is_rollback() && it.was_begun());
            let Some(back) = newest_back.filter(|it| it.commit != plan.target.commit) else { continue };
            let source = queue.deploys().iter().rev().find(|it| {
                it.number < back.number && it.commit == back.commit && it.state == DeployState::Succeeded
            });
            // Either it ran well after that rollback, or it had run before what that one went back to.
            let later = plan.target.number > back.number;
            let earlier = source.is_some_and(|it| plan.target.number < it.number);
            prop_assert!(later || earlier, "{plan:?} after {back:?}");
        }
    }

    /// Nothing keeps an environment for ever by its silence: once all times are over, nothing is under way, or it waits
    /// for a person.
    #[test]
    fn silence_keeps_no_environment(acts in prop::collection::vec(act(), 1..60)) {
        let mut queue = DeployQueue::new(Vec::new(), None, None);
        let mut now = UnixMillis(100);
        for act in &acts {
            happens(&mut queue, &mut now, act);
        }
        for _ in 0..3 {
            now += Duration::from_secs(1_000);
            queue.expire(LIMITS, now);
        }
        let stays = queue.under_way().filter(|it| it.waits_for_approval_since.is_none());
        prop_assert_eq!(stays, None);
        prop_assert!(queue.next_expiry(LIMITS).is_none());
    }
}
