//! Locks and overrides.

use crate::given::{
    EARLIER, REPOSITORY, apply, branch, commit, leased_work_item, nothing_due, pull_item, pull_row, settle,
};
use std::sync::Arc;
use towpath::model::{
    Cause, EnvironmentName, Lock, LockEnd, Override, PullNumber, PullRequest, PullRequestState, RepositoryId,
    UnixMillis, UserId,
};
use towpath::store::{Change, GivenOverrides, Next, OverridesLeft, Store, WorkItem};

const OTHER: RepositoryId = RepositoryId(REPOSITORY.0 + 1);

fn lock(id: u64, while_open: Option<u64>) -> Lock {
    Lock {
        id,
        by: "rita".to_owned(),
        by_id: None,
        reason: "stocktaking".to_owned(),
        since: UnixMillis(5),
        until: Some(UnixMillis(10)),
        while_open: while_open.map(PullNumber),
        ended: None,
    }
}

fn keep(environment: &str, lock: Lock) -> Change {
    Change::Lock(REPOSITORY, environment.into(), lock)
}

fn given(id: u64, at: i64) -> Override {
    let cause = Cause::NotVerified { environment: "staging".to_owned(), failed_late: None };
    Override {
        id,
        code: cause.code(),
        head: commit(1),
        base: branch("production"),
        evidence: cause.evidence(),
        by: "rita".to_owned(),
        by_id: None,
        reason: "a typo".to_owned(),
        at: UnixMillis(at),
        until: None,
        confirmed_by: None,
        confirmed_by_id: None,
        needs_second: true,
        ended: None,
        command: None,
    }
}

pub(crate) async fn the_newest_lock_of_an_environment_is_found_by_whatever_spelling(store: Arc<dyn Store>) {
    let store = &*store;
    assert_eq!(store.lock(REPOSITORY, "production").await.unwrap(), None);
    apply(store, vec![keep("Production", lock(2, None)), keep("production", lock(1, None))]).await;
    assert_eq!(store.lock(REPOSITORY, "PRODUCTION").await.unwrap(), Some(lock(2, None)));
    let ended = Lock { ended: Some(LockEnd { at: UnixMillis(7), by: None }), ..lock(2, None) };
    apply(store, vec![keep("production", ended.clone())]).await;
    assert_eq!(store.lock(REPOSITORY, "production").await.unwrap(), Some(ended), "it is told how it ended");
    apply(store, vec![keep("production", lock(3, None))]).await;
    assert_eq!(store.lock(REPOSITORY, "production").await.unwrap(), Some(lock(3, None)));
    assert_eq!(store.lock(REPOSITORY, "staging").await.unwrap(), None);
    assert_eq!(store.lock(OTHER, "production").await.unwrap(), None);
}

pub(crate) async fn locks_that_a_pull_request_ends_are_found_until_they_have_ended(store: Arc<dyn Store>) {
    let store = &*store;
    let tied = async |number| store.locks_while_open(REPOSITORY, PullNumber(number)).await.unwrap();
    apply(
        store,
        vec![
            keep("staging", lock(1, Some(12))),
            keep("qa", lock(1, Some(13))),
            keep("production", lock(1, Some(12))),
            keep("integration", lock(1, None)),
        ],
    )
    .await;
    let names = |all: &[&str]| all.iter().map(|name| EnvironmentName::from(*name)).collect::<Vec<_>>();
    assert_eq!(tied(12).await, names(&["production", "staging"]));
    assert!(store.locks_while_open(OTHER, PullNumber(12)).await.unwrap().is_empty());
    let ended = Some(LockEnd { at: UnixMillis(7), by: Some("sam".to_owned()) });
    apply(store, vec![keep("staging", Lock { ended, ..lock(1, Some(12)) })]).await;
    assert_eq!(tied(12).await, names(&["production"]));
    assert!(tied(14).await.is_empty());
}

pub(crate) async fn a_lock_and_an_override_mark_whoever_rests_on_them(store: Arc<dyn Store>) {
    let store = &*store;
    apply(store, vec![keep("Staging", lock(1, None))]).await;
    apply(store, vec![Change::Override(REPOSITORY, PullNumber(3), given(1, 10))]).await;
    for item in [WorkItem::Lock(REPOSITORY, "staging".into()), pull_item(3)] {
        let lease = leased_work_item(store, &item, EARLIER).await;
        settle(store, &lease, Next::Done, EARLIER).await;
    }
    nothing_due(store, EARLIER).await;
}

pub(crate) async fn overrides_are_kept_by_their_numbers_and_counted_by_their_times(store: Arc<dyn Store>) {
    let store = &*store;
    let number = PullNumber(1);
    let keep = |repository, number, given| Change::Override(repository, PullNumber(number), given);
    apply(
        store,
        vec![
            keep(REPOSITORY, 1, given(2, 20)),
            keep(REPOSITORY, 1, given(1, 10)),
            keep(REPOSITORY, 2, given(1, 30)),
            keep(OTHER, 1, given(1, 40)),
        ],
    )
    .await;
    assert_eq!(store.overrides(REPOSITORY, number).await.unwrap(), [given(1, 10), given(2, 20)]);
    let confirmed = Override { confirmed_by: Some("sam".to_owned()), ..given(1, 10) };
    apply(store, vec![keep(REPOSITORY, 1, confirmed.clone())]).await;
    assert_eq!(store.overrides(REPOSITORY, number).await.unwrap(), [confirmed.clone(), given(2, 20)]);
    let ends = |at| Change::OverrideEnded(REPOSITORY, number, 1, UnixMillis(at));
    apply(store, vec![ends(50), ends(60), keep(REPOSITORY, 1, given(1, 10))]).await;
    let ended = Override { ended: Some(UnixMillis(50)), ..confirmed };
    assert_eq!(store.overrides(REPOSITORY, number).await.unwrap(), [ended, given(2, 20)]);
    let mut counts = Vec::new();
    for since in [0, 10, 11, 20, 31] {
        counts.push(store.overrides_since(REPOSITORY, UnixMillis(since)).await.unwrap());
    }
    assert_eq!(counts, [3, 3, 2, 2, 0]);
}

pub(crate) async fn overrides_given_at_once_get_numbers_of_their_own(store: Arc<dyn Store>) {
    let on = (REPOSITORY, PullNumber(3));
    let by = |command: &str| Override {
        command: Some(command.to_owned()),
        evidence: command.to_owned(),
        ..given(0, 10)
    };
    let both = [by("3:comment-1:0"), by("3:comment-2:0")].map(|it| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.give_overrides(on, vec![it], None, EARLIER).await.unwrap() })
    });
    for one in both {
        one.await.unwrap();
    }
    let known = store.overrides(on.0, on.1).await.unwrap();
    let mut commands: Vec<_> = known.iter().map(|it| it.command.clone().unwrap()).collect();
    commands.sort();
    assert_eq!(known.iter().map(|it| it.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(commands, ["3:comment-1:0", "3:comment-2:0"]);
    let lease = leased_work_item(&*store, &pull_item(3), EARLIER).await;
    settle(&*store, &lease, Next::Done, EARLIER).await;
    nothing_due(&*store, EARLIER).await;
}

pub(crate) async fn of_two_overrides_of_one_finding_at_once_one_is_kept(store: Arc<dyn Store>) {
    // One whose time is over keeps no other one out.
    let over = Override { until: Some(EARLIER), ..given(1, -1) };
    apply(&*store, vec![Change::Override(REPOSITORY, PullNumber(4), over)]).await;
    let again = store.give_overrides((REPOSITORY, PullNumber(4)), vec![given(0, -1)], None, EARLIER).await;
    assert!(matches!(again.unwrap(), GivenOverrides::Kept { .. }));
    let on = (REPOSITORY, PullNumber(3));
    let budget = Some(OverridesLeft { count: 1, since: UnixMillis(0) });
    let both = ["3:comment-1:0", "3:comment-2:0"].map(|command| {
        let store = Arc::clone(&store);
        let one = Override { command: Some(command.to_owned()), ..given(0, 10) };
        tokio::spawn(async move { store.give_overrides(on, vec![one], budget, EARLIER).await.unwrap() })
    });
    let mut answers = Vec::new();
    for one in both {
        answers.push(one.await.unwrap());
    }
    let kept = store.overrides(on.0, on.1).await.unwrap();
    assert_eq!(kept.len(), 1);
    let is_kept = |it: &&GivenOverrides| matches!(it, GivenOverrides::Kept { used: 1, .. });
    let is_told = |it: &&GivenOverrides| **it == GivenOverrides::Known(Box::new(kept[0].clone()));
    assert_eq!((answers.iter().filter(is_kept).count(), answers.iter().filter(is_told).count()), (1, 1));
}

pub(crate) async fn of_two_who_confirm_at_once_one_has(store: Arc<dyn Store>) {
    let on = (REPOSITORY, PullNumber(3));
    let asked = [1, 2].map(|id| Override { needs_second: true, ..given(id, 10) });
    apply(&*store, asked.map(|it| Change::Override(REPOSITORY, PullNumber(3), it)).to_vec()).await;
    let both = [("otto", 7), ("sam", 8)].map(|(login, id)| {
        let (store, by) = (Arc::clone(&store), (login.to_owned(), Some(UserId(id))));
        tokio::spawn(async move { store.confirm_overrides(on, vec![1, 2], by, EARLIER).await.unwrap() })
    });
    let mut answers = Vec::new();
    for one in both {
        answers.push(one.await.unwrap());
    }
    let kept = store.overrides(on.0, on.1).await.unwrap();
    assert_eq!(answers, [kept.clone(), kept.clone()], "both are told who has");
    assert!(kept[0].confirmed_by.is_some() && kept[0].confirmed_by_id.is_some());
    assert_eq!(kept[0].confirmed_by, kept[1].confirmed_by);
}

pub(crate) async fn a_budget_has_room_for_all_overrides_of_a_command_or_for_none(store: Arc<dyn Store>) {
    let budget = Some(OverridesLeft { count: 3, since: UnixMillis(10) });
    let give = async |number, command: &str, count: usize| {
        let evidence = command.to_owned();
        let one = Override { command: Some(command.to_owned()), evidence, ..given(0, 10) };
        let on = (REPOSITORY, PullNumber(number));
        match store.give_overrides(on, vec![one; count], budget, EARLIER).await.unwrap() {
            GivenOverrides::Kept { overrides, used } => {
                Ok((overrides.iter().map(|it| it.id).collect::<Vec<_>>(), used))
            }
            GivenOverrides::UsedUp { used } => Err(used),
            GivenOverrides::Known(same) => panic!("{same:?}"),
        }
    };
    apply(&*store, vec![Change::Override(REPOSITORY, PullNumber(1), given(1, 9))]).await;
    assert_eq!(give(1, "1:comment-1:0", 2).await, Ok((vec![2, 3], 2)));
    assert_eq!(give(1, "1:comment-1:0", 2).await, Ok((vec![2, 3], 2)), "a retry gives nothing more");
    assert_eq!(give(2, "2:comment-2:0", 2).await, Err(2), "one place is left, and two are asked for");
    assert!(store.overrides(REPOSITORY, PullNumber(2)).await.unwrap().is_empty());
    assert_eq!(give(2, "2:comment-2:1", 1).await, Ok((vec![1], 3)));
    assert_eq!(give(2, "2:comment-2:2", 1).await, Err(3));
    assert_eq!(give(1, "1:comment-1:0", 2).await, Ok((vec![2, 3], 3)), "nor does one when nothing is left");
}

pub(crate) async fn overrides_go_with_their_pull_request_and_locks_stay(store: Arc<dyn Store>) {
    let store = &*store;
    let long_ago = PullRequest { state: PullRequestState::Closed, ..pull_row(1, UnixMillis(10)) };
    let lately = PullRequest { state: PullRequestState::Closed, ..pull_row(2, UnixMillis(50)) };
    let pulls = [long_ago, lately, pull_row(3, UnixMillis(10))].map(Change::Pull);
    let overrides = [1, 2, 3].map(|number| Change::Override(REPOSITORY, PullNumber(number), given(1, 10)));
    apply(store, pulls.into_iter().chain(overrides).chain([keep("staging", lock(1, None))]).collect()).await;
    store.prune_closed(UnixMillis(0), UnixMillis(50)).await.unwrap();
    let mut left = Vec::new();
    for number in [1, 2, 3] {
        left.push(store.overrides(REPOSITORY, PullNumber(number)).await.unwrap().len());
    }
    assert_eq!(left, [0, 1, 1]);
    assert_eq!(store.lock(REPOSITORY, "staging").await.unwrap(), Some(lock(1, None)));
}
