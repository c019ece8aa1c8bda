use super::*;
use crate::deploy::samples::{LIMITS, begin, commit, deploy, report, requested, rollback};
use crate::deploy::{CancelAnswer, ReportedState, Wanted};
use crate::model::{Ending, Hold, Lifted, Phase, Trigger, UnixMillis, UserMessage};
use std::time::Duration;

/// A story over one environment: what happens to it, told in the order of time.
struct Story {
    queue: DeployQueue,
    now: UnixMillis,
}

impl Story {
    fn new() -> Self {
        Self { queue: DeployQueue::new(Vec::new(), None, None), now: UnixMillis(0) }
    }

    fn tick(&mut self) -> UnixMillis {
        self.now += Duration::from_millis(10);
        self.now
    }

    /// A merge whose deploy begins and is taken up.
    fn begins(&mut self, n: u8) -> u64 {
        self.queue.add(deploy(self.queue.next_number(), n));
        let now = self.tick();
        begin(&mut self.queue, now)
    }

    fn says(&mut self, number: u64, state: ReportedState) {
        let now = self.tick();
        report(&mut self.queue, number, now, state);
    }

    fn reaches(&mut self, number: u64, phase: Phase) {
        let now = self.tick();
        let words =
            crate::deploy::DeployReport::new(now, ReportedState::Running).with_words(Some(phase.as_str()));
        self.queue.report(number, &words, now);
    }

    /// It runs well.
    fn well(mut self, n: u8) -> Self {
        let number = self.begins(n);
        self.says(number, ReportedState::Running);
        self.says(number, ReportedState::Succeeded);
        self
    }

    /// It fails in this phase.
    fn fails_in(mut self, n: u8, phase: Phase) -> Self {
        let number = self.begins(n);
        self.reaches(number, phase);
        self.says(number, ReportedState::Failed);
        self
    }

    /// It is taken up and never ends.
    fn hangs(mut self, n: u8) -> Self {
        let number = self.begins(n);
        self.reaches(number, Phase::Deploy);
        self
    }

    /// The operator asks for a rollback, as the engine carries it out.
    fn asked(mut self, to: Option<u8>) -> Self {
        let plan = self.queue.rollback(to.map(commit)).unwrap();
        let number = self.queue.next_number();
        let now = self.tick();
        let who = ("op".to_owned(), "broken".to_owned());
        let hold = Hold::new((plan.from, plan.target.commit), who, now, Vec::new()).expect("from X to X");
        self.queue.set_hold(hold);
        if let Some(going) = plan.cancels {
            self.queue.cancel(going, Ending::Cancelled { by: number, phase: None }, now);
            self.queue.cancel_answered(going, CancelAnswer::Ended, now);
        }
        self.queue.add(Deploy { commit: plan.target.commit, ..rollback(number, 0) });
        self
    }

    /// The rollback that waits begins, and ends so.
    fn goes_back(mut self, state: ReportedState) -> Self {
        let now = self.tick();
        let number = begin(&mut self.queue, now);
        self.reaches(number, Phase::Deploy);
        self.says(number, state);
        self
    }

    fn lifted(mut self) -> Self {
        let hold = self.queue.hold().unwrap().clone();
        let lifted = Some(Lifted { at: self.tick(), by: "op".to_owned(), reason: "fine".to_owned() });
        self.queue.set_hold(Hold { lifted, ..hold });
        self
    }

    /// Where a rollback goes, from what, and what it ends first; or why not.
    #[track_caller]
    fn means(self, expected: Result<(u8, u8), RollbackRefusal>) -> Self {
        let found = self.queue.rollback(None).map(|plan| (plan.from, plan.target.commit));
        assert_eq!(found, expected.map(|(from, to)| (commit(from), commit(to))));
        self
    }
}

fn held(at: u8, before: Option<u8>) -> RollbackRefusal {
    RollbackRefusal::Held { at: commit(at), before: before.map(commit) }
}

#[test]
fn it_goes_back_to_what_ran_last_and_well_before_the_trouble() {
    let two = || Story::new().well(1).well(2);
    Story::new().means(Err(RollbackRefusal::NothingBefore));
    Story::new().well(1).means(Err(RollbackRefusal::NothingBefore));
    Story::new().fails_in(1, Phase::Deploy).means(Err(RollbackRefusal::NothingBefore));
    Story::new().hangs(1).means(Err(RollbackRefusal::NothingBefore));
    two().means(Ok((2, 1)));
    two().fails_in(3, Phase::Deploy).means(Ok((3, 2)));
    two().fails_in(3, Phase::Verify).means(Ok((3, 2)));
    two().hangs(3).means(Ok((3, 2)));
    two().fails_in(3, Phase::Deploy).fails_in(4, Phase::Deploy).means(Ok((4, 2)));
    // A build that failed touched nothing, and takes nothing away from the trouble before it.
    two().fails_in(3, Phase::Deploy).fails_in(4, Phase::Build).means(Ok((3, 2)));
    let untouched = RollbackRefusal::Untouched { number: 3, live: commit(2), before: Some(commit(1)) };
    two().fails_in(3, Phase::Build).means(Err(untouched));
    two().fails_in(3, Phase::Deploy).well(4).means(Ok((4, 2)));
    // Succeeded, and told to have failed after all.
    let mut late = two();
    late.says(2, ReportedState::Failed);
    late.means(Ok((2, 1)));
}

#[test]
fn asked_twice_it_is_under_way_already() {
    let under_way = |number| RollbackRefusal::UnderWay { number, to: commit(1) };
    let asked = Story::new().well(1).well(2).asked(None).means(Err(under_way(3)));
    assert_eq!(asked.queue.rollback(Some(commit(1))), Err(under_way(3)));
    let mut going = Story::new().well(1).well(2).asked(None);
    let number = begin(&mut going.queue, UnixMillis(1_000));
    going.reaches(number, Phase::Deploy);
    going.means(Err(under_way(3)));
    // Another one takes its place.
    let further = Story::new().well(1).well(2).well(3).asked(None);
    let plan = further.queue.rollback(Some(commit(1))).unwrap();
    assert_eq!((plan.from, plan.target.commit), (commit(3), commit(1)));
    further.asked(Some(1)).means(Err(RollbackRefusal::UnderWay { number: 5, to: commit(1) }));
}

#[test]
fn the_broken_release_is_never_brought_back_unasked() {
    let three = || Story::new().well(1).well(2).well(3);
    let back = three().asked(None).goes_back(ReportedState::Succeeded).means(Err(held(2, Some(1))));
    assert_eq!(back.queue.rollback(Some(commit(2))), Err(RollbackRefusal::IsLive(commit(2))));
    // Further back, by name, and then again without one.
    let further = back.asked(Some(1)).goes_back(ReportedState::Succeeded).means(Err(held(1, None)));
    assert_eq!(further.queue.hold().unwrap().from, commit(3), "all of it is taken back");
    // Once the hold is lifted it is a new question; what was taken back stays so.
    three().asked(None).goes_back(ReportedState::Succeeded).lifted().means(Ok((2, 1)));
    let again = three().asked(None).goes_back(ReportedState::Succeeded).lifted().well(4);
    again.means(Ok((4, 2))).asked(None).goes_back(ReportedState::Succeeded).means(Err(held(2, Some(1))));
    // It comes back only by name.
    let named = three()
        .asked(None)
        .goes_back(ReportedState::Succeeded)
        .asked(Some(3))
        .goes_back(ReportedState::Succeeded);
    named.means(Err(held(3, Some(2))));
}

#[test]
fn one_that_failed_is_tried_again_and_goes_no_further_back() {
    let failed = || Story::new().well(1).well(2).well(3).asked(None).goes_back(ReportedState::Failed);
    failed().means(Ok((3, 2)));
    failed().asked(None).goes_back(ReportedState::Failed).means(Ok((3, 2)));
    failed().asked(None).goes_back(ReportedState::Succeeded).means(Err(held(2, Some(1))));
    failed().lifted().means(Ok((3, 2)));
}

#[test]
fn what_hangs_is_ended_first_and_may_be_beside_it() {
    let hanging = Story::new().well(1).hangs(2);
    assert_eq!(hanging.queue.rollback(None).unwrap().cancels, Some(2));
    let mut story = hanging.asked(None);
    assert_eq!(story.queue.get(2).unwrap().state, DeployState::Error);
    let ending = story.queue.get(2).unwrap().ending.clone();
    assert_eq!(ending, Some(Ending::Cancelled { by: 3, phase: Some(Phase::Deploy) }));
    assert_eq!(begin(&mut story.queue, UnixMillis(500)), 3);
    // Nobody has confirmed the end: still the same release, and still no other one.
    let mut story = Story::new().well(1).hangs(2);
    let late = story.now + Duration::from_secs(2);
    story.queue.expire(LIMITS, late);
    story.queue.cancel_answered(2, CancelAnswer::Cannot(UserMessage::new("there is no way")), late);
    let story = story.means(Ok((2, 1)));
    assert_eq!(story.queue.rollback(None).unwrap().cancels, None);
}

#[test]
fn a_retry_that_fails_is_no_release_of_its_own() {
    let mut story = Story::new().well(1).well(2);
    story.queue.add(requested(3, 2));
    let number = begin(&mut story.queue, UnixMillis(1_000));
    story.reaches(number, Phase::Deploy);
    story.now = UnixMillis(2_000);
    story.says(number, ReportedState::Failed);
    story.means(Ok((2, 1)));
}

#[test]
fn only_what_ran_well_can_be_named() {
    let story = Story::new().well(1).fails_in(2, Phase::Deploy);
    assert_eq!(story.queue.rollback(Some(commit(2))), Err(RollbackRefusal::NeverRan(commit(2))));
    let plan = Story::new().well(1).well(2).well(3).queue.rollback(Some(commit(1))).unwrap();
    assert_eq!((plan.from, plan.target.number), (commit(3), 1));
}

#[test]
fn the_release_of_a_pull_request_is_the_first_deploy_that_brought_it_well() {
    let of = |number, state, it: Deploy| Deploy { number, state, pulls: vec![PullNumber(7)], ..it };
    let (good, bad) = (DeployState::Succeeded, DeployState::Failed);
    let all = [
        of(5, good, deploy(5, 5)),
        of(4, good, rollback(4, 4)),
        of(3, good, deploy(3, 3)),
        of(2, good, rollback(2, 2)),
        of(1, bad, deploy(1, 1)),
    ];
    assert_eq!(release_of(&all, PullNumber(7)), Some(commit(3)));
    assert_eq!(release_of(&all, PullNumber(8)), None);
}

/// The branch has got the files of `to` back by a merge, which is another commit.
fn reverted(queue: &mut DeployQueue, n: u8, to: u8) -> u64 {
    let number = queue.next_number();
    let trigger = Trigger::Revert { by: "op".to_owned(), reason: "broken".to_owned() };
    queue.add(Deploy { trigger, tree: deploy(1, to).tree, ..deploy(number, n) });
    number
}

#[test]
fn a_merge_of_the_old_files_goes_past_the_hold_and_counts_as_the_rollback() {
    let mut story = Story::new().well(1).well(2);
    let hold = Hold::new((commit(2), commit(1)), Default::default(), story.tick(), Vec::new()).unwrap();
    story.queue.set_hold(hold);
    story.queue.add(deploy(3, 3));
    assert_eq!(story.queue.next_in_line(), None, "a merge waits for the hold");
    let number = reverted(&mut story.queue, 9, 1);
    assert_eq!(story.queue.wanted(Some(commit(9))), Wanted::Nothing, "it is the branch's own");
    let under_way = RollbackRefusal::UnderWay { number, to: commit(1) };
    assert_eq!(story.queue.rollback(None), Err(under_way.clone()));
    assert_eq!(story.queue.rollback(Some(commit(1))), Err(under_way));
    let now = story.tick();
    assert_eq!(begin(&mut story.queue, now), number);
    assert_eq!(story.queue.get(3).unwrap().state, DeployState::Superseded, "the branch has nothing of it");
    let failed = {
        let mut queue = story.queue.clone();
        report(&mut queue, number, now, ReportedState::Failed);
        queue.rollback(None).map(|plan| (plan.from, plan.target.commit))
    };
    assert_eq!(failed, Ok((commit(2), commit(1))), "the same files once more");
    story.says(number, ReportedState::Succeeded);
    let story = story.means(Err(held(1, None)));
    let live = story.queue.live().unwrap();
    assert_eq!((live.commit, story.queue.restored_by(live)), (commit(9), commit(1)));
    let story = story.lifted().well(4);
    assert_eq!(story.queue.restored_by(story.queue.live().unwrap()), commit(4));
    story.means(Ok((4, 1)));
}

#[test]
fn a_merge_of_the_old_files_that_left_the_branch_is_not_deployed() {
    let mut story = Story::new().well(1).well(2);
    let hold = Hold::new((commit(2), commit(1)), Default::default(), story.tick(), Vec::new()).unwrap();
    story.queue.set_hold(hold);
    let number = reverted(&mut story.queue, 9, 1);
    let now = story.tick();
    story.queue.leave_branch(&std::collections::HashSet::new(), now);
    assert_eq!(story.queue.get(number).unwrap().ending, Some(Ending::OffBranch));
    assert_eq!(story.queue.next_in_line(), None);
}
