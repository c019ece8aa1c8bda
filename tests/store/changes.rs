use crate::given::{
    LATER, REPOSITORY, apply, branch, commit, dead, judged, leased_work_item, nothing_due, pull_item,
    pull_row, settle,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use towpath::model::{
    CommandGrant, InstallationId, LedgerEntry, LedgerTip, MissingGrants, Move, PullNumber, PullRequest,
    PullRequestState, PushedAt, RepositoryId, TipSource, UnixMillis, UnixSeconds,
};
use towpath::store::{
    Change, Committed, Desired, Effect, Installation, InstallationState, Next, RepositoryRow,
    RepositoryState, Store, StoreError, TopicMove, WorkItem,
};

pub(crate) async fn accounts_and_repositories_are_replaced(store: Arc<dyn Store>) {
    let store = &*store;
    let missing =
        MissingGrants { to_accept: BTreeSet::from([CommandGrant::Members]), to_ask_for: BTreeSet::new() };
    let account = |id, state| Installation {
        id: InstallationId(id),
        login: "acme".to_owned(),
        state,
        missing: (state == InstallationState::Suspended).then(|| missing.clone()),
        html_url: "https://github.com/settings/installations/2".to_owned(),
    };
    let repository = |id, installation, name: &str| RepositoryRow {
        id: RepositoryId(id),
        installation: InstallationId(installation),
        full_name: name.to_owned(),
        clone_url: "https://github.com/acme/shop.git".to_owned(),
        html_url: "https://github.com/acme/shop".to_owned(),
        default_branch: "master".to_owned(),
        state: RepositoryState::Active,
        reconciled_at: None,
    };
    let first = vec![
        Change::Installation(account(1, InstallationState::Active)),
        Change::Installation(account(2, InstallationState::Active)),
        Change::Repository(repository(42, 1, "acme/shop")),
        Change::Repository(repository(43, 2, "acme/blog")),
    ];
    assert_eq!(apply(store, first).await, Committed::Stored);
    let moved = RepositoryRow {
        state: RepositoryState::Gone,
        reconciled_at: Some(UnixMillis(99)),
        ..repository(42, 2, "acme/store")
    };
    let second = vec![
        Change::Installation(account(2, InstallationState::Suspended)),
        Change::Repository(moved.clone()),
    ];
    assert_eq!(apply(store, second).await, Committed::Stored);

    assert_eq!(
        store.installation(InstallationId(2)).await.unwrap(),
        Some(account(2, InstallationState::Suspended))
    );
    assert_eq!(store.installation(InstallationId(3)).await.unwrap(), None);
    assert_eq!(store.installations().await.unwrap().len(), 2);
    assert_eq!(store.repository(RepositoryId(42)).await.unwrap(), Some(moved.clone()));
    assert_eq!(store.repository(RepositoryId(9)).await.unwrap(), None);
    let both = [moved, repository(43, 2, "acme/blog")];
    assert_eq!(store.repositories(None).await.unwrap(), both);
    assert_eq!(store.repositories(Some(InstallationId(2))).await.unwrap(), both);
    assert_eq!(store.repositories(Some(InstallationId(1))).await.unwrap(), []);
}

pub(crate) async fn older_news_of_a_pull_request_is_ignored(store: Arc<dyn Store>) {
    let store = &*store;
    let mut now = pull_row(1, UnixMillis(100));
    apply(store, vec![Change::Pull(now.clone())]).await;
    let mut older = pull_row(1, UnixMillis(99));
    older.state = PullRequestState::Closed;
    apply(store, vec![Change::Pull(older)]).await;
    assert_eq!(store.pull(REPOSITORY, PullNumber(1)).await.unwrap().unwrap().pull, now);
    (now.details.draft, now.head_repository, now.base_branch) = (Some(true), None, branch("production"));
    apply(store, vec![Change::Pull(now.clone())]).await;
    assert_eq!(store.pull(REPOSITORY, PullNumber(1)).await.unwrap().unwrap().pull, now);
    assert_eq!(store.pull(REPOSITORY, PullNumber(2)).await.unwrap(), None);
}

pub(crate) async fn a_verdict_raises_the_version_and_survives_news(store: Arc<dyn Store>) {
    let store = &*store;
    apply(store, vec![Change::Pull(pull_row(1, UnixMillis(1)))]).await;
    let fresh = store.pull(REPOSITORY, PullNumber(1)).await.unwrap().unwrap();
    assert_eq!((fresh.judged_version, fresh.verdict, fresh.judged_head), (0, None, None));
    for version in 1..=2 {
        apply(store, vec![judged(1, commit(1), "staging"), Change::Pull(pull_row(1, UnixMillis(version)))])
            .await;
        let row = store.pull(REPOSITORY, PullNumber(1)).await.unwrap().unwrap();
        assert_eq!(row.judged_version, version);
        assert_eq!((row.judged_head, row.judged_base), (Some(commit(1)), Some(branch("staging"))));
        assert_eq!((row.verdict.as_deref(), row.judged_at), (Some("{}"), Some(UnixMillis(5))));
    }
}

pub(crate) async fn one_check_alone_says_of_a_pull_request_what_is_not_granted(store: Arc<dyn Store>) {
    let store = &*store;
    let noted = |seed, base| Change::GrantsNoted(REPOSITORY, PullNumber(1), commit(seed), branch(base));
    apply(store, vec![Change::Pull(pull_row(1, UnixMillis(1))), noted(1, "staging")]).await;
    apply(store, vec![noted(2, "production"), Change::Pull(pull_row(1, UnixMillis(2)))]).await;
    apply(store, vec![judged(1, commit(2), "production")]).await;
    let row = store.pull(REPOSITORY, PullNumber(1)).await.unwrap().unwrap();
    assert_eq!(row.grants_noted, Some((commit(1), branch("staging"))));
}

pub(crate) async fn open_pulls_and_those_who_share_a_check(store: Arc<dyn Store>) {
    let store = &*store;
    for number in [3, 1, 2, 4] {
        let verdict = judged(number, commit(if number == 4 { 9 } else { 1 }), "staging");
        apply(store, vec![Change::Pull(pull_row(number, UnixMillis(1))), verdict]).await;
    }
    let mut closed = pull_row(2, UnixMillis(2));
    closed.state = PullRequestState::Merged;
    apply(store, vec![Change::Pull(closed)]).await;
    let numbers = |rows: Vec<towpath::store::JudgedPull>| -> Vec<u64> {
        rows.into_iter().map(|row| row.pull.number.0).collect()
    };
    assert_eq!(numbers(store.open_pulls(REPOSITORY).await.unwrap()), [1, 3, 4]);
    assert_eq!(numbers(store.open_pulls(RepositoryId(1)).await.unwrap()), [0; 0]);
    let sharing = store.sharing(REPOSITORY, commit(1), &branch("staging")).await.unwrap();
    assert_eq!(numbers(sharing), [1, 3]);
    let sharing = store.sharing(REPOSITORY, commit(1), &branch("production")).await.unwrap();
    assert_eq!(numbers(sharing), [0; 0]);
}

fn tip(seed: Option<u8>, at: i64) -> LedgerEntry {
    LedgerEntry {
        repository: REPOSITORY,
        branch: branch("staging"),
        commit: seed.map(commit),
        before: None,
        at: UnixSeconds(at),
        forced: false,
        actor: Some("ada".to_owned()),
        source: TipSource::Push,
    }
}

pub(crate) async fn tips_are_in_the_order_of_their_moves_however_they_arrive(store: Arc<dyn Store>) {
    let store = &*store;
    // Within the second 50 the branch went to 9, was deleted, and came back at 3: told in reverse, and twice.
    let went = |before: Option<u8>, to| LedgerEntry { before: before.map(commit), ..tip(to, 50) };
    let back = LedgerEntry { forced: true, actor: None, ..went(None, Some(3)) };
    let rows = [back.clone(), went(Some(9), None), went(Some(4), Some(9)), back.clone()];
    apply(store, rows.into_iter().map(Change::Tip).collect()).await;
    apply(store, vec![Change::Tip(tip(Some(4), 40)), Change::Tip(went(Some(9), None))]).await;
    // Seen there, it says nothing new.
    let seen = LedgerEntry { source: TipSource::Reconciled, ..tip(Some(3), 51) };
    apply(store, vec![Change::Tip(seen)]).await;

    assert_eq!(store.newest_tip(REPOSITORY, &branch("staging")).await.unwrap(), Some(back));
    assert_eq!(store.newest_tip(REPOSITORY, &branch("production")).await.unwrap(), None);
    let branches = [branch("production"), branch("staging")];
    let ledger = store.ledger(REPOSITORY, &branches, None).await.unwrap();
    let tip_at = |seed, at| LedgerTip { commit: commit(seed), at: UnixSeconds(at), source: TipSource::Push };
    let at = |seed, at| (branch("staging"), tip_at(seed, at));
    let expected = [at(4, 40), at(9, 50), at(3, 50)];
    assert_eq!(ledger.tips, expected);
    assert_eq!(ledger.pushes, []);
    apply(store, vec![Change::Tip(tip(None, 60))]).await;
    assert_eq!(store.newest_tip(REPOSITORY, &branch("staging")).await.unwrap(), Some(tip(None, 60)));
}

pub(crate) async fn the_earliest_push_is_kept(store: Arc<dyn Store>) {
    let store = &*store;
    let at = |seed, at, is_new| PushedAt { commit: commit(seed), at: UnixSeconds(at), is_new };
    let push = |seed, second| Change::Push(REPOSITORY, branch("feature/x"), at(seed, second, false));
    apply(store, vec![push(1, 50), push(1, 60), push(2, 40), push(1, 45)]).await;
    let pushes = async || store.ledger(REPOSITORY, &[], Some(&branch("feature/x"))).await.unwrap().pushes;
    assert_eq!(pushes().await, [at(2, 40, false), at(1, 45, false)]);
    let new = Change::Push(REPOSITORY, branch("feature/x"), at(1, 45, true));
    apply(store, vec![new, push(1, 45)]).await;
    assert_eq!(pushes().await, [at(2, 40, false), at(1, 45, true)], "and what proves that it was the first");
    let ledger = store.ledger(REPOSITORY, &[], Some(&branch("feature/x"))).await.unwrap();
    assert_eq!(ledger.tips, []);
}

fn topic_move(delivery: &str, (before, after): (u8, u8), at: i64) -> TopicMove {
    let (before, after, at) = (Some(commit(before)), Some(commit(after)), UnixSeconds(at));
    let step = Move { before, after, at, source: TipSource::Push };
    TopicMove { repository: REPOSITORY, branch: branch("feature/x"), delivery: delivery.to_owned(), step }
}

pub(crate) async fn each_push_of_a_topic_is_kept_once_also_one_of_a_known_commit(store: Arc<dyn Store>) {
    let store = &*store;
    let there = topic_move("a", (1, 2), 50);
    let back = topic_move("b", (2, 1), 50);
    let again = topic_move("c", (1, 2), 50);
    let elsewhere = TopicMove { branch: branch("feature/y"), ..topic_move("d", (1, 3), 50) };
    let created = Move { before: None, ..there.step };
    let made = TopicMove { delivery: "e".to_owned(), step: created, ..there.clone() };
    let told = [&there, &back, &there, &again, &elsewhere, &made];
    apply(store, told.map(|row| Change::TopicMoved(row.clone())).into()).await;
    let known = store.topic_moves(REPOSITORY, &branch("feature/x")).await.unwrap();
    assert_eq!(known, [there.step, back.step, again.step, created]);
}

pub(crate) async fn the_newest_pushes_of_each_topic_are_kept_until_they_are_old(store: Arc<dyn Store>) {
    let store = &*store;
    let told = (0..60).map(|n| topic_move(&n.to_string(), (1, 2), 100 + n));
    let late = topic_move("late", (1, 2), 5);
    apply(store, told.chain([late]).map(Change::TopicMoved).collect()).await;
    let known = async || {
        let moves = store.topic_moves(REPOSITORY, &branch("feature/x")).await.unwrap();
        moves.into_iter().map(|it| it.at.0).collect::<Vec<_>>()
    };
    assert_eq!(known().await, (110..160).collect::<Vec<_>>());
    store.prune_closed(UnixMillis(0), UnixSeconds(150).to_millis()).await.unwrap();
    assert_eq!(known().await, (150..160).collect::<Vec<_>>());
}

fn comment() -> WorkItem {
    WorkItem::Comment(REPOSITORY, PullNumber(1))
}

fn desired(item: WorkItem, content: &str, substance: &str) -> Change {
    let siblings = Vec::new();
    Change::Desire(Desired { item, content: content.to_owned(), substance: substance.to_owned(), siblings })
}

fn shown(substance: &str) -> Change {
    Change::Applied { item: comment(), github_id: u64::MAX, substance: substance.to_owned() }
}

pub(crate) async fn a_desire_is_marked_once_per_substance(store: Arc<dyn Store>) {
    let store = &*store;
    assert_eq!(store.effect(&comment()).await.unwrap(), None);
    apply(store, vec![desired(comment(), "first", "fail")]).await;
    let lease = leased_work_item(store, &comment(), UnixMillis(0)).await;
    // While it is out, the same again is covered by the work; something else is not.
    apply(store, vec![desired(comment(), "second", "fail")]).await;
    store.commit(&lease, vec![shown("fail")], Next::Done, UnixMillis(0)).await.unwrap();
    nothing_due(store, LATER).await;
    // Shown already: the words are kept, nothing is sent.
    apply(store, vec![desired(comment(), "third", "fail")]).await;
    nothing_due(store, LATER).await;
    let effect = store.effect(&comment()).await.unwrap().unwrap();
    assert_eq!((effect.content.as_str(), effect.applied.as_deref()), ("third", Some("fail")));

    apply(store, vec![desired(comment(), "fourth", "pass")]).await;
    let lease = leased_work_item(store, &comment(), UnixMillis(0)).await;
    apply(store, vec![desired(comment(), "fifth", "fail")]).await;
    store.commit(&lease, vec![shown("pass")], Next::Done, UnixMillis(0)).await.unwrap();
    leased_work_item(store, &comment(), UnixMillis(0)).await;
}

pub(crate) async fn a_desire_that_nobody_works_on_is_marked_again(store: Arc<dyn Store>) {
    let store = &*store;
    let desire = || desired(comment(), "first", "fail");
    apply(store, vec![desire()]).await;
    // Settled without having been shown, and then given up: each time the next wish counts.
    for next in [Next::Done, dead(), Next::Done] {
        let lease = leased_work_item(store, &comment(), UnixMillis(0)).await;
        settle(store, &lease, next, UnixMillis(0)).await;
        nothing_due(store, LATER).await;
        apply(store, vec![desire()]).await;
    }
    leased_work_item(store, &comment(), UnixMillis(0)).await;
}

pub(crate) async fn what_github_shows_is_remembered_and_can_vanish(store: Arc<dyn Store>) {
    let store = &*store;
    apply(store, vec![desired(comment(), "words", "fail")]).await;
    apply(store, vec![shown("fail")]).await;
    let effect = Effect {
        content: "words".to_owned(),
        substance: "fail".to_owned(),
        applied: Some("fail".to_owned()),
        github_id: Some(u64::MAX),
        attempted: Some(UnixMillis(1)),
    };
    assert_eq!(store.effect(&comment()).await.unwrap().as_ref(), Some(&effect));
    apply(store, vec![Change::Vanished(comment())]).await;
    let gone = Effect { applied: None, github_id: None, ..effect };
    assert_eq!(store.effect(&comment()).await.unwrap(), Some(gone));
}

fn check() -> WorkItem {
    WorkItem::Check(REPOSITORY, commit(1), branch("staging"))
}

fn desired_check(siblings: &[(u64, i64)]) -> Change {
    let siblings = siblings.iter().map(|(number, version)| (PullNumber(*number), *version)).collect();
    Change::Desire(Desired {
        item: check(),
        content: String::new(),
        substance: format!("{siblings:?}"),
        siblings,
    })
}

pub(crate) async fn pruning_lets_go_of_effects_that_nobody_asks_about(store: Arc<dyn Store>) {
    let store = &*store;
    let of_closed = WorkItem::Check(REPOSITORY, commit(2), branch("staging"));
    let not_shown = WorkItem::Check(REPOSITORY, commit(3), branch("staging"));
    let (state, head_commit) = (PullRequestState::Closed, commit(2));
    let closed = Change::Pull(PullRequest { state, head_commit, ..pull_row(2, UnixMillis(1)) });
    apply(store, vec![Change::Pull(pull_row(1, UnixMillis(1))), judged(1, commit(1), "staging"), closed])
        .await;
    let wish = |item: &WorkItem| match item {
        item if *item == check() => desired_check(&[(1, 1)]),
        item => desired(item.clone(), "words", "fail"),
    };
    let of_file = WorkItem::ConfigurationCheck(REPOSITORY, commit(1));
    let of_closed_file = WorkItem::ConfigurationCheck(REPOSITORY, commit(2));
    let alarms = [WorkItem::BranchAlarm(REPOSITORY, branch("staging")), WorkItem::Alarm(REPOSITORY)];
    for item in [&comment(), &check(), &of_closed, &of_file, &of_closed_file, &alarms[0], &alarms[1]] {
        apply(store, vec![wish(item)]).await;
        let lease = leased_work_item(store, item, UnixMillis(10)).await;
        settle(store, &lease, Next::Done, UnixMillis(20)).await;
    }
    apply(store, vec![desired(not_shown.clone(), "words", "fail")]).await;
    let left = async || {
        let mut left = Vec::new();
        for item in [&comment(), &check(), &of_file, &of_closed, &of_closed_file, &not_shown] {
            left.push(store.effect(item).await.unwrap().is_some());
        }
        left
    };
    store.prune(UnixMillis(0), UnixMillis(20)).await.unwrap();
    assert_eq!(left().await, [true; 6], "they have not rested long enough");
    store.prune(UnixMillis(0), UnixMillis(21)).await.unwrap();
    assert_eq!(left().await, [true, true, true, false, false, true]);
    for alarm in &alarms {
        // By its row alone the issue is closed once all is well again.
        assert!(store.effect(alarm).await.unwrap().is_some(), "{alarm}");
    }
    // What is wished for anew is there again.
    apply(store, vec![desired(of_closed.clone(), "words", "fail")]).await;
    assert_eq!(left().await, [true, true, true, true, false, true]);
}

pub(crate) async fn a_check_worded_with_other_siblings_is_stale(store: Arc<dyn Store>) {
    let store = &*store;
    for number in [1, 2, 3] {
        apply(
            store,
            vec![Change::Pull(pull_row(number, UnixMillis(1))), judged(number, commit(1), "staging")],
        )
        .await;
    }
    for wrong in [&[(1, 1), (2, 1)][..], &[(1, 1), (2, 1), (3, 2)], &[(1, 1), (2, 1), (3, 1), (4, 1)], &[]] {
        let changes = vec![Change::Mark(WorkItem::App), desired_check(wrong)];
        assert_eq!(apply(store, changes).await, Committed::Stale, "{wrong:?}");
    }
    assert_eq!(store.effect(&check()).await.unwrap(), None);
    nothing_due(store, LATER).await;
    assert_eq!(apply(store, vec![desired_check(&[(3, 1), (1, 1), (2, 1)])]).await, Committed::Stored);
    leased_work_item(store, &check(), LATER).await;
}

pub(crate) async fn the_pull_requests_judged_in_the_list_are_no_siblings(store: Arc<dyn Store>) {
    let store = &*store;
    for number in [1, 2] {
        apply(
            store,
            vec![Change::Pull(pull_row(number, UnixMillis(1))), judged(number, commit(1), "staging")],
        )
        .await;
    }
    // In whatever order the list says it.
    let verdict = || judged(1, commit(1), "staging");
    assert_eq!(apply(store, vec![verdict(), desired_check(&[(2, 1)])]).await, Committed::Stored);
    assert_eq!(apply(store, vec![desired_check(&[(2, 1)]), verdict()]).await, Committed::Stored);
    // Judged for another base, it leaves the check to the other one.
    let changes = vec![desired_check(&[(2, 1)]), judged(1, commit(1), "production")];
    assert_eq!(apply(store, changes).await, Committed::Stored);
    // Closed by the same list, it shares nothing any more.
    let mut closed = pull_row(2, UnixMillis(2));
    closed.state = PullRequestState::Closed;
    assert_eq!(apply(store, vec![desired_check(&[]), Change::Pull(closed)]).await, Committed::Stored);
}

pub(crate) async fn a_failing_change_takes_the_whole_list_back(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(0)).await.unwrap();
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(0)).await;
    for impossible in [judged(9, commit(1), "staging"), shown("never desired")] {
        let changes = vec![Change::Pull(pull_row(1, UnixMillis(1))), Change::Mark(WorkItem::App), impossible];
        let error = store.commit(&lease, changes, Next::Done, UnixMillis(0)).await.unwrap_err();
        assert!(matches!(error, StoreError::Unexpected(_)), "{error}");
    }
    assert_eq!(store.pull(REPOSITORY, PullNumber(1)).await.unwrap(), None);
    nothing_due(store, UnixMillis(0)).await;
    // The lease is as good as before.
    settle(store, &lease, Next::Done, UnixMillis(0)).await;
}

pub(crate) async fn an_attempt_is_noted_while_the_lease_holds(store: Arc<dyn Store>) {
    let store = &*store;
    apply(store, vec![desired(comment(), "words", "fail")]).await;
    let lease = leased_work_item(store, &comment(), UnixMillis(0)).await;
    let attempted = async || store.effect(&comment()).await.unwrap().unwrap().attempted;
    assert_eq!(attempted().await, None);
    assert!(store.attempting(&lease, UnixMillis(70)).await.unwrap());
    assert_eq!(attempted().await, Some(UnixMillis(70)));
    // New words do not make it forgotten.
    apply(store, vec![desired(comment(), "other", "pass")]).await;
    assert_eq!(attempted().await, Some(UnixMillis(70)));
    // Nor does it that it was shown, or is gone again: when it was made tells how late lists may be.
    for change in [shown("pass"), Change::Vanished(comment())] {
        apply(store, vec![change]).await;
        assert_eq!(attempted().await, Some(UnixMillis(70)));
    }
}
