//! Work items and leases against a model that is too simple to be wrong.

use crate::given::{REPOSITORY, branch, dead, delivery, pull_item, retry, sqlite};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use towpath::model::{InstallationId, RepositoryId, UnixMillis};
use towpath::store::{Committed, ConcurrencyLimits, Lease, Next, Store, WorkItem};

/// How long a mark leaves what waits after a failure alone.
const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
enum Step {
    Wait(Duration),
    Accept(usize),
    Mark(usize),
    Lease { per_repository: u32 },
    Release { lease: usize },
    Reclaim,
    Done { lease: usize },
    Retry { lease: usize, pause: Duration },
    Dead { lease: usize },
}

fn step() -> impl Strategy<Value = Step> {
    // Leases are picked from the newest ones, those that are long over among them.
    let lease = 0..6_usize;
    prop_oneof![
        3 => (0..40_u64).prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
        2 => (0..5_usize).prop_map(Step::Accept),
        3 => (0..5_usize).prop_map(Step::Mark),
        5 => (1..4_u32).prop_map(|per_repository| Step::Lease { per_repository }),
        2 => lease.clone().prop_map(|lease| Step::Release { lease }),
        1 => Just(Step::Reclaim),
        3 => lease.clone().prop_map(|lease| Step::Done { lease }),
        2 => (lease.clone(), prop_oneof![1..50_u64, 900..3_000_u64]).prop_map(|(lease, pause)| Step::Retry { lease, pause: Duration::from_millis(pause) }),
        1 => lease.prop_map(|lease| Step::Dead { lease }),
    ]
}

fn item(place: usize) -> WorkItem {
    match place {
        0..=2 => pull_item(place as u64),
        3 => WorkItem::Branch(RepositoryId(43), branch("main")),
        _ => WorkItem::Installation(InstallationId(1)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Where {
    Resting,
    Waiting {
        due: UnixMillis,
    },
    /// `again`: when it was first marked since it was taken.
    Out {
        token: i64,
        again: Option<UnixMillis>,
    },
    Dead,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    place: Where,
    failures: u32,
    born: usize,
}

#[derive(Default)]
struct Model {
    now: UnixMillis,
    work_items: BTreeMap<usize, Known>,
}

impl Model {
    fn mark(&mut self, item: usize) {
        let born = self.work_items.len();
        let now = self.now;
        let known = self.work_items.entry(item).or_insert(Known { place: Where::Resting, failures: 0, born });
        match &mut known.place {
            Where::Resting | Where::Dead => {
                *known = Known { place: Where::Waiting { due: now }, failures: 0, born: known.born };
            }
            Where::Waiting { due } => *due = (*due).min(now + SECOND),
            Where::Out { again, .. } => *again = again.or(Some(now)),
        }
    }

    /// Since when it could be taken, if it can.
    fn free_since(&self, place: Where) -> Option<UnixMillis> {
        match place {
            Where::Waiting { due } if due <= self.now => Some(due),
            _ => None,
        }
    }

    fn out_of(&self, repository: RepositoryId) -> usize {
        let live = |known: &Known| matches!(known.place, Where::Out { .. });
        let of = |place: usize| item(place).repository() == Some(repository);
        self.work_items.iter().filter(|(place, known)| of(**place) && live(known)).count()
    }

    fn next(&self, per_repository: u32) -> Option<usize> {
        let room = |place: usize| {
            item(place).repository().is_none_or(|of| self.out_of(of) < per_repository as usize)
        };
        let free = self.work_items.iter().filter(|(place, _)| room(**place));
        free.filter_map(|(place, known)| Some((self.free_since(known.place)?, known.born, *place)))
            .min()
            .map(|(_, _, place)| place)
    }

    fn next_due(&self, per_repository: u32) -> Option<UnixMillis> {
        if self.next(per_repository).is_some() {
            return Some(self.now);
        }
        let moments = self.work_items.values().filter_map(|known| match known.place {
            Where::Waiting { due } => Some(due),
            Where::Out { .. } | Where::Resting | Where::Dead => None,
        });
        moments.filter(|moment| *moment > self.now).min()
    }

    fn take(&mut self, place: usize, lease: &Lease) {
        let known = self.work_items.get_mut(&place).unwrap();
        assert_eq!(lease.failures, known.failures);
        known.place = Where::Out { token: lease.token, again: None };
    }

    fn release(&mut self, place: usize) {
        let due = self.now;
        let known = self.work_items.get_mut(&place).unwrap();
        *known = Known { place: Where::Waiting { due }, failures: known.failures + 1, ..*known };
    }

    fn holds(&self, place: usize, lease: &Lease) -> bool {
        matches!(self.work_items[&place].place, Where::Out { token, .. } if token == lease.token)
    }

    fn settle(&mut self, place: usize, next: &Next) {
        let known = self.work_items.get_mut(&place).unwrap();
        let Where::Out { again, .. } = known.place else { panic!("nobody holds it") };
        let later = again.map(|due| Where::Waiting { due });
        (known.place, known.failures) = match (next, later) {
            (Next::Retry { at, .. }, None) => (Where::Waiting { due: *at }, known.failures + 1),
            (Next::Retry { at, .. }, Some(_)) => {
                (Where::Waiting { due: (*at).min(self.now + SECOND) }, known.failures + 1)
            }
            (Next::Wait { .. } | Next::AwaitGitHub { .. }, _) => panic!("no step waits"),
            (_, Some(later)) => (later, 0),
            (Next::Done, None) => (Where::Resting, 0),
            (Next::Dead { .. }, None) => (Where::Dead, known.failures + 1),
        };
    }
}

/// The model, the store, and every lease there ever was, the newest first.
struct Pair<'a> {
    model: Model,
    store: &'a dyn Store,
    leases: Vec<(usize, Lease)>,
    accepted: usize,
}

impl Pair<'_> {
    async fn take(&mut self, step: &Step) {
        match step {
            Step::Wait(time) => self.model.now += *time,
            Step::Accept(place) => {
                self.accepted += 1;
                let new = delivery(&self.accepted.to_string(), item(*place), self.model.now);
                assert!(self.store.accept(new).await.unwrap().is_new());
                self.model.mark(*place);
            }
            Step::Mark(place) => {
                self.store.mark(vec![item(*place)], self.model.now).await.unwrap();
                self.model.mark(*place);
            }
            Step::Lease { per_repository } => self.lease(*per_repository).await,
            Step::Release { lease } => self.release(*lease).await,
            Step::Reclaim => {
                self.store.reclaim(self.model.now).await.unwrap();
                let is_out = |known: &Known| matches!(known.place, Where::Out { .. });
                let out = self.model.work_items.iter().filter(|(_, known)| is_out(known));
                for place in out.map(|(place, _)| *place).collect::<Vec<_>>() {
                    self.model.release(place);
                }
            }
            Step::Done { lease } => self.settle(*lease, Next::Done).await,
            Step::Retry { lease, pause } => self.settle(*lease, retry(self.model.now + *pause)).await,
            Step::Dead { lease } => self.settle(*lease, dead()).await,
        }
        for bound in [1, 3] {
            let limits = ConcurrencyLimits::of_repository(bound);
            let due = self.store.next_due(self.model.now, limits).await.unwrap();
            assert_eq!(due, self.model.next_due(bound));
        }
    }

    async fn lease(&mut self, per_repository: u32) {
        let limits = ConcurrencyLimits::of_repository(per_repository);
        let lease = self.store.lease(self.model.now, limits).await.unwrap();
        let expected = self.model.next(per_repository);
        assert_eq!(lease.as_ref().map(|lease| lease.item.clone()), expected.map(item));
        if let (Some(lease), Some(place)) = (lease, expected) {
            self.model.take(place, &lease);
            assert!(self.model.out_of(REPOSITORY) <= per_repository.max(3) as usize);
            self.leases.insert(0, (place, lease));
        }
    }

    async fn release(&mut self, lease: usize) {
        let Some((place, lease)) = self.leases.get(lease) else { return };
        let holds = self.model.holds(*place, lease);
        assert_eq!(self.store.release(lease, self.model.now).await.unwrap(), holds);
        if holds {
            self.model.release(*place);
        }
    }

    async fn settle(&mut self, lease: usize, next: Next) {
        let Some((place, lease)) = self.leases.get(lease).cloned() else { return };
        let holds = self.model.holds(place, &lease);
        let expected = if holds { Committed::Stored } else { Committed::LeaseLost };
        let committed = self.store.commit(&lease, vec![], next.clone(), self.model.now).await.unwrap();
        assert_eq!(committed, expected);
        if holds {
            self.model.settle(place, &next);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn work_items_and_leases_behave_like_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let opened = sqlite().await;
            let store = &*opened.store;
            let mut pair = Pair { model: Model::default(), store, leases: vec![], accepted: 0 };
            for step in &steps {
                pair.take(step).await;
            }
            store.close().await;
        });
    }
}
