//! Whom a change has to reach although the store does not list them yet: pull requests that are looked at for the first
//! time, or as they never were before.
//!
//! Whoever changes what verdicts rest on reads which pull requests are open, and has those judged again that it concerns.
//! One that is being judged just then is not among them, or with its former ends, and may have read its facts before the
//! change was kept. So both say here what they are at, and the look is repeated once the change is kept.
//!
//! Nothing of this outlives the process: the next start compares all of them.

use crate::model::{PullNumber, RepositoryId};
use crate::store::WorkItem;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    static AT_WORK: WorkItem;
}

/// Does the work on a work item, which [`FirstLooks::telling`] then knows.
pub(super) async fn at_work<T>(item: WorkItem, work: impl Future<Output = T>) -> T {
    AT_WORK.scope(item, work).await
}

#[derive(Debug, Default)]
pub(super) struct FirstLooks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    looks: HashSet<(RepositoryId, PullNumber)>,
    telling: HashMap<WorkItem, Telling>,
}

/// Work that has read which pull requests are open, and has not ended.
#[derive(Debug)]
struct Telling {
    of: RepositoryId,
    /// Whom it did not find there as they will be.
    missed: BTreeSet<PullNumber>,
}

impl FirstLooks {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever panicked while it was held, each entry is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pull request is looked at as the store does not know it, until its work is [`FirstLooks::over`]. To be called
    /// before anything is read that its verdict rests on.
    pub(super) fn begin(&self, id: RepositoryId, number: PullNumber) {
        let mut state = self.state();
        state.looks.insert((id, number));
        for telling in state.telling.values_mut().filter(|it| it.of == id) {
            telling.missed.insert(number);
        }
    }

    /// The work at hand is about to read which pull requests are open, to tell them of a change.
    pub(super) fn telling(&self, id: RepositoryId) {
        let Ok(item) = AT_WORK.try_with(Clone::clone) else { return };
        let mut state = self.state();
        let looks = state.looks.iter().filter(|(of, _)| *of == id).map(|(_, number)| *number);
        // Its own look needs no telling.
        let missed: Vec<_> = looks.filter(|it| item != WorkItem::PullRequest(id, *it)).collect();
        let telling =
            state.telling.entry(item).or_insert_with(|| Telling { of: id, missed: BTreeSet::new() });
        telling.missed.extend(missed);
    }

    /// Whom the work on this item has missed so far. They have to be looked at again with what it keeps.
    pub(super) fn missed(&self, item: &WorkItem) -> Vec<WorkItem> {
        let mut state = self.state();
        let Some(telling) = state.telling.get_mut(item) else { return Vec::new() };
        let (of, missed) = (telling.of, std::mem::take(&mut telling.missed));
        missed.into_iter().map(|number| WorkItem::PullRequest(of, number)).collect()
    }

    /// What the work on this item has done is kept. Answers whom it has missed since it was last asked.
    pub(super) fn over(&self, item: &WorkItem) -> Vec<WorkItem> {
        let missed = self.missed(item);
        let mut state = self.state();
        state.telling.remove(item);
        if let WorkItem::PullRequest(id, number) = item {
            state.looks.remove(&(*id, *number));
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: RepositoryId = RepositoryId(1);
    const ELSEWHERE: RepositoryId = RepositoryId(2);

    fn pull(number: u64) -> WorkItem {
        WorkItem::PullRequest(HERE, PullNumber(number))
    }

    fn teller() -> WorkItem {
        WorkItem::Environment(HERE, "staging".into())
    }

    async fn tell(looks: &FirstLooks, item: WorkItem) {
        at_work(item, async { looks.telling(HERE) }).await;
    }

    #[tokio::test]
    async fn a_look_is_repeated_whichever_of_both_began_first() {
        let looks = FirstLooks::default();
        looks.begin(HERE, PullNumber(1));
        looks.begin(ELSEWHERE, PullNumber(7));
        tell(&looks, teller()).await;
        looks.begin(HERE, PullNumber(2));
        assert_eq!(looks.missed(&teller()), [pull(1), pull(2)]);
        assert!(looks.missed(&teller()).is_empty(), "they are told once");
        // What began after the last question and before the end is not lost.
        looks.begin(HERE, PullNumber(3));
        assert_eq!(looks.over(&teller()), [pull(3)]);
        looks.begin(HERE, PullNumber(4));
        assert!(looks.over(&teller()).is_empty(), "it reads what was kept");
    }

    #[tokio::test]
    async fn who_has_ended_is_in_the_store_and_who_tells_does_not_tell_itself() {
        let looks = FirstLooks::default();
        looks.begin(HERE, PullNumber(1));
        assert!(looks.over(&pull(1)).is_empty());
        tell(&looks, teller()).await;
        assert!(looks.missed(&teller()).is_empty());
        looks.begin(HERE, PullNumber(2));
        tell(&looks, pull(2)).await;
        assert!(looks.over(&pull(2)).is_empty());
        looks.telling(HERE);
        assert_eq!(looks.state().telling.len(), 1, "outside of work nobody tells");
    }
}
