//! What is kept does not grow for ever, and what is read does not grow with what is kept.

use crate::given::{
    REPOSITORY, apply, branch, commit, dead, delivery, judged, leased_work_item, nothing_due, pull_item,
    pull_row, settle,
};
use std::sync::Arc;
use towpath::model::{
    BranchName, CommentKey, CommitId, DeployOutcome, LedgerEntry, Merged, PullNumber, PullRequest,
    PullRequestState, PushedAt, TipSource, TreeId, UnixMillis, UnixSeconds,
};
use towpath::store::{Backfill, Change, CommandRow, Next, OutcomeRow, Store, WorkItem};

const YEAR: UnixMillis = UnixMillis(1_000_000_000);

fn closed(number: u64, at: UnixMillis, topic: &str) -> PullRequest {
    PullRequest { state: PullRequestState::Closed, head_branch: branch(topic), ..pull_row(number, at) }
}

fn merged(number: u64, at: UnixMillis) -> PullRequest {
    let merged = Some(Merged { at: at.to_seconds(), commit: Some(commit(1)) });
    PullRequest { state: PullRequestState::Merged, merged, ..pull_row(number, at) }
}

fn push(topic: &str, seed: u8, at: UnixSeconds) -> Change {
    let (branch, commit) = (branch(topic), commit(seed));
    Change::Push(REPOSITORY, branch, PushedAt { commit, at, is_new: true })
}

async fn numbers(store: &dyn Store, among: &[u64]) -> Vec<u64> {
    let mut known = Vec::new();
    for number in among {
        if store.pull(REPOSITORY, PullNumber(*number)).await.unwrap().is_some() {
            known.push(*number);
        }
    }
    known
}

async fn topics(store: &dyn Store) -> Vec<(BranchName, CommitId)> {
    store.pushes(REPOSITORY).await.unwrap().into_iter().map(|(branch, push)| (branch, push.commit)).collect()
}

pub(crate) async fn what_is_closed_for_long_is_forgotten_with_its_pushes(store: Arc<dyn Store>) {
    let store = &*store;
    let open = PullRequest { head_branch: branch("open"), ..pull_row(1, UnixMillis(10)) };
    let rows = [
        open,
        closed(2, UnixMillis(10), "old"),
        closed(3, YEAR, "young"),
        closed(4, UnixMillis(10), "again"),
    ];
    apply(store, rows.into_iter().map(Change::Pull).collect()).await;
    let pushes = [
        push("open", 1, UnixSeconds(1)),
        push("old", 2, UnixSeconds(1)),
        push("old", 3, UnixSeconds(2)),
        push("young", 4, UnixSeconds(1)),
        push("again", 5, UnixSeconds(1)),
        push("again", 6, YEAR.to_seconds()),
        push("never-opened", 7, UnixSeconds(1)),
    ];
    apply(store, pushes.into()).await;
    store.prune_closed(UnixMillis(0), UnixMillis(10)).await.unwrap();
    assert_eq!(numbers(store, &[1, 2, 3, 4]).await, [1, 2, 3, 4], "they were not closed long enough");
    store.prune_closed(UnixMillis(0), YEAR).await.unwrap();
    assert_eq!(numbers(store, &[1, 2, 3, 4]).await, [1, 3]);
    let kept = [("again", 5), ("again", 6), ("open", 1), ("young", 4)];
    assert_eq!(topics(store).await, kept.map(|(topic, seed)| (branch(topic), commit(seed))));
}

pub(crate) async fn comments_with_commands_are_forgotten_when_they_are_over_for_long(store: Arc<dyn Store>) {
    let store = &*store;
    let row = |number: u64, created_at: UnixMillis, open: bool| CommandRow {
        repository: REPOSITORY,
        number: PullNumber(number),
        comment: CommentKey::Conversation(7),
        author: "ana".to_owned(),
        created_at,
        replied_at: None,
        open,
        state: "{}".to_owned(),
    };
    let rows = [row(1, UnixMillis(10), false), row(2, UnixMillis(10), true), row(3, YEAR, false)];
    apply(store, rows.into_iter().map(|it| Change::Command(Box::new(it))).collect()).await;
    for closed in [UnixMillis(10), YEAR] {
        store.prune_closed(UnixMillis(0), closed).await.unwrap();
        let mut left = Vec::new();
        for number in 1..=3 {
            let known =
                store.command(REPOSITORY, PullNumber(number), CommentKey::Conversation(7)).await.unwrap();
            left.extend(known.map(|_| number));
        }
        assert_eq!(left, if closed == YEAR { vec![2, 3] } else { vec![1, 2, 3] });
    }
}

pub(crate) async fn the_last_merges_of_a_repository_are_kept_however_old(store: Arc<dyn Store>) {
    let store = &*store;
    let rows = (1..=2_010).map(|n| Change::Pull(merged(n, UnixMillis(1_000 * i64::try_from(n).unwrap()))));
    apply(store, rows.collect()).await;
    // A bounded part of them is looked at each time, and it begins again after the last.
    for _ in 0..6 {
        store.prune_closed(UnixMillis(0), YEAR).await.unwrap();
    }
    assert_eq!(numbers(store, &[1, 9, 10, 11, 2_010]).await, [11, 2_010]);
}

pub(crate) async fn work_that_rests_for_long_is_forgotten_and_can_be_marked_again(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("given-up", pull_item(1), UnixMillis(10))).await.unwrap();
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(10)).await;
    settle(store, &lease, dead(), UnixMillis(20)).await;
    store.mark(vec![pull_item(2)], UnixMillis(10)).await.unwrap();
    let lease = leased_work_item(store, &pull_item(2), UnixMillis(10)).await;
    settle(store, &lease, Next::Done, UnixMillis(20)).await;
    let known = async || {
        let item = |it: towpath::store::GivenUp| it.item;
        (
            store.given_up(10).await.unwrap().into_iter().map(item).collect::<Vec<_>>(),
            store.delivery("given-up").await.unwrap(),
        )
    };
    store.prune_closed(YEAR, UnixMillis(20)).await.unwrap();
    assert!(
        matches!(known().await, (work_items, Some(_)) if work_items == [pull_item(1)]),
        "given up not long enough ago"
    );
    store.prune_closed(YEAR, UnixMillis(21)).await.unwrap();
    assert_eq!(known().await, (vec![], None));
    // A desire keeps its work item, and a mark makes one anew.
    for number in [1, 2] {
        store.mark(vec![pull_item(number)], UnixMillis(30)).await.unwrap();
        let lease = leased_work_item(store, &pull_item(number), UnixMillis(30)).await;
        assert_eq!(lease.seen, 1, "it was forgotten");
        settle(store, &lease, Next::Done, UnixMillis(40)).await;
    }
    nothing_due(store, YEAR).await;
}

pub(crate) async fn what_waits_or_is_shown_keeps_its_work_item(store: Arc<dyn Store>) {
    let store = &*store;
    apply(store, vec![Change::Pull(pull_row(1, UnixMillis(1))), judged(1, commit(1), "staging")]).await;
    let comment = WorkItem::Comment(REPOSITORY, PullNumber(1));
    let desired = towpath::store::Desired {
        item: comment.clone(),
        content: "words".to_owned(),
        substance: "fail".to_owned(),
        siblings: Vec::new(),
    };
    apply(store, vec![Change::Desire(desired)]).await;
    let lease = leased_work_item(store, &comment, UnixMillis(10)).await;
    settle(store, &lease, Next::Done, UnixMillis(20)).await;
    store.accept(delivery("waits", pull_item(3), UnixMillis(10))).await.unwrap();
    store.prune_closed(YEAR, YEAR).await.unwrap();
    assert!(store.effect(&comment).await.unwrap().is_some());
    leased_work_item(store, &pull_item(3), UnixMillis(10)).await;
}

fn tip(n: u32, source: TipSource) -> Change {
    Change::Tip(LedgerEntry {
        repository: REPOSITORY,
        branch: branch("staging"),
        commit: Some(numbered(n)),
        before: None,
        at: UnixSeconds(i64::from(n)),
        forced: false,
        actor: None,
        source,
    })
}

fn numbered(n: u32) -> CommitId {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    CommitId::from_bytes(bytes)
}

pub(crate) async fn a_verdict_reads_a_bounded_part_of_the_ledger(store: Arc<dyn Store>) {
    const MANY: u32 = 6_000;
    let store = &*store;
    let source = |n: u32| if n.is_multiple_of(2) { TipSource::Backfill } else { TipSource::Push };
    apply(store, (1..=MANY).map(|n| tip(n, source(n))).collect()).await;
    let outcomes = (1..=MANY).map(|n| {
        let mut tree = [0; 20];
        tree[..4].copy_from_slice(&n.to_be_bytes());
        let (environment, outcome) =
            if n == 1 { ("staging", DeployOutcome::Failure) } else { ("production", DeployOutcome::Success) };
        Change::Outcome(OutcomeRow {
            repository: REPOSITORY,
            environment: environment.to_owned(),
            tree: TreeId::from_bytes(tree),
            commit: commit(1),
            at: UnixMillis(i64::from(n)),
            place: 0,
            outcome,
        })
    });
    apply(store, outcomes.collect()).await;
    let rows = store.ledger(REPOSITORY, &[branch("staging")], None).await.unwrap();
    let times: Vec<i64> = rows.tips.iter().map(|(_, tip)| tip.at.0).collect();
    assert_eq!(times, (1_001..=6_000).collect::<Vec<_>>(), "the newest, in order");
    assert_eq!(rows.verified.len(), 5_000);
    assert_eq!(
        Vec::from_iter(&rows.reported),
        ["production", "staging"],
        "whoever reports is known by old words, too"
    );
    // Where else it was moved is found by commit.
    let found = store.tips_at(REPOSITORY, &[numbered(3), numbered(4), commit(9)]).await.unwrap();
    assert_eq!(
        found.iter().map(|(of, tip)| (of.as_str(), tip.commit)).collect::<Vec<_>>(),
        [("staging", numbered(3))]
    );
    let since = store.tips_since(REPOSITORY, &branch("staging"), UnixSeconds(5_990)).await.unwrap();
    assert_eq!(since.iter().map(|tip| tip.at.0).collect::<Vec<_>>(), [5_991, 5_993, 5_995, 5_997, 5_999]);
}

pub(crate) async fn how_far_a_line_was_read_is_remembered(store: Arc<dyn Store>) {
    let store = &*store;
    let staging = branch("staging");
    let stand = async || store.backfill(REPOSITORY, &staging).await.unwrap();
    assert_eq!(stand().await, Backfill::NotBegun);
    let reached = Some((commit(7), 2, UnixSeconds(5)));
    let changes = [1, 2].map(|n| tip(n, TipSource::Backfill));
    apply(store, changes.into()).await;
    apply(store, vec![Change::Backfilled(REPOSITORY, staging.clone(), reached)]).await;
    assert_eq!(stand().await, Backfill::UnderWay { tip: commit(7), filled: 2, newest: UnixSeconds(5) });
    apply(store, vec![Change::Backfilled(REPOSITORY, staging.clone(), None)]).await;
    assert_eq!(stand().await, Backfill::Done);
    let other = store.backfill(REPOSITORY, &branch("production")).await.unwrap();
    assert_eq!(other, Backfill::NotBegun);
}
