//! Counts what pieces of work have stored, and follows a webhook to the check that it gives rise to.

use crate::metrics::{DeployPart, Metrics, Repair, WorkResult};
use crate::model::{Deploy, DeployState, Outcome, PhaseRun, RepositoryId, UnixMillis, Verdict};
use crate::store::{Change, DeliveryRow, Next, WorkItem};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many work items are known to go back to a webhook at the same time. Of more no time is measured.
const ORIGINS_MAX: usize = 10_000;
/// Whatever has not led to a check by then never does: what it marked had nothing to say.
const ORIGIN_LASTS: Duration = Duration::from_secs(2 * 60 * 60);
/// So many ends of deploys are known to be counted: their rows are stored again when something else about them changes.
const ENDS_MAX: usize = 4_096;

/// One part of one deploy.
type DeployPartOf = (RepositoryId, String, u64, DeployPart);

/// The end of one: when, and the word for how.
struct Ended {
    part: DeployPartOf,
    at: UnixMillis,
    result: &'static str,
}

/// What is kept in memory to count each thing once.
pub(super) struct Tally {
    metrics: Arc<Metrics>,
    /// What ended before was counted by an earlier run.
    started_at: UnixMillis,
    /// The deliveries that work items go back to.
    origins: Mutex<HashMap<WorkItem, Origin>>,
    ended: Mutex<Ends>,
}

/// A delivery that work goes back to.
#[derive(Debug, Clone)]
struct Origin {
    guid: Arc<str>,
    /// When it came.
    at: UnixMillis,
}

#[derive(Default)]
struct Ends {
    known: HashSet<DeployPartOf>,
    in_order: VecDeque<DeployPartOf>,
}

impl Ends {
    /// Whether it is new.
    fn insert(&mut self, part: DeployPartOf) -> bool {
        if !self.known.insert(part.clone()) {
            return false;
        }
        self.in_order.push_back(part);
        if self.in_order.len() > ENDS_MAX
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

/// What a piece of work came to, before it is known whether that can be stored.
pub(super) struct Tallied {
    item: WorkItem,
    result: WorkResult,
    took: Duration,
    verdicts: Vec<Outcome>,
    deploys: Vec<Ended>,
    repairs: Vec<Repair>,
    /// What is to be looked at because of it.
    marked: Vec<WorkItem>,
    /// Whether GitHub has the check run by now.
    shows_check: bool,
}

impl Tallied {
    pub(super) fn of(item: &WorkItem, changes: &[Change], next: &Next, took: Duration) -> Self {
        let result = match next {
            Next::Done => WorkResult::Done,
            Next::Retry { .. } => WorkResult::Retried,
            Next::Wait { .. } | Next::AwaitGitHub { .. } => WorkResult::Waiting,
            Next::Dead { .. } => WorkResult::GivenUp,
        };
        let is_told = changes.iter().any(|change| matches!(change, Change::Processed(_)));
        let compares = matches!(item, WorkItem::Repository(_)) && !is_told;
        let mut tallied = Self {
            item: item.clone(),
            result,
            took,
            verdicts: Vec::new(),
            deploys: Vec::new(),
            repairs: Vec::new(),
            marked: Vec::new(),
            shows_check: false,
        };
        for change in changes {
            tallied.add(change);
            tallied.repairs.extend(repair(change).filter(|_| compares));
        }
        tallied
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::Judged { verdict, .. } => {
                let verdict = serde_json::from_str(verdict).ok();
                self.verdicts.extend(verdict.map(|verdict: Verdict| verdict.outcome()));
            }
            Change::Deploy(id, deploy) => self.deploys.extend(ended_parts(*id, deploy)),
            Change::Mark(item) if *item != self.item => self.marked.push(item.clone()),
            Change::Desire(desired) => self.marked.push(desired.item.clone()),
            Change::Applied { item: WorkItem::Check(..), .. } => self.shows_check = true,
            _ => {}
        }
    }
}

/// What a comparison with GitHub makes good by a change.
fn repair(change: &Change) -> Option<Repair> {
    use crate::model::{LedgerEntry, TipSource};
    match change {
        Change::Tip(LedgerEntry { source: TipSource::Reconciled, .. }) => Some(Repair::BranchMove),
        Change::Mark(WorkItem::PullRequest(..)) => Some(Repair::PullRequest),
        Change::Mark(WorkItem::Check(..) | WorkItem::Comment(..)) => Some(Repair::Shown),
        _ => None,
    }
}

/// The parts of a deploy that have ended.
fn ended_parts(id: RepositoryId, deploy: &Deploy) -> Vec<Ended> {
    let end = |part, at: Option<UnixMillis>, result| {
        Some(Ended { part: (id, deploy.environment.clone(), deploy.number, part), at: at?, result })
    };
    let phase = |run: &PhaseRun| {
        let result = run.went_well.map_or("unknown", |well| if well { "succeeded" } else { "failed" });
        end(DeployPart::Phase(run.phase), run.ended_at, result)
    };
    let has_ended = deploy.state != DeployState::Inactive && !deploy.state.is_open();
    let whole = end(DeployPart::Whole, deploy.ended_at, deploy.state.as_str()).filter(|_| has_ended);
    deploy.phases.iter().filter_map(phase).chain(whole).collect()
}

impl Tally {
    pub(super) fn new(metrics: Arc<Metrics>, started_at: UnixMillis) -> Self {
        Self { metrics, started_at, origins: Mutex::default(), ended: Mutex::default() }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// These deliveries are what a work item is worked on for.
    pub(super) fn note_pending(&self, item: &WorkItem, deliveries: &[DeliveryRow]) {
        let Some(oldest) = deliveries.iter().min_by_key(|it| it.received_at) else { return };
        let origin = Origin { guid: oldest.guid.as_str().into(), at: oldest.received_at };
        Self::note_origin(&mut self.origins(), item.clone(), &origin);
    }

    /// The GUID of the delivery that a work item goes back to by way of others, as far as that is known.
    pub(super) fn origin(&self, item: &WorkItem) -> Option<Arc<str>> {
        self.origins().get(item).map(|origin| Arc::clone(&origin.guid))
    }

    /// What a piece of work came to is stored.
    pub(super) fn note_stored(&self, work: Tallied, now: UnixMillis) {
        self.metrics.note_work(work.item.kind(), work.result, work.took);
        work.verdicts.into_iter().for_each(|outcome| self.metrics.note_verdict(outcome));
        work.repairs.into_iter().for_each(|what| self.metrics.note_repair(what));
        for Ended { part, result, .. } in work.deploys.into_iter().filter(|end| end.at >= self.started_at) {
            let kind = part.3;
            if self.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(part) {
                self.metrics.note_deploy(kind, result);
            }
        }
        let mut origins = self.origins();
        let origin = match work.result {
            // It is worked on again for the same reason.
            WorkResult::Retried | WorkResult::Waiting => origins.get(&work.item).cloned(),
            _ => origins.remove(&work.item),
        };
        if work.shows_check
            && let Some(origin) = &origin
        {
            self.metrics.note_check(now.since(origin.at));
        }
        for item in work.marked {
            match &origin {
                Some(origin) => Self::note_origin(&mut origins, item, origin),
                // Nothing that came from GitHub is the reason for it.
                None => drop(origins.remove(&item)),
            }
        }
    }

    /// What a piece of work came to could not be stored.
    pub(super) fn note_lost(&self, work: &Tallied) {
        self.metrics.note_work(work.item.kind(), WorkResult::Lost, work.took);
    }

    fn note_origin(origins: &mut HashMap<WorkItem, Origin>, item: WorkItem, origin: &Origin) {
        if let Some(known) = origins.get_mut(&item) {
            if origin.at < known.at {
                *known = origin.clone();
            }
            return;
        }
        if origins.len() >= ORIGINS_MAX {
            origins.retain(|_, known| origin.at.since(known.at) < ORIGIN_LASTS);
        }
        if origins.len() < ORIGINS_MAX {
            origins.insert(item, origin.clone());
        }
    }

    fn origins(&self) -> MutexGuard<'_, HashMap<WorkItem, Origin>> {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
