use crate::given::{
    LATER, REPOSITORY, SOME, apply, dead, delivery, leased, leased_work_item, nothing_due, pull_item,
    pull_row, retry, settle,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use towpath::model::{InstallationId, PullNumber, RepositoryId, UnixMillis};
use towpath::store::{
    Accepted, Change, Committed, ConcurrencyLimits, Lease, Next, RepositoryRow, RepositoryState, Store,
    WorkItem,
};

pub(crate) async fn a_mark_during_the_work_leaves_the_work_item_dirty(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    store.mark(vec![pull_item(1)], UnixMillis(20)).await.unwrap();
    nothing_due(store, UnixMillis(20)).await;
    settle(store, &lease, Next::Done, UnixMillis(30)).await;
    let again = leased_work_item(store, &pull_item(1), UnixMillis(30)).await;
    assert!(again.seen > lease.seen && again.token != lease.token);
    settle(store, &again, Next::Done, UnixMillis(40)).await;
    nothing_due(store, LATER).await;
}

pub(crate) async fn a_done_work_item_rests_until_it_is_marked(store: Arc<dyn Store>) {
    let store = &*store;
    for at in [10, 20, 30] {
        store.mark(vec![pull_item(1), pull_item(1)], UnixMillis(at)).await.unwrap();
        let lease = leased_work_item(store, &pull_item(1), UnixMillis(at)).await;
        assert_eq!(lease.failures, 0);
        settle(store, &lease, Next::Done, UnixMillis(at)).await;
        nothing_due(store, LATER).await;
    }
}

pub(crate) async fn a_mark_shortens_the_back_off_to_a_second(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    settle(store, &lease, retry(UnixMillis(600_000)), UnixMillis(20)).await;
    nothing_due(store, UnixMillis(30)).await;
    store.mark(vec![pull_item(1)], UnixMillis(30)).await.unwrap();
    store.mark(vec![pull_item(1)], UnixMillis(40)).await.unwrap();
    nothing_due(store, UnixMillis(1_029)).await;
    let lease = leased(store, UnixMillis(1_030)).await;
    assert_eq!(lease.failures, 1);
    // One that comes during the work does the same.
    store.mark(vec![pull_item(1)], UnixMillis(1_035)).await.unwrap();
    settle(store, &lease, retry(UnixMillis(600_000)), UnixMillis(1_040)).await;
    nothing_due(store, UnixMillis(2_039)).await;
    let lease = leased(store, UnixMillis(2_040)).await;
    assert_eq!(lease.failures, 2);
    settle(store, &lease, Next::Done, UnixMillis(2_050)).await;
    // Success forgets the failures.
    store.mark(vec![pull_item(1)], UnixMillis(3_000)).await.unwrap();
    assert_eq!(leased(store, UnixMillis(3_000)).await.failures, 0);
}

pub(crate) async fn waiting_as_asked_is_no_failure(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    settle(
        store,
        &lease,
        Next::Wait { at: UnixMillis(500), error: "too many calls".to_owned() },
        UnixMillis(20),
    )
    .await;
    nothing_due(store, UnixMillis(499)).await;
    assert_eq!(leased(store, UnixMillis(500)).await.failures, 0);
}

pub(crate) async fn what_waits_for_github_is_brought_forward_by_the_end_of_an_outage_alone(
    store: Arc<dyn Store>,
) {
    let store = &*store;
    let outage = || Next::AwaitGitHub { at: UnixMillis(60_000), error: "nobody answers".to_owned() };
    let accept = async |guid: &str, at| store.accept(delivery(guid, pull_item(1), at)).await.unwrap();
    assert_eq!(accept("first", UnixMillis(10)).await, Accepted::Stored);
    let lease = leased(store, UnixMillis(10)).await;
    assert_eq!(accept("meanwhile", UnixMillis(15)).await, Accepted::Stored);
    settle(store, &lease, outage(), UnixMillis(20)).await;
    assert_eq!(accept("during the outage", UnixMillis(30)).await, Accepted::Joined);
    store.mark(vec![pull_item(1)], UnixMillis(40)).await.unwrap();
    nothing_due(store, UnixMillis(59_999)).await;
    // Its time comes all the same. Whoever ends a lease otherwise does not wait for GitHub any more.
    let lease = leased(store, UnixMillis(60_000)).await;
    assert_eq!(lease.failures, 0, "an outage is no failure of the work");
    settle(store, &lease, retry(UnixMillis(600_000)), UnixMillis(60_010)).await;
    assert_eq!(accept("news", UnixMillis(60_020)).await, Accepted::Stored);
    nothing_due(store, UnixMillis(61_019)).await;
    leased(store, UnixMillis(61_020)).await;
    assert_eq!(store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap().len(), 4, "all of it was kept");
}

pub(crate) async fn the_end_of_an_outage_brings_what_waits_for_it_and_nothing_else(store: Arc<dyn Store>) {
    let store = &*store;
    let outage = Next::AwaitGitHub { at: UnixMillis(600_000), error: "nobody answers".to_owned() };
    let nexts = (1..=6).map(|number| (number, outage.clone()));
    // These do not wait for it: one was given up, one rests, one has failed.
    let others = [(7, dead()), (8, Next::Done), (9, retry(UnixMillis(600_000)))];
    for (number, next) in nexts.chain(others) {
        store.mark(vec![pull_item(number)], UnixMillis(30)).await.unwrap();
        let lease = leased_work_item(store, &pull_item(number), UnixMillis(30)).await;
        settle(store, &lease, next, UnixMillis(30)).await;
    }
    let within = Duration::from_secs(3);
    assert_eq!(store.end_outage(UnixMillis(1_000), within).await.unwrap(), 6);
    assert_eq!(store.end_outage(UnixMillis(1_000), within).await.unwrap(), 0, "they are soon due by now");
    let mut brought = Vec::new();
    while let Some(lease) = store.lease(UnixMillis(4_000), ConcurrencyLimits::NONE).await.unwrap() {
        brought.push(lease.item.to_string());
    }
    brought.sort();
    assert_eq!(brought, (1..=6).map(|number| pull_item(number).to_string()).collect::<Vec<_>>());
}

pub(crate) async fn a_clock_that_was_set_back_keeps_nothing_waiting(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1), pull_item(2), pull_item(3)], UnixMillis(1_000_000)).await.unwrap();
    let lease = leased(store, UnixMillis(1_000_000)).await;
    let out = leased_work_item(store, &pull_item(2), UnixMillis(1_000_000)).await;
    settle(store, &lease, retry(UnixMillis(1_500)), UnixMillis(1_000)).await;
    nothing_due(store, UnixMillis(1_000)).await;
    assert_eq!(
        store.bring_forward(UnixMillis(1_000), UnixMillis(2_000)).await.unwrap(),
        1,
        "neither what is near nor what is out"
    );
    assert_eq!(leased(store, UnixMillis(1_000)).await.item, pull_item(3));
    nothing_due(store, UnixMillis(1_499)).await;
    assert_eq!(leased(store, UnixMillis(1_500)).await.item, pull_item(1));
    settle(store, &out, Next::Done, UnixMillis(1_500)).await;
    assert_eq!(
        store.bring_forward(UnixMillis(1_500), UnixMillis(2_000)).await.unwrap(),
        0,
        "what rests is not counted"
    );
}

pub(crate) async fn a_mark_revives_a_dead_work_item(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    settle(store, &lease, dead(), UnixMillis(20)).await;
    nothing_due(store, LATER).await;
    assert_eq!(store.next_due(UnixMillis(20), SOME).await.unwrap(), None);
    store.mark(vec![pull_item(1)], UnixMillis(30)).await.unwrap();
    assert_eq!(leased(store, UnixMillis(30)).await.failures, 0);
}

pub(crate) async fn what_was_given_up_is_listed_until_it_is_marked(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1), pull_item(2)], UnixMillis(10)).await.unwrap();
    assert_eq!(store.given_up(10).await.unwrap(), []);
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(10)).await;
    settle(store, &lease, dead(), UnixMillis(20)).await;
    let listed = store.given_up(10).await.unwrap();
    let work_items: Vec<_> = listed.iter().map(|it| (it.item.clone(), it.error.as_deref())).collect();
    assert_eq!(work_items, [(pull_item(1), Some("GitHub never answered"))]);
    assert_eq!(store.given_up(0).await.unwrap(), []);
    store.mark(vec![pull_item(1)], UnixMillis(30)).await.unwrap();
    assert_eq!(store.given_up(10).await.unwrap(), []);
}

pub(crate) async fn a_mark_during_the_work_outlives_giving_up(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    store.mark(vec![pull_item(1)], UnixMillis(20)).await.unwrap();
    settle(store, &lease, dead(), UnixMillis(30)).await;
    assert_eq!(leased_work_item(store, &pull_item(1), UnixMillis(30)).await.failures, 0);
}

pub(crate) async fn an_ended_lease_counts_as_a_failure(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    for (failures, now) in [(0, 100), (1, 200), (2, 300)] {
        let lease = leased(store, UnixMillis(now)).await;
        assert_eq!(lease.failures, failures);
        assert!(store.release(&lease, UnixMillis(now + 50)).await.unwrap());
        assert!(!store.release(&lease, UnixMillis(now + 60)).await.unwrap(), "once");
    }
    leased(store, UnixMillis(400)).await;
    store.reclaim(UnixMillis(450)).await.unwrap();
    assert_eq!(leased(store, UnixMillis(500)).await.failures, 4);
}

pub(crate) async fn no_clock_ends_a_lease(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    for jumped in [UnixMillis::MIN, UnixMillis(0), UnixMillis(10), LATER, UnixMillis::MAX] {
        nothing_due(store, jumped).await;
    }
    store.mark(vec![pull_item(1)], UnixMillis(-5)).await.unwrap();
    nothing_due(store, LATER).await;
    settle(store, &lease, Next::Done, UnixMillis(500)).await;
    assert_eq!(leased(store, UnixMillis(500)).await.failures, 0);
}

pub(crate) async fn an_old_token_changes_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let late = leased(store, UnixMillis(10)).await;
    store.release(&late, UnixMillis(15)).await.unwrap();
    assert_refused(store, &late).await;
    let holder = leased(store, UnixMillis(20)).await;
    assert_refused(store, &late).await;
    // The holder's lease was not ended by that.
    settle(store, &holder, Next::Done, UnixMillis(25)).await;
}

pub(crate) async fn a_settled_lease_is_over(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark(vec![pull_item(1)], UnixMillis(10)).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    settle(store, &lease, retry(UnixMillis(50)), UnixMillis(20)).await;
    assert_refused(store, &lease).await;
    leased(store, UnixMillis(50)).await;
}

async fn assert_refused(store: &dyn Store, lease: &Lease) {
    let changes = || vec![Change::Pull(pull_row(1, UnixMillis(10))), Change::Mark(WorkItem::App)];
    for next in [Next::Done, retry(UnixMillis(10)), dead()] {
        let committed = store.commit(lease, changes(), next, UnixMillis(25)).await.unwrap();
        assert_eq!(committed, Committed::LeaseLost);
    }
    assert!(!store.release(lease, UnixMillis(1_000)).await.unwrap());
    assert!(!store.attempting(lease, UnixMillis(25)).await.unwrap());
    assert_eq!(store.pull(REPOSITORY, PullNumber(1)).await.unwrap(), None);
}

pub(crate) async fn the_oldest_is_taken_first(store: Arc<dyn Store>) {
    let store = &*store;
    for (number, at) in [(1, 30), (2, 10), (3, 20)] {
        store.mark(vec![pull_item(number)], UnixMillis(at)).await.unwrap();
    }
    // Marked again it keeps its place; one that was marked during its work waits since then.
    store.mark(vec![pull_item(2)], UnixMillis(90)).await.unwrap();
    let lease = leased_work_item(store, &pull_item(2), UnixMillis(100)).await;
    store.mark(vec![pull_item(2)], UnixMillis(25)).await.unwrap();
    settle(store, &lease, Next::Done, UnixMillis(100)).await;
    for number in [3, 2, 1] {
        leased_work_item(store, &pull_item(number), UnixMillis(100)).await;
    }
}

pub(crate) async fn one_repository_has_a_bounded_number_out(store: Arc<dyn Store>) {
    let store = &*store;
    store.mark((1..=5).map(pull_item).collect(), UnixMillis(10)).await.unwrap();
    let quiet = WorkItem::Repository(RepositoryId(7));
    store.mark(vec![quiet.clone()], UnixMillis(20)).await.unwrap();
    for number in 1..=3 {
        let item = WorkItem::Installation(InstallationId(number));
        store.mark(vec![item], UnixMillis(30)).await.unwrap();
    }
    let two = ConcurrencyLimits::of_repository(2);
    let mut leases = Vec::new();
    while let Some(lease) = store.lease(UnixMillis(100), two).await.unwrap() {
        leases.push(lease);
    }
    let order: Vec<_> = leases.iter().map(|lease| lease.item.to_string()).collect();
    let expected = [
        "pull-request:42:1",
        "pull-request:42:2",
        "repository:7",
        "installation:1",
        "installation:2",
        "installation:3",
    ];
    assert_eq!(order, expected);
    // What only waits for its repository's turn is due at nobody's clock.
    assert_eq!(store.next_due(UnixMillis(100), two).await.unwrap(), None);
    assert_eq!(
        store.next_due(UnixMillis(100), ConcurrencyLimits::of_repository(3)).await.unwrap(),
        Some(UnixMillis(100))
    );
    settle(store, &leases[0], Next::Done, UnixMillis(110)).await;
    assert_eq!(store.lease(UnixMillis(110), two).await.unwrap().unwrap().item, pull_item(3));
    assert_eq!(store.lease(UnixMillis(110), two).await.unwrap(), None);
    // A lease that has ended takes no room: the ended one itself comes first, it has waited longest.
    store.release(&leases[1], UnixMillis(10)).await.unwrap();
    assert_eq!(store.lease(UnixMillis(200), two).await.unwrap().unwrap().item, pull_item(2));
    assert_eq!(store.lease(UnixMillis(200), two).await.unwrap(), None);
}

pub(crate) async fn one_installation_has_a_bounded_number_out(store: Arc<dyn Store>) {
    let store = &*store;
    let of = |id: u64, installation: u64| {
        Change::Repository(RepositoryRow {
            id: RepositoryId(id),
            installation: InstallationId(installation),
            full_name: format!("acme/{id}"),
            clone_url: String::new(),
            html_url: String::new(),
            default_branch: "master".to_owned(),
            state: RepositoryState::Active,
            reconciled_at: None,
        })
    };
    apply(store, (1..=5).map(|id| of(id, 1)).chain([of(6, 2)]).collect()).await;
    let item = |id| WorkItem::Repository(RepositoryId(id));
    // The last one is of a repository that nothing is known of.
    store.mark((1..=7).map(item).collect(), UnixMillis(10)).await.unwrap();
    let limits = ConcurrencyLimits { per_repository: 4, per_installation: 2 };
    let mut leases = Vec::new();
    while let Some(lease) = store.lease(UnixMillis(100), limits).await.unwrap() {
        leases.push(lease);
    }
    let order: Vec<_> = leases.iter().map(|lease| lease.item.clone()).collect();
    assert_eq!(order, [1, 2, 6, 7].map(item), "others do not wait behind it");
    assert_eq!(store.next_due(UnixMillis(100), limits).await.unwrap(), None);
    settle(store, &leases[0], Next::Done, UnixMillis(110)).await;
    assert_eq!(store.lease(UnixMillis(110), limits).await.unwrap().unwrap().item, item(3));
    assert_eq!(store.lease(UnixMillis(110), limits).await.unwrap(), None);
}

pub(crate) async fn next_due_names_the_next_moment(store: Arc<dyn Store>) {
    let store = &*store;
    let next_due = async |now| store.next_due(now, SOME).await.unwrap();
    assert_eq!(next_due(UnixMillis(10)).await, None);
    store.mark(vec![pull_item(1), pull_item(2)], UnixMillis(10)).await.unwrap();
    assert_eq!(next_due(UnixMillis(9)).await, Some(UnixMillis(10)));
    assert_eq!(next_due(UnixMillis(50)).await, Some(UnixMillis(50)));
    let first = leased(store, UnixMillis(50)).await;
    let second = leased(store, UnixMillis(50)).await;
    assert_eq!(next_due(UnixMillis(50)).await, None, "what is out is given back by somebody");
    // Whoever asks since ever hears that something is not done yet.
    assert_eq!(next_due(UnixMillis(0)).await, Some(UnixMillis(10)));
    settle(store, &first, retry(UnixMillis(300)), UnixMillis(60)).await;
    assert_eq!(next_due(UnixMillis(60)).await, Some(UnixMillis(300)));
    assert_eq!(next_due(UnixMillis(350)).await, Some(UnixMillis(350)));
    settle(store, &second, Next::Done, UnixMillis(60)).await;
    let first = leased(store, UnixMillis(300)).await;
    settle(store, &first, Next::Done, UnixMillis(310)).await;
    assert_eq!(next_due(UnixMillis(0)).await, None);
}

pub(crate) async fn many_workers_never_share_a_work_item(store: Arc<dyn Store>) {
    const UNITS: u64 = 8;
    const MARKS: usize = 25;
    store.mark((0..UNITS).map(pull_item).collect(), UnixMillis(0)).await.unwrap();
    let out: Arc<Mutex<BTreeMap<String, AtomicBool>>> = Arc::default();
    let worked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for worker in 0..8_u64 {
        let (store, out, worked) = (Arc::clone(&store), Arc::clone(&out), Arc::clone(&worked));
        workers.spawn(async move {
            for turn in 0..MARKS as u64 {
                store.mark(vec![pull_item((worker + turn) % UNITS)], UnixMillis(0)).await.unwrap();
                let Some(lease) = store.lease(UnixMillis(0), SOME).await.unwrap() else { continue };
                let name = lease.item.to_string();
                let taken = |to| {
                    let mut out = out.lock().unwrap();
                    out.entry(name.clone()).or_default().swap(to, Ordering::SeqCst)
                };
                assert!(!taken(true), "{name} is out twice");
                tokio::task::yield_now().await;
                assert!(taken(false));
                settle(&*store, &lease, Next::Done, UnixMillis(0)).await;
                worked.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    workers.join_all().await;
    assert!(worked.load(Ordering::SeqCst) > MARKS);
    // Whatever was marked last is still there to be done; then all is quiet.
    while let Some(lease) = store.lease(UnixMillis(0), SOME).await.unwrap() {
        settle(&*store, &lease, Next::Done, UnixMillis(0)).await;
    }
    assert_eq!(store.next_due(UnixMillis(0), SOME).await.unwrap(), None);
    assert_eq!(apply(&*store, vec![]).await, Committed::Stored);
}
