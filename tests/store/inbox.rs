use crate::given::{
    dead, delivery, guids, leased, leased_work_item, listed, nothing_due, pull_item, retry, settle,
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::task::JoinSet;
use towpath::model::UnixMillis;
use towpath::store::{
    Accepted, Change, Committed, DeliveryFilter, DeliveryId, DeliveryState, Next, Store, WorkItem,
};

pub(crate) async fn the_same_delivery_again_changes_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    assert_eq!(store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap(), Accepted::Stored);
    let lease = leased(store, UnixMillis(10)).await;
    assert_eq!(store.accept(delivery("a", pull_item(1), UnixMillis(20))).await.unwrap(), Accepted::Repeated);
    // It is not even marked: the work that is under way covers it.
    settle(store, &lease, Next::Done, UnixMillis(30)).await;
    nothing_due(store, UnixMillis(40)).await;
    assert_eq!(store.accept(delivery("a", pull_item(1), UnixMillis(50))).await.unwrap(), Accepted::Repeated);
    nothing_due(store, UnixMillis(50)).await;
    assert_eq!(listed(store, None).await.len(), 1);
}

pub(crate) async fn the_same_delivery_again_revives_a_dead_work_item(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    let lease = leased(store, UnixMillis(10)).await;
    settle(store, &lease, dead(), UnixMillis(20)).await;
    nothing_due(store, UnixMillis(30)).await;
    assert_eq!(store.accept(delivery("a", pull_item(1), UnixMillis(30))).await.unwrap(), Accepted::Repeated);
    assert_eq!(leased_work_item(store, &pull_item(1), UnixMillis(30)).await.failures, 0);
}

pub(crate) async fn another_body_under_a_known_guid_is_refused(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    let mut forged = delivery("a", pull_item(2), UnixMillis(10));
    forged.body = Bytes::from_static(b"{\"guid\":\"b\"}");
    assert_eq!(store.accept(forged).await.unwrap(), Accepted::Conflicting);
    assert_eq!(
        store.delivery("a").await.unwrap().unwrap().body.unwrap(),
        delivery("a", WorkItem::App, UnixMillis(0)).body
    );
    leased_work_item(store, &pull_item(1), UnixMillis(10)).await;
    nothing_due(store, UnixMillis(10)).await;
}

pub(crate) async fn of_64_callers_with_one_guid_exactly_one_stores(store: Arc<dyn Store>) {
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(&store);
        callers
            .spawn(async move { store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap() });
    }
    let answers = callers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| **answer == Accepted::Stored).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Accepted::Repeated).count(), 63);
    assert_eq!(listed(&*store, None).await.len(), 1);
}

pub(crate) async fn bodies_of_every_size_come_back_as_they_went(store: Arc<dyn Store>) {
    // Noise does not compress; the largest is past what is compressed in place.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(1_000_000)
    .collect();
    for size in [0, 1, 5, 4_000, 5_000, 24_000, 1_000_000] {
        let guid = format!("noise-{size}");
        let mut new = delivery(&guid, pull_item(1), UnixMillis(10));
        new.body = Bytes::copy_from_slice(&noise[..size]);
        let body = new.body.clone();
        assert!(store.accept(new.clone()).await.unwrap().is_new());
        assert_eq!(store.accept(new).await.unwrap(), Accepted::Repeated);
        assert!(store.delivery(&guid).await.unwrap().unwrap().body == Some(body), "{size}");
    }
}

pub(crate) async fn the_inbox_is_in_order_of_arrival_and_bounded(store: Arc<dyn Store>) {
    let store = &*store;
    for (guid, item, at) in [("z", 1, 30), ("other", 2, 20), ("a", 1, 10), ("m", 1, 20)] {
        store.accept(delivery(guid, pull_item(item), UnixMillis(at))).await.unwrap();
    }
    let waiting = store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap();
    assert_eq!(waiting.iter().map(|row| row.guid.as_str()).collect::<Vec<_>>(), ["z", "a", "m"]);
    assert!(waiting.iter().all(|row| row.body.is_some() && row.state == DeliveryState::Pending));
    assert_eq!(waiting[0].event, "pull_request");
    assert_eq!(waiting[0].action.as_deref(), Some("opened"));
    assert_eq!((waiting[0].received_at, &waiting[0].item), (UnixMillis(30), &pull_item(1)));
    assert_eq!(store.inbox(&pull_item(1), 2, usize::MAX).await.unwrap().len(), 2);
    // The one that reaches the bound is still taken.
    let first = waiting[0].body.as_ref().unwrap().len();
    assert_eq!(store.inbox(&pull_item(1), 10, 1).await.unwrap().len(), 1);
    assert_eq!(store.inbox(&pull_item(1), 10, first + 1).await.unwrap().len(), 2);
    assert_eq!(store.inbox(&pull_item(9), 2, usize::MAX).await.unwrap(), []);
}

pub(crate) async fn deliveries_of_a_dead_work_item_are_dead_until_taken_in(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    store.accept(delivery("b", pull_item(1), UnixMillis(11))).await.unwrap();
    let lease = leased(store, UnixMillis(20)).await;
    let first = store.inbox(&pull_item(1), 1, usize::MAX).await.unwrap()[0].id;
    let changes = vec![Change::Processed(vec![first])];
    assert_eq!(store.commit(&lease, changes, dead(), UnixMillis(30)).await.unwrap(), Committed::Stored);
    assert_eq!(guids(store, Some(DeliveryState::Done)).await, ["a"]);
    assert_eq!(guids(store, Some(DeliveryState::Dead)).await, ["b"]);
    let row = store.delivery("b").await.unwrap().unwrap();
    assert_eq!(row.error.as_deref(), Some("GitHub never answered"));
    assert_eq!(store.delivery("a").await.unwrap().unwrap().error, None);
    // Revived, it waits again, and is still in the inbox.
    store.mark(vec![pull_item(1)], UnixMillis(40)).await.unwrap();
    assert_eq!(guids(store, Some(DeliveryState::Pending)).await, ["b"]);
    assert_eq!(store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap().len(), 1);
}

pub(crate) async fn listings_are_newest_first_by_state_and_without_bodies(store: Arc<dyn Store>) {
    let store = &*store;
    for (place, guid) in ["a", "b", "c"].into_iter().enumerate() {
        store.accept(delivery(guid, pull_item(place as u64), UnixMillis(10))).await.unwrap();
    }
    let lease = leased(store, UnixMillis(10)).await;
    settle(store, &lease, retry(UnixMillis(1_000)), UnixMillis(20)).await;
    let rows = listed(store, None).await;
    assert_eq!(rows.iter().map(|row| row.guid.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
    assert!(rows.iter().all(|row| row.body.is_none()));
    assert_eq!(rows[2].error.as_deref(), Some("GitHub did not answer"));
    assert_eq!(rows[1].error, None);
    let newest = store.deliveries(&DeliveryFilter { state: Some(DeliveryState::Pending), limit: 2 }).await;
    assert_eq!(newest.unwrap(), rows[..2]);
    assert_eq!(guids(store, Some(DeliveryState::Done)).await, [""; 0]);
}

pub(crate) async fn a_delivery_is_found_by_row_number_and_guid(store: Arc<dyn Store>) {
    store.accept(delivery("72d3162e-cc78", pull_item(1), UnixMillis(10))).await.unwrap();
    store.accept(delivery("123456", pull_item(1), UnixMillis(10))).await.unwrap();
    let row = store.delivery("72d3162e-cc78").await.unwrap().unwrap();
    assert_eq!(store.delivery(&row.id.0.to_string()).await.unwrap(), Some(row));
    assert_eq!(store.delivery("123456").await.unwrap().unwrap().guid, "123456");
    assert_eq!(store.delivery("999").await.unwrap(), None);
    assert_eq!(store.delivery("nobody").await.unwrap(), None);
}

pub(crate) async fn a_replayed_delivery_is_taken_in_again(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    let id = store.delivery("a").await.unwrap().unwrap().id;
    let lease = leased(store, UnixMillis(10)).await;
    store.commit(&lease, vec![Change::Processed(vec![id])], Next::Done, UnixMillis(20)).await.unwrap();
    assert_eq!(store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap(), []);

    assert!(store.replay(id, UnixMillis(30)).await.unwrap());
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(30)).await;
    assert_eq!(store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap()[0].id, id);
    settle(store, &lease, dead(), UnixMillis(40)).await;
    assert!(store.replay(id, UnixMillis(50)).await.unwrap());
    leased_work_item(store, &pull_item(1), UnixMillis(50)).await;
    assert!(!store.replay(DeliveryId(id.0 + 1), UnixMillis(60)).await.unwrap());
}

pub(crate) async fn pruning_keeps_what_was_not_taken_in(store: Arc<dyn Store>) {
    let store = &*store;
    for (guid, at) in [("oldest", 10), ("waits", 11), ("old", 20), ("young", 30)] {
        store.accept(delivery(guid, pull_item(1), UnixMillis(at))).await.unwrap();
    }
    let lease = leased(store, UnixMillis(40)).await;
    let rows = store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap();
    let taken = rows.iter().filter(|row| row.guid != "waits").map(|row| row.id).collect();
    store.commit(&lease, vec![Change::Processed(taken)], Next::Done, UnixMillis(40)).await.unwrap();

    store.prune(UnixMillis(30), UnixMillis(20)).await.unwrap();
    assert_eq!(guids(store, None).await, ["young", "old", "waits"]);
    for (guid, kept) in [("young", true), ("old", false), ("waits", true)] {
        assert_eq!(store.delivery(guid).await.unwrap().unwrap().body.is_some(), kept, "{guid}");
    }
    // Enough to take several steps.
    for n in 0..1_200 {
        store.accept(delivery(&format!("many-{n}"), pull_item(2), UnixMillis(50))).await.unwrap();
    }
    let lease = leased_work_item(store, &pull_item(2), UnixMillis(60)).await;
    let rows = store.inbox(&pull_item(2), 2_000, usize::MAX).await.unwrap();
    let taken = rows.iter().map(|row| row.id).collect();
    store.commit(&lease, vec![Change::Processed(taken)], Next::Done, UnixMillis(60)).await.unwrap();
    store.prune(UnixMillis(51), UnixMillis(51)).await.unwrap();
    assert_eq!(guids(store, None).await, ["waits"]);
}

pub(crate) async fn a_delivery_whose_body_was_dropped_is_repeated_but_not_replayed(store: Arc<dyn Store>) {
    let store = &*store;
    store.accept(delivery("a", pull_item(1), UnixMillis(10))).await.unwrap();
    let id = store.delivery("a").await.unwrap().unwrap().id;
    let lease = leased(store, UnixMillis(10)).await;
    store.commit(&lease, vec![Change::Processed(vec![id])], Next::Done, UnixMillis(20)).await.unwrap();
    store.prune(UnixMillis(1_000), UnixMillis(0)).await.unwrap();
    assert!(!store.replay(id, UnixMillis(30)).await.unwrap());
    assert_eq!(store.delivery("a").await.unwrap().unwrap().state, DeliveryState::Done);
    assert_eq!(store.accept(delivery("a", pull_item(1), UnixMillis(40))).await.unwrap(), Accepted::Repeated);
    nothing_due(store, UnixMillis(50)).await;
}

pub(crate) async fn a_delivery_for_work_that_waits_joins_it(store: Arc<dyn Store>) {
    let store = &*store;
    let accept = async |guid: &str, at| store.accept(delivery(guid, pull_item(1), at)).await.unwrap();
    assert_eq!(accept("first", UnixMillis(10)).await, Accepted::Stored);
    assert_eq!(accept("second", UnixMillis(20)).await, Accepted::Joined);
    assert_eq!(accept("second", UnixMillis(20)).await, Accepted::Repeated);
    // One that comes while somebody looks has it looked at once more.
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(20)).await;
    assert_eq!(store.inbox(&pull_item(1), 10, usize::MAX).await.unwrap().len(), 2);
    assert_eq!(accept("meanwhile", UnixMillis(30)).await, Accepted::Stored);
    settle(store, &lease, Next::Done, UnixMillis(40)).await;
    // It waits for long after a failure, until something new has come.
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(40)).await;
    settle(store, &lease, retry(UnixMillis(60_000)), UnixMillis(50)).await;
    assert_eq!(accept("news", UnixMillis(100)).await, Accepted::Stored);
    assert_eq!(accept("more", UnixMillis(110)).await, Accepted::Joined);
    nothing_due(store, UnixMillis(1_099)).await;
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(1_100)).await;
    settle(store, &lease, dead(), UnixMillis(1_200)).await;
    assert_eq!(accept("revives", UnixMillis(1_300)).await, Accepted::Stored);
    let lease = leased_work_item(store, &pull_item(1), UnixMillis(1_300)).await;
    settle(store, &lease, Next::Done, UnixMillis(1_400)).await;
    assert_eq!(accept("rested", UnixMillis(1_500)).await, Accepted::Stored);
}
